package storage

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"adviceline/helpline"
)

// Matters keeps the cards of one line.
type Matters struct {
	Callbacks
}

var _ helpline.MatterStore = Matters{}

// NewMatters gives the cards of a line.
func NewMatters(s *Store, line string) Matters { return Matters{NewCallbacks(s, line)} }

type card struct {
	Mark    string
	Day     time.Time
	Wrapped string
	Sealed  string
}

// Try implements helpline.MatterStore: limit, audit and look in one transaction, the same statements
// whatever is found. One lock per adviser keeps two tries at once from being one.
func (s Matters) Try(ctx context.Context, d helpline.Deed, marks []string, most int) (k helpline.KeptCard, err error) {
	const lock = `SELECT pg_advisory_xact_lock(hashtextextended('adviceline matter ' || @line::text || @adviser::text, 0))`
	const tries = `
SELECT count(*) FROM audit
WHERE line = @line AND adviser = @adviser AND deed = 'matter' AND at > now() - interval '1 hour' AND id <> @id`
	missing := false
	err = s.within(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, lock, named{"line": s.line, "adviser": d.Adviser}); err != nil {
			return err
		}
		var n int
		args := named{"line": s.line, "adviser": d.Adviser, "id": d.ID}
		if err := tx.QueryRow(ctx, tries, args).Scan(&n); err != nil {
			return err
		}
		if n >= most {
			return helpline.ErrTriesUsed
		}
		if err := s.note(ctx, tx, d); err != nil {
			return err
		}
		k, err = s.find(ctx, tx, marks)
		missing = errors.Is(err, helpline.ErrNotFound)
		if missing {
			return nil // the try stands
		}
		return err
	})
	if err == nil && missing {
		err = helpline.ErrNotFound
	}
	if err != nil {
		return k, fmt.Errorf("try matter number: %w", err)
	}
	return k, nil
}

// Card implements helpline.MatterStore.
func (s Matters) Card(ctx context.Context, marks []string) (helpline.KeptCard, error) {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	k, err := s.find(ctx, s.pool, marks)
	if err != nil {
		return k, fmt.Errorf("find card: %w", bare(err))
	}
	return k, nil
}

func (s Matters) find(ctx context.Context, q querier, marks []string) (k helpline.KeptCard, err error) {
	const query = `
SELECT mark, day, wrapped, sealed FROM card WHERE line = @line AND mark = ANY(@marks) ORDER BY day DESC LIMIT 1`
	r, err := q.Query(ctx, query, named{"line": s.line, "marks": marks})
	if err != nil {
		return k, err
	}
	found, err := pgx.CollectRows(r, pgx.RowToStructByName[card])
	if err == nil && len(found) == 0 {
		err = helpline.ErrNotFound
	}
	if err != nil {
		return k, err
	}
	return helpline.KeptCard(found[0]), nil
}

// KeepCard implements helpline.MatterStore.
func (s Matters) KeepCard(ctx context.Context, k helpline.KeptCard, marks []string) error {
	const (
		remove = `DELETE FROM card WHERE line = @line AND mark = ANY(@marks) AND mark <> @mark`
		insert = `
INSERT INTO card (line, mark, day, wrapped, sealed) VALUES (@line, @mark, @day, @wrapped, @sealed)
ON CONFLICT (line, mark) DO UPDATE SET day = excluded.day, wrapped = excluded.wrapped, sealed = excluded.sealed`
	)
	if k.Mark == "" || k.Sealed == "" || !storable(k.Mark, k.Wrapped, k.Sealed) {
		return fmt.Errorf("keep card: %w", helpline.ErrInvalid)
	}
	err := s.within(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, remove, named{"line": s.line, "mark": k.Mark, "marks": marks}); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, insert, named{
			"line": s.line, "mark": k.Mark, "day": k.Day.UTC().Truncate(24 * time.Hour), "wrapped": k.Wrapped, "sealed": k.Sealed,
		})
		return err
	})
	if err != nil {
		return fmt.Errorf("keep card: %w", err)
	}
	return nil
}

// PurgeCards deletes cards whose day is over and tells how many.
func (s *Store) PurgeCards(ctx context.Context) (int64, error) {
	const query = `DELETE FROM card WHERE day < (now() AT TIME ZONE 'UTC')::date`
	n, err := s.exec(ctx, query, nil)
	if err != nil {
		return 0, fmt.Errorf("purge cards: %w", err)
	}
	return n, nil
}
