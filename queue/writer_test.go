package queue

import (
	"context"
	"errors"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"adviceline/helpline"
	"adviceline/ops/servicetest"
)

func scriptOf(text string) script {
	name := "t" + redis.NewScript(text).Hash()
	return script{function: name, library: "#!lua name=" + name + "\nredis.register_function('" + name + "', function(KEYS, ARGV)\n" + text + "\nend)"}
}

// tally notes that a call ran: how often, and after which of its caller's others.
var tally = scriptOf(`redis.call('RPUSH', KEYS[1] .. ':ran:' .. ARGV[1], ARGV[2])
return {redis.call('HINCRBY', KEYS[1] .. ':tally', ARGV[1] .. '.' .. ARGV[2], 1)}`)

func (b *bench) through(url string) *Queue {
	b.Helper()
	q, err := Open(Options{URL: url, Line: b.line, Node: "n1", Salt: "s", Pool: 4, Timing: helpline.DefaultTiming()})
	if err != nil {
		b.Fatal(err)
	}
	q.Use(func() int64 { return 1 })
	b.Cleanup(func() { _ = q.Close() })
	return q
}

// ran gives how often each call of a tally ran.
func ran(t *testing.T, q *Queue) map[string]string {
	t.Helper()
	got, err := q.rdb.HGetAll(context.Background(), q.key(":tally")).Result()
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// load lets callers make so many calls each, one after another, and gives the calls that failed.
func load(q *Queue, callers, each int, answered ...*atomic.Int64) map[string]error {
	failed := map[string]error{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for caller := range callers {
		wg.Go(func() {
			for i := range each {
				if _, err := q.eval(context.Background(), tally, []any{caller, i}); err != nil {
					mu.Lock()
					failed[strconv.Itoa(caller)+"."+strconv.Itoa(i)] = q.fault("tally", err)
					mu.Unlock()
				}
				for _, n := range answered {
					n.Add(1)
				}
			}
		})
	}
	wg.Wait()
	return failed
}

// N2: 64 callers at once need at most 100 round trips for 1,000 scripts, and each finds its own calls
// run once and in its order.
func TestCallersShareRoundTrips(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var r rounds
	b.writer.rdb.AddHook(&r)
	const callers, each = 64, 100
	if failed := load(b.Queue, callers, each); len(failed) > 0 {
		t.Fatalf("failed: %v", failed)
	}
	per1000 := float64(r.trips.Load()) * 1000 / (callers * each)
	t.Logf("%.1f round trips per 1,000 scripts", per1000)
	if per1000 > 100 {
		t.Errorf("%.1f round trips per 1,000 scripts, want <= 100", per1000)
	}
	for call, n := range ran(t, b.Queue) {
		if n != "1" {
			t.Errorf("call %s ran %s times", call, n)
		}
	}
	for caller := range callers {
		order := b.rdb.LRange(t.Context(), b.key(":ran:"+strconv.Itoa(caller)), 0, -1).Val()
		for i := range each {
			if len(order) != each || order[i] != strconv.Itoa(i) {
				t.Fatalf("caller %d: %v", caller, order)
			}
		}
	}
}

// A caller alone waits for nobody: one script, one round trip.
func TestOneCallerGoesAtOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if _, err := b.eval(t.Context(), tally, []any{0, 0}); err != nil {
		t.Fatal(err)
	}
	var r rounds
	b.writer.rdb.AddHook(&r)
	for i := range 20 {
		if _, err := b.eval(t.Context(), tally, []any{1, i}); err != nil {
			t.Fatal(err)
		}
	}
	if n := r.trips.Load(); n != 20 {
		t.Errorf("%d round trips for 20 scripts", n)
	}
}

// The reply is lost after the script ran: it ran once, and the caller hears that nobody knows.
func TestScenario07LostReplyAndRetryRunOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p := newProxy(t, servicetest.Redis(t))
	q := b.through(p.url)
	known(t, q)
	p.swallow.Store(1)
	if _, err := q.eval(t.Context(), tally, []any{"lost", 0}); !errors.Is(q.fault("tally", err), helpline.ErrQueueUnavailable) {
		t.Fatalf("lost reply: %v", err)
	}
	p.swallow.Store(1)
	e := entry("fi", helpline.Ordinary)
	if _, _, err := q.Enqueue(t.Context(), e); !errors.Is(err, helpline.ErrQueueUnavailable) {
		t.Fatalf("lost reply of an intake: %v", err)
	}
	if _, err := q.eval(t.Context(), tally, []any{"next", 0}); err != nil {
		t.Fatalf("after it: %v", err)
	}
	if in, events, err := q.Enqueue(t.Context(), e); err != nil || in.State != helpline.Waiting || len(events) != 0 {
		t.Fatalf("the same intake again: %+v %v %v", in, events, err)
	}
	if n := ran(t, b.Queue); n["lost.0"] != "1" || n["next.0"] != "1" {
		t.Fatalf("ran: %v", n)
	}
}

// Under load a lost reply fails its own batch and no other, and nothing runs twice.
func TestLostRepliesUnderLoad(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p := newProxy(t, servicetest.Redis(t))
	q := b.through(p.url)
	known(t, q)
	const callers, each, cuts = 64, 100, 5
	p.swallow.Store(cuts)
	failed := load(q, callers, each)
	if n := len(failed); n == 0 || n > cuts*batchMax {
		t.Errorf("%d calls failed by %d cuts", n, cuts)
	}
	ran := ran(t, b.Queue)
	for caller := range callers {
		for i := range each {
			call := strconv.Itoa(caller) + "." + strconv.Itoa(i)
			err, n := failed[call], ran[call]
			if err == nil && n != "1" || err != nil && n != "1" && n != "" {
				t.Errorf("call %s ran %q times, error %v", call, n, err)
			}
			if err != nil && !errors.Is(err, helpline.ErrQueueUnavailable) {
				t.Errorf("call %s: %v", call, err)
			}
		}
	}
	if n := p.dials.Load(); n > lanes+cuts {
		t.Errorf("%d dials for %d cuts", n, cuts)
	}
}

// Redis forgets its functions again and again: nothing is lost, nothing runs twice.
func TestForgottenScriptsUnderLoad(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	q := b.through(servicetest.OwnServices(t).RedisURL()) // the tests beside keep their scripts
	const callers, each = 32, 50
	var finished atomic.Int64
	stop := make(chan struct{})
	flushed := make(chan error, 1)
	go func() {
		for {
			select {
			case <-stop:
				flushed <- nil
				return
			default:
			}
			for seen := finished.Load(); finished.Load() < seen+20 && finished.Load() < callers*each; {
				runtime.Gosched()
			}
			if err := q.rdb.FunctionFlush(context.Background()).Err(); err != nil {
				flushed <- err
				return
			}
		}
	}()
	failed := load(q, callers, each, &finished)
	close(stop)
	if err := <-flushed; err != nil {
		t.Fatal(err)
	}
	if len(failed) > 0 {
		t.Fatalf("failed: %v", failed)
	}
	ran := ran(t, q)
	if len(ran) != callers*each {
		t.Errorf("%d calls ran, want %d", len(ran), callers*each)
	}
	for call, n := range ran {
		if n != "1" {
			t.Errorf("call %s ran %s times", call, n)
		}
	}
}

// A stalled connection holds up its own batch only, and no caller longer than its context says.
func TestStalledConnection(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p := newProxy(t, servicetest.Redis(t))
	q := b.through(p.url)
	p.stall.Store(1)
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	if _, err := q.Status(short); !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, helpline.ErrQueueUnavailable) {
		t.Fatalf("stalled: %v", err)
	}
	if took := time.Since(began); took > time.Second {
		t.Fatalf("a deadline of 50 ms took %v", took)
	}
	soon, enough := context.WithTimeout(t.Context(), 2*time.Second) // the stalled one is given up after 3 s
	defer enough()
	for range 20 {
		if _, err := q.Status(soon); err != nil {
			t.Fatalf("the other connection: %v", err)
		}
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	if _, err := q.Status(gone); !errors.Is(err, context.Canceled) {
		t.Fatalf("cancelled: %v", err)
	}
}

// More calls than may wait are refused at once; Close fails those that wait and ends the lanes.
func TestFullAndClosed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p := newProxy(t, servicetest.Redis(t))
	q := b.through(p.url)
	if err := q.writer.close(); err != nil {
		t.Fatal(err)
	}
	at, err := Options{URL: p.url}.servers()
	if err != nil {
		t.Fatal(err)
	}
	const waiting, callers = 4, lanes*batchMax + 4 + 50
	q.writer = newWriter(at.dial(lanes, nil), waiting)
	p.stall.Store(lanes)
	errs := make(chan error, callers)
	for i := range callers {
		go func() {
			_, err := q.eval(context.Background(), tally, []any{"c", i})
			errs <- err
		}()
	}
	if err := <-errs; !errors.Is(err, errFull) || !errors.Is(err, helpline.ErrQueueUnavailable) {
		t.Fatalf("full: %v", err)
	}
	if err := q.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-q.writer.ended:
	default:
		t.Fatal("lanes live after Close")
	}
	for range callers - 1 {
		if err := <-errs; !errors.Is(q.fault("tally", err), helpline.ErrQueueUnavailable) {
			t.Fatalf("closed: %v", err)
		}
	}
	if _, err := q.Status(t.Context()); !errors.Is(err, helpline.ErrQueueUnavailable) {
		t.Fatalf("after Close: %v", err)
	}
}

// What waited too long is told so and not sent; whose caller has gone is not sent either.
func TestLateCallsAreNotSent(t *testing.T) {
	t.Parallel()
	gone, leave := context.WithCancel(t.Context())
	leave()
	late := &call{ctx: t.Context(), since: time.Now().Add(-patience - time.Second), done: make(chan struct{})}
	fresh := &call{ctx: t.Context(), since: time.Now()}
	batch := keep(keep(keep(nil, late), &call{ctx: gone, since: time.Now()}), fresh)
	if len(batch) != 1 || batch[0] != fresh {
		t.Fatalf("batch: %v", batch)
	}
	<-late.done
	if _, err := late.cmd.Slice(); !errors.Is(err, helpline.ErrQueueUnavailable) {
		t.Fatalf("late: %v", err)
	}
}

// A server that takes connections and drops them is not stormed with dials.
func TestNoDialStorm(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p := newProxy(t, servicetest.Redis(t))
	q := b.through(p.url)
	p.refuse.Store(true)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			for ctx.Err() == nil {
				if _, err := q.Status(ctx); !errors.Is(err, helpline.ErrQueueUnavailable) {
					t.Errorf("refused: %v", err)
				}
			}
		})
	}
	wg.Wait()
	if n := p.dials.Load(); n == 0 || n > 40 {
		t.Errorf("%d dials in 300 ms", n)
	}
	p.refuse.Store(false)
	eventually(t, func() error { _, err := q.Status(t.Context()); return err })
}

// Redis goes away and comes back: calls fail meanwhile, then the same writer goes on.
func TestRedisAwayAndBack(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	own := servicetest.OwnServices(t)
	q := b.through(own.RedisURL())
	if failed := load(q, 8, 8); len(failed) > 0 {
		t.Fatalf("before: %v", failed)
	}
	if err := own.StopRedis(); err != nil {
		t.Fatal(err)
	}
	for call, err := range load(q, 8, 1) {
		if !errors.Is(err, helpline.ErrQueueUnavailable) {
			t.Errorf("away: call %s: %v", call, err)
		}
	}
	if err := own.StartRedis(); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() error { _, err := q.eval(t.Context(), tally, []any{"back", 0}); return err })
	if failed := load(q, 8, 8); len(failed) > 0 {
		t.Fatalf("back: %v", failed)
	}
	for call, n := range ran(t, q) {
		if n != "2" && call != "back.0" { // once before and once after, never while it was away
			t.Errorf("call %s ran %s times", call, n)
		}
	}
}

// known makes sure that Redis has the scripts: a lost reply is then one of a script that ran.
func known(t *testing.T, q *Queue) {
	t.Helper()
	if _, err := q.eval(t.Context(), tally, []any{"known", 0}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := q.Enqueue(t.Context(), entry("sv", helpline.Ordinary)); err != nil {
		t.Fatal(err)
	}
}

func eventually(t *testing.T, do func() error) {
	t.Helper()
	var err error
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); {
		if err = do(); err == nil {
			return
		}
	}
	t.Fatal(err)
}
