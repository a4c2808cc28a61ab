package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"adviceline/helpline"
)

var _ helpline.LiveState = (*Queue)(nil)

// Life implements helpline.LiveState: the server's own run id, and what was recorded when the line
// was last entered.
func (q *Queue) Life(ctx context.Context) (runID, recorded string, incarnation int64, err error) {
	master, err := q.master(ctx)
	if err != nil {
		return "", "", 0, err
	}
	info, err := master.Info(ctx, "server").Result()
	if err != nil {
		return "", "", 0, fmt.Errorf("read redis life: %w", err)
	}
	m := runIDLine.FindStringSubmatch(info)
	if m == nil {
		return "", "", 0, errors.New("read redis life: no run id")
	}
	if err := q.isElected(ctx, m[1]); err != nil { // a connection may be older than the last failover
		return "", "", 0, fmt.Errorf("read redis life: %w", err)
	}
	values, err := q.door.HMGet(ctx, q.key(":meta"), "run_id", "incarnation").Result()
	if err != nil {
		return "", "", 0, fmt.Errorf("read redis life: %w", err)
	}
	recorded, _ = values[0].(string)
	text, _ := values[1].(string)
	return m[1], recorded, number(text), nil
}

// SetLife implements helpline.LiveState.
func (q *Queue) SetLife(ctx context.Context, runID string, incarnation int64) error {
	if err := q.door.HSet(ctx, q.key(":meta"), "run_id", runID, "incarnation", incarnation).Err(); err != nil {
		return fmt.Errorf("record redis life: %w", err)
	}
	return nil
}

// Bind implements helpline.LiveState: a connection to any other server process is refused from here on. Those that
// are open to one fail at their next use where it is gone; to a deposed master that lives they are used for servers.lifetime
// at most, and its scripts find their incarnation over.
func (q *Queue) Bind(runID string) {
	q.bound.Store(runID)
	select {
	case <-q.stale: // told before
	default:
	}
}

// Over shuts every node out of a life that the ledger has left: the next script of each finds it over, and its node
// enters again. A life that is over already stays as it is.
func (q *Queue) Over(ctx context.Context, incarnation int64) error {
	if _, _, err := q.run(ctx, "over", incarnation); err != nil && !errors.Is(err, ErrIncarnation) {
		return err
	}
	q.tell()
	return nil
}

// Time gives Redis' own clock.
func (q *Queue) Time(ctx context.Context) (time.Time, error) {
	t, err := q.rdb.Time(ctx).Result()
	if err != nil {
		return time.Time{}, fmt.Errorf("read redis clock: %w", err)
	}
	return t.UTC(), nil
}
