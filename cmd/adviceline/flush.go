package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"adviceline/helpline/disclose"
	"adviceline/storage"
)

const (
	// flushEvery is how often a node looks whether enough outcomes wait, with as much jitter again.
	flushEvery = 5 * time.Minute
	// spoolQuiet is the age from which an event in the spool says that Postgres is behind: a correction may be on
	// its way.
	spoolQuiet = time.Minute
)

// flush turns outcomes into numbers until ctx ends. Every node does so; one at a time works.
func (n *node) flush(ctx context.Context) {
	for ctx.Err() == nil {
		wait(ctx, flushEvery+rand.N(flushEvery)) // #nosec G404 -- jitter
		if ctx.Err() != nil {
			return
		}
		if err := n.flushOnce(ctx); err != nil {
			n.log.WarnContext(ctx, "numbers not made, the next turn tries again", "error", err)
		}
	}
}

// flushOnce flushes outcomes, counts the contacts of days that are over.
func (n *node) flushOnce(ctx context.Context) error {
	bound, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	waiting, err := n.queue.Overdue(bound, spoolQuiet.Milliseconds(), 1)
	if err != nil {
		return err
	}
	done, err := n.store.Flush(bound, storage.FlushOptions{Keys: n.keys, Batch: disclose.LeastBatch, Quiet: len(waiting) == 0})
	if done.Unreadable > 0 {
		n.log.ErrorContext(ctx, "staged outcomes cannot be read", "outcomes", done.Unreadable)
	}
	_, late := n.store.CountClosed(bound, n.cfg.Line, disclose.LeastBatch)
	return errors.Join(err, late)
}
