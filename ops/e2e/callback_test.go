package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

const callMobile = "+358401234567"

// TestCallbackInTheBrowser: a person asks on the page to be called and stops it; a waiting chat becomes a
// call; an adviser is offered one that is due, sees its number, dials it and records the outcome; who waits for a call may chat instead.
func TestCallbackInTheBrowser(t *testing.T) {
	t.Parallel()
	chrome := browser(t)
	h := open(t, nil)
	password := h.adviser("aino", "fi", 2)

	sanna := visit(chrome, t, "sanna", h.origin()+"/en")
	sanna.click("asks-help")
	sanna.click("show-call")
	sanna.write("call-number", "112")
	sanna.write("call-word", "library")
	sanna.click("call-ask")
	sanna.until("is told that 112 is not called", `document.querySelector('[data-test="notice"]').textContent.includes("cannot call")`)
	sanna.eval(`(document.querySelector('[data-test="call-number"]').value = "", true)`)
	sanna.write("call-number", "040 123 4567")
	sanna.click("call-ask")
	sanna.state("scheduled")
	sanna.until("reads again when", `[...document.querySelectorAll('[data-test="call-windows"] li')].map((e) => e.textContent).join() ===
		document.querySelector('[data-test="call-time"]').getAttribute("data-words")`)
	if page := sanna.page(); strings.Contains(page, "1234567") {
		t.Error("the number stays on the page")
	}
	number := sanna.numberTold()
	sanna = visit(chrome, t, "sanna, later", h.origin()+"/en")
	sanna.click("show-resume")
	sanna.write("resume-number", number)
	sanna.click("resume")
	sanna.state("scheduled")
	sanna.until("reads when again, coming back by number", `/^[A-Z][a-z]+day \d+\.\d+\. \d\d–\d\d$/.test(document.querySelector('[data-test="call-windows"]').textContent)`)
	sanna.click("call-stop")
	sanna.state("ended")

	emil := visit(chrome, t, "emil", h.origin()+"/en")
	emil.click("asks-worried")
	emil.click("start-chat")
	emil.state("waiting")
	emil.click("show-call")
	emil.write("call-number", "040 765 4321")
	emil.click("call-ask")
	emil.state("scheduled")

	aino := console(chrome, t, h, "aino", password)
	aino.ready()
	aino.until("sees the chat that became a call", `document.querySelector('[data-test="call-due"]')`)
	now := time.Now().UTC()
	status, body := h.post("/api/v1/contacts", map[string]any{
		"request_id": uuid.NewString(), "channel": "callback", "page_language": "fi", "talk_language": "fi", "asks": "work",
		"callback": map[string]any{
			"number": callMobile, "ask_for": "Officer", "code_word": "library",
			"windows": []map[string]string{{"from": stamp(now.Add(-time.Minute)), "to": stamp(now.Add(2 * time.Hour))}},
		},
	})
	if status != http.StatusCreated {
		t.Fatalf("%d %s", status, body)
	}
	aino.offer(1)
	aino.click("offer-accept")
	aino.click("call-reveal")
	aino.until("can dial", `document.querySelector('[data-test="call-dial"]').getAttribute("href") === "tel:`+callMobile+`"`)
	if words := aino.text("call-words"); !strings.Contains(words, "Officer") || !strings.Contains(words, "library") {
		t.Error("the adviser does not see whom to ask for")
	}
	aino.choose("call-result", "reached")
	aino.click("call-save")
	eventually(t, patience, "the attempt is noted", func() bool {
		return slices.ContainsFunc(aino.frames("attempted"), func(f frame) bool { return f.Type == "attempted" })
	})
	aino.form("safe_return", "related", "bystander", "interpreter_booked")
	emil.click("call-chat")
	emil.state("waiting")
	aino.click("offer-accept")
	emil.state("active")
}

// numberTold is the return number at the end of what the page says of a call.
func (p *tab) numberTold() string {
	p.t.Helper()
	digits := strings.NewReplacer("\u00a0", "", " ", "").Replace(p.text("notice"))
	if len(digits) < 8 {
		p.t.Fatalf("tab %s tells no number", p.name)
	}
	return digits[len(digits)-8:]
}

// TestWhoComesBackReadsTheTimesAskedFor: each request of a number shows its own times, whatever another one
// narrowed them to, and a call that is due is no chat in which nobody reads.
func TestWhoComesBackReadsTheTimesAskedFor(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	now := time.Now().UTC().Truncate(time.Second)
	ask := func(from, to time.Duration) (a admission, asked string) {
		t.Helper()
		w := map[string]string{"from": stamp(now.Add(from)), "to": stamp(now.Add(to))}
		status, body := h.post("/api/v1/contacts", map[string]any{
			"request_id": uuid.NewString(), "channel": "callback", "page_language": "fi", "talk_language": "fi", "asks": "help",
			"callback": map[string]any{"number": callMobile, "windows": []map[string]string{w}},
		})
		if err := json.Unmarshal(body, &a); status != http.StatusCreated || err != nil {
			t.Fatalf("%d %s", status, body)
		}
		return a, w["from"] + " " + w["to"]
	}
	first, asked := ask(-time.Minute, 3*time.Hour)
	second, wide := ask(-2*time.Minute, 9*time.Hour)
	eventually(t, patience, "the first is due", func() bool {
		return h.redis().HGet(t.Context(), "{line:main}:c:"+first.Contact, "state").Val() == "waiting"
	})
	for what, c := range map[string]struct {
		is   admission
		want string
	}{"the first": {first, asked}, "the second": {second, wide}} {
		var told struct {
			State   string `json:"state"`
			Windows []struct{ From, To string }
		}
		body := h.stands(c.is.Token)
		if err := json.Unmarshal(body, &told); err != nil || told.State != "scheduled" || len(told.Windows) != 1 ||
			told.Windows[0].From+" "+told.Windows[0].To != c.want {
			t.Errorf("%s: %s, want scheduled and %s", what, body, c.want)
		}
	}
}

// stands is what the bearer of a token is told of its contact.
func (h *house) stands(token string) []byte {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.t.Context(), http.MethodGet, h.origin()+"/api/v1/contact", http.NoBody)
	if err != nil {
		h.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := client.Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return body
}

// TestACallKeepsThePlace: who waits behind one and asks to be called instead stands behind that one alone when the
// chat is opened again, before whoever came meanwhile.
func TestACallKeepsThePlace(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	h.admitted(t, intake("en"))
	p := visit(browser(t), t, "emil", h.origin()+"/en")
	place := func(what string) {
		t.Helper()
		p.until(what, `document.querySelector('[data-test="position"]').textContent.startsWith("1 contact is before you.")`)
	}
	p.click("asks-help")
	p.click("start-chat")
	p.state("waiting")
	place("waits behind one")
	p.click("show-call")
	p.write("call-number", "040 765 4321")
	p.eval(`(() => { const all = [...document.querySelectorAll('[data-test="call-time"]')]; // at no hour of the day one that has begun
		all.forEach((e, i) => { e.checked = i === all.length - 1; }); return true; })()`)
	p.click("call-ask")
	p.state("scheduled")
	later := visit(browser(t), t, "later", h.origin()+"/en")
	later.click("asks-help")
	later.click("start-chat")
	later.until("waits behind the first one alone", `document.querySelector('[data-test="position"]').textContent.startsWith("1 contact is before you.")`)
	p.click("call-chat")
	p.state("waiting")
	place("has the same place")
	later.until("waits behind both", `document.querySelector('[data-test="position"]').textContent.startsWith("2 contacts are before you.")`)
}

// stamp writes an instant as the wire does.
func stamp(at time.Time) string { return at.Format("2006-01-02T15:04:05.000Z") }
