package queue

import (
	"testing"
	"time"

	"adviceline/helpline"
)

// What the ledger can never take waits for a person to look at it, is counted until then, holds nobody up, and does not
// outlive what the ledger knows of contacts.
func TestRefusedEventsAreCountedAndForgotten(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.enter("fi", helpline.Ordinary)
	waiting, err := b.Overdue(t.Context(), 0, 10)
	if err != nil || len(waiting) == 0 {
		t.Fatal(waiting, err)
	}
	if err := b.SetAside(t.Context(), []string{waiting[0].SpoolID}); err != nil {
		t.Fatal(err)
	}
	refused := func(want int) {
		t.Helper()
		if f, err := b.Heartbeat(t.Context()); err != nil || f.Refused != want || f.Spool != len(waiting)-1 {
			t.Fatalf("%+v %v", f, err)
		}
	}
	refused(1)
	if n, err := b.ForgetRefused(t.Context(), time.Hour); err != nil || n != 0 {
		t.Fatal(n, err)
	}
	refused(1)
	if n, err := b.ForgetRefused(t.Context(), -time.Hour); err != nil || n != 1 { // an hour later
		t.Fatal(n, err)
	}
	refused(0)
}
