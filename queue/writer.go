package queue

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
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
// once, sent by its caller. Two lanes, so that one stalled connection does not stop the node; scripts of
// one caller keep their order because it waits for each. A connection that fails takes its batch along,
// never another.
type writer struct {
	rdb     redis.UniversalClient // as many connections as lanes
	calls   chan *call
	turns   chan struct{} // holds one for each connection in use, of a lane or of a caller
	failing atomic.Bool   // the last thing that was sent met a broken connection
	life    context.Context
	stop    context.CancelFunc
	running sync.WaitGroup
	end     sync.Once
	ended   chan struct{} // no lane is left
}

// newWriter owns rdb from here on, and its lanes until close.
func newWriter(rdb redis.UniversalClient, waiting int) *writer {
	ctx, stop := context.WithCancel(context.Background())
	w := &writer{
		rdb: rdb, calls: make(chan *call, waiting), turns: make(chan struct{}, lanes), life: ctx, stop: stop, ended: make(chan struct{}),
	}
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
	if reply, ran, err := w.direct(ctx, args); ran {
		return reply, err
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

// direct sends a script from its caller's own goroutine when nobody waits and a connection is free, which
// spares two changes of goroutine. Of ctx it heeds the deadline; a caller that is cancelled still waits for
// the reply, at most as long as a connection waits for one. ran is false when the script has to take its
// place among the others: it has not run then.
func (w *writer) direct(ctx context.Context, args []any) (reply []any, ran bool, err error) {
	if len(w.calls) > 0 || w.failing.Load() || w.life.Err() != nil {
		return nil, false, nil
	}
	select {
	case w.turns <- struct{}{}:
	default:
		return nil, false, nil
	}
	cmd := once{redis.NewCmd(ctx, args...)}
	err = w.rdb.Process(ctx, cmd)
	<-w.turns
	if missing(err) {
		return nil, false, nil
	}
	if broken(err) {
		if until, bounded := ctx.Deadline(); bounded && !time.Now().Before(until) {
			return nil, true, context.DeadlineExceeded
		}
		w.failing.Store(true)
	}
	reply, err = cmd.Slice()
	return reply, true, err
}

// broken tells a connection's failure from an answer of Redis.
func broken(err error) bool {
	reply := redis.Error(nil)
	return err != nil && !errors.As(err, &reply)
}

// lane sends batch after batch until ctx ends. It keeps its connection while there are calls.
func (w *writer) lane(ctx context.Context) {
	batch := make([]*call, 0, batchMax)
	for failures := 0; ; {
		select {
		case <-ctx.Done():
			return
		case first := <-w.calls:
			batch = keep(batch[:0], first)
		}
		w.turns <- struct{}{} // whoever has one gives it back
		for more := true; more && ctx.Err() == nil; {
			batch = w.collect(batch)
			failures = w.answer(ctx, batch, failures)
			batch = batch[:0]
			runtime.Gosched() // those whom the batch woke may have more to send
			select {
			case c := <-w.calls:
				batch = keep(batch, c)
			default:
				more = false
			}
		}
		<-w.turns
	}
}

// answer sends a batch and wakes its callers. It gives the failures in a row. After a second one it rests,
// longer and longer, so that a Redis that is away or full is not stormed with dials.
func (w *writer) answer(ctx context.Context, batch []*call, failures int) int {
	if len(batch) == 0 {
		return failures
	}
	err := w.send(ctx, batch)
	w.failing.Store(err != nil)
	for i, c := range batch {
		close(c.done)
		batch[i] = nil
	}
	if err == nil {
		return 0
	}
	failures++
	if failures > 1 {
		pause(ctx, min(respite, time.Millisecond<<min(failures, 16)))
	}
	return failures
}

// collect takes all calls that wait.
func (w *writer) collect(batch []*call) []*call {
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
	if broken(err) {
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
		if broken(err) {
			return err
		}
	}
	return nil
}

// missing tells whether Redis does not know a function. go-redis cuts "ERR" off before it compares.
func missing(err error) bool { return redis.HasErrorPrefix(err, "Function not found") }
