package agents

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"

	"adviceline/helpline"
	"adviceline/helpline/socket"
)

func TestNoticesBecomeFrames(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.leg()
	p, _ := b.console()
	to := func(n helpline.Notice) {
		n.To = "a:p1"
		if n.Epoch == 0 {
			n.Epoch = 1
		}
		b.hub.Deliver(n)
	}
	duty := &helpline.Duty{State: "ready", Capacity: 2}
	to(helpline.Notice{Kind: helpline.NoticeRevoked, Offer: "o", Reason: "timed_out", Duty: duty})
	p.shows(p.want("revoked"), object{"offer": "o", "reason": "timed_out"})
	p.want("duty")
	to(helpline.Notice{Kind: helpline.NoticeRevoked, Offer: "o", Reason: "own_safety", Duty: duty}) // declined here
	p.want("duty")
	to(helpline.Notice{Kind: helpline.NoticeDuty, Duty: duty})
	p.want("duty")
	to(b.message(id, 1, 1_000_001, "in the history"))
	to(b.message(id, 9, 1_000_002, "another console's"))
	to(b.message(uuid.NewString(), 1, 1_000_002, "another's leg"))
	b.hub.Deliver(helpline.Notice{To: "c:p1", Kind: helpline.NoticeEnded})
	b.hub.Deliver(helpline.Notice{To: "a:p2", Kind: helpline.NoticeSignOut})
	to(b.message(id, 1, 1_000_003, "hei"))
	to(b.message(id, 1, 1_000_003, "twice"))
	p.shows(p.want("message"), object{"text": "hei", "contact": id, "seq": 1_000_003.0, "bytes": 512})
	broken := b.message(id, 1, 1_000_004, "x")
	broken.Key = "another"
	to(broken)
	p.shows(p.want("message"), object{"from": "system", "text": ""})
	to(helpline.Notice{Kind: helpline.NoticeContact, Contact: uuid.NewString(), State: "away"})
	to(helpline.Notice{Kind: helpline.NoticeContact, Contact: id, State: "away"})
	p.shows(p.want("contact"), object{"state": "away", "contact": id})
	to(helpline.Notice{Kind: helpline.NoticeEnding, Contact: uuid.NewString(), Expires: 2, Now: 1})
	to(helpline.Notice{Kind: helpline.NoticeEnding, Contact: id, Expires: 1_000_600_000, Now: 1_000_000_000})
	p.shows(p.want("ending"), object{"contact": id, "in_ms": 600_000.0})
	to(helpline.Notice{Kind: helpline.NoticeListener, Contact: uuid.NewString(), State: "joined", Alias: "Saara"})
	to(helpline.Notice{Kind: helpline.NoticeListener, Contact: id, State: "joined", Alias: "Saara"})
	p.shows(p.want("listener"), object{"contact": id, "state": "joined", "alias": "Saara"})
	to(helpline.Notice{Kind: helpline.NoticeLost, Contact: id, Reason: "wrap_up_over", Epoch: 3})
	p.shows(p.want("lost"), object{"reason": "wrap_up_over", "contact": id})
	p.refused(object{"type": "say", "contact": id, "cid": uuid.NewString(), "text": "x"}, "not_found")
	to(helpline.Notice{Kind: helpline.NoticeReplaced, Epoch: 1}) // its own coming
	to(helpline.Notice{Kind: helpline.NoticeSignOut})
	p.closed(4504)
}

// What is told while the queue brings a console up comes after the welcome, without what is in it.
func TestNoticesDuringHelloWait(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.leg()
	shown, fresh := b.offer(uuid.NewString(), 1), b.offer(uuid.NewString(), 1)
	old := b.offer(uuid.NewString(), 0)
	old.Epoch = 99
	b.queue.set(func() {
		b.queue.offers[shown.Offer] = shown
		b.queue.on = func(verb string, _ helpline.Console) {
			if verb == "up" {
				for _, n := range []helpline.Notice{
					{To: "a:p1", Kind: helpline.NoticeReplaced, Epoch: 1}, old, b.message(id, 1, 1_000_001, "in the history"),
					shown, b.message(id, 1, 1_000_002, "new"), fresh,
				} {
					b.hub.Deliver(n)
				}
			}
		}
	})
	p, _ := b.console()
	if m := p.want("message"); m["text"] != "new" {
		t.Errorf("%v", m)
	}
	if o := p.want("offer"); o["offer"] != fresh.Offer {
		t.Errorf("%v", o)
	}
	p.want("duty")
	p.ask(object{"type": "audible"}, "duty")
}

// The contact may write between the accept and the answer that tells of the leg.
func TestMessageDuringAcceptWaits(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p, _ := b.console()
	id := b.leg()
	offer, other := b.offer(id, 1), b.offer(uuid.NewString(), 1)
	b.queue.set(func() {
		b.queue.offers[offer.Offer] = offer
		b.queue.on = func(verb string, _ helpline.Console) {
			if verb == "accept" {
				b.hub.Deliver(b.message(id, 1, 1_000_001, "in the history"))
				b.hub.Deliver(b.message(id, 1, 1_000_002, "one"))
				b.hub.Deliver(other)
				b.hub.Deliver(b.message(id, 1, 1_000_003, "two"))
			}
		}
	})
	ref := uuid.NewString()
	p.send(object{"type": "accept", "ref": ref, "offer": offer.Offer})
	if o := p.want("offer"); o["offer"] != other.Offer { // others do not wait for it
		t.Errorf("%v", o)
	}
	p.want("duty")
	if o := p.want("opened"); o["ref"] != ref {
		t.Errorf("%v", o)
	}
	for _, text := range []string{"one", "two"} {
		if m := p.want("message"); m["text"] != text {
			t.Errorf("%v", m)
		}
	}
}

func TestTooManyNoticesDuringHello(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.queue.on = func(string, helpline.Console) {
		for range maxHeld + 1 {
			b.hub.Deliver(b.offer(uuid.NewString(), 1))
		}
	}
	p := b.dial()
	p.send(object{"type": "hello", "v": 1, "ticket": b.ticket()})
	p.closed(4408)
}

func TestNewerConsoleReplaces(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	first, _ := b.console()
	second, _ := b.console()
	first.closed(4501)
	b.hub.Deliver(helpline.Notice{To: "a:p1", Kind: helpline.NoticeReplaced, Epoch: 3}) // on another node
	second.closed(4501)
	third, _ := b.console()
	b.queue.set(func() { b.queue.epochs["p1"]++ })
	third.send(object{"type": "audible", "ref": uuid.NewString()})
	third.closed(4501)
	last, _ := b.console()
	if err := last.ws.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case c := <-b.queue.downs: // the only one that the queue is told of
		if c.Epoch != 5 {
			t.Errorf("epoch %d was taken down", c.Epoch)
		}
	case <-time.After(10 * time.Second):
		t.Error("the console that broke is not taken down")
	}
}

// Two consoles of one adviser come up at once: the one with the older epoch goes, in whatever order
// the queue's replies arrive.
func TestOlderReplyArrivesLater(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	held, meet := make(chan struct{}), make(chan struct{})
	b.queue.set(func() {
		b.queue.on = func(verb string, c helpline.Console) {
			if verb == "up" && c.Epoch == 1 {
				close(meet)
				<-held
			}
		}
	})
	first := b.dial()
	first.send(object{"type": "hello", "v": 1, "ticket": b.ticket()})
	<-meet
	second, _ := b.console()
	close(held)
	first.closed(4501)
	second.ask(object{"type": "audible"}, "duty")
}

func TestSlowReaderIsCut(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(o *Options) { o.Socket.Queue = 8 })
	id := b.leg()
	p, _ := b.console()
	long := strings.Repeat("😀", 2000)
	for i := range int64(2000) { // more than the kernel's buffers hold
		b.hub.Deliver(b.message(id, 1, 1_000_002+i, long))
	}
	p.closed(4408)
}

func TestRecheckClosesSignedOut(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(o *Options) { o.Recheck = time.Millisecond })
	_, session := signedIn(t, b.signIn, b.people)
	p, _ := b.console(object{"ticket": b.ticketFor(session)})
	b.people.fail(true)
	b.cache.fail(true)
	b.hub.round(t.Context())
	p.ask(object{"type": "audible"}, "duty") // nobody can say: it stays
	_ = b.people.do(func() error { return nil })
	b.people.set(func() { delete(b.people.sessions, session.Hash) })
	b.cache.set(func() { delete(b.cache.sessions, session.Hash) })
	p.closed(4504)
}

// set changes a store and brings it up.
func (s *store) set(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
	s.down = false
}

// A session that only grew old does not take a console away from the person it talks with.
func TestOldSessionKeepsItsLegs(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.leg()
	_, session := signedIn(t, b.signIn, b.people)
	p, _ := b.console(object{"ticket": b.ticketFor(session)})
	later := func() time.Time { return session.Expires.Add(time.Second) }
	h := &Hub{Options: Options{SignIn: expired{}, Now: later, Log: b.hub.Log}, advisers: b.hub.advisers}
	h.round(t.Context())
	p.ask(object{"type": "end", "contact": id, "reason": "done"}, "ended")
	h.round(t.Context())
	p.closed(4504)
}

type expired struct{ Sessions }

func (expired) Recheck(context.Context, string) (helpline.Session, error) {
	return helpline.Session{}, helpline.ErrSignedOut
}

func TestRevokeClosesOneSession(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, session := signedIn(t, b.signIn, b.people)
	p, _ := b.console(object{"ticket": b.ticketFor(session)})
	b.hub.Revoke("p1", "another")
	p.ask(object{"type": "audible"}, "duty")
	b.hub.Revoke("p1", session.Hash)
	p.closed(4504)
}

func TestCloseSendsEverybodyAway(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p, _ := b.console()
	silent := b.dial() // has not said hello
	done := make(chan error, 1)
	go func() { done <- b.hub.Close(context.WithoutCancel(t.Context())) }()
	if f := p.want("reconnect"); f["after_ms"].(float64) > 2500 {
		t.Errorf("%v", f)
	}
	p.closed(1001)
	silent.closed(1001)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if n := len(b.queue.downs); n != 0 {
		t.Error("a node that stops took its console down")
	}
	_, resp, err := websocket.DefaultDialer.DialContext(t.Context(), b.url, http.Header{"Origin": {testOrigin}})
	if err == nil || resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a new socket: %v", err)
	}
	shaken(t, resp)
	_ = resp.Body.Close()
}

func TestCloseIsBounded(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	coming, held := make(chan struct{}), make(chan struct{})
	b.queue.on = func(string, helpline.Console) { close(coming); <-held }
	p := b.dial()
	p.send(object{"type": "hello", "v": 1, "ticket": b.ticket()})
	<-coming
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.hub.Close(ctx); err == nil {
		t.Error("closed while a console comes up")
	}
	close(held)
	p.closed(1001)
}

// Sockets in somebody else's registry that have not said hello do not hold the hub up.
func TestCloseLeavesSilentSocketsToTheirRegistry(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(o *Options) { o.Socket.Registry = socket.NewRegistry(0) })
	p := b.dial()
	if err := b.hub.Close(t.Context()); err != nil {
		t.Error(err)
	}
	p.send(object{"type": "hello", "v": 1, "ticket": b.ticket()})
	p.closed(1001)
}

func TestOtherOriginsAreRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, resp, err := websocket.DefaultDialer.DialContext(t.Context(), b.url, http.Header{"Origin": {"https://elsewhere.test"}})
	if err == nil || resp.StatusCode != http.StatusForbidden {
		t.Errorf("%v", err)
	}
	_ = resp.Body.Close()
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	m := &memory{}
	now := time.Unix(1, 0)
	first := uuid.NewString()
	m.keep(first, remembered{at: now})
	for range memorySize - 1 {
		m.keep(uuid.NewString(), remembered{at: now})
	}
	if _, ok := m.find(first, now); !ok {
		t.Error("forgotten too early")
	}
	if _, ok := m.find(first, now.Add(memoryLife)); ok {
		t.Error("kept for too long")
	}
	m.keep(uuid.NewString(), remembered{at: now})
	if _, ok := m.find(first, now); ok || len(m.answers) != memorySize {
		t.Errorf("%d answers kept", len(m.answers))
	}
	if m.idle(now) || !m.idle(now.Add(memoryLife)) {
		t.Error("idle")
	}
}

func TestPace(t *testing.T) {
	t.Parallel()
	var p pace
	now := time.Unix(1, 0)
	count := func() (n int) {
		for p.take(now) {
			n++
		}
		return n
	}
	if n := count(); n != paceBurst {
		t.Errorf("burst of %d", n)
	}
	now = now.Add(time.Second)
	if n := count(); n != paceSecond {
		t.Errorf("%d a second", n)
	}
	now = now.Add(-time.Hour)
	if n := count(); n != 0 {
		t.Errorf("%d for a step back", n)
	}
}

func TestLongFramesArePaddedToo(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 400, 1900, 8000, 16_300, 20_000, 40_000} {
		b, err := pad(messageFrame{Text: strings.Repeat("a", n)})
		if err != nil || len(b)%512 != 0 {
			t.Errorf("%d: %d bytes, %v", n, len(b), err)
		}
		if len(b) > longStep && len(b)%longStep != 0 {
			t.Errorf("%d: %d bytes", n, len(b))
		}
	}
}
