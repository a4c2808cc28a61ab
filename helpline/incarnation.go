package helpline

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// LiveState is the queue as far as its life counts: which server process holds it and under which
// incarnation it was last used. All of it works before the line is entered. Bind names the server process
// that may be used from here on. Clear, Rebuild, Forget and Halt are the parts of a rebuild: empty the
// places, fill them, forget what the ledger does not know, hold matching for a time.
type LiveState interface {
	Life(ctx context.Context) (runID, recordedRunID string, incarnation int64, err error)
	SetLife(ctx context.Context, runID string, incarnation int64) error
	Bind(runID string)
	Overdue(ctx context.Context, olderThanMS int64, limit int) ([]Event, error)
	Clear(ctx context.Context) (advisers int, err error)
	Rebuild(ctx context.Context, incarnation int64, legs []Standing) (textLost int, err error)
	Forget(ctx context.Context, incarnation int64) error
	Halt(ctx context.Context, incarnation int64, d time.Duration) error
}

// Lives is the ledger's side: one number per line, raised whenever the live state may have lost
// something. Hold runs f under the line's advisory lock. Standings lists by contact, from after on, the
// legs that a queue has to know.
type Lives interface {
	Hold(ctx context.Context, line string, f func(ctx context.Context) error) error
	Incarnation(ctx context.Context, line string) (int64, string, error)
	SetIncarnation(ctx context.Context, line string, incarnation int64, runID string) error
	Standings(ctx context.Context, line, after string, n int) ([]Standing, error)
}

// Door is the one way into a line: at a node's start, and again whenever the live state turns out to be
// another server process, or its incarnation another, than the node has entered.
type Door struct {
	Line    string
	Live    LiveState
	Lives   Lives
	Ledger  Ledger
	Dress   func(ctx context.Context, s *Standing) // gives a leg what only this house can make
	Reclaim time.Duration                          // matching is held so long for consoles to come back
	Lost    func(conversations int)                // told how many conversations lost their text
	Log     *slog.Logger
}

// Enter makes the live state usable for this node and gives the incarnation under which its scripts
// run. A server process that is not the recorded one starts a
// new incarnation: what the spool still has is committed under the old one, then every place in the queue
// is made anew from the ledger. It dies on any line without harm: only the last one records the process.
func (d Door) Enter(ctx context.Context) (incarnation int64, err error) {
	err = d.Lives.Hold(ctx, d.Line, func(ctx context.Context) error {
		runID, recorded, inRedis, err := d.Live.Life(ctx)
		if err != nil {
			return err
		}
		inPostgres, recordedThere, err := d.Lives.Incarnation(ctx, d.Line)
		if err != nil {
			return err
		}
		if runID == recorded && runID == recordedThere && inRedis == inPostgres && inRedis > 0 {
			incarnation = inRedis
			d.Live.Bind(runID)
			return nil
		}
		next := max(inRedis, inPostgres) + 1
		if err := d.begin(ctx, next, runID); err != nil {
			return err
		}
		incarnation = next
		d.Live.Bind(runID)
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("enter line: %w", err)
	}
	return incarnation, nil
}

// begin starts a life.
func (d Door) begin(ctx context.Context, next int64, runID string) error {
	if err := DrainAll(ctx, d.Live, d.Ledger); err != nil {
		return err
	}
	if err := d.Live.SetLife(ctx, "", next); err != nil { // from here on no script of an older life writes
		return err
	}
	if err := DrainAll(ctx, d.Live, d.Ledger); err != nil {
		return err
	}
	if err := d.Lives.SetIncarnation(ctx, d.Line, next, runID); err != nil {
		return err
	}
	if err := d.rebuild(ctx, next); err != nil {
		return fmt.Errorf("rebuild: %w", err)
	}
	return d.Live.SetLife(ctx, runID, next)
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
