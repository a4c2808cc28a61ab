package main

import (
	"math"
	"runtime"
	"slices"
	"syscall"
	"time"
)

// latencies of one goroutine, or of several one after the other.
type latencies []time.Duration

func (l *latencies) add(d time.Duration) { *l = append(*l, d) }

// at gives a quantile in microseconds.
func (l latencies) at(q float64) float64 {
	if len(l) == 0 {
		return 0
	}
	slices.Sort(l)
	i := int(math.Ceil(q*float64(len(l)))) - 1
	return float64(l[max(i, 0)].Nanoseconds()) / 1e3
}

// pace hands out the moments at which calls are due, in turn to n takers, rate a second in all, and
// then closes the channels. Go's own sleep may be a millisecond late, so a thread of its own sleeps
// by the system call.
func pace(n, rate int, start time.Time, long time.Duration) []chan time.Time {
	takers := make([]chan time.Time, n)
	for i := range takers {
		takers[i] = make(chan time.Time, 1024)
	}
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		step, stop := time.Second/time.Duration(rate), start.Add(long)
		for k, due := 0, start; due.Before(stop); k, due = k+1, due.Add(step) {
			if wait := time.Until(due); wait > 0 {
				ts := syscall.NsecToTimespec(int64(wait))
				_ = syscall.Nanosleep(&ts, nil)
			}
			takers[k%n] <- due
		}
		for _, c := range takers {
			close(c)
		}
	}()
	return takers
}
