package model

import (
	"strings"
	"testing"
	"time"

	"adviceline/helpline"
)

func TestOneMillisecondLateIsLate(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.on("a", "fi", 2)
	b.enter("c1", "fi|ordinary")
	b.enter("c2", "fi|ordinary")
	b.want(b.pass(30*time.Second), "") // due and not yet late: armed again
	b.want(b.accept("a", "c1"), "accepted c1 a")
	late := b.contacts["c2"].offerID()
	b.clock++
	_, _, err := b.Accept(b.clock, b.consoles["a"], late)
	b.refused(err, helpline.ErrOfferGone)
	_, err = b.Decline(b.clock, b.consoles["a"], late, "busy")
	b.refused(err, helpline.ErrOfferGone)
	b.want(b.sweep(), "timed_out c2 a")
	b.want(b.pass(30*time.Second), "offered c2 a") // the cooldown of a miss; alone, never paused
	b.want(b.pass(30*time.Second+time.Millisecond), "timed_out c2 a")
	b.want(b.pass(30*time.Second), "offered c2 a")
}

func TestTwoMissesPauseWhileAnotherServes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.on("a", "fi,sv", 1)
	b.on("b", "fi", 1)
	b.want(b.enter("c1", "sv|ordinary"), "enqueued c1, offered c1 a")
	for range 3 { // nobody else has Swedish
		b.want(b.pass(30*time.Second+time.Millisecond), "timed_out c1 a")
		b.want(b.pass(30*time.Second), "offered c1 a")
	}
	b.on("s", "sv", 1)
	b.want(b.pass(30*time.Second+time.Millisecond), "timed_out c1 a, offered c1 s")
	if d := b.dutyOf(b.advisers["a"]); d.State != "paused" || d.Reason != "missed" {
		t.Errorf("%+v", d)
	}
	b.want(b.enter("c2", "fi|ordinary"), "enqueued c2, offered c2 b")
}

// An answer between two misses makes them two first ones.
func TestAnswerForgivesMiss(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]string{"accept": "ready", "decline": "ready", "": "paused"} {
		b := newBench(t)
		b.on("a", "fi", 1)
		b.enter("c1", "fi|ordinary")
		b.on("b", "fi", 1)
		b.want(b.pass(30*time.Second+time.Millisecond), "timed_out c1 a, offered c1 b")
		b.accept("b", "c1")
		b.pass(2 * time.Minute)
		b.want(b.enter("c2", "fi|ordinary"), "enqueued c2, offered c2 a")
		switch answer {
		case "accept":
			b.accept("a", "c2")
			b.record("a", "c2")
			b.enter("c2", "fi|ordinary")
			b.enter("c3", "fi|ordinary")
		case "decline":
			b.decline("a", "c2")
			b.want(b.pass(2*time.Minute), "offered c2 a")
		}
		b.pass(30*time.Second + time.Millisecond)
		if d := b.advisers["a"].duty; d != want {
			t.Errorf("after %q the adviser is %s, want %s", answer, d, want)
		}
	}
}

// Who declined was the last to be asked, and is the last in line.
func TestDeclineStartsTheIdleClockAnew(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.on("a", "fi,sv", 1)
	b.pass(time.Second)
	b.on("b", "fi,en", 1)
	b.enter("c1", "sv|ordinary")
	b.pass(time.Second)
	b.enter("c2", "en|ordinary")
	b.pass(time.Second)
	b.decline("a", "c1") // asked before b, declined after
	b.accept("b", "c2")
	b.record("b", "c2")
	_, err := b.Leave(b.clock, "c1", 1, "cancel")
	b.ok(err)
	b.pass(time.Minute)
	b.want(b.enter("c3", "fi|ordinary"), "enqueued c3, offered c3 b")
}

func TestStepsAreIdempotent(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.on("a", "fi", 1)
	e := helpline.Entry{Facts: helpline.Facts{Contact: "c1", Channel: "chat", Language: "fi", Lane: helpline.Ordinary}, Print: "p", Key: "k", Numbers: []string{"n"}}
	first, _, err := b.Enqueue(b.clock, e)
	b.ok(err)
	again, events, err := b.Enqueue(b.clock, e)
	if err != nil || len(events) > 0 || again != first {
		t.Errorf("%+v, %+v, %v", again, events, err)
	}
	e.Print = "q"
	_, _, err = b.Enqueue(b.clock, e)
	b.refused(err, helpline.ErrRequestReused)
	declined := b.contacts["c1"].offerID()
	b.decline("a", "c1")
	events, err = b.Decline(b.clock, b.consoles["a"], declined, "busy")
	if err != nil || len(events) > 0 {
		t.Errorf("%+v, %v", events, err)
	}
	b.pass(10 * time.Second)
	offer := b.contacts["c1"].offerID()
	b.want(b.accept("a", "c1"), "accepted c1 a")
	leg, events, err := b.Accept(b.clock, b.consoles["a"], offer)
	if err != nil || len(events) > 0 || leg.Contact != "c1" || leg.Waited != 10*time.Second {
		t.Errorf("%+v, %+v, %v", leg, events, err)
	}
	_, _, err = b.Accept(b.clock, b.consoles["a"], declined)
	b.refused(err, helpline.ErrOfferGone)
	b.want(b.record("a", "c1"), "ended c1 a, recorded c1 a")
	b.want(b.record("a", "c1"), "corrected c1 a")
	_, err = b.End(b.clock, b.consoles["a"], "c1", "done")
	b.refused(err, helpline.ErrNotFound)
	_, err = b.End(b.clock, helpline.Console{Adviser: "a", Epoch: 0}, "c1", "done")
	b.refused(err, helpline.ErrConsoleReplaced)
	_, err = b.End(b.clock, helpline.Console{Adviser: "a", Epoch: 9}, "c1", "done")
	b.refused(err, helpline.ErrQueueUnavailable)
}

func TestCallWantsTheWholeAdviser(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.on("a", "fi", 2)
	b.want(b.enter("c1", "fi|ordinary"), "enqueued c1, offered c1 a")
	b.accept("a", "c1")
	b.want(b.enter("k1", "fi|ordinary|call"), "enqueued k1") // a is reserved
	b.want(b.enter("c2", "fi|ordinary"), "enqueued c2")      // and drains
	b.want(b.enter("k2", "fi|danger|call"), "enqueued k2")   // another call waits too
	b.want(b.enter("c3", "fi|same_day"), "enqueued c3, offered c3 a")
	b.accept("a", "c3")
	b.want(b.record("a", "c1"), "ended c1 a, recorded c1 a")
	b.want(b.record("a", "c3"), "ended c3 a, recorded c3 a, offered k1 a")
	if a := b.advisers["a"]; a.used != 2 {
		t.Errorf("a call uses %d", a.used)
	}
	b.want(b.pass(45*time.Second), "")
	b.accept("a", "k1")
	b.want(b.on("b", "fi", 1), "offered k2 b")
	b.want(b.on("z", "fi", 1), "offered c2 z")
}

func TestReservationEndsWithItsCall(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.on("a", "fi", 2)
	b.enter("c1", "fi|ordinary")
	b.enter("k1", "fi|ordinary|call")
	b.enter("c2", "fi|ordinary")
	e, err := b.Leave(b.clock, "k1", 1, "cancel")
	b.ok(err)
	b.want(told(e), "left k1, offered c2 a")
	b.enter("k2", "fi|ordinary|call")
	b.on("b", "fi", 1)
	b.wantState("k2", helpline.Offered) // b is empty: k2 leaves a
	b.enter("k3", "fi|ordinary|call")
	b.want(b.duty("b", "off"), "revoked k2 b")
	if r := b.contacts["k2"].reserver; r == nil || r.ID != "a" {
		t.Error("nobody is kept for k2")
	}
	b.want(b.duty("a", "paused"), "revoked c1 a, revoked c2 a")
	if b.contacts["k2"].reserver != nil || b.contacts["k3"].reserver != nil {
		t.Error("somebody who does not serve is kept for a call")
	}
}

// A call that came while nobody served, or while everybody was kept for another, waits no longer than
// the chats that an adviser holds.
func TestCallThatNobodyWasThereForIsKeptFor(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, c := range []string{"x0|", "k1|call", "k2|call", "x1|", "x2|"} {
		id, channel, _ := strings.Cut(c, "|")
		b.enter(id, strings.TrimSuffix("fi|ordinary|"+channel, "|"))
		b.pass(time.Second)
	}
	b.want(b.on("a", "fi", 2), "offered x0 a") // then a keeps free for k1
	b.accept("a", "x0")
	b.want(b.record("a", "x0"), "ended x0 a, recorded x0 a, offered k1 a")
	b.accept("a", "k1")
	b.want(b.enter("d1", "fi|danger"), "enqueued d1")
	b.want(b.record("a", "k1"), "ended k1 a, recorded k1 a, offered d1 a") // then for k2
	b.accept("a", "d1")
	b.want(b.record("a", "d1"), "ended d1 a, recorded d1 a, offered k2 a")
}

// Who declined a call may be kept for it all the same, until they may have it again.
func TestReservationTakesTheExcludedToo(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.on("a", "fi", 1)
	b.on("b", "fi", 2)
	b.enter("c1", "fi|ordinary")
	b.enter("c2", "fi|ordinary")
	b.accept("a", "c1")
	b.accept("b", "c2")
	b.enter("c3", "fi|ordinary")
	b.accept("b", "c3")
	b.record("a", "c1")
	b.want(b.enter("k1", "fi|ordinary|call"), "enqueued k1, offered k1 a")
	b.want(b.decline("a", "k1"), "declined k1 a")
	if r := b.contacts["k1"].reserver; r == nil || r.ID != "a" { // cooling down, but b is full
		t.Errorf("kept for k1: %v", r.name())
	}
	b.want(b.enter("c4", "fi|ordinary"), "enqueued c4")
	b.want(b.pass(2*time.Minute), "offered k1 a")
}

func TestStandingTellsWhereALegStands(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.on("a", "fi", 2)
	b.enter("c1", "fi|danger")
	got, found := b.Standing("c1")
	want := Standing{
		State: helpline.Offered, Lane: helpline.Danger, Asked: "a", Offer: "c1.1", Expires: start + 30_000, Epoch: 1, Version: 1, Arrival: start,
	}
	if !found || got != want {
		t.Errorf("%+v", got)
	}
	b.enter("k1", "fi|ordinary|call")
	if got, _ := b.Standing("k1"); got.Kept != "a" || got.Offer != "" {
		t.Errorf("%+v", got)
	}
	d, found := b.Standby("a")
	if want := (helpline.Duty{State: "ready", Audible: true, Used: 1, Capacity: 2}); !found || d != want {
		t.Errorf("%+v", d)
	}
	if _, found := b.Standing("nobody"); found {
		t.Error("nobody stands")
	}
	if _, found := b.Standby("nobody"); found {
		t.Error("nobody stands by")
	}
}
