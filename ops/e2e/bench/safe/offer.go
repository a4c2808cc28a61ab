package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"adviceline/e2e/rig"
)

// arrival offers a contact as it comes, 200 a second, as BenchmarkArrival of the product does: from the call to the
// script's answer. The notices of it are read in the same process, as there.
func (n *node) arrival(ctx context.Context, count int) error {
	bound, done := context.WithCancel(ctx)
	defer done()
	go n.listen(bound)
	if err := rig.Wait(5*time.Second, "notices are heard", func() (bool, error) {
		heard, err := n.rdb.PubSubNumSub(ctx, tag+":node:"+n.name).Result()
		return heard[tag+":node:"+n.name] == 1, err
	}); err != nil {
		return err
	}
	if _, err := n.scripts.call(ctx, "ready", rig.UUID(), class, 1<<30); err != nil {
		return err
	}
	due := make(chan time.Time, count)
	var (
		mu   sync.Mutex
		took []time.Duration
		work sync.WaitGroup
		bad  error
	)
	for range 8 {
		work.Go(func() {
			for range due {
				id := rig.UUID()
				sealed, wrapped, err := n.keys.fresh(id, []byte(`{"page":"fi","asks":"help"}`))
				at := time.Now()
				var reply []any
				if err == nil {
					reply, err = n.scripts.call(ctx, "enter", id, class, sealed, wrapped)
				}
				spent := time.Since(at)
				if err == nil && reply[1] != "offered" {
					err = errors.New("a contact was not offered")
				}
				mu.Lock()
				took, bad = append(took, spent), errors.Join(bad, err)
				mu.Unlock()
			}
		})
	}
	start := time.Now()
	for k := range count {
		if wait := time.Until(start.Add(time.Duration(k) * 5 * time.Millisecond)); wait > 0 {
			ts := syscall.NsecToTimespec(int64(wait))
			_ = syscall.Nanosleep(&ts, nil)
		}
		due <- time.Now()
	}
	close(due)
	work.Wait()
	if bad != nil {
		return bad
	}
	slices.Sort(took)
	us := func(q float64) string {
		return strconv.FormatFloat(float64(took[int(q*float64(len(took)-1))].Nanoseconds())/1e3, 'f', 1, 64)
	}
	_, _ = fmt.Fprintln(os.Stdout, "BenchmarkSafeArrival", count, us(0.5), "p50-us", us(0.99), "p99-us")
	return nil
}

// backlog offers out of those who wait, two places an adviser, by ten callers, as BenchmarkBacklog does.
func (n *node) backlog(ctx context.Context, count int) error {
	var next, offered atomic.Int64
	if err := together(64, func() error {
		for next.Add(1) <= int64(count) {
			id := rig.UUID()
			sealed, wrapped, err := n.keys.fresh(id, []byte(`{"page":"fi","asks":"help"}`))
			if err != nil {
				return err
			}
			if _, err = n.scripts.call(ctx, "enter", id, class, sealed, wrapped); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	begun := time.Now()
	err := together(10, func() error {
		for offered.Load() < int64(count) {
			reply, err := n.scripts.call(ctx, "ready", rig.UUID(), class, 2)
			if err != nil {
				return err
			}
			got := reply[1].(int64)
			offered.Add(got)
			if got == 0 {
				return nil
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintln(os.Stdout, "BenchmarkSafeBacklog", count, strconv.FormatFloat(float64(offered.Load())/time.Since(begun).Seconds(), 'f', 1, 64), "offers/s")
	return nil
}

func together(n int, job func() error) error {
	failed := make([]error, n)
	var work sync.WaitGroup
	for i := range n {
		work.Go(func() { failed[i] = job() })
	}
	work.Wait()
	return errors.Join(failed...)
}
