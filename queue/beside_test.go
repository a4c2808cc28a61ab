package queue

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"adviceline/helpline"
)

// external gives a leg beside the queue as the ledger of a lost queue has it.
func (b *bench) externalAt(state helpline.State, channel, owner string) helpline.Standing {
	s := b.standingAt(state, owner)
	s.Channel, s.Language = channel, "und"
	return s
}

// Redis is lost while a call, a visit and the form of a third run beside the queue: each comes back with no
// weight, no page and no return number, and its form can be written as before.
func TestCallsBesideTheQueueComeBackFromTheLedger(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	here, gone := uuid.NewString(), uuid.NewString()
	call, visit := b.externalAt(helpline.ExternalLeg, "phone", here), b.externalAt(helpline.Wrapping, "in_person", here)
	visit.Ended = time.UnixMilli(b.now).UTC()
	theirs, owed := b.externalAt(helpline.ExternalLeg, "phone", gone), b.externalAt(helpline.Owed, "phone", gone)
	owed.Ended = time.UnixMilli(b.now).Add(-13 * time.Hour).UTC()
	b.rdb.SAdd(t.Context(), b.key(":consoles"), "somebody of before")
	if lost := b.rebuilt(call, visit, theirs, owed); lost != 0 {
		t.Errorf("text of %d calls counted as lost", lost)
	}
	if b.rdb.SIsMember(t.Context(), b.key(":consoles"), "somebody of before").Val() {
		t.Error("the list of consoles outlived its Redis")
	}
	for _, s := range []helpline.Standing{call, visit, theirs, owed} {
		if b.field(s.Contact, "external") != "1" || b.field(s.Contact, "key") != "" || b.rdb.Exists(t.Context(), b.key(":number:"+s.Number)).Val() != 0 {
			t.Errorf("%s came back as %v", s.Channel, b.rdb.HGetAll(t.Context(), b.key(":c:"+s.Contact)).Val())
		}
	}
	desk, _, err := b.ConsoleUp(t.Context(), helpline.Adviser{ID: here, Alias: "A", Languages: []string{"fi"}, Capacity: 2})
	if err != nil || len(desk.External) != 2 || len(desk.Legs) != 0 || desk.Duty.Used != 0 {
		t.Fatalf("%+v %v", desk, err)
	}
	if found := b.reconcile(); len(found) > 0 {
		t.Errorf("the reconciler repaired %v", found)
	}
	over, _, err := b.Overview(t.Context(), desk.Console, false)
	if err != nil || len(over.Legs) != 3 || len(over.Owed) != 1 {
		t.Errorf("%+v %v", over, err)
	}
	for _, s := range []helpline.Standing{call, visit, owed} {
		if _, err := b.Record(t.Context(), desk.Console, s.Contact, helpline.Staged{Generation: "g"}); err != nil {
			t.Errorf("the form of %s: %v", s.State, err)
		}
	}
	b.at(time.Minute) // who does not come back owes the form
	b.sweep()
	b.wantState(theirs.Contact, helpline.Owed)
	if d := b.duty(desk.Console, "ready"); d.Used != 0 {
		t.Errorf("%+v", d)
	}
}

// The reconciler leaves a call that is beside the queue where it is, and puts it back where it is not.
func TestReconcilerKnowsCallsBesideTheQueue(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a, call := b.adviser("fi"), uuid.NewString()
	if _, _, err := b.External(t.Context(), a, call, "phone"); err != nil {
		t.Fatal(err)
	}
	if found := b.reconcile(); len(found) > 0 {
		t.Errorf("repaired %v", found)
	}
	b.rdb.SRem(t.Context(), b.key(":legs:"+a.Adviser), call)
	if found := b.reconcile(); found["place"] != 1 || len(found) != 1 {
		t.Errorf("repaired %v", found)
	}
	desk, _, err := b.ConsoleUp(t.Context(), helpline.Adviser{ID: a.Adviser, Alias: "A", Languages: []string{"fi"}, Capacity: 2})
	if err != nil || len(desk.External) != 1 {
		t.Errorf("%+v %v", desk, err)
	}
}
