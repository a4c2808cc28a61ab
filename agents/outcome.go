package agents

import (
	"context"
	"encoding/json"
	"errors"

	"adviceline/helpline"
	"adviceline/helpline/codes"
	"adviceline/helpline/strict"
)

// draftFrame keeps an unfinished form; versions start at 1 and rise with every change.
type draftFrame struct {
	head
	Contact string          `json:"contact"`
	Version int64           `json:"version"`
	Outcome json.RawMessage `json:"outcome"`
}

// outcomeFrame records the form, or corrects it.
type outcomeFrame struct {
	head
	Contact string          `json:"contact"`
	Outcome json.RawMessage `json:"outcome"`
}

// owedForm is one form that is due, in welcome. Since is when the contact arrived.
type owedForm struct {
	Contact      string          `json:"contact"`
	Channel      string          `json:"channel"`
	Language     string          `json:"language"`
	Lane         helpline.Lane   `json:"lane"`
	Since        string          `json:"since"`
	Draft        json.RawMessage `json:"draft,omitempty"`
	DraftVersion int64           `json:"draft_version,omitempty"`
}

// draft answers "drafted". Errors: helpline.ErrStaleDraft, ErrInvalid, ErrNotFound, ErrKeysGone.
func draft(ctx context.Context, c *console, f draftFrame) (any, error) {
	if !canonical(f.Contact) || f.Version < 1 {
		return nil, helpline.ErrInvalid
	}
	answers, err := unfinished(f.Outcome)
	if err != nil {
		return nil, badForm(err)
	}
	if err := c.hub.Line.Draft(ctx, c.seat(), f.Contact, f.Version, answers); err != nil {
		return nil, err
	}
	return answered{Type: "drafted", Ref: f.Ref, Contact: f.Contact, Version: f.Version}, nil
}

// outcome answers "recorded" once durable. Errors: helpline.ErrInvalid, ErrNotFound, ErrKeysGone.
func outcome(ctx context.Context, c *console, f outcomeFrame) (any, error) {
	if !canonical(f.Contact) {
		return nil, helpline.ErrInvalid
	}
	a, err := codes.DecodeAnswers(f.Outcome)
	if err != nil {
		return nil, badForm(err)
	}
	matterOf(ctx, c, f, &a)
	if err := c.hub.Line.Record(ctx, c.seat(), f.Contact, codes.Canonical(codes.Least(a))); err != nil {
		return nil, err
	}
	c.dropLeg(f.Contact)
	return answered{Type: "recorded", Ref: f.Ref, Contact: f.Contact}, nil
}

// unfinished reads a form of which only the outcome itself may be missing yet.
func unfinished(data []byte) ([]byte, error) {
	var a codes.Answers
	if err := strict.Decode(data, &a); err != nil {
		return nil, err
	}
	whole := a
	if len(whole.Outcome) == 0 {
		whole.Outcome = codes.Outcome.Codes()[:1] // any: only the rest is to be judged
	}
	if err := codes.Validate(whole); err != nil {
		return nil, err
	}
	return codes.Canonical(codes.Least(a)), nil
}

// form is an error that names the field of a form at fault, never its value.
type form struct{ field string }

func (f form) Error() string { return "form refused in " + f.field }
func (f form) Unwrap() error { return helpline.ErrInvalid }

func badForm(err error) error {
	if invalid, ok := errors.AsType[codes.Invalid](err); ok {
		return form{field: invalid.Field}
	}
	if problem, ok := errors.AsType[strict.Problem](err); ok {
		return form{field: problem.Field}
	}
	return helpline.ErrInvalid
}

func owedOf(o helpline.Opened) owedForm {
	f := owedForm{
		Contact: o.Contact, Channel: o.Channel, Language: o.Language, Lane: o.Lane, Since: instant(o.Arrival),
	}
	f.Draft, f.DraftVersion = draftOf(o)
	return f
}

func draftOf(o helpline.Opened) (json.RawMessage, int64) {
	if !json.Valid(o.Answers) {
		return nil, 0
	}
	return o.Answers, o.DraftVersion
}
