package helpline

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Draft keeps an unfinished form with the contact, sealed under a key of its own that outlives the
// conversation's until the form is due. ErrStaleDraft when a newer one stands.
func (l *Line) Draft(ctx context.Context, c Console, contact string, version int64, answers []byte) error {
	day := l.Now().UTC().Add(l.Timing.OutcomeDue).AddDate(0, 0, 1)
	key, sealed, err := l.Seal.SealAnew("live", day, contact, draftField, version, answers)
	if err != nil {
		return ErrKeysGone
	}
	if err := l.Queue.Draft(ctx, c, contact, version, key+" "+sealed); err != nil {
		return fmt.Errorf("keep draft: %w", err)
	}
	return nil
}

const draftField = "draft"

// answers opens a leg's draft, nil when there is none that can be opened.
func (l *Line) answers(leg Leg) []byte {
	key, sealed, ok := strings.Cut(leg.Draft, " ")
	if !ok {
		return nil
	}
	plain, err := l.Seal.Open(key, leg.Contact, draftField, leg.DraftVersion, sealed)
	if err != nil {
		return nil
	}
	return plain
}

// Form is what a staged outcome holds: the answers, and until when (ms since 1970) they may be corrected.
type Form struct {
	Until   int64           `json:"until"`
	Answers json.RawMessage `json:"answers"`
	// Counted says that the contact itself is counted and only the possible victim is not yet.
	Counted bool `json:"counted,omitempty"`
}

// Correction is the longest time in which a recorded form may be corrected.
const Correction = 72 * time.Hour

// rosterWait is how long a form waits for the roster; without it the longest time holds.
const rosterWait = 300 * time.Millisecond

// correctable gives until when this adviser may correct a form that is recorded now: the end of their next
// shift, at most Correction. Without a roster it is the longest time.
func (l *Line) correctable(ctx context.Context, adviser string) time.Time {
	now := l.Now().UTC()
	last := now.Add(Correction)
	if l.Watches == nil {
		return last
	}
	ctx, cancel := context.WithTimeout(ctx, rosterWait)
	defer cancel()
	watches, err := l.Watches(ctx, now, last)
	if err != nil {
		return last
	}
	next := last
	var begins time.Time
	for _, w := range watches {
		if w.Person != adviser || w.Tier != 0 || !w.From.After(now) {
			continue
		}
		if begins.IsZero() || w.From.Before(begins) {
			begins, next = w.From, w.Until
		}
	}
	if next.After(last) {
		return last
	}
	return next
}

// Record stages the outcome, sealed, and destroys what was said; without End it ends too. Again it
// corrects, while that is allowed. answers is a validated form as JSON. It answers once durable.
// Errors: ErrNotFound, ErrKeysGone.
func (l *Line) Record(ctx context.Context, c Console, contact string, answers []byte) error {
	s := Staged{Until: l.correctable(ctx, c.Adviser)}
	form, err := json.Marshal(Form{Until: s.Until.UnixMilli(), Answers: answers})
	if err != nil {
		return fmt.Errorf("record outcome: %w", ErrInvalid)
	}
	if s.Generation, s.Key, s.Sealed, s.Wrapped, err = l.Seal.Stage(contact, form); err != nil {
		l.Log.ErrorContext(ctx, "outcome cannot be sealed", "error", err)
		return ErrKeysGone
	}
	events, err := l.Queue.Record(ctx, c, contact, s)
	if err != nil {
		return fmt.Errorf("record outcome: %w", err)
	}
	return l.durable(ctx, events)
}

// Owed lists the forms that this adviser owes, or that anybody may finish by now.
func (l *Line) Owed(ctx context.Context, c Console) ([]Opened, error) {
	legs, err := l.Queue.Owed(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("list owed forms: %w", err)
	}
	return l.owed(legs), nil
}

func (l *Line) owed(legs []Leg) []Opened {
	var forms []Opened
	for _, leg := range legs {
		forms = append(forms, Opened{Leg: leg, Answers: l.answers(leg)})
	}
	return forms
}
