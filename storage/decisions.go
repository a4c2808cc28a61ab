package storage

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"adviceline/helpline"
)

// maxWhy is the longest reason of a decision that is kept, in bytes: eight advisers and the heads of
// the classes of one adviser stay far below it.
const maxWhy = 16 << 10

// reason gives a decision's reason as json takes it. A reason that it would refuse is dropped: the
// event itself is not lost for it. Codes and ids need no escapes, so none is let through.
func reason(why string) string {
	if len(why) > maxWhy || !storable(why) || strings.Contains(why, `\`) || !json.Valid([]byte(why)) {
		return ""
	}
	return why
}

// Decisions lists what happened to a contact of a line, in order. helpline.ErrNotFound when the ledger
// does not know it.
func (s *Store) Decisions(ctx context.Context, line, contact string) ([]helpline.Decision, error) {
	const query = `
SELECT e.at, e.kind, coalesce(e.adviser::text, '') AS adviser, coalesce(p.alias, '') AS alias, e.reason,
	coalesce(e.why::text, '') AS why
FROM event AS e LEFT JOIN person AS p ON p.id = e.adviser
WHERE e.line = @line AND e.contact = @contact
ORDER BY e.incarnation, e.number`
	type entry struct {
		At                                time.Time
		Kind, Adviser, Alias, Reason, Why string
	}
	id, err := identity(contact)
	if err != nil || !id.Valid {
		return nil, fmt.Errorf("list decisions: %w", helpline.ErrNotFound)
	}
	all, err := rows[entry](ctx, s, query, named{"line": line, "contact": id})
	if err == nil && len(all) == 0 {
		err = helpline.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("list decisions: %w", err)
	}
	list := make([]helpline.Decision, 0, len(all))
	for _, e := range all {
		e.At = e.At.UTC()
		list = append(list, helpline.Decision(e))
	}
	return list, nil
}
