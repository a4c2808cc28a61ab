package storage

import (
	"context"
	"fmt"
	"time"

	"adviceline/helpline"
)

// MissedWindows lists the windows of callbacks that closed untried since an instant, the latest first, at most n.
func (s *Store) MissedWindows(ctx context.Context, line string, since time.Time, n int) ([]helpline.MissedWindow, error) {
	const query = `
SELECT e.contact::text AS contact, c.language, c.lane, e.at, c.state
FROM event AS e JOIN contact AS c ON c.line = e.line AND c.contact = e.contact
WHERE e.line = @line AND e.kind = 'window_missed' AND e.at >= @since
ORDER BY e.at DESC, e.contact
LIMIT @n`
	type row struct {
		Contact, Language, Lane string
		At                      time.Time
		State                   string
	}
	all, err := rows[row](ctx, s, query, named{"line": line, "since": since, "n": n})
	if err != nil {
		return nil, fmt.Errorf("list missed windows: %w", err)
	}
	out := make([]helpline.MissedWindow, 0, len(all))
	for _, r := range all {
		out = append(out, helpline.MissedWindow{
			Contact: r.Contact, Language: r.Language, Lane: helpline.Lane(r.Lane), At: r.At.UTC(), State: helpline.State(r.State),
		})
	}
	return out, nil
}
