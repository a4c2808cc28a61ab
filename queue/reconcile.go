package queue

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"adviceline/helpline"
)

// RepairKinds are what Reconcile can find: a leg that is not where its state says (place), a place that holds
// who is elsewhere (stray), a load that is not that of offers and legs (load), more than an adviser can have
// (capacity), something open without a timer (timer), an owner or a socket whose lease nobody keeps (lease),
// an adviser who is not found where they serve (serving), a class that counts wrong (count).
var RepairKinds = []string{"place", "stray", "load", "capacity", "timer", "lease", "serving", "count"}

// Reconcile holds the given members (c|contact, a|adviser, w|class) to the invariants of a leg and an adviser,
// repairs what breaks them in the same step, and counts the repairs by kind.
func (q *Queue) Reconcile(ctx context.Context, members []string) (map[string]int, []helpline.Event, error) {
	if len(members) == 0 {
		return nil, nil, nil
	}
	args := make([]any, len(members))
	for i, m := range members {
		args[i] = m
	}
	var out struct {
		Repairs map[string]int `json:"repairs"`
	}
	events, err := q.into(ctx, &out, "reconcile", args...)
	return out.Repairs, events, err
}

// reconcileEvery is between two pages of keys, reconcilePage how many a page has about, so that a line with 100,000 open
// legs is gone through in a quarter of an hour by one node. A step has reconcileStep of them at most: whoever asks Redis
// for something waits behind 25 and not behind 250, which took 3 to 7 ms.
const (
	reconcileEvery = 2 * time.Second
	reconcilePage  = 250
	reconcileStep  = 25
)

// RunReconcile goes through everything that the line has, page by page, until ctx ends. Every node may.
func (n *Node) RunReconcile(ctx context.Context) {
	cursor := uint64(0)
	for ctx.Err() == nil {
		pause(ctx, reconcileEvery/2+rand.N(reconcileEvery)) // #nosec G404 -- jitter
		bound, cancel := context.WithTimeout(ctx, 5*time.Second)
		members, next, err := n.Queue.page(bound, cursor)
		if err == nil {
			err = n.reconcile(bound, members)
			cursor = next
		}
		cancel()
		if err != nil && !errors.Is(err, context.Canceled) {
			n.Log.DebugContext(ctx, "live state not gone through", "error", err)
		}
	}
}

// reconcile takes a page in steps. What a step that failed would have looked at is looked at in the next round.
func (n *Node) reconcile(ctx context.Context, members []string) error {
	for step := range slices.Chunk(members, reconcileStep) {
		found, events, err := n.Queue.Reconcile(ctx, step)
		n.Events(events)
		for kind, count := range found {
			n.Log.ErrorContext(ctx, "reconciler repaired the live state", "kind", kind, "count", count)
			n.Repaired(kind, count)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// page gives the members that some of the line's keys stand for.
func (q *Queue) page(ctx context.Context, cursor uint64) (members []string, next uint64, err error) {
	if bound, _ := q.bound.Load().(string); bound == "" {
		return nil, 0, nil
	}
	master, err := q.master(ctx)
	if err != nil {
		return nil, 0, err
	}
	keys, next, err := master.Scan(ctx, cursor, q.tag+":[caw]:*", reconcilePage).Result()
	if err != nil {
		return nil, cursor, errors.Join(helpline.ErrQueueUnavailable, err)
	}
	for _, k := range keys {
		rest := strings.TrimPrefix(k, q.tag+":")
		members = append(members, rest[:1]+"|"+rest[2:])
	}
	return members, next, nil
}
