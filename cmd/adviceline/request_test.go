package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

// asked is the answer to a request, as its bytes came.
type asked struct {
	status int
	head   http.Header
	body   string
	id     struct {
		Contact string `json:"contact"`
		Token   string `json:"token"`
		Number  string `json:"return_number"`
	}
}

// blank gives the answer without what is its own: id, token and return number keep their lengths.
func (a asked) blank() string {
	text := a.body
	for _, own := range []string{a.id.Contact, a.id.Token, a.id.Number} {
		text = strings.ReplaceAll(text, own, strings.Repeat("x", len(own)))
	}
	return text
}

// request asks over HTTP to be called, with members of the callback.
func (p *pagedLine) request(call told) (a asked) {
	p.Helper()
	body, err := json.Marshal(told{
		"request_id": uuid.NewString(), "channel": "callback", "page_language": "fi", "talk_language": "fi", "asks": "work", "callback": call,
	})
	if err != nil {
		p.Fatal(err)
	}
	res := p.post("/api/v1/contacts", body, nil)
	text, err := io.ReadAll(res.Body)
	if err != nil {
		p.Fatal(err)
	}
	a.status, a.head, a.body = res.StatusCode, res.Header, string(text)
	if a.status != http.StatusCreated || json.Unmarshal([]byte(a.body), &a.id) != nil || a.id.Contact == "" {
		p.Fatalf("request: %d %s", a.status, a.body)
	}
	return a
}

// dialled takes the next call, gives its number and ends it.
func (s *sock) dialled(contact any) told {
	s.Helper()
	n := s.ask(told{"type": "reveal", "contact": contact}, "number")
	s.ask(told{"type": "attempt", "contact": contact, "result": "reached"}, "attempted")
	s.record(contact)
	return n
}

// T7: police officers behind one switchboard ask to be called: every one of them is queued, and asked for by name.
// The same officer once more is linked, not called twice.
func TestTenOfficersBehindOneSwitchboard(t *testing.T) {
	t.Parallel()
	p := newPagedLine(t, 0, vevent("aino", "DUTY", -time.Hour, 20*time.Hour))
	ten := map[string]bool{}
	for i := range 10 {
		name := fmt.Sprintf("Constable %d", i)
		p.request(told{"number": "+358 29 540 0000", "ask_for": name, "windows": []told{p.between(time.Hour, 9*time.Hour)}})
		ten[name] = true
	}
	again := p.request(told{"number": "0295400000", "ask_for": " constable  3 ", "windows": []told{p.between(time.Hour, 9*time.Hour)}})
	p.hop(time.Hour)
	aino := p.desk("aino")
	for range 10 {
		call := aino.take()
		if call["contact"] == again.id.Contact {
			t.Error("the same officer is called twice")
		}
		n := aino.dialled(call["contact"])
		who, _ := n["ask_for"].(string)
		if n["number"] != "+358295400000" || !ten[who] {
			t.Errorf("dialled %v", n)
		}
		delete(ten, who)
	}
	if len(ten) > 0 {
		t.Errorf("nobody asked for %v", ten)
	}
	p.until("the request behind came forward", func() bool {
		return p.redis.HGet(p.Context(), p.key(":c:"+again.id.Contact), "state").Val() == "review"
	})
	list := aino.ask(told{"type": "callbacks"}, "callbacks")["list"].([]any)
	if line, _ := list[0].(told); len(list) != 1 || line["contact"] != again.id.Contact || line["reason"] != "linked" {
		t.Errorf("left are %v", list)
	}
	visitsBeside(p, aino)
}

// visitsBeside lets two come to the door: each has a form and a callback in one step. One is dialled in its window;
// the other rings up, tells the number that they were given, and is not dialled any more.
func visitsBeside(p *pagedLine, aino *sock) {
	p.Helper()
	visit := func(number string) (booked told) {
		a := aino.ask(told{
			"type": "external", "channel": "in_person", "outcome": told{"outcome": []string{"advice_given"}},
			"callback": told{"number": number, "message_allowed": false, "windows": []told{p.between(time.Hour, 3*time.Hour)}},
		}, "external")
		booked, _ = a["callback"].(told)
		if number, _ := booked["return_number"].(string); a["state"] != "recorded" || len(number) != 8 {
			p.Fatalf("a visit is %v", a)
		}
		return booked
	}
	dialled, stopped := visit(mobile), visit("+358407654321")
	aino.ask(told{"type": "stop", "number": stopped["return_number"]}, "stopped")
	p.hop(time.Hour)
	call := aino.take()
	if n := aino.dialled(call["contact"]); call["contact"] != dialled["contact"] || n["number"] != mobile {
		p.Errorf("dialled %v for %v", n, call)
	}
	p.hop(time.Hour)
	if state := p.redis.HGet(p.Context(), p.key(":c:"+stopped["contact"].(string)), "state").Val(); state != "cancelled" {
		p.Errorf("who stopped by telephone is %s", state)
	}
}

// T14: somebody else asks from another device to have the same number called. The answer is the same, byte by byte;
// the first one's windows and code word hold; neither can see or stop the other.
func TestOwnNumberAskedForByAnotherDevice(t *testing.T) {
	t.Parallel()
	p := newPagedLine(t, 0, vevent("aino", "DUTY", -time.Hour, 20*time.Hour))
	first := p.request(told{"number": "040 123 4567", "code_word": "library", "windows": []told{p.between(2*time.Hour, 4*time.Hour)}})
	other := p.request(told{"number": "+358407654321", "code_word": "market", "windows": []told{p.between(12*time.Hour, 13*time.Hour)}})
	second := p.request(told{"number": mobile, "code_word": "market", "message_allowed": true, "windows": []told{p.between(time.Hour, 9*time.Hour)}})
	if second.blank() != other.blank() || second.blank() != first.blank() {
		t.Errorf("a known number is answered\n%s\nan unknown one\n%s", second.blank(), other.blank())
	}
	for name, v := range other.head {
		if name != "Date" && strings.Join(v, ",") != strings.Join(second.head[name], ",") || len(other.head) != len(second.head) {
			t.Errorf("header %s: %v and %v", name, v, second.head[name])
		}
	}
	look := func(a asked) string {
		status, body := p.send(http.MethodGet, "http://"+p.addr+"/api/v1/contact", "", a.id.Token)
		return fmt.Sprint(status, body)
	}
	// What a page shows later is what its own person asked for, and alike in all else: not the times that both allow.
	apart := func(a asked, from, to time.Duration) string {
		own, text := p.between(from, to), look(a)
		windows := fmt.Sprintf(`"windows":[{"from":"%s","to":"%s"}]`, own["from"], own["to"])
		if strings.Count(text, windows) != 1 || strings.Count(text, a.id.Number) != 1 {
			t.Errorf("who asked for %s is shown %s", windows, text)
		}
		return strings.NewReplacer(windows, "", a.id.Number, "").Replace(text)
	}
	one, two, three := apart(first, 2*time.Hour, 4*time.Hour), apart(second, time.Hour, 9*time.Hour), apart(other, 12*time.Hour, 13*time.Hour)
	if one != two || two != three {
		t.Errorf("later: %s, %s, %s", one, two, three)
	}
	aino := p.desk("aino")
	p.hop(90 * time.Minute) // inside the second's windows, before the first's
	if state := p.redis.HGet(t.Context(), p.key(":c:"+second.id.Contact), "state").Val(); state != "scheduled" {
		t.Errorf("the second request widened the first: %s", state)
	}
	p.hop(30 * time.Minute)
	call := aino.take()
	if call["contact"] != first.id.Contact {
		t.Fatalf("offered %v", call)
	}
	n := aino.ask(told{"type": "reveal", "contact": call["contact"]}, "number")
	if n["number"] != mobile || n["code_word"] != "library" || n["message_allowed"] == true {
		t.Errorf("dialled by %v", n)
	}
	before := look(first)
	if status, body := p.send(http.MethodPost, "http://"+p.addr+"/api/v1/contact/leave", `{"token":"`+second.id.Token+`","kind":"cancel"}`, ""); status != http.StatusNoContent {
		t.Errorf("the second stops its own: %d %s", status, body)
	}
	if look(first) != before {
		t.Errorf("the first sees that the second stopped: %s, then %s", before, look(first))
	}
	aino.ask(told{"type": "attempt", "contact": call["contact"], "result": "reached"}, "attempted")
	aino.record(call["contact"])
	p.until("both numbers are gone", func() bool { return p.scalar(`SELECT count(*)::text FROM callback WHERE line = $1`) == "1" })
}

// T15: the number that somebody took along is told to another adviser the next day, over the same sockets.
func TestMatterNumberTheNextDay(t *testing.T) {
	t.Parallel()
	p := newPagedLine(t, 0, vevent("aino", "DUTY", 200*time.Hour, 201*time.Hour))
	aino := p.desk("aino")
	token := p.come(told{"asks": "work"})
	p.sock("/api/v1/contact/socket", told{"token": token})
	leg := aino.take()["contact"]
	kept := aino.ask(told{"type": "card", "contact": leg, "codes": told{"topic": "is_it_trafficking"}, "note": cardNote}, "carded")
	status, body := p.send(http.MethodPost, "http://"+p.addr+"/api/v1/contact/matter", `{"request_id":"`+uuid.NewString()+`"}`, token)
	if status != http.StatusOK || !strings.Contains(body, kept["number"].(string)) {
		t.Fatalf("the person is given %d %s", status, body)
	}
	aino.record(leg)
	aino.ask(told{"type": "duty", "state": "off", "confirm": true}, "duty")
	p.hop(24 * time.Hour)
	veli := p.desk("veli")
	p.sock("/api/v1/contact/socket", told{"token": p.come(told{"asks": "work"})})
	next := veli.take()["contact"]
	if e := veli.ask(told{"type": "matter", "contact": next, "number": "00000000"}, "error"); e["code"] != "not_found" {
		t.Errorf("a wrong number: %v", e)
	}
	card := veli.ask(told{"type": "matter", "contact": next, "number": kept["number"]}, "card")
	if codes, _ := card["codes"].(told); card["note"] != cardNote || codes["topic"] != "is_it_trafficking" {
		t.Errorf("the card is %v", card)
	}
	again := veli.ask(told{"type": "card", "contact": next, "codes": told{"topic": "is_it_trafficking"}, "note": "second day"}, "carded")
	if again["number"] != kept["number"] {
		t.Error("the matter has another number the next day")
	}
	veli.record(next)
}
