package queue

import (
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/google/uuid"

	"adviceline/helpline"
)

// Who came up before anything was published on its node hears of danger all the same.
func TestDangerReachesEveryNodeThatBeats(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	q := b.node("n2")
	if _, err := q.Heartbeat(t.Context()); err != nil {
		t.Fatal(err)
	}
	notices := b.hear("n2")
	c := b.enter("fi", helpline.Danger)
	n := next(t, notices)
	if n.To != "a:*" || n.Kind != helpline.NoticeDanger || n.Contact != c || n.State != "waiting" || n.Language != "fi" {
		t.Fatalf("notice: %+v", n)
	}
	desk := b.desk(uuid.NewString())
	if len(desk.Danger) != 1 || desk.Danger[0].Contact != c || desk.Danger[0].State != "waiting" {
		t.Fatalf("desk: %+v", desk.Danger)
	}
}

// hear collects what a node is told until the test ends.
func (b *bench) hear(node string) chan helpline.Notice {
	b.Helper()
	notices := make(chan helpline.Notice, 256)
	n := &Node{Queue: b.node(node), Deliver: func(m helpline.Notice) { notices <- m }, Log: slog.New(slog.DiscardHandler)}
	run, err := n.Subscribe(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	alongside(b.T, run)
	return notices
}

func (b *bench) desk(adviser string, languages ...string) helpline.Desk {
	b.Helper()
	desk, _, err := b.ConsoleUp(b.Context(), helpline.Adviser{ID: adviser, Alias: adviser[:8], Languages: languages, Capacity: 2})
	if err != nil {
		b.Fatal(err)
	}
	return desk
}

// A parked leg is on its owner's desk until the person returns, leaves or is taken back.
func TestParkedLegIsOnTheDesk(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.adviser("fi")
	notices := b.hear("n1")
	park := func() string {
		c := b.enter("fi", helpline.Ordinary)
		if _, _, err := b.ContactUp(t.Context(), c, 1, "s"); err != nil {
			t.Fatal(err)
		}
		if leg := b.accept(a, c); leg.Earlier != 0 {
			t.Errorf("a first leg has %d before it", leg.Earlier)
		}
		if _, err := b.ContactDown(t.Context(), c, "s", 0); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Park(t.Context(), a, c); !errors.Is(err, helpline.ErrTooSoon) {
			t.Fatalf("parked at once: %v", err)
		}
		b.at(10 * time.Minute)
		if _, err := b.Park(t.Context(), a, c); err != nil {
			t.Fatal(err)
		}
		return c
	}
	returns := park()
	desk, _, err := b.ConsoleUp(t.Context(), helpline.Adviser{ID: a.Adviser, Alias: "A", Languages: []string{"fi"}, Capacity: 2})
	if err != nil || len(desk.Parked) != 1 || desk.Parked[0].Contact != returns || len(desk.Legs) != 0 {
		t.Fatalf("desk %+v, %v", desk, err)
	}
	a = desk.Console
	b.duty(a, "ready") // heard again
	if _, _, err := b.ContactUp(t.Context(), returns, 1, "s2"); err != nil {
		t.Fatal(err)
	}
	b.wantState(returns, helpline.Offered) // the owner first
	if leg := b.accept(a, returns); leg.Earlier != 1 {
		t.Errorf("a second leg has %d before it", leg.Earlier)
	}
	leaves := park()
	if _, err := b.Leave(t.Context(), leaves, 1, "exit"); err != nil {
		t.Fatal(err)
	}
	var told []string
	for len(told) < 2 {
		if n := next(t, notices); n.Kind == helpline.NoticeLost {
			told = append(told, n.Contact+n.Reason)
		}
	}
	if told[0] != returns+"returned" || told[1] != leaves+"left" {
		t.Errorf("told %v", told)
	}
	taken := park()
	if leg, _, err := b.Take(t.Context(), a, taken); err != nil || leg.Contact != taken || leg.State != helpline.Active || leg.Earlier != 1 {
		t.Errorf("%+v, %v", leg, err)
	}
	b.invariants(a)
}

// The list is who is ready, by alias; free says that a slot is.
func TestColleagues(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if list, err := b.Colleagues(t.Context()); err != nil || len(list) != 0 {
		t.Fatalf("%v, %v", list, err)
	}
	var ready []helpline.Console
	for _, alias := range []string{"B", "A", "C"} {
		desk, _, err := b.ConsoleUp(t.Context(), helpline.Adviser{ID: uuid.NewString(), Alias: alias, Languages: []string{"fi", "sv"}, Capacity: 1})
		if err != nil {
			t.Fatal(err)
		}
		ready = append(ready, desk.Console)
		b.at(time.Second) // the first is idle longest
	}
	b.duty(ready[0], "ready")
	b.duty(ready[1], "ready") // the third has a console and is off
	c := b.enter("sv", helpline.Ordinary)
	b.accept(ready[0], c)
	list, err := b.Colleagues(t.Context())
	if err != nil || len(list) != 2 || list[0].Alias != "A" || !list[0].Free || list[1].Alias != "B" || list[1].Free ||
		list[1].ID != ready[0].Adviser || len(list[0].Languages) != 2 {
		t.Fatalf("%+v, %v", list, err)
	}
}

// A language that no account serves is anybody's; when an account comes that serves it, who waits in it
// is that adviser's.
func TestServedLanguagesMoveThoseWhoWait(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	set := func(languages ...string) {
		t.Helper()
		if _, err := b.SetServed(t.Context(), languages); err != nil {
			t.Fatal(err)
		}
	}
	finn := b.adviser("fi")
	unknown := b.enter("so", helpline.Ordinary)
	b.wantState(unknown, helpline.Waiting) // nobody knows who serves what
	set("fi", "sv")
	b.wantState(unknown, helpline.Offered)
	b.accept(finn, unknown)
	swede := b.enter("sv", helpline.Ordinary) // served, though not now
	b.wantState(swede, helpline.Waiting)
	set("fi", "sv")
	b.wantState(swede, helpline.Waiting)
	set("fi")
	b.wantState(swede, helpline.Offered)
	set()
	b.wantState(b.enter("so", helpline.Ordinary), helpline.Waiting)
	b.invariants(finn)
}
