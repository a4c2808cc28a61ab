package storage

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"adviceline/helpline/disclose"
)

// mostClosed bounds the contacts that are counted in one transaction.
const mostClosed = 5000

// closed is a contact of the ledger that is over.
type closed struct {
	Contact           [16]byte
	Channel, Lane     string
	Arrival           time.Time
	Accepted, Ended   *time.Time
	Reason, Result    string
	WaitBucket, Other string
}

// left are the reasons that are the person's own, and refused those that are ours.
var (
	left    = map[string]bool{"contact_done": true, "contact_cancelled": true, "abandoned": true, "exit": true, "cancel": true, "cancelled": true}
	refused = map[string]bool{"failed_by_us": true, "expired_by_policy": true}
)

// CountClosed counts the contacts of a line that were over before today, in one step of at least batch; fewer are
// carried over. It tells how many. Nodes may do so at once; a contact counts once. Error: disclose.ErrFloor.
func (s *Store) CountClosed(ctx context.Context, line string, batch int) (n int, err error) {
	const query = `
SELECT c.contact, c.channel, c.lane, c.arrival, c.accepted_at AS accepted, c.ended_at AS ended, c.reason,
	c.wait_bucket, c.length_bucket AS other,
	coalesce((SELECT e.reason FROM event AS e WHERE e.line = c.line AND e.contact = c.contact AND e.kind = 'attempted'
		ORDER BY e.incarnation DESC, e.number DESC LIMIT 1), '') AS result
FROM contact AS c
WHERE c.line = @line AND NOT c.counted
	AND c.ended_at < date_trunc('day', now() AT TIME ZONE 'Europe/Helsinki') AT TIME ZONE 'Europe/Helsinki'
ORDER BY c.contact LIMIT @most FOR UPDATE`
	const mark = `UPDATE contact SET counted = true WHERE line = @line AND contact = ANY (@contacts)`
	if batch < disclose.LeastBatch {
		return 0, fmt.Errorf("count contacts: %w", disclose.ErrFloor)
	}
	err = s.within(ctx, func(ctx context.Context, tx pgx.Tx) error {
		r, err := tx.Query(ctx, query, named{"line": line, "most": mostClosed})
		if err != nil {
			return err
		}
		all, err := pgx.CollectRows(r, pgx.RowToStructByName[closed])
		if n = len(all); err != nil || n < batch {
			n = 0
			return err
		}
		periods, contacts := map[disclose.Period]disclose.Counts{}, make([][16]byte, 0, n)
		var now time.Time
		if err := tx.QueryRow(ctx, `SELECT now()`).Scan(&now); err != nil {
			return err
		}
		counts := disclose.Counts{}
		periods[disclose.QuarterOf(now)] = counts
		for _, c := range all {
			counts.CountClosed(c.plain())
			contacts = append(contacts, c.Contact)
		}
		if _, err := tx.Exec(ctx, mark, named{"line": line, "contacts": contacts}); err != nil {
			return err
		}
		return addCounts(ctx, tx, periods)
	})
	if err != nil {
		return 0, fmt.Errorf("count contacts: %w", err)
	}
	return n, nil
}

func (c closed) plain() disclose.Closed {
	out := disclose.Closed{
		Way: c.Channel, Lane: c.Lane, Arrival: c.Arrival, Left: left[c.Reason], Refused: refused[c.Reason] && c.Accepted == nil,
		Result: c.Result, Wait: c.WaitBucket, Length: c.Other,
	}
	if c.Accepted != nil {
		out.Accepted = *c.Accepted
	}
	if c.Ended != nil {
		out.Ended = *c.Ended
	}
	return out
}

// CoarsenLedger turns the instants of contacts that were over so long ago into whole hours, with what led to their
// decisions; how long they waited and spoke stays as a bucket until they are counted. It tells how many.
func (s *Store) CoarsenLedger(ctx context.Context, after time.Duration) (int64, error) {
	const contacts = `
UPDATE contact SET coarse = true,
	wait_bucket = CASE
		WHEN coalesce(accepted_at, ended_at) - arrival < interval '1 minute' THEN 'm0_1'
		WHEN coalesce(accepted_at, ended_at) - arrival < interval '5 minutes' THEN 'm1_5'
		WHEN coalesce(accepted_at, ended_at) - arrival < interval '15 minutes' THEN 'm5_15'
		WHEN coalesce(accepted_at, ended_at) - arrival < interval '60 minutes' THEN 'm15_60' ELSE 'm60_plus' END,
	length_bucket = CASE
		WHEN accepted_at IS NULL THEN 'not_answered'
		WHEN ended_at - accepted_at < interval '5 minutes' THEN 'm0_5'
		WHEN ended_at - accepted_at < interval '15 minutes' THEN 'm5_15'
		WHEN ended_at - accepted_at < interval '30 minutes' THEN 'm15_30'
		WHEN ended_at - accepted_at < interval '60 minutes' THEN 'm30_60' ELSE 'm60_plus' END,
	arrival = date_trunc('hour', arrival), accepted_at = date_trunc('hour', accepted_at),
	ended_at = date_trunc('hour', ended_at), recorded_at = date_trunc('hour', recorded_at)
WHERE NOT coarse AND ended_at < now() - @age::interval`
	const events = `
UPDATE event AS e SET at = date_trunc('hour', e.at), why = NULL
FROM contact AS c
WHERE c.coarse AND e.line = c.line AND e.contact = c.contact AND (e.at <> date_trunc('hour', e.at) OR e.why IS NOT NULL)`
	var n int64
	err := s.within(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, contacts, named{"age": after})
		if err != nil {
			return err
		}
		n = tag.RowsAffected()
		_, err = tx.Exec(ctx, events)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("coarsen ledger: %w", err)
	}
	return n, nil
}

// PurgeLedger deletes what the ledger knows of contacts that were over so long ago, counted or not, and tells how
// many contacts those were.
func (s *Store) PurgeLedger(ctx context.Context, life time.Duration) (int64, error) {
	const events = `
DELETE FROM event AS e USING contact AS c
WHERE c.ended_at < now() - @age::interval AND e.line = c.line AND e.contact = c.contact`
	const contacts = `DELETE FROM contact WHERE ended_at < now() - @age::interval`
	var n int64
	err := s.within(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, events, named{"age": life}); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, contacts, named{"age": life})
		n = tag.RowsAffected()
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("purge ledger: %w", err)
	}
	return n, nil
}
