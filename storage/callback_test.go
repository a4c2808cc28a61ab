package storage

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"adviceline/helpline"
)

func request(mark string) helpline.Callback {
	return helpline.Callback{
		Contact: uuid.NewString(), Language: "fi", Lane: helpline.Ordinary, Arrival: noon, Print: "p", Key: "k", Told: "t",
		Mark: mark, Windows: []helpline.Window{{From: noon.Add(time.Hour), To: noon.Add(3 * time.Hour)}}, Version: 1,
		Wrapped: "w", Sealed: "sealed",
	}
}

func callbacks(t *testing.T) (Callbacks, *Ledger) {
	t.Helper()
	s := open(t, database(t))
	return NewCallbacks(s, "main"), writing(t, s, LedgerOptions{})
}

func keep(t *testing.T, s Callbacks, c helpline.Callback) {
	t.Helper()
	if _, err := s.Keep(t.Context(), c, []string{c.Mark}); err != nil {
		t.Fatal(err)
	}
}

// of gives an event of a callback.
func of(c helpline.Callback, n int64, kind, reason string, state helpline.State) helpline.Event {
	e := step(c.Contact, n, kind)
	e.Channel, e.State, e.Reason, e.Call = "callback", state, reason, &helpline.Booked{Due: noon.Add(time.Hour), Attempts: int(n)}
	if kind == helpline.Left {
		e.Ended = e.At
	}
	return e
}

func TestCallbackIsKeptOnce(t *testing.T) {
	t.Parallel()
	s, l := callbacks(t)
	c := request("m")
	keep(t, s, c)
	again := c
	again.Sealed = "sealed anew"
	kept, err := s.Keep(t.Context(), again, []string{"m"})
	if err != nil || kept.Sealed != "sealed" || !kept.Windows[0].To.Equal(c.Windows[0].To) {
		t.Errorf("%+v %v", kept, err)
	}
	again.Print = "other"
	if _, err := s.Keep(t.Context(), again, []string{"m"}); !errors.Is(err, helpline.ErrRequestReused) {
		t.Error(err)
	}
	if err := submit(t, l, of(c, 1, helpline.CallbackTried, "no_answer", helpline.Scheduled)); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Callback(t.Context(), c.Contact); err != nil || got.Attempts != 1 || !got.Due.Equal(noon.Add(time.Hour)) {
		t.Errorf("%+v %v", got, err)
	}
	if err := submit(t, l, of(c, 3, helpline.CallbackReview, "not_safe", helpline.Review), of(c, 2, helpline.CallbackDue, "", helpline.Waiting)); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Callback(t.Context(), c.Contact); err != nil || got.Review != "not_safe" || got.Attempts != 3 {
		t.Errorf("%+v %v", got, err)
	}
}

func TestCallbackIsErasedWithItsEnd(t *testing.T) {
	t.Parallel()
	s, l := callbacks(t)
	c := request("m")
	keep(t, s, c)
	if err := submit(t, l, of(c, 1, helpline.Left, "cancel", helpline.Cancelled)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Callback(t.Context(), c.Contact); !errors.Is(err, helpline.ErrNotFound) {
		t.Error(err)
	}
	if got := strings.Join(dump(t, s.Store), "\n"); strings.Contains(got, "sealed") {
		t.Errorf("rows:\n%s", got)
	}
	if _, err := s.Keep(t.Context(), c, []string{"m"}); !errors.Is(err, helpline.ErrNotFound) {
		t.Errorf("a request that is over was stored again: %v", err)
	}
}

func TestSameNumberStandsBehindTheFirst(t *testing.T) {
	t.Parallel()
	for reason, review := range map[string]string{"cancel": "", "expired_by_policy": "linked"} {
		s, l := callbacks(t)
		first, second, third := request("m"), request("m"), request("n")
		keep(t, s, first)
		keep(t, s, request("another"))
		found, err := s.Keep(t.Context(), second, []string{"x", "m"})
		if !errors.Is(err, helpline.ErrOtherFirst) || found.Contact != first.Contact {
			t.Fatalf("%+v %v", found, err)
		}
		second.First, third.First, third.Arrival = first.Contact, first.Contact, noon.Add(time.Second)
		for _, c := range []helpline.Callback{second, third} {
			if _, err := s.Keep(t.Context(), c, []string{"m"}); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := s.Callback(t.Context(), first.Contact); err != nil || got.Linked != 2 {
			t.Errorf("%+v %v", got, err)
		}
		if err := submit(t, l, of(first, 1, helpline.Left, reason, helpline.Cancelled)); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Callback(t.Context(), second.Contact); err != nil || got.First != "" || got.Review != review || got.Linked != 1 {
			t.Errorf("after %s: %+v %v", reason, got, err)
		}
		if got, err := s.Callback(t.Context(), third.Contact); err != nil || got.First != second.Contact {
			t.Errorf("after %s: %+v %v", reason, got, err)
		}
	}
}

func TestCallbacksAreListedByContact(t *testing.T) {
	t.Parallel()
	s, _ := callbacks(t)
	seen := map[string]bool{}
	for range 5 {
		keep(t, s, request(uuid.NewString()))
	}
	for after := ""; ; {
		page, err := s.OpenCallbacks(t.Context(), after, 2)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		for _, c := range page {
			seen[c.Contact], after = true, c.Contact
		}
	}
	if len(seen) != 5 {
		t.Errorf("%d of 5 listed", len(seen))
	}
}

func TestPendingCallbacks(t *testing.T) {
	t.Parallel()
	s, l := callbacks(t)
	c := request("m")
	c.Pending = true
	keep(t, s, c)
	c.Print, c.Sealed = "corrected", "sealed anew"
	keep(t, s, c)
	if got, err := s.Callback(t.Context(), c.Contact); err != nil || got.Sealed != "sealed anew" {
		t.Errorf("%+v %v", got, err)
	}
	left := step(c.Contact, 1, helpline.Left)
	left.Ended = left.At
	if err := submit(t, l, left); err != nil { // the chat ended, it was never converted
		t.Fatal(err)
	}
	if n, err := s.PurgeCallbacks(t.Context(), helpline.CallbackLife); err != nil || n != 1 {
		t.Errorf("%d purged, %v", n, err)
	}
	open := request("m")
	open.Windows = []helpline.Window{{From: time.Now().Add(-72 * time.Hour), To: time.Now().Add(-71 * time.Hour)}}
	keep(t, s, open)
	if n, err := s.PurgeCallbacks(t.Context(), helpline.CallbackLife); err != nil || n != 0 {
		t.Errorf("%d purged that can still be read, %v", n, err)
	}
	if err := s.Drop(t.Context(), open.Contact); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Callback(t.Context(), open.Contact); err != nil {
		t.Errorf("a request that stands was dropped: %v", err)
	}
}

func TestAuditIsWrittenOnce(t *testing.T) {
	t.Parallel()
	s, _ := callbacks(t)
	d := helpline.Deed{ID: uuid.NewString(), Adviser: uuid.NewString(), Deed: "reveal", Contact: uuid.NewString()}
	for range 2 {
		if err := s.Audit(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	var n int
	if err := s.pool.QueryRow(t.Context(), "SELECT count(*) FROM audit").Scan(&n); err != nil || n != 1 {
		t.Errorf("%d rows, %v", n, err)
	}
	if n, err := s.PurgeAudit(t.Context(), helpline.AuditLife); err != nil || n != 0 {
		t.Errorf("%d purged, %v", n, err)
	}
}
