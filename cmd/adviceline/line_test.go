package main

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"
	"github.com/redis/go-redis/v9"

	"adviceline/helpline/codes"
)

type told = map[string]any

// sock is a console's or a contact's socket. It reads all the time, so that pings are answered; what a test
// does not ask for is kept in order.
type sock struct {
	*pagedLine
	conn  *websocket.Conn
	heard chan told
	kept  []told
}

func (p *pagedLine) sock(path string, hello told) *sock {
	p.Helper()
	conn, res, err := websocket.DefaultDialer.DialContext(p.Context(), "ws://"+p.addr+path, http.Header{"Origin": {"http://" + p.addr}})
	if err != nil {
		p.Fatal(err)
	}
	_ = res.Body.Close()
	s := &sock{pagedLine: p, conn: conn, heard: make(chan told, 4096)}
	over := make(chan struct{})
	go func() {
		defer close(over)
		defer close(s.heard)
		for {
			var f told
			if conn.ReadJSON(&f) != nil {
				return
			}
			s.heard <- f
		}
	}()
	p.Cleanup(func() {
		_ = conn.Close()
		<-over
	})
	hello["type"], hello["v"] = "hello", 1
	s.tell(hello)
	s.hear("welcome")
	return s
}

// desk signs somebody in, opens their console and is ready.
func (p *pagedLine) desk(name string) *sock {
	p.Helper()
	s := p.sock("/api/v1/console/socket", told{"ticket": p.ticket(name)})
	s.ask(told{"type": "audible"}, "duty")
	s.ask(told{"type": "duty", "state": "ready"}, "duty")
	return s
}

func (s *sock) tell(f told) {
	s.Helper()
	if err := s.conn.WriteJSON(f); err != nil {
		s.Fatal(err)
	}
}

// hear gives the first frame of a type, read or still to come.
func (s *sock) hear(kind string, with ...any) told {
	s.Helper()
	fits := func(f told) bool {
		for i := 0; i+1 < len(with); i += 2 {
			if f[with[i].(string)] != with[i+1] {
				return false
			}
		}
		return f["type"] == kind
	}
	if i := slices.IndexFunc(s.kept, fits); i >= 0 {
		f := s.kept[i]
		s.kept = slices.Delete(s.kept, i, i+1)
		return f
	}
	patience := time.NewTimer(30 * time.Second)
	defer patience.Stop()
	for {
		var f told
		select {
		case f = <-s.heard:
		case <-patience.C:
		}
		if f == nil {
			s.Fatalf("no %s %v; heard %v", kind, with, s.kept)
		}
		if fits(f) {
			return f
		}
		s.kept = append(s.kept, f)
	}
}

// ask sends a frame and gives its answer.
func (s *sock) ask(f told, want string) told {
	s.Helper()
	ref := uuid.NewString()
	f["ref"] = ref
	s.tell(f)
	return s.hear(want, "ref", ref)
}

// take accepts the next offer.
func (s *sock) take() told {
	s.Helper()
	o := s.hear("offer")
	return s.ask(told{"type": "accept", "offer": o["offer"]}, "opened")
}

func (s *sock) record(contact any) {
	s.Helper()
	s.ask(told{"type": "outcome", "contact": contact, "outcome": told{"outcome": []string{"advice_given"}}}, "recorded")
}

// come lets a contact enter, with members of the request added or replaced.
func (p *pagedLine) come(more told) (token string) {
	p.Helper()
	m := told{"request_id": uuid.NewString(), "channel": "chat", "page_language": "fi", "talk_language": "fi", "asks": "help"}
	for k, v := range more {
		m[k] = v
	}
	body, _ := json.Marshal(m)
	status, answer := p.send(http.MethodPost, "http://"+p.addr+"/api/v1/contacts", string(body), "")
	var a struct{ Token string }
	if status != http.StatusCreated || json.Unmarshal([]byte(answer), &a) != nil {
		p.Fatalf("intake: %d %s", status, answer)
	}
	return a.Token
}

// between gives a window of the frozen clock.
func (p *pagedLine) between(from, to time.Duration) told {
	at := func(d time.Duration) string { return p.now.Add(d).UTC().Format("2006-01-02T15:04:05.000Z") }
	return told{"from": at(from), "to": at(to)}
}

// leap moves the clock and the leases of the nodes in one step, so that no heartbeat comes between.
func (p *pagedLine) leap(d time.Duration) {
	p.Helper()
	p.now = p.now.Add(d)
	ms := p.now.UnixMilli()
	members := p.redis.ZRange(p.Context(), p.key(":timers"), 0, -1).Val()
	_, err := p.redis.TxPipelined(p.Context(), func(tx redis.Pipeliner) error {
		for _, m := range members {
			if strings.HasPrefix(m, "node|") {
				tx.ZAdd(p.Context(), p.key(":timers"), redis.Z{Member: m, Score: float64(ms + 60_000)})
			}
		}
		return tx.HSet(p.Context(), p.key(":meta"), "clock", ms).Err()
	})
	if err != nil {
		p.Fatal(err)
	}
}

// pace moves the clock on in steps of at most five minutes, as sweeps would see it.
func (p *pagedLine) pace(d time.Duration) {
	p.Helper()
	const step = 5 * time.Minute
	for ; d > 0; d -= step {
		p.hop(min(d, step))
	}
}

// hop moves the clock on in one step and waits until what is due by then is done.
func (p *pagedLine) hop(d time.Duration) {
	p.Helper()
	p.leap(d)
	p.until("the sweep", func() bool {
		n, err := p.redis.ZCount(p.Context(), p.key(":timers"), "-inf", strconv.FormatInt(p.now.UnixMilli(), 10)).Result()
		return err == nil && n == 0
	})
}

// T5: two long chats, one adviser, a window of 60 min. The on-call is paged 20 min before it closes; it closes
// untried and is not the end: the call is made in the next one.
func TestTwoLongChatsAndACallback(t *testing.T) {
	t.Parallel()
	p := newPagedLine(t, 0, vevent("aino", "DUTY", -time.Hour, 20*time.Hour), vevent("veli", "ON-CALL-1", -time.Hour, 20*time.Hour))
	aino := p.desk("aino")
	var chats []any
	for range 2 {
		p.sock("/api/v1/contact/socket", told{"token": p.come(nil)})
		chats = append(chats, aino.take()["contact"])
	}
	p.come(told{"channel": "callback", "callback": told{
		"number": mobile, "code_word": "library", "windows": []told{p.between(time.Hour, 2*time.Hour), p.between(3*time.Hour, 4*time.Hour)},
	}})
	p.pace(100 * time.Minute)
	if h := p.page(); h.Data.Cause != "window" || h.Data.Waited != 40*60 {
		t.Errorf("page: %s", h.Body)
	}
	aino.hear("callback", "state", "at_risk")
	p.pace(20 * time.Minute)
	aino.hear("callback", "state", "missed")
	for _, c := range chats {
		aino.record(c)
	}
	p.pace(60 * time.Minute)
	call := aino.take()
	if call["channel"] != "callback" {
		t.Fatalf("opened %v", call)
	}
	if n := aino.ask(told{"type": "reveal", "contact": call["contact"]}, "number"); n["number"] != mobile || n["code_word"] != "library" {
		t.Errorf("number %v", n["code_word"])
	}
	aino.ask(told{"type": "attempt", "contact": call["contact"], "result": "reached"}, "attempted")
	aino.record(call["contact"])
}

// T5, the other end: the chats end in time, and nobody new is begun before the window: it is dialled inside.
func TestChatsThatEndInTimeLeaveTheWindowItsCall(t *testing.T) {
	t.Parallel()
	p := newPagedLine(t, 0, vevent("aino", "DUTY", -time.Hour, 20*time.Hour))
	aino := p.desk("aino")
	p.sock("/api/v1/contact/socket", told{"token": p.come(nil)})
	first := aino.take()["contact"]
	p.come(told{"channel": "callback", "callback": told{"number": mobile, "windows": []told{p.between(time.Hour, 2*time.Hour)}}})
	p.pace(30 * time.Minute) // inside the 45 min that a chat takes
	late := p.sock("/api/v1/contact/socket", told{"token": p.come(nil)})
	aino.record(first)
	p.pace(30 * time.Minute)
	call := aino.take()
	if call["channel"] != "callback" {
		t.Fatalf("an ordinary chat was begun before the window: %v", call)
	}
	aino.ask(told{"type": "reveal", "contact": call["contact"]}, "number")
	aino.ask(told{"type": "attempt", "contact": call["contact"], "result": "reached"}, "attempted")
	aino.record(call["contact"])
	if o := aino.take(); o["channel"] != "chat" {
		t.Errorf("then %v", o)
	}
	late.hear("joined")
}

// T13: a Somali contact at night. Nobody's account speaks Somali: the one who is awake is asked, the person
// is greeted in Somali and told how far the interpreter is.
func TestSomaliContactAtNight(t *testing.T) {
	t.Parallel()
	p := newPagedLine(t, 0, vevent("aino", "DUTY", -time.Hour, 20*time.Hour))
	aino := p.desk("aino")
	token := p.come(told{"talk_language": "so", "second_language": "ar", "page_language": "en"})
	page := p.sock("/api/v1/contact/socket", told{"token": token})
	leg := aino.take()
	if leg["interpreted"] != true || leg["language"] != "so" || leg["second_language"] != "ar" || leg["page_language"] != "en" {
		t.Errorf("opened %v", leg)
	}
	_, line := codes.FirstLineIn("so")
	if m := page.hear("message"); m["text"] != line.Text || m["from"] != "adviser" {
		t.Errorf("greeted with %v", m)
	}
	if m := aino.hear("message"); m["text"] != line.Text {
		t.Errorf("the adviser sees %v", m)
	}
	for _, s := range []string{"asked", "joined"} {
		aino.ask(told{"type": "interpreter", "contact": leg["contact"], "state": s}, "interpreter")
		page.hear("interpreter", "state", s)
	}
	kept := aino.ask(told{"type": "card", "contact": leg["contact"], "codes": told{"language": "so", "interpreter": "joined"}, "note": "Asked how to stay safe."}, "carded")
	page.hear("matter")
	status, body := p.send(http.MethodPost, "http://"+p.addr+"/api/v1/contact/matter", `{"request_id":"`+uuid.NewString()+`"}`, token)
	if status != http.StatusOK || !strings.Contains(body, kept["number"].(string)) {
		t.Errorf("the person is given %d %s", status, body)
	}
	aino.record(leg["contact"])
	p.quiet() // nobody else was woken
}
