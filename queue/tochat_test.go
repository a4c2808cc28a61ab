package queue

import (
	"context"
	"errors"
	"testing"
	"time"

	"adviceline/helpline"
)

func TestChatTakesThePlaceOfACallback(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	asked, due := b.book(b.hours(30, 34)), b.book(b.hours(0, 5))
	b.sweep()
	dueAt := b.now
	b.at(30 * time.Minute)
	for _, k := range []helpline.Booking{asked, due} {
		var first helpline.Entered
		for i := range 2 {
			e, events, err := b.ToChat(b.Context(), k.Contact, 1, "k3", "t3")
			if err != nil || e.State != helpline.Waiting || i == 1 && (e != first || len(events) > 0) {
				t.Fatalf("%+v %v %v", e, events, err)
			}
			first = e
		}
		if want := map[string]int64{asked.Contact: b.now, due.Contact: dueAt}[k.Contact]; first.Arrival.UnixMilli() != want {
			t.Errorf("arrival %v", first.Arrival)
		}
	}
	if n := b.rdb.ZCard(context.Background(), b.key(":calls")).Val(); n != 0 {
		t.Errorf("%d are still to be dialled", n)
	}
	if _, _, err := b.ContactUp(b.Context(), due.Contact, 1, "s"); err != nil {
		t.Fatal(err)
	}
	a := b.adviser("fi")
	leg := b.accept(a, due.Contact)
	if leg.Channel != "chat" || leg.Key != "k3" {
		t.Errorf("%+v", leg.Facts)
	}
	b.minutes(20)
	b.wantState(asked.Contact, helpline.Abandoned) // as any chat whose page is away
	call := b.book(b.hours(0, 5))
	b.record(a, due.Contact)
	b.sweep()
	b.accept(a, call.Contact)
	if _, _, err := b.ToChat(b.Context(), call.Contact, 1, "k", "t"); !errors.Is(err, helpline.ErrNotFound) {
		t.Errorf("a call that somebody has: %v", err)
	}
	if _, _, err := b.ToChat(b.Context(), due.Contact, 1, "k", "t"); !errors.Is(err, helpline.ErrNotFound) {
		t.Errorf("one that is over: %v", err)
	}
}
