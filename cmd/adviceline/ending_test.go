package main

import (
	"bytes"
	"io"
	"net/http"
	"regexp"
	"testing"
	"time"

	"github.com/google/uuid"
)

// A conversation falls silent. Both sides hear ten minutes before its text is over; the adviser's typing and then a
// message put that off; when nobody writes it ends. The person had taken the number of the matter: a supervisor who
// finishes the form for an adviser who went home leaves a card behind it.
func TestSilenceIsToldAndItsFormLeavesACard(t *testing.T) {
	t.Parallel()
	p := newPagedLine(t, 0, vevent("aino", "DUTY", 200*time.Hour, 201*time.Hour))
	if status, _, errs := p.run(goodPassword, "adviser", "add", "vuokko", "--role", "supervisor", "--languages", "fi", "--password-stdin"); status != 0 {
		t.Fatal(errs)
	}
	aino := p.desk("aino")
	token := p.come(told{"asks": "work"})
	person := p.sock("/api/v1/contact/socket", told{"token": token})
	leg := aino.take()["contact"]
	say := func(text string) {
		t.Helper()
		person.tell(told{"type": "say", "cid": uuid.NewString(), "text": text})
		aino.hear("message")
	}
	both := func(in time.Duration) {
		t.Helper()
		ms := float64(in.Milliseconds())
		if f := person.hear("ending", "in_ms", ms); f["place_kept"] != false {
			t.Errorf("told %v", f)
		}
		aino.hear("ending", "in_ms", ms, "contact", leg)
	}
	say("I have to ask somebody here.")
	status, body := p.send(http.MethodPost, "http://"+p.addr+"/api/v1/contact/matter", `{"request_id":"`+uuid.NewString()+`"}`, token)
	if status != http.StatusOK {
		t.Fatalf("the number is %d %s", status, body)
	}
	number := regexp.MustCompile(`[0-9]{8}`).FindString(body)
	p.hop(4*time.Hour - 10*time.Minute)
	both(10 * time.Minute)
	p.hop(9 * time.Minute)
	aino.tell(told{"type": "typing", "ref": uuid.NewString(), "contact": leg})
	person.hear("typing")
	p.hop(time.Minute)
	both(9 * time.Minute)
	say("Back again.")
	p.hop(4*time.Hour - 10*time.Minute)
	both(10 * time.Minute)
	p.hop(10 * time.Minute)
	person.hear("ended", "reason", "expired_by_policy")
	aino.hear("contact", "state", "left")
	p.hop(5 * time.Minute)
	aino.hear("lost", "reason", "wrap_up_over")
	aino.ask(told{"type": "duty", "state": "off", "confirm": true}, "duty")

	signed := p.post("/api/v1/session", []byte(`{"name":"vuokko","password":"`+goodPassword+`"}`), nil)
	form := `{"request_id":"` + uuid.NewString() + `","outcome":{"topic":"legal","outcome":["advice_given"]}}`
	res := p.post("/api/v1/board/owed/"+leg.(string), []byte(form), signed.Cookies())
	if answer, _ := io.ReadAll(res.Body); res.StatusCode != http.StatusOK || !bytes.Contains(answer, []byte("recorded")) {
		t.Fatalf("the form is answered %d %s", res.StatusCode, answer)
	}
	card := p.desk("veli").ask(told{"type": "matter", "number": number}, "card")
	if codes, _ := card["codes"].(told); codes["topic"] != "legal" {
		t.Errorf("the card is %v", card)
	}
}
