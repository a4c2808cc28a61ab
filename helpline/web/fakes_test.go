package web

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"adviceline/helpline"
)

// book is an in-memory live state of one line, as far as the edge can see it. hook, when set, runs
// inside ContactUp before its answer; fail, when set, answers for every step.
type book struct {
	helpline.Queue // steps of advisers are not called here

	mu       sync.Mutex
	contacts map[string]*entry
	numbers  map[string]string
	fail     error
	hook     func(contact string)
	word     func(helpline.Notice) // where notices of steps go
	downs    chan string
	asked    int
	opening  helpline.Opening
}

type entry struct {
	helpline.Entry
	helpline.View
	socket  string
	history []helpline.SealedMessage
	cids    map[string]helpline.Said
}

func newBook() *book {
	return &book{contacts: map[string]*entry{}, numbers: map[string]string{}, downs: make(chan string, 100)}
}

func (b *book) set(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f()
}

func (b *book) Enqueue(_ context.Context, e helpline.Entry) (helpline.Entered, []helpline.Event, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fail != nil {
		return helpline.Entered{}, nil, b.fail
	}
	c, ok := b.contacts[e.Contact]
	if !ok {
		c = &entry{Entry: e, View: helpline.View{State: helpline.Waiting, Version: 1, Place: helpline.Position{Ahead: len(b.contacts)}, Key: e.Key, Told: e.Told}, cids: map[string]helpline.Said{}}
		b.contacts[e.Contact] = c
		b.numbers[e.Numbers[0]] = e.Contact
	}
	if c.Print != e.Print {
		return helpline.Entered{}, nil, helpline.ErrRequestReused
	}
	return helpline.Entered{Contact: e.Contact, State: c.State, Version: c.Version, Arrival: time.UnixMilli(1e12), Ahead: c.Place.Ahead},
		[]helpline.Event{{Kind: helpline.Enqueued, Contact: e.Contact}}, nil
}

func (b *book) Resume(_ context.Context, r helpline.Return) (helpline.Entered, []helpline.Event, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	contact, ok := b.numbers[r.Index]
	if b.fail != nil {
		return helpline.Entered{}, nil, b.fail
	}
	if !ok {
		return helpline.Entered{}, nil, helpline.ErrNotFound
	}
	c := b.contacts[contact]
	c.Version++
	c.Floor = c.Seq
	return helpline.Entered{Contact: contact, State: c.State, Version: c.Version, Arrival: time.UnixMilli(1e12)}, nil, nil
}

// bearer finds a contact for a version of its token; b.mu is held.
func (b *book) bearer(contact string, version int64) (*entry, error) {
	if b.fail != nil {
		return nil, b.fail
	}
	c, ok := b.contacts[contact]
	if !ok || c.Version != version {
		return nil, helpline.ErrNotFound
	}
	return c, nil
}

func (b *book) Leave(_ context.Context, contact string, version int64, kind string) ([]helpline.Event, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c, err := b.bearer(contact, version)
	if err != nil {
		return nil, err
	}
	if c.State = helpline.Cancelled; kind == "exit" {
		c.State = helpline.Away
	}
	return nil, nil
}

func (b *book) View(_ context.Context, contact string, version int64) (helpline.View, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c, err := b.bearer(contact, version)
	if err != nil {
		return helpline.View{}, err
	}
	return c.View, nil
}

func (b *book) Positions(_ context.Context, contacts []string) (map[string]helpline.Position, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := map[string]helpline.Position{}
	for _, id := range contacts {
		if c := b.contacts[id]; c != nil && c.State == helpline.Waiting {
			out[id] = c.Place
		}
	}
	return out, b.fail
}

func (b *book) ContactUp(_ context.Context, contact string, version int64, socket string) (helpline.View, []helpline.Event, error) {
	b.mu.Lock()
	hook := b.hook
	b.mu.Unlock()
	if hook != nil {
		hook(contact)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	c, err := b.bearer(contact, version)
	if err != nil {
		return helpline.View{}, nil, err
	}
	c.socket = socket
	return c.View, nil, nil
}

func (b *book) ContactDown(_ context.Context, contact, socket string, _ int64) ([]helpline.Event, error) {
	b.downs <- contact
	b.mu.Lock()
	defer b.mu.Unlock()
	if c := b.contacts[contact]; c == nil || c.socket != socket {
		return nil, helpline.ErrNotFound
	}
	return nil, nil
}

func (b *book) Say(_ context.Context, s helpline.Saying) (helpline.Said, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c, err := b.bearer(s.Contact, s.Version)
	if err != nil {
		return helpline.Said{}, err
	}
	if said, ok := c.cids[s.CID]; ok {
		return said, nil
	}
	c.Seq++
	said := helpline.Said{Seq: c.Seq, At: time.UnixMilli(1e12)}
	c.cids[s.CID] = said
	c.history = append(c.history, helpline.SealedMessage{Seq: c.Seq, CID: s.CID, From: s.From, Sealed: s.Sealed, At: said.At})
	return said, nil
}

func (b *book) History(_ context.Context, contact string, after int64) ([]helpline.SealedMessage, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []helpline.SealedMessage
	for _, m := range b.contacts[contact].history {
		if m.Seq > after {
			out = append(out, m)
		}
	}
	return out, nil
}

func (b *book) Forward(_ context.Context, p helpline.Posted) error {
	b.mu.Lock()
	contact := strings.TrimPrefix(p.To, "c:")
	c, err := b.bearer(contact, p.Version)
	switch {
	case strings.HasPrefix(p.To, "a:") && b.fail == nil:
		err = nil // a console's stream stands elsewhere
	case err == nil && c.socket == "":
		err = helpline.ErrNotFound
	case err == nil && c.socket != p.Mark:
		err = helpline.ErrConsoleReplaced
	}
	word := b.word
	b.mu.Unlock()
	if err == nil && word != nil {
		word(helpline.Notice{To: p.To, Kind: helpline.NoticeFrames, Version: p.Version, State: p.Mark, Key: p.Key, Sealed: p.Sealed})
	}
	return err
}

func (b *book) Status(context.Context) (helpline.Status, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked++
	o := b.opening
	return helpline.Status{Open: !o.Closed, Languages: []string{"sv"}, Notice: o.Notice, Event: o.Event}, b.fail
}

// adviserSays puts a line of the adviser into the conversation and gives its notice.
func (b *book) adviserSays(contact, text string) helpline.Notice {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.contacts[contact]
	c.Seq++
	m := helpline.SealedMessage{Seq: c.Seq, CID: "adviser", From: helpline.FromAdviser, Sealed: "sealed:" + text, At: time.UnixMilli(1e12)}
	c.history = append(c.history, m)
	return helpline.Notice{To: "c:" + contact, Kind: helpline.NoticeMessage, Version: c.Version, Seq: m.Seq, CID: m.CID, From: m.From, Sealed: m.Sealed, Key: c.View.Key, At: 1e12}
}

// ledgerNow commits at once.
type ledgerNow struct{}

func (ledgerNow) Submit([]helpline.Event) <-chan error {
	done := make(chan error, 1)
	done <- nil
	return done
}

// broken is a sealed text that makes the sealer panic.
const broken = "broken"

// glassSealer seals so that a test can look through.
type glassSealer struct{}

func (s glassSealer) SealAnew(_ string, _ time.Time, contact, field string, version int64, plain []byte) (string, string, error) {
	sealed, err := s.Seal("key", contact, field, version, plain)
	return "key", sealed, err
}

func (glassSealer) Seal(_, _, _ string, _ int64, plain []byte) (string, error) {
	return "sealed:" + string(plain), nil
}

func (glassSealer) Open(_, _, _ string, _ int64, sealed string) ([]byte, error) {
	if sealed == broken {
		panic(sentinel)
	}
	plain, ok := strings.CutPrefix(sealed, "sealed:")
	if !ok {
		return nil, errors.New("not sealed")
	}
	return []byte(plain), nil
}

func (glassSealer) Stage(string, []byte) (string, []byte, string, string, error) {
	return "", nil, "", "", errors.New("no outcomes here")
}

// door is a SignIn with one account per role; the password of each is "right". fail, when set,
// answers for every step.
type door struct {
	mu       sync.Mutex
	fail     error
	sessions map[string]helpline.Session
}

func (d *door) SignIn(_ context.Context, name, password string) (string, helpline.Session, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fail != nil {
		return "", helpline.Session{}, d.fail
	}
	if password != "right" {
		return "", helpline.Session{}, helpline.ErrBadCredentials
	}
	id := "session-of-" + name
	d.sessions[id] = helpline.Session{Person: helpline.Person{ID: "1", Name: name, Roles: []string{name}, Languages: []string{"fi"}}}
	return id, d.sessions[id], nil
}

func (d *door) Session(_ context.Context, id string) (helpline.Session, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s, ok := d.sessions[id]
	if d.fail != nil {
		return s, d.fail
	}
	if !ok {
		return s, helpline.ErrSignedOut
	}
	return s, nil
}

func (d *door) SignOut(_ context.Context, id string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.sessions, id)
	return d.fail
}

func (d *door) Ticket(context.Context, helpline.Session) (string, time.Time, error) {
	return "ticket", time.UnixMilli(1e12), nil
}

// Redeem takes the ticket of an account by its role: "ticket of supervisor".
func (d *door) Redeem(_ context.Context, ticket string) (helpline.Session, int64, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	role, ok := strings.CutPrefix(ticket, "ticket of ")
	if d.fail != nil {
		return helpline.Session{}, 0, d.fail
	}
	if !ok {
		return helpline.Session{}, 0, helpline.ErrSignedOut
	}
	return helpline.Session{Person: helpline.Person{ID: reqB, Name: role, Alias: "Saara", Roles: []string{role}}, Expires: time.Now().Add(time.Hour)}, 1, nil
}

// testLog collects what is logged.
type testLog struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *testLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *testLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func testTokens() helpline.Tokens {
	return helpline.NewTokens(func(purpose string) []byte { return []byte(purpose) })
}

func testLine(q helpline.Queue, log *slog.Logger) *helpline.Line {
	return &helpline.Line{
		Queue: q, Ledger: ledgerNow{}, Seal: glassSealer{}, Tokens: testTokens(), Timing: helpline.DefaultTiming(),
		Now: time.Now, Log: log, Observe: func(helpline.Event) {},
	}
}

// admitted makes a waiting contact and gives its id and token.
func admitted(t *testing.T, line *helpline.Line, request string) helpline.Admission {
	t.Helper()
	a, err := line.Admit(context.Background(), helpline.Intake{RequestID: request, Channel: "chat", Language: "fi", Asks: "help", Body: []byte("{}")})
	if err != nil {
		t.Fatal(err)
	}
	return a
}
