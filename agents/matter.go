package agents

import (
	"context"
	"encoding/json"
	"strings"

	"adviceline/helpline"
	"adviceline/helpline/codes"
)

// matterFrame asks for the card of the number that a person tells. Contact is the leg that it belongs
// to, which is linked; empty: none yet.
type matterFrame struct {
	head
	Number  string `json:"number"`
	Contact string `json:"contact"`
}

// cardFrame writes the card of a leg.
type cardFrame struct {
	head
	Contact string          `json:"contact"`
	Codes   json.RawMessage `json:"codes"`
	Note    string          `json:"note"`
}

// cardAnswer is a card, for the adviser who knows its number.
type cardAnswer struct {
	Type    string          `json:"type"`
	Ref     string          `json:"ref"`
	Contact string          `json:"contact,omitempty"`
	Codes   json.RawMessage `json:"codes"`
	Note    string          `json:"note,omitempty"`
}

// cardedFrame confirms a card; Number opens it, for the person to take along.
type cardedFrame struct {
	Type     string `json:"type"`
	Ref      string `json:"ref"`
	Contact  string `json:"contact"`
	Number   string `json:"number"`
	Redacted bool   `json:"redacted"` // something that looked like an identity was taken out of the note
}

// matter answers "card". Errors: helpline.ErrInvalid, ErrNotFound (wrong, over, or another's contact),
// ErrTriesUsed, ErrBusy.
func matter(ctx context.Context, c *console, f matterFrame) (any, error) {
	if len(f.Number) != 8 || strings.Trim(f.Number, "0123456789") != "" || f.Contact != "" && !canonical(f.Contact) {
		return nil, helpline.ErrInvalid
	}
	card, err := c.hub.Line.Matter(ctx, c.seat(), f.Number, f.Contact, f.Ref)
	if err != nil {
		return nil, err
	}
	return cardAnswer{Type: "card", Ref: f.Ref, Contact: f.Contact, Codes: card.Codes, Note: card.Note.Reveal()}, nil
}

// card answers "carded" once it is stored. Errors: helpline.ErrInvalid, ErrNotFound, ErrBusy, ErrKeysGone.
func card(ctx context.Context, c *console, f cardFrame) (any, error) {
	if !canonical(f.Contact) {
		return nil, helpline.ErrInvalid
	}
	sheet, err := codes.DecodeCard(f.Codes)
	if err != nil {
		return nil, badForm(err)
	}
	number, redacted, err := c.hub.Line.Card(ctx, c.seat(), f.Contact, f.Ref, helpline.CardSheet{
		Codes: codes.CanonicalCard(sheet), Note: helpline.NewText(f.Note),
	})
	if err != nil {
		return nil, err
	}
	return cardedFrame{Type: "carded", Ref: f.Ref, Contact: f.Contact, Number: number, Redacted: redacted}, nil
}

// matterOf is what a form has to do with its matter: one that was linked by its number is continued, and
// whoever took the number and has no card yet gets one of the form's codes.
func matterOf(ctx context.Context, c *console, f outcomeFrame, a *codes.Answers) {
	m := c.hub.Line.MatterOf(ctx, c.seat(), f.Contact)
	if m.Continued {
		a.Matter = "continued"
	}
	if !m.Wanted || m.Carded {
		return
	}
	sheet := helpline.CardSheet{Codes: codes.CanonicalCard(codes.CardOf(*a))}
	if _, _, err := c.hub.Line.Card(ctx, c.seat(), f.Contact, f.Ref, sheet); err != nil {
		c.hub.Log.ErrorContext(ctx, "card of a number that was taken is not kept", "error", err)
	}
}
