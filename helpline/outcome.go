package helpline

import (
	"context"
	"fmt"
	"strings"
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

// Record stages the outcome, sealed, and destroys what was said; without End it ends too. Again it
// corrects, while that is allowed. answers is a validated form as JSON. It answers once durable.
// Errors: ErrNotFound, ErrKeysGone.
func (l *Line) Record(ctx context.Context, c Console, contact string, answers []byte) error {
	var s Staged
	var err error
	if s.Generation, s.Key, s.Sealed, s.Wrapped, err = l.Seal.Stage(contact, answers); err != nil {
		l.Log.ErrorContext(ctx, "outcome cannot be sealed", "error", err)
		return ErrKeysGone
	}
	events, err := l.Queue.Record(ctx, c, contact, s)
	if err != nil {
		return fmt.Errorf("record outcome: %w", err)
	}
	l.durable(ctx, events)
	return nil
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
