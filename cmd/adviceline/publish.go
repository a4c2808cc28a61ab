package main

import (
	"context"
	"math/rand/v2"
	"time"

	"adviceline/helpline/disclose"
	"adviceline/storage"
)

const (
	// releaseEvery is how often a node looks whether a period is over with its embargo, with as much jitter again.
	releaseEvery = 30 * time.Minute
	// releaseTime bounds one look. A year takes less than a minute; what is not frozen by then the next look draws anew.
	releaseTime = 15 * time.Minute
)

// publish releases the periods that are over, at once and from time to time, until ctx ends. Every node does so; one
// at a time works.
func (n *node) publish(ctx context.Context) {
	for ctx.Err() == nil {
		if err := n.publishOnce(ctx); err != nil && ctx.Err() == nil {
			n.log.WarnContext(ctx, "statistics not released, the next turn tries again", "error", err)
		}
		wait(ctx, releaseEvery+rand.N(releaseEvery)) // #nosec G404 -- jitter
	}
}

func (n *node) publishOnce(ctx context.Context) error {
	bound, cancel := context.WithTimeout(ctx, releaseTime)
	defer cancel()
	settings := disclose.Standard()
	settings.EmbargoDays = n.cfg.EmbargoDays
	done, err := n.store.Release(bound, storage.ReleaseOptions{Settings: settings})
	n.metrics.Released(done.Tables, done.Withheld)
	if done.Periods > 0 {
		n.log.InfoContext(ctx, "statistics released", "periods", done.Periods, "tables", done.Tables, "withheld", done.Withheld)
	}
	return err
}
