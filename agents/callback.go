package agents

import (
	"context"
	"strings"
	"time"

	"adviceline/helpline"
	"adviceline/helpline/codes"
)

// revealFrame asks for the number of a callback that this adviser has.
type revealFrame struct {
	head
	Contact string `json:"contact"`
}

// attemptFrame tells how a try went, with a result of CallbackResult, and when the next is wished. Its
// ref is the attempt's id.
type attemptFrame struct {
	head
	Contact string `json:"contact"`
	Result  string `json:"result"`
	Next    string `json:"next"`
}

// stopFrame takes a request back by the return number that the person tells on the telephone.
type stopFrame struct {
	head
	Number string `json:"number"`
}

// callbacksFrame asks for the list of callbacks.
type callbacksFrame struct{ head }

// numberFrame is what the adviser dials by.
type numberFrame struct {
	Type           string `json:"type"`
	Ref            string `json:"ref"`
	Contact        string `json:"contact"`
	Number         string `json:"number"`
	AskFor         string `json:"ask_for,omitempty"`
	Extension      string `json:"extension,omitempty"`
	CodeWord       string `json:"code_word"`
	MessageAllowed bool   `json:"message_allowed"`
}

type attemptedFrame struct {
	Type    string `json:"type"`
	Ref     string `json:"ref"`
	Contact string `json:"contact"`
	Attempt string `json:"attempt"`
	Due     string `json:"due,omitempty"` // absent: no further attempt is planned
}

type callbacksAnswer struct {
	Type string         `json:"type"`
	Ref  string         `json:"ref"`
	List []callbackLine `json:"list"`
}

// callbackLine is one callback of the list. State review: nobody dials until a person has looked.
type callbackLine struct {
	Contact  string        `json:"contact"`
	State    string        `json:"state"`
	Language string        `json:"language"`
	Lane     helpline.Lane `json:"lane"`
	Due      string        `json:"due"`
	Until    string        `json:"until"`
	Attempts int           `json:"attempts"`
	Reason   string        `json:"reason,omitempty"`
	Linked   int           `json:"linked"`
}

// callbackFrame tells every console: at_risk (its window closes in 20 min), missed, review.
type callbackFrame struct {
	Type     string        `json:"type"`
	Contact  string        `json:"contact"`
	State    string        `json:"state"`
	Language string        `json:"language"`
	Lane     helpline.Lane `json:"lane"`
	Due      string        `json:"due"`
	Reason   string        `json:"reason,omitempty"`
}

func callbackOf(n helpline.Notice) callbackFrame {
	return callbackFrame{
		Type: "callback", Contact: n.Contact, State: n.State, Language: n.Language, Lane: n.Lane,
		Due: instant(time.UnixMilli(n.Arrival)), Reason: n.Reason,
	}
}

// reveal answers "number" once the audit has it. Errors: helpline.ErrNotFound, ErrWindowsRefused (not
// inside a window now), ErrKeysGone.
func reveal(ctx context.Context, c *console, f revealFrame) (any, error) {
	if !canonical(f.Contact) {
		return nil, helpline.ErrInvalid
	}
	n, err := c.hub.Line.Reveal(ctx, c.seat(), f.Contact, f.Ref)
	if err != nil {
		return nil, err
	}
	return numberFrame{
		Type: "number", Ref: f.Ref, Contact: f.Contact, Number: n.Number.Reveal(), AskFor: n.AskFor.Reveal(),
		Extension: n.Extension.Reveal(), CodeWord: n.CodeWord.Reveal(), MessageAllowed: n.MessageAllowed,
	}, nil
}

// stays are the results after which the leg is still this adviser's, for the form.
var stays = map[string]bool{"reached": true, "cancelled": true, "superseded": true}

// attempt answers "attempted" once durable. Errors: helpline.ErrInvalid, ErrNotFound, ErrWindowsRefused.
func attempt(ctx context.Context, c *console, f attemptFrame) (any, error) {
	if !canonical(f.Contact) || !codes.CallbackResult.Has(f.Result) || f.Result == "expired" {
		return nil, helpline.ErrInvalid
	}
	a := helpline.Attempt{ID: f.Ref, Contact: f.Contact, Result: f.Result}
	if f.Next != "" {
		next, err := time.Parse("2006-01-02T15:04:05.000Z", f.Next)
		if err != nil {
			return nil, helpline.ErrWindowsRefused
		}
		a.Next = next
	}
	if f.Result == "reached_later" && a.Next.IsZero() {
		return nil, helpline.ErrWindowsRefused
	}
	due, err := c.hub.Line.Attempt(ctx, c.seat(), a)
	if err != nil {
		return nil, err
	}
	if !stays[f.Result] {
		c.dropLeg(f.Contact)
	}
	out := attemptedFrame{Type: "attempted", Ref: f.Ref, Contact: f.Contact, Attempt: f.Ref}
	if !due.IsZero() {
		out.Due = instant(due)
	}
	return out, nil
}

// stop answers "stopped". Errors: helpline.ErrInvalid, ErrNotFound.
func stop(ctx context.Context, c *console, f stopFrame) (any, error) {
	if len(f.Number) != 8 || strings.Trim(f.Number, "0123456789") != "" {
		return nil, helpline.ErrInvalid
	}
	if err := c.hub.Line.StopCall(ctx, c.seat(), f.Number, f.Ref); err != nil {
		return nil, err
	}
	return answered{Type: "stopped", Ref: f.Ref}, nil
}

// callbacks answers with the list: those that a person has to look at, then by due.
func callbacks(ctx context.Context, c *console, f callbacksFrame) (any, error) {
	list, err := c.hub.Line.DueCalls(ctx, c.seat())
	if err != nil {
		return nil, err
	}
	out := callbacksAnswer{Type: "callbacks", Ref: f.Ref, List: make([]callbackLine, 0, len(list))}
	for _, d := range list {
		out.List = append(out.List, callbackLine{
			Contact: d.Contact, State: string(d.State), Language: d.Language, Lane: d.Lane, Due: instant(d.Due),
			Until: instant(d.Till), Attempts: d.Attempts, Reason: d.Reason, Linked: d.Linked,
		})
	}
	return out, nil
}
