package e2e

// workStory is a supervisor's look at what is left undone: nothing; then a window that nobody tried and a call whose
// form is owed by somebody who went home; the form, finished; the staffing; and a referral that was entered in error.
func workStory(s *stage) {
	s.Helper()
	password := s.h.supervisor("Vuokko", s.lang)
	p := s.visitDesk("Vuokko", "/board")
	p.write("name", "Vuokko")
	p.write("password", password)
	p.click("sign-in")
	p.until("has figures", `document.querySelector('[data-test="tile-owed"]')`)
	p.click("to-work")
	p.until("shows the lists", `document.querySelector("#windows").textContent && document.querySelector("#forms").textContent`)
	s.at("nothing", p)
	p.click("pin-later")
	p.click("lock")
	p.until("is locked", `document.getElementById("locked").offsetParent && !document.getElementById("work").offsetParent`)
	s.at("locked", p)
	p.write("lock-password", password)
	p.click("unlock")
	p.until("is open", `document.getElementById("work").offsetParent`)
	kaino := attend(s.T, s.h, "Kaino", s.lang, 1)
	call := kaino.must(s.T, "external", map[string]any{"type": "external", "channel": "phone"})
	kaino.must(s.T, "drafted", map[string]any{"type": "draft", "contact": call.Contact, "version": 1, "outcome": map[string]any{"topic": "legal", "outcome": []string{}}})
	s.h.receivers("Vuokko", password)
	kaino.must(s.T, "referral", map[string]any{"type": "referral", "action": "open", "language": s.lang, "age": "adult", "tell": "self", "receivers": []string{"south"}})
	kaino.must(s.T, "duty", map[string]any{"type": "handover"})
	s.h.missWindow(call.Contact)
	s.h.sentLongAgo()
	p.eval(`(location.reload(), true)`)
	p.until("shows what is undone", `document.querySelector('[data-test="owed-finish"]') && document.querySelector("#windows table") && document.querySelector('[data-test="referral-late"]').offsetParent`)
	p.click("pin-later")
	s.at("undone", p)
	p.click("owed-finish")
	p.until("has the draft in the form", `document.querySelector('[data-test="outcome"]').offsetParent && document.querySelector('[data-test="topic"]').value === "legal"`)
	s.at("form", p)
	p.click("outcome-advice_given")
	p.click("outcome-save")
	p.until("has recorded", `document.querySelector('[data-test="outcome"]').hidden && !document.querySelector('[data-test="owed-finish"]')`)
	s.at("recorded", p)
	p.click("staffing-show")
	p.until("has the staffing", `document.querySelectorAll("#staffed tbody tr").length === 24`)
	s.at("staffing", p)
	p.until("lists the referral", `document.querySelector('[data-test="referral-error"]')`)
	p.eval(`(document.querySelector('[data-test="notice"]').textContent = "", true)`)
	p.click("referral-error")
	p.click("referral-error")
	p.until("has ended it", `document.querySelector('[data-test="notice"]').textContent`)
	s.at("mistaken", p)
}

// sentLongAgo makes every draft of a referral one that was sent two days ago, and has no receipt.
func (h *house) sentLongAgo() {
	h.t.Helper()
	const query = `UPDATE referral SET body = jsonb_set(jsonb_set(body, '{Hops,0,state}', '"sent"'), '{Hops,0,sent}', to_jsonb(now() - interval '49 hours'))
		WHERE body->'Hops'->0->>'state' = 'draft'`
	if _, err := h.postgres("adviceline").Exec(h.t.Context(), query); err != nil {
		h.t.Fatal(err)
	}
}

// missWindow notes for a contact that a window of its call closed untried, as the ledger has it.
func (h *house) missWindow(contact string) {
	h.t.Helper()
	const query = `INSERT INTO event (line, incarnation, number, contact, kind, at, reason, state, epoch, version, outcome)
		VALUES ('main', 1000, 1, $1, 'window_missed', now(), '', 'review', 0, 1, false) ON CONFLICT DO NOTHING`
	if _, err := h.postgres("adviceline").Exec(h.t.Context(), query, contact); err != nil {
		h.t.Fatal(err)
	}
}
