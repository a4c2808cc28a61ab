package helpline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// IntakeQueue is what the steps intake and waiting need of the live state. Every mutating method
// is one atomic, idempotent step and returns the events that the step appended to the spool.
type IntakeQueue interface {
	Enqueue(ctx context.Context, e Entry) (Entered, []Event, error)
	Resume(ctx context.Context, r Return) (Entered, []Event, error)
	Leave(ctx context.Context, contact string, version int64, kind string) ([]Event, error)
	View(ctx context.Context, contact string, version int64) (View, error)
	Positions(ctx context.Context, contacts []string) (map[string]Position, error)
}

// PresenceQueue keeps which sockets live where. A contact has one socket, an adviser one console. Got is
// the last message that a contact's page says it has received.
type PresenceQueue interface {
	ContactUp(ctx context.Context, contact string, version int64, socket string) (View, []Event, error)
	ContactDown(ctx context.Context, contact, socket string, got int64) ([]Event, error)
	ConsoleUp(ctx context.Context, a Adviser) (Desk, []Event, error)
	ConsoleDown(ctx context.Context, c Console) ([]Event, error)
	Duty(ctx context.Context, c Console, wish DutyWish) (Duty, []Event, error)
}

// OfferQueue answers offers.
type OfferQueue interface {
	Accept(ctx context.Context, c Console, offer string) (Leg, []Event, error)
	Decline(ctx context.Context, c Console, offer, reason string) ([]Event, error)
}

// TransferQueue moves legs from one adviser to another.
type TransferQueue interface {
	Transfer(ctx context.Context, c Console, contact, target string) ([]Event, error)
	Requeue(ctx context.Context, c Console, contact, language string) ([]Event, error)
	Handover(ctx context.Context, c Console) ([]Event, error)
	Park(ctx context.Context, c Console, contact string) ([]Event, error)
	Take(ctx context.Context, c Console, contact string) (Leg, []Event, error)
}

// DangerQueue closes danger that fell silent.
type DangerQueue interface {
	CloseDanger(ctx context.Context, c Console, contact, code string) ([]Event, error)
}

// ConversationQueue keeps conversations. History gives at most 2,000 messages after seq, in order.
// Release lets out what is held since a return by number, and says how many messages.
// Forward tells the node that holds a stream what its page has posted. Missing notes that a page has seen a
// number that the conversation does not hold any more: both sides are told once.
type ConversationQueue interface {
	Say(ctx context.Context, s Saying) (Said, error)
	History(ctx context.Context, contact string, after int64) ([]SealedMessage, error)
	Typing(ctx context.Context, c Console, contact string) error
	End(ctx context.Context, c Console, contact, reason string) ([]Event, error)
	Release(ctx context.Context, c Console, contact string) (int64, error)
	Forward(ctx context.Context, p Posted) error
	Missing(ctx context.Context, contact string, seen int64) ([]Event, error)
}

// OutcomeQueue keeps drafts and takes recorded outcomes. A draft is its own wrapped key, a space and
// the sealed form.
type OutcomeQueue interface {
	Draft(ctx context.Context, c Console, contact string, version int64, draft string) error
	Record(ctx context.Context, c Console, contact string, s Staged) ([]Event, error)
	Owed(ctx context.Context, c Console) ([]Leg, error)
}

// Queue is the whole live state of a line.
type Queue interface {
	IntakeQueue
	PresenceQueue
	OfferQueue
	TransferQueue
	DangerQueue
	ColleagueQueue
	ConversationQueue
	OutcomeQueue
	Status(ctx context.Context) (Status, error)
}

// Ledger makes events durable in Postgres. Submit never blocks; the channel gives nil once the
// events are committed, or the reason why they were not (the spool still has them).
type Ledger interface {
	Submit(events []Event) <-chan error
}

// Sealer makes and opens what is private (privacy.md, Keys). What is sealed for one contact,
// field and version opens for no other.
type Sealer interface {
	SealAnew(class string, lastDay time.Time, contact, field string, version int64, plain []byte) (wrapped, sealed string, err error)
	Seal(wrapped, contact, field string, version int64, plain []byte) (string, error)
	Open(wrapped, contact, field string, version int64, sealed string) ([]byte, error)
	Stage(contact string, plain []byte) (generation string, key []byte, sealed, wrapped string, err error)
}

// Line is one helpline: a method per step. It holds no state of its own; Redis decides what is,
// Postgres remembers what was. Safe for concurrent use.
type Line struct {
	Queue   Queue
	Ledger  Ledger
	Seal    Sealer
	Tokens  Tokens
	Timing  Timing
	Now     func() time.Time // only for the day of a key; Redis TIME decides everything else
	Log     *slog.Logger
	Observe func(Event)   // metrics; called once per event by the node that made it
	Calls   *Callbacks    // nil: the line takes no callbacks
	Watches Watches       // nil: no roster says when a shift ends
	Paging  PageQueue     // nil: nobody is paged
	Ratings FeedbackQueue // nil: feedback is not counted
	Matters *Matters      // nil: the line keeps no cards

	Over func(ctx context.Context, incarnation int64) error // ends a life of the queue that the ledger has left; nil: nobody does

	Interpreters InterpreterQueue                 // nil: how far an interpreter is stands nowhere
	FirstLine    func(languages ...string) string // greets whom nobody on duty can talk to; nil: nobody does

	External ExternalQueue // nil: nothing is kept beside the queue
	Shifts   ShiftQueue    // nil: shifts are not handed over
}

// Note hands events of a step on whose end nobody waits to the ledger.
func (l *Line) Note(events []Event) {
	l.submit(events)
}

func (l *Line) submit(events []Event) <-chan error {
	if len(events) == 0 {
		done := make(chan error, 1)
		done <- nil
		return done
	}
	for _, e := range events {
		l.Observe(e)
	}
	return l.Ledger.Submit(events)
}

// durable waits until events are committed, at most Timing.DurableWait. When Postgres does not
// answer in time the fact stands in the spool, which the append-only file made durable before the
// script's reply came (architecture.md, "Three facts"). Events of a life that the ledger has left are no facts:
// ErrQueueUnavailable, and every node is shut out of that life, or a repetition would find the step done there.
func (l *Line) durable(ctx context.Context, events []Event) error {
	done := l.submit(events)
	timer := time.NewTimer(l.Timing.DurableWait)
	defer timer.Stop()
	select {
	case err := <-done:
		if errors.Is(err, ErrOldIncarnation) {
			if l.Over != nil {
				err = errors.Join(err, l.Over(ctx, events[0].Incarnation))
			}
			return fmt.Errorf("make durable: %w", errors.Join(ErrQueueUnavailable, err))
		}
		if err != nil {
			l.Log.WarnContext(ctx, "ledger behind, spool keeps the fact", "events", len(events))
		}
	case <-timer.C:
	case <-ctx.Done():
	}
	return nil
}
