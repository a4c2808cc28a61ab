package main

import (
	"context"
	"time"

	"adviceline/helpline"
)

// enterTime bounds one try to enter the line: the rebuild of a line with 100,000 open legs is within it.
const enterTime = 60 * time.Second

// enter makes the line usable for this node: at its start, and again when Redis turns out to be another
// process or another node began a new incarnation. Until then every script of this node is refused.
func (n *node) enter(ctx context.Context) error {
	bound, cancel := context.WithTimeout(ctx, enterTime)
	defer cancel()
	door := helpline.Door{
		Line: n.cfg.Line, Live: n.queue, Lives: n.store, Ledger: n.ledger, Dress: n.line.Dress,
		Reclaim: n.cfg.Timing.Reclaim, Lost: n.metrics.TextLost, Log: n.log,
	}
	incarnation, err := door.Enter(bound)
	if err != nil {
		return err
	}
	n.incarnation.Store(incarnation)
	return nil
}

// again enters the line anew under a node that runs. Every socket is asked to come back: its page then sends
// what Redis may have lost, its console takes back what is its own.
func (n *node) again() bool {
	before := n.incarnation.Load()
	if err := n.enter(context.Background()); err != nil {
		n.log.Error("line not entered again", "error", err)
		return false
	}
	n.log.Warn("line entered again", "incarnation", n.incarnation.Load())
	if n.incarnation.Load() == before {
		return true
	}
	n.tellServed(context.Background())
	n.contacts.Recall()
	n.listeners.Cut()
	n.hub.Recall()
	return true
}
