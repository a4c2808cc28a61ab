package queue

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"adviceline/helpline"
)

// The benchmarks of this file are what `make bench` runs for its goals on the match: scripts by the
// writer, the append-only file off, no Postgres.

// lined opens a line of its own whose spool is never drained.
func lined(b *testing.B) *Queue {
	b.Helper()
	timing := helpline.DefaultTiming()
	timing.SpoolMax = 1 << 40
	q, err := Open(Options{URL: server(b), Line: rand.Text()[:16], Node: "n1", Salt: rand.Text(), Pool: 24, Timing: timing})
	if err != nil {
		b.Fatal(err)
	}
	q.Use(func() int64 { return 1 })
	ctx := context.Background()
	if err := errors.Join(q.rdb.ConfigSet(ctx, "appendonly", "no").Err(), q.SetLife(ctx, "bench", 1)); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := errors.Join(q.rdb.FlushDB(ctx).Err(), q.Close()); err != nil {
			b.Error(err)
		}
	})
	return q
}

// noticed reads the node's notices until the benchmark ends.
func noticed(b *testing.B, q *Queue, take func(helpline.Notice)) {
	b.Helper()
	n := &Node{Queue: q, Deliver: take, Missed: func() {}, Log: slog.New(slog.DiscardHandler)}
	ctx, cancel := context.WithCancel(context.Background())
	read, err := n.Subscribe(ctx)
	if err != nil {
		b.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		read(ctx)
	}()
	b.Cleanup(func() { cancel(); <-done })
}

func desk(b *testing.B, q *Queue, places int) helpline.Console {
	b.Helper()
	d, _, err := q.ConsoleUp(context.Background(), helpline.Adviser{ID: uuid.NewString(), Alias: "A", Languages: []string{"fi"}, Capacity: places})
	if err != nil {
		b.Fatal(err)
	}
	return d.Console
}

// serve makes an adviser ready, who is offered whoever waits.
func serve(b *testing.B, q *Queue, c helpline.Console) {
	if _, _, err := q.Duty(context.Background(), c, helpline.DutyWish{State: "ready", Audible: true}); err != nil {
		b.Error(err)
	}
}

// asking is an entry whose sealed parts are as long as those of an intake.
func asking() helpline.Entry {
	e := entry("fi", helpline.Ordinary)
	e.Key, e.Told = strings.Repeat("k", 120), strings.Repeat("t", 92)
	return e
}

// arrive takes n contacts in by so many callers and gives their ids.
func arrive(b *testing.B, q *Queue, n, callers int) []string {
	b.Helper()
	ids := make([]string, n)
	var next atomic.Int64
	var work sync.WaitGroup
	for range callers {
		work.Go(func() {
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				e := asking()
				if _, _, err := q.Enqueue(context.Background(), e); err != nil {
					b.Error(err)
					return
				}
				ids[i] = e.Contact
			}
		})
	}
	work.Wait()
	return ids
}

func quantile(took []time.Duration, q float64) float64 {
	slices.Sort(took)
	return float64(took[max(int(q*float64(len(took))+0.999)-1, 0)].Nanoseconds()) / 1e3
}

// BenchmarkArrival gives the time from the call that takes a contact in, 200 a second, to the script's
// answer, in which the offer is made, and to the notice of it at the adviser's node, in microseconds. As in
// what it is measured against, the way of an intake from the clock to its caller is not in it.
func BenchmarkArrival(b *testing.B) {
	q := lined(b)
	var mu sync.Mutex
	begun := make(map[string]time.Time, b.N)
	var offers, notices []time.Duration
	all := make(chan struct{}, b.N)
	noticed(b, q, func(n helpline.Notice) {
		now := time.Now()
		if n.Kind != helpline.NoticeOffer {
			return
		}
		mu.Lock()
		notices = append(notices, now.Sub(begun[n.Contact]))
		mu.Unlock()
		all <- struct{}{}
	})
	serve(b, q, desk(b, q, 1<<30))
	entries := make(chan struct{}, b.N)
	var work sync.WaitGroup
	for range 8 {
		work.Go(func() {
			for range entries {
				e := asking()
				mu.Lock()
				at := time.Now()
				begun[e.Contact] = at
				mu.Unlock()
				_, _, err := q.Enqueue(context.Background(), e)
				took := time.Since(at)
				if err != nil {
					b.Error(err)
				}
				mu.Lock()
				offers = append(offers, took)
				mu.Unlock()
			}
		})
	}
	first := time.Now()
	for i := range b.N {
		at := first.Add(time.Duration(i) * time.Second / 200)
		if wait := time.Until(at); wait > 0 { // Go's own sleep may be a millisecond late
			ts := syscall.NsecToTimespec(int64(wait))
			_ = syscall.Nanosleep(&ts, nil)
		}
		entries <- struct{}{}
	}
	close(entries)
	work.Wait()
	for range b.N {
		select {
		case <-all:
		case <-time.After(5 * time.Second):
			b.Fatal("an offer was not noticed")
		}
	}
	mu.Lock()
	defer mu.Unlock()
	b.ReportMetric(quantile(offers, 0.5), "p50-us")
	b.ReportMetric(quantile(offers, 0.99), "p99-us")
	b.ReportMetric(quantile(notices, 0.5), "notice-p50-us")
	b.ReportMetric(quantile(notices, 0.99), "notice-p99-us")
}

// BenchmarkBacklog gives offers per second out of a queue of b.N: ready makes ten callers bring one
// adviser after the other with two places each, as accounts have by default: a script and two offers a
// time; whole has ten advisers
// who accept what they are offered and record its outcome, which frees the place for the next.
func BenchmarkBacklog(b *testing.B) {
	b.Run("ready", func(b *testing.B) {
		q := lined(b)
		arrive(b, q, b.N, 64)
		desks := make(chan helpline.Console, b.N)
		for range (b.N + 1) / 2 {
			desks <- desk(b, q, 2)
		}
		close(desks)
		b.ResetTimer()
		var work sync.WaitGroup
		for range 10 {
			work.Go(func() {
				for c := range desks {
					serve(b, q, c)
				}
			})
		}
		work.Wait()
		emptied(b, q)
	})
	b.Run("whole", func(b *testing.B) {
		q := lined(b)
		arrive(b, q, b.N, 64)
		told := map[string]chan string{} // by adviser
		var desks []helpline.Console
		for range 10 {
			c := desk(b, q, 1)
			told["a:"+c.Adviser] = make(chan string, 4)
			desks = append(desks, c)
		}
		var ended atomic.Int64
		over := make(chan struct{})
		noticed(b, q, func(n helpline.Notice) {
			if n.Kind == helpline.NoticeOffer {
				told[n.To] <- n.Offer
			}
		})
		b.ResetTimer()
		var work sync.WaitGroup
		for _, c := range desks {
			work.Go(func() {
				serve(b, q, c)
				for {
					select {
					case offer := <-told["a:"+c.Adviser]:
						leg, _, err := q.Accept(b.Context(), c, offer)
						if err == nil {
							_, err = q.Record(b.Context(), c, leg.Contact, helpline.Staged{Generation: "g", Key: []byte("k"), Wrapped: "w", Sealed: "s"})
						}
						if err != nil {
							b.Error(err)
						}
						if ended.Add(1) == int64(b.N) {
							close(over)
						}
					case <-over:
						return
					case <-time.After(10 * time.Second):
						b.Error("no offer within 10 s")
						return
					}
				}
			})
		}
		work.Wait()
		emptied(b, q)
	})
}

func emptied(b *testing.B, q *Queue) {
	b.Helper()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "offers/s")
	if n := q.rdb.HLen(context.Background(), q.key(":classes")).Val(); n != 0 {
		b.Errorf("%d wait still", n)
	}
}

// BenchmarkMatch gives the median time of the script in which an offer ends, because its contact leaves,
// and the adviser gets the next of so many who wait.
func BenchmarkMatch(b *testing.B) {
	for _, waiting := range []int{100, 100_000} {
		b.Run(strconv.Itoa(waiting), func(b *testing.B) {
			q := lined(b)
			ids := arrive(b, q, 1, 1)
			serve(b, q, desk(b, q, 1))
			ids = append(ids, arrive(b, q, waiting, 128)...)
			at := ids[0]
			var took []time.Duration
			next := make(chan string, 4)
			noticed(b, q, func(n helpline.Notice) {
				if n.Kind == helpline.NoticeOffer {
					next <- n.Contact
				}
			})
			b.ResetTimer()
			for range b.N {
				begun := time.Now()
				if _, err := q.Leave(b.Context(), at, 1, "done"); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(begun))
				at = <-next
				arrive(b, q, 1, 1)
			}
			b.StopTimer()
			b.ReportMetric(quantile(took, 0.5), "p50-us")
		})
	}
}

// BenchmarkSay gives messages per second of 64 contacts' callers, each contact with five messages,
// which is what one may send in a second.
func BenchmarkSay(b *testing.B) {
	ctx := context.Background()
	q := lined(b)
	n := (b.N + 4) / 5
	for range (n + 19) / 20 {
		serve(b, q, desk(b, q, 20))
	}
	ids := arrive(b, q, n, 64)
	for _, id := range ids {
		of := q.rdb.HMGet(ctx, q.key(":c:"+id), "offer", "offered").Val()
		c := helpline.Console{Adviser: of[1].(string), Epoch: 1}
		if _, _, err := q.Accept(ctx, c, of[0].(string)); err != nil {
			b.Fatal(err)
		}
	}
	said := make([]helpline.Saying, b.N)
	for i := range said {
		said[i] = helpline.Saying{Contact: ids[i/5], From: helpline.FromContact, Version: 1, CID: uuid.NewString(), Sealed: "sealed"}
	}
	var next atomic.Int64
	var work sync.WaitGroup
	before := busy(ctx, b, q)
	b.ReportAllocs()
	b.ResetTimer()
	for range 64 {
		work.Go(func() {
			for i := next.Add(1) - 1; i < int64(b.N); i = next.Add(1) - 1 {
				if _, err := q.Say(ctx, said[i]); err != nil {
					b.Error(err)
				}
			}
		})
	}
	work.Wait()
	b.StopTimer()
	b.ReportMetric((busy(ctx, b, q)-before)*1e6/float64(b.N), "redis-us/message")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}
