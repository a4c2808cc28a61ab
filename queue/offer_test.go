package queue

import (
	"testing"
	"time"

	"adviceline/helpline"
)

// TestNobodyOvertakesAtTheEndOfACooldown: between the end of an adviser's cooldown and the sweep that feeds them, who comes
// anew waits behind who waited; the sweep offers those who came first, as many as there are places.
func TestNobodyOvertakesAtTheEndOfACooldown(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.adviser("fi")
	declined := b.enter("fi", helpline.Ordinary)
	if _, err := b.Decline(t.Context(), a, b.field(declined, "offer"), "other"); err != nil {
		t.Fatal(err)
	}
	b.at(time.Second)
	first := b.enter("fi", helpline.Ordinary)
	b.wantState(first, helpline.Waiting)
	b.at(helpline.DefaultTiming().DeclineCooldown)
	later := b.enter("fi", helpline.Ordinary)
	b.wantState(later, helpline.Waiting)
	b.sweep()
	b.wantState(declined, helpline.Offered)
	b.wantState(first, helpline.Offered)
	b.wantState(later, helpline.Waiting)
}
