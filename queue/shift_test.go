package queue

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"adviceline/helpline"
)

// on opens the console of somebody on the roster, who is ready.
func (p *paging) on(id string) helpline.Console {
	p.Helper()
	desk, _, err := p.ConsoleUp(p.Context(), helpline.Adviser{ID: id, Alias: "A", Languages: []string{"fi"}, Capacity: 2})
	if err != nil {
		p.Fatal(err)
	}
	p.duty(desk.Console, "ready")
	return desk.Console
}

// A shift ends: its adviser drains, keeps the console and may go on; a shift that goes on, or is another's, does
// nothing to them.
func TestTheEndOfAShiftDrains(t *testing.T) {
	t.Parallel()
	p := newPaging(t)
	early, next := p.watch(0, -time.Hour, time.Hour, "fi"), p.watch(0, time.Hour, 9*time.Hour, "fi")
	long, again := p.watch(0, -time.Hour, time.Hour, "fi"), p.watch(0, time.Hour, 2*time.Hour, "fi")
	again.Person = long.Person
	p.roster(early, next, long, again)
	a := p.on(early.Person)
	contact := p.enter("fi", helpline.Ordinary)
	stays, free := p.on(long.Person), uuid.NewString()
	if p.field(contact, "offered") != early.Person {
		t.Fatal("somebody else is asked")
	}
	p.accept(a, contact)
	b := p.on(free)
	p.at(time.Hour - time.Millisecond)
	p.steps()
	if d := p.duty(a, ""); d.State != "ready" {
		t.Fatalf("before the end: %+v", d)
	}
	p.at(time.Millisecond)
	p.steps()
	if d := p.duty(a, ""); d.State != "draining" || d.Reason != "shift_over" || d.Used != 1 {
		t.Errorf("at the end: %+v", d)
	}
	for _, k := range []helpline.Console{stays, b} {
		if d := p.duty(k, ""); d.State != "ready" {
			t.Errorf("somebody else's end: %+v", d)
		}
	}
	if d := p.duty(a, "ready"); d.State != "ready" {
		t.Errorf("who goes on: %+v", d)
	}
	p.at(15 * time.Second)
	p.roster(early, next, long, again, p.watch(1, 0, time.Hour, "fi"))
	p.steps()
	if d := p.duty(a, ""); d.State != "ready" {
		t.Errorf("drained a second time: %+v", d)
	}
	p.at(time.Hour)
	p.steps()
	if d := p.duty(stays, ""); d.State != "off" || d.Reason != "shift_over" {
		t.Errorf("without legs: %+v", d)
	}
}

// What the night leaves is seen by whoever takes over, and that they have seen it is an event.
func TestOverviewOfAShift(t *testing.T) {
	t.Parallel()
	p := newPaging(t)
	p.roster(p.watch(0, -time.Hour, 9*time.Hour, "fi"))
	night := p.adviser("fi")
	open, form := p.enter("fi", helpline.Ordinary), p.enter("fi", helpline.Ordinary)
	p.accept(night, open)
	p.accept(night, form)
	if _, err := p.End(t.Context(), night, form, "done"); err != nil {
		t.Fatal(err)
	}
	p.at(6 * time.Minute)
	p.steps()
	p.enter("sv", helpline.Danger)
	if err := p.Heavy(t.Context(), night); err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.Duty(t.Context(), night, helpline.DutyWish{State: "paused", Reason: "debrief", Confirmed: true}); err != nil {
		t.Fatal(err)
	}
	day := p.adviser("fi")
	o, events, err := p.Overview(t.Context(), day, false)
	if err != nil || len(events) > 0 || len(o.Legs) != 1 || o.Legs[0].Contact != open || o.Legs[0].Alias != "A" || len(o.Owed) != 1 ||
		o.Owed[0].Contact != form || o.Waiting != 1 || o.Counts != (helpline.Counts{Heavy: 1, Debrief: 1}) || o.Confirmed != nil {
		t.Fatalf("%+v %v", o, err)
	}
	if left := o.Owed[0].At.Sub(time.UnixMilli(p.now)); left != 72*time.Hour-6*time.Minute {
		t.Errorf("the form is given up in %s", left)
	}
	o, events, err = p.Overview(t.Context(), day, true)
	if err != nil || len(events) != 1 || o.Confirmed == nil || o.Confirmed.At.UnixMilli() != p.now || o.Confirmed.Alias != "A" {
		t.Fatalf("%+v %v", o, err)
	}
	if e := events[0]; e.Kind != helpline.ShiftTaken || e.Adviser != day.Adviser || e.Contact != "" || e.Page.ID != "shift" || e.Page.Step != 2 {
		t.Errorf("%+v", e)
	}
	p.at(72 * time.Hour)
	p.steps()
	if o, _, err = p.Overview(t.Context(), day, false); err != nil || len(o.Owed) > 0 || o.Counts.NotRecorded != 1 {
		t.Errorf("%+v %v", o, err)
	}
}
