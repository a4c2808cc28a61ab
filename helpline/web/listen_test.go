package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"adviceline/helpline"

	"github.com/gorilla/websocket"
)

// ears is who listens in on which chat, and the audit; steps are what it was asked, in order.
type ears struct {
	mu    sync.Mutex
	open  map[string]helpline.Listener // by contact
	steps []string
	away  error             // of the audit
	fail  error             // of the queue
	on    func(mark string) // runs while both are told
}

func (e *ears) note(step string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.steps = append(e.steps, step)
	return e.fail
}

func (e *ears) CanListen(_ context.Context, l helpline.Listener) error {
	if err := e.note("may"); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if other, taken := e.open[l.Contact]; taken && other.Socket != l.Socket {
		return helpline.ErrListened
	}
	return nil
}

func (e *ears) Listen(_ context.Context, l helpline.Listener) error {
	if err := e.note("told " + l.Alias); err != nil {
		return err
	}
	e.mu.Lock()
	e.open[l.Contact] = l
	on := e.on
	e.mu.Unlock()
	if on != nil {
		on(l.Socket)
	}
	return nil
}

func (e *ears) Unlisten(_ context.Context, contact, socket string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.open[contact].Socket != socket {
		return helpline.ErrNotFound
	}
	e.steps = append(e.steps, "over")
	delete(e.open, contact)
	return nil
}

func (e *ears) Audit(_ context.Context, d helpline.Deed) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.away == nil {
		e.steps = append(e.steps, d.Deed+" "+d.Adviser+" "+d.Contact)
	}
	return e.away
}

func (e *ears) Ping(context.Context) error { return nil }

func (e *ears) is(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; runtime.Gosched() {
		e.mu.Lock()
		done := ok()
		e.mu.Unlock()
		if done {
			return
		}
		if time.Now().After(end) {
			t.Fatal(what)
		}
	}
}

// listening is a house in which supervisors listen in.
func listening(t *testing.T, changes ...func(*Options)) (*house, *ears) {
	t.Helper()
	e := &ears{open: map[string]helpline.Listener{}}
	h := newHouse(t, append([]func(*Options){func(o *Options) {
		o.Listeners = NewListeners(&helpline.Listening{Line: o.Line, Queue: e, Audit: e}, o.Log)
	}}, changes...)...)
	return h, e
}

// ear is a supervisor's browser.
type ear struct {
	t *testing.T
	*websocket.Conn
}

func (h *house) ear(t *testing.T) *ear {
	t.Helper()
	ws, _, err := h.dialAt("/api/v1/board/listen", http.Header{"Origin": {h.URL}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ws.Close() })
	_ = ws.SetReadDeadline(time.Now().Add(20 * time.Second))
	return &ear{t, ws}
}

func (e *ear) write(frame string) {
	e.t.Helper()
	if err := e.WriteMessage(websocket.TextMessage, []byte(frame)); err != nil {
		e.t.Fatal(err)
	}
}

func (e *ear) hello(ticket, contact string) {
	e.t.Helper()
	frame := fmt.Sprintf(`{"type":"hello","v":1,"ticket":%q,"contact":%q}`, ticket, contact)
	if err := listenSocket.Takes([]byte(frame)); err != nil && contact == reqA {
		e.t.Errorf("asyncapi.json refuses a hello: %v", err)
	}
	e.write(frame)
}

func (e *ear) want(kind string) map[string]any {
	e.t.Helper()
	_, raw, err := e.ReadMessage()
	if err != nil {
		e.t.Fatalf("want %s: %v", kind, err)
	}
	if err := listenSocket.Told(raw); err != nil {
		e.t.Errorf("not as asyncapi.json has it: %v", err)
	}
	if len(raw) != 512 {
		e.t.Errorf("%s has %d bytes", kind, len(raw))
	}
	var f map[string]any
	if err := json.Unmarshal(raw, &f); err != nil || f["type"] != kind {
		e.t.Fatalf("want %s, got %v", kind, f)
	}
	if f["type"] == "error" {
		openAPI.Note(fmt.Sprint(f["code"]))
	}
	return f
}

func (e *ear) wantClose(code int) {
	e.t.Helper()
	for {
		_, _, err := e.ReadMessage()
		if closed, ok := errors.AsType[*websocket.CloseError](err); ok {
			if err := listenSocket.Closed(closed.Code, closed.Text); err != nil || closed.Code != code {
				e.t.Errorf("closed %d %q, want %d: %v", closed.Code, closed.Text, code, err)
			}
			return
		}
		if err != nil {
			e.t.Fatalf("want close %d: %v", code, err)
		}
	}
}

func heardNotice(contact, mark, text string, seq int64) helpline.Notice {
	return helpline.Notice{
		To: "l:" + contact, Kind: helpline.NoticeMessage, State: mark, Seq: seq, CID: cidA, From: helpline.FromContact, Sealed: "sealed:" + text, Key: "key", At: 1e12,
	}
}

// The audit is written, then both are told, then what is said comes, also what is said while they are being told; who
// listens cannot say anything; and the end is told once.
func TestListeningInIsNotedThenToldThenHeard(t *testing.T) {
	t.Parallel()
	h, e := listening(t)
	hub := h.web.listeners
	mark := ""
	e.on = func(m string) {
		mark = m
		hub.Deliver(heardNotice(reqA, m, "early", 1))
	}
	p := h.ear(t)
	p.hello("ticket of supervisor", reqA)
	p.want("listening")
	if f := p.want("message"); f["text"] != "early" || f["seq"] != 1.0 || f["from"] != "contact" {
		t.Errorf("%v", f)
	}
	if want := []string{"may", "listened " + reqB + " " + reqA, "told Saara"}; !slices.Equal(e.steps, want) {
		t.Errorf("steps %v, want %v", e.steps, want)
	}
	for _, n := range []helpline.Notice{heardNotice(reqA, "another", "x", 2), heardNotice(reqB, mark, "x", 2), {To: "a:" + reqB, Kind: helpline.NoticeDuty}, heardNotice(reqA, mark, "hei", 3)} {
		hub.Deliver(n)
	}
	if f := p.want("message"); f["text"] != "hei" {
		t.Errorf("%v", f)
	}
	p.write(`{"type":"say","contact":"` + reqA + `","cid":"` + cidA + `","text":"` + sentinel + `"}`)
	if f := p.want("error"); f["code"] != "forbidden" {
		t.Errorf("%v", f)
	}
	hub.Deliver(heardNotice(reqA, mark, "still", 4))
	p.want("message")
	hub.Deliver(helpline.Notice{To: "l:" + reqA, Kind: helpline.NoticeEnded, State: mark})
	p.want("ended")
	p.wantClose(1000)
	e.is(t, "its end is not told", func() bool { return slices.Equal(e.steps[3:], []string{"over"}) })
	if h.log.String() != "" {
		t.Errorf("logged: %s", h.log.String())
	}
}

// Whoever may not listen in is told why, and nobody else is told anything; so it is while the audit cannot be written.
func TestNobodyListensInUnnoted(t *testing.T) {
	t.Parallel()
	h, e := listening(t)
	for _, c := range []struct {
		ticket, contact, code string
		close                 int
		before                func()
	}{
		{"ticket of adviser", reqA, "forbidden", 4505, nil},
		{"spent", reqA, "signed_out", 4504, nil},
		{"ticket of supervisor", "no id", "not_found", 4503, nil},
		{"ticket of supervisor", reqA, "busy", 1001, func() { e.away = errors.New(sentinel) }},
		{"ticket of supervisor", reqA, "not_found", 4503, func() { e.away, e.fail = nil, helpline.ErrNotFound }},
		{"ticket of supervisor", reqA, "queue_unavailable", 1001, func() { e.fail = helpline.ErrQueueUnavailable }},
		{"ticket of supervisor", reqA, "listened", 4503, func() { e.fail, e.open[reqA] = nil, helpline.Listener{Socket: "another"} }},
	} {
		e.mu.Lock()
		if c.before != nil {
			c.before()
		}
		e.mu.Unlock()
		p := h.ear(t)
		p.hello(c.ticket, c.contact)
		if f := p.want("error"); f["code"] != c.code {
			t.Errorf("%s: %v", c.code, f)
		}
		p.wantClose(c.close)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if slices.ContainsFunc(e.steps, func(s string) bool { return s != "may" }) || strings.Contains(h.log.String(), sentinel) {
		t.Errorf("steps %v", e.steps)
	}
}

// Nobody listens in without a name that both sides can be told.
func TestNobodyListensInUnnamed(t *testing.T) {
	t.Parallel()
	e := &ears{}
	s := &helpline.Listening{Queue: e, Audit: e}
	if err := s.Begin(t.Context(), helpline.Listener{Contact: reqA, Supervisor: reqB, Socket: "s"}); !errors.Is(err, helpline.ErrForbidden) || len(e.steps) > 0 {
		t.Errorf("%v, %v", err, e.steps)
	}
}

// Every way in which such a socket closes ends the listening, and is documented.
func TestEveryEndOfListeningIsTold(t *testing.T) {
	t.Parallel()
	hello := `{"type":"hello","v":1,"ticket":"ticket of supervisor","contact":"` + reqA + `"`
	for name, c := range map[string]struct {
		code int
		do   func(h *house, p *ear, mark string)
	}{
		"signed out": {4504, func(h *house, _ *ear, _ string) {
			h.web.listeners.Deliver(helpline.Notice{To: "a:" + reqA, Kind: helpline.NoticeSignOut})
			h.web.listeners.Deliver(helpline.Notice{To: "a:" + reqB, Kind: helpline.NoticeSignOut})
		}},
		"notices may be missed": {1001, func(h *house, _ *ear, _ string) { h.web.listeners.Cut() }},
		"binary":                {1003, func(_ *house, p *ear, _ string) { _ = p.WriteMessage(websocket.BinaryMessage, []byte("x")) }},
		"not text":              {1007, func(_ *house, p *ear, _ string) { _ = p.WriteMessage(websocket.TextMessage, []byte("\xff")) }},
		"too big":               {1009, func(_ *house, p *ear, _ string) { p.write(strings.Repeat("x", maxBody+1)) }},
		"dead":                  {4409, func(_ *house, p *ear, _ string) { p.SetPingHandler(func(string) error { return nil }) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, e := listening(t, func(o *Options) {
				if name == "dead" {
					o.PingEvery, o.DeadAfter = 50*time.Millisecond, 200*time.Millisecond
				}
			})
			p := h.ear(t)
			p.write(hello + `}`)
			p.want("listening")
			c.do(h, p, e.open[reqA].Socket)
			p.wantClose(c.code)
			e.is(t, "its end is not told", func() bool { return slices.Contains(e.steps, "over") })
		})
	}
	h, e := listening(t)
	for _, frame := range []string{`{"type":"say"}`, hello + `,"x":1}`, hello + `,"v":1}`} {
		p := h.ear(t)
		p.write(frame)
		p.want("error")
		p.wantClose(4400)
	}
	p := h.ear(t)
	p.write(strings.Replace(hello, `"v":1`, `"v":99`, 1) + `}`)
	if f := p.want("error"); f["code"] != "unsupported_version" {
		t.Errorf("%v", f)
	}
	e.on = func(mark string) {
		for i := range maxInbox + 1 {
			h.web.listeners.Deliver(heardNotice(reqA, mark, "x", int64(i+1)))
		}
	}
	p = h.ear(t)
	p.write(hello + `}`)
	p.wantClose(4408)
}

// A house without listeners, foreign pages, and what is no upgrade.
func TestListeningInNeedsItsHouse(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	if _, res, err := h.dialAt("/api/v1/board/listen", http.Header{"Origin": {h.URL}}); err == nil || res.StatusCode != 503 {
		t.Errorf("a house without: %v", err)
	}
	h, _ = listening(t, func(o *Options) { o.Limits.Upgrade = Rate{Burst: 2, Every: time.Hour} })
	if _, res, err := h.dialAt("/api/v1/board/listen", http.Header{"Origin": {"http://elsewhere"}}); err == nil || res.StatusCode != 403 {
		t.Errorf("a foreign page: %v", err)
	}
	if r := h.do(t, call{"GET", "/api/v1/board/listen", "", map[string]string{"Origin": h.URL}}); r.status != 400 || r.field(t, "code") != "not_websocket" {
		t.Errorf("no upgrade: %d %s", r.status, r.body)
	}
	for _, want := range []int{400, 429} {
		if r := h.do(t, call{"GET", "/api/v1/board/listen", "", map[string]string{"Origin": h.URL}}); r.status != want {
			t.Errorf("%d, want %d", r.status, want)
		}
	}
	if r := h.as(t, "supervisor", "POST", "/api/v1/board/ticket", ""); r.status != 200 || r.field(t, "ticket") == "" {
		t.Errorf("ticket: %d %s", r.status, r.body)
	}
	if r := h.as(t, "adviser", "POST", "/api/v1/board/ticket", ""); r.status != 403 {
		t.Errorf("an adviser's ticket: %d", r.status)
	}
	h.door.mu.Lock()
	h.door.fail = helpline.ErrBusy
	h.door.mu.Unlock()
	if r := h.do(t, call{"POST", "/api/v1/board/ticket", "", map[string]string{"Cookie": "adviceline=session-of-supervisor", "Origin": h.URL}}); r.status != 503 {
		t.Errorf("without stores: %d", r.status)
	}
}

// The contact's page is told who listens in, whether it was there, missed it, or comes back; and when it is over.
func TestPageIsToldWhoListensIn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := admitted(t, h.line, reqA)
	set := func(listener string) {
		h.book.set(func() {
			v := &h.book.contacts[a.Contact].View
			v.State, v.Alias, v.Listener = helpline.Active, "Aino", listener
		})
	}
	set("Saara")
	p, welcome := h.sit(t, a.Token, 0)
	if welcome["listener"] != "Saara" {
		t.Errorf("welcome: %v", welcome)
	}
	supervisor := func(alias string) map[string]any { return map[string]any{"alias": alias, "role": "supervisor"} }
	h.tell(a.Contact, helpline.Notice{Kind: helpline.NoticeListener, State: "joined", Alias: "Saara"}) // known
	h.tell(a.Contact, helpline.Notice{Kind: helpline.NoticeListener, State: "left", Alias: "Saara"})
	p.wantWith("left", supervisor("Saara"))
	h.tell(a.Contact, helpline.Notice{Kind: helpline.NoticeListener, State: "joined", Alias: "Sanna"})
	p.wantWith("joined", supervisor("Sanna"))
	set("Saara")
	h.hub.Refresh() // the end of one and the begin of another were missed
	p.wantWith("left", supervisor("Sanna"))
	p.wantWith("joined", supervisor("Saara"))
	if r := h.do(t, call{"GET", "/api/v1/contact", "", map[string]string{"Authorization": "Bearer " + a.Token}}); r.field(t, "listener") != "Saara" {
		t.Errorf("look: %s", r.body)
	}
}
