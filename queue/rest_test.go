package queue

import (
	"errors"
	"testing"
	"time"

	"adviceline/helpline"
)

// What the walk and the model found the scripts to leave undone, each by itself.

func (b *bench) named(id string, capacity int, languages ...string) helpline.Console {
	b.Helper()
	desk, _, err := b.ConsoleUp(b.Context(), helpline.Adviser{ID: id, Alias: id, Languages: languages, Capacity: capacity})
	if err != nil {
		b.Fatal(err)
	}
	b.duty(desk.Console, "ready")
	return desk.Console
}

func (b *bench) must(_ []helpline.Event, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// An exclusion ends at its time, wherever the contact was meanwhile.
func TestWhoWasAwayIsOfferedWhenAnExclusionEnds(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a, full := b.named("a", 1, "fi"), b.named("b", 1, "fi", "sv")
	sv := b.enter("sv", helpline.Ordinary)
	b.accept(full, sv)
	c := b.enter("fi", helpline.Ordinary)
	b.up(c, 1, "s")
	b.must(b.Decline(t.Context(), a, b.field(c, "offer"), "other"))
	b.must(b.ContactDown(t.Context(), c, "s", 0))
	b.at(time.Minute)
	b.sweep()
	b.up(c, 1, "s2")
	b.wantState(c, helpline.Waiting)
	b.at(time.Minute)
	b.sweep()
	if b.field(c, "offered") != a.Adviser {
		t.Fatal("the exclusion is over, the adviser free, and nobody seeks")
	}
}

// Who was asked by a transfer is free for others when its owner is lost.
func TestTargetOfATransferIsFedWhenItsOwnerIsLost(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	timing := helpline.DefaultTiming()
	timing.Offer = 2 * time.Minute // longer than an adviser's grace
	b.Queue = b.nodeWith("n1", timing)
	owner := b.named("a", 1, "fi")
	c := b.enter("fi", helpline.Ordinary)
	b.accept(owner, c)
	target := b.named("b", 1, "fi", "sv")
	b.at(time.Minute)
	b.must(b.Transfer(t.Context(), owner, c, target.Adviser))
	waits := b.enter("sv", helpline.Ordinary)
	b.wantState(waits, helpline.Waiting)
	b.down(owner)
	b.at(time.Minute)
	b.sweep()
	b.wantState(c, helpline.Away) // no page of theirs is open
	if b.field(waits, "offered") != target.Adviser {
		t.Fatal("a slot is free, and somebody waits")
	}
}

// Who comes back with other languages keeps free for no call that they do not serve any more.
func TestReservationEndsWithTheLanguage(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.named("a", 2, "fi", "sv")
	b.accept(a, b.enter("fi", helpline.Ordinary))
	call := entry("sv", helpline.Ordinary)
	call.Channel = "callback"
	b.admit(call)
	if got := b.field(call.Contact, "reserved"); got != "a" {
		t.Fatalf("reserved: %q", got)
	}
	b.wantState(b.enter("fi", helpline.Ordinary), helpline.Waiting)
	b.named("a", 2, "fi")
	if got := b.field(call.Contact, "reserved"); got != "" {
		t.Fatalf("reserved: %q", got)
	}
	b.wantState(b.enter("fi", helpline.Ordinary), helpline.Waiting) // the one before it has the slot
	if used := b.rdb.HGet(t.Context(), b.key(":a:a"), "used").Val(); used != "2" {
		t.Fatalf("uses %s of 2", used)
	}
}

// Danger that falls silent while it is parked is everybody's, and nobody's leg any more.
func TestParkedDangerThatFallsSilentHasNoOwner(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.named("a", 1, "fi")
	c := b.enter("fi", helpline.Danger)
	b.accept(a, c)
	b.at(10 * time.Minute)
	b.must(b.Park(t.Context(), a, c))
	b.at(4 * time.Hour)
	b.sweep()
	b.at(20 * time.Hour)
	b.sweep()
	b.wantState(c, helpline.DangerOpen)
	if owner, parked := b.field(c, "owner"), b.rdb.SCard(t.Context(), b.key(":parked:a")).Val(); owner != "" || parked != 0 {
		t.Fatalf("owner %q, parked %d", owner, parked)
	}
	b.up(c, 1, "s")
	b.wantState(c, helpline.Offered)
	if b.field(c, "owner") != "" {
		t.Fatal("offered, and owned")
	}
}

func TestTakeWantsAnOpenConsole(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.named("a", 1, "fi")
	b.down(a)
	c := b.enter("fi", helpline.Danger)
	if _, _, err := b.Take(t.Context(), a, c); !errors.Is(err, helpline.ErrNotFree) {
		t.Fatalf("taken by who is not there: %v", err)
	}
}

// Ten minutes without a socket are counted from the last one, or from the arrival; a return by number
// closes one too.
func TestParkCountsFromTheLastSocket(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.named("a", 2, "fi")
	never, back := b.enter("fi", helpline.Ordinary), entry("fi", helpline.Ordinary)
	b.admit(back)
	b.up(back.Contact, 1, "s")
	b.accept(a, never)
	b.accept(a, back.Contact)
	if _, err := b.Park(t.Context(), a, never); !errors.Is(err, helpline.ErrTooSoon) {
		t.Fatalf("parked at once: %v", err)
	}
	b.at(10 * time.Minute)
	b.must(b.Park(t.Context(), a, never))
	b.resume(back.Numbers[0])
	if _, err := b.Park(t.Context(), a, back.Contact); !errors.Is(err, helpline.ErrTooSoon) {
		t.Fatalf("parked at the moment of the return: %v", err)
	}
}

// Who was away while the list of served languages changed comes back to the right class.
func TestServedListReachesWhoWasAway(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	serves := func(languages ...any) {
		if _, _, err := b.run(t.Context(), "served", languages...); err != nil {
			t.Fatal(err)
		}
	}
	serves("fi")
	c := b.enter("ru", helpline.Ordinary)
	b.up(c, 1, "s")
	b.must(b.ContactDown(t.Context(), c, "s", 0))
	serves("fi", "ru")
	b.named("a", 1, "fi")
	b.up(c, 1, "s2")
	b.wantState(c, helpline.Waiting)
	b.named("b", 1, "ru")
	b.wantState(c, helpline.Offered)
}

// A contact without a socket has none that could be lost.
func TestNobodysSocketGoesDown(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := entry("fi", helpline.Ordinary)
	b.admit(e)
	b.resume(e.Numbers[0])
	if _, err := b.ContactDown(t.Context(), e.Contact, "", 0); !errors.Is(err, helpline.ErrNotFound) {
		t.Fatalf("down without a socket: %v", err)
	}
	b.wantState(e.Contact, helpline.Waiting)
}
