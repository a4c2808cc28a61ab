package storage

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"adviceline/helpline"
)

func at(hours int) time.Time {
	return time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC).Add(time.Duration(hours) * time.Hour)
}

func TestRosterIsStoredWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	s := open(t, database(t))
	aino := adviser("Aino")
	board := adviser("Board")
	board.Roles = []string{helpline.RoleSupervisor}
	for _, p := range []helpline.Person{aino, board} {
		if err := s.AddPerson(t.Context(), p, argon); err != nil {
			t.Fatal(err)
		}
	}
	want := []helpline.Shift{{Name: "Aino", From: at(0), Until: at(8)}, {Name: "Aino", From: at(30), Until: at(38), Tier: 1}}
	change := RosterChange{Shifts: want, Now: at(1), Request: uuid.NewString(), Print: []byte{1}}
	for range 2 {
		if err := s.SetRoster(t.Context(), change); err != nil {
			t.Fatal(err)
		}
	}
	other := change
	other.Print = []byte{2}
	if err := s.SetRoster(t.Context(), other); !errors.Is(err, helpline.ErrRequestReused) {
		t.Errorf("other body: %v", err)
	}
	for _, name := range []string{"nobody", "board", "a\x00b"} {
		bad := RosterChange{Shifts: append([]helpline.Shift{{Name: "aino", From: at(50), Until: at(51)}}, helpline.Shift{Name: name, From: at(2), Until: at(3)}), Now: at(1)}
		if err := s.SetRoster(t.Context(), bad); !errors.Is(err, helpline.ErrUnknownAdviser) {
			t.Errorf("%q: %v", name, err)
		}
	}
	got, err := s.Roster(t.Context(), at(1))
	if err != nil || len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Fatalf("roster %+v, %v", got, err)
	}
	if err := s.SetPager(t.Context(), "AINO", "aino@example.invalid"); err != nil {
		t.Fatal(err)
	}
	watches, err := s.Watches(t.Context(), at(9), at(24*8))
	if err != nil || len(watches) != 1 || watches[0].Person != aino.ID || watches[0].Mail != "aino@example.invalid" || len(watches[0].Languages) != 2 {
		t.Fatalf("watches %+v, %v", watches, err)
	}
	for _, bad := range []string{"aino", "A <a@b>", "a@b\nBcc: c@d"} {
		if err := s.SetPager(t.Context(), "aino", bad); !errors.Is(err, helpline.ErrInvalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if err := s.SetPager(t.Context(), "nobody", "a@b.invalid"); !errors.Is(err, helpline.ErrNotFound) {
		t.Errorf("nobody: %v", err)
	}
	if err := s.SetPager(t.Context(), "aino", ""); err != nil {
		t.Fatal(err)
	}
	// What is over stays; what was to come goes.
	if err := s.SetRoster(t.Context(), RosterChange{Now: at(10)}); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Roster(t.Context(), at(-1)); err != nil || len(got) != 1 || got[0].From != at(0) {
		t.Errorf("roster %+v, %v", got, err)
	}
}

func TestStepsOfPagingAreInTheLedgerBesideContacts(t *testing.T) {
	t.Parallel()
	s := open(t, database(t))
	l := writing(t, s, LedgerOptions{})
	paged := helpline.Event{
		Incarnation: 0, Number: 2, SpoolID: "2", Kind: helpline.Paged, At: at(0), Reason: "unserved", Adviser: uuid.NewString(),
		Page: &helpline.PageStep{ID: "p1", Step: 1, Waited: time.Minute},
	}
	bad := paged
	bad.Number, bad.Page = 3, &helpline.PageStep{ID: "p\x00", Step: 1}
	leg := helpline.Event{
		Number: 1, SpoolID: "1", Kind: helpline.Enqueued, At: at(0), Contact: uuid.NewString(), Channel: "chat", Language: "fi",
		Lane: helpline.Ordinary, Arrival: at(0), State: helpline.Waiting, Version: 1,
	}
	for range 2 {
		if err := <-l.Submit([]helpline.Event{leg, paged}); err != nil {
			t.Fatal(err)
		}
	}
	if err := <-l.Submit([]helpline.Event{paged}); err != nil { // a batch without a contact
		t.Fatal(err)
	}
	if err := <-l.Submit([]helpline.Event{bad}); !errors.Is(err, ErrMalformed) {
		t.Errorf("malformed: %v", err)
	}
	type row struct {
		Pages, Legs, Contacts int
		Waited                int64
	}
	got, err := rows[row](t.Context(), s, `SELECT (SELECT count(*) FROM page) AS pages, (SELECT count(*) FROM event) AS legs,
		(SELECT count(*) FROM contact) AS contacts, (SELECT max(waited_ms) FROM page) AS waited`, nil)
	if err != nil || got[0] != (row{1, 1, 1, 60_000}) {
		t.Errorf("rows %+v, %v", got, err)
	}
}
