package e2e

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/google/uuid"
)

// boardStory is a supervisor's look at the line: nobody, then somebody who waits; why; closing intake; the night.
func boardStory(s *stage) {
	s.Helper()
	password := s.h.supervisor("Saara", s.lang)
	p := s.visitDesk("Saara", "/board")
	p.until("shows the form", `document.querySelector('[data-test="sign-in"]').offsetParent`)
	s.at("sign-in", p)
	p.write("name", "Saara")
	p.write("password", password)
	p.click("sign-in")
	p.until("has figures", `document.querySelector('[data-test="tile-waiting"]')`)
	s.at("quiet", p)
	p.click("pin-later")
	p.click("lock")
	p.until("is locked", `document.getElementById("locked").offsetParent && !document.getElementById("board").offsetParent`)
	s.at("locked", p)
	p.write("lock-password", password)
	p.click("unlock")
	p.until("is open", `document.getElementById("board").offsetParent && document.querySelector('[data-test="pin-form"]').offsetParent`)
	p.click("pin-later")
	helper := attend(s.T, s.h, "Kaisa", s.lang, 2)
	helper.must(s.T, "duty", map[string]any{"type": "duty", "state": "paused", "reason": "meal", "confirm": true})
	c := call(s.T, s.h, s.lang)
	p.until("shows who waits", `document.querySelector('[data-test="relane"]') && document.querySelector('[data-test="off-adviser"]')`)
	s.at("busy", p)
	p.click("why")
	p.until("says why", `document.querySelector('[data-test="why-close"]')`)
	s.at("why", p)
	p.click("why-close")
	p.click("opening-closed")
	p.write("notice-"+s.lang, "Huolto, underhåll, maintenance.")
	p.click("opening-save")
	p.until("says that it is closed", `document.querySelector('#alarms').textContent && document.querySelector('[data-test="notice"]').textContent`)
	s.at("closed", p)
	q := s.visit("closed", s.home())
	q.until("tells that no chat is taken", `document.querySelector('[data-test="line-closed"]') && document.querySelector('[data-test="line-notice"]') && document.querySelector('[data-test="call-ask"]').offsetParent`)
	s.at("closed-contact", q)
	p.click("opening-closed")
	p.click("opening-event")
	p.click("opening-save")
	p.until("says that many come", `!document.querySelector('#alarms').textContent.includes("Huolto") && document.querySelector('[data-test="opening-event"]').checked && document.querySelector('[data-test="notice"]').textContent`)
	s.at("event", p)
	q = s.visit("event", s.home())
	q.until("offers a call first", `document.querySelector('[data-test="line-event"]') && document.querySelector('[data-test="call-ask"]').offsetParent`)
	s.at("event-contact", q)
	p.click("opening-event")
	p.eval(`(document.querySelector('[data-test="notice"]').textContent = "", true)`)
	p.click("opening-save")
	p.noticed("says that it is done")
	p.click("night-show")
	p.until("shows the night", `document.querySelector('[data-test="night-sum"]')`)
	s.at("night", p)
	for _, fault := range s.printed(p) {
		s.Errorf("the night on paper, in %s: %s", s.lang, fault)
	}
	p.click("account-more")
	p.until("offers an account", `document.querySelector('[data-test="account-save"]').offsetParent`)
	s.at("account", p)
	s.h.receivers("Saara", password)
	helper.must(s.T, "disclosed", map[string]any{"type": "disclosure", "ground": "emergency", "receiver": "emergency", "receipt": "112-7"})
	p.click("receiver-more")
	p.write("receiver-id", "west")
	p.write("receiver-organization", "House of the West")
	p.write("receiver-name", "West shelter")
	p.choose("receiver-kind", "shelter")
	p.click("receiver-save")
	p.until("lists the receivers", `document.querySelectorAll('[data-test="receiver-edit"]').length === 4`)
	p.click("receiver-edit")
	p.until("shows one", `document.querySelector('[data-test="receiver-id"]').value`)
	s.at("receivers", p)
	p.click("register-show")
	p.until("reads the register", `document.querySelector('[data-test="register-seen"]')`)
	p.until("has noted all of it", `(() => { const seen = document.querySelector('[data-test="register-seen"]');
		if (seen && !seen.dataset.pressed) { seen.dataset.pressed = "once"; seen.click(); } return !seen && document.querySelector('#register-lines td'); })()`)
	s.at("register", p)
	p.click("audit-show")
	p.until("reads who changed the directory", `document.querySelectorAll('#audit-lines tbody tr').length >= 3 && document.querySelector('#audit-lines').textContent.includes("west")`)
	s.at("audit", p)
	c.leave("done")
	helper.must(s.T, "duty", map[string]any{"type": "duty", "state": "off", "confirm": true})
}

// onPaper lists what is wrong with what the printer gets.
const onPaper = `[...document.querySelectorAll("button, input, select, textarea, summary, nav")].filter((e) => e.checkVisibility()).map((e) => "shows " + e.outerHTML.slice(0, 80))
	.concat([...document.querySelectorAll("main > *, #board > section")].filter((e) => e.checkVisibility() && e.id !== "board" && e.id !== "night").map((e) => "shows #" + e.id + " " + e.className))
	.concat(document.querySelector('[data-test="night-sum"]') && [...document.querySelectorAll("#night-body > *")].every((e) => e.checkVisibility()) ? [] : ["shows no night"])
	.concat([...document.querySelectorAll("#night *")].filter((e) => e.checkVisibility() && e.getBoundingClientRect().right > innerWidth).map((e) => "cuts " + e.tagName))`

// printed looks at the page as a printer gets it, on a sheet of A4 with its margins: it fits the width, has the night and
// nothing else, and no control.
func (s *stage) printed(p *tab) (faults []string) {
	s.Helper()
	media := func(name string) {
		p.do(func(ctx context.Context, _ *chromedp.Target) (chromedp.Void, error) {
			_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: name})
			return chromedp.Void{}, err
		})
	}
	media("print")
	p.do(chromedp.EmulateViewport(680, 1000))
	if err := s.read(p, onPaper, &faults); err != nil {
		s.Fatalf("read the sheet: %v", err)
	}
	media("")
	p.do(s.screenOf(p))
	return faults
}

// A supervisor closes intake, opens it again, makes an account that signs in at once, and disables it: its console
// closes for good.
func TestBoardActsOnTheLine(t *testing.T) {
	t.Parallel()
	h := open(t, settings{})
	status, cookies := h.signIn("Saara", h.supervisor("Saara", "fi"))
	if status != http.StatusNoContent {
		t.Fatalf("sign-in answers %d", status)
	}
	act := func(path, fields string, want int) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.origin()+path, strings.NewReader(`{"request_id":"`+uuid.NewString()+`",`+fields+`}`))
		if err != nil {
			t.Fatal(err)
		}
		req.AddCookie(cookies[0])
		req.Header.Set("Origin", h.origin())
		req.Header.Set("Content-Type", "application/json")
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%s %s: %d, want %d", path, fields, res.StatusCode, want)
		}
	}
	act("/api/v1/advisers", `"action":"add","name":"uusi","alias":"U","roles":["adviser"],"languages":["fi"],"capacity":2,"password":"short"`, 422)
	act("/api/v1/advisers", `"action":"add","name":"uusi","alias":"U","roles":["adviser"],"languages":["fi"],"capacity":2,"password":"a long enough password"`, 204)
	act("/api/v1/advisers", `"action":"add","name":"uusi","alias":"U","roles":["adviser"],"languages":["fi"],"capacity":2,"password":"a long enough password"`, 409)
	k := enter(t, h, "uusi", "a long enough password")
	k.ready(t)
	act("/api/v1/board/actions", `"action":"opening","closed":true`, 204)
	if got, _ := h.post("/api/v1/contacts", intake("fi")); got != http.StatusServiceUnavailable {
		t.Errorf("a chat while closed: %d", got)
	}
	act("/api/v1/board/actions", `"action":"opening"`, 204)
	c := call(t, h, "fi")
	k.offer(t, c.Contact)
	act("/api/v1/board/actions", `"action":"relane","contact":"`+c.Contact+`","lane":"danger"`, 204)
	act("/api/v1/advisers", `"action":"disable","name":"uusi"`, 204)
	eventually(t, patience, "the console is closed for good", func() bool {
		code, over := k.over()
		return over && code == 4504
	})
}
