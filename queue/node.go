package queue

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"adviceline/helpline"
	"adviceline/helpline/strict"
)

// Figures are what a node's heartbeat learns of the line.
type Figures struct {
	Count    int64 `json:"count"`
	Waiting  int   `json:"waiting"`
	OldestMS int64 `json:"oldest"`
	Spool    int   `json:"spool"`
	Refused  int   `json:"refused"` // events that the ledger can never take
	Evicted  int64 `json:"evicted"`
	Changes  int64 `json:"events"` // rises with every change of the queue
	Unmanned bool  `json:"unmanned"`
}

// Heartbeat renews the node's lease and gives the line's figures.
func (q *Queue) Heartbeat(ctx context.Context) (Figures, error) {
	var f Figures
	_, err := q.into(ctx, &f, "heartbeat", flag(q.crowded(ctx)))
	return f, err
}

// crowded looks every few seconds whether Redis uses more than four fifths of the memory that it may.
func (q *Queue) crowded(ctx context.Context) bool {
	if now := time.Now(); now.Sub(q.looked) > 5*time.Second {
		q.looked = now
		info, err := q.rdb.Info(ctx, "memory").Result()
		if err != nil {
			return q.tight
		}
		used, most := memory(info, "used_memory"), memory(info, "maxmemory")
		q.tight = most > 0 && used > most/5*4
	}
	return q.tight
}

func memory(info, name string) int64 {
	_, rest, _ := strings.Cut(info, "\n"+name+":")
	text, _, _ := strings.Cut(rest, "\r")
	return number(text)
}

// Expire handles what is due, at most 64 timers, and says how many it were.
func (q *Queue) Expire(ctx context.Context) (int64, []helpline.Event, error) {
	value, events, err := q.run(ctx, "expire")
	n, _ := value.(int64)
	return n, events, err
}

// Node runs this process's part in the line: subscriber, heartbeat, sweep, and the plans that its sweep
// finds due. Each func is called from one goroutine at a time and must not block; Events from those of
// the sweep and of the plan.
type Node struct {
	Queue    *Queue
	Deliver  func(helpline.Notice)
	Events   func([]helpline.Event)
	Beat     func(Figures)
	Missed   func()      // notices may be lost: every socket reads again
	Stale    func() bool // Redis, or its incarnation, is another: enter the line again; false: not yet
	Evicted  func()      // the lease was over: everybody here counts as gone and has to come back
	Repaired func(kind string, count int)
	Log      *slog.Logger
	Every    time.Duration // heartbeat
	Sweep    time.Duration

	heard    atomic.Int64 // the highest counter of a delivered notice
	ear      atomic.Pointer[redis.PubSub]
	fresh    atomic.Bool // everybody has just read again: what was counted until now is heard
	planning atomic.Bool
}

// listenWait bounds the wait for Redis to confirm a subscription.
const listenWait = 5 * time.Second

// Subscribe opens the node's one subscription and returns once Redis has confirmed it. run reads it
// until ctx ends. One that breaks, or that RunHeartbeat finds deaf, is opened anew; then everybody reads
// again what was published meanwhile.
func (n *Node) Subscribe(ctx context.Context) (run func(context.Context), err error) {
	if err := n.open(ctx); err != nil {
		return nil, err
	}
	return func(ctx context.Context) {
		var plans sync.WaitGroup
		defer plans.Wait()
		stop := context.AfterFunc(ctx, func() { _ = n.ear.Load().Close() })
		defer stop()
		for ctx.Err() == nil {
			got, err := n.ear.Load().Receive(ctx)
			switch {
			case err == nil:
				n.take(ctx, got, &plans)
			case errors.Is(err, redis.ErrClosed) && ctx.Err() == nil && n.open(ctx) == nil:
				n.again()
			default:
				pause(ctx, 200*time.Millisecond)
			}
		}
		_ = n.ear.Load().Close() // one that was opened as ctx ended
	}, nil
}

// open subscribes. What was there before is closed.
func (n *Node) open(ctx context.Context) error {
	sub := n.Queue.ear.Subscribe(ctx, n.Queue.key(":node:"+n.Queue.opt.Node))
	if _, err := sub.ReceiveTimeout(ctx, listenWait); err != nil {
		return errors.Join(helpline.ErrQueueUnavailable, err, sub.Close())
	}
	n.ear.Store(sub)
	if ctx.Err() != nil { // whoever closes it at the end may have closed the one before
		return errors.Join(ctx.Err(), sub.Close())
	}
	return nil
}

// again tells everybody to read again: the connection was lost, and with it whatever was published
// meanwhile.
func (n *Node) again() {
	n.fresh.Store(true)
	n.Missed()
}

// take handles what the subscription brought.
func (n *Node) take(ctx context.Context, got any, plans *sync.WaitGroup) {
	if _, again := got.(*redis.Subscription); again {
		n.again()
		return
	}
	m, ok := got.(*redis.Message)
	if !ok {
		return
	}
	var notice helpline.Notice
	if strict.Own(m.Payload, &notice) != nil {
		n.Log.Error("notice malformed")
		return
	}
	if notice.To == toLine && notice.Kind == helpline.NoticePlan {
		if n.planning.CompareAndSwap(false, true) {
			plans.Go(func() { n.plan(ctx) })
		}
	} else {
		n.Deliver(notice)
	}
	n.heard.Store(max(notice.Count, n.heard.Load()))
}

// toLine addresses a notice to the node itself.
const toLine = "line"

// plan ends a hold. It runs beside the subscriber, which goes on delivering, and one at a time.
func (n *Node) plan(ctx context.Context) {
	defer n.planning.Store(false)
	bound, cancel := context.WithTimeout(ctx, planWait)
	defer cancel()
	events, err := n.Queue.Plan(bound)
	n.Events(events)
	if err != nil {
		n.Log.WarnContext(ctx, "plan not finished, the hold ends by its timer", "error", err)
	}
}

// RunHeartbeat beats until ctx ends.
func (n *Node) RunHeartbeat(ctx context.Context) {
	owed, fresh := int64(0), false // what was counted at the last beat; the line was entered since
	for seen := int64(0); ctx.Err() == nil; {
		bound, cancel := context.WithTimeout(ctx, 2*time.Second)
		f, err := n.Queue.Heartbeat(bound)
		if err == nil && n.Queue.moved(bound) {
			err = ErrIncarnation
		}
		cancel()
		switch {
		case errors.Is(err, ErrIncarnation):
			if n.Stale() { // counters begin anew
				owed, fresh = 0, true
				n.heard.Store(0)
			} else {
				pause(ctx, n.Every/2)
			}
		case err != nil:
			n.Log.WarnContext(ctx, "heartbeat missed", "error", err)
		case f.Evicted != seen && !fresh:
			seen = f.Evicted
			n.heard.Store(f.Count)
			owed = f.Count
			n.Evicted()
		default:
			n.check(f.Count, owed)
			owed, seen, fresh = f.Count, f.Evicted, false
			n.Beat(f)
		}
		select {
		case <-n.Queue.stale:
		case <-time.After(n.Every):
		case <-ctx.Done():
		}
	}
}

// RunSweep sweeps the timers until ctx ends; every node may, each timer checks what it guards.
func (n *Node) RunSweep(ctx context.Context) {
	for ctx.Err() == nil {
		bound, cancel := context.WithTimeout(ctx, 2*time.Second)
		handled, events, err := n.Queue.Expire(bound)
		cancel()
		n.Events(events)
		if err != nil {
			n.Log.WarnContext(ctx, "sweep missed", "error", err)
		}
		if handled < 64 {
			pause(ctx, n.Sweep/2+rand.N(n.Sweep)) // #nosec G404 -- jitter
		}
	}
}

// check compares what was heard with the channel's counter of the beat before: what is counted by now
// may be on its way, on a busy line always is; what was owed a beat ago is lost. A subscription that
// loses notices may be half dead and lose all that come: it is closed, its reader opens another one, and
// then everybody reads again.
func (n *Node) check(count, owed int64) {
	if n.fresh.Swap(false) {
		n.heard.Store(max(count, n.heard.Load()))
		return
	}
	if n.heard.Load() >= owed {
		return
	}
	n.heard.Store(count)
	if sub := n.ear.Load(); sub != nil {
		n.Log.Warn("subscription loses notices: it is opened anew")
		_ = sub.Close()
		return
	}
	n.Missed()
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
