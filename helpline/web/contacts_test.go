package web

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"adviceline/helpline"
	"adviceline/helpline/socket"
)

func TestReplaced(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := admitted(t, h.line, reqA)
	old, _ := h.sit(t, a.Token, 0)
	var socketID string
	h.book.set(func() { socketID = h.book.contacts[a.Contact].socket })
	fresh, _ := h.sit(t, a.Token, 0)
	h.hub.Deliver(helpline.Notice{To: "c:" + a.Contact, Kind: helpline.NoticeReplaced, State: socketID, Version: 1})
	old.wantClose(socket.CodeReplaced)
	fresh.want("position")
	h.hub.Deliver(helpline.Notice{To: "c:" + a.Contact, Kind: helpline.NoticeTyping, Version: 2})
	fresh.wantClose(socket.CodeReplaced)
}

// TestSlowReader lets the adviser write more than a page that does not read may have waiting.
func TestSlowReader(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := admitted(t, h.line, reqA)
	p, _ := h.sit(t, a.Token, 0)
	n := h.book.adviserSays(a.Contact, strings.Repeat("ä", 2000))
	for h.hub.Open() > 0 && n.Seq < 1e6 {
		n.Seq++
		h.hub.Deliver(n)
		if n.Seq%100 == 0 && h.hub.all()[0].isOver() {
			break
		}
	}
	p.wantClose(socket.CodeTooSlow)
	<-h.book.downs
}

func TestSocketCaps(t *testing.T) {
	t.Parallel()
	deltas := make(chan int, 10)
	h := newHouse(t, func(o *Options) {
		o.Limits.Sockets, o.Limits.Upgrade = 1, Rate{Burst: 9, Every: time.Hour}
		o.SocketsOpen = func(delta int) { deltas <- delta }
	})
	p := h.open(t)
	if d := <-deltas; d != 1 {
		t.Errorf("opened: %d", d)
	}
	_, res, err := h.dial(http.Header{"Origin": {h.URL}})
	if err == nil || res.StatusCode != 429 || res.Header.Get("Retry-After") == "" {
		t.Errorf("a second socket: %v", err)
	}
	_ = p.Close()
	if d := <-deltas; d != -1 {
		t.Errorf("closed: %d", d)
	}
	h.open(t)
}

func TestReconnectBeforeTheEnd(t *testing.T) {
	t.Parallel()
	registry := socket.NewRegistry(0)
	h := newHouse(t, func(o *Options) { o.Sockets = registry })
	a := admitted(t, h.line, reqA)
	p, _ := h.sit(t, a.Token, 0)
	p.want("position")
	h.hub.Reconnect(2 * time.Second)
	registry.CloseAll(socket.CodeNodeStops, "node_stops")
	if f := p.want("reconnect"); f["after_ms"].(float64) > 2000 {
		t.Errorf("reconnect: %v", f)
	}
	p.wantClose(socket.CodeNodeStops)
	if err := registry.Wait(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestRunEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	newHouse(t).hub.Run(ctx)
}

func TestHeldNoticesAreBounded(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	d := &deaf{}
	s := &seat{hub: h.hub, wire: d, contact: "x", ctx: t.Context(), holding: true}
	h.hub.add(s)
	for range maxInbox + 1 {
		h.hub.Deliver(helpline.Notice{To: "c:x", Kind: helpline.NoticeTyping})
	}
	if d.code != socket.CodeTooSlow {
		t.Errorf("closed with %d", d.code)
	}
	s.done()
	h.hub.remove(s)
	h.hub.Deliver(helpline.Notice{To: "a:x"})
}

func TestABugCostsOneSocket(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := admitted(t, h.line, reqA)
	p, _ := h.sit(t, a.Token, 0)
	h.hub.Deliver(helpline.Notice{To: "c:" + a.Contact, Kind: helpline.NoticeMessage, Seq: 9, Sealed: broken})
	p.wantClose(socket.CodeNodeStops)
	<-h.book.downs
	if log := h.log.String(); strings.Contains(log, sentinel) || !strings.Contains(log, "contact socket failed") {
		t.Errorf("log: %s", log)
	}
}

func TestDeadContactIsCut(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := admitted(t, h.line, reqA)
	p, _ := h.sit(t, a.Token, 0)
	h.book.set(func() { h.book.contacts[a.Contact].Version = 2 })
	h.hub.Refresh()
	p.wantClose(socket.CodeDeadToken)
}

func TestMissedIsRead(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := admitted(t, h.line, reqA)
	p, _ := h.sit(t, a.Token, 0)
	p.want("position")
	h.book.adviserSays(a.Contact, "lost notice")
	h.book.set(func() { h.book.contacts[a.Contact].State = helpline.Active })
	h.hub.Refresh()
	if f := p.want("message"); f["text"] != "lost notice" {
		t.Errorf("message: %v", f)
	}
	p.want("joined")
	h.book.set(func() { h.book.contacts[a.Contact].State = helpline.Wrapping })
	h.hub.Refresh()
	p.want("ended")
	p.wantClose(socket.CodeEnded)
}

// The page is told who has the conversation now, also when the notice of it was lost.
func TestTransferIsTold(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := admitted(t, h.line, reqA)
	h.book.set(func() { c := h.book.contacts[a.Contact]; c.State, c.Alias = helpline.Active, "Aino" })
	p, _ := h.sit(t, a.Token, 0)
	h.tell(a.Contact, helpline.Notice{Kind: helpline.NoticeTransferred, Alias: "Bo"})
	p.wantWith("transferred", map[string]any{"alias": "Bo"})
	h.book.set(func() { h.book.contacts[a.Contact].Alias = "Cai" })
	h.hub.Refresh()
	p.wantWith("transferred", map[string]any{"alias": "Cai"})
	h.hub.Refresh() // told already
	h.tell(a.Contact, helpline.Notice{Kind: helpline.NoticeTyping})
	p.want("typing")
}

// An end is told once, also to a page that comes while it stands or whose notice was lost, and on the page without
// script in words of its own.
func TestEndingIsToldOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := admitted(t, h.line, reqA)
	h.book.set(func() {
		c := h.book.contacts[a.Contact]
		c.State, c.Alias, c.Ending = helpline.Active, "Aino", helpline.Ending{At: 1_000_600_000, In: 9 * time.Minute}
	})
	p, _ := h.sit(t, a.Token, 0)
	p.wantWith("ending", map[string]any{"in_ms": 540_000.0, "place_kept": false})
	h.tell(a.Contact, helpline.Notice{Kind: helpline.NoticeEnding, Expires: 1_000_600_000, Now: 1_000_000_000}) // told already
	h.hub.Refresh()
	h.tell(a.Contact, helpline.Notice{Kind: helpline.NoticeEnding, Expires: 1_000_900_000, Now: 1_000_600_000, State: "waiting"})
	p.wantWith("ending", map[string]any{"in_ms": 300_000.0, "place_kept": true})
	h.book.set(func() { h.book.contacts[a.Contact].Ending = helpline.Ending{At: 1_009_000_000, In: 10 * time.Minute} })
	h.hub.Refresh()
	p.wantWith("ending", map[string]any{"in_ms": 600_000.0})
	h.tell(a.Contact, helpline.Notice{Kind: helpline.NoticeTyping})
	p.want("typing")

	d := &plainDress{server: h.web, view: view{pages: h.web.pages, Lang: "en"}, shown: map[string]bool{}}
	for frame, words := range map[string]string{
		`{"type":"ending","in_ms":540001,"place_kept":false}`: "this chat ends in 10 min",
		`{"type":"ending","in_ms":1,"place_kept":true}`:       "destroyed in 1 min. You keep your place",
	} {
		if html := string(d.Frame([]byte(frame))); !strings.Contains(html, words) {
			t.Errorf("%s is told %q", frame, html)
		}
	}
}

// Places are asked for when the line has changed since, and again after a question that failed.
func TestNothingIsAskedWhileNothingMoves(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := admitted(t, h.line, reqA)
	p, _ := h.sit(t, a.Token, 0)
	p.want("position")
	places := func(ahead int) {
		h.book.set(func() { h.book.contacts[a.Contact].Place.Ahead = ahead })
		h.hub.round(t.Context())
	}
	h.hub.Changed(7)
	places(4)
	p.wantWith("position", map[string]any{"ahead": 4.0})
	places(3) // nothing has changed: not asked
	h.book.set(func() { h.book.fail = helpline.ErrQueueUnavailable })
	h.hub.Changed(8)
	h.hub.round(t.Context())
	h.book.set(func() { h.book.fail = nil })
	places(2)
	p.wantWith("position", map[string]any{"ahead": 2.0})
}

// TestPastComesFirst has the adviser speak while the contact's socket opens: the notice is there
// before the past is read, and the message is in the past too.
func TestPastComesFirst(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := admitted(t, h.line, reqA)
	h.book.adviserSays(a.Contact, "one")
	h.book.adviserSays(a.Contact, "two")
	h.book.set(func() {
		h.book.contacts[a.Contact].State = helpline.Active
		h.book.hook = func(contact string) { h.hub.Deliver(h.book.adviserSays(contact, "three")) }
	})
	p, welcome := h.sit(t, a.Token, 1)
	if welcome["state"] != "active" || welcome["position"] != nil {
		t.Errorf("welcome: %v", welcome)
	}
	h.hub.Deliver(h.book.adviserSays(a.Contact, "four"))
	for i, text := range []string{"two", "three", "four"} {
		if f := p.want("message"); f["text"] != text || f["seq"] != float64(i+2) {
			t.Errorf("message %d: %v", i, f)
		}
	}
}
