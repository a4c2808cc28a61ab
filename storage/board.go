package storage

import (
	"context"
	"fmt"
	"time"

	"adviceline/helpline"
)

// BoardHours counts the chats of a line that came from an instant up to another, by the hour (UTC) in which they
// came, and the offers that were missed or declined in it. within is the target of the service level. Hours in
// which nothing happened are left out.
func (s *Store) BoardHours(ctx context.Context, line string, from, until time.Time, within time.Duration) ([]helpline.BoardHour, error) {
	const query = `
WITH came AS (
	SELECT date_trunc('hour', arrival) AS at, count(*) AS arrived,
		count(*) FILTER (WHERE accepted_at IS NOT NULL) AS answered,
		count(*) FILTER (WHERE accepted_at IS NULL AND state IN ('abandoned', 'exited')) AS abandoned,
		count(*) FILTER (WHERE accepted_at - arrival <= make_interval(secs => @within::float8)) AS within,
		coalesce(sum(extract(epoch FROM accepted_at - arrival)), 0)::float8 AS waited
	FROM contact
	WHERE line = @line AND channel = 'chat' AND arrival >= @from AND arrival < @until
	GROUP BY 1
), offers AS (
	SELECT date_trunc('hour', at) AS at, count(*) FILTER (WHERE kind = 'timed_out') AS missed,
		count(*) FILTER (WHERE kind = 'declined') AS declined
	FROM event
	WHERE line = @line AND kind IN ('timed_out', 'declined') AND at >= @from AND at < @until
	GROUP BY 1
)
SELECT at, coalesce(arrived, 0) AS arrived, coalesce(answered, 0) AS answered, coalesce(abandoned, 0) AS abandoned,
	coalesce(within, 0) AS within, coalesce(waited, 0) AS waited, coalesce(missed, 0) AS missed, coalesce(declined, 0) AS declined
FROM came FULL JOIN offers USING (at)
ORDER BY at`
	type row struct {
		At                                                     time.Time
		Arrived, Answered, Abandoned, Within, Missed, Declined int
		Waited                                                 float64
	}
	all, err := rows[row](ctx, s, query, named{"line": line, "from": from, "until": until, "within": within.Seconds()})
	if err != nil {
		return nil, fmt.Errorf("count hours of the board: %w", err)
	}
	out := make([]helpline.BoardHour, 0, len(all))
	for _, r := range all {
		out = append(out, helpline.BoardHour{
			At: r.At.UTC(), Arrived: r.Arrived, Answered: r.Answered, Abandoned: r.Abandoned, Within: r.Within,
			Missed: r.Missed, Declined: r.Declined, Waited: time.Duration(r.Waited * float64(time.Second)),
		})
	}
	return out, nil
}

// Happened counts the events of a line between two instants by kind, paging among them.
func (s *Store) Happened(ctx context.Context, line string, from, until time.Time) (map[string]int, error) {
	const query = `
SELECT kind, count(*)::int AS n FROM (
	SELECT kind FROM event WHERE line = @line AND at >= @from AND at < @until
	UNION ALL
	SELECT kind FROM page WHERE line = @line AND at >= @from AND at < @until
) AS all_kinds
GROUP BY kind`
	type row struct {
		Kind string
		N    int
	}
	all, err := rows[row](ctx, s, query, named{"line": line, "from": from, "until": until})
	if err != nil {
		return nil, fmt.Errorf("count events: %w", err)
	}
	out := make(map[string]int, len(all))
	for _, r := range all {
		out[r.Kind] = r.N
	}
	return out, nil
}
