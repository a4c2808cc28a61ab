package helpline

import (
	"context"
	"fmt"
)

// Transfer offers a leg to another adviser. The owner keeps it, and may go on writing, until the
// target accepts; a decline, a miss or a lost connection leaves it where it is and tells the owner.
// Errors: ErrNotFree (the target has no slot now), ErrNotFound, ErrConsoleReplaced.
func (l *Line) Transfer(ctx context.Context, c Console, contact, target string) error {
	events, err := l.Queue.Transfer(ctx, c, contact, target)
	l.Note(events)
	if err != nil {
		return fmt.Errorf("transfer leg: %w", err)
	}
	return nil
}

// Requeue gives a leg back to the queue at its original arrival, on top, in another language when
// one is given.
func (l *Line) Requeue(ctx context.Context, c Console, contact, language string) error {
	events, err := l.Queue.Requeue(ctx, c, contact, language)
	l.Note(events)
	if err != nil {
		return fmt.Errorf("requeue leg: %w", err)
	}
	return nil
}

// Handover gives everything back at once: offers without blame, conversations on top with text and
// draft, forms as owed. The adviser is off duty.
func (l *Line) Handover(ctx context.Context, c Console) error {
	events, err := l.Queue.Handover(ctx, c)
	l.Note(events)
	if err != nil {
		return fmt.Errorf("hand over: %w", err)
	}
	return nil
}

// Park frees the slot of a leg whose person has been gone for Timing.Park; the owner is asked first
// when they come back. Errors: ErrTooSoon, ErrNotFound.
func (l *Line) Park(ctx context.Context, c Console, contact string) error {
	events, err := l.Queue.Park(ctx, c, contact)
	l.Note(events)
	if err != nil {
		return fmt.Errorf("park leg: %w", err)
	}
	return nil
}

// Take opens danger that waits, or a leg that this adviser parked, without an offer. It answers once
// durable. Errors: ErrNotFree (no slot), ErrNotFound (somebody else has it, or it is not to be taken).
func (l *Line) Take(ctx context.Context, c Console, contact string) (Opened, error) {
	leg, events, err := l.Queue.Take(ctx, c, contact)
	if err != nil {
		l.Note(events)
		return Opened{}, fmt.Errorf("take contact: %w", err)
	}
	if err := l.durable(ctx, events); err != nil {
		return Opened{}, err
	}
	o := l.open(ctx, leg)
	l.greet(ctx, c, &o)
	return o, nil
}

// CloseDanger ends danger that fell silent, by a person and with a code of DangerClose. It answers
// once durable.
func (l *Line) CloseDanger(ctx context.Context, c Console, contact, code string) error {
	events, err := l.Queue.CloseDanger(ctx, c, contact, code)
	if err != nil {
		return fmt.Errorf("close danger: %w", err)
	}
	return l.durable(ctx, events)
}
