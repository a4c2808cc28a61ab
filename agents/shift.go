package agents

import (
	"context"

	"adviceline/helpline"
)

// overviewFrame asks what is open; with confirm, whoever takes the shift over has seen it.
type overviewFrame struct {
	head
	Confirm bool `json:"confirm,omitempty"`
}

// heavyFrame counts a heavy contact, of nobody.
type heavyFrame struct{ head }

// overviewAnswer is what a shift hands to the next.
type overviewAnswer struct {
	Type      string          `json:"type"`
	Ref       string          `json:"ref"`
	Legs      []undone        `json:"legs"`
	Calls     []undone        `json:"calls"`
	Owed      []undone        `json:"owed"`
	Waiting   int             `json:"waiting"`
	Counts    helpline.Counts `json:"counts"`
	Confirmed *confirmed      `json:"confirmed,omitempty"`
}

// undone is one thing of it: at is the arrival of a leg, the due of a callback, the end of time of a form.
type undone struct {
	Contact  string         `json:"contact"`
	Channel  string         `json:"channel"`
	Language string         `json:"language"`
	Lane     helpline.Lane  `json:"lane"`
	State    helpline.State `json:"state"`
	At       string         `json:"at"`
	Alias    string         `json:"alias,omitempty"`
	Reason   string         `json:"reason,omitempty"`
	Attempts int            `json:"attempts,omitempty"`
}

type confirmed struct {
	At    string `json:"at"`
	Alias string `json:"alias"`
}

// overview answers "overview", with confirm once durable.
func overview(ctx context.Context, c *console, f overviewFrame) (any, error) {
	o, err := c.hub.Line.Overview(ctx, c.seat(), f.Confirm)
	if err != nil {
		return nil, err
	}
	a := overviewAnswer{
		Type: "overview", Ref: f.Ref, Legs: undoneOf(o.Legs), Calls: undoneOf(o.Calls), Owed: undoneOf(o.Owed),
		Waiting: o.Waiting, Counts: o.Counts,
	}
	if o.Confirmed != nil {
		a.Confirmed = &confirmed{At: instant(o.Confirmed.At), Alias: o.Confirmed.Alias}
	}
	return a, nil
}

func undoneOf(list []helpline.Undone) []undone {
	out := make([]undone, 0, len(list))
	for _, u := range list {
		out = append(out, undone{
			Contact: u.Contact, Channel: u.Channel, Language: u.Language, Lane: u.Lane, State: u.State, At: instant(u.At),
			Alias: u.Alias, Reason: u.Reason, Attempts: u.Attempts,
		})
	}
	return out
}

// heavy answers "counted".
func heavy(ctx context.Context, c *console, f heavyFrame) (any, error) {
	if err := c.hub.Line.Heavy(ctx, c.seat()); err != nil {
		return nil, err
	}
	return answered{Type: "counted", Ref: f.Ref}, nil
}
