package storage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"

	"adviceline/helpline"
	"adviceline/helpline/codes"
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

// TestSumsInside: the board has sums of flushed counters of what is not released, to the nearest ten. What is staged is
// not in it, nor what is about possible victims, nor what a release has taken up.
func TestSumsInside(t *testing.T) {
	t.Parallel()
	s := newStages(t)
	if got, err := s.store.Inside(t.Context()); err != nil || len(got) != 0 {
		t.Errorf("nothing counted: %+v %v", got, err)
	}
	for i := range 27 {
		a := form(i, false)
		if i >= 23 {
			a.Topic = "work_conditions"
		}
		s.stage(a, true)
	}
	for i := range 40 {
		s.stage(form(i, true), false) // may still be corrected
	}
	if done, err := s.flush(nil); err != nil || done.Outcomes != 27 {
		t.Fatal(done, err)
	}
	for i := range 19 {
		s.stage(form(i, false), true) // too few for a flush
	}
	if done, err := s.flush(nil); err != nil || done.Outcomes != 0 {
		t.Fatal(done, err)
	}
	countersOf(t, s.store, 300, "topic", "channel_role")
	if done, err := s.store.Release(t.Context(), ReleaseOptions{}); err != nil || done.Periods == 0 {
		t.Fatal(done, err)
	}
	if _, err := s.store.exec(t.Context(), `INSERT INTO counter (period, tab, cell, count) VALUES ('2099', 'sex', 'female', 770)`, nil); err != nil {
		t.Fatal(err)
	}
	all, err := s.store.Inside(t.Context())
	if err != nil || len(all) != 6 {
		t.Fatalf("%d tables, %v", len(all), err)
	}
	for _, x := range all {
		if x.Table.Set != "S" || len(x.Table.Dims) != 1 || x.Total != 30 || len(x.Cells) != len(x.Table.Dims[0].Codes) {
			t.Errorf("%+v", x)
		}
		if x.Table.Name != "topic" {
			continue
		}
		for i, code := range x.Table.Dims[0].Codes {
			if want := map[string]int64{codes.Topic.Group("legal"): 20}[code]; x.Cells[i] != want {
				t.Errorf("%s is %d, want %d", code, x.Cells[i], want)
			}
		}
	}
}
