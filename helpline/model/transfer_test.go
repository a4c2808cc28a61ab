package model

import (
	"testing"
	"time"

	"adviceline/helpline"
)

// talk seats a (fi) and b (sv), and lets a talk with c1.
func talk(t *testing.T) *bench {
	t.Helper()
	b := newBench(t)
	b.on("a", "fi", 1)
	b.on("b", "sv", 1)
	b.enter("c1", "fi|ordinary")
	b.accept("a", "c1")
	return b
}

func (b *bench) transfer(to string) string {
	b.Helper()
	e, err := b.Transfer(b.clock, b.consoles["a"], "c1", to)
	b.ok(err)
	return told(e)
}

func TestTransferLeavesTheLegUntilAccepted(t *testing.T) {
	t.Parallel()
	b := talk(t)
	b.enter("c2", "fi|ordinary")
	b.want(b.transfer("b"), "offered c1 b")
	b.want(b.transfer("b"), "") // again
	b.wantState("c1", helpline.Transferring)
	if a := b.advisers["a"]; a.used != 1 || len(a.legs) != 1 {
		t.Errorf("the owner holds %d", a.used)
	}
	b.want(b.decline("b", "c1"), "declined c1 b")
	b.wantState("c1", helpline.Active)
	_, err := b.Transfer(b.clock, b.consoles["a"], "c1", "b") // cools down
	b.refused(err, helpline.ErrNotFree)
	b.pass(10 * time.Second)
	b.transfer("b")
	b.want(b.pass(30*time.Second+time.Millisecond), "timed_out c1 b")
	b.pass(30 * time.Second)
	b.transfer("b")
	b.want(b.duty("b", "paused"), "revoked c1 b")
	b.duty("b", "ready")
	b.transfer("b")
	_, e, err := b.Accept(b.clock, b.consoles["b"], b.contacts["c1"].offerID())
	b.ok(err)
	b.want(told(e), "accepted c1 b, offered c2 a")
	if e[0].Reason != "transferred" || e[0].Owner != "b" {
		t.Errorf("%+v", e[0])
	}
	for _, to := range []string{"b", "a", "nobody"} {
		if _, err := b.Transfer(b.clock, b.consoles["b"], "c1", to); err == nil {
			t.Errorf("transfer to %s", to)
		}
	}
}

func TestEndRevokesTransfer(t *testing.T) {
	t.Parallel()
	b := talk(t)
	b.transfer("b")
	b.enter("c2", "sv|ordinary")
	e, err := b.End(b.clock, b.consoles["a"], "c1", "done")
	b.ok(err)
	b.want(told(e), "revoked c1 b, ended c1 a, offered c2 b")
}

func TestRequeueGoesOnTopInAnotherLanguage(t *testing.T) {
	t.Parallel()
	b := talk(t)
	b.enter("c2", "sv|same_day")
	b.enter("c3", "sv|same_day")
	b.pass(time.Minute)
	e, err := b.Requeue(b.clock, b.consoles["a"], "c1", "sv")
	b.ok(err)
	b.want(told(e), "requeued c1 a")
	if e[0].Lane != helpline.Continuation || e[0].Arrival.UnixMilli() != start {
		t.Errorf("%+v", e[0])
	}
	b.want(b.on("s", "sv,fi", 1), "offered c1 s")
}

// Who gave a leg away is not asked again for two minutes while somebody else serves.
func TestRequeueExcludesWhoGaveItAway(t *testing.T) {
	t.Parallel()
	b := talk(t)
	b.on("full", "fi", 1)
	b.enter("c2", "fi|ordinary")
	b.accept("full", "c2")
	e, err := b.Requeue(b.clock, b.consoles["a"], "c1", "")
	b.ok(err)
	b.want(told(e), "requeued c1 a")
	b.want(b.pass(2*time.Minute-time.Millisecond), "")
	b.want(b.pass(time.Millisecond), "offered c1 a")
}

func TestHandoverGivesEverythingBack(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.on("a", "fi", 3)
	for _, c := range []string{"c1", "c2", "c3"} {
		b.enter(c, "fi|ordinary")
		b.pass(time.Millisecond)
	}
	b.accept("a", "c2")
	b.accept("a", "c1")
	_, err := b.End(b.clock, b.consoles["a"], "c1", "done")
	b.ok(err)
	e, err := b.Handover(b.clock, b.consoles["a"])
	b.ok(err)
	b.want(told(e), "revoked c3 a, owed c1 a, requeued c2 a")
	b.want(b.on("b", "fi", 2), "offered c2 b, offered c3 b")
}

func TestLostAdviserKeepsLegsForTheGrace(t *testing.T) {
	t.Parallel()
	b := talk(t)
	b.enter("c2", "fi|danger")
	b.on("b", "sv,fi", 2)
	b.pass(30*time.Second + time.Millisecond)
	e, err := b.ConsoleDown(b.clock, b.consoles["a"])
	b.ok(err)
	b.want(told(e), "")
	_, err = b.ConsoleDown(b.clock, b.consoles["a"])
	b.refused(err, helpline.ErrNotFound)
	b.want(b.pass(59*time.Second), "offered c2 b")
	b.seat("a", "fi", 1)
	b.want(b.pass(time.Hour), "timed_out c2 b")
	b.wantState("c1", helpline.Active)
	_, err = b.ConsoleDown(b.clock, b.consoles["a"])
	b.ok(err)
	e, err = b.ContactDown(b.clock, "c1", "s", 0)
	b.ok(err)
	b.want(told(e), "")
	b.want(b.pass(time.Minute), "offered c2 b, requeued c1 a")
	b.wantState("c1", helpline.Away)
	b.want(b.pass(15*time.Minute), "timed_out c2 b, left c1")
	b.wantState("c1", helpline.Abandoned)
}

func TestParkedLegAsksItsOwnerFirst(t *testing.T) {
	t.Parallel()
	b := talk(t)
	_, err := b.Park(b.clock, b.consoles["a"], "c1")
	b.refused(err, helpline.ErrTooSoon)
	_, err = b.ContactDown(b.clock, "c1", "s", 0)
	b.ok(err)
	b.pass(10*time.Minute - time.Millisecond)
	_, err = b.Park(b.clock, b.consoles["a"], "c1")
	b.refused(err, helpline.ErrTooSoon)
	b.pass(time.Millisecond)
	b.enter("c2", "fi|ordinary")
	e, err := b.Park(b.clock, b.consoles["a"], "c1")
	b.ok(err)
	b.want(told(e), "parked c1 a, offered c2 a")
	b.wantState("c1", helpline.Parked)
	b.on("z", "fi", 2)
	b.accept("a", "c2")
	b.record("a", "c2")
	_, e, err = b.ContactUp(b.clock, "c1", 1, "s2")
	b.ok(err)
	b.want(told(e), "returned c1, offered c1 a") // though z is as free
	if e[1].Lane != helpline.Continuation {
		t.Error(e[1].Lane)
	}
}

func TestParkedLegCanBeTaken(t *testing.T) {
	t.Parallel()
	b := talk(t)
	_, err := b.ContactDown(b.clock, "c1", "s", 0)
	b.ok(err)
	b.pass(10 * time.Minute)
	_, err = b.Park(b.clock, b.consoles["a"], "c1")
	b.ok(err)
	_, _, err = b.Take(b.clock, b.consoles["b"], "c1")
	b.refused(err, helpline.ErrNotFound)
	_, e, err := b.Take(b.clock, b.consoles["a"], "c1")
	b.ok(err)
	b.want(told(e), "accepted c1 a")
	_, e, err = b.Take(b.clock, b.consoles["a"], "c1")
	if err != nil || len(e) > 0 {
		t.Error(e, err)
	}
}

func TestDangerStaysOpen(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.enter("c1", "fi|danger")
	_, err := b.ContactDown(b.clock, "c1", "s", 0)
	b.ok(err)
	b.want(b.pass(30*time.Minute), "danger_open c1")
	b.wantState("c1", helpline.DangerOpen)
	b.want(b.pass(time.Hour), "")
	_, e, err := b.ContactUp(b.clock, "c1", 1, "s2")
	b.ok(err)
	b.want(told(e), "returned c1")
	b.wantState("c1", helpline.Waiting)
	_, err = b.ContactDown(b.clock, "c1", "s2", 0)
	b.ok(err)
	b.pass(30 * time.Minute)
	b.seat("a", "fi", 1)
	_, _, err = b.Take(b.clock, b.consoles["a"], "c1")
	b.refused(err, helpline.ErrNotFound)
	e, err = b.CloseDanger(b.clock, b.consoles["a"], "c1", "no_place")
	b.ok(err)
	b.want(told(e), "left c1")
	if e[0].Reason != "no_place" || e[0].State != helpline.Abandoned {
		t.Errorf("%+v", e[0])
	}
	e, err = b.CloseDanger(b.clock, b.consoles["a"], "c1", "no_place")
	if err != nil || len(e) > 0 {
		t.Error(e, err)
	}
	b.seat("b", "fi", 1)
	_, err = b.CloseDanger(b.clock, b.consoles["b"], "c1", "no_place")
	b.refused(err, helpline.ErrNotFound)
}

func TestWaitingDangerIsTakenPastCooldownAndPause(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.on("a", "sv", 2)
	b.enter("c1", "fi|danger")
	b.enter("c2", "fi|ordinary")
	_, _, err := b.Take(b.clock, b.consoles["a"], "c2")
	b.refused(err, helpline.ErrNotFound)
	b.duty("a", "off")
	_, _, err = b.Take(b.clock, b.consoles["a"], "c1")
	b.refused(err, helpline.ErrNotFree)
	b.duty("a", "paused")
	leg, e, err := b.Take(b.clock, b.consoles["a"], "c1")
	b.ok(err)
	b.want(told(e), "accepted c1 a")
	if e[0].Reason != "taken" || leg.Contact != "c1" {
		t.Errorf("%+v", e[0])
	}
}
