package queue

import (
	"context"

	"adviceline/helpline"
)

// Interpreter implements helpline.InterpreterQueue.
func (q *Queue) Interpreter(ctx context.Context, c helpline.Console, contact, state string) error {
	_, _, err := q.run(ctx, "interpreter", c.Adviser, c.Epoch, contact, state)
	return err
}
