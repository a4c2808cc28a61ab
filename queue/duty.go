package queue

import (
	"context"
	"strings"

	"adviceline/helpline"
)

// ConsoleUp implements helpline.PresenceQueue.
func (q *Queue) ConsoleUp(ctx context.Context, a helpline.Adviser) (helpline.Desk, []helpline.Event, error) {
	var out struct {
		Epoch  int64             `json:"epoch"`
		Duty   helpline.Duty     `json:"duty"`
		Legs   []leg             `json:"legs"`
		Offers []helpline.Notice `json:"offers"`
		Owed   []leg             `json:"owed"`
	}
	events, err := q.into(ctx, &out, "console_up", a.ID, a.Alias, strings.Join(a.Languages, ","), a.Capacity,
		a.Socket, strings.Join(a.Skills, ","))
	return helpline.Desk{
		Console: helpline.Console{Adviser: a.ID, Epoch: out.Epoch, Socket: a.Socket}, Duty: out.Duty, Legs: legs(out.Legs),
		Offers: out.Offers, Owed: legs(out.Owed),
	}, events, err
}

// ConsoleDown implements helpline.PresenceQueue.
func (q *Queue) ConsoleDown(ctx context.Context, c helpline.Console) ([]helpline.Event, error) {
	_, events, err := q.run(ctx, "console_down", c.Adviser, c.Epoch, c.Socket)
	return events, err
}

// Duty implements helpline.PresenceQueue. An empty state only takes note of Audible.
func (q *Queue) Duty(ctx context.Context, c helpline.Console, w helpline.DutyWish) (helpline.Duty, []helpline.Event, error) {
	var d helpline.Duty
	events, err := q.into(ctx, &d, "duty", c.Adviser, c.Epoch, w.State, w.Reason, flag(w.Audible))
	return d, events, err
}
