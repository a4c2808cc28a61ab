package storage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"adviceline/helpline"
	"adviceline/helpline/codes"
	"adviceline/helpline/disclose"
)

// Stages are the keys of staged outcomes, as package seal keeps them.
type Stages interface {
	Look(generation, wrapped, sealed string, key []byte) (mark string, plain []byte, err error)
	RestageAs(generation, wrapped, sealed string, key, plain []byte) (newGeneration string, newKey []byte, newSealed, newWrapped string, err error)
	NextGeneration() (string, error)
	DropGeneration(generation string) error
	Generations() (all []string, newest time.Time, err error)
}

// FlushOptions are what a flush needs. Batch below the floor is refused.
type FlushOptions struct {
	Keys  Stages
	Batch int
	// Quiet says that the spool holds nothing older than a minute or two: every correction that was made in time
	// has been committed. Without it nothing is flushed and no key dropped.
	Quiet bool
	Now   func() time.Time // for the ages of keys; nil: time.Now
	// Step is told each step; its error ends the flush there, as the death of its node would. For tests.
	Step func() error
}

// Flushed tells what a flush did.
type Flushed struct {
	Busy       bool // another node flushes
	Outcomes   int  // counted and logged
	Victims    int
	Carried    int
	Unreadable int // rows that no key opens; they stay
	Dropped    int // generations whose key was unlinked
}

const (
	// late is how long after its correction time, and after a new generation, something may still be on its way.
	late = 10 * time.Minute
	// mostAtOnce bounds the outcomes of one transaction.
	mostAtOnce = 500
)

// Flush turns staged outcomes whose correction time is over into log rows and counters, at least Batch at once,
// and seals the rest again under the next generation (privacy.md, "From outcome to number"). One node does so at
// a time. A flush that dies leaves everything as it was, or done: what is written is one transaction, the new key is
// on disk before it, and an old one goes only when no row needs it. Errors: disclose.ErrFloor, ErrUnavailable.
func (s *Store) Flush(ctx context.Context, o FlushOptions) (Flushed, error) {
	if o.Batch < disclose.LeastBatch {
		return Flushed{}, fmt.Errorf("flush outcomes: %w", disclose.ErrFloor)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Step == nil {
		o.Step = func() error { return nil }
	}
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return Flushed{}, fmt.Errorf("flush outcomes: %w", bare(err))
	}
	defer conn.Release()
	f := flush{FlushOptions: o, conn: conn}
	if err := f.run(ctx); err != nil {
		return f.done, fmt.Errorf("flush outcomes: %w", f.bare(err))
	}
	if f.done.Busy {
		return f.done, nil
	}
	if err := s.turned(ctx, "flush", f.done.Outcomes+f.done.Victims > 0); err != nil {
		return f.done, fmt.Errorf("flush outcomes: %w", err)
	}
	return f.done, nil
}

type flush struct {
	FlushOptions
	conn *pgxpool.Conn
	now  time.Time // of Postgres
	all  []*stagedRow
	done Flushed
	own  error // of Step or the keys: no text of Postgres
}

// stagedRow is a row of staged, and what it holds.
type stagedRow struct {
	Key                         []byte
	Generation, Wrapped, Sealed string

	form          helpline.Form
	answers       codes.Answers
	counts, tells bool // now, in tables of contacts; of possible victims
	mark          string
	gone          bool // an older row of a contact that has a newer one
	old           bool // to be sealed again in any case
}

// bare strips what came from Postgres and leaves our own codes.
func (f *flush) bare(err error) error {
	if f.own != nil {
		return f.own
	}
	return bare(err)
}

func (f *flush) step() error {
	if f.own == nil {
		f.own = f.Step()
	}
	return f.own
}

const flushLock = `SELECT pg_try_advisory_lock(hashtext('adviceline.flush')) AS got, clock_timestamp() AS now`

func (f *flush) run(ctx context.Context) error {
	var got bool
	if err := f.conn.QueryRow(ctx, flushLock).Scan(&got, &f.now); err != nil {
		return err
	}
	if !got {
		f.done.Busy = true
		return nil
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTime)
		defer cancel()
		_, _ = f.conn.Exec(ctx, `SELECT pg_advisory_unlock(hashtext('adviceline.flush'))`) // ends with the connection else
	}()
	if err := f.step(); err != nil || !f.Quiet {
		return err
	}
	if err := f.read(ctx); err != nil {
		return err
	}
	aged, generations, err := f.generations()
	if err != nil {
		return err
	}
	f.choose()
	if f.done.Outcomes+f.done.Victims > 0 {
		return f.turn(ctx)
	}
	return f.tidy(ctx, aged, generations)
}

// read opens every row. Of two rows of one contact the one of the newer generation is the correction.
func (f *flush) read(ctx context.Context) error {
	r, err := f.conn.Query(ctx, `SELECT key, generation, wrapped, sealed FROM staged`)
	if err != nil {
		return err
	}
	list, err := pgx.CollectRows(r, func(row pgx.CollectableRow) (*stagedRow, error) {
		var x stagedRow
		err := row.Scan(&x.Key, &x.Generation, &x.Wrapped, &x.Sealed)
		return &x, err
	})
	if err != nil {
		return err
	}
	latest := map[string]*stagedRow{}
	for _, x := range list {
		if err := f.step(); err != nil {
			return err
		}
		mark, plain, err := f.Keys.Look(x.Generation, x.Wrapped, x.Sealed, x.Key)
		if err != nil || !x.open(plain, f.now) {
			f.done.Unreadable++
			continue
		}
		x.mark = mark
		if other := latest[mark]; other != nil {
			older := other
			if newer(other.Generation, x.Generation) {
				older = x
			} else {
				latest[mark] = x
			}
			older.gone = true
		} else {
			latest[mark] = x
		}
		f.all = append(f.all, x)
	}
	return nil
}

// open reads what was staged. A program before this one staged bare answers: their time begins now.
func (x *stagedRow) open(plain []byte, now time.Time) bool {
	if json.Unmarshal(plain, &x.form) != nil {
		return false
	}
	if x.form.Answers == nil {
		x.form = helpline.Form{Until: now.Add(helpline.Correction).UnixMilli(), Answers: plain}
		x.old = true
	}
	return json.Unmarshal(x.form.Answers, &x.answers) == nil
}

// newer compares generations, which are decimal numbers in their shortest form.
func newer(a, b string) bool {
	if len(a) != len(b) {
		return len(a) > len(b)
	}
	return a > b
}

// choose says what is counted now: outcomes past their time, at least Batch of them and by at least three kinds
// of contributor, and the same of possible victims.
func (f *flush) choose() {
	var outcomes, victims []*stagedRow
	for _, x := range f.all {
		if x.gone || !time.UnixMilli(x.form.Until).Add(late).Before(f.now) {
			continue
		}
		if !x.form.Counted {
			outcomes = append(outcomes, x)
		}
		if x.answers.Speaks() {
			victims = append(victims, x)
		}
	}
	for _, x := range enough(outcomes, f.Batch) {
		x.counts = true
		f.done.Outcomes++
	}
	// What is not counted as a contact yet is not counted as a possible victim before it.
	victims = slices.DeleteFunc(victims, func(x *stagedRow) bool { return !x.counts && !x.form.Counted })
	for _, x := range enough(victims, f.Batch) {
		x.tells = true
		f.done.Victims++
	}
}

// enough gives the rows shuffled, at most mostAtOnce, or none where they are too few or too much of one kind.
func enough(rows []*stagedRow, batch int) []*stagedRow {
	rand.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] }) // #nosec G404 -- order alone
	if len(rows) > mostAtOnce {
		rows = rows[:mostAtOnce]
	}
	kinds := map[string]bool{}
	for _, x := range rows {
		kinds[codes.ContactRole.Group(x.answers.Role)] = true
	}
	if len(rows) < batch || len(kinds) < disclose.LeastKinds {
		return nil
	}
	return rows
}

// generations lists the old generations, and tells whether nothing can be on its way under them any more.
func (f *flush) generations() (aged bool, old []string, err error) {
	all, made, err := f.Keys.Generations()
	if err != nil {
		f.own = err
		return false, nil, err
	}
	if len(all) > 0 {
		old = all[:len(all)-1]
	}
	return f.Now().Sub(made) > late, old, nil
}

// turn makes the next generation, writes the batch and seals the rest again, in one transaction.
func (f *flush) turn(ctx context.Context) error {
	if _, err := f.Keys.NextGeneration(); err != nil {
		f.own = err
		return err
	}
	if err := f.step(); err != nil {
		return err
	}
	return f.write(ctx, func(*stagedRow) bool { return true })
}

// tidy seals again what lies under an old generation, and drops the keys that no row needs any more. A key
// lives on for ten minutes after the next one came: a form may be on its way under it.
func (f *flush) tidy(ctx context.Context, aged bool, old []string) error {
	if !aged {
		return nil
	}
	stale := func(x *stagedRow) bool { return x.old || slices.Contains(old, x.Generation) }
	if slices.ContainsFunc(f.all, stale) {
		if err := f.write(ctx, stale); err != nil {
			return err
		}
	}
	for _, generation := range old {
		if err := f.step(); err != nil {
			return err
		}
		if err := f.drop(ctx, generation); err != nil {
			return err
		}
	}
	return nil
}

// drop unlinks a key unless a row still lies under it.
func (f *flush) drop(ctx context.Context, generation string) error {
	var held bool
	const query = `SELECT EXISTS (SELECT FROM staged WHERE generation = @generation)`
	if err := f.conn.QueryRow(ctx, query, named{"generation": generation}).Scan(&held); err != nil || held {
		return err
	}
	if err := f.Keys.DropGeneration(generation); err != nil {
		f.own = err
		return err
	}
	f.done.Dropped++
	return f.step()
}

// errChanged says that somebody corrected a form while it was being flushed; the next flush takes it.
var errChanged = errors.New("a staged outcome changed")
