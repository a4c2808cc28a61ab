package storage

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"adviceline/helpline/disclose"
)

// ReleaseOptions are what a release needs. Settings below a floor are refused; the zero value is the standard.
type ReleaseOptions struct {
	Settings disclose.Settings
	Effort   int // as of disclose.Request: less of it withholds more
	// Step is told each step; its error ends the release there, as the death of its node would. For tests.
	Step func() error
}

// Released tells what a release did.
type Released struct {
	Busy     bool // another node releases
	Periods  int
	Tables   int
	Withheld int
}

// Release publishes every period that is over with its embargo and not published yet, each once and for good. One node
// does so at a time, under an advisory lock. A period is frozen whole, in one transaction, after the last draw: a
// release that dies, or whose ctx ends, has published nothing of the period that it was at, and its draws are gone
// with it. What is published already it never touches. Errors: disclose.ErrFloor, ErrUnavailable, those of ctx.
func (s *Store) Release(ctx context.Context, o ReleaseOptions) (done Released, err error) {
	if o.Settings == (disclose.Settings{}) {
		o.Settings = disclose.Standard()
	}
	if o.Step == nil {
		o.Step = func() error { return nil }
	}
	if err := o.Settings.Check(); err != nil {
		return done, fmt.Errorf("release: %w", err)
	}
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return done, fmt.Errorf("release: %w", bare(err))
	}
	defer conn.Release()
	got, unlock, err := hold(ctx, conn, "adviceline.release")
	if err != nil {
		return done, fmt.Errorf("release: %w", err)
	}
	if !got {
		return Released{Busy: true}, nil
	}
	defer unlock()
	r := release{ReleaseOptions: o, Store: s}
	err = r.run(ctx)
	return r.done, err
}

// hold takes an advisory lock of the session where nobody has it. It goes with the connection, or with unlock.
func hold(ctx context.Context, conn *pgxpool.Conn, name string) (got bool, unlock func(), err error) {
	const lock = `SELECT pg_try_advisory_lock(hashtext(@name))`
	const release = `SELECT pg_advisory_unlock(hashtext(@name))`
	bound, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	if err := conn.QueryRow(bound, lock, named{"name": name}).Scan(&got); err != nil {
		return false, nil, bare(err)
	}
	return got, func() {
		bound, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTime)
		defer cancel()
		_, _ = conn.Exec(bound, release, named{"name": name})
	}, nil
}

type release struct {
	ReleaseOptions
	*Store
	done Released
}

func (r *release) run(ctx context.Context) error {
	if err := r.Step(); err != nil {
		return err
	}
	counts, err := r.Counts(ctx)
	if err == nil {
		err = r.addReferrals(ctx, counts)
	}
	if err != nil || len(counts) == 0 {
		return err
	}
	published, frozen, err := r.published(ctx)
	if err != nil {
		return err
	}
	now, err := r.Time(ctx)
	if err != nil {
		return err
	}
	for _, p := range disclose.Periods(firstYear(counts, now), now.Year()) {
		if frozen[p] || !p.Due(now, r.Settings) {
			continue
		}
		pub, err := disclose.Release(disclose.Request{
			Period: p, Counts: counts, Published: published, Settings: r.Settings, Effort: r.Effort, Over: ctx.Err,
		})
		if err == nil {
			err = r.Step()
		}
		if err == nil {
			err = r.freeze(ctx, pub)
		}
		if err != nil {
			return err
		}
		r.done.Periods, r.done.Tables, r.done.Withheld = r.done.Periods+1, r.done.Tables+len(pub.Tables), r.done.Withheld+len(pub.Withheld)
		published = append(published, pub.Tables...)
	}
	return nil
}

func firstYear(counts map[disclose.Period]disclose.Counts, now time.Time) int {
	first := now.Year()
	for p := range counts {
		y, _ := strconv.Atoi(string(p[:4]))
		first = min(first, y)
	}
	return first
}

// addReferrals adds what is left of referrals to the counts of their years.
func (r *release) addReferrals(ctx context.Context, counts map[disclose.Period]disclose.Counts) error {
	const query = `
SELECT left(quarter, 4) AS year, destination, state, reason, days, sum(n)::bigint AS n FROM referral_count
GROUP BY 1, 2, 3, 4, 5`
	all, err := rows[struct {
		Year, Destination, State, Reason, Days string
		N                                      int64
	}](ctx, r.Store, query, nil)
	if err != nil {
		return fmt.Errorf("read referrals: %w", err)
	}
	for _, x := range all {
		p := disclose.Period(x.Year)
		if counts[p] == nil {
			counts[p] = disclose.Counts{}
		}
		counts[p].CountHandoffs(disclose.Handoff{Destination: x.Destination, State: x.State, Declined: x.Reason, Days: daysOf[x.Days]}, x.N)
	}
	return nil
}

// daysOf gives a length of each step in which referrals keep how long they were open.
var daysOf = map[string]int{"0-2": 0, "3-7": 3, "8-14": 8, "15-30": 15, "over": 31}

// freeze stores a period whole, or nothing of it. One that is published already stays as it is.
func (r *release) freeze(ctx context.Context, pub disclose.Publication) error {
	const insert = `INSERT INTO report (period, tab, json, csv) VALUES (@period, @tab, @json, @csv)`
	err := r.within(ctx, func(ctx context.Context, tx pgx.Tx) error {
		put := func(tab string, text, table []byte) error {
			if _, err := tx.Exec(ctx, insert, named{"period": string(pub.Period), "tab": tab, "json": text, "csv": table}); err != nil {
				return err
			}
			return r.Step()
		}
		if err := put("", nil, nil); err != nil { // the period itself
			return err
		}
		for _, t := range pub.Tables {
			text, err := t.JSON()
			if err != nil {
				return err
			}
			table, err := t.CSV()
			if err != nil {
				return err
			}
			if err := put(t.Table, text, table); err != nil {
				return err
			}
		}
		for _, w := range pub.Withheld {
			if err := put(w.Table, nil, nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("freeze report: %w", err)
	}
	return r.Step()
}
