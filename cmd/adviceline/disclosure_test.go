package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"adviceline/helpline"
)

// A disclosure at three in the night, with no supervisor anywhere: it is recorded at once and waits for
// nobody. Later the supervisor reads the register, which is noted, and notes that it was seen.
func TestADisclosureWaitsForNobody(t *testing.T) {
	t.Parallel()
	h := newHandHouse(t)
	now := time.Now()
	three := time.Date(now.Year(), now.Month(), now.Day(), 1, 0, 0, 0, time.UTC)
	if three.After(now) {
		three = three.AddDate(0, 0, -1)
	}
	d := helpline.Disclosure{ID: uuid.NewString(), At: three, Ground: "cwa25_notice", Receiver: "child_welfare", Receipt: "LS-2291", Adviser: adviserID()}
	for range 2 { // the frame came twice
		if err := h.register.Record(t.Context(), d, now); err != nil {
			t.Fatal(err)
		}
	}
	for _, bad := range []string{"131052-308T", "aino@example.fi", strings.Repeat("9", 41), "a\nb"} {
		x := d
		x.ID, x.Receipt = uuid.NewString(), bad
		if err := h.register.Record(t.Context(), x, now); !errors.Is(err, helpline.ErrInvalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if n, err := h.register.Store.UnseenDisclosures(t.Context()); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	boss := adviserID()
	list, err := h.register.Read(t.Context(), boss, time.Time{}, 50)
	if err != nil || len(list) != 1 || !list[0].At.Equal(three) || list[0].Receipt != "LS-2291" || !list[0].Seen.IsZero() {
		t.Fatalf("%+v %v", list, err)
	}
	for range 2 {
		if err := h.register.See(t.Context(), boss, d.ID); err != nil {
			t.Fatal(err)
		}
	}
	if list, err = h.register.Read(t.Context(), boss, time.Time{}, 50); err != nil || list[0].SeenBy != boss {
		t.Errorf("%+v %v", list, err)
	}
	if deeds := h.sql(`SELECT deed FROM audit ORDER BY at, deed`); strings.Count(deeds, "register_read") != 2 || !strings.Contains(deeds, "disclosure_seen") {
		t.Errorf("audited: %s", deeds)
	}
}

// Every supervisor with an address is told by mail, in words that tell nothing.
func TestSupervisorsAreToldOfADisclosure(t *testing.T) {
	t.Parallel()
	h := newHandHouse(t)
	h.sql(`WITH p AS (INSERT INTO person (id, name, folded, alias, roles, languages, capacity, password)
VALUES (gen_random_uuid(), 'Eeva', 'eeva', 'Eeva', '{supervisor}', '{fi}', 2, '') RETURNING id)
INSERT INTO pager (person, mail) SELECT id, 'eeva@example.invalid' FROM p`)
	d := helpline.Disclosure{ID: uuid.NewString(), Ground: "emergency", Receiver: "emergency", Adviser: adviserID()}
	if err := h.register.Record(t.Context(), d, time.Now()); err != nil {
		t.Fatal(err)
	}
	if m := h.post.next(t); !strings.Contains(m, "RCPT eeva@example.invalid") || strings.Contains(m, "emergency") || strings.Contains(m, d.ID[:8]+"-"+d.ID[9:13]+" ") {
		t.Error(m)
	}
}
