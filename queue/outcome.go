package queue

import (
	"context"
	"encoding/base64"

	"adviceline/helpline"
)

// Draft implements helpline.OutcomeQueue.
func (q *Queue) Draft(ctx context.Context, c helpline.Console, contact string, version int64, draft string) error {
	_, _, err := q.run(ctx, "draft", c.Adviser, c.Epoch, contact, version, draft)
	return err
}

// Record implements helpline.OutcomeQueue.
func (q *Queue) Record(ctx context.Context, c helpline.Console, contact string, s helpline.Staged) ([]helpline.Event, error) {
	key := base64.StdEncoding.EncodeToString(s.Key)
	_, events, err := q.run(ctx, "outcome", c.Adviser, c.Epoch, contact, s.Generation, key, s.Wrapped, s.Sealed, since1970(s.Until))
	return events, err
}

// Owed implements helpline.OutcomeQueue.
func (q *Queue) Owed(ctx context.Context, c helpline.Console) ([]helpline.Leg, error) {
	var out struct {
		Legs []leg `json:"legs"`
	}
	_, err := q.into(ctx, &out, "owed", c.Adviser, c.Epoch)
	return legs(out.Legs), err
}
