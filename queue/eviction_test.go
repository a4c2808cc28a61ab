package queue

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"adviceline/helpline"
	"adviceline/ops/servicetest"
)

func (b *bench) beat() Figures {
	b.Helper()
	f, err := b.Heartbeat(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	return f
}

func (b *bench) up(contact string, version int64, socket string) {
	b.Helper()
	if _, _, err := b.ContactUp(b.Context(), contact, version, socket); err != nil {
		b.Fatal(err)
	}
}

// soon gives what comes next, or ends the test.
func soon[T any](t *testing.T, from <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(5 * time.Second):
		t.Fatalf("%s did not come", what)
		panic("unreachable")
	}
}

// alongside runs a loop until the test is over.
func alongside(t *testing.T, loop func(context.Context)) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); loop(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
}

// listen subscribes the node of the bench and delivers to the channel that it gives.
func (b *bench) listen(missed func()) <-chan helpline.Notice {
	b.Helper()
	notices := make(chan helpline.Notice, 64)
	n := &Node{Queue: b.Queue, Deliver: func(m helpline.Notice) { notices <- m }, Missed: missed, Log: slog.New(slog.DiscardHandler)}
	run, err := n.Subscribe(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	alongside(b.T, run)
	return notices
}

func TestEvictionIsLearntThoughTheReplyWasLost(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.beat()
	c := b.enter("fi", helpline.Ordinary)
	b.up(c, 1, "s")
	b.at(10 * time.Second)
	b.sweep()
	b.wantState(c, helpline.Away)
	b.beat() // nobody hears what this one said
	if f := b.beat(); f.Evicted != 1 {
		t.Fatalf("not told a second time: %+v", f)
	}
	b.at(9 * time.Second)
	if f := b.beat(); f.Evicted != 1 {
		t.Fatalf("told of an eviction that was not: %+v", f)
	}
}

// A sweep takes 200 sockets down at a time: the node knows from the first on, and those who came
// back meanwhile stay.
func TestEvictionOfManySocketsSparesThoseWhoCameBack(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.beat()
	var all []string
	for i := range 450 {
		c := b.enter("fi", helpline.Ordinary)
		b.up(c, 1, fmt.Sprint("s", i))
		all = append(all, c)
	}
	b.at(10 * time.Second)
	for range 2 { // the lease, then the first 200
		if _, _, err := b.Expire(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	waiting := b.rdb.ZCard(t.Context(), b.key(":w:fi|ordinary")).Val()
	if f := b.beat(); f.Evicted != 1 || waiting != 250 {
		t.Fatalf("%d wait, and the node knows: %+v", waiting, f)
	}
	for _, c := range all[:3] {
		b.up(c, 1, "new "+c)
	}
	b.sweep()
	for i, c := range all {
		want := helpline.Away
		if i < 3 {
			want = helpline.Waiting
		}
		b.wantState(c, want)
	}
}

// After an outage the node's own heartbeat may be the first to see that its lease is over.
func TestEvictionStandsWhenTheHeartbeatComesFirst(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.beat()
	a := b.adviser("fi")
	c := b.enter("sv", helpline.Ordinary)
	b.up(c, 1, "s")
	b.at(time.Minute)
	if f := b.beat(); f.Evicted != 1 {
		t.Fatalf("a lease of a minute ago still holds: %+v", f)
	}
	b.sweep()
	b.wantState(c, helpline.Away)
	if up := b.rdb.HGet(t.Context(), b.key(":a:"+a.Adviser), "up").Val(); up != "0" {
		t.Fatal("console is up without a lease")
	}
	if f := b.beat(); f.Evicted != 1 {
		t.Fatalf("told twice of one eviction: %+v", f)
	}
}

// pulse runs the heartbeat loop and gives the names of its calls in their order.
func (b *bench) pulse(n *Node) <-chan string {
	b.Helper()
	calls := make(chan string)
	n.Queue, n.Log, n.Every = b.Queue, slog.New(slog.DiscardHandler), time.Millisecond
	alongside(b.T, func(ctx context.Context) {
		say := func(what string) {
			select {
			case calls <- what:
			case <-ctx.Done():
			}
		}
		beat := n.Beat
		n.Beat = func(f Figures) {
			if beat != nil {
				beat(f)
			}
			say("beat")
		}
		n.Missed = func() { say("missed") }
		n.Evicted = func() { say("evicted") }
		n.RunHeartbeat(ctx)
	})
	return calls
}

func count(t *testing.T, calls <-chan string, among int) map[string]int {
	t.Helper()
	got := map[string]int{}
	for range among {
		got[soon(t, calls, "a call of the loop")]++
	}
	return got
}

func TestNodeIsToldOnceOfItsEviction(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	calls := b.pulse(&Node{})
	if got := count(t, calls, 3); got["beat"] != 3 {
		t.Fatalf("a healthy node: %v", got)
	}
	b.at(10 * time.Second)
	if got := count(t, calls, 20); got["evicted"] != 1 || got["missed"] != 0 {
		t.Fatalf("after its lease: %v", got)
	}
}

// A node may have had sockets for a whole lease before its first beat gets through.
func TestNodeIsToldOfAnEvictionBeforeItsFirstBeat(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if err := b.rdb.ZRem(t.Context(), b.key(":timers"), "node|n1").Err(); err != nil {
		t.Fatal(err)
	}
	c := b.enter("fi", helpline.Ordinary)
	b.up(c, 1, "s")
	b.at(10 * time.Second)
	b.sweep()
	b.wantState(c, helpline.Away)
	if got := count(t, b.pulse(&Node{}), 5); got["evicted"] != 1 {
		t.Fatalf("first beats: %v", got)
	}
}

// A mark that goes away under a living node would look like another eviction.
func TestHeartbeatKeepsTheMarkOfAnEviction(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.beat()
	b.at(10 * time.Second)
	b.beat()
	mark := b.key(":evicted:n1")
	if set, err := b.rdb.PExpire(t.Context(), mark, time.Minute).Result(); err != nil || !set {
		t.Fatal("no mark", err)
	}
	b.beat()
	if left, err := b.rdb.PTTL(t.Context(), mark).Result(); err != nil || left <= time.Minute {
		t.Fatalf("mark goes in %v although the node lives, %v", left, err)
	}
}

func TestCounterAheadOfWhatWasHeardIsToldOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.adviser("fi")
	b.enter("fi", helpline.Ordinary) // its offer is a notice that nobody here hears
	calls := b.pulse(&Node{})
	for i, want := range []string{"beat", "missed", "beat", "beat", "beat", "beat"} {
		if got := soon(t, calls, want); got != want {
			t.Fatalf("call %d is %q, want %q", i, got, want)
		}
	}
}

func TestNoticeOnItsWayIsNotMissed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.adviser("fi")
	b.enter("fi", helpline.Ordinary)
	n := &Node{}
	n.Beat = func(f Figures) { n.heard.Store(f.Count) } // it arrives between two beats
	if got := count(t, b.pulse(n), 6); got["beat"] != 6 {
		t.Fatalf("calls: %v", got)
	}
}

// On a busy line there is a notice on its way at every beat: what was counted at one beat is heard by
// the next, when more is counted.
func TestSteadyNoticesAreNotMissed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	n := &Node{}
	n.Beat = func(f Figures) {
		n.heard.Store(f.Count)
		if err := b.rdb.HIncrBy(t.Context(), b.key(":nodes"), b.opt.Node, 1).Err(); err != nil && t.Context().Err() == nil {
			t.Errorf("count a notice: %v", err)
		}
	}
	if got := count(t, b.pulse(n), 10); got["beat"] != 10 {
		t.Fatalf("calls: %v", got)
	}
}

// The Redis is this test's own: the cut would hit every other test's subscription.
func TestCutSubscriptionTellsMissedAndHearsOn(t *testing.T) {
	t.Parallel()
	b := newBenchOn(t, servicetest.OwnServices(t).RedisURL())
	missed := make(chan struct{}, 64)
	notices := b.listen(func() { missed <- struct{}{} })
	a := b.adviser("fi")
	c := b.enter("fi", helpline.SameDay)
	b.up(c, 1, "s")
	b.accept(a, c)
	if m := soon(t, notices, "the offer"); m.Kind != helpline.NoticeOffer {
		t.Fatalf("first notice: %+v", m)
	}
	if m := soon(t, notices, "the adviser's name"); m.Kind != helpline.NoticeJoined || len(missed) != 0 {
		t.Fatalf("second notice: %+v, missed %d times", m, len(missed))
	}
	cut, err := b.rdb.Do(t.Context(), "CLIENT", "KILL", "TYPE", "pubsub").Int()
	if err != nil || cut != 1 {
		t.Fatalf("cut %d subscriptions: %v", cut, err)
	}
	soon(t, missed, "word of the cut")
	if _, err := b.Say(t.Context(), helpline.Saying{Contact: c, From: helpline.FromAdviser, Console: a, CID: "c1", Sealed: "s"}); err != nil {
		t.Fatal(err)
	}
	if m := soon(t, notices, "the message"); m.Kind != helpline.NoticeMessage || m.CID != "c1" {
		t.Fatalf("after the cut: %+v", m)
	}
}

// A subscription whose connection is half dead brings nothing and breaks by nothing: the counter tells,
// it is opened anew, and what comes then is heard.
func TestHalfDeadSubscriptionIsOpenedAnew(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p := newProxy(t, b.url)
	direct := b.url
	b.url = p.url
	q := b.node("n2")
	b.url = direct
	notices, missed := make(chan helpline.Notice, 64), make(chan struct{}, 64)
	n := &Node{
		Queue: q, Log: slog.New(slog.DiscardHandler), Every: time.Millisecond, Beat: func(Figures) {},
		Deliver: func(m helpline.Notice) { notices <- m }, Missed: func() { missed <- struct{}{} },
		Evicted: func() { t.Error("evicted while its lease ran") },
	}
	run, err := n.Subscribe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	alongside(t, run)
	a := b.adviser("fi")
	c := b.enter("fi", helpline.SameDay)
	if _, _, err := q.ContactUp(t.Context(), c, 1, "s"); err != nil {
		t.Fatal(err)
	}
	b.accept(a, c)
	if m := soon(t, notices, "the adviser's name"); m.Kind != helpline.NoticeJoined {
		t.Fatalf("first notice: %+v", m)
	}
	say := func(cid string) {
		t.Helper()
		if _, err := b.Say(t.Context(), helpline.Saying{Contact: c, From: helpline.FromAdviser, Console: a, CID: cid, Sealed: "s"}); err != nil {
			t.Fatal(err)
		}
	}
	p.deaf.Store(1)
	say("unheard")
	alongside(t, n.RunHeartbeat)
	soon(t, missed, "word of what was missed")
	say("heard")
	if m := soon(t, notices, "the next message"); m.CID != "heard" {
		t.Fatalf("after the subscription was opened anew: %+v", m)
	}
	if len(missed) > 0 {
		t.Fatalf("told %d times more", len(missed))
	}
}

// In one sweep the form's time is over first and the contact's node comes second: nothing of the contact is
// written again.
func TestForgottenContactStaysForgotten(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	timing := helpline.DefaultTiming()
	a, c := b.talk()
	b.up(c, 1, "s")
	b.end(a, c)
	b.at(timing.Wrap + time.Second)
	b.sweep()
	b.wantState(c, helpline.Owed)
	b.at(timing.OutcomeDue)
	if err := b.rdb.ZAdd(t.Context(), b.key(":timers"), redis.Z{Member: "node|n1", Score: float64(b.now)}).Err(); err != nil {
		t.Fatal(err)
	}
	b.beat() // the lease is over
	b.sweep()
	if left := b.rdb.HGetAll(t.Context(), b.key(":c:"+c)).Val(); len(left) > 0 {
		t.Errorf("of a forgotten contact is left: %v", left)
	}
}
