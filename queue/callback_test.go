package queue

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"adviceline/helpline"
)

// hours gives a window by its hours from the bench's clock.
func (b *bench) hours(from, to float64) helpline.Window {
	at := func(h float64) time.Time { return time.UnixMilli(b.now).Add(time.Duration(h * float64(time.Hour))) }
	return helpline.Window{From: at(from), To: at(to)}
}

func (b *bench) book(list ...helpline.Window) helpline.Booking {
	b.Helper()
	c := helpline.Callback{
		Contact: uuid.NewString(), Language: "fi", Lane: helpline.Ordinary, Print: "p", Key: "k", Told: "t", Version: 1,
		Windows: list,
	}
	booking := helpline.Booking{Callback: c, Number: c.Contact + "n"}
	b.schedule(booking)
	return booking
}

func (b *bench) schedule(booking helpline.Booking) helpline.Entered {
	b.Helper()
	e, _, err := b.Schedule(b.Context(), booking)
	if err != nil {
		b.Fatal(err)
	}
	return e
}

func (b *bench) try(c helpline.Console, contact, result string, next time.Time) time.Time {
	b.Helper()
	due, _, err := b.Attempt(b.Context(), c, helpline.Attempt{ID: uuid.NewString(), Contact: contact, Result: result, Next: next})
	if err != nil {
		b.Fatalf("attempt %s: %v", result, err)
	}
	return due
}

// minutes moves the clock on by minutes, one sweep each, and gives the events of them all.
func (b *bench) minutes(n int) (kinds []string) {
	b.Helper()
	for range n {
		b.at(time.Minute)
		kinds = append(kinds, b.sweep()...)
	}
	return kinds
}

func (b *bench) record(c helpline.Console, contact string) {
	b.Helper()
	s := helpline.Staged{Generation: "1", Key: []byte("k"), Wrapped: "w", Sealed: "s"}
	if _, err := b.Record(b.Context(), c, contact, s); err != nil {
		b.Fatal(err)
	}
}

func TestCallbackIsDueInItsWindow(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	w := b.hours(2, 4)
	k := b.book(w)
	if e := b.schedule(k); e.State != helpline.Scheduled || e.Version != 1 {
		t.Errorf("again: %+v", e)
	}
	a := b.adviser("fi")
	b.sweep()
	b.wantState(k.Contact, helpline.Scheduled)
	b.at(2*time.Hour - time.Millisecond)
	b.sweep()
	b.wantState(k.Contact, helpline.Scheduled)
	b.at(time.Millisecond)
	if kinds := b.sweep(); !slices.Contains(kinds, helpline.CallbackDue) {
		t.Errorf("due: %v", kinds)
	}
	b.wantState(k.Contact, helpline.Offered)
	leg := b.accept(a, k.Contact)
	if !leg.Arrival.Equal(w.From) {
		t.Errorf("arrival %v, due %v", leg.Arrival, w.From)
	}
	if used := b.duty(a, "ready").Used; used != 2 {
		t.Errorf("a call takes %d of 2", used)
	}
	if _, err := b.End(b.Context(), a, k.Contact, "done"); !errors.Is(err, helpline.ErrTooSoon) {
		t.Errorf("ended without an attempt: %v", err)
	}
	if due := b.try(a, k.Contact, "reached", time.Time{}); !due.IsZero() {
		t.Errorf("due again at %v", due)
	}
	b.record(a, k.Contact)
	b.wantState(k.Contact, helpline.Completed)
	if n := b.rdb.ZCard(context.Background(), b.key(":calls")).Val(); n != 0 {
		t.Errorf("%d callbacks are still listed", n)
	}
}

func TestConvertKeepsTheArrival(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.enter("fi", helpline.SameDay)
	arrival := b.now
	b.at(10 * time.Minute)
	booking := helpline.Booking{Callback: helpline.Callback{
		Contact: id, Print: "convert", Key: "k2", Told: "t2", Version: 1, Windows: []helpline.Window{b.hours(1, 3)},
	}}
	for range 2 {
		e, _, err := b.Convert(b.Context(), booking)
		if err != nil || e.State != helpline.Scheduled || e.Arrival.UnixMilli() != arrival {
			t.Fatalf("%+v %v", e, err)
		}
	}
	b.at(5 * time.Hour) // longer than silence lets a chat wait
	b.at(-4 * time.Hour)
	b.sweep()
	b.wantState(id, helpline.Waiting)
	leg := b.accept(b.adviser("fi"), id)
	if leg.Arrival.UnixMilli() != arrival || leg.Channel != "callback" || leg.Key != "k2" {
		t.Errorf("leg %+v", leg.Facts)
	}
	if _, _, err := b.Convert(b.Context(), helpline.Booking{Callback: helpline.Callback{
		Contact: id, Print: "another", Version: 1, Windows: booking.Windows,
	}}); !errors.Is(err, helpline.ErrNotFound) {
		t.Errorf("a leg that somebody has was converted: %v", err)
	}
}

// T5: two long chats and a window of 60 min with one adviser.
func TestDrainBeforeTheWindow(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.adviser("fi")
	k := b.book(b.hours(2, 3))
	first, second := b.enter("fi", helpline.Ordinary), b.enter("fi", helpline.Ordinary)
	b.accept(a, first)
	b.accept(a, second)
	b.minutes(80) // the window begins in 40 min, chats take 45
	b.record(a, first)
	late := b.enter("fi", helpline.Ordinary)
	if _, _, err := b.ContactUp(b.Context(), late, 1, "s"); err != nil {
		t.Fatal(err)
	}
	b.wantState(late, helpline.Waiting) // ordinary work is not begun any more
	urgent := b.enter("fi", helpline.SameDay)
	b.wantState(urgent, helpline.Offered)
	b.accept(a, urgent)
	b.record(a, urgent)
	b.wantState(late, helpline.Waiting)
	b.minutes(41)
	b.wantState(k.Contact, helpline.Waiting)
	b.record(a, second)
	b.wantState(k.Contact, helpline.Offered)
	b.accept(a, k.Contact)
	b.try(a, k.Contact, "reached", time.Time{})
	b.record(a, k.Contact)
	b.wantState(late, helpline.Offered)
	if n := b.rdb.HGet(context.Background(), b.key(":meta"), "drains").Val(); n != "0" {
		t.Errorf("%s advisers are still kept free", n)
	}
}

func TestWindowUntriedIsNeverFinal(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	k := b.book(b.hours(1, 2), b.hours(4, 5))
	kinds := b.minutes(121)
	risk, missed := slices.Index(kinds, helpline.CallbackAtRisk), slices.Index(kinds, helpline.WindowMissed)
	if risk < 0 || missed < risk {
		t.Errorf("events %v", kinds)
	}
	b.wantState(k.Contact, helpline.Scheduled)
	kinds = b.minutes(3 * 60)
	if slices.Contains(kinds, helpline.Left) || !slices.Contains(kinds, helpline.CallbackReview) {
		t.Errorf("events %v", kinds)
	}
	b.wantState(k.Contact, helpline.Review)
	a := b.adviser("fi")
	b.wantState(k.Contact, helpline.Review) // nobody is sent there by itself
	list, err := b.Callbacks(b.Context(), a)
	if err != nil || len(list) != 1 || list[0].State != helpline.Review || list[0].Reason != "missed" {
		t.Errorf("list %+v %v", list, err)
	}
}

func TestAttempts(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	k := b.book(b.hours(1, 2), b.hours(24, 26))
	a := b.adviser("fi")
	b.minutes(60)
	b.accept(a, k.Contact)
	id := uuid.NewString()
	for range 2 { // the same attempt is one
		due, _, err := b.Attempt(b.Context(), a, helpline.Attempt{ID: id, Contact: k.Contact, Result: "no_answer"})
		if err != nil || due.UnixMilli() != b.now+30*60_000 {
			t.Fatalf("next at %v, %v", due, err)
		}
	}
	if used := b.duty(a, "ready").Used; used != 0 {
		t.Errorf("the slot is not free: %d", used)
	}
	b.minutes(30)
	b.accept(a, k.Contact)
	next := k.Windows[1].From
	if due := b.try(a, k.Contact, "no_answer", time.Time{}); !due.Equal(next) {
		t.Errorf("next at %v, the window begins at %v", due, next)
	}
	if kinds := b.minutes(31); slices.Contains(kinds, helpline.WindowMissed) {
		t.Error("a window that was tried counts as missed")
	}
	b.at(next.Sub(time.UnixMilli(b.now)))
	b.sweep()
	b.accept(a, k.Contact)
	if due := b.try(a, k.Contact, "no_answer", time.Time{}); !due.IsZero() {
		t.Errorf("a fourth attempt at %v", due)
	}
	b.wantState(k.Contact, helpline.Review)
	if r := b.field(k.Contact, "reason"); r != "unreached" {
		t.Errorf("reason %q", r)
	}
	if due := b.try(a, k.Contact, "gave_up", time.Time{}); !due.IsZero() {
		t.Errorf("due %v", due)
	}
	b.wantState(k.Contact, helpline.Unreached)
}

func TestDiallingStopsUntilAPersonHasLooked(t *testing.T) {
	t.Parallel()
	for _, result := range []string{"other_person", "not_safe", "bad_number"} {
		b := newBench(t)
		k := b.book(b.hours(0, 5))
		a := b.adviser("fi")
		b.sweep()
		b.accept(a, k.Contact)
		b.try(a, k.Contact, result, time.Time{})
		b.minutes(60)
		b.wantState(k.Contact, helpline.Review)
		due := b.try(a, k.Contact, result, time.UnixMilli(b.now).Add(time.Minute))
		if due.UnixMilli() != b.now+60_000 {
			t.Errorf("%s: a person set %v", result, due)
		}
		b.minutes(1)
		b.wantState(k.Contact, helpline.Offered)
	}
}

func TestAttemptOutsideTheWindows(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	k := b.book(b.hours(0, 2))
	a := b.adviser("fi")
	b.sweep()
	b.accept(a, k.Contact)
	_, _, err := b.Attempt(b.Context(), a, helpline.Attempt{
		ID: uuid.NewString(), Contact: k.Contact, Result: "no_answer", Next: time.UnixMilli(b.now).Add(3 * time.Hour),
	})
	if !errors.Is(err, helpline.ErrWindowsRefused) {
		t.Fatal(err)
	}
	b.wantState(k.Contact, helpline.Active)
	other := b.adviser("fi")
	if _, _, err := b.Attempt(b.Context(), other, helpline.Attempt{ID: uuid.NewString(), Contact: k.Contact, Result: "reached"}); !errors.Is(err, helpline.ErrNotFound) {
		t.Errorf("another adviser's attempt: %v", err)
	}
}

func TestSilenceTakesNoCallbackAway(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	k := b.book(b.hours(1, 6))
	v, _, err := b.ContactUp(b.Context(), k.Contact, 1, "s")
	if err != nil || v.State != helpline.Scheduled {
		t.Fatalf("%+v %v", v, err)
	}
	b.minutes(61)
	b.wantState(k.Contact, helpline.Waiting)
	if _, err := b.ContactDown(b.Context(), k.Contact, "s", 0); err != nil {
		t.Fatal(err)
	}
	if _, err := b.View(b.Context(), k.Contact, 1); err != nil {
		t.Fatal(err)
	}
	b.minutes(40)
	b.wantState(k.Contact, helpline.Waiting)
	a := b.adviser("fi")
	b.accept(a, k.Contact)
	if _, err := b.ConsoleDown(b.Context(), a); err != nil {
		t.Fatal(err)
	}
	b.minutes(2)
	b.wantState(k.Contact, helpline.Waiting)
}

func TestCallbackIsTakenBack(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.adviser("fi")
	k, other := b.book(b.hours(1, 3)), b.book(b.hours(1, 3))
	if _, err := b.Leave(b.Context(), k.Contact, 1, "cancel"); err != nil {
		t.Fatal(err)
	}
	b.wantState(k.Contact, helpline.Cancelled)
	contact, _, err := b.Stop(b.Context(), a, other.Number)
	if err != nil || contact != other.Contact {
		t.Fatal(contact, err)
	}
	if _, _, err := b.Stop(b.Context(), a, "unknown"); !errors.Is(err, helpline.ErrNotFound) {
		t.Error(err)
	}
	b.minutes(90)
	b.wantState(other.Contact, helpline.Cancelled)
	if n := b.rdb.ZCard(context.Background(), b.key(":calls")).Val(); n != 0 {
		t.Errorf("%d are listed", n)
	}
}

func TestLinkedCallbackLooksLikeAnyOtherAndComesForward(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	k := helpline.Booking{Callback: helpline.Callback{
		Contact: uuid.NewString(), Language: "fi", Lane: helpline.Ordinary, Print: "p", Version: 1, First: uuid.NewString(),
		Windows: []helpline.Window{b.hours(0, 5)},
	}, Number: "n"}
	b.schedule(k)
	a := b.adviser("fi")
	b.minutes(10)
	if v, err := b.View(b.Context(), k.Contact, 1); err != nil || v.State != helpline.Scheduled {
		t.Errorf("%+v %v", v, err)
	}
	if gone, err := b.Gone(b.Context(), []helpline.Callback{k.Callback}); err != nil || len(gone) != 0 {
		t.Errorf("gone %v %v", gone, err)
	}
	k.First = ""
	if gone, err := b.Gone(b.Context(), []helpline.Callback{k.Callback}); err != nil || len(gone) != 1 {
		t.Errorf("gone %v %v", gone, err)
	}
	b.schedule(k)
	b.sweep()
	b.wantState(k.Contact, helpline.Offered)
	b.accept(a, k.Contact)
}

func TestNumberIsOver(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	k := b.book(b.hours(1, 2))
	b.at(74*time.Hour - time.Millisecond)
	b.sweep()
	b.wantState(k.Contact, helpline.Review)
	b.at(time.Millisecond)
	b.sweep()
	b.wantState(k.Contact, helpline.Expired)
}

// Who was kept free for a call signs in with other languages, or goes: the call keeps somebody else free, and
// is offered to nobody before its window.
func TestKeptFreeForACallIsSomebodyElseThen(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"other languages", "off duty"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			first := b.adviser("fi")
			c := b.book(b.hours(0.5, 2)).Contact
			b.sweep()
			if got := b.field(c, "reserved"); got != first.Adviser {
				t.Fatalf("kept free: %q", got)
			}
			other := b.adviser("fi")
			if how == "off duty" {
				b.duty(first, "off")
			} else if _, _, err := b.ConsoleUp(t.Context(), helpline.Adviser{ID: first.Adviser, Languages: []string{"sv"}, Capacity: 2}); err != nil {
				t.Fatal(err)
			}
			if got := b.field(c, "reserved"); got != other.Adviser {
				t.Errorf("kept free then: %q", got)
			}
			b.wantState(c, helpline.Scheduled)
			b.minutes(30)
			if got := b.field(c, "offered"); got != other.Adviser {
				t.Errorf("in its window it is offered to %q", got)
			}
		})
	}
}
