package agents

import (
	"context"
	"time"

	"adviceline/helpline"
	"adviceline/helpline/codes"
)

// dutyFrame asks for ready, paused (reason of PauseReason), on_phone, draining or off. Confirm: meant,
// though nobody else is ready for a language of this adviser.
type dutyFrame struct {
	head
	State   string `json:"state"`
	Reason  string `json:"reason,omitempty"`
	Confirm bool   `json:"confirm,omitempty"`
}

// audibleFrame says that a person heard this console ring.
type audibleFrame struct{ head }

// dutyAnswer is how the adviser stands; unasked it has no ref. until: no offers before it.
type dutyAnswer struct {
	Type     string `json:"type"`
	Ref      string `json:"ref,omitempty"`
	State    string `json:"state"`
	Audible  bool   `json:"audible"`
	Reason   string `json:"reason,omitempty"`
	Used     int    `json:"used"`
	Capacity int    `json:"capacity"`
	Until    string `json:"until,omitempty"`
}

// duty changes the duty; on_phone opens the telephone call, which is told behind the answer. Errors: helpline.ErrInvalid, ErrLastReady, ErrConsoleReplaced.
func duty(ctx context.Context, c *console, f dutyFrame) (any, error) {
	if !codes.Duty.Has(f.State) || f.State == "lost" {
		return nil, helpline.ErrInvalid
	}
	if f.Reason != "" && (f.State != "paused" || !codes.PauseReason.Has(f.Reason)) {
		return nil, helpline.ErrInvalid
	}
	state := f.State
	if state == "draining" {
		state = "off" // off while holding legs means draining; without legs there is nothing to drain
	}
	w := helpline.DutyWish{State: state, Reason: f.Reason, Confirmed: f.Confirm}
	if state != "on_phone" || c.hub.Line.External == nil {
		return c.wish(ctx, f.Ref, w)
	}
	w.Call = c.hub.Line.CallID(c.session.Person.ID, f.Ref)
	d, err := c.hub.Line.Duty(ctx, c.seat(), w)
	if err != nil || d.Call == "" {
		return dutyOf(f.Ref, d), err
	}
	call, err := c.onPhone(ctx, f.Ref, d.Call)
	if err != nil { // the welcome of the next console has it
		return dutyOf(f.Ref, d), nil
	}
	return sequel{answer: dutyOf(f.Ref, d), then: []any{call}}, nil
}

func audible(ctx context.Context, c *console, f audibleFrame) (any, error) {
	return c.wish(ctx, f.Ref, helpline.DutyWish{Audible: true})
}

func (c *console) wish(ctx context.Context, ref string, w helpline.DutyWish) (any, error) {
	d, err := c.hub.Line.Duty(ctx, c.seat(), w)
	if err != nil {
		return nil, err
	}
	return dutyOf(ref, d), nil
}

func dutyOf(ref string, d helpline.Duty) dutyAnswer {
	a := dutyAnswer{
		Type: "duty", Ref: ref, State: d.State, Audible: d.Audible, Reason: d.Reason, Used: d.Used, Capacity: d.Capacity,
	}
	if d.Until > 0 {
		a.Until = instant(time.UnixMilli(d.Until))
	}
	return a
}

// instant writes t as the wire does: RFC 3339, UTC, milliseconds.
func instant(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
