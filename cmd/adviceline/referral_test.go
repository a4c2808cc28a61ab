package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"adviceline/helpline"
)

// A scanner of mail follows the link five times: nothing changes. The code opens it, safe contact comes
// first, the letter is still there after acknowledging, and declining leads to the second receiver.
func TestAScannerOfMailChangesNothing(t *testing.T) {
	t.Parallel()
	h := newHandHouse(t)
	adviser := adviserID()
	r := h.sent(adviser, "south", "north")
	token := h.link(h.post.next(t), "south@shelter.invalid", r.Word)
	before := h.sql(`SELECT body::text, letter FROM referral`)
	for range 5 {
		if seen, err := h.Show(t.Context(), token); err != nil || seen.Word != r.Word || seen.Letter.Reveal() != "" || seen.Safe != nil {
			t.Fatalf("%+v %v", seen, err)
		}
		if _, err := h.Say(t.Context(), token, "", helpline.Receipt{State: helpline.ReferralAccepted}); !errors.Is(err, helpline.ErrNotOpened) {
			t.Fatalf("accepted without a code: %v", err)
		}
	}
	if after := h.sql(`SELECT body::text, letter FROM referral`); after != before {
		t.Errorf("the link changed\n%s\ninto\n%s", before, after)
	}

	if _, err := h.Unlock(t.Context(), token, "123456"); !errors.Is(err, helpline.ErrWrongCode) {
		t.Errorf("opened before a code was made: %v", err)
	}
	code, phone, err := h.MakeCode(t.Context(), adviser, r.ID)
	if err != nil || phone != "+358 9 555 0001" || len(code) != 6 {
		t.Fatalf("%q %q %v", code, phone, err)
	}
	open, err := h.Unlock(t.Context(), token, code)
	if err != nil || open.Letter.Reveal() != letterText || open.Safe == nil || *open.Safe != *careful || open.Key == "" {
		t.Fatalf("%+v %v", open, err)
	}
	if _, err := h.Unlock(t.Context(), token, code); !errors.Is(err, helpline.ErrWrongCode) {
		t.Errorf("the code opened twice: %v", err)
	}
	say := func(state helpline.ReferralState, reason string) (helpline.Handed, error) {
		return h.Say(t.Context(), token, open.Key, helpline.Receipt{State: state, Reason: reason})
	}
	for range 2 {
		if got, err := say(helpline.ReferralReceived, ""); err != nil || got.Letter.Reveal() != letterText || got.State != helpline.ReferralReceived {
			t.Fatalf("acknowledged: %+v %v", got, err)
		}
	}
	if _, err := say(helpline.ReferralInfoNeeded, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := say(helpline.ReferralDeclined, "p_time"); !errors.Is(err, helpline.ErrInvalid) {
		t.Errorf("declined for a reason of the person: %v", err)
	}
	if got, err := say(helpline.ReferralDeclined, "r_capacity"); err != nil || got.Letter.Reveal() != "" {
		t.Fatalf("declined: %+v %v", got, err)
	}
	if _, err := say("", ""); !errors.Is(err, helpline.ErrNotFound) {
		t.Errorf("the link lives on: %v", err)
	}
	second := h.link(h.post.next(t), "north@shelter.invalid", r.Word)
	now := h.state(r.ID, helpline.ReferralSent)
	if now.At != 1 || now.Hops[0].State != helpline.ReferralDeclined || now.Hops[0].Reason != "r_capacity" {
		t.Errorf("%+v", now.Hops)
	}
	code, phone, err = h.MakeCode(t.Context(), adviser, r.ID)
	if err != nil || phone != "+358 9 555 0002" {
		t.Fatal(phone, err)
	}
	if open, err = h.Unlock(t.Context(), second, code); err != nil || open.Letter.Reveal() != letterText {
		t.Errorf("%+v %v", open, err)
	}
	if all := h.sql(`SELECT body::text, letter, note, word FROM referral`) + h.log.String(); strings.Contains(all, "Sentinel") || strings.Contains(all, "555 7777") || strings.Contains(all, code) {
		t.Errorf("private text in clear:\n%s", all)
	}
}

func TestFiveWrongCodesShutTheLetter(t *testing.T) {
	t.Parallel()
	h := newHandHouse(t)
	adviser := adviserID()
	r := h.sent(adviser, "south")
	token := h.link(h.post.next(t), "south@shelter.invalid", r.Word)
	code, _, err := h.MakeCode(t.Context(), adviser, r.ID)
	if err != nil {
		t.Fatal(err)
	}
	wrong := "000000"
	if code == wrong {
		wrong = "000001"
	}
	for range 5 {
		if _, err := h.Unlock(t.Context(), token, wrong); !errors.Is(err, helpline.ErrWrongCode) {
			t.Fatal(err)
		}
	}
	if _, err := h.Unlock(t.Context(), token, code); !errors.Is(err, helpline.ErrWrongCode) {
		t.Fatal("the sixth try opened it")
	}
	if code, _, err = h.MakeCode(t.Context(), adviser, r.ID); err != nil {
		t.Fatal(err)
	}
	h.pass(25 * time.Hour)
	if _, err := h.Unlock(t.Context(), token, code); !errors.Is(err, helpline.ErrWrongCode) {
		t.Fatal("a code of yesterday opened it")
	}
	if code, _, err = h.MakeCode(t.Context(), adviser, r.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Unlock(t.Context(), token, code); err != nil {
		t.Errorf("a new code: %v", err)
	}
	for _, token := range []string{"", "x", token[:len(token)-2], token + "AA"} {
		if _, err := h.Show(t.Context(), token); !errors.Is(err, helpline.ErrNotFound) {
			t.Errorf("%q: %v", token, err)
		}
	}
}

// One referral, three advisers, four days, two chases, a receipt by telephone, and nobody arrives.
func TestOneReferralOfThreeAdvisers(t *testing.T) {
	t.Parallel()
	h := newHandHouse(t)
	first, second, third := adviserID(), adviserID(), adviserID()
	r := h.sent(first, "south")
	h.post.next(t)
	if _, err := h.Act(t.Context(), second, r.ID, "waits_receiver", "", time.Time{}); !errors.Is(err, helpline.ErrClaimed) {
		t.Errorf("a colleague took what was in hand: %v", err)
	}
	if _, _, err := h.Keep(t.Context(), first, r.ID, helpline.NewText("Calls from 040 555 1234 only, rings twice.")); err != nil {
		t.Fatal(err)
	}
	unanswered := func(late int) {
		t.Helper()
		all, old, err := h.rows.Unanswered(t.Context())
		if err != nil || all != 1 || old != late {
			t.Errorf("%d unanswered, %d of them late, want one, late %d: %v", all, old, late, err)
		}
	}
	unanswered(0)
	day := 24 * time.Hour
	h.pass(2 * day)
	unanswered(1)
	h.state(r.ID, helpline.ReferralSent)
	if got, err := h.Act(t.Context(), second, r.ID, "chased_link", "", time.Time{}); err != nil || got.Next != "chase" {
		t.Fatal(got.Next, err)
	}
	h.link(h.post.next(t), "south@shelter.invalid", r.Word)
	h.pass(2 * day)
	if _, err := h.Act(t.Context(), third, r.ID, "chased_phone", "", time.Time{}); err != nil {
		t.Fatal(err)
	}
	got, err := h.Take(t.Context(), third, r.ID, helpline.Receipt{State: helpline.ReferralAccepted, Via: "phone"})
	if err != nil || got.Next != "ask_arrival" || got.Hops[0].Chases != 2 || len(got.Actions) != 2 || got.Hops[0].Via != "phone" {
		t.Fatalf("%+v %v", got, err)
	}
	if _, note, letter, err := h.Look(t.Context(), third, r.ID, true); err != nil || letter.Reveal() != letterText || note.Reveal() != "Calls from [phone] only, rings twice." {
		t.Errorf("%q %v", note.Reveal(), err)
	}
	if all, late, err := h.rows.Unanswered(t.Context()); err != nil || all != 0 || late != 0 {
		t.Errorf("accepted, and still unanswered: %d, %d late: %v", all, late, err)
	}
	if n := h.sql(`SELECT deed FROM audit WHERE deed = 'letter_read'`); n != "letter_read" {
		t.Errorf("reading the letter is not audited: %q", n)
	}
	h.pass(3*day + time.Minute)
	if r := h.state(r.ID, helpline.ReferralAccepted); r.Letter.Sealed != "" {
		t.Error("the letter can be read 72 hours after the decision")
	}
	h.pass(11 * day)
	if r := h.state(r.ID, helpline.ReferralAccepted); r.Next != "ask_arrival" || r.NextAt.After(time.Now().Add(h.ahead)) {
		t.Errorf("arrival is not asked at 14 days: %s %s", r.Next, r.NextAt)
	}
	h.pass(15 * day)
	h.state(r.ID, helpline.ReferralAccepted)
	h.pass(day)
	over := h.state(r.ID, helpline.ReferralNotConnected)
	if over.Next != "tell_person" || over.Note.Sealed != "" || over.Claim != "" {
		t.Errorf("%+v", over)
	}
	h.pass(29 * day)
	h.state(r.ID, helpline.ReferralNotConnected)
	if counts, err := h.rows.ReferralCounts(t.Context()); err != nil || len(counts) != 0 {
		t.Error(counts, err)
	}
	for range 2 { // a second round counts nothing twice
		h.pass(day)
	}
	if _, err := h.rows.Referral(t.Context(), r.ID); !errors.Is(err, helpline.ErrNotFound) {
		t.Errorf("the row is there: %v", err)
	}
	counts, err := h.rows.ReferralCounts(t.Context())
	if err != nil || len(counts) != 1 || counts[0].Destination != "shelter" || counts[0].State != helpline.ReferralNotConnected || counts[0].N != 1 || counts[0].Days != "over" {
		t.Errorf("%+v %v", counts, err)
	}
}

// A letter that expires before 72 hours after the decision are over is read until it expires, and not a minute longer,
// whether a round has erased it by then or not.
func TestALetterNeverOutlivesItsExpiry(t *testing.T) {
	t.Parallel()
	h := newHandHouse(t)
	adviser := adviserID()
	r := h.sent(adviser, "south")
	h.post.next(t)
	day := 24 * time.Hour
	expiry := h.state(r.ID, helpline.ReferralSent).Letter.Until
	h.idle(15 * day) // no round has let it lapse: the receiver's word comes first
	got, err := h.Take(t.Context(), adviser, r.ID, helpline.Receipt{State: helpline.ReferralAccepted, Via: "phone"})
	if err != nil || !got.Letter.Until.Equal(expiry) || !expiry.Before(got.Hops[0].Decided.Add(3*day)) {
		t.Fatalf("readable until %s, at first until %s; decided %+v; %v", got.Letter.Until, expiry, got.Hops, err)
	}
	read := func(want string) {
		t.Helper()
		if _, _, letter, err := h.Look(t.Context(), adviser, r.ID, true); err != nil || letter.Reveal() != want {
			t.Errorf("read %q, want %q: %v", letter.Reveal(), want, err)
		}
	}
	h.pass(2*day - time.Hour)
	read(letterText)
	h.idle(time.Hour + time.Minute)
	if h.state(r.ID, helpline.ReferralAccepted).Letter.Sealed == "" {
		t.Fatal("a round was made")
	}
	read("")
	h.pass(0)
	if left := h.sql(`SELECT letter FROM referral`); left != "" || h.state(r.ID, helpline.ReferralAccepted).Letter.Sealed != "" {
		t.Errorf("kept past its expiry: %s", left)
	}
}

// Nobody answers: lapsed after 14 days, on to the next, and after the last the person is told.
func TestSilenceLapsesAndGoesOn(t *testing.T) {
	t.Parallel()
	h := newHandHouse(t)
	r := h.sent(adviserID(), "south", "north")
	h.post.next(t)
	h.pass(14*24*time.Hour - time.Hour)
	h.state(r.ID, helpline.ReferralSent)
	h.pass(2 * time.Hour)
	h.link(h.post.next(t), "north@shelter.invalid", r.Word)
	if r := h.state(r.ID, helpline.ReferralSent); r.Hops[0].State != helpline.ReferralLapsed || r.At != 1 {
		t.Errorf("%+v", r.Hops)
	}
	h.pass(14 * 24 * time.Hour)
	if r := h.state(r.ID, helpline.ReferralLapsed); r.Ended.IsZero() || r.Next != "tell_person" {
		t.Errorf("%+v", r)
	}
}

// What was entered in error ends from wherever it stands, whoever has it in hand: letter, note and link are gone, the
// audit has it once, and no count ever does.
func TestWhatWasEnteredInErrorCountsNowhere(t *testing.T) {
	t.Parallel()
	h := newHandHouse(t)
	r := h.sent(adviserID(), "south", "north")
	token := h.link(h.post.next(t), "south@shelter.invalid", r.Word)
	supervisor, name := adviserID(), uuid.NewString()
	for range 2 {
		if got, err := h.Once(name).Mistaken(t.Context(), supervisor, r.ID); err != nil || got.State() != helpline.ReferralError || got.Hops[1].State != helpline.ReferralError {
			t.Fatalf("%+v %v", got, err)
		}
	}
	if left := h.sql(`SELECT letter, note FROM referral`); left != "" {
		t.Errorf("left: %s", left)
	}
	if _, err := h.Show(t.Context(), token); !errors.Is(err, helpline.ErrNotFound) {
		t.Errorf("the link lives on: %v", err)
	}
	if _, err := h.Once(uuid.NewString()).Mistaken(t.Context(), supervisor, r.ID); !errors.Is(err, helpline.ErrForbiddenMove) {
		t.Errorf("from an end: %v", err)
	}
	if deeds := h.sql(`SELECT deed, adviser::text FROM audit WHERE deed = 'referral_error'`); deeds != "referral_error "+supervisor {
		t.Errorf("audited: %s", deeds)
	}
	h.pass(31 * 24 * time.Hour)
	if left := h.sql(`SELECT id::text FROM referral`) + h.sql(`SELECT state FROM referral_count`); left != "" {
		t.Errorf("counted or kept: %s", left)
	}
}

// The own house keeps no letter here: the register has it. What was written for others is theirs alone.
func TestTheOwnHouseKeepsNoLetter(t *testing.T) {
	t.Parallel()
	h := newHandHouse(t)
	adviser := adviserID()
	r, err := h.Open(t.Context(), adviser, helpline.Wanted{ID: uuid.NewString(), Language: "sv", Age: "adult", Tell: "self", Receivers: []string{"own"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Consent(t.Context(), adviser, r.ID, []helpline.Consent{{Item: "share_nas", Receiver: "own", State: "given", By: "person"}}, false); err != nil {
		t.Fatal(err)
	}
	if _, _, err := h.Write(t.Context(), adviser, r.ID, helpline.NewText(letterText), careful); !errors.Is(err, helpline.ErrNoLetter) {
		t.Errorf("a letter to the own house: %v", err)
	}
	if _, err := h.Send(t.Context(), adviser, r.ID); !errors.Is(err, helpline.ErrSafeWanted) {
		t.Errorf("sent without safe contact: %v", err)
	}
	if _, _, err := h.Write(t.Context(), adviser, r.ID, helpline.Text{}, &helpline.Safe{None: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Send(t.Context(), adviser, r.ID); err != nil {
		t.Fatal(err)
	}
	if _, _, err := h.MakeCode(t.Context(), adviser, r.ID); !errors.Is(err, helpline.ErrForbiddenMove) {
		t.Errorf("a code for no letter: %v", err)
	}
	if left := h.sql(`SELECT letter FROM referral`); left != "" {
		t.Errorf("a letter is kept: %s", left)
	}
	if n := h.sql(`SELECT id::text FROM river.river_job`); n != "" {
		t.Errorf("mail was asked for: %s", n)
	}
}
