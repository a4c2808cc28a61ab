package storage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"

	"adviceline/helpline"
	"adviceline/helpline/disclose"
)

// countersOf puts what n contacts of last year's first quarter count into the counters, for tables of outcomes by name.
func countersOf(t *testing.T, s *Store, n int, tables ...string) {
	t.Helper()
	counts := disclose.Counts{}
	for i := range n {
		counts.CountOutcome(form(i, false))
	}
	const put = `
INSERT INTO counter (period, tab, cell, count) VALUES ('2025Q1', @tab, @cell, @count)
ON CONFLICT (period, tab, cell) DO UPDATE SET count = counter.count + excluded.count`
	for _, tab := range tables {
		for cell, n := range counts[tab] {
			if _, err := s.exec(t.Context(), put, named{"tab": tab, "cell": cell, "count": n}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// frozen gives every stored byte of every period, in order.
func frozen(t *testing.T, s *Store) string {
	t.Helper()
	const query = `SELECT period, tab, coalesce(json, '') AS json, coalesce(csv, '') AS csv FROM report ORDER BY period, tab`
	all, err := rows[struct {
		Period, Tab string
		JSON, CSV   []byte
	}](t.Context(), s, query, nil)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%q", all)
}

// TestReleaseOnceAndForGood: a period that is over is published once; an outcome more or less changes no byte of it.
func TestReleaseOnceAndForGood(t *testing.T) {
	t.Parallel()
	s := open(t, database(t))
	if done, err := s.Release(t.Context(), ReleaseOptions{}); err != nil || done != (Released{}) {
		t.Errorf("nothing counted: %+v, %v", done, err)
	}
	countersOf(t, s, 300, "topic", "assessment")
	done, err := s.Release(t.Context(), ReleaseOptions{})
	if err != nil || done.Periods == 0 || done.Tables == 0 {
		t.Fatal(done, err)
	}
	before, csv, err := s.Report(t.Context(), "topic", "2025Q1")
	if err != nil || !bytes.Contains(before, []byte(`"base":5`)) || !bytes.Contains(csv, []byte("topic_group,count")) {
		t.Fatalf("%s %s %v", before, csv, err)
	}
	all := frozen(t, s)
	for _, change := range []string{`UPDATE counter SET count = count + 1`, `UPDATE counter SET count = greatest(count - 2, 0)`} {
		if _, err := s.exec(t.Context(), change, nil); err != nil {
			t.Fatal(err)
		}
		if done, err := s.Release(t.Context(), ReleaseOptions{}); err != nil || done.Periods != 0 {
			t.Errorf("again: %+v, %v", done, err)
		}
		if frozen(t, s) != all {
			t.Errorf("bytes changed after %s", change)
		}
	}
	for _, x := range []struct {
		table  string
		period disclose.Period
		want   error
	}{{"topic", "2031Q1", helpline.ErrNotFound}, {"secrets", "2025Q1", disclose.ErrUnknownTable}, {"sex", "2025", disclose.ErrWithheld}} {
		if _, _, err := s.Report(t.Context(), x.table, x.period); !errors.Is(err, x.want) {
			t.Errorf("%s of %s: %v", x.table, x.period, err)
		}
	}
}

func TestEmbargoOfADayIsRefused(t *testing.T) {
	t.Parallel()
	s := open(t, database(t))
	for name, lower := range map[string]func(*disclose.Settings){
		"embargo": func(x *disclose.Settings) { x.EmbargoDays = disclose.LeastDays - 1 }, "base": func(x *disclose.Settings) { x.BaseS-- },
	} {
		low := disclose.Standard()
		lower(&low)
		if _, err := s.Release(t.Context(), ReleaseOptions{Settings: low}); !errors.Is(err, disclose.ErrFloor) {
			t.Errorf("lower %s: %v", name, err)
		}
	}
}

// TestReleaseKilledAtEveryStep: whatever step a release dies at, every period is there whole or not at all, the next
// release ends what is missing, and no byte that was frozen before is another afterwards.
func TestReleaseKilledAtEveryStep(t *testing.T) {
	t.Parallel()
	s := open(t, database(t))
	countersOf(t, s, 90, "topic")
	steps := 0
	whole, err := s.Release(t.Context(), ReleaseOptions{Step: func() error { steps++; return nil }})
	if err != nil || steps < 20 {
		t.Fatal(steps, whole, err)
	}
	for kill := 1; kill <= steps; kill++ {
		if _, err := s.exec(t.Context(), `TRUNCATE report`, nil); err != nil {
			t.Fatal(err)
		}
		at := 0
		first, err := s.Release(t.Context(), ReleaseOptions{Step: func() error {
			if at++; at == kill {
				return errKilled
			}
			return nil
		}})
		if err == nil {
			t.Fatalf("step %d: not killed", kill)
		}
		const torn = `
SELECT (SELECT count(*) FROM report WHERE tab = '') AS periods, (SELECT count(DISTINCT period) FROM report WHERE tab = 'topic') AS tables`
		list, err := rows[struct{ Periods, Tables int }](t.Context(), s, torn, nil)
		if err != nil || list[0].Periods != list[0].Tables || list[0].Periods < first.Periods || list[0].Periods > first.Periods+1 {
			t.Fatalf("step %d: %+v of %+v, %v", kill, list, first, err)
		}
		before, _, unread := s.Report(t.Context(), "topic", "2025Q1")
		second, err := s.Release(t.Context(), ReleaseOptions{})
		if err != nil || list[0].Periods+second.Periods != whole.Periods {
			t.Fatalf("step %d: %+v after %+v, %v", kill, second, first, err)
		}
		if after, _, err := s.Report(t.Context(), "topic", "2025Q1"); unread == nil && (err != nil || !bytes.Equal(before, after)) {
			t.Errorf("step %d: frozen bytes are others now", kill)
		}
	}
}

// TestOneNodeReleases: while one node draws, another has nothing to do; a release whose time is over publishes nothing.
func TestOneNodeReleases(t *testing.T) {
	t.Parallel()
	s := open(t, database(t))
	countersOf(t, s, 90, "topic")
	ctx, cancel := context.WithCancel(t.Context())
	var other Released
	_, err := s.Release(ctx, ReleaseOptions{Step: func() (err error) {
		if !other.Busy {
			other, err = s.Release(t.Context(), ReleaseOptions{})
		}
		cancel()
		return err
	}})
	if !errors.Is(err, context.Canceled) || other != (Released{Busy: true}) {
		t.Errorf("the other one: %+v; %v", other, err)
	}
	if periods, err := s.PublishedPeriods(t.Context()); err != nil || len(periods) != 0 {
		t.Errorf("published %v, %v", periods, err)
	}
	if done, err := s.Release(t.Context(), ReleaseOptions{}); err != nil || done.Busy || done.Periods == 0 {
		t.Errorf("afterwards: %+v, %v", done, err)
	}
}

// TestReferralsAreReleased: what is left of referrals is published by the year, with base 10.
func TestReferralsAreReleased(t *testing.T) {
	t.Parallel()
	s := open(t, database(t))
	const put = `
INSERT INTO referral_count (line, quarter, destination, state, reason, days, n)
SELECT 'main', '2025Q' || q, d, 'completed', '', '3-7', 12 FROM generate_series(1, 4) AS q, unnest('{nas,police,shelter}'::text[]) AS d`
	if _, err := s.exec(t.Context(), put, nil); err != nil {
		t.Fatal(err)
	}
	if done, err := s.Release(t.Context(), ReleaseOptions{}); err != nil || done.Periods == 0 {
		t.Fatal(done, err)
	}
	text, _, err := s.Report(t.Context(), "days_open", "2025")
	if err != nil || !bytes.Contains(text, []byte(`"base":10`)) || !bytes.Contains(text, []byte(`"days_open":"d3_7","count":1`)) {
		t.Errorf("%s, %v", text, err)
	}
}
