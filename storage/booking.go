package storage

import (
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"adviceline/helpline"
)

// followCallbacks queues what the events of callbacks change: where they stand, and, once one has ended,
// that its number is gone. Whoever stood behind it comes forward: dialled when the first was taken back
// by its own person, else looked at by somebody first.
func followCallbacks(b *pgx.Batch, line string, entries []*entry) {
	const (
		stand = `
UPDATE callback AS c SET
	incarnation = u.incarnation, number = u.number, due = u.due, attempts = u.attempts, pending = false,
	review = CASE WHEN u.state = 'review' THEN u.reason ELSE '' END
FROM unnest(@contacts::uuid[], @incarnations::bigint[], @numbers::bigint[], @dues::timestamptz[], @attempts::integer[],
	@states::text[], @reasons::text[]) AS u (contact, incarnation, number, due, attempts, state, reason)
WHERE c.line = @line::text AND c.contact = u.contact AND (u.incarnation, u.number) > (c.incarnation, c.number)`
		forward = `
WITH heir AS (
	SELECT DISTINCT ON (c.first) c.first, c.contact, u.looks
	FROM callback AS c JOIN unnest(@contacts::uuid[], @looks::boolean[]) AS u (contact, looks) ON c.first = u.contact
	WHERE c.line = @line::text ORDER BY c.first, c.arrival, c.contact
)
UPDATE callback AS c SET
	first = CASE WHEN c.contact = heir.contact THEN NULL ELSE heir.contact END,
	review = CASE WHEN heir.looks THEN 'linked' ELSE c.review END
FROM heir WHERE c.line = @line::text AND c.first = heir.first`
		erase = `DELETE FROM callback WHERE line = @line::text AND contact = ANY(@contacts::uuid[])`
	)
	calls := slices.DeleteFunc(slices.Clone(entries), func(e *entry) bool { return e.Call == nil })
	if open := latest(calls); len(open) > 0 {
		b.Queue(stand, named{
			"line":         line,
			"contacts":     column(open, func(e *entry) pgtype.UUID { return e.contact }),
			"incarnations": column(open, func(e *entry) int64 { return e.Incarnation }),
			"numbers":      column(open, func(e *entry) int64 { return e.Number }),
			"dues":         column(open, func(e *entry) pgtype.Timestamptz { return instant(e.Call.Due) }),
			"attempts":     column(open, func(e *entry) int { return e.Call.Attempts }),
			"states":       column(open, func(e *entry) string { return string(e.State) }),
			"reasons":      column(open, func(e *entry) string { return e.Reason }),
		})
	}
	over := latest(slices.DeleteFunc(slices.Clone(entries), func(e *entry) bool {
		return e.Kind != helpline.Superseded && (e.Call == nil || e.Ended.IsZero())
	}))
	if len(over) == 0 {
		return
	}
	args := named{
		"line":     line,
		"contacts": column(over, func(e *entry) pgtype.UUID { return e.contact }),
		"looks": column(over, func(e *entry) bool {
			return e.Kind != helpline.Superseded && e.Kind != helpline.Left ||
				e.Kind == helpline.Left && e.Reason != "cancel" && e.Reason != "done" && e.Reason != "exit"
		}),
	}
	b.Queue(forward, args)
	b.Queue(erase, named{"line": line, "contacts": args["contacts"]})
}
