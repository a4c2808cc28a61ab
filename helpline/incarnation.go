package helpline

import (
	"context"
	"fmt"
	"time"
)

// LiveState is the queue as far as its life counts: which server process holds it and under which
// incarnation it was last used.
type LiveState interface {
	Life(ctx context.Context) (runID, recordedRunID string, incarnation int64, err error)
	SetLife(ctx context.Context, runID string, incarnation int64) error
	Overdue(ctx context.Context, olderThanMS int64, limit int) ([]Event, error)
}

// Lives is the ledger's side: one number per line, raised whenever the live state may have lost
// something. Hold runs f under the line's advisory lock.
type Lives interface {
	Hold(ctx context.Context, line string, f func(ctx context.Context) error) error
	Incarnation(ctx context.Context, line string) (int64, string, error)
	SetIncarnation(ctx context.Context, line string, incarnation int64, runID string) error
}

// Enter makes the live state usable for this node and gives the incarnation under which its scripts
// run. A server process that is not the recorded one starts a new incarnation, after what the spool
// still has was committed under the old one.
func Enter(ctx context.Context, line string, live LiveState, lives Lives, ledger Ledger) (int64, error) {
	var current int64
	err := lives.Hold(ctx, line, func(ctx context.Context) error {
		runID, recorded, inRedis, err := live.Life(ctx)
		if err != nil {
			return err
		}
		inPostgres, recordedThere, err := lives.Incarnation(ctx, line)
		if err != nil {
			return err
		}
		if runID == recorded && runID == recordedThere && inRedis == inPostgres && inRedis > 0 {
			current = inRedis
			return nil
		}
		if err := DrainAll(ctx, live, ledger); err != nil {
			return err
		}
		next := max(inRedis, inPostgres) + 1
		if err := live.SetLife(ctx, "", next); err != nil { // from here on no script of an older life writes
			return err
		}
		if err := DrainAll(ctx, live, ledger); err != nil {
			return err
		}
		if err := lives.SetIncarnation(ctx, line, next, runID); err != nil {
			return err
		}
		current = next
		return live.SetLife(ctx, runID, current)
	})
	if err != nil {
		return 0, fmt.Errorf("enter line: %w", err)
	}
	return current, nil
}

// DrainAll commits what the spool has, batch by batch, until nothing is left. The ledger may refuse
// single events for good; they are set aside by whoever wired it, so a failed batch is tried again a
// few times before the line stays shut.
func DrainAll(ctx context.Context, live LiveState, ledger Ledger) error {
	for failures := 0; ; {
		events, err := live.Overdue(ctx, 0, 500)
		if err != nil || len(events) == 0 {
			return err
		}
		select {
		case err = <-ledger.Submit(events):
		case <-ctx.Done():
			return ctx.Err()
		}
		if err == nil {
			continue
		}
		if failures++; failures == 4 {
			return fmt.Errorf("drain spool: %w", err)
		}
		timer := time.NewTimer(250 * time.Millisecond)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
}
