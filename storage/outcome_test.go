package storage

import (
	"strings"
	"testing"

	"github.com/google/uuid"

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
