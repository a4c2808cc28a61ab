package storage

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgtype"

	"adviceline/helpline"
)

// entry is an event that Postgres can hold, and the submission that waits for it.
type entry struct {
	helpline.Event
	contact, adviser, owner pgtype.UUID
	from                    *submission
}

// read checks an event before it shares a transaction with others: ErrMalformed for one that Postgres
// would refuse for good.
func read(e helpline.Event, from *submission) (*entry, error) {
	out := &entry{Event: e, from: from}
	out.Why = reason(e.Why)
	var err error
	for _, id := range []struct {
		to   *pgtype.UUID
		text string
	}{{&out.contact, e.Contact}, {&out.adviser, e.Adviser}, {&out.owner, e.Owner}} {
		if *id.to, err = identity(id.text); err != nil {
			return nil, err
		}
	}
	texts := []string{e.Kind, e.Reason, e.Channel, e.Language, string(e.Lane), string(e.State)}
	if s := e.Staged; s != nil {
		if len(s.Key) == 0 {
			return nil, ErrMalformed
		}
		texts = append(texts, s.Generation, s.Wrapped, s.Sealed)
	}
	if !storable(texts...) {
		return nil, ErrMalformed
	}
	for _, t := range []time.Time{e.At, e.Arrival, e.Accepted, e.Ended, e.Recorded} {
		if !t.IsZero() && (t.Year() < 1 || t.Year() > 9999) {
			return nil, ErrMalformed
		}
	}
	if e.Kind == "" || e.At.IsZero() || !out.complete() {
		return nil, ErrMalformed
	}
	return out, nil
}

// complete tells that an event has what its table asks for: of a contact, or of a step of paging.
func (e *entry) complete() bool {
	if p := e.Page; p != nil {
		return storable(p.ID) && p.Step >= 0 && p.Step <= 1000 && e.Staged == nil
	}
	return e.contact.Valid && e.State != "" && !e.Arrival.IsZero()
}

// storable tells that text columns can hold the texts.
func storable(texts ...string) bool {
	for _, t := range texts {
		if !utf8.ValidString(t) || strings.ContainsRune(t, 0) {
			return false
		}
	}
	return true
}

// place is where an event stands in the order of its line.
type place struct{ Incarnation, Number int64 }

func (e *entry) place() place { return place{e.Incarnation, e.Number} }

func (p place) compare(q place) int {
	return cmp.Or(cmp.Compare(p.Incarnation, q.Incarnation), cmp.Compare(p.Number, q.Number))
}

// ordered gives the entries by place, which is the order in which their rows are locked.
func ordered(entries []*entry) []*entry {
	return slices.SortedStableFunc(slices.Values(entries), func(a, b *entry) int { return a.place().compare(b.place()) })
}

// latest keeps the last entry of each contact, in the order of contacts: one statement may touch a
// row only once. It expects entries in their order.
func latest(entries []*entry) []*entry {
	last := make(map[[16]byte]*entry, len(entries))
	for _, e := range entries {
		last[e.contact.Bytes] = e
	}
	out := make([]*entry, 0, len(last))
	for _, e := range last {
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b *entry) int { return bytes.Compare(a.contact.Bytes[:], b.contact.Bytes[:]) })
	return out
}

// column makes the array of one column for unnest.
func column[T any](entries []*entry, of func(*entry) T) pgtype.FlatArray[T] {
	out := make(pgtype.FlatArray[T], len(entries))
	for i, e := range entries {
		out[i] = of(e)
	}
	return out
}

// sparse is column for what most entries lack: nil, which is NULL, where all of them do.
func sparse[T comparable](entries []*entry, of func(*entry) T) pgtype.FlatArray[T] {
	var none T
	for _, e := range entries {
		if of(e) != none {
			return column(entries, of)
		}
	}
	return nil
}

// instant gives a time as a column that may be null.
func instant(t time.Time) pgtype.Timestamptz { return pgtype.Timestamptz{Time: t, Valid: !t.IsZero()} }
