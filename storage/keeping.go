package storage

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"adviceline/helpline"
)

// purges delete what is older than the table of stores lets it be; each tells how much. Again they change nothing.
// Stores without one have no life of their own here: a step ends it, or whoever keeps it.
var purges = map[string]func(context.Context, *Store, helpline.Keeping) (int64, error){
	"ledger": func(ctx context.Context, s *Store, k helpline.Keeping) (int64, error) {
		_, err := s.CoarsenLedger(ctx, k.Lives[0])
		n, late := s.PurgeLedger(ctx, k.Lives[1])
		return n, errors.Join(err, late)
	},
	"callbacks": func(ctx context.Context, s *Store, k helpline.Keeping) (int64, error) {
		return s.PurgeCallbacks(ctx, k.Lives[1])
	},
	"cards": func(ctx context.Context, s *Store, _ helpline.Keeping) (int64, error) { return s.PurgeCards(ctx) },
	"register": func(ctx context.Context, s *Store, k helpline.Keeping) (int64, error) {
		return s.PurgeDisclosures(ctx, k.Lives[0])
	},
	"audit": func(ctx context.Context, s *Store, k helpline.Keeping) (int64, error) {
		return s.PurgeAudit(ctx, k.Lives[0])
	},
	"sessions": func(ctx context.Context, s *Store, _ helpline.Keeping) (int64, error) { return s.PurgeSessions(ctx) },
	"roster": func(ctx context.Context, s *Store, k helpline.Keeping) (int64, error) {
		const query = `DELETE FROM shift WHERE ends < now() - @life::interval`
		const changes = `DELETE FROM roster_change WHERE at < now() - @life::interval`
		n, err := s.exec(ctx, query, named{"life": k.Lives[0]})
		_, late := s.exec(ctx, changes, named{"life": requestLife})
		return n, errors.Join(err, late)
	},
	"paging": func(ctx context.Context, s *Store, k helpline.Keeping) (int64, error) {
		const query = `DELETE FROM page WHERE at < now() - @life::interval`
		return s.exec(ctx, query, named{"life": k.Lives[0]})
	},
}

// Purge lets every store of Postgres forget what its time is over for, and tells how many rows of each are gone. One
// node does so at a time; where another one does it gives nothing. A store that cannot be purged keeps no other from it.
func (s *Store) Purge(ctx context.Context) (map[string]int64, error) {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return nil, fmt.Errorf("purge: %w", bare(err))
	}
	defer conn.Release()
	got, unlock, err := hold(ctx, conn, "adviceline.purge")
	if err != nil || !got {
		return nil, err
	}
	defer unlock()
	gone := map[string]int64{}
	var failed error
	for _, k := range helpline.Kept() {
		purge := purges[k.Name]
		if purge == nil {
			continue
		}
		n, err := purge(ctx, s, k)
		gone[k.Name] = n
		if err == nil {
			err = s.turned(ctx, "purge."+k.Name, n > 0)
		}
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("purge %s: %w", k.Name, err))
		}
	}
	return gone, failed
}

// turned notes that a work was done, by the hour, and the day where it had anything to do.
func (s *Store) turned(ctx context.Context, what string, moved bool) error {
	const query = `
INSERT INTO turn AS t (what, at, moved) VALUES (@what, date_trunc('hour', now()), CASE WHEN @moved THEN current_date END)
ON CONFLICT (what) DO UPDATE SET at = excluded.at, moved = coalesce(excluded.moved, t.moved)`
	_, err := s.exec(ctx, query, named{"what": what, "moved": moved})
	return err
}

// oldest says where a table's rows tell how old they are.
var oldest = map[string]string{
	"contact": "arrival", "event": "at", "callback": "arrival", "audit": "at", "page": "at", "disclosure": "at", "shift": "begins",
	"roster_change": "at", "river.river_job": "created_at",
}

// Proof tells what Postgres holds: rows of every store, its oldest one, and when it was purged and flushed last. The
// outcome log is told to the nearest ten, as its sums are.
func (s *Store) Proof(ctx context.Context) (helpline.Proof, error) {
	p := helpline.Proof{}
	turns, err := s.turns(ctx)
	if err != nil {
		return p, fmt.Errorf("read proof: %w", err)
	}
	for _, k := range helpline.Kept() {
		f := helpline.Figures{Name: k.Name, Rows: -1, Purged: turns["purge."+k.Name].At}
		if len(k.Tables) > 0 {
			f.Rows = 0
		}
		for _, table := range k.Tables {
			n, at, err := s.measure(ctx, table)
			if err != nil {
				return p, fmt.Errorf("read proof: %w", err)
			}
			f.Rows += n
			if !at.IsZero() && (f.Oldest.IsZero() || at.Before(f.Oldest)) {
				f.Oldest = at
			}
		}
		p.Stores = append(p.Stores, f)
	}
	if p.At, err = s.Time(ctx); err != nil {
		return p, fmt.Errorf("read proof: %w", err)
	}
	p.Flushed = turns["flush"].At
	if day := turns["flush"].Moved; day != nil {
		p.Moved = *day
	}
	return p, nil
}

type turn struct {
	What  string
	At    time.Time
	Moved *time.Time
}

func (s *Store) turns(ctx context.Context) (map[string]turn, error) {
	const query = `SELECT what, at, moved::timestamptz AS moved FROM turn`
	list, err := rows[turn](ctx, s, query, nil)
	out := map[string]turn{}
	for _, t := range list {
		out[t.What] = t
	}
	return out, err
}

// measure counts a table of the table of stores, and finds its oldest row.
func (s *Store) measure(ctx context.Context, table string) (n int64, at time.Time, err error) {
	column := "NULL::timestamptz"
	if c := oldest[table]; c != "" {
		column = "min(" + pgx.Identifier{c}.Sanitize() + ")"
	}
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	var first *time.Time
	// The names are of our own two tables above; no statement of the whole source could be prepared with them.
	query := "SELECT" + " count(*), " + column + " FROM " + pgx.Identifier(strings.Split(table, ".")).Sanitize() // #nosec G202 -- names of ours
	if err := s.pool.QueryRow(ctx, query).Scan(&n, &first); err != nil {
		return 0, at, bare(err)
	}
	if table == "outcome_log" {
		n = (n + 5) / 10 * 10
	}
	if first != nil {
		at = first.UTC()
	}
	return n, at, nil
}
