package helpline

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// ReferralStore keeps referrals in Postgres, by its clock. ChangeReferral locks one row, lets f change it
// and stores it with what it asks to be mailed, in one transaction; an error of f stores nothing.
type ReferralStore interface {
	AddReferral(ctx context.Context, r Referral) error
	Referral(ctx context.Context, id string) (Referral, error)
	ReferralByWord(ctx context.Context, word string) (string, error)
	Referrals(ctx context.Context) ([]Referral, error)
	ChangeReferral(ctx context.Context, id string, f func(r *Referral, now time.Time) error) (Referral, error)
}

// ReferralClock is what the loop by the clock asks of the store: which referrals have something due, and
// to count and delete those that ended long ago.
type ReferralClock interface {
	DueReferrals(ctx context.Context, most int) ([]string, error)
	SettleReferrals(ctx context.Context) (int64, error)
}

// Receivers is the directory.
type Receivers interface {
	Receiver(ctx context.Context, id string) (Receiver, error)
	Receivers(ctx context.Context) ([]Receiver, error)
	PartnerOf(ctx context.Context, keyPrint string) (receiver string, err error)
}

// Referrals are the steps of handing a matter on. Safe for concurrent use.
type Referrals struct {
	Store     ReferralStore
	Clock     ReferralClock
	Directory Receivers
	Audit     Auditor
	Seal      Sealer
	Tokens    Tokens
	// Screen gives a text without what names a person, and the types of what it found.
	Screen func(text string) (redacted string, types []string)
	// Tell lets every console know; nil: nobody is told.
	Tell func(ctx context.Context, id, word string, state ReferralState)
	Log  *slog.Logger

	step string // see Once
}

// Once gives the same steps, of which the one that is taken next has a name: again under that name, whoever
// asks and at whatever node, it changes nothing.
func (s *Referrals) Once(name string) *Referrals {
	one := *s
	one.step = name
	return &one
}

// maxSteps is how many names of steps a referral remembers.
const maxSteps = 20

// Wanted is what a referral begins with.
type Wanted struct {
	ID        string // of the request: again, it changes nothing
	Language  string
	Age       string
	Suspect   bool
	Urgent    bool
	Tell      string
	Receivers []string // in the order in which they are asked
}

const maxHops = 8

// Open begins a referral: a draft with its receivers named. Errors: ErrInvalid, ErrUnknownReceiver.
func (s *Referrals) Open(ctx context.Context, adviser string, w Wanted) (Referral, error) {
	if len(w.Receivers) == 0 || len(w.Receivers) > maxHops || !has(consentAges, w.Age) || !has(tells, w.Tell) {
		return Referral{}, ErrInvalid
	}
	r := Referral{
		ID: w.ID, Word: s.Tokens.ReferralWord(w.ID), Language: w.Language, Age: w.Age, Suspect: w.Suspect, Urgent: w.Urgent,
		Tell: w.Tell, Claim: adviser, Next: "ask_consent",
	}
	seen := map[string]bool{}
	for _, id := range w.Receivers {
		x, err := s.Directory.Receiver(ctx, id)
		if err != nil {
			return Referral{}, err
		}
		if seen[id] || x.Status != active {
			return Referral{}, ErrUnknownReceiver
		}
		seen[id] = true
		r.Hops = append(r.Hops, Hop{Receiver: id, Kind: x.Kind, State: ReferralDraft})
	}
	if err := s.Store.AddReferral(ctx, r); err != nil {
		return Referral{}, err
	}
	return s.Store.Referral(ctx, r.ID)
}

// change lets an adviser do one thing with a referral that no colleague has in hand.
func (s *Referrals) change(ctx context.Context, adviser, id string, f func(r *Referral, now time.Time) error) (Referral, error) {
	return s.changed(ctx, id, func(r *Referral, now time.Time) error {
		if err := r.take(adviser, now); err != nil {
			return err
		}
		return f(r, now)
	})
}

// changed is a change by whoever, told to the consoles when it stands.
func (s *Referrals) changed(ctx context.Context, id string, f func(r *Referral, now time.Time) error) (Referral, error) {
	r, err := s.Store.ChangeReferral(ctx, id, func(r *Referral, now time.Time) error {
		if s.step == "" {
			return f(r, now)
		}
		if slices.Contains(r.Steps, s.step) {
			return nil
		}
		if err := f(r, now); err != nil {
			return err
		}
		r.Steps = append(r.Steps, s.step)
		r.Steps = r.Steps[max(0, len(r.Steps)-maxSteps):]
		return nil
	})
	if err != nil {
		return r, err
	}
	if s.Tell != nil {
		s.Tell(ctx, r.ID, r.Word, r.State())
	}
	return r, nil
}

// Claim takes a referral in hand for ten minutes. Errors: ErrNotFound, ErrClaimed.
func (s *Referrals) Claim(ctx context.Context, adviser, id string) (Referral, error) {
	return s.change(ctx, adviser, id, func(*Referral, time.Time) error { return nil })
}

// Consent takes the answers of the person, or of who answers for a child. Errors: ErrInvalid,
// ErrConsentWanted (the way to tell was not agreed to), ErrClaimed, ErrNotFound.
func (s *Referrals) Consent(ctx context.Context, adviser, id string, list []Consent, heard bool) (Referral, error) {
	return s.change(ctx, adviser, id, func(r *Referral, now time.Time) error { return r.consent(list, heard, now) })
}

const (
	letterClass = "letter"
	letterField = "letter"
	noteField   = "note"
	longLetter  = 8000 // code points
	longNote    = 1000
)

// Write keeps the letter and how the person may be reached. The types of what the letter holds of a person
// come back, so that the adviser sees what is handed over. An empty letter leaves the one that is there.
// Errors: ErrInvalid, ErrNoLetter, ErrForbiddenMove once it was sent and nobody asked, ErrKeysGone.
func (s *Referrals) Write(ctx context.Context, adviser, id string, letter Text, safe *Safe) (r Referral, types []string, err error) {
	text := letter.Reveal()
	if utf8.RuneCountInString(text) > longLetter || safe != nil && !safe.Whole() {
		return r, nil, ErrInvalid
	}
	r, err = s.change(ctx, adviser, id, func(r *Referral, now time.Time) error {
		switch r.State() {
		case ReferralDraft, ReferralPending, ReferralReady, ReferralInfoNeeded:
		default:
			return ErrForbiddenMove
		}
		if safe != nil {
			r.Safe = safe
		}
		if text != "" {
			if !r.lettered() {
				return ErrNoLetter
			}
			if err := s.lock(&r.Letter, r.ID, letterField, now.Add(lapseAfter+letterStays), []byte(text)); err != nil {
				return err
			}
		}
		if s := r.State(); s == ReferralReady || s == ReferralPending {
			r.begin(now)
		}
		return nil
	})
	if err == nil && text != "" {
		_, types = s.Screen(text)
	}
	return r, types, err
}

// lettered tells whether any receiver of a referral gets a letter: the own house's register does not.
func (r *Referral) lettered() bool {
	for _, h := range r.Hops {
		if h.Kind != kindNAS && h.State.Open() {
			return true
		}
	}
	return false
}

// Send hands the referral to the receiver in turn: neutral mail goes out, or for the own house nothing.
// Errors: ErrForbiddenMove, ErrSafeWanted, ErrLetterWanted, ErrClaimed, ErrNotFound.
func (s *Referrals) Send(ctx context.Context, adviser, id string) (Referral, error) {
	r, err := s.change(ctx, adviser, id, s.send)
	if err == nil {
		s.audit(ctx, adviser, "referral_sent", r.ID, r.hop().Kind)
	}
	return r, err
}

func (s *Referrals) send(r *Referral, now time.Time) error {
	h := r.hop()
	if !h.State.May(ReferralSent) {
		return ErrForbiddenMove
	}
	if r.Safe == nil {
		return ErrSafeWanted
	}
	if h.Kind != kindNAS && r.Letter.Sealed == "" && !r.withoutIdentity(*h) {
		return ErrLetterWanted
	}
	if err := h.move(ReferralSent, now); err != nil {
		return err
	}
	r.Code, r.Key, r.Tries = "", "", 0
	r.then("chase", now.Add(chaseAfter))
	if h.Kind == kindNAS {
		return nil // the register of the house has it; a letter waits only for receivers after it
	}
	r.Mails = append(r.Mails, r.At)
	if r.Letter.Sealed == "" {
		return nil
	}
	return s.relock(r, now.Add(lapseAfter+letterStays), now)
}

// Act notes what the duty did and says what is next, and when; without a next the one that is there stays,
// later by two days when somebody was chased. Errors: ErrInvalid, ErrForbiddenMove (to chase who was not
// asked), ErrClaimed, ErrNotFound.
func (s *Referrals) Act(ctx context.Context, adviser, id, code, next string, at time.Time) (Referral, error) { //nolint:gocyclo // one action a case
	if next != "" && !has(NextActions(), next) {
		return Referral{}, ErrInvalid
	}
	return s.change(ctx, adviser, id, func(r *Referral, now time.Time) error {
		if !at.IsZero() && (at.Before(now.Add(-time.Minute)) || at.After(now.Add(arrivalOver))) {
			return ErrInvalid
		}
		h := r.hop()
		if chased := code == "chased_phone" || code == "chased_link"; chased {
			if h.State != ReferralSent && h.State != ReferralReceived && h.State != ReferralInfoNeeded && h.State != ReferralAccepted {
				return ErrForbiddenMove
			}
			h.Chases++
			if code == "chased_link" {
				if h.Kind == kindNAS {
					return ErrNoLetter
				}
				r.Mails = append(r.Mails, r.At)
			}
			if next == "" && at.IsZero() {
				at = now.Add(chaseAfter)
			}
		}
		date, shift := shiftOf(now)
		r.Actions = append(r.Actions, Action{code, date, shift})
		if len(r.Actions) > maxActions {
			return ErrTooMany
		}
		switch {
		case next != "":
			r.then(next, at)
		case !at.IsZero():
			r.NextAt = at
		case code == "person_told" && !r.Ended.IsZero():
			r.then("", time.Time{})
		}
		if code == "info_sent" && h.State == ReferralInfoNeeded {
			return h.move(ReferralReceived, now)
		}
		return nil
	})
}

const maxActions = 100

// Keep writes the one note, without what names a person; the types of what was taken out come back.
func (s *Referrals) Keep(ctx context.Context, adviser, id string, note Text) (r Referral, types []string, err error) {
	text, types := s.Screen(note.Reveal())
	if utf8.RuneCountInString(text) > longNote {
		return r, nil, ErrInvalid
	}
	r, err = s.change(ctx, adviser, id, func(r *Referral, now time.Time) error {
		if !r.Ended.IsZero() {
			return ErrForbiddenMove
		}
		if strings.TrimSpace(text) == "" {
			r.Note = Locked{}
			return nil
		}
		return s.lock(&r.Note, r.ID, noteField, now.Add(noteStays), []byte(text))
	})
	return r, types, err
}

// Withdraw ends a referral because the person, or who answers for a child, says so: by its id, its word or
// the matter number. Errors: ErrInvalid for another reason, ErrNotFound, ErrForbiddenMove once it is over.
func (s *Referrals) Withdraw(ctx context.Context, adviser, id, reason string) (Referral, error) {
	if !strings.HasPrefix(reason, "p_") && reason != guardianNo && reason != "other" {
		return Referral{}, ErrInvalid
	}
	return s.changed(ctx, id, func(r *Referral, now time.Time) error {
		if err := r.close(ReferralWithdrawn, reason, now); err != nil {
			return err
		}
		r.Claim = ""
		return nil
	})
}

// close ends every hop that is open and takes what was written.
func (r *Referral) close(to ReferralState, reason string, now time.Time) error {
	if !r.hop().State.May(to) {
		return ErrForbiddenMove
	}
	for i := range r.Hops {
		h := &r.Hops[i]
		if !h.State.Open() {
			continue
		}
		if err := h.move(to, now); err != nil {
			return err
		}
		h.Reason = reason
	}
	r.erase()
	r.end(now, "")
	return nil
}

// Mistaken ends a referral that was entered in error, whoever has it in hand: a supervisor's step, under a name (Once)
// that is its row of the audit too, so that who got no answer takes it again until both stand. Errors: ErrNotFound,
// ErrForbiddenMove once it is over.
func (s *Referrals) Mistaken(ctx context.Context, supervisor, id string) (Referral, error) {
	r, err := s.changed(ctx, id, func(r *Referral, now time.Time) error { return r.close(ReferralError, "", now) })
	if err != nil {
		return r, err
	}
	err = s.Audit.Audit(ctx, Deed{ID: s.step, Adviser: supervisor, Deed: "referral_error", Contact: id})
	if err != nil {
		return r, fmt.Errorf("audit referral_error: %w", err)
	}
	return r, nil
}

func has(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// audit notes a deed that has been done; audited one that must not be done unnoted.
func (s *Referrals) audit(ctx context.Context, who, deed, id, code string) {
	if err := s.audited(ctx, who, deed, id, code); err != nil {
		s.Log.Error("deed not audited", "deed", deed, "error", err)
	}
}

func (s *Referrals) audited(ctx context.Context, who, deed, id, code string) error {
	if err := s.Audit.Audit(ctx, Deed{ID: s.Tokens.DeedID(), Adviser: who, Deed: deed, Contact: id, Code: code}); err != nil {
		return fmt.Errorf("audit %s: %w", deed, err)
	}
	return nil
}
