package queue

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"adviceline/helpline"
)

// Danger comes every minute for an hour. Who waits in the ordinary lane is passed by those in danger of
// the first half hour, and by nobody after them.
func TestScenario09FloodOfUrgentContacts(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ordinary := b.enter("fi", helpline.Ordinary)
	for range 60 {
		b.at(time.Minute)
		b.up(b.enter("fi", helpline.Danger), 1, "s")
		b.up(ordinary, 1, "o")
		b.sweep()
	}
	a := b.adviser("fi")
	b.duty(a, "paused")
	served := 0
	for b.duty(a, "ready"); b.field(ordinary, "state") == string(helpline.Waiting); served++ {
		c := b.rdb.SMembers(b.Context(), b.key(":offers:"+a.Adviser)).Val()[0]
		b.accept(a, c)
		if _, err := b.Record(t.Context(), a, c, helpline.Staged{Generation: "1"}); err != nil {
			t.Fatal(err)
		}
	}
	// Two slots: when the ordinary contact is offered, the one in danger before it still holds the other.
	if served < 27 || served > 29 {
		t.Fatalf("offered after %d in danger had been served", served)
	}
	b.invariants(a)
}

// A console that flaps, one that declines everything and one that toggles harm nobody but themselves.
func TestScenario10FlappingDecliningAndToggling(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.at(time.Minute)
	c := b.enter("fi", helpline.Ordinary)
	b.up(c, 1, "s")
	arrival := b.field(c, "arrival")
	who := helpline.Adviser{ID: "flaps", Languages: []string{"fi"}, Capacity: 2}
	for range 50 {
		desk, _, err := b.ConsoleUp(t.Context(), who)
		if err != nil {
			t.Fatal(err)
		}
		b.duty(desk.Console, "ready")
		b.wantState(c, helpline.Offered)
		b.duty(desk.Console, "paused")
		b.duty(desk.Console, "ready")
		b.down(desk.Console)
		b.wantState(c, helpline.Waiting)
		b.at(time.Second)
	}
	if b.field(c, "excluded") != "" || b.field(c, "arrival") != arrival || number(b.field(c, "epoch")) != 100 {
		t.Fatalf("excluded %q, arrival %s, epoch %s", b.field(c, "excluded"), b.field(c, "arrival"), b.field(c, "epoch"))
	}
	declines := b.adviser("fi")
	for range 3 { // alone: asked again as soon as the cooldown is over
		if _, err := b.Decline(t.Context(), declines, b.field(c, "offer"), "other"); err != nil {
			t.Fatal(err)
		}
		b.wantState(c, helpline.Waiting)
		b.at(10 * time.Second)
		b.sweep()
		b.wantState(c, helpline.Offered)
	}
	takes := b.adviser("fi", "en")
	if _, err := b.Decline(t.Context(), declines, b.field(c, "offer"), "other"); err != nil {
		t.Fatal(err)
	}
	if b.field(c, "offered") != takes.Adviser {
		t.Fatal("who declines keeps the contact from who would take it")
	}
	b.accept(takes, c)
	b.invariants(declines, takes)
}

// A transfer or a person who comes back never loads an adviser over capacity: they wait for the slot.
func TestScenario12OverCapacityByTransferOrByReturn(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.adviser("fi")
	c := b.enter("fi", helpline.Ordinary)
	b.up(c, 1, "s")
	b.accept(a, c)
	if _, err := b.ContactDown(t.Context(), c, "s", 0); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Park(t.Context(), a, c); !errors.Is(err, helpline.ErrTooSoon) {
		t.Fatalf("parked at once: %v", err)
	}
	b.at(10 * time.Minute)
	b.sweep()
	if _, err := b.Park(t.Context(), a, c); err != nil {
		t.Fatal(err)
	}
	first, second := b.enter("fi", helpline.Ordinary), b.enter("fi", helpline.Ordinary)
	b.accept(a, first)
	b.accept(a, second)
	b.up(c, 1, "s2")
	b.wantState(c, helpline.Waiting)
	b.invariants(a)
	other := b.adviser("en")
	chat := b.enter("en", helpline.Ordinary)
	b.accept(other, chat)
	if _, err := b.Transfer(t.Context(), other, chat, a.Adviser); !errors.Is(err, helpline.ErrNotFree) {
		t.Fatalf("transferred to who is full: %v", err)
	}
	b.wantState(chat, helpline.Active)
	if _, err := b.Record(t.Context(), a, first, helpline.Staged{Generation: "1"}); err != nil {
		t.Fatal(err)
	}
	if b.field(c, "offered") != a.Adviser || b.field(c, "lane") != "continuation" {
		t.Fatal("who came back is not the next")
	}
	b.invariants(a, other)
}

// After a deploy everybody comes back at once, to another node. Nobody loses a place, an offer or a
// conversation, and the old node's end concerns nobody any more.
func TestScenario13MassReconnectAfterADeploy(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	next := b.node("n2")
	b.lease("n2")
	var consoles []helpline.Console
	for range 5 {
		consoles = append(consoles, b.adviser("fi"))
	}
	var all []string
	states := map[string]string{}
	for i := range 300 {
		c := b.enter("fi", helpline.Ordinary)
		b.up(c, 1, fmt.Sprint("s", i))
		if by := b.field(c, "offered"); by != "" && i%2 == 0 {
			for _, k := range consoles {
				if k.Adviser == by {
					b.accept(k, c)
				}
			}
		}
		all = append(all, c)
	}
	for _, c := range all {
		states[c] = b.field(c, "state") + b.field(c, "arrival") + b.field(c, "epoch")
	}
	var wg sync.WaitGroup
	for i, c := range all {
		wg.Go(func() {
			if _, _, err := next.ContactUp(t.Context(), c, 1, fmt.Sprint("new", i)); err != nil {
				t.Error(err)
			}
		})
	}
	for _, k := range consoles {
		wg.Go(func() {
			if _, _, err := next.ConsoleUp(t.Context(), helpline.Adviser{ID: k.Adviser, Languages: []string{"fi"}, Capacity: 2}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	b.rdb.ZAdd(t.Context(), b.key(":timers"), due("node|n1", b.now))
	b.sweep()
	for _, c := range all {
		if got := b.field(c, "state") + b.field(c, "arrival") + b.field(c, "epoch"); got != states[c] || b.field(c, "up") != "1" {
			t.Fatalf("%s was %s, is %s", c, states[c], got)
		}
	}
	b.invariants(consoles...)
}

// A callback falls due while nobody is on duty. Its adviser comes back and has a chat first: the call
// keeps them from another ordinary one, and rings when they are empty, for all they can take.
func TestScenario14CallbackFallsDueInAnOutage(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.adviser("fi")
	chat := b.enter("fi", helpline.Ordinary)
	b.up(chat, 1, "s")
	b.down(a)
	e := entry("fi", helpline.Ordinary)
	e.Channel, e.Overdue = "callback", time.UnixMilli(b.now).Add(30*time.Minute)
	b.at(time.Second)
	b.admit(e)
	b.wantState(e.Contact, helpline.Waiting)
	desk, _, err := b.ConsoleUp(t.Context(), helpline.Adviser{ID: a.Adviser, Languages: []string{"fi"}, Capacity: 2})
	if err != nil {
		t.Fatal(err)
	}
	b.duty(desk.Console, "ready") // heard again
	b.accept(desk.Console, chat)  // the older one
	if b.field(e.Contact, "reserved") != a.Adviser {
		t.Fatal("the call keeps nobody")
	}
	b.wantState(b.enter("fi", helpline.Ordinary), helpline.Waiting)
	urgent := b.enter("fi", helpline.Danger)
	b.wantState(urgent, helpline.Offered)
	b.accept(desk.Console, urgent)
	for _, c := range []string{chat, urgent} {
		if _, err := b.Record(t.Context(), desk.Console, c, helpline.Staged{Generation: "1"}); err != nil {
			t.Fatal(err)
		}
	}
	b.wantState(e.Contact, helpline.Offered)
	if d := b.duty(desk.Console, ""); d.Used != 2 {
		t.Fatalf("a call leaves room beside it: %+v", d)
	}
	b.at(45 * time.Second)
	b.accept(desk.Console, e.Contact)
}

// Who stands first needs a skill that nobody free has: those behind go on, and it stays first for who has it.
func TestScenario15HeadOfLineNeedsASkillNobodyFreeHas(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	child := entry("fi", helpline.Danger)
	child.Skill = "child"
	b.admit(child)
	b.at(time.Second)
	behind, last := b.enter("fi", helpline.Ordinary), b.enter("fi", helpline.Ordinary)
	a := b.adviser("fi")
	b.wantState(child.Contact, helpline.Waiting)
	b.wantState(behind, helpline.Offered)
	b.wantState(last, helpline.Offered)
	b.at(time.Second)
	b.enter("fi", helpline.Present)
	desk, _, err := b.ConsoleUp(t.Context(), helpline.Adviser{ID: "skilled", Languages: []string{"fi"}, Skills: []string{"child"}, Capacity: 1})
	if err != nil {
		t.Fatal(err)
	}
	b.duty(desk.Console, "ready")
	if b.field(child.Contact, "offered") != "skilled" {
		t.Fatal("who has the skill was given somebody else")
	}
	b.invariants(a)
}
