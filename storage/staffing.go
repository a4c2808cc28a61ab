package storage

import (
	"context"
	"fmt"
	"time"
)

// Busy is one hour of the week (ISO weekday 1 to 7, local time): contacts an hour and their mean
// handling, from acceptance to the recorded outcome, of which at most five minutes after the end count: a form that
// is written hours later held nobody up. Handling is 0 where nobody was answered.
type Busy struct {
	Weekday  int
	Hour     int
	Contacts float64
	Handling time.Duration
}

// BusyHours gives the hours of the week in which a line's contacts came, over the last full weeks
// up to now (1 to 12: what is over 90 days ago is no more in the ledger). Hours in which nobody came are left out.
func (s *Store) BusyHours(ctx context.Context, line, zone string, weeks int) ([]Busy, error) {
	const query = `
SELECT extract(isodow FROM arrival AT TIME ZONE @zone)::int AS weekday,
	extract(hour FROM arrival AT TIME ZONE @zone)::int AS hour,
	count(*)::float8 / @weeks::float8 AS contacts,
	coalesce(avg(extract(epoch FROM least(recorded_at, ended_at + interval '5 minutes') - accepted_at)), 0)::float8 AS seconds
FROM contact
WHERE line = @line AND arrival > now() - make_interval(weeks => @weeks::int) AND arrival <= now()
GROUP BY 1, 2
ORDER BY 1, 2`
	type row struct {
		Weekday, Hour     int
		Contacts, Seconds float64
	}
	all, err := rows[row](ctx, s, query, named{"line": line, "zone": zone, "weeks": weeks})
	if err != nil {
		return nil, fmt.Errorf("read busy hours: %w", err)
	}
	out := make([]Busy, 0, len(all))
	for _, r := range all {
		out = append(out, Busy{r.Weekday, r.Hour, r.Contacts, time.Duration(r.Seconds * float64(time.Second))})
	}
	return out, nil
}
