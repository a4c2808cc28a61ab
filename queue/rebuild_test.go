package queue

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"

	"adviceline/helpline"
)

// standingAt is a leg as the ledger of a lost queue has it.
func (b *bench) standingAt(state helpline.State, owner string) helpline.Standing {
	id := uuid.NewString()
	s := helpline.Standing{
		Contact: id, Channel: "chat", Language: "fi", Lane: helpline.Ordinary, Arrival: time.UnixMilli(b.now).Add(-time.Minute).UTC(),
		State: state, Owner: owner, Capacity: 2, Epoch: 7, Version: 1, Key: "anew", Told: "gone", Number: id + "1",
	}
	if owner != "" {
		s.Accepted = s.Arrival.Add(time.Second)
	}
	return s
}

// rebuilt enters life 2 as a door does, with these legs.
func (b *bench) rebuilt(legs ...helpline.Standing) (lost int) {
	b.Helper()
	if err := b.SetLife(b.Context(), "", 2); err != nil {
		b.Fatal(err)
	}
	if _, err := b.Clear(b.Context()); err != nil {
		b.Fatal(err)
	}
	lost, err := b.Rebuild(b.Context(), 2, legs)
	if err == nil {
		err = b.Forget(b.Context(), 2)
	}
	if err == nil {
		err = b.Halt(b.Context(), 2, 10*time.Second)
	}
	if err == nil {
		err = b.SetLife(b.Context(), "test", 2)
	}
	if err != nil {
		b.Fatal(err)
	}
	b.Use(func() int64 { return 2 })
	b.lease("n1")
	return lost
}

// TestEmptyRedisIsRebuiltFromTheLedger: each state takes its place, at its original arrival; nobody is
// offered before the hold is over; the adviser who comes back has what is theirs, under a newer epoch; who does
// not come back loses it after the grace.
func TestEmptyRedisIsRebuiltFromTheLedger(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	here, gone := uuid.NewString(), uuid.NewString()
	waiting, offered, active := b.standingAt(helpline.Waiting, ""), b.standingAt(helpline.Offered, ""), b.standingAt(helpline.Active, here)
	wrapping, theirs := b.standingAt(helpline.Wrapping, here), b.standingAt(helpline.Transferring, gone)
	wrapping.Ended = wrapping.Accepted.Add(time.Second)
	parked, danger := b.standingAt(helpline.Parked, gone), b.standingAt(helpline.DangerOpen, "")
	danger.Lane = helpline.Danger
	old := b.standingAt(helpline.Waiting, "")
	old.Arrival = time.UnixMilli(b.now).Add(-25 * time.Hour).UTC()
	if lost := b.rebuilt(waiting, offered, active, wrapping, theirs, parked, danger, old); lost != 7 { // a wrapping one has no text any more
		t.Fatalf("text of %d conversations counted as lost, want 7", lost)
	}

	desk, _, err := b.ConsoleUp(t.Context(), helpline.Adviser{ID: here, Alias: "A", Languages: []string{"fi"}, Capacity: 2})
	if err != nil || len(desk.Legs) != 2 || desk.Duty.Used != 2 {
		t.Fatalf("the adviser has %d legs, uses %d, %v", len(desk.Legs), desk.Duty.Used, err)
	}
	for _, l := range desk.Legs {
		if l.Contact == active.Contact && l.Epoch <= 7 {
			t.Fatalf("epoch %d after 7", l.Epoch)
		}
	}
	c := helpline.Console{Adviser: here, Epoch: desk.Console.Epoch}
	b.duty(c, "ready")
	if said, err := b.Say(t.Context(), helpline.Saying{Contact: active.Contact, From: helpline.FromAdviser, Console: c, CID: "x"}); err != nil || said.Seq != 2_000_002 {
		t.Fatalf("said %d, %v", said.Seq, err)
	}
	history, err := b.History(t.Context(), active.Contact, 0)
	if err != nil || len(history) != 2 || history[0].From != helpline.FromSystem {
		t.Fatalf("history %+v, %v", history, err)
	}

	other := b.adviser("fi")
	for _, w := range []helpline.Standing{waiting, offered} {
		b.wantState(w.Contact, helpline.Away)
		if _, _, err := b.ContactUp(t.Context(), w.Contact, 1, "s"); err != nil {
			t.Fatal(err)
		}
		b.wantState(w.Contact, helpline.Waiting)
		if got := b.field(w.Contact, "arrival"); got != strconv.FormatInt(w.Arrival.UnixMilli(), 10) {
			t.Fatalf("arrival %s", got)
		}
	}
	b.sweep()
	b.wantState(old.Contact, helpline.Expired)
	b.wantState(waiting.Contact, helpline.Waiting)
	b.at(11 * time.Second)
	b.sweep()
	events, err := b.Plan(t.Context())
	if err != nil || len(events) != 2 {
		t.Fatalf("the plan made %d offers, %v", len(events), err)
	}
	b.wantState(waiting.Contact, helpline.Offered)
	b.wantState(offered.Contact, helpline.Offered)
	b.invariants(c, other)
	b.wantState(danger.Contact, helpline.DangerOpen)

	b.wantState(theirs.Contact, helpline.Active) // the ghost's
	b.at(50 * time.Second)
	b.sweep()
	b.wantState(theirs.Contact, helpline.Away)
	if _, _, err := b.ContactUp(t.Context(), theirs.Contact, 1, "s"); err != nil || b.field(theirs.Contact, "lane") != "continuation" {
		t.Fatalf("lane %s, %v", b.field(theirs.Contact, "lane"), err)
	}
	if _, _, err := b.ContactUp(t.Context(), parked.Contact, 1, "s"); err != nil {
		t.Fatal(err)
	}
}

// TestRebuildKeepsWhatRedisStillHas: after a restart or a failover text, key, form and token live on, and the
// ledger, which is ahead, decides who has whom.
func TestRebuildKeepsWhatRedisStillHas(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.adviser("fi")
	id := b.enter("fi", helpline.Ordinary)
	if _, _, err := b.ContactUp(t.Context(), id, 1, "s"); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		s := helpline.Saying{Contact: id, From: helpline.FromContact, Version: 1, CID: "c" + strconv.Itoa(i), Sealed: "x"}
		if _, err := b.Say(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	left := b.enter("sv", helpline.Ordinary)
	if _, err := b.Leave(t.Context(), left, 1, "exit"); err != nil {
		t.Fatal(err)
	}
	unknown := b.enter("sv", helpline.Ordinary)
	s := b.standingAt(helpline.Active, a.Adviser) // Redis knows of the offer only
	s.Contact, s.Number = id, id+"1"
	exited := b.standingAt(helpline.Away, "")
	exited.Contact, exited.Number, exited.Reason = left, left+"1", "exit"
	if lost := b.rebuilt(s, exited); lost != 0 {
		t.Fatalf("%d lost", lost)
	}
	if b.field(unknown, "state") != "" || b.field(id, "key") != "k" || b.field(id, "print") != "p" {
		t.Fatal("what is unknown stays, or what is known does not")
	}
	if _, err := b.View(t.Context(), left, 1); err == nil {
		t.Fatal("a token that died lives again")
	}
	desk, _, err := b.ConsoleUp(t.Context(), helpline.Adviser{ID: a.Adviser, Alias: "A", Languages: []string{"fi"}, Capacity: 2})
	if err != nil || len(desk.Legs) != 1 || desk.Duty.State != "paused" || desk.Duty.Used != 1 || desk.Console.Epoch <= a.Epoch {
		t.Fatalf("%+v, %v", desk, err)
	}
	v, _, err := b.ContactUp(t.Context(), id, 1, "s2")
	if err != nil || v.Seq != 2_000_000 {
		t.Fatalf("seq %d, %v", v.Seq, err)
	}
	known, err := b.Say(t.Context(), helpline.Saying{Contact: id, From: helpline.FromContact, Version: 1, CID: "c2", Sealed: "x"})
	if err != nil || known.Seq != 1_000_003 || known.At.IsZero() {
		t.Fatalf("a message said before is numbered %+v, %v", known, err)
	}
	late := helpline.Saying{Contact: id, From: helpline.FromContact, Version: 1, CID: "c3", Sealed: "x", Key: "of a socket that was open before Redis lost the key"}
	if _, err := b.Say(t.Context(), late); !errors.Is(err, ErrIncarnation) {
		t.Errorf("text that nobody can open is taken: %v", err)
	}
	next, err := b.Say(t.Context(), helpline.Saying{Contact: id, From: helpline.FromContact, Version: 1, CID: "c3", Sealed: "x", Key: "k"})
	if err != nil || next.Seq != 2_000_001 {
		t.Fatalf("the next message is numbered %d, %v", next.Seq, err)
	}
	if n := b.rdb.XLen(context.Background(), b.key(":s:"+id)).Val(); n != 4 {
		t.Fatalf("%d messages", n)
	}
}

// TestConnectionToAnotherServerIsRefused: once the line is entered, a server process that is another one is
// not spoken to, and the heartbeat hears of it.
func TestConnectionToAnotherServerIsRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	run, _, _, err := b.Life(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	right, wrong := b.node("right"), b.node("wrong")
	right.Bind(run)
	wrong.Bind("another")
	if err := right.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := wrong.Ping(t.Context()); err == nil {
		t.Fatal("spoke to another server")
	}
	if _, err := wrong.Heartbeat(t.Context()); !errors.Is(err, ErrIncarnation) || !errors.Is(err, helpline.ErrQueueUnavailable) {
		t.Fatalf("a script on another server: %v", err)
	}
	<-wrong.stale
}

// The last second of Redis is lost, and in it a return by number: the ledger has the newer version, so the rebuilt
// leg shows nothing that was said before, and the number that was used opens it no more.
func TestRebuildKeepsAReturnThatRedisForgot(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	k := b.adviser("fi")
	id := b.enter("fi", helpline.Ordinary)
	if _, _, err := b.Accept(t.Context(), k, b.field(id, "offer")); err != nil {
		t.Fatal(err)
	}
	said, err := b.Say(t.Context(), helpline.Saying{Contact: id, From: helpline.FromAdviser, Console: k, CID: "x"})
	if err != nil {
		t.Fatal(err)
	}
	leg := b.standingAt(helpline.Active, k.Adviser)
	leg.Contact, leg.Version, leg.Number = id, 2, id+"2"
	b.rebuilt(leg)
	if got := b.field(id, "floor"); got != fmt.Sprint(said.Seq) {
		t.Errorf("floor %s after %d", got, said.Seq)
	}
	next := func(string, int64) string { return "n3" }
	if _, _, err := b.Resume(t.Context(), helpline.Return{RequestID: "r1", Index: id + "1", Next: next}); !errors.Is(err, helpline.ErrNotFound) {
		t.Errorf("the number that was used: %v", err)
	}
	if _, _, err := b.Resume(t.Context(), helpline.Return{RequestID: "r2", Index: id + "2", Next: next}); err != nil {
		t.Errorf("the newer number: %v", err)
	}
}

// TestIntakeAfterARebuildIsTheSame: who never had an answer asks again and is in, though the ledger keeps nothing of what
// was asked; from then on another body under the same request is refused as ever.
func TestIntakeAfterARebuildIsTheSame(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.standingAt(helpline.Away, "")
	s.Reason = ""
	b.rebuilt(s)
	e := entry("fi", helpline.Ordinary)
	e.Contact = s.Contact
	for range 2 {
		if in, _, err := b.Enqueue(t.Context(), e); err != nil || in.Contact != s.Contact || in.Version != s.Version {
			t.Fatalf("%+v %v", in, err)
		}
	}
	e.Print = "another"
	if _, _, err := b.Enqueue(t.Context(), e); !errors.Is(err, helpline.ErrRequestReused) {
		t.Error(err)
	}
}
