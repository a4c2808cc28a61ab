package helpline

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"
)

// settled is how old an event has to be before a drainer takes it: younger ones are in the hands of
// the node that made them.
const settled = 2 * time.Second

// Drain brings events that nobody committed to the ledger until ctx ends: those of a node that died
// or of a time without Postgres. Every node may run it; a second commit changes nothing.
func Drain(ctx context.Context, live LiveState, ledger Ledger, log *slog.Logger) {
	for ctx.Err() == nil {
		more, err := drainOnce(ctx, live, ledger)
		if err != nil {
			log.WarnContext(ctx, "spool not drained", "error", err)
		}
		if more && err == nil {
			continue
		}
		timer := time.NewTimer(time.Second + rand.N(250*time.Millisecond)) // #nosec G404 -- jitter
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
}

func drainOnce(ctx context.Context, live LiveState, ledger Ledger) (more bool, err error) {
	bound, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	events, err := live.Overdue(bound, settled.Milliseconds(), 500)
	if err != nil || len(events) == 0 {
		return false, err
	}
	select {
	case err := <-ledger.Submit(events):
		return len(events) == 500, err
	case <-bound.Done():
		return false, bound.Err()
	}
}
