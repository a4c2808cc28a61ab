package queue

import (
	"errors"
	"testing"
	"time"

	"adviceline/helpline"
)

func TestBoardShowsWhoWaitsAndWhoServes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	k := b.adviser("sv")
	b.enter("sv", helpline.Ordinary) // is offered
	first := b.enter("fi", helpline.Ordinary)
	b.at(time.Minute)
	b.enter("fi", helpline.Ordinary)
	danger := b.enter("fi", helpline.Danger)
	got, err := b.Board(t.Context(), []string{k.Adviser, "nobody"})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Classes) != 2 || got.Classes[1].Waiting != 2 || got.Classes[1].Oldest != time.Minute || got.Classes[1].Served != 0 {
		t.Errorf("classes %+v", got.Classes)
	}
	if len(got.Waiting) != 3 || got.Waiting[0].Contact != first || got.Waiting[0].Waited != time.Minute {
		t.Errorf("waiting %+v", got.Waiting)
	}
	if len(got.Danger) != 1 || got.Danger[0].Contact != danger || got.Danger[0].State != "waiting" {
		t.Errorf("danger %+v", got.Danger)
	}
	if len(got.Advisers) != 1 || got.Advisers[0].ID != k.Adviser || got.Advisers[0].Used != 1 || got.Advisers[0].State != "ready" {
		t.Errorf("advisers %+v", got.Advisers)
	}
	if got.Opening.Closed || got.Spool == 0 || got.At.UnixMilli() != b.now {
		t.Errorf("board %+v", got)
	}
}

func TestClosedIntakeOpensByItself(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	kept := b.enter("fi", helpline.Ordinary)
	o := helpline.Opening{Closed: true, Notice: map[string]string{"fi": "Huolto"}, Reopens: time.UnixMilli(b.now + 600_000), Event: true}
	for range 2 {
		if err := b.SetOpening(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := b.Enqueue(t.Context(), entry("fi", helpline.Danger)); !errors.Is(err, helpline.ErrLineClosed) {
		t.Errorf("a chat while closed: %v", err)
	}
	b.adviser("fi")
	if s := b.field(kept, "state"); s != "offered" {
		t.Errorf("who waited before is %s, want offered", s)
	}
	s, err := b.Status(t.Context())
	if err != nil || s.Open || s.Notice["fi"] != "Huolto" || !s.Event {
		t.Errorf("status %+v, %v", s, err)
	}
	b.at(10*time.Minute + time.Millisecond)
	if _, _, err := b.Expire(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s, err := b.Status(t.Context()); err != nil || !s.Open || len(s.Notice) > 0 {
		t.Errorf("after the instant %+v, %v", s, err)
	}
	b.enter("fi", helpline.Ordinary)
	o.Reopens = time.UnixMilli(b.now)
	if err := b.SetOpening(t.Context(), o); !errors.Is(err, helpline.ErrInvalid) {
		t.Errorf("an instant that is over: %v", err)
	}
	if s, _ := b.Status(t.Context()); !s.Open {
		t.Error("what was refused closed the line")
	}
}

func TestRelaneKeepsTheArrival(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.enter("fi", helpline.Ordinary)
	b.at(time.Second)
	id := b.enter("fi", helpline.Ordinary)
	arrival := b.field(id, "arrival")
	for range 2 {
		if _, err := b.Relane(t.Context(), id, helpline.Danger); err != nil {
			t.Fatal(err)
		}
	}
	k := b.adviser("fi")
	if b.field(id, "offered") != k.Adviser || b.field(id, "arrival") != arrival {
		t.Errorf("offered to %q, arrival %s", b.field(id, "offered"), b.field(id, "arrival"))
	}
	if _, err := b.Relane(t.Context(), "nobody", helpline.Danger); !errors.Is(err, helpline.ErrNotFound) {
		t.Errorf("nobody's lane: %v", err)
	}
}

func TestSupervisorSendsAnAdviserToAPause(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	k := b.adviser("fi")
	id := b.enter("fi", helpline.Ordinary)
	if _, err := b.Supervise(t.Context(), k.Adviser, "paused", "meal"); err != nil {
		t.Fatal(err)
	}
	if b.field(id, "state") != "waiting" {
		t.Errorf("the offer is %s", b.field(id, "state"))
	}
	other := b.adviser("fi")
	if b.field(id, "offered") != other.Adviser {
		t.Error("nobody else was asked")
	}
	if _, err := b.Supervise(t.Context(), "nobody", "off", ""); !errors.Is(err, helpline.ErrNotOnline) {
		t.Errorf("nobody's duty: %v", err)
	}
}
