package storage

import (
	"bytes"
	"errors"
	"testing"

	"adviceline/helpline"
	"adviceline/helpline/disclose"
)

// TestReleaseOnceAndForGood: a period that is over is published once; what is counted later changes no byte of it.
func TestReleaseOnceAndForGood(t *testing.T) {
	t.Parallel()
	s := open(t, database(t))
	counts := disclose.Counts{}
	for i := range 300 {
		counts.CountOutcome(form(i, false))
	}
	const put = `INSERT INTO counter (period, tab, cell, count) VALUES ('2025Q1', @tab, @cell, @count)
		ON CONFLICT (period, tab, cell) DO UPDATE SET count = counter.count + excluded.count`
	add := func() {
		for tab, cells := range counts {
			for cell, n := range cells {
				if _, err := s.exec(t.Context(), put, named{"tab": tab, "cell": cell, "count": n}); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	add()
	if n, err := s.Release(t.Context(), disclose.Standard()); err != nil || n == 0 {
		t.Fatal(n, err)
	}
	before, csv, err := s.Report(t.Context(), "topic", "2025Q1")
	if err != nil || !bytes.Contains(before, []byte(`"base":5`)) || !bytes.Contains(csv, []byte("topic_group,count")) {
		t.Fatalf("%s %s %v", before, csv, err)
	}
	add()
	if n, err := s.Release(t.Context(), disclose.Standard()); err != nil || n != 0 {
		t.Errorf("again: %d, %v", n, err)
	}
	if after, _, err := s.Report(t.Context(), "topic", "2025Q1"); err != nil || !bytes.Equal(after, before) {
		t.Errorf("changed: %v", err)
	}
	if _, _, err := s.Report(t.Context(), "topic", "2031Q1"); !errors.Is(err, helpline.ErrNotFound) {
		t.Errorf("not published: %v", err)
	}
	if _, _, err := s.Report(t.Context(), "secrets", "2025Q1"); !errors.Is(err, disclose.ErrUnknownTable) {
		t.Errorf("unknown table: %v", err)
	}
	if _, _, err := s.Report(t.Context(), "sex", "2025"); !errors.Is(err, disclose.ErrWithheld) {
		t.Errorf("not shown: %v", err)
	}
	low := disclose.Standard()
	low.EmbargoDays = 1
	if _, err := s.Release(t.Context(), low); !errors.Is(err, disclose.ErrFloor) {
		t.Errorf("embargo of a day: %v", err)
	}
}
