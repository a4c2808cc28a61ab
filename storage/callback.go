package storage

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"adviceline/helpline"
)

// Callbacks keeps the callbacks of one line and the audit of what is done with them.
type Callbacks struct {
	*Store
	line string
}

var (
	_ helpline.CallbackStore = Callbacks{}
	_ helpline.Auditor       = Callbacks{}
)

// NewCallbacks gives the callbacks of a line.
func NewCallbacks(s *Store, line string) Callbacks { return Callbacks{s, line} }

// booked is a row of callback with what else is known of its contact.
type booked struct {
	Contact   string
	Language  string
	Lane      string
	Arrival   time.Time
	Print     string
	Key       string
	Told      string
	Mark      string
	First     string
	Begins    []time.Time
	Ends      []time.Time
	Due       pgtype.Timestamptz
	Attempts  int
	Converted bool
	Pending   bool
	Review    string
	Wrapped   string
	Sealed    string
	Version   int64
	Linked    int
}

func (b booked) domain() helpline.Callback {
	c := helpline.Callback{
		Contact: b.Contact, Language: b.Language, Lane: helpline.Lane(b.Lane), Arrival: b.Arrival.UTC(), Print: b.Print,
		Key: b.Key, Told: b.Told, Mark: b.Mark, First: b.First, Attempts: b.Attempts, Converted: b.Converted,
		Pending: b.Pending, Review: b.Review, Wrapped: b.Wrapped, Sealed: b.Sealed, Version: b.Version, Linked: b.Linked,
	}
	if b.Due.Valid {
		c.Due = b.Due.Time.UTC()
	}
	for i := range min(len(b.Begins), len(b.Ends)) {
		c.Windows = append(c.Windows, helpline.Window{From: b.Begins[i].UTC(), To: b.Ends[i].UTC()})
	}
	return c
}

// Keep implements helpline.CallbackStore. One lock per line keeps two requests of a number in order: they
// are few, and what is locked must not be made of the number.
func (s Callbacks) Keep(ctx context.Context, c helpline.Callback, marks []string) (kept helpline.Callback, err error) {
	err = s.within(ctx, func(ctx context.Context, tx pgx.Tx) error {
		kept, err = s.keep(ctx, tx, c, marks)
		return err
	})
	if err != nil {
		return kept, fmt.Errorf("keep callback: %w", err)
	}
	return kept, nil
}

// isFirst is the open callback that stands for a number.
const isFirst = "c.mark = ANY(@marks) AND c.first IS NULL AND c.contact <> @contact"

// First implements helpline.CallbackStore.
func (s Callbacks) First(ctx context.Context, contact string, marks []string) (c helpline.Callback, err error) {
	id, err := identity(contact)
	if err != nil || !id.Valid {
		return c, fmt.Errorf("find first callback: %w", helpline.ErrInvalid)
	}
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	if c, err = s.read(ctx, s.pool, isFirst, named{"line": s.line, "contact": id, "marks": marks}); err != nil {
		return c, fmt.Errorf("find first callback: %w", bare(err))
	}
	return c, nil
}

func (s Callbacks) keep(ctx context.Context, tx pgx.Tx, c helpline.Callback, marks []string) (helpline.Callback, error) {
	const lock = `SELECT pg_advisory_xact_lock(hashtextextended('adviceline callbacks ' || @line::text, 0))`
	id, err := identity(c.Contact)
	if err != nil || !id.Valid || !storable(c.Language, c.Told, c.Sealed, c.Wrapped) {
		return c, helpline.ErrInvalid
	}
	if _, err := tx.Exec(ctx, lock, named{"line": s.line}); err != nil {
		return c, err
	}
	args := named{"line": s.line, "contact": id}
	before, err := s.before(ctx, tx, c, args)
	if err != nil || before.Contact != "" {
		return before, err
	}
	args["marks"] = marks
	first, err := s.read(ctx, tx, isFirst, args)
	switch {
	case errors.Is(err, helpline.ErrNotFound):
		c.First = ""
	case err != nil:
		return c, err
	case first.Contact != c.First:
		return first, helpline.ErrOtherFirst
	}
	return c, s.insert(ctx, tx, c)
}

// before gives what the contact has already, nothing when it may be stored: a request that was never
// scheduled gives way to another one. ErrRequestReused; ErrNotFound when the contact has ended.
func (s Callbacks) before(ctx context.Context, tx pgx.Tx, c helpline.Callback, args named) (none helpline.Callback, err error) {
	const (
		replace = `DELETE FROM callback WHERE line = @line AND contact = @contact`
		over    = `
SELECT count(*) FROM contact
WHERE line = @line AND contact = @contact AND (ended_at IS NOT NULL OR channel = 'chat' AND NOT @converted)`
	)
	found, err := s.read(ctx, tx, "c.contact = @contact", args)
	switch {
	case err == nil && found.Print == c.Print:
		return found, nil
	case err == nil && found.Pending:
		_, err = tx.Exec(ctx, replace, args)
		return none, err
	case err == nil:
		return found, helpline.ErrRequestReused
	case !errors.Is(err, helpline.ErrNotFound):
		return none, err
	}
	var ended int
	asked := named{"line": s.line, "contact": c.Contact, "converted": c.Converted}
	if err := tx.QueryRow(ctx, over, asked).Scan(&ended); err != nil {
		return none, err
	}
	if ended > 0 {
		return none, helpline.ErrNotFound
	}
	return none, nil
}

func (s Callbacks) insert(ctx context.Context, tx pgx.Tx, c helpline.Callback) error {
	const query = `
INSERT INTO callback (line, contact, language, lane, arrival, print, key, told, mark, first, begins, ends, converted,
	pending, wrapped, sealed)
VALUES (@line, @contact, @language, @lane, @arrival, @print, @key, @told, @mark, @first, @begins, @ends, @converted,
	@pending, @wrapped, @sealed)`
	first, err := identity(c.First)
	if err != nil {
		return err
	}
	begins, ends := split(c.Windows)
	_, err = tx.Exec(ctx, query, named{
		"line": s.line, "contact": c.Contact, "language": c.Language, "lane": string(c.Lane), "arrival": c.Arrival,
		"print": c.Print, "key": c.Key, "told": c.Told, "mark": c.Mark, "first": first, "begins": begins, "ends": ends,
		"converted": c.Converted, "pending": c.Pending, "wrapped": c.Wrapped, "sealed": c.Sealed,
	})
	return err
}

func split(windows []helpline.Window) (begins, ends []time.Time) {
	for _, w := range windows {
		begins, ends = append(begins, w.From), append(ends, w.To)
	}
	return begins, ends
}

// columns of booked, from callback AS c.
const columns = `
c.contact::text AS contact, c.language, c.lane, c.arrival, c.print, c.key, c.told, c.mark,
	COALESCE(c.first::text, '') AS first, c.begins, c.ends, c.due, c.attempts, c.converted, c.pending, c.review,
	c.wrapped, c.sealed,
	COALESCE((SELECT max(k.version) FROM contact AS k WHERE k.line = c.line AND k.contact = c.contact), 1) AS version,
	(SELECT count(*)::integer FROM callback AS l WHERE l.line = c.line AND l.first = c.contact) AS linked`

// querier is a pool or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

func (s Callbacks) read(ctx context.Context, q querier, where string, args named) (helpline.Callback, error) {
	all, err := s.list(ctx, q, where+" ORDER BY c.arrival, c.contact LIMIT 1", args)
	if err != nil {
		return helpline.Callback{}, err
	}
	if len(all) == 0 {
		return helpline.Callback{}, helpline.ErrNotFound
	}
	return all[0], nil
}

// list reads rows by a condition of this file's own.
func (s Callbacks) list(ctx context.Context, q querier, where string, args named) ([]helpline.Callback, error) {
	r, err := q.Query(ctx, "SELECT "+columns+" FROM callback AS c WHERE c.line = @line AND "+where, args)
	if err != nil {
		return nil, err
	}
	found, err := pgx.CollectRows(r, pgx.RowToStructByName[booked])
	var all []helpline.Callback
	for _, b := range found {
		all = append(all, b.domain())
	}
	return all, err
}

// Callback implements helpline.CallbackStore.
func (s Callbacks) Callback(ctx context.Context, contact string) (c helpline.Callback, err error) {
	id, err := identity(contact)
	if err != nil || !id.Valid {
		return c, fmt.Errorf("read callback: %w", helpline.ErrNotFound)
	}
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	if c, err = s.read(ctx, s.pool, "c.contact = @contact", named{"line": s.line, "contact": id}); err != nil {
		return c, fmt.Errorf("read callback: %w", bare(err))
	}
	return c, nil
}

// OpenCallbacks implements helpline.CallbackStore.
func (s Callbacks) OpenCallbacks(ctx context.Context, after string, n int) ([]helpline.Callback, error) {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	if after == "" {
		after = "00000000-0000-0000-0000-000000000000"
	}
	args := named{"line": s.line, "after": after, "n": n}
	all, err := s.list(ctx, s.pool, "c.contact > @after::uuid ORDER BY c.contact LIMIT @n", args)
	if err != nil {
		return nil, fmt.Errorf("list callbacks: %w", bare(err))
	}
	return all, nil
}

// Rebook implements helpline.CallbackStore: new windows, and the number sealed for them.
func (s Callbacks) Rebook(ctx context.Context, c helpline.Callback) error {
	const query = `
UPDATE callback SET begins = @begins, ends = @ends, wrapped = @wrapped, sealed = @sealed, key = @key, told = @told,
	mark = @mark
WHERE line = @line AND contact = @contact`
	begins, ends := split(c.Windows)
	n, err := s.exec(ctx, query, named{
		"line": s.line, "contact": c.Contact, "begins": begins, "ends": ends, "wrapped": c.Wrapped, "sealed": c.Sealed,
		"key": c.Key, "told": c.Told, "mark": c.Mark,
	})
	if err == nil && n == 0 {
		err = helpline.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("rebook callback: %w", err)
	}
	return nil
}

// Drop implements helpline.CallbackStore; it takes only what was never scheduled.
func (s Callbacks) Drop(ctx context.Context, contact string) error {
	const query = `DELETE FROM callback WHERE line = @line AND contact = @contact AND pending`
	if _, err := s.exec(ctx, query, named{"line": s.line, "contact": contact}); err != nil {
		return fmt.Errorf("drop callback: %w", err)
	}
	return nil
}

// Audit implements helpline.Auditor.
func (s Callbacks) Audit(ctx context.Context, d helpline.Deed) error {
	err := s.within(ctx, func(ctx context.Context, tx pgx.Tx) error { return s.note(ctx, tx, d) })
	if err != nil {
		return fmt.Errorf("write audit: %w", err)
	}
	return nil
}

// note writes a row of the audit in the transaction of what it is about.
func (s Callbacks) note(ctx context.Context, tx pgx.Tx, d helpline.Deed) error {
	const query = `
INSERT INTO audit (line, id, at, adviser, deed, contact, code)
VALUES (@line, @id, now(), @adviser, @deed, @contact, @code) ON CONFLICT DO NOTHING`
	contact, err := identity(d.Contact)
	if err != nil {
		return helpline.ErrInvalid
	}
	_, err = tx.Exec(ctx, query, named{
		"line": s.line, "id": d.ID, "adviser": d.Adviser, "deed": d.Deed, "contact": contact, "code": d.Code,
	})
	return err
}

// noted is a row of audit as it is read.
type noted struct {
	At                         time.Time
	Adviser, Alias, Deed, Code string
}

// Deeds gives the audit, latest first, before an instant unless that is zero.
func (s Callbacks) Deeds(ctx context.Context, before time.Time, n int) ([]helpline.Noted, error) {
	const query = `
SELECT a.at, a.adviser::text AS adviser, coalesce(nullif(p.alias, ''), p.name, '') AS alias, a.deed, a.code
FROM audit AS a LEFT JOIN person AS p ON p.id = a.adviser
WHERE a.line = @line AND (@before::timestamptz IS NULL OR a.at < @before) ORDER BY a.at DESC, a.id LIMIT @n`
	found, err := rows[noted](ctx, s.Store, query, named{"line": s.line, "before": instant(before), "n": n})
	if err != nil {
		return nil, fmt.Errorf("read audit: %w", err)
	}
	all := make([]helpline.Noted, len(found))
	for i, x := range found {
		all[i] = helpline.Noted{At: x.At.UTC(), Adviser: x.Adviser, Alias: x.Alias, Deed: x.Deed, Code: x.Code}
	}
	return all, nil
}

// PurgeAudit deletes what is older than that and tells how many.
func (s *Store) PurgeAudit(ctx context.Context, life time.Duration) (int64, error) {
	const query = `DELETE FROM audit WHERE at <= now() - @life::interval`
	n, err := s.exec(ctx, query, named{"life": life})
	if err != nil {
		return 0, fmt.Errorf("purge audit: %w", err)
	}
	return n, nil
}

// PurgeCallbacks deletes rows that nobody can use: those of chats that ended before they were converted,
// and those whose last window was over so long ago. It tells how many.
func (s *Store) PurgeCallbacks(ctx context.Context, life time.Duration) (int64, error) {
	const query = `
DELETE FROM callback AS c
WHERE c.ends[array_upper(c.ends, 1)] < now() - @life::interval OR c.pending AND EXISTS (
	SELECT FROM contact AS k WHERE k.line = c.line AND k.contact = c.contact AND k.ended_at IS NOT NULL)`
	n, err := s.exec(ctx, query, named{"life": life})
	if err != nil {
		return 0, fmt.Errorf("purge callbacks: %w", err)
	}
	return n, nil
}
