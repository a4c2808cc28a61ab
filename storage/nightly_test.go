package storage

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"adviceline/helpline"
	"adviceline/helpline/disclose"
)

// close puts n contacts into the ledger that ended so long ago, after 3 min of waiting and 10 of talk.
func closeContacts(t *testing.T, s *Store, n int, ago time.Duration) {
	t.Helper()
	const query = `
INSERT INTO contact (line, contact, incarnation, number, channel, language, lane, arrival, state, epoch, version, accepted_at, ended_at, reason)
VALUES ('main', @id, 1, 1, 'chat', 'fi', 'ordinary', now() - @ago::interval - interval '13 minutes', 'completed', 1, 1,
	now() - @ago::interval - interval '10 minutes', now() - @ago::interval, 'done')`
	const event = `
INSERT INTO event (line, incarnation, number, contact, kind, at, reason, state, epoch, version, outcome, why)
VALUES ('main', 1, @number, @id, 'offered', now() - @ago::interval, '', 'offered', 1, 1, false, '{"waited": 180}')`
	for range n {
		id := uuid.New()
		if _, err := s.exec(t.Context(), query, named{"id": id, "ago": ago}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.exec(t.Context(), event, named{"id": id, "ago": ago, "number": int64(id.ID())}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestLedgerCountersMoveInSteps(t *testing.T) {
	t.Parallel()
	s := open(t, database(t))
	if _, err := s.CountClosed(t.Context(), "main", 19); !errors.Is(err, disclose.ErrFloor) {
		t.Errorf("batch of 19: %v", err)
	}
	closeContacts(t, s, 10, 48*time.Hour)
	closeContacts(t, s, 9, 10*24*time.Hour)
	closeContacts(t, s, 5, 0) // today: not over for counting
	for _, want := range []int{0, 20, 0} {
		if n, err := s.CountClosed(t.Context(), "main", 20); err != nil || n != want {
			t.Errorf("counted %d, want %d; %v", n, want, err)
		}
		if want == 0 {
			if _, err := s.CoarsenLedger(t.Context(), helpline.LedgerCoarse); err != nil { // what is carried over keeps its buckets
				t.Fatal(err)
			}
			closeContacts(t, s, 1, 48*time.Hour)
		}
	}
	counts, err := s.Counts(t.Context())
	c := counts[disclose.QuarterOf(time.Now())]
	if err != nil || c["wait_lane"]["m1_5/ordinary"] != 20 || c["length"]["m5_15"] != 20 || c["fate_lane"]["answered/ordinary"] != 20 {
		t.Errorf("%v, %v", c, err)
	}
}

func TestLedgerGrowsCoarseAndGoes(t *testing.T) {
	t.Parallel()
	s := open(t, database(t))
	closeContacts(t, s, 3, 6*24*time.Hour)
	closeContacts(t, s, 4, 8*24*time.Hour)
	closeContacts(t, s, 5, 91*24*time.Hour)
	for i, want := range []string{"9 3 9", "9 3 9"} { // again changes nothing
		coarse, err := s.CoarsenLedger(t.Context(), helpline.LedgerCoarse)
		if err != nil || coarse != []int64{9, 0}[i] {
			t.Errorf("%d coarse, %v", coarse, err)
		}
		const query = `
SELECT (SELECT count(*) FROM contact WHERE arrival = date_trunc('hour', arrival) AND ended_at = date_trunc('hour', ended_at)) AS coarse,
	(SELECT count(*) FROM event WHERE why IS NOT NULL) AS why, (SELECT count(*) FROM event WHERE at = date_trunc('hour', at)) AS events`
		all, err := rows[struct{ Coarse, Why, Events int64 }](t.Context(), s, query, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(all[0].Coarse, all[0].Why, all[0].Events); got != want {
			t.Errorf("coarse contacts, reasons, coarse events: %s, want %s", got, want)
		}
	}
	for _, want := range []int64{5, 0} {
		if n, err := s.PurgeLedger(t.Context(), helpline.LedgerLife); err != nil || n != want {
			t.Errorf("purged %d, want %d; %v", n, want, err)
		}
	}
}
