package agents

import (
	"context"
	"encoding/json"

	"adviceline/helpline"
	"adviceline/helpline/codes"
)

// acceptFrame takes an offer.
type acceptFrame struct {
	head
	Offer string `json:"offer"`
}

// declineFrame hands one back, with a reason of OfferDecline.
type declineFrame struct {
	head
	Offer  string `json:"offer"`
	Reason string `json:"reason"`
}

// offerFrame is one offer, unasked or in welcome.
type offerFrame struct {
	Type      string        `json:"type,omitempty"`
	Offer     string        `json:"offer"`
	Contact   string        `json:"contact"`
	Channel   string        `json:"channel"`
	Language  string        `json:"language"`
	Asks      string        `json:"asks"`
	Role      string        `json:"role,omitempty"`
	Lane      helpline.Lane `json:"lane"`
	Child     bool          `json:"child"`
	Waited    int64         `json:"waited_seconds"`
	ExpiresIn int64         `json:"expires_in_ms"`
}

// openedFrame is a leg with what was said in it: the answer to accept, and each leg of welcome.
// The draft is an outcome form without what is not yet known.
type openedFrame struct {
	Type         string          `json:"type,omitempty"`
	Ref          string          `json:"ref,omitempty"`
	Contact      string          `json:"contact"`
	Channel      string          `json:"channel"`
	Language     string          `json:"language"`
	Page         string          `json:"page_language,omitempty"`
	Second       string          `json:"second_language,omitempty"`
	Interpreted  bool            `json:"interpreted"`           // nobody staffs the language
	Interpreter  string          `json:"interpreter,omitempty"` // how far one is
	Asks         string          `json:"asks"`
	Role         string          `json:"role,omitempty"`
	Organisation string          `json:"organisation,omitempty"`
	Lane         helpline.Lane   `json:"lane"`
	Child        bool            `json:"child"`
	Waited       int64           `json:"waited_seconds"`
	Epoch        int64           `json:"epoch"`
	Seq          int64           `json:"seq"`
	State        string          `json:"state"` // active, transferring, or ended while the outcome is due
	History      []messageFrame  `json:"history"`
	Earlier      int             `json:"earlier_legs,omitempty"`
	Held         int             `json:"held,omitempty"`     // messages that wait for a release
	Listener     string          `json:"listener,omitempty"` // alias of the supervisor who listens in
	Draft        json.RawMessage `json:"draft,omitempty"`
	DraftVersion int64           `json:"draft_version,omitempty"`
}

// answered confirms a step on one object; only the fields that the step has are there.
type answered struct {
	Type    string `json:"type"`
	Ref     string `json:"ref"`
	Offer   string `json:"offer,omitempty"`
	Contact string `json:"contact,omitempty"`
	CID     string `json:"cid,omitempty"`
	Seq     int64  `json:"seq,omitempty"`
	At      string `json:"at,omitempty"`
	Version int64  `json:"version,omitempty"`
}

// accept answers once durable. Meanwhile the contact may write: those messages are held back until
// the leg they belong to was told. Errors: helpline.ErrOfferGone, helpline.ErrConsoleReplaced.
func accept(ctx context.Context, c *console, f acceptFrame) (any, error) {
	if !canonical(f.Offer) {
		return nil, helpline.ErrInvalid
	}
	c.holdLegs()
	o, err := c.hub.Line.Accept(ctx, c.seat(), f.Offer)
	if err != nil {
		return nil, err
	}
	c.addLeg(o)
	a := openedOf(o)
	a.Type, a.Ref = "opened", f.Ref
	if then := greeting(o); len(then) > 0 {
		return sequel{answer: a, then: then}, nil
	}
	return a, nil
}

// decline answers "declined". Errors: helpline.ErrInvalid, helpline.ErrOfferGone.
func decline(ctx context.Context, c *console, f declineFrame) (any, error) {
	if !canonical(f.Offer) || !codes.OfferDecline.Has(f.Reason) {
		return nil, helpline.ErrInvalid
	}
	if err := c.hub.Line.Decline(ctx, c.seat(), f.Offer, f.Reason); err != nil {
		return nil, err
	}
	return answered{Type: "declined", Ref: f.Ref, Offer: f.Offer}, nil
}

func offerOf(n helpline.Notice) offerFrame {
	return offerFrame{
		Offer: n.Offer, Contact: n.Contact, Channel: n.Channel, Language: n.Language, Asks: n.Asks, Role: n.Role,
		Lane: n.Lane, Child: n.Child, Waited: max(n.Now-n.Arrival, 0) / 1000, ExpiresIn: max(n.Expires-n.Now, 0),
	}
}

func openedOf(o helpline.Opened) openedFrame {
	f := openedFrame{
		Contact: o.Contact, Channel: o.Channel, Language: o.Language, Page: o.PageLanguage, Second: o.SecondLanguage,
		Interpreted: o.Interpreted(), Interpreter: o.Interpreter, Asks: o.Asks, Role: o.Role, Organisation: o.Organisation,
		Lane: o.Lane, Child: o.Child, Waited: int64(o.Waited.Seconds()),
		Epoch: o.Epoch, Seq: lastSeq(o), State: standing(o.State), History: make([]messageFrame, 0, len(o.Messages)), Held: o.Held, Earlier: o.Earlier,
		Listener: o.Listener,
	}
	for _, m := range o.Messages {
		f.History = append(f.History, messageOf(m))
	}
	f.Draft, f.DraftVersion = draftOf(o)
	return f
}

// lastSeq is the last message that this desk knows of: the history is read a moment after the leg.
func lastSeq(o helpline.Opened) int64 {
	last := o.Seq
	for _, m := range o.Messages {
		last = max(last, m.Seq)
	}
	return last
}

// standing is how a leg stands for its owner, who has to know of a transfer that is under way.
func standing(s helpline.State) string {
	if s == helpline.Transferring {
		return string(s)
	}
	return s.Public()
}
