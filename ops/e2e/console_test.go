package e2e

import (
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
)

// leg is a conversation at a console.
type leg struct {
	epoch int64
	state string
	heard transcript
	box   outbox
	sent  []string
	said  []taken // every answer "said"
}

// consoleClient is an adviser with the console open.
type consoleClient struct {
	peer
	name   string
	cookie *http.Cookie
	heard  atomic.Bool // the sound of the page is awake

	mu        sync.Mutex
	duty      string
	wished    string  // what the adviser chose last
	forgotten bool    // the server does not know it any more
	offers    []frame // those that stand
	offered   []frame // every one that ever came, in order
	revoked   []frame
	legs      map[string]*leg
	all       map[string]*leg // also those that are over
	asked     map[string]*question
	aside
	listeners []string // what it was told of who listens in
	faults    []string
}

// question is a frame that waits for its answer; it is asked again after a reconnect.
type question struct {
	frame  map[string]any
	answer chan frame
}

// attend makes an account, signs in, opens a console and is ready.
func attend(t *testing.T, h *house, name, languages string, capacity int) *consoleClient {
	t.Helper()
	c := enter(t, h, name, h.adviser(name, languages, capacity))
	c.ready(t)
	return c
}

// enter signs in and opens a console.
func enter(t *testing.T, h *house, name, password string) *consoleClient {
	t.Helper()
	status, cookies := h.signIn(name, password)
	if status != http.StatusNoContent || len(cookies) != 1 {
		t.Fatalf("sign-in answers %d with %d cookies", status, len(cookies))
	}
	return unfold(t, h, name, cookies[0])
}

// unfold opens a console of who is signed in.
func unfold(t *testing.T, h *house, name string, cookie *http.Cookie) *consoleClient {
	t.Helper()
	c := &consoleClient{
		name: name, cookie: cookie, legs: map[string]*leg{}, all: map[string]*leg{}, asked: map[string]*question{},
		aside: aside{danger: map[string]frame{}},
	}
	c.peer = peer{t: t, name: "console " + name, h: h, path: "/api/v1/console/socket", hello: c.hello, read: c.take, up: c.resend}
	c.begin()
	eventually(t, patience, "console is welcomed", c.connected)
	return c
}

func (c *consoleClient) ready(t *testing.T) {
	t.Helper()
	c.heard.Store(true)
	c.must(t, "duty", map[string]any{"type": "audible"})
	c.must(t, "duty", map[string]any{"type": "duty", "state": "ready"})
}

func (c *consoleClient) hello() (any, error) {
	ticket, err := c.ticket()
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	after, holds := map[string]int64{}, []map[string]any{}
	for contact, l := range c.legs {
		after[contact] = l.heard.after
		holds = append(holds, map[string]any{"contact": contact, "epoch": l.epoch})
	}
	return map[string]any{
		"type": "hello", "ref": uuid.NewString(), "v": 1, "ticket": ticket, "after": after, "holds": holds,
	}, nil
}

func (c *consoleClient) resend() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.heard.Load() { // as the page does, while its sound is awake
		c.send(map[string]any{"type": "audible", "ref": uuid.NewString()})
	}
	for _, q := range c.asked {
		c.send(q.frame)
	}
	if c.forgotten {
		c.send(map[string]any{"type": "audible", "ref": uuid.NewString()})
		c.send(map[string]any{"type": "duty", "state": "ready", "ref": uuid.NewString()})
	}
	for _, l := range c.legs {
		l.box.again()
		l.box.flush(c.send)
	}
}

// ask sends a frame and waits for its answer, over reconnects.
func (c *consoleClient) ask(t *testing.T, f map[string]any) frame {
	t.Helper()
	ref := uuid.NewString()
	f["ref"] = ref
	q := &question{frame: f, answer: make(chan frame, 1)}
	c.mu.Lock()
	c.asked[ref] = q
	if f["type"] == "duty" {
		c.wished, _ = f["state"].(string)
	}
	c.send(f)
	c.mu.Unlock()
	select {
	case a := <-q.answer:
		return a
	case <-time.After(2 * patience):
		t.Fatalf("%s: no answer to %s", c.name, f["type"])
		return frame{}
	}
}

// must asks and demands the type of the answer.
func (c *consoleClient) must(t *testing.T, want string, f map[string]any) frame {
	t.Helper()
	a := c.ask(t, f)
	if a.Type != want {
		t.Fatalf("%s: %s is answered by %s %s", c.name, f["type"], a.Type, a.Code)
	}
	return a
}

func (c *consoleClient) take(f frame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f.Type == "error" {
		c.refusal(f)
	}
	c.note(f)
	switch f.Type {
	case "welcome":
		c.welcome(f)
		for _, l := range c.legs {
			l.box.again() // before anybody may send on this connection
		}
		c.forgotten = c.wished == "ready" && (string(f.Duty) == `"off"` || string(f.Duty) == `"paused"`)
	case "duty":
		c.duty = f.State
	case "offer":
		c.offers = append(c.offers, f)
		c.offered = append(c.offered, f)
	case "revoked":
		c.drop(f.Offer)
		c.revoked = append(c.revoked, f)
	case "opened":
		c.open(f)
	case "message":
		if l := c.legs[f.Contact]; l != nil {
			c.hear(l, f)
		} else {
			c.t.Errorf("%s: a message of a leg that was never opened", c.name)
		}
	case "said":
		if l := c.all[f.Contact]; l != nil {
			if !slices.ContainsFunc(l.said, func(s taken) bool { return s.seq == f.Seq }) { // answered again to a repetition
				l.said = append(l.said, taken{f.Seq, l.epoch})
			}
			l.box.seen(f.Seq)
			l.box.said(f.CID)
			l.box.flush(c.send)
		}
	case "listener":
		c.listeners = append(c.listeners, f.State+" "+f.Alias)
	case "contact":
		if l := c.legs[f.Contact]; l != nil {
			l.state = f.State
		}
	case "lost", "recorded":
		delete(c.legs, f.Contact)
	}
	if q := c.asked[f.Ref]; q != nil && f.Ref != "" {
		if f.Type == "error" && f.Retry {
			time.AfterFunc(300*time.Millisecond, func() { c.send(q.frame) })
			return
		}
		delete(c.asked, f.Ref)
		q.answer <- f
	}
}

func (c *consoleClient) refusal(f frame) {
	c.faults = append(c.faults, f.Code)
	for _, l := range c.legs {
		for _, s := range l.box.waiting {
			if s.cid != f.CID && s.frame["ref"] != f.Ref {
				continue
			}
			l.box.refused(s.cid, f.Retry, func(pass func()) {
				time.AfterFunc(soon, func() {
					c.mu.Lock()
					defer c.mu.Unlock()
					pass()
					l.box.flush(c.send)
				})
			})
			l.box.flush(c.send)
			return
		}
	}
}

func (c *consoleClient) welcome(f frame) {
	mine := map[string]bool{}
	for _, l := range f.Legs {
		mine[l.Contact] = true
		c.open(l)
	}
	for contact := range c.legs {
		if !mine[contact] {
			delete(c.legs, contact)
		}
	}
	c.offers = append([]frame(nil), f.Offers...)
	for _, o := range f.Offers {
		if !slices.ContainsFunc(c.offered, func(k frame) bool { return k.Offer == o.Offer }) {
			c.offered = append(c.offered, o)
		}
	}
}

// open takes a leg in; its history holds what came after what this console had.
func (c *consoleClient) open(f frame) {
	c.dropOf(f.Contact)
	l := c.legs[f.Contact]
	if l == nil {
		if l = c.all[f.Contact]; l == nil {
			l = &leg{}
			c.all[f.Contact] = l
		}
		c.legs[f.Contact] = l
	}
	l.epoch, l.state = f.Epoch, "active"
	l.box.seen(f.Seq)
	for _, m := range f.History {
		if m.Seq > l.heard.after { // a repeated answer tells the whole again
			c.hear(l, m)
		}
	}
}

func (c *consoleClient) hear(l *leg, m frame) {
	l.box.seen(m.Seq)
	if m.From == "adviser" {
		l.box.said(m.CID)
	}
	l.heard.take(m)
	l.box.flush(c.send)
}

func (c *consoleClient) drop(offer string) {
	c.offers = slices.DeleteFunc(c.offers, func(o frame) bool { return o.Offer == offer })
}

func (c *consoleClient) dropOf(contact string) {
	c.offers = slices.DeleteFunc(c.offers, func(o frame) bool { return o.Contact == contact })
}

// offer waits for an offer of a contact ("" for any) and gives it.
func (c *consoleClient) offer(t *testing.T, contact string) frame {
	t.Helper()
	var found frame
	eventually(t, patience, c.name+" has an offer", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, o := range c.offers {
			if contact == "" || o.Contact == contact {
				found = o
				return true
			}
		}
		return false
	})
	return found
}

// accept takes an offer.
func (c *consoleClient) accept(t *testing.T, o frame) frame {
	t.Helper()
	return c.must(t, "opened", map[string]any{"type": "accept", "offer": o.Offer})
}

// say queues a message into a leg.
func (c *consoleClient) say(contact, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.legs[contact]
	if l == nil {
		c.t.Errorf("%s: says into a leg that is not open", c.name)
		return
	}
	l.sent = append(l.sent, text)
	l.box.add(map[string]any{"contact": contact, "text": text, "ref": uuid.NewString()})
	l.box.flush(c.send)
}

func (c *consoleClient) end(t *testing.T, contact string) {
	t.Helper()
	c.must(t, "ended", map[string]any{"type": "end", "contact": contact, "reason": "done"})
}

// record saves an outcome; without end before it, it ends the leg too.
func (c *consoleClient) record(t *testing.T, contact string) {
	t.Helper()
	c.must(t, "recorded", map[string]any{"type": "outcome", "contact": contact, "outcome": map[string]any{
		"topic": "safe_return", "assessment": "related", "role": "bystander", "outcome": []string{"interpreter_booked"},
	}})
}

func (c *consoleClient) unanswered() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, l := range c.all {
		n += len(l.box.waiting)
	}
	return n
}

// transcript gives what was heard and sent in a leg.
func (c *consoleClient) transcript(contact string) (transcript, []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.all[contact]
	if l == nil {
		return transcript{}, nil
	}
	x := l.heard
	x.got = append([]frame(nil), x.got...)
	return x, append([]string(nil), l.sent...)
}

func (c *consoleClient) hears(contact string) int {
	x, _ := c.transcript(contact)
	return len(x.from("contact"))
}

func (c *consoleClient) refused() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.faults...)
}
