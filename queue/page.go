package queue

import (
	"context"
	"encoding/json"
	"fmt"

	"adviceline/helpline"
)

// watch is a shift as the scripts read it.
type watch struct {
	From      int64    `json:"f"`
	Until     int64    `json:"u"`
	Tier      int      `json:"t"`
	Adviser   string   `json:"p"`
	Languages []string `json:"l"`
}

// Roster implements helpline.PageQueue.
func (q *Queue) Roster(ctx context.Context, watches []helpline.Watch) error {
	list := make([]watch, len(watches))
	for i, w := range watches {
		list[i] = watch{w.From.UnixMilli(), w.Until.UnixMilli(), w.Tier, w.Person, append([]string{}, w.Languages...)}
	}
	text, err := json.Marshal(list)
	if err != nil {
		return fmt.Errorf("write roster: %w", err)
	}
	_, _, err = q.run(ctx, "roster", text)
	return err
}

// Acknowledge implements helpline.PageQueue.
func (q *Queue) Acknowledge(ctx context.Context, page, adviser string) (open bool, events []helpline.Event, err error) {
	var out struct {
		Open bool `json:"open"`
	}
	events, err = q.into(ctx, &out, "acknowledge", page, adviser)
	return out.Open, events, err
}
