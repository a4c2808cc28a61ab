package web

import (
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
	odd error // why the document does not let the last frame be sent
}

func (h *house) dial(header http.Header) (*websocket.Conn, *http.Response, error) {
	return h.dialAt("/api/v1/contact/socket", header)
}

func (h *house) dialAt(path string, header http.Header) (*websocket.Conn, *http.Response, error) {
	ws, res, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(h.URL, "http")+path, header)
	if res != nil {
		h.shaken(path, res)
	}
	return ws, res, err
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
	return &page{t: t, Conn: ws}
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
	p.odd = contactSocket.Takes([]byte(frame))
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
	p.told(kind, raw)
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

// wantWith is want, and the frame must have these members.
func (p *page) wantWith(kind string, members map[string]any) {
	p.t.Helper()
	f := p.want(kind)
	for k, v := range members {
		if f[k] != v {
			p.t.Errorf("%s has %s %v, want %v", kind, k, f[k], v)
		}
	}
}

// wantClose reads until the close, which must have the code.
func (p *page) wantClose(code int) {
	p.t.Helper()
	for {
		_, raw, err := p.ReadMessage()
		if err == nil {
			p.told("", raw)
		}
		if closed, ok := errors.AsType[*websocket.CloseError](err); ok {
			if closed.Code != code || strings.Contains(closed.Text, sentinel) {
				p.t.Errorf("closed with %d %s, want %d", closed.Code, closed.Text, code)
			}
			p.ended(closed)
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
	p.wantWith("position", map[string]any{"ahead": 0.0, "low": nil, "high": nil})
	for range 2 { // repeated: the same number and instant
		p.write(`{"type":"say","cid":"` + cidA + `","text":"hei","pad":"0000"}`)
		p.wantWith("said", map[string]any{"cid": cidA, "seq": 1.0, "at": "2001-09-09T01:46:40.000Z"})
	}
	p.write(`{"type":"got","seq":1}`)
	h.tell(a.Contact, helpline.Notice{Kind: helpline.NoticeJoined, Alias: "Aino"})
	p.wantWith("joined", map[string]any{"alias": "Aino", "role": "adviser"})
	h.tell(a.Contact, helpline.Notice{Kind: helpline.NoticeTyping})
	p.want("typing")
	n := h.book.adviserSays(a.Contact, "päivää <b>")
	h.hub.Deliver(n)
	h.hub.Deliver(n) // once all the same
	p.wantWith("message", map[string]any{
		"seq": 2.0, "cid": "adviser", "from": "adviser", "text": "päivää <b>", "at": "2001-09-09T01:46:40.000Z",
	})
	h.tell(a.Contact, helpline.Notice{Kind: helpline.NoticeEnded, Reason: "done"})
	p.wantWith("ended", map[string]any{"reason": "done"})
	p.wantClose(socket.CodeEnded)
	if got := <-h.book.downs; got != a.Contact {
		t.Error("another contact went down")
	}
}

// tell gives the hub a notice for the first version of a contact.
func (h *house) tell(contact string, n helpline.Notice) {
	n.To, n.Version = "c:"+contact, 1
	h.hub.Deliver(n)
}

func TestAdviserIsLost(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := admitted(t, h.line, reqA)
	p, _ := h.sit(t, a.Token, 0)
	p.want("position")
	h.tell(a.Contact, helpline.Notice{Kind: helpline.NoticeJoined, Alias: "Aino"})
	p.want("joined")
	h.hub.positions(t.Context()) // served: no place
	h.tell(a.Contact, helpline.Notice{Kind: helpline.NoticeAway})
	p.wantWith("away", map[string]any{"who": "adviser"})
	h.tell(a.Contact, helpline.Notice{Kind: helpline.NoticeWaiting}) // away was told already
	h.book.set(func() { h.book.contacts[a.Contact].Place.Ahead = 3 })
	awaitWaiting(t, h.hub)
	for range 2 { // unchanged: told once
		h.hub.positions(t.Context())
	}
	p.wantWith("position", map[string]any{"ahead": 3.0})
	h.tell(a.Contact, helpline.Notice{Kind: helpline.NoticeJoined, Alias: "Bo"})
	p.wantWith("joined", map[string]any{"alias": "Bo"})
	h.tell(a.Contact, helpline.Notice{Kind: helpline.NoticeWaiting}) // without a word before
	p.want("away")
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
		"dead token":  {`{"type":"hello","v":1,"token":"` + sentinel + `","after":0}`, 4503},
		"other frame": {`{"type":"say","cid":"` + cidA + `","text":"x"}`, 4400},
		"unknown key": {hello + `,"` + sentinel + `":1}`, 4400},
		"negative":    {hello + `,"after":-1}`, 4400},
		"no frame":    {`[]`, 1007},
		"no type":     {`{}`, 1007},
		"not UTF-8":   {"{\"type\":\"\xff\"}", 1007},
		"too big":     {hello + `,"pad":"` + strings.Repeat("x", maxBody) + `"}`, 1009},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := h.open(t)
			p.write(c.frame)
			p.wantClose(c.code)
		})
	}
}

// A node serves the versions of socket.Serves; a page of any other is told so and may find another node.
func TestHelloOfAnotherVersion(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := admitted(t, h.line, reqA)
	for _, v := range []int{0, socket.Version + 1} {
		p := h.open(t)
		p.write(fmt.Sprintf(`{"type":"hello","v":%d,"token":%q}`, v, a.Token))
		if f := p.want("error"); f["code"] != "unsupported_version" || f["retry"] != false {
			t.Errorf("version %d: %v", v, f)
		}
		p.wantClose(socket.CodeNoHello)
	}
	if _, w := h.sit(t, a.Token, 0); w["v"] != float64(socket.Version) {
		t.Errorf("welcome names version %v", w["v"])
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

// deaf is a wire whose page reads nothing.
type deaf struct{ code int }

func (d *deaf) Send([]byte) bool { return false }

func (d *deaf) Feed([][]byte) {}

func (d *deaf) Close(code int, _ string) {
	if d.code == 0 {
		d.code = code
	}
}
