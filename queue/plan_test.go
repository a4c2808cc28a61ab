package queue

import (
	"encoding/json"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"adviceline/helpline"
)

// single is an adviser with one slot; the id begins with a letter, for the order of choice.
func (b *bench) single(letter string, languages ...string) helpline.Console {
	b.Helper()
	id := letter + uuid.NewString()[1:]
	desk, _, err := b.ConsoleUp(b.Context(), helpline.Adviser{ID: id, Alias: letter, Languages: languages, Capacity: 1})
	if err != nil {
		b.Fatal(err)
	}
	b.duty(desk.Console, "ready")
	return desk.Console
}

func (b *bench) hold(d time.Duration) {
	b.Helper()
	if err := b.Hold(b.Context(), d); err != nil {
		b.Fatal(err)
	}
}

// rule gives the rule by which a contact was offered, out of its events.
func ruleOf(t *testing.T, events []helpline.Event, contact string) string {
	t.Helper()
	for _, e := range events {
		if e.Kind != helpline.OfferMade || e.Contact != contact {
			continue
		}
		var why helpline.Why
		if err := json.Unmarshal([]byte(e.Why), &why); err != nil {
			t.Fatal(err)
		}
		return why.Rule
	}
	return ""
}

// The one who speaks the rare language would be taken by the first contact, in the order of choice; the
// plan moves that contact along, and both are served.
func TestPlanServesMoreThanOneByOne(t *testing.T) {
	t.Parallel()
	for _, held := range []bool{false, true} {
		b := newBench(t)
		if held {
			b.hold(10 * time.Second)
		}
		rare := b.single("a", "fi", "sv")
		other := b.single("b", "fi", "en", "ru")
		finn := b.enter("fi", helpline.Danger)
		swede := b.enter("sv", helpline.Ordinary)
		if !held {
			b.wantState(finn, helpline.Offered)
			b.wantState(swede, helpline.Waiting)
			continue
		}
		b.wantState(finn, helpline.Waiting)
		events, err := b.Plan(t.Context())
		if err != nil || ruleOf(t, events, finn) != "plan" || ruleOf(t, events, swede) != "plan" {
			t.Fatalf("%+v, %v", events, err)
		}
		if b.field(finn, "offered") != other.Adviser || b.field(swede, "offered") != rare.Adviser {
			t.Error("the wrong adviser")
		}
		third := b.enter("fi", helpline.Ordinary) // the hold is over
		b.accept(other, finn)
		if _, err := b.Record(t.Context(), other, finn, helpline.Staged{Generation: "1"}); err != nil {
			t.Fatal(err)
		}
		b.wantState(third, helpline.Offered)
	}
}

// A pair that does not fit any more drops those behind it; the ordinary rule takes them.
func TestRefusedPairDropsTheRest(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.hold(10 * time.Second)
	first, second := b.single("a", "fi"), b.single("b", "sv")
	finn := b.enter("fi", helpline.Danger)
	swede := b.enter("sv", helpline.Ordinary)
	pairs, err := b.pairs(t.Context())
	if err != nil || !slices.Equal(pairs, []pair{{finn, first.Adviser}, {swede, second.Adviser}}) {
		t.Fatalf("%v, %v", pairs, err)
	}
	b.duty(first, "paused")
	events, err := b.apply(t.Context(), pairs)
	if err != nil || ruleOf(t, events, finn) != "" || ruleOf(t, events, swede) != "slot" {
		t.Errorf("%+v, %v", events, err)
	}
	b.wantState(finn, helpline.Waiting)
}

// A planner that dies leaves a hold that ends by itself, 5 s after the plan was due.
func TestDeadPlannerDoesNotBlockTheLine(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.hold(10 * time.Second)
	b.single("a", "fi")
	c := b.enter("fi", helpline.Ordinary)
	b.at(10 * time.Second)
	b.sweep() // tells a node where nobody listens
	b.wantState(c, helpline.Waiting)
	b.at(4999 * time.Millisecond)
	b.sweep()
	b.wantState(c, helpline.Waiting)
	b.at(time.Millisecond)
	if kinds := b.sweep(); !slices.Contains(kinds, helpline.OfferMade) {
		t.Errorf("only %v", kinds)
	}
}

// The node whose sweep finds the plan due makes it, beside the delivery of notices.
func TestNodePlansWhenItIsDue(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	notices, events := make(chan helpline.Notice, 16), make(chan []helpline.Event, 16)
	n := &Node{
		Queue: b.Queue, Log: slog.New(slog.DiscardHandler), Deliver: func(m helpline.Notice) { notices <- m },
		Events: func(es []helpline.Event) { events <- es },
	}
	run, err := n.Subscribe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	alongside(t, run)
	b.hold(time.Second)
	a := b.single("a", "fi")
	c := b.enter("fi", helpline.Ordinary)
	b.at(time.Second)
	b.sweep()
	if m := next(t, notices); m.Kind != helpline.NoticeOffer || m.Contact != c || m.To != "a:"+a.Adviser {
		t.Errorf("%+v", m) // and not the notice of the plan itself
	}
	select {
	case es := <-events:
		if ruleOf(t, es, c) != "plan" {
			t.Errorf("%+v", es)
		}
	case <-time.After(10 * time.Second):
		t.Error("no events of the plan")
	}
}

// Who may not have a contact is not planned for it; danger before overdue before priority; a call wants an
// adviser of its own.
func TestPlanFollowsTheRule(t *testing.T) {
	t.Parallel()
	minute := time.Minute.Milliseconds()
	s := situation{
		Now: 60 * minute,
		Advisers: []*planned{
			{ID: "a", Groups: "fi,interpreter", Capacity: 2, Flex: 1}, {ID: "b", Groups: "fi,interpreter", Used: 1, Capacity: 2, Flex: 1},
			{ID: "c", Groups: "fi,interpreter", Capacity: 2, Flex: 2, Reserved: "call"},
		},
		Waiting: []*waiting{
			{ID: "new", Lane: "ordinary", Group: "fi", At: 59 * minute}, {ID: "late", Lane: "ordinary", Group: "fi", At: 30 * minute, Late: true},
			{ID: "danger", Lane: "danger", Group: "fi", At: 59 * minute, Out: []string{"a"}}, {ID: "call", Lane: "ordinary", Group: "fi", At: 50 * minute, Call: true},
			{ID: "rare", Lane: "danger", Group: "so", At: 0}, {ID: "last", Lane: "ordinary", Group: "fi", At: 60 * minute},
		},
	}
	want := []pair{{"danger", "b"}, {"late", "a"}, {"call", "c"}, {"new", "a"}}
	if got := s.plan(helpline.DefaultRule()); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
