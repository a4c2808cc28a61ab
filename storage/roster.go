package storage

import (
	"bytes"
	"context"
	"fmt"
	"net/mail"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"adviceline/helpline"
)

// requestLife is how long a change of the roster is known again.
const requestLife = 10 * time.Minute

// Roster gives the shifts that end after an instant, by tier, beginning and name.
func (s *Store) Roster(ctx context.Context, after time.Time) ([]helpline.Shift, error) {
	const query = `
SELECT p.name, s.tier, s.begins AS from, s.ends AS until
FROM shift AS s JOIN person AS p ON p.id = s.person
WHERE s.ends > @after AND NOT p.disabled ORDER BY s.tier, s.begins, p.folded`
	all, err := rows[helpline.Shift](ctx, s, query, named{"after": after})
	if err != nil {
		return nil, fmt.Errorf("read roster: %w", err)
	}
	for i := range all {
		all[i].From, all[i].Until = all[i].From.UTC(), all[i].Until.UTC()
	}
	return all, nil
}

// Watches gives the shifts that touch [from, until), as paging needs them, by tier, beginning and id.
func (s *Store) Watches(ctx context.Context, from, until time.Time) ([]helpline.Watch, error) {
	const query = `
SELECT p.id::text AS person, s.tier, s.begins AS from, s.ends AS until, p.languages, coalesce(m.mail, '') AS mail
FROM shift AS s JOIN person AS p ON p.id = s.person LEFT JOIN pager AS m ON m.person = p.id
WHERE s.ends > @from AND s.begins < @until AND NOT p.disabled
ORDER BY s.tier, s.begins, p.id LIMIT 1000`
	all, err := rows[helpline.Watch](ctx, s, query, named{"from": from, "until": until})
	if err != nil {
		return nil, fmt.Errorf("read watches: %w", err)
	}
	return all, nil
}

// RosterChange replaces every shift that ends after Now by these. Request and Print make it idempotent:
// the same again changes nothing; an empty request is one of its own.
type RosterChange struct {
	Shifts  []helpline.Shift // checked
	Now     time.Time
	Request string
	Print   []byte
}

// SetRoster stores a change whole or not at all. Errors: helpline.ErrUnknownAdviser,
// helpline.ErrRequestReused.
func (s *Store) SetRoster(ctx context.Context, c RosterChange) error {
	const lock = `SELECT pg_advisory_xact_lock(hashtext('adviceline.roster'))`
	const clear = `DELETE FROM shift WHERE ends > @now`
	const insert = `
INSERT INTO shift (person, tier, begins, ends)
SELECT p.id, u.tier, u.begins, u.ends
FROM unnest(@names::text[], @tiers::integer[], @begins::timestamptz[], @ends::timestamptz[]) AS u (name, tier, begins, ends)
JOIN person AS p ON p.folded = u.name AND NOT p.disabled AND @role::text = ANY (p.roles)
ON CONFLICT (person, begins) DO UPDATE SET tier = excluded.tier, ends = excluded.ends`
	var names []string
	var tiers []int32
	var begins, ends []time.Time
	for _, x := range c.Shifts {
		if !storable(x.Name) {
			return fmt.Errorf("set roster: %w", helpline.ErrUnknownAdviser)
		}
		if !x.Until.After(c.Now) {
			continue // it is over: history stays as it was
		}
		names, tiers = append(names, fold(x.Name)), append(tiers, int32(x.Tier)) // #nosec G115 -- checked
		begins, ends = append(begins, x.From), append(ends, x.Until)
	}
	err := s.within(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, lock); err != nil {
			return err
		}
		again, err := known(ctx, tx, c)
		if err != nil || again {
			return err
		}
		if _, err := tx.Exec(ctx, clear, named{"now": c.Now}); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, insert, named{
			"names": names, "tiers": tiers, "begins": begins, "ends": ends, "role": helpline.RoleAdviser,
		})
		if err == nil && tag.RowsAffected() != int64(len(names)) {
			err = helpline.ErrUnknownAdviser
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("set roster: %w", err)
	}
	return nil
}

// known tells whether a change was made already, and notes it otherwise.
func known(ctx context.Context, tx pgx.Tx, c RosterChange) (bool, error) {
	const forget = `DELETE FROM roster_change WHERE at < now() - @life::interval`
	const find = `SELECT print FROM roster_change WHERE request = @request`
	const note = `INSERT INTO roster_change (request, print, at) VALUES (@request, @print, now())`
	if c.Request == "" {
		return false, nil
	}
	request, err := identity(c.Request)
	if err != nil || !request.Valid {
		return false, helpline.ErrInvalid
	}
	if _, err := tx.Exec(ctx, forget, named{"life": pgtype.Interval{Microseconds: requestLife.Microseconds(), Valid: true}}); err != nil {
		return false, err
	}
	r, err := tx.Query(ctx, find, named{"request": request})
	if err != nil {
		return false, err
	}
	prints, err := pgx.CollectRows(r, pgx.RowTo[[]byte])
	if err != nil {
		return false, err
	}
	if len(prints) > 0 {
		if !bytes.Equal(prints[0], c.Print) {
			return false, helpline.ErrRequestReused
		}
		return true, nil
	}
	_, err = tx.Exec(ctx, note, named{"request": request, "print": c.Print})
	return false, err
}

// SetPager keeps the mail address under which a person is paged; an empty one removes it. Errors:
// helpline.ErrNotFound, helpline.ErrInvalid.
func (s *Store) SetPager(ctx context.Context, name, address string) error {
	const set = `
INSERT INTO pager AS g (person, mail) SELECT id, @mail::text FROM person WHERE folded = @folded
ON CONFLICT (person) DO UPDATE SET mail = excluded.mail`
	const remove = `DELETE FROM pager AS g USING person AS p WHERE p.id = g.person AND p.folded = @folded`
	query, args := remove, named{"folded": fold(name)}
	if address != "" {
		a, err := mail.ParseAddress(address)
		if err != nil || a.Address != address || len(address) > 254 {
			return fmt.Errorf("set pager: %w", helpline.ErrInvalid)
		}
		query, args["mail"] = set, address
	}
	if !storable(name, address) {
		return fmt.Errorf("set pager: %w", helpline.ErrInvalid)
	}
	n, err := s.exec(ctx, query, args)
	if err == nil && n == 0 {
		err = helpline.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("set pager: %w", err)
	}
	return nil
}
