package e2e

import (
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"
)

// shiftStory is the rest of an adviser's shift: a chat whose person is gone, parked; a call that is due and how it went;
// the telephone; and what is owed when everything is handed over.
func shiftStory(s *stage) {
	s.Helper()
	password := s.h.adviser("Oona", s.lang, 2)
	p := s.visitDesk("Oona", "/console")
	p.write("name", "Oona")
	p.write("password", password)
	p.click("sign-in")
	p.until("is connected", `document.querySelector('[data-test="connection"]').getAttribute("data-phase") === "open"`)
	p.click("pin-later")
	p.ready()
	c := call(s.T, s.h, s.lang)
	c.say("Hei, hej, hello.")
	p.until("has an offer", `document.querySelector('[data-test="offer-accept"]')`)
	p.click("offer-accept")
	p.reads("contact", "Hei, hej, hello.")
	c.close()
	eventually(s.T, patience, "the console is told that the person is gone", func() bool {
		return slices.ContainsFunc(p.frames("contact"), func(f frame) bool { return f.State == "away" })
	})
	p.eval(`(() => { const before = performance.now.bind(performance); performance.now = () => before() + 660000; return true; })()`)
	p.until("may park", `(document.querySelector('[data-test="leg"]').click(), document.querySelector('[data-test="park"]').offsetParent)`)
	s.at("gone", p)
	p.click("park")
	p.until("has parked", `document.querySelector('[data-test="parked-take"]')`)
	s.at("parked", p)
	p.click("parked-take")
	p.until("has it back", `document.querySelector('[data-test="end"]').offsetParent`)
	p.until("has ended it", `(() => { if (document.querySelector('#write').hidden) return true;
		document.querySelector('[data-test="end"]').click(); return false; })()`)
	p.click("outcome-advice_given")
	p.click("outcome-save")
	p.until("has recorded it", `!document.querySelector('[data-test="leg"]')`)
	now := time.Now().UTC()
	status, body := s.h.post("/api/v1/contacts", map[string]any{
		"request_id": uuid.NewString(), "channel": "callback", "page_language": s.lang, "talk_language": s.lang, "asks": "work",
		"callback": map[string]any{
			"number": callMobile, "ask_for": "Officer", "code_word": "library",
			"windows": []map[string]string{
				{"from": stamp(now.Add(-time.Minute)), "to": stamp(now.Add(2 * time.Hour))},
				{"from": stamp(now.Add(24 * time.Hour)), "to": stamp(now.Add(26 * time.Hour))},
			},
		},
	})
	var due admission
	if err := json.Unmarshal(body, &due); status != http.StatusCreated || err != nil {
		s.Fatalf("a callback answers %d", status)
	}
	p.until("is offered a call", `document.querySelector('[data-test="offer-accept"]')`)
	p.click("offer-accept")
	p.until("has the call", `document.querySelector('[data-test="call-reveal"]').offsetParent`)
	s.at("call", p)
	p.click("call-reveal")
	p.until("can dial", `document.querySelector('[data-test="call-dial"]').getAttribute("href")`)
	s.at("number", p)
	p.choose("call-result", "no_answer")
	p.click("call-save")
	p.until("has noted the try", `!document.querySelector('[data-test="leg"]') && document.querySelector('[data-test="call-due"]')`)
	s.at("tried", p)
	s.h.leaves(due, "cancel")
	p.click("duty-phone")
	p.until("is on the phone", `document.querySelector('[data-test="duty-state"]').getAttribute("data-state") === "on_phone"`)
	s.at("on-phone", p)
	p.click("handover")
	p.click("handover")
	p.until("owes the form", `document.querySelector('[data-test="owed-form"]')`)
	s.at("owed", p)
	p.click("owed-form")
	p.click("outcome-advice_given")
	p.click("outcome-save")
	p.until("owes none", `!document.querySelector('[data-test="owed-form"]')`)
	p.click("sign-out")
}

// leaves is what a page without a socket sends when its person leaves.
func (h *house) leaves(a admission, kind string) {
	h.t.Helper()
	if status, _ := h.post("/api/v1/contact/leave", map[string]any{"token": a.Token, "kind": kind}); status != http.StatusNoContent {
		h.t.Fatalf("leaving answers %d", status)
	}
}
