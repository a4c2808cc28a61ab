package agents

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"adviceline/helpline"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(whole(m)) }

var errDown = errors.New("store is down")

// store is People and Cache in memory, each with its own faults.
type store struct {
	mu       sync.Mutex
	down     bool
	disabled bool // every account is
	sessions map[string]helpline.Session
	tickets  map[string]issued
	issues   int64
	people   map[string]helpline.Person
	hashes   map[string]string
	slow     time.Duration
	onPut    func()
}

// issued is what is known of a ticket.
type issued struct {
	session string
	number  int64
}

func newStore() *store {
	return &store{
		sessions: map[string]helpline.Session{}, tickets: map[string]issued{},
		people: map[string]helpline.Person{}, hashes: map[string]string{},
	}
}

func (s *store) fail(down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = down
}

func (s *store) do(f func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		return errDown
	}
	return f()
}

func (s *store) PersonByName(_ context.Context, name string) (p helpline.Person, hash string, err error) {
	if s.slow > 0 {
		<-time.After(s.slow)
	}
	err = s.do(func() error {
		var ok bool
		if p, ok = s.people[name]; !ok && name == "vanished" {
			return helpline.ErrNotFound
		} else if !ok {
			return helpline.ErrBadCredentials
		}
		hash = s.hashes[name]
		return nil
	})
	return p, hash, err
}

func (s *store) PutSession(_ context.Context, x helpline.Session) error {
	err := s.do(func() error {
		if s.disabled {
			return helpline.ErrSignedOut
		}
		s.sessions[x.Hash] = x
		return nil
	})
	if s.onPut != nil {
		s.onPut()
	}
	return err
}

func (s *store) SessionByHash(_ context.Context, hash string) (x helpline.Session, err error) {
	err = s.do(func() error {
		var ok bool
		if x, ok = s.sessions[hash]; !ok {
			return helpline.ErrSignedOut
		}
		return nil
	})
	return x, err
}

func (s *store) DropSession(_ context.Context, hash string) error {
	return s.do(func() error { delete(s.sessions, hash); return nil })
}

func (s *store) PutTicket(_ context.Context, ticket, session string, _ time.Duration) error {
	return s.do(func() error {
		s.issues++
		s.tickets[ticket] = issued{session, s.issues}
		return nil
	})
}

func (s *store) TakeTicket(_ context.Context, ticket string) (session string, number int64, err error) {
	err = s.do(func() error {
		i, ok := s.tickets[ticket]
		if !ok {
			return helpline.ErrSignedOut
		}
		session, number = i.session, i.number
		delete(s.tickets, ticket)
		return nil
	})
	return session, number, err
}

// sealer binds a text to its place without hiding it.
type sealer struct{}

func bind(key, contact, field string, version int64) string {
	return fmt.Sprintf("%s/%s/%s/%d:", key, contact, field, version)
}

func (s sealer) SealAnew(class string, _ time.Time, contact, field string, version int64, plain []byte) (string, string, error) {
	key := "key-" + class
	sealed, err := s.Seal(key, contact, field, version, plain)
	return key, sealed, err
}

func (sealer) Seal(key, contact, field string, version int64, plain []byte) (string, error) {
	return bind(key, contact, field, version) + base64.StdEncoding.EncodeToString(plain), nil
}

func (sealer) Open(key, contact, field string, version int64, sealed string) ([]byte, error) {
	text, ok := strings.CutPrefix(sealed, bind(key, contact, field, version))
	if !ok {
		return nil, errors.New("cannot be opened")
	}
	return base64.StdEncoding.DecodeString(text)
}

func (sealer) Stage(string, []byte) (string, []byte, string, string, error) {
	return "generation", []byte("key"), "sealed", "wrapped", nil
}

type ledger struct{}

func (ledger) Submit([]helpline.Event) <-chan error {
	done := make(chan error, 1)
	done <- nil
	return done
}

// queueFake is as much of the live state as one adviser's consoles meet. Its maps are by contact,
// offer and adviser; on runs in the middle of a step, before its reply.
type queueFake struct {
	helpline.Queue // the contact's steps are not met here

	mu       sync.Mutex
	epochs   map[string]int64
	tickets  map[string]int64       // the last that a console came with
	coming   func(helpline.Adviser) // runs before a console is brought up
	duties   map[string]helpline.Duty
	legs     map[string]helpline.Leg
	owed     []helpline.Leg
	offers   map[string]helpline.Notice
	says     map[string]helpline.Said
	recorded map[string]bool
	drafts   map[string]int64
	calls    map[string]int
	err      error
	on       func(verb string, c helpline.Console)
	downs    chan helpline.Console
	word     func(helpline.Notice) // where posted frames go
	parked   []helpline.Leg
	danger   []helpline.Alarm
	ready    []helpline.Colleague
	external map[string]helpline.Leg // calls and visits beside it
}

func newQueueFake() *queueFake {
	return &queueFake{
		epochs: map[string]int64{}, tickets: map[string]int64{}, duties: map[string]helpline.Duty{}, legs: map[string]helpline.Leg{},
		offers: map[string]helpline.Notice{}, says: map[string]helpline.Said{}, recorded: map[string]bool{},
		drafts: map[string]int64{}, calls: map[string]int{}, downs: make(chan helpline.Console, 64),
	}
}

func (q *queueFake) count(verb string) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.calls[verb]
}

func (q *queueFake) set(f func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	f()
}

// step checks the epoch, does f and then lets on happen outside the lock.
func (q *queueFake) step(verb string, c helpline.Console, f func() error) error {
	err := func() error {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.calls[verb]++
		if q.err != nil {
			return q.err
		}
		if q.epochs[c.Adviser] != c.Epoch {
			return helpline.ErrConsoleReplaced
		}
		return f()
	}()
	q.mu.Lock()
	on := q.on
	q.mu.Unlock()
	if on != nil {
		on(verb, c)
	}
	return err
}

func (q *queueFake) ConsoleUp(_ context.Context, a helpline.Adviser) (helpline.Desk, []helpline.Event, error) {
	q.mu.Lock()
	coming := q.coming
	q.mu.Unlock()
	if coming != nil {
		coming(a)
	}
	q.mu.Lock()
	if a.Ticket < q.tickets[a.ID] {
		q.mu.Unlock()
		return helpline.Desk{}, nil, helpline.ErrConsoleReplaced
	}
	c := helpline.Console{Adviser: a.ID, Epoch: q.epochs[a.ID] + 1}
	if q.err == nil {
		q.epochs[a.ID], q.tickets[a.ID] = c.Epoch, a.Ticket
	}
	q.mu.Unlock()
	desk := helpline.Desk{Console: c}
	err := q.step("up", helpline.Console{Adviser: a.ID, Epoch: c.Epoch}, func() error {
		desk.Duty = helpline.Duty{State: "off", Capacity: a.Capacity}
		for id, l := range q.legs {
			if _, beside := q.external[id]; beside {
				desk.External = append(desk.External, l)
			} else {
				desk.Legs = append(desk.Legs, l)
			}
		}
		for _, o := range q.offers {
			desk.Offers = append(desk.Offers, o)
		}
		desk.Owed, desk.Parked, desk.Danger = q.owed, q.parked, q.danger
		return nil
	})
	return desk, nil, err
}

func (q *queueFake) ConsoleDown(_ context.Context, c helpline.Console) ([]helpline.Event, error) {
	q.downs <- c
	return nil, nil
}

func (q *queueFake) Duty(ctx context.Context, c helpline.Console, w helpline.DutyWish) (d helpline.Duty, _ []helpline.Event, err error) {
	err = q.step("duty", c, func() error {
		d = q.duties[c.Adviser]
		d.State = cmp.Or(d.State, "off")
		if w.State == "paused" && d.State == "ready" && !w.Confirmed { // as if there were nobody else
			return helpline.ErrLastReady
		}
		if w.State != "" {
			d.State, d.Reason = w.State, w.Reason
		}
		if d.Call = ""; w.Call != "" {
			d.Call = q.call(w.Call, "phone").Contact
		}
		d.Audible = d.Audible || w.Audible
		d.Capacity, d.Until = 2, 1_700_000_000_123
		q.duties[c.Adviser] = d
		return nil
	})
	return d, nil, errors.Join(err, ctx.Err())
}

func (q *queueFake) Accept(_ context.Context, c helpline.Console, offer string) (l helpline.Leg, _ []helpline.Event, err error) {
	err = q.step("accept", c, func() error {
		n, ok := q.offers[offer]
		if !ok {
			return helpline.ErrOfferGone
		}
		l = q.legs[n.Contact]
		return nil
	})
	return l, nil, err
}

func (q *queueFake) Decline(_ context.Context, c helpline.Console, offer, _ string) ([]helpline.Event, error) {
	return nil, q.step("decline", c, func() error {
		if _, ok := q.offers[offer]; !ok {
			return helpline.ErrOfferGone
		}
		delete(q.offers, offer)
		return nil
	})
}

func (q *queueFake) Say(_ context.Context, s helpline.Saying) (said helpline.Said, err error) {
	err = q.step("say", s.Console, func() error {
		if l, ok := q.legs[s.Contact]; !ok || l.State != helpline.Active {
			return helpline.ErrNotFound
		}
		var known bool
		if said, known = q.says[s.CID]; !known {
			said = helpline.Said{Seq: 1_000_100 + int64(len(q.says)), At: time.UnixMilli(1e12)}
			q.says[s.CID] = said
		}
		return nil
	})
	return said, err
}

func (q *queueFake) History(_ context.Context, contact string, after int64) (out []helpline.SealedMessage, _ error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, m := range q.legs[contact].History {
		if m.Seq > after {
			out = append(out, m)
		}
	}
	return out, nil
}

func (q *queueFake) Typing(_ context.Context, c helpline.Console, _ string) error {
	return q.step("typing", c, func() error { return nil })
}

func (q *queueFake) End(_ context.Context, c helpline.Console, contact, _ string) ([]helpline.Event, error) {
	return nil, q.step("end", c, func() error {
		l, ok := q.legs[contact]
		if !ok {
			return helpline.ErrNotFound
		}
		l.State = helpline.Wrapping
		q.legs[contact] = l
		return nil
	})
}

func (q *queueFake) Release(_ context.Context, c helpline.Console, contact string) (n int64, err error) {
	err = q.step("release", c, func() error {
		l, ok := q.legs[contact]
		if !ok {
			return helpline.ErrNotFound
		}
		n, l.Held = int64(l.Held), 0
		q.legs[contact] = l
		return nil
	})
	return n, err
}

func (q *queueFake) Draft(_ context.Context, c helpline.Console, contact string, version int64, _ string) error {
	return q.step("draft", c, func() error {
		if version < q.drafts[contact] {
			return helpline.ErrStaleDraft
		}
		q.drafts[contact] = version
		return nil
	})
}

func (q *queueFake) Record(_ context.Context, c helpline.Console, contact string, _ helpline.Staged) ([]helpline.Event, error) {
	return nil, q.step("record", c, func() error {
		if _, ok := q.legs[contact]; !ok {
			return helpline.ErrNotFound
		}
		q.recorded[contact] = true
		return nil
	})
}
