package helpline

import (
	"context"
	"fmt"
)

// External is a call or visit that came beside the queue, as its adviser tells it. Contact names a leg that
// is open already; without it one is opened. Answers is a validated form as JSON, nil for none yet.
type External struct {
	Ref      string // of the frame: the same again changes nothing
	Channel  string // phone or in_person
	Contact  string
	Language string // to talk in when called back
	Answers  []byte
	Callback *CallbackWish
	Body     []byte // of the callback as sent
}

// Externals lists the channels of an External.
func Externals() []string { return []string{"phone", "in_person"} }

// ExternalQueue keeps legs beside the queue. External is idempotent by contact; without a channel it only
// finds. ErrNotFound for one that is not there or another's, ErrTooMany for more than twenty.
type ExternalQueue interface {
	External(ctx context.Context, c Console, contact, channel string) (Leg, []Event, error)
}

// CallID is the contact id of what an adviser opens by the frame ref.
func (l *Line) CallID(adviser, ref string) string {
	return l.Tokens.ContactID("external/" + adviser + "/" + ref)
}

// Beside opens the leg of a call or visit, books the callback that was agreed and records the form, as far as
// they are given: a callback that is refused leaves nothing behind. Each part is idempotent, so that the whole
// may be sent again. booked is nil without a callback. Errors: those of Admit and of Record, ErrNotFound (no
// open leg of this adviser), ErrTooMany.
func (l *Line) Beside(ctx context.Context, c Console, x External) (leg Leg, booked *Admission, err error) {
	if l.External == nil {
		return Leg{}, nil, ErrNotFound
	}
	if x.Contact != "" {
		if leg, _, err = l.External.External(ctx, c, x.Contact, ""); err != nil {
			return Leg{}, nil, fmt.Errorf("find external leg: %w", err)
		}
	}
	if x.Callback != nil {
		a, err := l.Admit(ctx, Intake{
			RequestID: "callback/" + c.Adviser + "/" + x.Ref, Body: x.Body, Channel: "callback", PageLanguage: x.Language,
			Language: x.Language, Asks: "other", Callback: x.Callback,
		})
		if err != nil {
			return Leg{}, nil, err
		}
		booked = &a
	}
	if x.Contact == "" {
		var events []Event
		if leg, events, err = l.External.External(ctx, c, l.CallID(c.Adviser, x.Ref), x.Channel); err != nil {
			return Leg{}, nil, fmt.Errorf("open external leg: %w", err)
		}
		if err := l.durable(ctx, events); err != nil {
			return Leg{}, nil, err
		}
	}
	if x.Answers == nil {
		return leg, booked, nil
	}
	leg.State = Completed
	return leg, booked, l.Record(ctx, c, leg.Contact, x.Answers)
}
