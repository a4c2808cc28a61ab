package e2e

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"

	"github.com/google/uuid"
)

// TestReturnByNumberShowsNothingEarlier: a person has read one line, then two more are written to a page
// that is gone. Who comes back by number, on another device and at another node, sees none of them; the
// adviser is told, asks who it is, and lets out the two that nobody has seen.
func TestReturnByNumberShowsNothingEarlier(t *testing.T) {
	t.Parallel()
	chrome := browser(t)
	s := several(t, 2, nil)
	password := s.each[0].adviser("aino", "fi", 2)
	first := call(t, s.each[0], "fi")
	aino := console(chrome, t, s.each[0], "aino", password)
	aino.ready()
	aino.offer(1)
	aino.click("offer-accept")
	eventually(t, patience, "aino joins", func() bool { return first.is("active") })
	aino.say("read")
	eventually(t, patience, "the person reads", func() bool { return first.hears() == 1 })
	x, _ := first.transcript()
	first.send(map[string]any{"type": "got", "seq": x.after})
	first.say("mine")
	aino.reads("contact", "mine") // so the node has taken what came before it too
	first.close()
	aino.say("one")
	aino.say("two")
	aino.until("has said both", `document.querySelectorAll('[data-test="message"][data-from="adviser"][data-seq]').length === 3`)
	aino.eval(`document.querySelector('[data-test="held"]').hidden`)

	status, body := s.each[1].post("/api/v1/contact/resume", map[string]string{
		"request_id": uuid.NewString(), "return_number": first.Number,
	})
	var back contactClient
	if err := json.Unmarshal(body, &back.admission); err != nil || status != http.StatusOK && status != http.StatusCreated {
		t.Fatalf("resume answers %d: %s", status, body)
	}
	back.connect(t, s.each[1])
	eventually(t, patience, "the other device is welcomed", back.connected)
	aino.until("is told of two", `document.querySelector('[data-test="held"]').offsetParent &&
		document.querySelector('[data-test="held-words"]').textContent.indexOf("2") >= 0`)
	aino.say("who are you")
	back.say("the same")
	aino.reads("contact", "the same")
	wants := func(want ...string) {
		t.Helper()
		eventually(t, patience, "the other device hears", func() bool {
			x, _ := back.transcript()
			return slices.Equal(x.from("adviser"), want)
		})
	}
	wants("who are you")
	aino.click("release")
	wants("who are you", "one", "two")
	aino.until("shows nothing held", `document.querySelector('[data-test="held"]').hidden`)
	x, _ = back.transcript()
	if len(x.bad) > 0 || len(x.from("contact")) != 0 {
		t.Errorf("the other device heard %v of the person, %v", x.from("contact"), x.bad)
	}
	aino.eval(`document.querySelectorAll('[data-test="message"]').length === 6`)
}
