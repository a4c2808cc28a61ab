package queue

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"adviceline/helpline"
)

const (
	lanes    = 2               // batches on their way, each on a connection of its own
	batchMax = 128             // scripts in one batch: 2 to 8 ms of Redis
	backlog  = 16_384          // calls that may wait: about a second of work
	patience = 5 * time.Second // a call that waited so long for its batch is not sent any more
	respite  = 250 * time.Millisecond
	loads    = 8 // of a library that is missing again and again, before its callers hear of it
)

var (
	errFull   = fmt.Errorf("too many scripts wait: %w", helpline.ErrQueueUnavailable)
	errLate   = fmt.Errorf("redis is behind by %v: %w", patience, helpline.ErrQueueUnavailable)
	errClosed = fmt.Errorf("queue is closed: %w", helpline.ErrQueueUnavailable)
)

// once is a command that go-redis never sends a second time, alone or in a pipeline, on one server or
// a cluster: after a lost reply nobody knows whether the script ran, so only the step's own
// idempotency may repeat it.
type once struct{ *redis.Cmd }

func (once) NoRetry() bool { return true }

// call is one script on its way. Its lane owns cmd until done is closed; the caller may go earlier.
type call struct {
	ctx    context.Context
	script script
	args   []any // fcall, function, 1, tag, ...
	since  time.Time
	cmd    once
	done   chan struct{}
}

// writer sends every script of this node. A lane takes what has come while its last batch was on its
// way and sends it as one pipeline; there is no timer, so when nothing is under way a script goes at
// once. Two lanes, so that one stalled connection does not stop the node; scripts of one caller keep
// their order because it waits for each. A connection that fails takes its batch along, never another.
type writer struct {
	rdb     redis.UniversalClient // as many connections as lanes
	calls   chan *call
	stop    context.CancelFunc
	running sync.WaitGroup
	end     sync.Once
	ended   chan struct{} // no lane is left
}

// newWriter owns rdb from here on, and its lanes until close.
func newWriter(rdb redis.UniversalClient, waiting int) *writer {
	ctx, stop := context.WithCancel(context.Background())
	w := &writer{rdb: rdb, calls: make(chan *call, waiting), stop: stop, ended: make(chan struct{})}
	for range lanes {
		w.running.Go(func() { w.lane(ctx) })
	}
	return w
}

// close cuts what is on its way, fails what waits and returns when the lanes are gone.
func (w *writer) close() error {
	w.stop()
	err := w.rdb.Close()
	w.running.Wait()
	w.end.Do(func() { close(w.ended) })
	return err
}

// do runs one script. When ctx ends first its error comes back, and the script may still run.
func (w *writer) do(ctx context.Context, s script, args []any) ([]any, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c := &call{ctx: ctx, script: s, args: args, since: time.Now(), done: make(chan struct{})}
	select {
	case w.calls <- c:
	default:
		return nil, errFull
	}
	select {
	case <-c.done:
		return c.cmd.Slice()
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-w.ended:
	}
	select {
	case <-c.done:
		return c.cmd.Slice()
	default:
		return nil, errClosed
	}
}

// lane sends batch after batch until ctx ends. After a second failure in a row it rests, longer
// and longer, so that a Redis that is away or full is not stormed with dials.
func (w *writer) lane(ctx context.Context) {
	batch := make([]*call, 0, batchMax)
	for failures := 0; ctx.Err() == nil; {
		batch = w.collect(ctx, batch[:0])
		if len(batch) == 0 {
			continue
		}
		err := w.send(ctx, batch)
		for i, c := range batch {
			close(c.done)
			batch[i] = nil
		}
		if err == nil {
			failures = 0
			continue
		}
		failures++
		if failures > 1 {
			pause(ctx, min(respite, time.Millisecond<<min(failures, 16)))
		}
	}
}

// collect waits for a call and takes all that wait with it.
func (w *writer) collect(ctx context.Context, batch []*call) []*call {
	select {
	case <-ctx.Done():
		return batch
	case c := <-w.calls:
		batch = keep(batch, c)
	}
	runtime.Gosched() // those whom the last batch woke may have more to send
	for len(batch) < batchMax {
		select {
		case c := <-w.calls:
			batch = keep(batch, c)
		default:
			return batch
		}
	}
	return batch
}

// keep adds a call to a batch, unless its caller has gone or it is too old.
func keep(batch []*call, c *call) []*call {
	if c.ctx.Err() != nil {
		return batch
	}
	if time.Since(c.since) > patience {
		c.cmd = once{redis.NewCmd(c.ctx)}
		c.cmd.SetErr(errLate)
		close(c.done)
		return batch
	}
	return append(batch, c)
}

// send gives every call its reply or error. Calls that Redis refused because it does not know their
// function did not run: they alone go again, behind their library, and again if somebody throws it away
// in that moment. The error says that the connection failed.
func (w *writer) send(ctx context.Context, calls []*call) error {
	err := w.pipe(ctx, calls)
	for range loads {
		calls = unknown(calls)
		if err != nil || len(calls) == 0 {
			break
		}
		if err = w.load(ctx, calls); err == nil {
			err = w.pipe(ctx, calls)
		}
	}
	return err
}

func (w *writer) pipe(ctx context.Context, calls []*call) error {
	pipe := w.rdb.Pipeline()
	for _, c := range calls {
		c.cmd = once{redis.NewCmd(ctx, c.args...)}
		_ = pipe.Process(ctx, c.cmd) // only takes note of it
	}
	_, err := pipe.Exec(ctx)
	if reply := redis.Error(nil); err != nil && !errors.As(err, &reply) {
		return err // each command holds its own reply or this error
	}
	return nil
}

func unknown(calls []*call) []*call {
	var out []*call
	for _, c := range calls {
		if missing(c.cmd.Err()) {
			out = append(out, c)
		}
	}
	return out
}

// load gives Redis the libraries of calls; where it is several masters, each of them.
func (w *writer) load(ctx context.Context, calls []*call) error {
	loaded := make(map[string]bool, 1)
	for _, c := range calls {
		if loaded[c.script.library] {
			continue
		}
		loaded[c.script.library] = true
		give := func(ctx context.Context, master *redis.Client) error {
			return master.FunctionLoadReplace(ctx, c.script.library).Err()
		}
		var err error
		switch rdb := w.rdb.(type) {
		case *redis.ClusterClient:
			err = rdb.ForEachMaster(ctx, give)
		case *redis.Client:
			err = give(ctx, rdb)
		}
		if reply := redis.Error(nil); err != nil && !errors.As(err, &reply) {
			return err
		}
	}
	return nil
}

// missing tells whether Redis does not know a function. go-redis cuts "ERR" off before it compares.
func missing(err error) bool { return redis.HasErrorPrefix(err, "Function not found") }
