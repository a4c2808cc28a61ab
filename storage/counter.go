package storage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"github.com/jackc/pgx/v5"

	"adviceline/helpline/codes"
	"adviceline/helpline/disclose"
)

// write replaces the chosen rows: counted ones by log rows and counters, the others by themselves under the newest
// generation. It is one transaction.
func (f *flush) write(ctx context.Context, chosen func(*stagedRow) bool) error {
	var taken, again []*stagedRow
	var log []logRow
	periods := map[disclose.Period]disclose.Counts{}
	quarter, year := disclose.QuarterOf(f.now), disclose.YearOf(f.now)
	periods[quarter], periods[year] = disclose.Counts{}, disclose.Counts{}
	for _, x := range f.all {
		if !chosen(x) {
			continue
		}
		taken = append(taken, x)
		if x.counts {
			periods[quarter].CountOutcome(x.answers)
			log = append(log, logOf(x.answers))
		}
		if x.tells {
			periods[year].CountVictim(x.answers)
		}
		if rest, left := x.rest(); left {
			if err := f.reseal(x, rest, &again); err != nil {
				return err
			}
		}
	}
	err := pgx.BeginFunc(ctx, f.conn, func(tx pgx.Tx) error {
		for _, do := range []func() error{
			func() error { return unstage(ctx, tx, taken) },
			func() error { return appendLog(ctx, tx, string(quarter), coarsen(log)) },
			func() error { return addCounts(ctx, tx, periods) },
			func() error { return restage(ctx, tx, again) },
		} {
			if err := f.step(); err != nil {
				return err
			}
			if err := do(); err != nil {
				return err
			}
		}
		return f.step()
	})
	if errors.Is(err, errChanged) {
		f.done = Flushed{Unreadable: f.done.Unreadable}
		return nil
	}
	if err == nil {
		f.done.Carried = len(again)
		err = f.step()
	}
	return err
}

// rest is what a row still has to give: all, what it says of a possible victim, or nothing.
func (x *stagedRow) rest() (form []byte, left bool) {
	switch {
	case x.gone, x.tells, x.counts && !x.answers.Speaks():
		return nil, false
	case x.counts:
		x.form.Counted = true
		a := x.answers
		x.form.Answers = codes.Canonical(codes.Answers{
			Role: a.Role, Matter: a.Matter, Assessment: a.Assessment, ExploitationForm: a.ExploitationForm, Sector: a.Sector,
			PlaceScope: a.PlaceScope, AgeGroup: a.AgeGroup, Sex: a.Sex, Citizenship: a.Citizenship, Persons: a.Persons, Indicators: a.Indicators,
		})
	}
	form, err := json.Marshal(x.form)
	return form, err == nil
}

func (f *flush) reseal(x *stagedRow, form []byte, again *[]*stagedRow) (err error) {
	var y stagedRow
	if y.Generation, y.Key, y.Sealed, y.Wrapped, err = f.Keys.RestageAs(x.Generation, x.Wrapped, x.Sealed, x.Key, form); err != nil {
		f.own = err
		return err
	}
	*again = append(*again, &y)
	return f.step()
}

// logRow is one row of the outcome log.
type logRow struct{ channel, role, outcome string }

func logOf(a codes.Answers) logRow {
	r := logRow{a.Channel, codes.ContactRole.Group(a.Role), disclose.MainOutcome(a.Outcome)}
	if !codes.OutcomeChannel.Has(r.channel) {
		r.channel = disclose.NotKnown
	}
	if r.role == "" {
		r.role = other
	}
	return r
}

const (
	other       = "other"
	leastInAFew = 5 // rows of one combination in a flush
)

// coarsen turns the outcome of a seldom combination, then its role, into other, and shuffles.
func coarsen(rows []logRow) []logRow {
	for _, turn := range []func(*logRow){func(r *logRow) { r.outcome = other }, func(r *logRow) { r.role = other }} {
		seen := map[logRow]int{}
		for _, r := range rows {
			seen[r]++
		}
		for i := range rows {
			if seen[rows[i]] < leastInAFew {
				turn(&rows[i])
			}
		}
	}
	rand.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] }) // #nosec G404 -- order alone
	return rows
}

// unstage deletes rows as they were read; errChanged when one of them is another by now.
func unstage(ctx context.Context, tx pgx.Tx, rows []*stagedRow) error {
	const query = `
DELETE FROM staged AS s USING unnest(@keys::bytea[], @sealed::text[]) AS u (key, sealed)
WHERE s.key = u.key AND s.sealed = u.sealed`
	tag, err := tx.Exec(ctx, query, named{
		"keys": each(rows, func(x *stagedRow) []byte { return x.Key }), "sealed": each(rows, func(x *stagedRow) string { return x.Sealed }),
	})
	if err == nil && tag.RowsAffected() != int64(len(rows)) {
		err = errChanged
	}
	return err
}

func restage(ctx context.Context, tx pgx.Tx, rows []*stagedRow) error {
	const query = `
INSERT INTO staged (key, generation, wrapped, sealed)
SELECT u.key, u.generation, u.wrapped, u.sealed
FROM unnest(@keys::bytea[], @generations::text[], @wrapped::text[], @sealed::text[]) AS u (key, generation, wrapped, sealed)
ORDER BY u.key
ON CONFLICT (key) DO NOTHING` // a correction that came meanwhile is newer
	_, err := tx.Exec(ctx, query, named{
		"keys":        each(rows, func(x *stagedRow) []byte { return x.Key }),
		"generations": each(rows, func(x *stagedRow) string { return x.Generation }),
		"wrapped":     each(rows, func(x *stagedRow) string { return x.Wrapped }),
		"sealed":      each(rows, func(x *stagedRow) string { return x.Sealed }),
	})
	return err
}

func appendLog(ctx context.Context, tx pgx.Tx, quarter string, rows []logRow) error {
	const query = `
INSERT INTO outcome_log (quarter, channel, role_group, outcome_group)
SELECT @quarter::text, u.channel, u.role, u.outcome FROM unnest(@channels::text[], @roles::text[], @outcomes::text[]) AS u (channel, role, outcome)`
	_, err := tx.Exec(ctx, query, named{
		"quarter": quarter, "channels": each(rows, func(r logRow) string { return r.channel }),
		"roles": each(rows, func(r logRow) string { return r.role }), "outcomes": each(rows, func(r logRow) string { return r.outcome }),
	})
	return err
}

// addCounts adds to counters, in the order of their key.
func addCounts(ctx context.Context, tx pgx.Tx, periods map[disclose.Period]disclose.Counts) error {
	const query = `
INSERT INTO counter AS c (period, tab, cell, count)
SELECT u.period, u.tab, u.cell, u.count
FROM unnest(@periods::text[], @tabs::text[], @cells::text[], @counts::bigint[]) AS u (period, tab, cell, count)
ORDER BY u.period, u.tab, u.cell
ON CONFLICT (period, tab, cell) DO UPDATE SET count = c.count + excluded.count`
	var in, tabs, cells []string
	var counts []int64
	for _, period := range slices.Sorted(maps.Keys(periods)) {
		for tab, own := range periods[period] {
			for cell, n := range own {
				in, tabs, cells, counts = append(in, string(period)), append(tabs, tab), append(cells, cell), append(counts, n)
			}
		}
	}
	_, err := tx.Exec(ctx, query, named{"periods": in, "tabs": tabs, "cells": cells, "counts": counts})
	return err
}

// each gives one column of rows.
func each[T, V any](rows []T, f func(T) V) []V {
	out := make([]V, len(rows))
	for i, r := range rows {
		out[i] = f(r)
	}
	return out
}

// Counts gives every counter, by period.
func (s *Store) Counts(ctx context.Context) (map[disclose.Period]disclose.Counts, error) {
	const query = `SELECT period, tab, cell, count FROM counter`
	all, err := rows[struct {
		Period, Tab, Cell string
		Count             int64
	}](ctx, s, query, nil)
	if err != nil {
		return nil, fmt.Errorf("read counters: %w", err)
	}
	out := map[disclose.Period]disclose.Counts{}
	for _, x := range all {
		p := disclose.Period(x.Period)
		if out[p] == nil {
			out[p] = disclose.Counts{}
		}
		out[p].Add(x.Tab, x.Cell, x.Count)
	}
	return out, nil
}
