package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"adviceline/helpline"
	"adviceline/helpline/socket"

	"github.com/gorilla/websocket"
)

const cidA = "0b0c6a3e-58a4-4a40-8f4e-000000000001"

// page is a contact's browser.
type page struct {
	t *testing.T
	*websocket.Conn
}

func (h *house) dial(header http.Header) (*websocket.Conn, *http.Response, error) {
	return websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(h.URL, "http")+"/api/v1/contact/socket", header)
}

// open connects without hello.
func (h *house) open(t *testing.T) *page {
	t.Helper()
	ws, _, err := h.dial(http.Header{"Origin": {h.URL}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ws.Close() })
	_ = ws.SetReadDeadline(time.Now().Add(20 * time.Second))
	return &page{t, ws}
}

// awaitGone waits until no seat is left, so that no goroutine outlives its test.
func (h *house) awaitGone(t testing.TB) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); h.hub.Open() > 0; {
		if time.Now().After(end) {
			t.Fatal("a seat is left")
		}
		runtime.Gosched()
	}
}

// sit connects, says hello and takes the welcome.
func (h *house) sit(t *testing.T, token string, after int64) (*page, map[string]any) {
	t.Helper()
	p := h.open(t)
	p.write(fmt.Sprintf(`{"type":"hello","v":1,"token":%q,"after":%d}`, token, after))
	return p, p.want("welcome")
}

func (p *page) write(frame string) {
	p.t.Helper()
	if err := p.WriteMessage(websocket.TextMessage, []byte(frame)); err != nil {
		p.t.Fatal(err)
	}
}

// want reads the next frame, which must be of the type.
func (p *page) want(kind string) map[string]any {
	p.t.Helper()
	_, raw, err := p.ReadMessage()
	if err != nil {
		p.t.Fatalf("want %s: %v", kind, err)
	}
	if n := len(raw); n != 512 && n != 2048 && n != 8192 && n != 16384 {
		p.t.Errorf("%s has %d bytes", kind, n)
	}
	var f map[string]any
	if err := json.Unmarshal(raw, &f); err != nil {
		p.t.Fatal(err)
	}
	if f["type"] != kind {
		p.t.Fatalf("want %s, got %v", kind, f["type"])
	}
	delete(f, "pad")
	return f
}

// wantClose reads until the close, which must have the code.
func (p *page) wantClose(code int) {
	p.t.Helper()
	for {
		_, _, err := p.ReadMessage()
		if closed, ok := errors.AsType[*websocket.CloseError](err); ok {
			if closed.Code != code || strings.Contains(closed.Text, sentinel) {
				p.t.Errorf("closed with %d %s, want %d", closed.Code, closed.Text, code)
			}
			return
		}
		if err != nil {
			p.t.Fatalf("want close %d: %v", code, err)
		}
	}
}

func TestTalk(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := admitted(t, h.line, reqA)
	p, welcome := h.sit(t, a.Token, 0)
	if welcome["v"] != 1.0 || welcome["state"] != "waiting" || welcome["position"] == nil {
		t.Errorf("welcome: %v", welcome)
	}
	if f := p.want("position"); f["ahead"] != 0.0 {
		t.Errorf("position: %v", f)
	}
	for range 2 { // repeated: the same number
		p.write(`{"type":"say","cid":"` + cidA + `","text":"hei","pad":"0000"}`)
		if f := p.want("said"); f["cid"] != cidA || f["seq"] != 1.0 {
			t.Errorf("said: %v", f)
		}
	}
	p.write(`{"type":"got","seq":1}`)
	to := func(n helpline.Notice) {
		n.To, n.Version = "c:"+a.Contact, 1
		h.hub.Deliver(n)
	}
	to(helpline.Notice{Kind: helpline.NoticeJoined, Alias: "Aino"})
	if f := p.want("joined"); f["alias"] != "Aino" || f["role"] != "adviser" {
		t.Errorf("joined: %v", f)
	}
	to(helpline.Notice{Kind: helpline.NoticeTyping})
	p.want("typing")
	n := h.book.adviserSays(a.Contact, "päivää <b>")
	h.hub.Deliver(n)
	h.hub.Deliver(n) // once all the same
	if f := p.want("message"); f["text"] != "päivää <b>" || f["from"] != "adviser" || f["seq"] != 2.0 || f["at"] != "2001-09-09T01:46:40.000Z" {
		t.Errorf("message: %v", f)
	}
	to(helpline.Notice{Kind: helpline.NoticeAway})
	p.want("away")
	to(helpline.Notice{Kind: helpline.NoticeWaiting}) // away was told already
	h.book.set(func() { h.book.contacts[a.Contact].Ahead = 3 })
	awaitWaiting(t, h.hub)
	h.hub.positions(t.Context())
	if f := p.want("position"); f["ahead"] != 3.0 || f["low"] != nil {
		t.Errorf("position: %v", f)
	}
	h.hub.positions(t.Context()) // unchanged: not told
	to(helpline.Notice{Kind: helpline.NoticeEnded, Reason: "done"})
	if f := p.want("ended"); f["reason"] != "done" {
		t.Errorf("ended: %v", f)
	}
	p.wantClose(socket.CodeEnded)
	if got := <-h.book.downs; got != a.Contact {
		t.Error("another contact went down")
	}
}

func awaitWaiting(t *testing.T, h *Contacts) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); ; {
		if seats := h.all(); len(seats) == 1 && seats[0].waits() {
			return
		}
		if time.Now().After(end) {
			t.Fatal("nobody waits")
		}
		runtime.Gosched()
	}
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

func TestEndedToken(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := admitted(t, h.line, reqA)
	h.book.set(func() { h.book.contacts[a.Contact].State = helpline.Completed })
	p, welcome := h.sit(t, a.Token, 0)
	if welcome["state"] != "ended" {
		t.Errorf("welcome: %v", welcome)
	}
	p.want("ended")
	p.wantClose(socket.CodeEnded)
}

func TestSocketLeave(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := admitted(t, h.line, reqA)
	p, _ := h.sit(t, a.Token, 0)
	p.want("position")
	p.write(`{"type":"leave","kind":"cancel"}`)
	if f := p.want("ended"); f["reason"] != "cancel" {
		t.Errorf("ended: %v", f)
	}
	p.wantClose(socket.CodeEnded)
	h.book.set(func() {
		if h.book.contacts[a.Contact].State != helpline.Cancelled {
			t.Error("the contact is still there")
		}
	})
}

func TestHello(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := admitted(t, h.line, reqA)
	hello := `{"type":"hello","v":1,"token":"` + a.Token + `"`
	for name, c := range map[string]struct {
		frame string
		code  int
	}{
		"dead token":    {`{"type":"hello","v":1,"token":"` + sentinel + `","after":0}`, 4503},
		"other version": {`{"type":"hello","v":2,"token":"x"}`, 4400},
		"other frame":   {`{"type":"say","cid":"` + cidA + `","text":"x"}`, 4400},
		"unknown key":   {hello + `,"` + sentinel + `":1}`, 4400},
		"negative":      {hello + `,"after":-1}`, 4400},
		"no frame":      {`[]`, 1007},
		"no type":       {`{}`, 1007},
		"not UTF-8":     {"{\"type\":\"\xff\"}", 1007},
		"too big":       {hello + `,"pad":"` + strings.Repeat("x", maxBody) + `"}`, 1009},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := h.open(t)
			p.write(c.frame)
			p.wantClose(c.code)
		})
	}
}

func TestHelloIsLate(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(o *Options) { o.FirstFrame = 10 * time.Millisecond })
	h.open(t).wantClose(socket.CodeNoHello)
}

func TestFrames(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for i, c := range []struct {
		frame string
		code  int    // of the close; 0: the socket lives
		error string // the code in the error frame
	}{
		{`{"type":"hello","v":1,"token":"x"}`, 4400, "bad_hello"},
		{`{"type":"dance"}`, 1003, "unsupported_frame"},
		{`{"type":"say","cid":"` + cidA + `","text":"x","` + sentinel + `":1}`, 1007, "unknown_field"},
		{`{"type":"say","cid":"` + cidA + `","text":5}`, 1007, "wrong_type"},
		{`{"type":"got","seq":"x"}`, 1007, "wrong_type"},
		{`{"type":"leave","kind":"x"}`, 1007, "malformed"},
		{`{"type":"say","cid":"` + sentinel + `","text":"x"}`, 0, "invalid_value"},
		{`{"type":"say","cid":"` + cidA + `","text":""}`, 0, "invalid_value"},
		{`{"type":"say","cid":"` + cidA + `","text":"` + strings.Repeat("ä", 2001) + `"}`, 0, "invalid_value"},
	} {
		a := admitted(t, h.line, fmt.Sprintf("6f1ed002-ab55-41f1-9dbb-3c7c3b1a1%03d", i))
		p, _ := h.sit(t, a.Token, 0)
		p.want("position")
		p.write(c.frame)
		if f := p.want("error"); f["code"] != c.error || f["cid"] == sentinel {
			t.Errorf("%s: %v", c.frame, f)
		}
		if c.code != 0 {
			p.wantClose(c.code)
			continue
		}
		p.write(`{"type":"say","cid":"` + cidA + `","text":"` + strings.Repeat("😀", 2000) + `"}`)
		p.want("said")
	}
}

func TestQueueIsDown(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := admitted(t, h.line, reqA)
	p, _ := h.sit(t, a.Token, 0)
	p.want("position")
	h.book.set(func() { h.book.fail = helpline.ErrQueueUnavailable })
	p.write(`{"type":"say","cid":"` + cidA + `","text":"x"}`)
	if f := p.want("error"); f["code"] != "queue_unavailable" || f["retry"] != true || f["cid"] != cidA {
		t.Errorf("error: %v", f)
	}
	late := h.open(t)
	late.write(`{"type":"hello","v":1,"token":"` + a.Token + `"}`)
	late.want("error")
	late.want("reconnect")
	late.wantClose(socket.CodeNodeStops)
}

func TestOriginOfSocket(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, header := range []http.Header{nil, {"Origin": {"http://evil.example"}}, {"Origin": {"null"}}, {"Origin": {h.URL, h.URL}}} {
		ws, res, err := h.dial(header)
		if err == nil {
			_ = ws.Close()
			t.Fatalf("%v opens a socket", header)
		}
		if res.StatusCode != 403 {
			t.Errorf("%v: %d", header, res.StatusCode)
		}
	}
	if r := h.do(t, call{"GET", "/api/v1/contact/socket", "", map[string]string{"Origin": h.URL}}); r.status != 400 || r.field(t, "code") != "not_websocket" {
		t.Errorf("no upgrade: %d %s", r.status, r.body)
	}
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

func (s *seat) isOver() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.over
}

func TestFrameRate(t *testing.T) {
	t.Parallel()
	at := time.UnixMilli(1e12) // the clock stands: a bucket never fills
	h := newHouse(t, func(o *Options) { o.Now = func() time.Time { return at } })
	a := admitted(t, h.line, reqA)
	p, _ := h.sit(t, a.Token, 0)
	p.want("position")
	say := func() { p.write(`{"type":"say","cid":"` + cidA + `","text":"x"}`) }
	for range 40 {
		say()
		p.want("said")
	}
	for range maxStrikes {
		say()
		if f := p.want("error"); f["code"] != "too_many" || f["retry"] != true {
			t.Fatalf("error: %v", f)
		}
	}
	p.wantClose(socket.CodeTooSlow)
}

func TestSocketCaps(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(o *Options) { o.Limits.Sockets = 1 })
	a := admitted(t, h.line, reqA)
	p, _ := h.sit(t, a.Token, 0)
	_, res, err := h.dial(http.Header{"Origin": {h.URL}})
	if err == nil || res.StatusCode != 429 || res.Header.Get("Retry-After") == "" {
		t.Errorf("a second socket: %v", err)
	}
	_ = p.Close()
	<-h.book.downs
	h.awaitGone(t)
	for end := time.Now().Add(10 * time.Second); ; {
		ws, _, err := h.dial(http.Header{"Origin": {h.URL}})
		if err == nil {
			_ = ws.Close()
			break
		}
		if time.Now().After(end) {
			t.Fatal("the place is not given back")
		}
	}
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

// deaf is a wire whose page reads nothing.
type deaf struct{ code int }

func (d *deaf) Send([]byte) bool { return false }

func (d *deaf) Close(code int, _ string) {
	if d.code == 0 {
		d.code = code
	}
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
