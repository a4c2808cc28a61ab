package queue

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"adviceline/helpline"
)

// The scenarios of routing.md, by their numbers. 3 is in take_test.go, 7 in writer_test.go, 9 and on in
// scenarios_flow_test.go and scenarios_fault_test.go.

// The contact goes to whoever is next, at its own arrival; the adviser is not blamed, and finds the
// line ringing when the console is back.
func TestScenario01SocketDropsWithAnOfferInFlight(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.adviser("fi")
	c := b.enter("fi", helpline.Ordinary)
	arrival, offer := b.field(c, "arrival"), b.field(c, "offer")
	b.at(10 * time.Second)
	other := b.adviser("fi", "sv")
	b.down(a)
	if b.field(c, "offered") != other.Adviser || b.field(c, "arrival") != arrival || b.field(c, "excluded") != "" {
		t.Fatalf("offered to %q from %s, excluded %q", b.field(c, "offered"), b.field(c, "arrival"), b.field(c, "excluded"))
	}
	if _, _, err := b.Accept(t.Context(), a, offer); !errors.Is(err, helpline.ErrOfferGone) {
		t.Fatalf("the accept that came too late: %v", err)
	}
	b.down(other)
	b.wantState(c, helpline.Waiting)
	desk, _, err := b.ConsoleUp(t.Context(), helpline.Adviser{ID: a.Adviser, Languages: []string{"fi"}, Capacity: 2})
	if err != nil || desk.Duty.Until != 0 {
		t.Fatalf("back: %+v %v", desk.Duty, err)
	}
	b.duty(desk.Console, "ready") // heard again
	if b.field(c, "offered") != a.Adviser {
		t.Fatalf("offered to %q", b.field(c, "offered"))
	}
	b.invariants(a, other)
}

// Contacts come over three nodes at once and advisers of three nodes take them: nobody is offered twice,
// no slot holds two.
func TestScenario02TwoNodesMatchOneContactOrTheLastSlot(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	nodes := []*Queue{b.Queue, b.node("n2"), b.node("n3")}
	a := b.adviser("fi")
	b.accept(a, b.enter("fi", helpline.Ordinary)) // one slot is left
	for range 100 {
		var wg sync.WaitGroup
		ids := make([]string, 6)
		for i := range ids {
			e := entry("fi", helpline.Ordinary)
			ids[i] = e.Contact
			wg.Go(func() { _, _, _ = nodes[i%3].Enqueue(context.Background(), e) })
		}
		wg.Wait()
		var offered []string
		for _, id := range ids {
			if b.field(id, "state") == string(helpline.Offered) {
				offered = append(offered, id)
			}
		}
		if b.invariants(a); len(offered) != 1 {
			t.Fatalf("%d offers of one slot", len(offered))
		}
		for i, id := range ids {
			wg.Go(func() { _, _ = nodes[(i+1)%3].Leave(context.Background(), id, 1, "cancel") })
		}
		wg.Wait()
	}
}

// Accepted at the last millisecond counts; one later is timed out, though nobody swept for ten minutes.
func TestScenario04AcceptAfterExpiryWithTheSweeperLate(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.adviser("fi")
	first := b.enter("fi", helpline.Ordinary)
	b.at(time.Millisecond)
	second := b.enter("fi", helpline.Ordinary)
	late := b.field(first, "offer")
	b.at(30 * time.Second)
	if _, _, err := b.Accept(t.Context(), a, late); !errors.Is(err, helpline.ErrOfferGone) {
		t.Fatalf("one millisecond late: %v", err)
	}
	b.accept(a, second)
	b.at(10 * time.Minute)
	if _, _, err := b.Accept(t.Context(), a, late); !errors.Is(err, helpline.ErrOfferGone) {
		t.Fatalf("ten minutes late: %v", err)
	}
	if kinds := b.sweep(); !slices.Contains(kinds, helpline.OfferTimedOut) {
		t.Fatalf("swept: %v", kinds)
	}
	b.wantState(first, helpline.Waiting)
}

// Nodes have no say in time, and what Redis' own clock does wrong becomes an offset.
func TestScenario05ClockStepsByFiveMinutes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if err := b.rdb.HDel(t.Context(), b.key(":meta"), "clock").Err(); err != nil {
		t.Fatal(err)
	}
	a := b.adviser("fi")
	c := b.enter("fi", helpline.Ordinary)
	began := number(b.field(c, "arrival"))
	w := &walk{bench: b}
	w.steps("back", -300_000)
	d := b.enter("fi", helpline.Ordinary)
	if at := number(b.field(d, "arrival")); at < began-20 || at > began+60_000 {
		t.Fatalf("after a step back somebody came at %d, before it at %d", at, began)
	}
	b.wantState(c, helpline.Offered)
	w.steps("forward", 300_000)
	if _, _, err := b.Accept(t.Context(), a, b.field(c, "offer")); !errors.Is(err, helpline.ErrOfferGone) {
		t.Fatalf("five minutes later: %v", err)
	}
	b.sweep()
	if number(b.field(c, "arrival")) != began {
		t.Fatal("the wait clock started again")
	}
	b.wantState(c, helpline.Waiting)
}

// Until the line is entered again under a new incarnation nothing is written; then people enter anew, and
// no event of the new life has the number of an old one. What Redis held is lost to it: whoever waited has
// to come again.
func TestScenario06RedisRestartsEmpty(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.adviser("fi")
	e := entry("fi", helpline.Ordinary)
	b.admit(e)
	keys := b.rdb.Keys(t.Context(), b.tag+"*").Val()
	if err := b.rdb.Del(t.Context(), keys...).Err(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.Enqueue(t.Context(), e); !errors.Is(err, ErrIncarnation) {
		t.Fatalf("an empty Redis: %v", err)
	}
	if left := b.rdb.Keys(t.Context(), b.tag+"*").Val(); len(left) > 0 {
		t.Fatalf("a refused script wrote %v", left)
	}
	if err := b.SetLife(t.Context(), "second", 2); err != nil {
		t.Fatal(err)
	}
	b.Use(func() int64 { return 2 })
	b.at(time.Second)
	if _, err := b.View(t.Context(), e.Contact, 1); !errors.Is(err, helpline.ErrNotFound) {
		t.Fatalf("who waited in the old life: %v", err)
	}
	in, events, err := b.Enqueue(t.Context(), e)
	if err != nil || in.State != helpline.Waiting || len(events) != 1 || events[0].Incarnation != 2 || events[0].Number != 1 {
		t.Fatalf("enters anew: %+v %+v %v", in, events, err)
	}
	if _, err := b.End(t.Context(), a, e.Contact, "done"); !errors.Is(err, ErrIncarnation) {
		t.Fatalf("a console of the old life: %v", err)
	}
	desk, _, err := b.ConsoleUp(t.Context(), helpline.Adviser{ID: a.Adviser, Languages: []string{"fi"}, Capacity: 2})
	if err != nil {
		t.Fatal(err)
	}
	b.duty(desk.Console, "ready")
	b.wantState(e.Contact, helpline.Offered)
}

// A failover takes the last second back: what was accepted is offered again. The nodes of the old
// incarnation are refused, and the accept that is sent again has one owner.
func TestScenario06FailoverLosesTheLastSecond(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.adviser("fi")
	c := b.enter("fi", helpline.Ordinary)
	offer := b.field(c, "offer")
	before := map[string]string{}
	for _, key := range b.rdb.Keys(t.Context(), b.tag+"*").Val() {
		before[key] = b.rdb.Dump(t.Context(), key).Val()
	}
	b.accept(a, c)
	for _, key := range b.rdb.Keys(t.Context(), b.tag+"*").Val() {
		b.rdb.Del(t.Context(), key)
	}
	for key, value := range before {
		if err := b.rdb.Restore(t.Context(), key, 0, value).Err(); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.SetLife(t.Context(), "second", 2); err != nil {
		t.Fatal(err)
	}
	if _, err := b.End(t.Context(), a, c, "done"); !errors.Is(err, ErrIncarnation) {
		t.Fatalf("a node of the old incarnation: %v", err)
	}
	b.Use(func() int64 { return 2 })
	b.wantState(c, helpline.Offered)
	for i := range 2 {
		_, events, err := b.Accept(t.Context(), a, offer)
		if err != nil || len(events) != 1-i || i == 0 && events[0].Incarnation != 2 {
			t.Fatalf("accept %d: %+v %v", i, events, err)
		}
	}
	b.wantState(c, helpline.Active)
	b.invariants(a)
}

// In a language that accounts serve one waits for its speaker, without a promise; in one that no account
// serves everybody may help, with an interpreter.
func TestScenario08LanguageWithNobodyOnDuty(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	serves := func(languages ...any) {
		if _, _, err := b.run(t.Context(), "served", languages...); err != nil {
			t.Fatal(err)
		}
	}
	serves("fi", "ru")
	a := b.adviser("fi")
	c := b.enter("ru", helpline.Danger)
	b.wantState(c, helpline.Waiting)
	if s, err := b.Status(t.Context()); err != nil || !slices.Equal(s.Languages, []string{"fi"}) {
		t.Fatalf("status: %+v %v", s, err)
	}
	if v, err := b.View(t.Context(), c, 1); err != nil || v.Place.Low != nil || v.Place.High != nil {
		t.Fatalf("a promise that nobody can keep: %+v %v", v.Place, err)
	}
	serves("fi")
	if b.field(c, "offered") != a.Adviser {
		t.Fatal("nobody helps in a language that no account serves")
	}
	b.duty(a, "off")
	serves("fi", "ru")
	b.duty(a, "ready")
	b.wantState(c, helpline.Waiting)
	if speaker := b.adviser("ru"); b.field(c, "offered") != speaker.Adviser {
		t.Fatal("the speaker came, and nobody was offered")
	}
}
