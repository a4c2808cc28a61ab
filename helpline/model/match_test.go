package model

import (
	"fmt"
	"testing"
	"time"

	"adviceline/helpline"
)

func TestArrivalChoosesAdviser(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.on("wide", "fi,sv,en", 2)
	b.pass(time.Second)
	b.on("narrow", "fi", 2)
	b.pass(time.Second)
	b.on("same", "fi", 2)
	b.want(b.enter("c1", "fi|ordinary"), "enqueued c1, offered c1 narrow") // least flexible, then longest idle
	b.want(b.enter("c2", "fi|ordinary"), "enqueued c2, offered c2 same")   // least loaded
	b.want(b.enter("c3", "fi|ordinary"), "enqueued c3, offered c3 wide")
	b.pass(time.Second)
	b.want(b.enter("c4", "fi|ordinary"), "enqueued c4, offered c4 narrow") // idle is when an offer was made; the id
	b.want(b.enter("c5", "sv|ordinary"), "enqueued c5, offered c5 wide")
	b.want(b.enter("c6", "sv|danger"), "enqueued c6")
}

func TestSlotChoosesByCreditAndSlope(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.enter("old", "fi|ordinary")
	b.pass(3 * time.Minute)
	b.enter("today", "fi|same_day") // 120 s, slope 3
	b.pass(20 * time.Second)
	b.enter("here", "sv|present")
	b.want(b.on("a", "fi,sv", 1), "offered old a") // 200 against 180 and 120
	b.pass(11 * time.Second)                       // old is offered; 120 + 3 x 31 against 120 + 3 x 11
	b.seat("b", "fi,sv", 1)
	b.want(b.duty("b", "ready"), "offered today b")
	b.enter("danger", "fi|danger")
	b.want(b.on("c", "fi,sv", 1), "offered danger c")
	b.want(b.on("d", "fi", 2), "")
	b.want(b.on("e", "sv", 2), "offered here e")
}

func TestTiesGoToTheOlderThenTheID(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.enter("y", "fi|ordinary")
	b.enter("x", "sv|ordinary")
	b.want(b.on("a", "fi,sv", 3), "offered x a, offered y a")
	b = newBench(t)
	b.enter("older", "fi|ordinary")
	b.pass(2 * time.Minute) // 120 s of wait are the credit of same_day
	b.enter("newer", "fi|same_day")
	b.want(b.on("a", "fi", 2), "offered older a, offered newer a")
}

// Overdue goes before all but danger; among both the keys never change.
func TestNobodyStarves(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.enter("old", "fi|ordinary")
	b.pass(20*time.Minute - time.Millisecond)
	b.enter("cont", "fi|continuation")
	b.pass(0)
	b.seat("a", "fi", 1)
	b.duty("a", "ready")
	b.wantState("old", helpline.Offered) // 1200 s against 600 s
	b.duty("a", "paused")
	b.enter("danger", "fi|danger")
	b.pass(9 * time.Minute)
	b.want(b.duty("a", "ready"), "offered danger a") // 1800 s before its arrival is before old's
	b.duty("a", "paused")
	b.pass(time.Minute)
	b.enter("late", "fi|danger") // came 30 min after old: its key is later by less than a second
	b.want(b.on("z", "fi", 4), "offered danger z, offered late z, offered old z, offered cont z")
	for _, c := range []struct {
		age  time.Duration
		want string
	}{
		{20*time.Minute - time.Millisecond, "offered more a, offered old a"}, // 1320 s against not quite 1200 s
		{20 * time.Minute, "offered old a, offered more a"},
	} {
		b = newBench(t)
		b.enter("old", "fi|ordinary")
		b.pass(c.age - 4*time.Minute)
		b.enter("more", "fi|continuation") // 600 s, slope 3
		b.pass(4 * time.Minute)
		b.want(b.on("a", "fi", 2), c.want)
	}
	b = newBench(t)
	b.enter("old", "fi|ordinary")
	b.pass(31 * time.Minute)
	b.enter("danger", "fi|danger")
	b.want(b.on("a", "fi", 2), "offered old a, offered danger a") // only finitely many pass
}

// A call is overdue from its own instant on.
func TestCallIsOverdueWhenItSays(t *testing.T) {
	t.Parallel()
	for after, want := range map[time.Duration]string{
		time.Minute: "offered k1 a", time.Minute + time.Millisecond: "offered c1 a, offered d1 a",
	} {
		b := newBench(t)
		e := helpline.Entry{
			Facts: helpline.Facts{Contact: "k1", Channel: call, Language: "fi", Lane: helpline.Ordinary}, Print: "p", Key: "k",
			Numbers: []string{"n"}, Overdue: time.UnixMilli(start).Add(after),
		}
		_, _, err := b.Enqueue(b.clock, e)
		b.ok(err)
		b.pass(time.Second)
		b.enter("c1", "fi|continuation")
		b.enter("d1", "fi|same_day")
		b.pass(59 * time.Second)
		b.want(b.on("a", "fi", 2), want)
	}
}

func TestDeclineExcludesForTwoMinutesWhileAnotherServes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.on("a", "fi", 2)
	b.want(b.enter("c1", "fi|ordinary"), "enqueued c1, offered c1 a")
	b.want(b.decline("a", "c1"), "declined c1 a") // alone: cools down
	b.want(b.pass(10*time.Second), "offered c1 a")
	b.seat("b", "fi", 1)
	b.want(b.duty("b", "ready"), "")
	b.want(b.enter("c2", "fi|ordinary"), "enqueued c2, offered c2 b")
	b.want(b.decline("a", "c1"), "declined c1 a") // b serves, though full: a is out for two minutes
	b.want(b.pass(119_999*time.Millisecond), "timed_out c2 b, offered c2 a")
	b.want(b.pass(time.Millisecond), "offered c1 a")
}

func TestExclusionEndsWhenNobodyElseServes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.on("a", "fi", 1)
	b.on("b", "fi", 1)
	b.want(b.enter("c1", "fi|ordinary"), "enqueued c1, offered c1 a")
	b.want(b.enter("c2", "fi|ordinary"), "enqueued c2, offered c2 b")
	b.accept("b", "c2")
	b.want(b.decline("a", "c1"), "declined c1 a")
	b.want(b.pass(10*time.Second), "")
	b.want(b.duty("b", "paused"), "offered c1 a") // nobody else serves: it does not stand
	b.duty("b", "ready")
	b.want(b.decline("a", "c1"), "declined c1 a")
	b.want(b.pass(2*time.Minute), "offered c1 a") // at its end the contact seeks
}

func TestAtMostEightArePassedOver(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.on("a", "fi", 1)
	b.on("full", "fi", 1)
	b.enter("c0", "fi|ordinary")
	b.enter("c1", "fi|ordinary")
	b.accept("a", "c0")
	b.accept("full", "c1")
	for i := range 9 {
		id := fmt.Sprint("x", i)
		b.enter(id, "fi|ordinary")
		b.exclude(b.contacts[id], b.advisers["a"])
		b.pass(time.Millisecond)
	}
	b.enter("next", "fi|ordinary")
	b.want(b.record("a", "c0"), "ended c0 a, recorded c0 a") // nine excluded before next: nobody
	e, err := b.Leave(b.clock, "x0", 1, "cancel")
	b.ok(err)
	b.want(told(e), "left x0")
	b.want(b.duty("a", "ready"), "offered next a")
}

func TestInterpreter(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.Serve(b.clock, []string{"fi", "sv"})
	b.on("a", "fi", 2)
	b.want(b.enter("c1", "ru|ordinary"), "enqueued c1, offered c1 a")
	b.want(b.enter("c2", "sv|ordinary"), "enqueued c2")
	b.want(told(b.Serve(b.clock, []string{"fi"})), "offered c2 a")
	b.accept("a", "c1")
	b.want(b.enter("c3", "ru|ordinary"), "enqueued c3")
	b.Serve(b.clock, []string{"fi", "ru"})
	b.want(b.record("a", "c1"), "ended c1 a, recorded c1 a")
	b.want(b.on("r", "ru", 1), "offered c3 r")
}

func TestSkillIsWanted(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.on("a", "fi", 2)
	b.want(b.enter("c1", "fi+child|ordinary"), "enqueued c1")
	b.want(b.on("b", "fi+child", 2), "offered c1 b")
	b.want(b.enter("c2", "fi|ordinary"), "enqueued c2, offered c2 a")
}

func TestPlanMatchesAsManyAsCanBe(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.Hold(b.clock, b.clock+10_000)
	b.want(b.enter("c1", "fi|danger"), "enqueued c1")
	b.enter("c2", "sv|ordinary")
	b.enter("c3", "fi|ordinary")
	b.enter("c4", "fi|ordinary")
	b.want(b.on("a", "sv,fi", 1), "")
	b.on("b", "fi,sv,en", 1)
	b.on("z", "sv", 1)
	b.duty("z", "paused")
	plan := b.Plan(b.clock)
	b.want(fmt.Sprint(plan), "[{c1 a} {c2 b}]")
	b.duty("b", "paused")
	b.want(fmt.Sprint(b.Plan(b.clock)), "[{c1 a}]")
	_, err := b.Assign(b.clock, "c2", "b")
	b.refused(err, helpline.ErrNotFree)
	e, err := b.Assign(b.clock, "c1", "a")
	b.ok(err)
	b.want(told(e), "offered c1 a")
	b.duty("b", "ready")
	b.want(told(b.Unhold(b.clock)), "offered c2 b")
}

// An earlier contact moves along so that a later one finds somebody.
func TestPlanAugments(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.Hold(b.clock, b.clock+10_000)
	b.enter("c1", "fi|danger")
	b.enter("c2", "sv|ordinary")
	b.enter("c3", "fi|ordinary|call")
	b.on("a", "fi,sv", 1)
	b.on("b", "fi,en,ru", 2)
	b.want(fmt.Sprint(b.Plan(b.clock)), "[{c1 b} {c2 a}]")
}
