package helpline

import (
	"context"
	"fmt"
	"time"
)

// Leg is a contact at an adviser's desk, texts still sealed.
type Leg struct {
	Facts
	State        State
	Epoch        int64
	Seq          int64
	Kept         int64 // as of a View
	Waited       time.Duration
	Key          string
	Told         string // sealed; empty once the text is destroyed
	Draft        string
	DraftVersion int64
	Earlier      int    // legs that the contact had before this one, as far as Redis remembers
	Held         int    // messages that wait for Release since a return by number
	Group        string // who may take it: a language with its skill, or "interpreter"
	Interpreter  string // how far one is, a code of InterpreterState; empty: none was asked for
	Listener     string // alias of the supervisor who listens in; empty: nobody does
	History      []SealedMessage
}

// Opened is a leg that its adviser can read. Draft is nil when there is none.
type Opened struct {
	Leg
	Messages []Message
	Answers  []byte   // the draft's outcome form as JSON
	Greeting *Message // the first line, where it was said just now
}

// Accept takes an offer: owner, joined and history in one script. It answers once the fact is
// durable; a repetition gives the same leg. Errors: ErrOfferGone (one millisecond late is late),
// ErrConsoleReplaced.
func (l *Line) Accept(ctx context.Context, c Console, offer string) (Opened, error) {
	leg, events, err := l.Queue.Accept(ctx, c, offer)
	if err != nil {
		l.Note(events)
		return Opened{}, fmt.Errorf("accept offer: %w", err)
	}
	if err := l.durable(ctx, events); err != nil {
		return Opened{}, err
	}
	o := l.open(ctx, leg)
	l.greet(ctx, c, &o)
	return o, nil
}

// Decline hands an offer back: the contact keeps its original arrival, the adviser cools down.
func (l *Line) Decline(ctx context.Context, c Console, offer, reason string) error {
	events, err := l.Queue.Decline(ctx, c, offer, reason)
	l.Note(events)
	if err != nil {
		return fmt.Errorf("decline offer: %w", err)
	}
	return nil
}

func (l *Line) open(ctx context.Context, leg Leg) Opened {
	l.openTold(&leg.Facts, leg.Key, leg.Told)
	o := Opened{Leg: leg, Answers: l.answers(leg)}
	for _, m := range leg.History {
		o.Messages = append(o.Messages, l.OpenMessage(ctx, leg.Contact, leg.Key, m))
	}
	return o
}
