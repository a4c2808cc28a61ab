package storage

import (
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"adviceline/helpline"
)

func staged(t *testing.T, s *Store, want int64) {
	t.Helper()
	if n, err := s.StagedCount(t.Context()); err != nil || n != want {
		t.Errorf("%d staged, want %d; %v", n, want, err)
	}
}

func TestLateOutcomeDoesNotReplaceItsCorrection(t *testing.T) {
	t.Parallel()
	s := open(t, database(t))
	l := writing(t, s, LedgerOptions{})
	c := uuid.NewString()
	for _, e := range []helpline.Event{step(c, 6, "corrected"), step(c, 5, helpline.OutcomeRecorded)} {
		if err := submit(t, l, e); err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.Join(dump(t, s), "\n"); !strings.Contains(got, "sealed 6") || strings.Contains(got, "sealed 5") {
		t.Errorf("rows:\n%s", got)
	}
	staged(t, s, 1)
}

func TestFlushedOutcomeIsNotStagedAgain(t *testing.T) {
	t.Parallel()
	s := open(t, database(t))
	l := writing(t, s, LedgerOptions{})
	c := uuid.NewString()
	recorded, corrected := step(c, 5, helpline.OutcomeRecorded), step(c, 6, "corrected")
	if err := submit(t, l, recorded, corrected); err != nil {
		t.Fatal(err)
	}
	execute(t, s.pool.Config().ConnString(), "DELETE FROM staged") // the flush
	if err := submit(t, l, recorded, corrected); err != nil {
		t.Fatal(err)
	}
	staged(t, s, 0)
	if err := submit(t, l, corrected, step(uuid.NewString(), 7, helpline.OutcomeRecorded)); err != nil {
		t.Fatal(err)
	}
	staged(t, s, 1)
	if err := submit(t, l, step(c, 8, "corrected")); err != nil {
		t.Fatal(err)
	}
	staged(t, s, 2)
}

// TestALargeBatchLooksOutcomesUp: what a batch of outcomes costs does not grow with what the ledger has.
func TestALargeBatchLooksOutcomesUp(t *testing.T) {
	t.Parallel()
	s := open(t, database(t))
	l := writing(t, s, LedgerOptions{})
	var events []helpline.Event
	for n := range int64(4000) {
		events = append(events, step(uuid.NewString(), n+1, helpline.OutcomeRecorded))
	}
	if err := submit(t, l, events...); err != nil {
		t.Fatal(err)
	}
	execute(t, s.pool.Config().ConnString(), "VACUUM ANALYZE event")
	batch := make([]*entry, 2000)
	for i := range batch {
		var err error
		if batch[i], err = read(step(uuid.NewString(), int64(9000+i), helpline.OutcomeRecorded), nil); err != nil {
			t.Fatal(err)
		}
	}
	r, err := s.pool.Query(t.Context(), "EXPLAIN "+stageQuery, stagedColumns("main", batch))
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(r, pgx.RowTo[string])
	plan := strings.Join(lines, "\n")
	if err != nil || !strings.Contains(plan, "Index Scan using event_contact on event e") || strings.Contains(plan, "Join") {
		t.Errorf("%v\n%s", err, plan)
	}
}
