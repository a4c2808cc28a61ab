package queue

import (
	"context"

	"adviceline/helpline"
)

// External implements helpline.ExternalQueue.
func (q *Queue) External(ctx context.Context, c helpline.Console, contact, channel string) (helpline.Leg, []helpline.Event, error) {
	var l leg
	events, err := q.into(ctx, &l, "external", c.Adviser, c.Epoch, contact, channel)
	return l.domain(), events, err
}
