package queue

import (
	"context"

	"adviceline/helpline"
)

var _ helpline.ListenQueue = (*Queue)(nil)

// CanListen implements helpline.ListenQueue.
func (q *Queue) CanListen(ctx context.Context, l helpline.Listener) error {
	_, _, err := q.run(ctx, "listen", l.Contact, l.Supervisor, l.Alias, l.Socket, flag(true))
	return err
}

// Listen implements helpline.ListenQueue.
func (q *Queue) Listen(ctx context.Context, l helpline.Listener) error {
	_, _, err := q.run(ctx, "listen", l.Contact, l.Supervisor, l.Alias, l.Socket, flag(false))
	return err
}

// Unlisten implements helpline.ListenQueue.
func (q *Queue) Unlisten(ctx context.Context, contact, socket string) error {
	_, _, err := q.run(ctx, "unlisten", contact, socket)
	return err
}
