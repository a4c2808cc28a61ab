package storage

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"adviceline/helpline"
)

type standing struct {
	Contact   string
	Channel   string
	Language  string
	Lane      string
	Arrival   time.Time
	State     string
	Owner     string
	Capacity  int
	Epoch     int64
	Version   int64
	Accepted  pgtype.Timestamptz
	Ended     pgtype.Timestamptz
	Recorded  pgtype.Timestamptz
	Reason    string
	Calling   bool
	Key       string
	Told      string
	Print     string
	Begins    []time.Time
	Ends      []time.Time
	Due       pgtype.Timestamptz
	Attempts  int
	Converted bool
}

// Standings implements helpline.Lives: legs that are open or owe a form, those recorded within 14 days,
// which may be corrected still, and those that left within a day, who may come back. What is over its
// time the queue's timers end at once.
func (s *Store) Standings(ctx context.Context, line, after string, n int) ([]helpline.Standing, error) {
	const query = `
SELECT c.contact::text AS contact, c.channel, c.language, c.lane, c.arrival, c.state, COALESCE(c.owner::text, '') AS owner,
	COALESCE(p.capacity, 1) AS capacity, c.epoch, c.version, c.accepted_at AS accepted, c.ended_at AS ended,
	c.recorded_at AS recorded, c.reason, b.contact IS NOT NULL AND c.state IN ('active', 'transferring') AS calling,
	COALESCE(b.key, '') AS key, COALESCE(b.told, '') AS told, COALESCE(b.print, '') AS print,
	COALESCE(b.begins, '{}') AS begins, COALESCE(b.ends, '{}') AS ends, b.due, COALESCE(b.attempts, 0) AS attempts,
	COALESCE(b.converted, false) AS converted
FROM contact AS c LEFT JOIN person AS p ON p.id = c.owner
	LEFT JOIN callback AS b ON b.line = c.line AND b.contact = c.contact
WHERE c.line = @line AND c.contact > @after::uuid AND (c.ended_at IS NULL OR c.state IN ('wrapping', 'owed')
	OR c.recorded_at > now() - interval '14 days' OR c.ended_at > now() - interval '1 day')
ORDER BY c.contact LIMIT @n`
	if after == "" {
		after = "00000000-0000-0000-0000-000000000000"
	}
	all, err := rows[standing](ctx, s, query, named{"line": line, "after": after, "n": n})
	if err != nil {
		return nil, fmt.Errorf("list standings: %w", err)
	}
	out := make([]helpline.Standing, len(all))
	for i, r := range all {
		out[i] = r.domain()
	}
	return out, nil
}

func (r standing) domain() helpline.Standing {
	s := helpline.Standing{
		Contact: r.Contact, Channel: r.Channel, Language: r.Language, Lane: helpline.Lane(r.Lane), Arrival: r.Arrival.UTC(),
		State: helpline.State(r.State), Owner: r.Owner, Capacity: r.Capacity, Epoch: r.Epoch, Version: r.Version,
		Accepted: timeOf(r.Accepted), Ended: timeOf(r.Ended), Recorded: timeOf(r.Recorded), Reason: r.Reason,
	}
	if r.Calling {
		call := booked{
			Contact: r.Contact, Key: r.Key, Told: r.Told, Print: r.Print, Begins: r.Begins, Ends: r.Ends, Due: r.Due,
			Attempts: r.Attempts, Converted: r.Converted,
		}.domain()
		s.Call = &call
	}
	return s
}

func timeOf(t pgtype.Timestamptz) time.Time {
	if !t.Valid {
		return time.Time{}
	}
	return t.Time.UTC()
}
