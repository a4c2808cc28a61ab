package storage

import (
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// ofContacts and ofPaging part a batch: a step of paging concerns no contact.
func ofContacts(entries []*entry) []*entry {
	return only(entries, func(e *entry) bool { return e.Page == nil })
}
func ofPaging(entries []*entry) []*entry {
	return only(entries, func(e *entry) bool { return e.Page != nil })
}

func only(entries []*entry, which func(*entry) bool) []*entry {
	out := make([]*entry, 0, len(entries))
	for _, e := range entries {
		if which(e) {
			out = append(out, e)
		}
	}
	return out
}

// appendPages queues the insert of what paging did, if it did anything.
func appendPages(b *pgx.Batch, line string, entries []*entry) {
	const query = `
INSERT INTO page (line, incarnation, number, page, step, kind, at, reason, adviser, waited_ms)
SELECT @line::text, u.incarnation, u.number, u.page, u.step, u.kind, u.at, u.reason, u.adviser, u.waited
FROM unnest(@incarnations::bigint[], @numbers::bigint[], @pages::text[], @steps::integer[], @kinds::text[],
	@ats::timestamptz[], @reasons::text[], @advisers::uuid[], @waits::bigint[])
	AS u (incarnation, number, page, step, kind, at, reason, adviser, waited)
ON CONFLICT (line, incarnation, number) DO NOTHING`
	if len(entries) == 0 {
		return
	}
	b.Queue(query, named{
		"line":         line,
		"incarnations": column(entries, func(e *entry) int64 { return e.Incarnation }),
		"numbers":      column(entries, func(e *entry) int64 { return e.Number }),
		"pages":        column(entries, func(e *entry) string { return e.Page.ID }),
		"steps":        column(entries, func(e *entry) int32 { return int32(e.Page.Step) }), // #nosec G115 -- at most tiers times rounds
		"kinds":        column(entries, func(e *entry) string { return e.Kind }),
		"ats":          column(entries, func(e *entry) pgtype.Timestamptz { return instant(e.At) }),
		"reasons":      column(entries, func(e *entry) string { return e.Reason }),
		"advisers":     column(entries, func(e *entry) pgtype.UUID { return e.adviser }),
		"waits":        column(entries, func(e *entry) int64 { return e.Page.Waited.Milliseconds() }),
	})
}
