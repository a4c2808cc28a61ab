package storage

import (
	"context"
	"fmt"
	"time"

	"adviceline/helpline"
)

// PutSession keeps a sign-in; again it moves the instant at which it expires. helpline.ErrSignedOut
// when the account is unknown or disabled by now.
func (s *Store) PutSession(ctx context.Context, session helpline.Session) error {
	const query = `
INSERT INTO session AS s (hash, person, expires)
SELECT @hash::text, id, @expires::timestamptz FROM person WHERE id = @person AND NOT disabled FOR SHARE
ON CONFLICT (hash) DO UPDATE SET expires = excluded.expires WHERE s.person = excluded.person`
	person, err := identity(session.Person.ID)
	if err != nil || !person.Valid || session.Hash == "" || !storable(session.Hash) {
		return fmt.Errorf("put session: %w", helpline.ErrInvalid)
	}
	n, err := s.exec(ctx, query, named{"hash": session.Hash, "person": person, "expires": session.Expires})
	if err == nil && n == 0 {
		err = helpline.ErrSignedOut
	}
	if err != nil {
		return fmt.Errorf("put session: %w", err)
	}
	return nil
}

// SessionByHash gives a live sign-in with its person as the account is now; helpline.ErrSignedOut when
// it is unknown or expired or the account is disabled. The clock is that of Postgres.
func (s *Store) SessionByHash(ctx context.Context, hash string) (helpline.Session, error) {
	const query = `
SELECT s.expires, s.pin <> '' AND s.tries < @most AS pin, p.id::text AS id, p.name, p.alias, p.roles, p.languages, p.skills, p.capacity
FROM session AS s JOIN person AS p ON p.id = s.person
WHERE s.hash = @hash AND s.expires > now() AND NOT p.disabled`
	type entry struct {
		helpline.Person
		Expires time.Time
		Pin     bool
	}
	if !storable(hash) {
		return helpline.Session{}, fmt.Errorf("read session: %w", helpline.ErrSignedOut)
	}
	all, err := rows[entry](ctx, s, query, named{"hash": hash, "most": helpline.PinTries})
	if err == nil && len(all) == 0 {
		err = helpline.ErrSignedOut
	}
	if err != nil {
		return helpline.Session{}, fmt.Errorf("read session: %w", err)
	}
	return helpline.Session{Hash: hash, Person: all[0].Person, Expires: all[0].Expires.UTC(), Pin: all[0].Pin}, nil
}

// DropSession ends a sign-in; an unknown one is no error.
func (s *Store) DropSession(ctx context.Context, hash string) error {
	const query = `DELETE FROM session WHERE hash = @hash`
	if _, err := s.exec(ctx, query, named{"hash": hash}); err != nil {
		return fmt.Errorf("drop session: %w", err)
	}
	return nil
}

// SetPin gives a live sign-in a PIN, by its print, and all its tries. helpline.ErrSignedOut: there is none.
func (s *Store) SetPin(ctx context.Context, hash, pin string) error {
	const query = `UPDATE session SET pin = @pin, tries = 0 WHERE hash = @hash AND expires > now()`
	if pin == "" || !storable(hash, pin) {
		return fmt.Errorf("set pin: %w", helpline.ErrInvalid)
	}
	n, err := s.exec(ctx, query, named{"hash": hash, "pin": pin})
	if err == nil && n == 0 {
		err = helpline.ErrSignedOut
	}
	if err != nil {
		return fmt.Errorf("set pin: %w", err)
	}
	return nil
}

// TryPin takes one try in the statement that looks, so that two at once are two. It gives how many are left;
// helpline.ErrWrongPin, or helpline.ErrPinSpent where no try was left.
func (s *Store) TryPin(ctx context.Context, hash, pin string) (left int, err error) {
	const query = `
UPDATE session SET tries = CASE WHEN pin = @pin THEN 0 ELSE tries + 1 END
WHERE hash = @hash AND expires > now() AND pin <> '' AND tries < @most
RETURNING pin = @pin AS same, @most - tries AS left`
	type entry struct {
		Same bool
		Left int
	}
	if !storable(hash, pin) {
		return 0, fmt.Errorf("try pin: %w", helpline.ErrPinSpent)
	}
	all, err := rows[entry](ctx, s, query, named{"hash": hash, "pin": pin, "most": helpline.PinTries})
	switch {
	case err != nil:
	case len(all) == 0:
		err = helpline.ErrPinSpent
	case !all[0].Same:
		left, err = all[0].Left, helpline.ErrWrongPin
	default:
		left = all[0].Left
	}
	if err != nil {
		return left, fmt.Errorf("try pin: %w", err)
	}
	return left, nil
}

// PurgeSessions deletes those that have expired and tells how many.
func (s *Store) PurgeSessions(ctx context.Context) (int64, error) {
	const query = `DELETE FROM session WHERE expires <= now()`
	n, err := s.exec(ctx, query, nil)
	if err != nil {
		return 0, fmt.Errorf("purge sessions: %w", err)
	}
	return n, nil
}
