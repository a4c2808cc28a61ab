package queue

import (
	"context"

	"adviceline/helpline"
)

var (
	_ helpline.ExternalQueue = (*Queue)(nil)
	_ helpline.ShiftQueue    = (*Queue)(nil)
)

// left is one open thing as the script gives it, instants in ms.
type left struct {
	Contact  string `json:"contact"`
	Channel  string `json:"channel"`
	Language string `json:"language"`
	Lane     string `json:"lane"`
	State    string `json:"state"`
	At       int64  `json:"at"`
	Alias    string `json:"alias"`
	Reason   string `json:"reason"`
	Attempts int    `json:"attempts"`
}

func leftOf(list []left) []helpline.Undone {
	out := make([]helpline.Undone, 0, len(list))
	for _, l := range list {
		out = append(out, helpline.Undone{
			Contact: l.Contact, Channel: l.Channel, Language: l.Language, Lane: helpline.Lane(l.Lane), State: helpline.State(l.State),
			At: instant(l.At), Alias: l.Alias, Reason: l.Reason, Attempts: l.Attempts,
		})
	}
	return out
}

// Overview implements helpline.ShiftQueue.
func (q *Queue) Overview(ctx context.Context, c helpline.Console, confirm bool) (helpline.Overview, []helpline.Event, error) {
	var out struct {
		Legs      []left          `json:"legs"`
		Calls     []left          `json:"calls"`
		Owed      []left          `json:"owed"`
		Waiting   int             `json:"waiting"`
		Counts    helpline.Counts `json:"counts"`
		Confirmed *struct {
			At    int64  `json:"at"`
			Alias string `json:"alias"`
		} `json:"confirmed"`
	}
	events, err := q.into(ctx, &out, "overview", c.Adviser, c.Epoch, flag(confirm))
	o := helpline.Overview{
		Legs: leftOf(out.Legs), Calls: leftOf(out.Calls), Owed: leftOf(out.Owed), Waiting: out.Waiting, Counts: out.Counts,
	}
	if out.Confirmed != nil {
		o.Confirmed = &helpline.Confirmed{At: instant(out.Confirmed.At), Alias: out.Confirmed.Alias}
	}
	return o, events, err
}

// Heavy implements helpline.ShiftQueue.
func (q *Queue) Heavy(ctx context.Context, c helpline.Console) error {
	_, _, err := q.run(ctx, "heavy", c.Adviser, c.Epoch)
	return err
}
