package agents

import (
	"context"
	"errors"
	"fmt"
	"time"

	"adviceline/helpline"
)

// open begins a session: in Postgres, copied to Redis. One of the two is enough, unless Postgres says
// that the account was disabled meanwhile.
func (s *SignIn) open(ctx context.Context, p helpline.Person) (string, helpline.Session, error) {
	id, hash := secret()
	session := helpline.Session{Hash: hash, Person: p, Expires: s.Now().Add(sessionLife).UTC().Truncate(time.Millisecond)}
	put := func(store func(context.Context, helpline.Session) error) error {
		ctx, cancel := context.WithTimeout(ctx, storeWait)
		defer cancel()
		return store(ctx, session)
	}
	kept := put(s.People.PutSession)
	if errors.Is(kept, helpline.ErrSignedOut) {
		return "", helpline.Session{}, helpline.ErrBadCredentials
	}
	copied := put(s.Cache.PutSession)
	if kept != nil {
		s.Log.ErrorContext(ctx, "session not kept", "error", kept)
	}
	if copied != nil {
		s.Log.WarnContext(ctx, "session not copied", "error", copied)
	}
	if kept != nil && copied != nil {
		return "", helpline.Session{}, helpline.ErrBusy
	}
	return id, session, nil
}

// Session gives the live sign-in behind a cookie. helpline.ErrSignedOut: there is none. Any other
// error: nobody could tell.
func (s *SignIn) Session(ctx context.Context, id string) (helpline.Session, error) {
	if !wellFormed(id) {
		return helpline.Session{}, helpline.ErrSignedOut
	}
	return s.Recheck(ctx, hashSecret(id))
}

// Recheck is Session by the hash, for sockets. Postgres decides; the copy counts only while Postgres
// cannot answer, and goes when Postgres says that the sign-in is over: an account that was disabled
// while Redis was away does not live on in a copy. A copy that is not there decides nothing.
func (s *SignIn) Recheck(ctx context.Context, hash string) (helpline.Session, error) {
	session, err := s.read(ctx, s.People.SessionByHash, hash)
	switch {
	case err == nil:
		if session, err = s.live(session); err != nil {
			return session, err
		}
		return s.recopy(ctx, session)
	case errors.Is(err, helpline.ErrSignedOut):
		s.uncopy(ctx, hash)
		return helpline.Session{}, helpline.ErrSignedOut
	}
	if session, copied := s.read(ctx, s.Cache.SessionByHash, hash); copied == nil {
		return s.live(session)
	}
	return helpline.Session{}, fmt.Errorf("read session: %w", err)
}

// recopy renews the copy and looks again: a sign-out that came in between would else be undone.
func (s *SignIn) recopy(ctx context.Context, session helpline.Session) (helpline.Session, error) {
	bound, cancel := context.WithTimeout(ctx, storeWait)
	defer cancel()
	if err := s.Cache.PutSession(bound, session); err != nil {
		return session, nil // Postgres has decided; the copy can wait
	}
	if _, err := s.People.SessionByHash(bound, session.Hash); errors.Is(err, helpline.ErrSignedOut) {
		s.uncopy(ctx, session.Hash)
		return helpline.Session{}, helpline.ErrSignedOut
	}
	return session, nil
}

func (s *SignIn) uncopy(ctx context.Context, hash string) {
	bound, cancel := context.WithTimeout(ctx, storeWait)
	defer cancel()
	if err := s.Cache.DropSession(bound, hash); err != nil {
		s.Log.WarnContext(ctx, "stale session copy stays until it is looked at again", "error", err)
	}
}

func (s *SignIn) read(
	ctx context.Context, from func(context.Context, string) (helpline.Session, error), hash string,
) (helpline.Session, error) {
	ctx, cancel := context.WithTimeout(ctx, storeWait)
	defer cancel()
	return from(ctx, hash)
}

func (s *SignIn) live(session helpline.Session) (helpline.Session, error) {
	if !s.Now().Before(session.Expires) {
		return helpline.Session{}, helpline.ErrSignedOut
	}
	return session, nil
}

// SignOut drops the session from both stores and has its sockets closed. An id that opens nothing
// is signed out already. An error says that one store still has it: ask again.
func (s *SignIn) SignOut(ctx context.Context, id string) error {
	if !wellFormed(id) {
		return nil
	}
	hash := hashSecret(id)
	session, err := s.Recheck(ctx, hash)
	unknown := errors.Is(err, helpline.ErrSignedOut)
	drop := func(store func(context.Context, string) error) error {
		ctx, cancel := context.WithTimeout(ctx, storeWait)
		defer cancel()
		return store(ctx, hash)
	}
	// Postgres first: it decides.
	if err := errors.Join(drop(s.People.DropSession), drop(s.Cache.DropSession)); err != nil {
		s.Revoked(session.Person.ID, hash)
		return fmt.Errorf("drop session: %w", err)
	}
	if !unknown {
		s.Revoked(session.Person.ID, hash)
	}
	return nil
}

// Ticket gives what opens one socket within 30 seconds.
func (s *SignIn) Ticket(ctx context.Context, session helpline.Session) (string, time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, storeWait)
	defer cancel()
	ticket, hash := secret()
	expires := s.Now().Add(ticketLife).UTC().Truncate(time.Millisecond)
	if err := s.Cache.PutTicket(ctx, hash, session.Hash, ticketLife); err != nil {
		return "", time.Time{}, fmt.Errorf("keep ticket: %w", err)
	}
	return ticket, expires, nil
}

// Redeem takes a ticket, once, and gives its number: a later ticket has a higher one; 0: unknown.
// helpline.ErrSignedOut for one that is used, over, or never was, and for one whose session is gone.
func (s *SignIn) Redeem(ctx context.Context, ticket string) (session helpline.Session, number int64, err error) {
	if !wellFormed(ticket) {
		return helpline.Session{}, 0, helpline.ErrSignedOut
	}
	bound, cancel := context.WithTimeout(ctx, storeWait)
	defer cancel()
	hash, number, err := s.Cache.TakeTicket(bound, hashSecret(ticket))
	if err != nil {
		return helpline.Session{}, 0, fmt.Errorf("take ticket: %w", err)
	}
	session, err = s.Recheck(ctx, hash)
	return session, number, err
}
