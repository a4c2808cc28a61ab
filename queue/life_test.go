package queue

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"adviceline/helpline"
)

func kinds(events []helpline.Event) []string {
	var out []string
	for _, e := range events {
		out = append(out, e.Kind)
	}
	return out
}

func TestOneChatEndToEnd(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.adviser("fi")
	e := entry("fi", helpline.Ordinary)
	in, events, err := b.Enqueue(t.Context(), e)
	if err != nil || in.State != helpline.Offered || !slices.Equal(kinds(events), []string{"enqueued", "offered"}) {
		t.Fatalf("enqueue: %+v %v %v", in, kinds(events), err)
	}
	again, events, err := b.Enqueue(t.Context(), e)
	if err != nil || again != in || len(events) != 0 {
		t.Fatalf("enqueue again: %+v, want %+v, %v %v", again, in, events, err)
	}
	other := e
	other.Print = "q"
	if _, _, err := b.Enqueue(t.Context(), other); !errors.Is(err, helpline.ErrRequestReused) {
		t.Fatalf("same id, other body: %v", err)
	}
	if _, err := b.Say(t.Context(), helpline.Saying{Contact: e.Contact, From: helpline.FromContact, Version: 1, CID: "c1", Sealed: "s1"}); err != nil {
		t.Fatal(err)
	}
	b.at(3 * time.Second)
	leg := b.accept(a, e.Contact)
	if leg.Waited != 3*time.Second || len(leg.History) != 1 || leg.History[0].Seq != 1_000_001 || leg.Key != "k" {
		t.Fatalf("leg: %+v", leg)
	}
	if twice := b.field(e.Contact, "took"); twice == "" {
		t.Fatal("offer not remembered")
	}
	say := helpline.Saying{Contact: e.Contact, From: helpline.FromAdviser, Console: a, CID: "c2", Sealed: "s2"}
	said, err := b.Say(t.Context(), say)
	if err != nil || said.Seq != 1_000_002 {
		t.Fatalf("say: %d %v", said.Seq, err)
	}
	if again, err := b.Say(t.Context(), say); err != nil || again != said {
		t.Fatalf("say again: %+v %v", again, err)
	}
	history, err := b.History(t.Context(), e.Contact, 1_000_001)
	if err != nil || len(history) != 1 || history[0].CID != "c2" {
		t.Fatalf("history: %+v %v", history, err)
	}
	for range 2 {
		if _, err := b.End(t.Context(), a, e.Contact, "done"); err != nil {
			t.Fatal(err)
		}
	}
	b.wantState(e.Contact, helpline.Wrapping)
	say.CID = "c3"
	if _, err := b.Say(t.Context(), say); !errors.Is(err, helpline.ErrNotFound) {
		t.Fatalf("say after end: %v", err)
	}
	events, err = b.Record(t.Context(), a, e.Contact, helpline.Staged{Generation: "1", Key: []byte{1}, Sealed: "x"})
	if err != nil || !slices.Equal(kinds(events), []string{"recorded"}) || events[0].Staged == nil || events[0].Staged.Key[0] != 1 {
		t.Fatalf("record: %+v %v", events, err)
	}
	if n := b.rdb.Exists(t.Context(), b.key(":s:"+e.Contact), b.key(":m:"+e.Contact)).Val(); n != 0 || b.field(e.Contact, "key") != "" {
		t.Fatal("text outlived its outcome")
	}
	events, err = b.Record(t.Context(), a, e.Contact, helpline.Staged{Generation: "1"})
	if err != nil || !slices.Equal(kinds(events), []string{"corrected"}) {
		t.Fatalf("correct: %v %v", kinds(events), err)
	}
	b.invariants(a)
	b.at(73 * time.Hour)
	b.sweep()
	if b.rdb.Exists(t.Context(), b.key(":c:"+e.Contact)).Val() != 0 {
		t.Fatal("leg outlived its correction time")
	}
}

func TestExpiredOfferKeepsThePlace(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	first := b.enter("fi", helpline.Ordinary)
	b.at(time.Second)
	second := b.enter("fi", helpline.Ordinary)
	a := b.adviser("fi")
	b.duty(a, "paused") // gives both back
	arrival := b.field(first, "arrival")
	b.duty(a, "ready")
	offer := b.field(first, "offer")
	b.at(30*time.Second + time.Millisecond)
	if _, _, err := b.Accept(t.Context(), a, offer); !errors.Is(err, helpline.ErrOfferGone) {
		t.Fatalf("one millisecond late: %v", err)
	}
	b.sweep()
	b.wantState(first, helpline.Waiting)
	if b.field(first, "arrival") != arrival {
		t.Fatal("the wait clock started again")
	}
	v, err := b.View(t.Context(), second, 1)
	if err != nil || v.Place.Ahead != 1 {
		t.Fatalf("second has %d ahead, %v", v.Place.Ahead, err)
	}
	b.at(30 * time.Second)
	b.sweep() // the cooldown is over: the line rings again
	b.wantState(first, helpline.Offered)
	b.invariants(a)
}

func TestDeclineGoesToTheNextAdviser(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a1 := b.adviser("fi")
	b.at(time.Second)
	a2 := b.adviser("fi", "en")
	c := b.enter("fi", helpline.Ordinary)
	if b.field(c, "offered") != a1.Adviser {
		t.Fatal("not the longest idle")
	}
	if _, err := b.Decline(t.Context(), a1, b.field(c, "offer"), "other"); err != nil {
		t.Fatal(err)
	}
	if b.field(c, "offered") != a2.Adviser {
		t.Fatal("not the next adviser")
	}
	b.invariants(a1, a2)
}

func TestLanguageDecides(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	fi, en := b.adviser("fi"), b.adviser("en")
	sv := b.enter("sv", helpline.Danger)
	c := b.enter("en", helpline.Ordinary)
	if b.field(c, "offered") != en.Adviser {
		t.Fatal("language did not decide")
	}
	b.wantState(sv, helpline.Waiting)
	b.invariants(fi, en)
}

func TestUrgentFirst(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ordinary := b.enter("fi", helpline.Ordinary)
	b.at(time.Second)
	danger := b.enter("fi", helpline.Danger)
	v, err := b.View(t.Context(), ordinary, 1)
	if err != nil || v.Place.Ahead != 1 {
		t.Fatalf("ordinary has %d ahead, %v", v.Place.Ahead, err)
	}
	desk, _, err := b.ConsoleUp(t.Context(), helpline.Adviser{ID: "one", Languages: []string{"fi"}, Capacity: 1})
	if err != nil {
		t.Fatal(err)
	}
	b.duty(desk.Console, "ready")
	b.wantState(danger, helpline.Offered)
	b.wantState(ordinary, helpline.Waiting)
}

func TestLeaveExitAndComeBackByNumber(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := entry("fi", helpline.Ordinary)
	if _, _, err := b.Enqueue(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Leave(t.Context(), e.Contact, 1, "exit"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.View(t.Context(), e.Contact, 1); !errors.Is(err, helpline.ErrNotFound) {
		t.Fatalf("token lives after exit: %v", err)
	}
	b.wantState(e.Contact, helpline.Away)
	r := helpline.Return{RequestID: "r", Index: e.Numbers[0], Next: func(string, int64) string { return "next" }}
	in, _, err := b.Resume(t.Context(), r)
	if err != nil || in.Version != 2 || in.Arrival.UnixMilli() != b.now || in.State != helpline.Waiting {
		t.Fatalf("resume: %+v %v", in, err)
	}
	again, _, err := b.Resume(t.Context(), r)
	if err != nil || again != in {
		t.Fatalf("resume again: %+v %v", again, err)
	}
	r.RequestID = "other"
	if _, _, err := b.Resume(t.Context(), r); !errors.Is(err, helpline.ErrNotFound) {
		t.Fatalf("old number: %v", err)
	}
	if _, err := b.Leave(t.Context(), e.Contact, 2, "cancel"); err != nil {
		t.Fatal(err)
	}
	b.wantState(e.Contact, helpline.Cancelled)
}

func TestExitIsFinalAfterItsTime(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	c := b.enter("fi", helpline.Ordinary)
	if _, err := b.Leave(t.Context(), c, 1, "exit"); err != nil {
		t.Fatal(err)
	}
	b.at(30 * time.Minute)
	b.sweep()
	b.wantState(c, helpline.Exited)
}

func TestSilenceAbandonsAndTheNumberReadmits(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := entry("fi", helpline.Ordinary)
	if _, _, err := b.Enqueue(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.ContactUp(t.Context(), e.Contact, 1, "s1"); err != nil {
		t.Fatal(err)
	}
	arrival := b.field(e.Contact, "arrival")
	if _, err := b.ContactDown(t.Context(), e.Contact, "s1", 0); err != nil {
		t.Fatal(err)
	}
	b.wantState(e.Contact, helpline.Away)
	b.at(15 * time.Minute)
	b.sweep()
	b.wantState(e.Contact, helpline.Abandoned)
	b.at(time.Hour)
	in, _, err := b.Resume(t.Context(), helpline.Return{RequestID: "r", Index: e.Numbers[0], Next: func(string, int64) string { return "n2" }})
	if err != nil || b.field(e.Contact, "arrival") != arrival || in.State != helpline.Waiting {
		t.Fatalf("resume: %+v %v", in, err)
	}
}

func TestLostAdviser(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.adviser("fi")
	held, offered := b.enter("fi", helpline.Ordinary), ""
	b.accept(a, held)
	if _, _, err := b.ContactUp(t.Context(), held, 1, "s"); err != nil {
		t.Fatal(err)
	}
	offered = b.enter("fi", helpline.Ordinary)
	if _, err := b.ConsoleDown(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	b.wantState(offered, helpline.Waiting)
	b.wantState(held, helpline.Active)
	desk, _, err := b.ConsoleUp(t.Context(), helpline.Adviser{ID: a.Adviser, Languages: []string{"fi"}, Capacity: 2})
	if err != nil || len(desk.Legs) != 1 || desk.Duty.State != "paused" {
		t.Fatalf("desk: %+v %v", desk, err)
	}
	b.duty(desk.Console, "ready") // heard again
	b.wantState(offered, helpline.Offered)
	if _, err := b.ConsoleDown(t.Context(), desk.Console); err != nil {
		t.Fatal(err)
	}
	b.at(time.Minute)
	b.sweep()
	b.wantState(held, helpline.Waiting)
	if b.field(held, "lane") != "continuation" {
		t.Fatal("not on top")
	}
	if _, err := b.Say(t.Context(), helpline.Saying{Contact: held, From: helpline.FromAdviser, Console: desk.Console, CID: "x", Sealed: "x"}); !errors.Is(err, helpline.ErrNotFound) {
		t.Fatalf("a lost adviser still speaks: %v", err)
	}
	b.invariants(a)
}

func TestDeadNodeTakesItsSocketsAlong(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if _, err := b.Heartbeat(t.Context()); err != nil {
		t.Fatal(err)
	}
	a := b.adviser("fi")
	c := b.enter("en", helpline.Ordinary)
	if _, _, err := b.ContactUp(t.Context(), c, 1, "s"); err != nil {
		t.Fatal(err)
	}
	b.at(10 * time.Second)
	b.sweep()
	b.wantState(c, helpline.Away)
	if up := b.rdb.HGet(context.Background(), b.key(":a:"+a.Adviser), "up").Val(); up != "0" {
		t.Fatal("adviser of a dead node is up")
	}
	f, err := b.Heartbeat(t.Context())
	if err != nil || f.Evicted != 1 {
		t.Fatalf("a node whose lease was over was not told: %+v %v", f, err)
	}
}

func TestWrapUpLimitFreesTheSlotNotTheForm(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.adviser("fi")
	c := b.enter("fi", helpline.Ordinary)
	b.accept(a, c)
	if err := b.Draft(t.Context(), a, c, 3, "k d"); err != nil {
		t.Fatal(err)
	}
	if err := b.Draft(t.Context(), a, c, 2, "k d"); !errors.Is(err, helpline.ErrStaleDraft) {
		t.Fatalf("older draft: %v", err)
	}
	if _, err := b.End(t.Context(), a, c, "done"); err != nil {
		t.Fatal(err)
	}
	b.at(5 * time.Minute)
	b.sweep()
	b.wantState(c, helpline.Owed)
	b.invariants(a)
	other := b.adviser("fi")
	if legs, err := b.Owed(t.Context(), other); err != nil || len(legs) != 0 {
		t.Fatalf("others see it too early: %v %v", legs, err)
	}
	b.at(12 * time.Hour)
	legs, err := b.Owed(t.Context(), other)
	if err != nil || len(legs) != 1 || legs[0].Draft != "k d" {
		t.Fatalf("owed: %+v %v", legs, err)
	}
	b.at(61 * time.Hour)
	if got := b.sweep(); !slices.Contains(got, "not_recorded") {
		t.Fatalf("events: %v", got)
	}
}

func TestDrainingEndsOffDuty(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.adviser("fi")
	c := b.enter("fi", helpline.Ordinary)
	b.accept(a, c)
	if d := b.duty(a, "off"); d.State != "draining" {
		t.Fatalf("duty: %+v", d)
	}
	if _, err := b.Record(t.Context(), a, c, helpline.Staged{Generation: "1"}); err != nil {
		t.Fatal(err)
	}
	d, _, err := b.Duty(t.Context(), a, helpline.DutyWish{})
	if err != nil || d.State != "off" || d.Used != 0 {
		t.Fatalf("duty: %+v %v", d, err)
	}
}

func TestTooManyMessages(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	c := b.enter("fi", helpline.Ordinary)
	for i := range 6 {
		_, err := b.Say(t.Context(), helpline.Saying{Contact: c, From: helpline.FromContact, Version: 1, CID: string(rune('a' + i)), Sealed: "s"})
		if i < 5 && err != nil || i == 5 && !errors.Is(err, helpline.ErrTooMany) {
			t.Fatalf("message %d: %v", i, err)
		}
	}
}

func TestTextIsGoneAfterFourSilentHours(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.adviser("fi")
	c := b.enter("fi", helpline.Ordinary)
	b.accept(a, c)
	if _, err := b.Say(t.Context(), helpline.Saying{Contact: c, From: helpline.FromContact, Version: 1, CID: "x", Sealed: "s"}); err != nil {
		t.Fatal(err)
	}
	b.at(4 * time.Hour)
	b.sweep()
	if b.rdb.Exists(t.Context(), b.key(":s:"+c)).Val() != 0 || b.field(c, "key") != "" {
		t.Fatal("text is still there")
	}
	b.invariants(a)
}

func TestAnotherIncarnationChangesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.Use(func() int64 { return 2 })
	if _, _, err := b.Enqueue(t.Context(), entry("fi", helpline.Ordinary)); !errors.Is(err, ErrIncarnation) {
		t.Fatalf("old incarnation: %v", err)
	}
	if b.rdb.XLen(t.Context(), b.key(":spool")).Val() != 0 {
		t.Fatal("a refused script wrote")
	}
}
