package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"
	"github.com/jackc/pgx/v5"
)

type object = map[string]any

// end is one end of a socket: a console or a contact's page. Frames that a test does not ask for stay in order.
type end struct {
	*pagedLine
	conn   *websocket.Conn
	frames chan object
	dead   atomic.Bool // answers no ping any more, and closes nothing
	kept   []object
}

// connect opens a socket and says hello.
func (p *pagedLine) connect(path string, hello object) *end {
	p.Helper()
	conn, res, err := websocket.DefaultDialer.DialContext(p.Context(), "ws://"+p.addr+path, http.Header{"Origin": {"http://" + p.addr}})
	if err != nil {
		p.Fatal("open socket:", err)
	}
	_ = res.Body.Close()
	p.Cleanup(func() { _ = conn.Close() })
	e := &end{pagedLine: p, conn: conn, frames: make(chan object, 1000)}
	conn.SetPingHandler(func(data string) error {
		if e.dead.Load() {
			return nil
		}
		return conn.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(time.Second))
	})
	go func() {
		defer close(e.frames)
		for {
			var f object
			if conn.ReadJSON(&f) != nil {
				return
			}
			e.frames <- f
		}
	}()
	hello["type"], hello["v"] = "hello", 1
	e.send(hello)
	return e
}

// ticket signs somebody in anew and gives what opens one console.
func (p *pagedLine) ticket(name string) string {
	p.Helper()
	body, _ := json.Marshal(object{"name": name, "password": goodPassword})
	res := p.post("/api/v1/session", body, nil)
	if res.StatusCode != http.StatusNoContent {
		p.Fatalf("sign-in of %s: %d", name, res.StatusCode)
	}
	ticket := struct{ Ticket string }{}
	if err := json.NewDecoder(p.post("/api/v1/console/ticket", nil, res.Cookies()).Body).Decode(&ticket); err != nil {
		p.Fatal(err)
	}
	return ticket.Ticket
}

// console signs somebody in anew and opens their console; nobody has heard it yet.
func (p *pagedLine) console(name string) (*end, object) {
	p.Helper()
	e := p.connect("/api/v1/console/socket", object{"ticket": p.ticket(name)})
	return e, e.want("welcome")
}

func (p *pagedLine) post(path string, body []byte, cookies []*http.Cookie) *http.Response {
	p.Helper()
	req, err := http.NewRequestWithContext(p.Context(), http.MethodPost, "http://"+p.addr+path, bytes.NewReader(body))
	if err != nil {
		p.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", "http://"+p.addr)
	for _, c := range cookies {
		req.AddCookie(c)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		p.Fatal(err)
	}
	p.Cleanup(func() { _ = res.Body.Close() })
	return res
}

// ready is a click and the wish.
func (e *end) ready() {
	e.Helper()
	e.ask(object{"type": "audible"}, "duty")
	if d := e.ask(object{"type": "duty", "state": "ready"}, "duty"); d["state"] != "ready" {
		e.Fatalf("duty %v", d)
	}
}

func (e *end) send(f object) {
	if err := e.conn.WriteJSON(f); err != nil {
		e.Fatal("send:", err)
	}
}

// ask sends a frame and gives its answer, which is of that type.
func (e *end) ask(f object, kind string) object {
	e.Helper()
	ref := uuid.NewString()
	f["ref"] = ref
	e.send(f)
	a := e.find(kind, func(a object) bool { return a["ref"] == ref })
	if a["type"] != kind {
		e.Fatalf("%v is answered %v", f, a)
	}
	return a
}

// want gives the next frame of a kind that answers nothing, among those that were kept first.
func (e *end) want(kind string) object {
	e.Helper()
	return e.find(kind, func(f object) bool { return f["type"] == kind && f["ref"] == nil })
}

func (e *end) find(what string, is func(object) bool) object {
	e.Helper()
	for i, f := range e.kept {
		if is(f) {
			e.kept = append(e.kept[:i:i], e.kept[i+1:]...)
			return f
		}
	}
	for late := time.After(40 * time.Second); ; {
		select {
		case f, open := <-e.frames:
			if !open {
				e.Fatalf("waited for %s: the socket is closed, kept %v", what, e.kept)
			}
			if is(f) {
				return f
			}
			e.kept = append(e.kept, f)
		case <-late:
			e.Fatalf("waited in vain for %s, kept %v", what, e.kept)
		}
	}
}

// T1: the only adviser misses three offers. They are offered on, paged once per step; the person is told.
func TestOneAdviserMissesThreeOffers(t *testing.T) {
	t.Parallel()
	p := newPagedLine(t, 0, vevent("aino", "DUTY", -time.Hour, 20*time.Hour), vevent("veli", "ON-CALL-1", -time.Hour, 20*time.Hour))
	aino, _ := p.console("aino")
	aino.ready()
	token := p.intake()
	var pages []hook
	for miss := 1; miss <= 3; miss++ {
		o := aino.want("offer")
		p.move(30*time.Second + time.Millisecond)
		if r := aino.want("revoked"); r["offer"] != o["offer"] || r["reason"] != "timed_out" {
			t.Fatalf("miss %d: %v", miss, r)
		}
		if miss != 2 { // at 30 s and, two minutes later, at 150 s
			pages = append(pages, p.page())
		}
		p.quiet()
		if !p.waking(token) {
			t.Errorf("miss %d: the person is not told", miss)
		}
		p.move(30 * time.Second)
		p.quiet()
	}
	aino.want("offer") // the fourth
	if d := aino.ask(object{"type": "audible"}, "duty"); d["state"] != "ready" {
		t.Errorf("misses paused the last one: %v", d)
	}
	for i, h := range pages {
		if h.Data.Step != i+1 || h.Data.Cause != "missed" {
			t.Errorf("page %d: %s", i+1, h.Body)
		}
	}
}

// T2: the telephone rings during an offer. No miss, a call with its clock; the next arrival pages.
func TestOnThePhoneDuringAnOffer(t *testing.T) {
	t.Parallel()
	p := newPagedLine(t, 0, vevent("aino", "DUTY", -time.Hour, 20*time.Hour), vevent("veli", "ON-CALL-1", -time.Hour, 20*time.Hour))
	aino, _ := p.console("aino")
	aino.ready()
	first := p.intake()
	o := aino.want("offer")
	if d := aino.ask(object{"type": "duty", "state": "on_phone"}, "duty"); d["state"] != "on_phone" || d["until"] != nil {
		t.Errorf("duty %v", d)
	}
	if r := aino.want("revoked"); r["offer"] != o["offer"] || r["reason"] != "on_phone" {
		t.Errorf("revoked %v", r)
	}
	call := aino.want("external")
	if call["channel"] != "phone" || call["state"] != "open" {
		t.Errorf("call %v", call)
	}
	if _, body := p.send(http.MethodGet, "http://"+p.addr+"/api/v1/contact", "", first); !strings.Contains(body, `"state":"waiting"`) {
		t.Errorf("the contact is %s", body)
	}
	p.post("/api/v1/contact/leave", []byte(`{"token":"`+first+`","kind":"cancel"}`), nil)
	for range 20 { // a call at night wakes nobody for an empty queue
		p.move(15 * time.Second)
		p.quiet()
	}
	next := p.intake()
	p.move(59 * time.Second)
	p.quiet()
	p.move(time.Second)
	if h := p.page(); h.Data.Cause != "unserved" || h.Data.Step != 1 || h.Data.Waited != 60 {
		t.Errorf("page %s", h.Body)
	}
	if !p.waking(next) {
		t.Error("the person is not told")
	}
	p.quiet()
	form := object{"outcome": []string{"advice_given"}, "topic": "make_proposal"}
	aino.ask(object{"type": "outcome", "contact": call["contact"], "outcome": form}, "recorded")
	aino.ask(object{"type": "duty", "state": "ready"}, "duty")
	aino.want("offer")
	p.until("the ledger has the call, its form and no miss", func() bool {
		return p.kinds("phone") == "ended:1 external:1 recorded:1" && p.kinds("chat") == "enqueued:2 left:1 offered:2 revoked:1"
	})
}

// kinds counts the events of a channel's contacts, as Postgres has them.
func (p *pagedLine) kinds(channel string) string {
	return p.scalar(`SELECT coalesce(string_agg(kind || ':' || n, ' ' ORDER BY kind), '') FROM (SELECT e.kind, count(*) AS n
		FROM event AS e JOIN contact AS c USING (line, contact) WHERE line = $1 AND c.channel = '` + channel + `' GROUP BY e.kind) AS k`)
}

func (p *pagedLine) scalar(query string) (text string) {
	conn, err := pgx.Connect(p.Context(), p.services.DatabaseURL())
	if err != nil {
		return err.Error()
	}
	defer func() { _ = conn.Close(p.Context()) }()
	if err := conn.QueryRow(p.Context(), query, p.value("LINE")).Scan(&text); err != nil {
		return err.Error()
	}
	return text
}

// T3: the console is loaded anew and nobody clicks: not ready, and paged within three minutes, with an empty queue.
func TestAReloadedConsoleIsNotReady(t *testing.T) {
	t.Parallel()
	p := newPagedLine(t, 0, vevent("aino", "DUTY", -time.Hour, 20*time.Hour))
	aino, _ := p.console("aino")
	aino.ready()
	for range 20 {
		p.move(15 * time.Second)
		p.quiet()
	}
	anew, w := p.console("aino")
	if w["duty"] != "paused" {
		t.Errorf("welcome says %v", w["duty"])
	}
	if d := anew.want("duty"); d["state"] != "paused" || d["audible"] != false {
		t.Errorf("duty %v", d)
	}
	for range 12 {
		p.move(15 * time.Second)
	}
	if h := p.page(); h.Data.Cause != "unmanned" || h.Data.Waited > 195 {
		t.Errorf("page %s", h.Body)
	}
	if d := anew.ask(object{"type": "audible"}, "duty"); d["state"] != "ready" || d["audible"] != true {
		t.Errorf("after a click: %v", d)
	}
	p.move(10 * time.Minute)
	p.quiet()
}

// T6: the adviser's browser dies at night. The person is told, the next adviser sees text and draft, there is one
// outcome, and the form that nobody wrote that night is finished by a colleague ten hours later.
func TestTheAdvisersBrowserDiesAtNight(t *testing.T) {
	t.Parallel()
	p := newPagedLine(t, 0, vevent("aino", "DUTY", -time.Hour, 20*time.Hour))
	if status, _, errs := p.run(goodPassword, "adviser", "add", "paivi", "--languages", "fi", "--password-stdin"); status != 0 {
		t.Fatal(errs)
	}
	aino, _ := p.console("aino")
	aino.ready()
	person := p.connect("/api/v1/contact/socket", object{"token": p.intake(), "after": 0})
	person.want("welcome")
	offer := aino.want("offer")
	contact := aino.ask(object{"type": "accept", "offer": offer["offer"]}, "opened")["contact"]
	person.want("joined")
	person.send(object{"type": "say", "cid": uuid.NewString(), "text": "He vievät passini."})
	aino.want("message")
	aino.ask(object{"type": "say", "contact": contact, "cid": uuid.NewString(), "text": "Olen tässä."}, "said")
	form := object{"topic": "make_proposal", "outcome": []string{}}
	aino.ask(object{"type": "draft", "contact": contact, "version": 1, "outcome": form}, "drafted")
	veli, _ := p.console("veli")
	veli.ready()
	aino.dead.Store(true)
	if a := person.want("away"); a["who"] != "adviser" {
		t.Errorf("told %v", a)
	}
	p.move(time.Minute)
	next := veli.want("offer")
	if next["contact"] != contact || next["lane"] != "continuation" {
		t.Fatalf("offered %v", next)
	}
	opened := veli.ask(object{"type": "accept", "offer": next["offer"]}, "opened")
	said, _ := json.Marshal(opened["history"])
	draft, _ := opened["draft"].(object)
	if !strings.Contains(string(said), "He vievät passini.") || !strings.Contains(string(said), "Olen tässä.") || draft["topic"] != "make_proposal" {
		t.Errorf("history %s, draft %v", said, draft)
	}
	person.want("joined")
	veli.ask(object{"type": "end", "contact": contact, "reason": "done"}, "ended")
	p.move(5 * time.Minute)
	veli.find("a free slot", func(f object) bool {
		return f["type"] == "duty" && f["ref"] == nil && f["used"] == 0.0 && f["state"] == "ready"
	})
	whole := object{"topic": "make_proposal", "outcome": []string{"advice_given"}}
	late, _ := p.console("aino")
	late.ready()
	if e := late.ask(object{"type": "outcome", "contact": contact, "outcome": whole}, "error"); e["code"] != "not_found" {
		t.Errorf("who lost the leg records it: %v", e)
	}
	veli.ask(object{"type": "duty", "state": "off", "confirm": true}, "duty")
	p.move(10 * time.Hour)
	paivi, w := p.console("paivi")
	owed, _ := w["owed"].([]any)
	if len(owed) != 1 || owed[0].(object)["contact"] != contact || owed[0].(object)["draft"].(object)["topic"] != "make_proposal" {
		t.Fatalf("owed %v", owed)
	}
	paivi.ask(object{"type": "outcome", "contact": contact, "outcome": whole}, "recorded")
	p.until("the ledger has one outcome", func() bool {
		return p.scalar(`SELECT count(*) FILTER (WHERE kind = 'recorded') || ' ' || count(*) FILTER (WHERE kind = 'not_recorded') FROM event WHERE line = $1`) == "1 0"
	})
}
