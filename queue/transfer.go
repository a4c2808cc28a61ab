package queue

import (
	"context"

	"adviceline/helpline"
)

// Transfer implements helpline.TransferQueue.
func (q *Queue) Transfer(ctx context.Context, c helpline.Console, contact, target string) ([]helpline.Event, error) {
	_, events, err := q.run(ctx, "transfer", c.Adviser, c.Epoch, contact, target)
	return events, err
}

// Requeue implements helpline.TransferQueue.
func (q *Queue) Requeue(ctx context.Context, c helpline.Console, contact, language string) ([]helpline.Event, error) {
	_, events, err := q.run(ctx, "requeue", c.Adviser, c.Epoch, contact, language)
	return events, err
}

// Handover implements helpline.TransferQueue.
func (q *Queue) Handover(ctx context.Context, c helpline.Console) ([]helpline.Event, error) {
	_, events, err := q.run(ctx, "handover", c.Adviser, c.Epoch)
	return events, err
}

// Park implements helpline.TransferQueue.
func (q *Queue) Park(ctx context.Context, c helpline.Console, contact string) ([]helpline.Event, error) {
	_, events, err := q.run(ctx, "park", c.Adviser, c.Epoch, contact)
	return events, err
}

// Take implements helpline.TransferQueue.
func (q *Queue) Take(ctx context.Context, c helpline.Console, contact string) (helpline.Leg, []helpline.Event, error) {
	var l leg
	events, err := q.into(ctx, &l, "take", c.Adviser, c.Epoch, contact)
	return l.domain(), events, err
}

// CloseDanger implements helpline.DangerQueue.
func (q *Queue) CloseDanger(ctx context.Context, c helpline.Console, contact, code string) ([]helpline.Event, error) {
	_, events, err := q.run(ctx, "danger", c.Adviser, c.Epoch, contact, code)
	return events, err
}
