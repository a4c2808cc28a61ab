package agents

import (
	"context"
	"slices"

	"adviceline/helpline"
	"adviceline/helpline/codes"
)

// handoverFrame gives everything back at once.
type handoverFrame struct{ head }

// transferFrame offers a leg to a colleague, or gives it back to the queue.
type transferFrame struct {
	head
	Contact string     `json:"contact"`
	To      transferTo `json:"to"`
}

// transferTo names either an adviser or the queue, there perhaps with another language.
type transferTo struct {
	Adviser  string `json:"adviser,omitempty"`
	Queue    bool   `json:"queue,omitempty"`
	Language string `json:"language,omitempty"`
}

// takeFrame opens waiting danger, or a leg that this adviser parked, without an offer.
type takeFrame struct {
	head
	Contact string `json:"contact"`
}

// parkFrame frees the slot of a leg whose person has been gone for long.
type parkFrame struct {
	head
	Contact string `json:"contact"`
}

// parkedLeg is a leg that waits for its person to come back, in welcome.
type parkedLeg struct {
	Contact  string        `json:"contact"`
	Channel  string        `json:"channel"`
	Language string        `json:"language"`
	Lane     helpline.Lane `json:"lane"`
	Since    string        `json:"since"` // when the contact arrived
}

// sequel is an answer and what is told right behind it. A repeated ref gets the answer alone.
type sequel struct {
	answer any
	then   []any
}

// handover answers "duty" and then tells every leg of this console as lost.
func handover(ctx context.Context, c *console, f handoverFrame) (any, error) {
	if err := c.hub.Line.Handover(ctx, c.seat()); err != nil {
		return nil, err
	}
	duty, err := c.wish(ctx, f.Ref, helpline.DutyWish{})
	if err != nil {
		return nil, err
	}
	out := sequel{answer: duty}
	for _, contact := range c.dropAll() {
		out.then = append(out.then, contactFrame{Type: "lost", Contact: contact, Reason: "handover"})
	}
	return out, nil
}

// transfer answers "transferring". To a colleague the leg stays until they accept; to the queue it goes at
// once. Errors: helpline.ErrInvalid, ErrNotFree, ErrNotFound.
func transfer(ctx context.Context, c *console, f transferFrame) (any, error) {
	answer := answered{Type: "transferring", Ref: f.Ref, Contact: f.Contact}
	switch {
	case !canonical(f.Contact), f.To.Queue == (f.To.Adviser != ""), !f.To.Queue && f.To.Language != "":
		return nil, helpline.ErrInvalid
	case f.To.Queue && f.To.Language != "" && !spoken(f.To.Language):
		return nil, helpline.ErrInvalid
	case !f.To.Queue && !canonical(f.To.Adviser):
		return nil, helpline.ErrInvalid
	case !f.To.Queue:
		return answer, c.hub.Line.Transfer(ctx, c.seat(), f.Contact, f.To.Adviser)
	}
	if err := c.hub.Line.Requeue(ctx, c.seat(), f.Contact, f.To.Language); err != nil {
		return nil, err
	}
	c.dropLeg(f.Contact)
	return c.freed(ctx, answer, transferredFrames(f.Contact)...)
}

// spoken leaves out the codes of the language list that name no language to talk in.
func spoken(language string) bool {
	return codes.Language.Has(language) && !slices.Contains([]string{"mul", "und"}, language)
}

// freed is an answer to what freed or took a slot: the duty follows, as far as it can be asked for.
func (c *console) freed(ctx context.Context, answer any, then ...any) (any, error) {
	duty, err := c.wish(ctx, "", helpline.DutyWish{})
	if err == nil {
		then = append(then, duty)
	}
	return sequel{answer: answer, then: then}, nil
}

// transferredFrames tell the old owner that somebody else has the leg.
func transferredFrames(contact string) []any {
	return []any{
		contactFrame{Type: "transferred", Contact: contact},
		contactFrame{Type: "lost", Contact: contact, Reason: "transferred"},
	}
}

// take answers "opened" once durable, as accept does. Errors: helpline.ErrNotFree, helpline.ErrNotFound.
func take(ctx context.Context, c *console, f takeFrame) (any, error) {
	if !canonical(f.Contact) {
		return nil, helpline.ErrInvalid
	}
	c.holdLegs()
	o, err := c.hub.Line.Take(ctx, c.seat(), f.Contact)
	if err != nil {
		return nil, err
	}
	c.dropParked(f.Contact)
	c.addLeg(o)
	a := openedOf(o)
	a.Type, a.Ref = "opened", f.Ref
	return c.freed(ctx, a, greeting(o)...)
}

// park answers "parked". Errors: helpline.ErrTooSoon, helpline.ErrNotFound.
func park(ctx context.Context, c *console, f parkFrame) (any, error) {
	if !canonical(f.Contact) {
		return nil, helpline.ErrInvalid
	}
	if err := c.hub.Line.Park(ctx, c.seat(), f.Contact); err != nil {
		return nil, err
	}
	c.parkLeg(f.Contact)
	return c.freed(ctx, answered{Type: "parked", Ref: f.Ref, Contact: f.Contact})
}

func parkedOf(l helpline.Leg) parkedLeg {
	return parkedLeg{Contact: l.Contact, Channel: l.Channel, Language: l.Language, Lane: l.Lane, Since: instant(l.Arrival)}
}
