package agents

import (
	"context"

	"adviceline/helpline"
	"adviceline/helpline/codes"
)

// interpreterFrame tells how far an interpreter is with a leg, with a code of InterpreterState.
type interpreterFrame struct {
	head
	Contact string `json:"contact"`
	State   string `json:"state"`
}

type interpreterAnswer struct {
	Type    string `json:"type"`
	Ref     string `json:"ref"`
	Contact string `json:"contact"`
	State   string `json:"state"`
}

// interpreter answers the same. Errors: helpline.ErrInvalid, ErrNotFound.
func interpreter(ctx context.Context, c *console, f interpreterFrame) (any, error) {
	if !canonical(f.Contact) || !codes.InterpreterState.Has(f.State) {
		return nil, helpline.ErrInvalid
	}
	if err := c.hub.Line.Interpreter(ctx, c.seat(), f.Contact, f.State); err != nil {
		return nil, err
	}
	return interpreterAnswer{Type: "interpreter", Ref: f.Ref, Contact: f.Contact, State: f.State}, nil
}

// greeting gives what follows the answer to accept or take: the first line that was said in the person's own
// language. It comes as a message of its own, behind what the person wrote meanwhile or before it.
func greeting(o helpline.Opened) (then []any) {
	if o.Greeting != nil {
		f := messageOf(*o.Greeting)
		f.Type, f.Contact = "message", o.Contact
		then = append(then, f)
	}
	return then
}
