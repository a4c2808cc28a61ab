package queue

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"adviceline/helpline"
)

func (b *bench) wants(events []helpline.Event, err error, kinds string) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
	if got := strings.Join(kindsOf(events), ", "); got != kinds {
		b.Fatalf("events %q, want %q", got, kinds)
	}
}

// The telephone rings while two chats run and an offer rings at a colleague: nothing of the others changes.
func TestACallBesideTheQueueTouchesNobody(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a, call := b.adviser("fi"), uuid.NewString()
	for range 2 {
		b.accept(a, b.enter("fi", helpline.Ordinary))
	}
	before := b.rdb.LLen(t.Context(), b.key(":handling")).Val()
	d, events, err := b.Duty(t.Context(), a, helpline.DutyWish{State: "on_phone", Call: call})
	b.wants(events, err, "external "+call+" "+a.Adviser)
	if e := events[0]; d.Call != call || d.Used != 2 || e.Channel != "phone" || e.Accepted.IsZero() || e.State != helpline.ExternalLeg {
		t.Errorf("%+v %+v", d, e)
	}
	d, events, err = b.Duty(t.Context(), a, helpline.DutyWish{State: "on_phone", Call: uuid.NewString()})
	if b.wants(events, err, ""); d.Call != call {
		t.Errorf("a second call was opened: %+v", d)
	}
	visit := uuid.NewString()
	for i := range 2 {
		leg, events, err := b.External(t.Context(), a, visit, "in_person")
		b.wants(events, err, []string{"external " + visit + " " + a.Adviser, ""}[i])
		if leg.Contact != visit || leg.State != helpline.ExternalLeg || leg.Channel != "in_person" {
			t.Errorf("%+v", leg)
		}
	}
	if err := b.Draft(t.Context(), a, call, 1, "d"); err != nil {
		t.Error(err)
	}
	other := b.adviser("fi")
	for _, refused := range []error{
		second(b.External(t.Context(), other, call, "phone")), second(b.External(t.Context(), other, uuid.NewString(), "")),
		b.Draft(t.Context(), other, call, 2, "x"),
		only(b.Transfer(t.Context(), a, call, other.Adviser)), only(b.Requeue(t.Context(), a, call, "")), only(b.Park(t.Context(), a, call)),
	} {
		if !errors.Is(refused, helpline.ErrNotFound) {
			t.Errorf("answered %v", refused)
		}
	}
	desk, _, err := b.ConsoleUp(t.Context(), helpline.Adviser{ID: a.Adviser, Alias: "A", Languages: []string{"fi"}, Capacity: 2})
	if err != nil || len(desk.Legs) != 2 || len(desk.External) != 2 || desk.Duty.Used != 2 || desk.Duty.State != "on_phone" {
		t.Fatalf("%+v %v", desk, err)
	}
	a = desk.Console
	events, err = b.End(t.Context(), a, call, "done")
	b.wants(events, err, "ended "+call+" "+a.Adviser)
	events, err = b.Record(t.Context(), a, call, helpline.Staged{Generation: "g"})
	b.wants(events, err, "recorded "+call+" "+a.Adviser)
	events, err = b.Record(t.Context(), a, visit, helpline.Staged{Generation: "g"}) // without end it ends too
	b.wants(events, err, "ended "+visit+" "+a.Adviser+", recorded "+visit+" "+a.Adviser)
	if d := b.duty(a, "ready"); d.Used != 2 || b.rdb.LLen(t.Context(), b.key(":handling")).Val() != before {
		t.Errorf("the calls count in the rule: %+v", d)
	}
}

func second[T any](_ T, _ []helpline.Event, err error) error { return err }
func only(_ []helpline.Event, err error) error               { return err }

// A console that dies takes no call with it: the form is owed, and everybody's once its adviser is off duty.
func TestTheFormOfACallOutlivesItsConsole(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a, other, call := b.adviser("fi"), b.adviser("fi"), uuid.NewString()
	if _, _, err := b.Duty(t.Context(), a, helpline.DutyWish{State: "on_phone", Call: call}); err != nil {
		t.Fatal(err)
	}
	if err := b.Draft(t.Context(), a, call, 1, "d"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.ConsoleDown(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	b.at(time.Minute)
	b.wantKinds(b.sweeps(), "ended owed")
	b.at(10 * time.Hour)
	owed, err := b.Owed(t.Context(), other)
	if err != nil || len(owed) != 1 || owed[0].Contact != call || owed[0].Draft != "d" || owed[0].Channel != "phone" {
		t.Fatalf("%+v %v", owed, err)
	}
	events, err := b.Record(t.Context(), other, call, helpline.Staged{Generation: "g"})
	b.wants(events, err, "recorded "+call+" "+other.Adviser)
	visit := uuid.NewString()
	if _, _, err := b.External(t.Context(), other, visit, "in_person"); err != nil {
		t.Fatal(err)
	}
	events, err = b.Handover(t.Context(), other)
	b.wants(events, err, "ended "+visit+" "+other.Adviser+", owed "+visit+" "+other.Adviser)
	b.at(72 * time.Hour)
	b.wantKinds(b.sweeps(), "not_recorded")
}

func (b *bench) sweeps() (kinds []string) {
	b.Helper()
	for {
		n, events, err := b.Expire(context.Background())
		if err != nil {
			b.Fatal(err)
		}
		if n == 0 {
			return kinds
		}
		for _, e := range events {
			kinds = append(kinds, e.Kind)
		}
	}
}

func (b *bench) wantKinds(kinds []string, want string) {
	b.Helper()
	if got := strings.Join(kinds, " "); got != want {
		b.Fatalf("events %q, want %q", got, want)
	}
}

// Somebody on the telephone is awake: nobody is woken for an empty queue, but for the first who waits.
func TestOnThePhoneMansALineWhereNobodyWaits(t *testing.T) {
	t.Parallel()
	p := newPaging(t)
	w := p.watch(0, -time.Hour, 9*time.Hour, "fi")
	p.roster(w)
	a, call := p.adviser("fi"), uuid.NewString()
	if _, _, err := p.Duty(t.Context(), a, helpline.DutyWish{State: "on_phone", Call: call}); err != nil {
		t.Fatal(err)
	}
	for range 120 {
		p.want(15*time.Second, "")
	}
	contact := p.enter("fi", helpline.Ordinary)
	p.want(59*time.Second, "")
	p.want(time.Second, "unserved", w.Person)
	if _, err := p.Leave(t.Context(), contact, 1, "cancel"); err != nil {
		t.Fatal(err)
	}
	p.want(2*time.Minute, "")
	if _, err := p.End(t.Context(), a, call, "done"); err != nil {
		t.Fatal(err)
	}
	for range 11 { // the call is over, and nobody has pressed ready
		p.want(15*time.Second, "")
	}
	p.at(15 * time.Second)
	if events := p.steps(); len(events) != 1 || events[0].Reason != "unmanned" {
		t.Errorf("events %+v", events)
	}
}
