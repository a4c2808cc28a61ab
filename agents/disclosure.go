package agents

import (
	"context"
	"time"

	"adviceline/helpline"
	"adviceline/helpline/codes"
)

// disclosureFrame records what was told to an authority without consent: it has been done, and waits for
// nobody. Its ref is the record's id. At is when; absent: now.
type disclosureFrame struct {
	head
	Ground   string `json:"ground"`
	Receiver string `json:"receiver"`
	At       string `json:"at,omitempty"`
	Receipt  string `json:"receipt,omitempty"`
}

type disclosedFrame struct {
	Type string `json:"type"`
	Ref  string `json:"ref"`
	ID   string `json:"id"`
}

// disclosure answers "disclosed" once it stands. Errors: helpline.ErrInvalid, ErrBusy.
func disclosure(ctx context.Context, c *console, f disclosureFrame) (any, error) {
	if c.hub.Register == nil {
		return nil, errNotAvailable
	}
	if !codes.DisclosureGround.Has(f.Ground) || !codes.DestinationKind.Has(f.Receiver) {
		return nil, helpline.ErrInvalid
	}
	d := helpline.Disclosure{ID: f.Ref, Ground: f.Ground, Receiver: f.Receiver, Receipt: f.Receipt, Adviser: c.seat().Adviser}
	if f.At != "" {
		at, err := time.Parse("2006-01-02T15:04:05.000Z", f.At)
		if err != nil {
			return nil, helpline.ErrInvalid
		}
		d.At = at
	}
	if err := c.hub.Register.Record(ctx, d, c.hub.Now()); err != nil {
		return nil, err
	}
	return disclosedFrame{Type: "disclosed", Ref: f.Ref, ID: d.ID}, nil
}
