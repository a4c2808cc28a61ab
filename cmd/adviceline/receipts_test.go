package main

import (
	"testing"
)

// A receipt comes by telephone, by secure mail or in person, as the duty notes it; what comes by link or by a
// receiver's own system comes by itself, and nobody can say that it did.
func TestReceiptsThatTheDutyNotes(t *testing.T) {
	t.Parallel()
	h := newHandLine(t, "aino")
	aino := h.desk("aino")
	for _, via := range []string{"phone", "secure_mail", "in_person"} {
		id, word := aino.hands(nil, "south")
		h.mailed("south@shelter.invalid", word)
		for _, state := range []string{"received", "info_needed", "accepted", "connected"} {
			r := aino.step(id, "receipt", "state", state, "via", via)
			if hop := r["hops"].([]any)[0].(told); r["state"] != state || hop["via"] != via {
				t.Errorf("%s by %s: %v", state, via, r)
			}
		}
	}
	id, word := aino.hands(nil, "south")
	h.mailed("south@shelter.invalid", word)
	for _, via := range []string{"link", "partner", "pigeon", ""} {
		aino.refused("invalid_value", stepOf(id, "receipt", "state", "accepted", "via", via))
	}
	if r := aino.step(id, "look"); r["state"] != "sent" {
		t.Errorf("a refused receipt moved it to %v", r["state"])
	}
}

// A case consulted without identity is a whole outcome: a form of four codes, nothing about anybody, no referral, no
// consent, and nothing is owed.
func TestCaseConsultationIsAWholeOutcome(t *testing.T) {
	t.Parallel()
	h := newHandLine(t, "aino")
	aino := h.desk("aino")
	form := told{"role": "authority", "organisation": "police", "topic": "case_consult", "outcome": []string{"consult_done"}}
	contact := aino.ask(told{"type": "external", "channel": "phone", "outcome": form}, "external")["contact"].(string)
	h.until("the form is staged", func() bool { return h.rows(`SELECT count(*)::text FROM staged`) == "1" })
	if state := h.rows(`SELECT state FROM contact WHERE contact = $1::uuid`, contact); state != "completed" {
		t.Errorf("the contact is %s", state)
	}
	if left := h.rows(`SELECT id::text FROM referral UNION ALL SELECT contact::text FROM callback UNION ALL SELECT mark FROM card`); left != "" {
		t.Errorf("something of a person is kept: %s", left)
	}
	if owed := aino.ask(told{"type": "overview"}, "overview")["owed"]; owed != nil && len(owed.([]any)) > 0 {
		t.Errorf("owed: %v", owed)
	}
}
