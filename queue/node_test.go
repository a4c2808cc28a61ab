package queue

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"adviceline/helpline"
)

// A contact's message reaches the node of its adviser, numbered without a gap, by one subscription.
func TestNoticesReachTheNodeInOrder(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	notices := make(chan helpline.Notice, 32)
	n := &Node{Queue: b.Queue, Deliver: func(m helpline.Notice) { notices <- m }, Log: slog.New(slog.DiscardHandler)}
	ctx, cancel := context.WithCancel(t.Context())
	run, err := n.Subscribe(ctx)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); run(ctx) }()
	a := b.adviser("fi")
	c := b.enter("fi", helpline.SameDay)
	offer := next(t, notices)
	if offer.Kind != helpline.NoticeOffer || offer.To != "a:"+a.Adviser || offer.Contact != c || offer.Lane != helpline.SameDay ||
		offer.Expires-offer.Now != 30_000 || offer.Duty == nil || offer.Duty.Used != 1 || offer.Count != 1 {
		t.Fatalf("offer: %+v", offer)
	}
	if _, _, err := b.ContactUp(t.Context(), c, 1, "s"); err != nil {
		t.Fatal(err)
	}
	b.accept(a, c)
	if _, err := b.Say(t.Context(), helpline.Saying{Contact: c, From: helpline.FromContact, Version: 1, CID: "c1", Sealed: "s"}); err != nil {
		t.Fatal(err)
	}
	if j := next(t, notices); j.Kind != helpline.NoticeJoined || j.To != "c:"+c || j.Count != 2 {
		t.Fatalf("joined: %+v", j)
	}
	m := next(t, notices)
	if m.Kind != helpline.NoticeMessage || m.Seq != 1_000_001 || m.Sealed != "s" || m.Key != "k" || m.Count != 3 {
		t.Fatalf("message: %+v", m)
	}
	cancel()
	<-done
}

func next(t *testing.T, from chan helpline.Notice) helpline.Notice {
	t.Helper()
	select {
	case n := <-from:
		return n
	case <-time.After(5 * time.Second):
		t.Fatal("no notice came")
		return helpline.Notice{}
	}
}

// Figures and events come out of the loops, and both end with their context.
func TestLoopsBeatSweepAndEnd(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	c := b.enter("fi", helpline.Ordinary)
	b.at(15 * time.Minute)
	beats, swept := make(chan Figures, 64), make(chan helpline.Event, 8)
	n := &Node{
		Queue: b.Queue, Log: slog.New(slog.DiscardHandler), Every: time.Millisecond, Sweep: time.Millisecond,
		Beat: func(f Figures) {
			select {
			case beats <- f:
			default:
			}
		},
		Events: func(es []helpline.Event) {
			for _, e := range es {
				swept <- e
			}
		},
		Evicted: func() { t.Error("evicted while its lease ran") },
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{}, 2)
	go func() { n.RunHeartbeat(ctx); done <- struct{}{} }()
	go func() { n.RunSweep(ctx); done <- struct{}{} }()
	if f := <-beats; f.Waiting > 1 {
		t.Fatalf("figures: %+v", f)
	}
	if e := <-swept; e.Contact != c || e.State != helpline.Abandoned {
		t.Fatalf("swept: %+v", e)
	}
	cancel()
	<-done
	<-done
}

// Another node found Redis restarted and began a new incarnation: this one is told to enter again, and
// beats on under the new one.
func TestNodeIsToldOfANewIncarnation(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var current atomic.Int64
	current.Store(1)
	b.Use(current.Load)
	if err := b.SetLife(t.Context(), "another", 2); err != nil {
		t.Fatal(err)
	}
	told, beats := make(chan struct{}, 1), make(chan Figures, 64)
	n := &Node{
		Queue: b.Queue, Log: slog.New(slog.DiscardHandler), Every: time.Millisecond, Sweep: time.Millisecond,
		Stale: func() bool {
			current.Store(2)
			told <- struct{}{}
			return true
		},
		Beat: func(f Figures) {
			select {
			case beats <- f:
			default:
			}
		},
		Missed: func() {}, Evicted: func() {},
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); n.RunHeartbeat(ctx) }()
	<-told
	<-beats
	cancel()
	<-done
}
