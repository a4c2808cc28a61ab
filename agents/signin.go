package agents

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"time"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"

	"adviceline/helpline"
)

// People is where accounts and their sign-ins live: Postgres.
type People interface {
	// PersonByName gives the account and its argon2id text. helpline.ErrBadCredentials,
	// helpline.ErrNotFound or an empty hash stand for unknown and disabled alike.
	PersonByName(ctx context.Context, name string) (p helpline.Person, hash string, err error)
	PutSession(ctx context.Context, s helpline.Session) error
	// SessionByHash gives a sign-in of an account that is not disabled, else helpline.ErrSignedOut.
	SessionByHash(ctx context.Context, hash string) (helpline.Session, error)
	DropSession(ctx context.Context, hash string) error
}

// Cache is their copy, and the tickets: Redis. helpline.ErrSignedOut for what is not there.
type Cache interface {
	PutSession(ctx context.Context, s helpline.Session) error
	SessionByHash(ctx context.Context, hash string) (helpline.Session, error)
	DropSession(ctx context.Context, hash string) error
	PutTicket(ctx context.Context, ticketHash, sessionHash string, life time.Duration) error
	// TakeTicket gives the number too: a later ticket has a higher one; 0: unknown.
	TakeTicket(ctx context.Context, ticketHash string) (sessionHash string, number int64, err error)
}

const (
	sessionLife = helpline.SessionLife
	ticketLife  = 30 * time.Second
	// No sign-in is answered before firstRelease; later ones are answered on the next full
	// releaseStep, so that the duration tells nothing of what was looked up or hashed.
	firstRelease = 400 * time.Millisecond
	releaseStep  = 100 * time.Millisecond
	hashesAtOnce = 2
	hashWait     = 2 * time.Second
	storeWait    = 2 * time.Second
	maxName      = 64 // bytes
)

// SignInOptions is what SignIn needs.
type SignInOptions struct {
	People People
	Cache  Cache
	Pins   Pins
	Audit  helpline.Auditor // of what is done with PINs
	// Revoked is called after a sign-out, to close that adviser's sockets wherever they are. The
	// person is empty when neither store could tell whose sign-in it was. Nil: nobody is told.
	Revoked func(personID, sessionHash string)
	Now     func() time.Time // nil: time.Now
	Log     *slog.Logger
}

// SignIn checks passwords and keeps sign-ins. Safe for concurrent use.
type SignIn struct {
	SignInOptions
	slots   chan struct{}
	dummy   string
	compare func(password, stored, dummy string) (match, unread bool)
}

// NewSignIn makes the dummy hash that stands in for accounts that do not exist.
func NewSignIn(o SignInOptions) (*SignIn, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Revoked == nil {
		o.Revoked = func(string, string) {}
	}
	dummy, err := argon2id.CreateHash(rand.Text(), cost)
	if err != nil {
		return nil, fmt.Errorf("prepare sign-in: %w", err)
	}
	return &SignIn{SignInOptions: o, slots: make(chan struct{}, hashesAtOnce), dummy: dummy, compare: comparePassword}, nil
}

// SignIn gives the opaque session id, for the cookie alone, and the session. Every failure is
// helpline.ErrBadCredentials, costs one hash and is answered on the same schedule. helpline.ErrBusy
// says that the accounts could not be read or too many sign in at once: it depends on no account.
func (s *SignIn) SignIn(ctx context.Context, name, password string) (string, helpline.Session, error) {
	release := s.schedule()
	id, session, err := s.signIn(ctx, name, password)
	if late := release(ctx); late != nil {
		return "", helpline.Session{}, helpline.ErrBusy
	}
	return id, session, err
}

func (s *SignIn) signIn(ctx context.Context, name, password string) (string, helpline.Session, error) {
	person, hash, err := s.account(ctx, name, password)
	if err != nil {
		s.Log.ErrorContext(ctx, "sign-in cannot read accounts", "error", err)
		return "", helpline.Session{}, helpline.ErrBusy
	}
	known := hash != ""
	if !known {
		hash, password = s.dummy, "a password of the usual length"
	}
	match, err := s.match(ctx, password, hash)
	if err != nil {
		return "", helpline.Session{}, err
	}
	if !match || !known {
		return "", helpline.Session{}, helpline.ErrBadCredentials
	}
	return s.open(ctx, person)
}

// account gives an empty hash for every input and account that cannot sign in.
func (s *SignIn) account(ctx context.Context, name, password string) (helpline.Person, string, error) {
	if name == "" || len(name) > maxName || !utf8.ValidString(name) || !passable(password) {
		return helpline.Person{}, "", nil
	}
	ctx, cancel := context.WithTimeout(ctx, storeWait)
	defer cancel()
	p, hash, err := s.People.PersonByName(ctx, name)
	if errors.Is(err, helpline.ErrBadCredentials) || errors.Is(err, helpline.ErrNotFound) {
		return helpline.Person{}, "", nil
	}
	if err != nil {
		return helpline.Person{}, "", fmt.Errorf("read person: %w", err)
	}
	return p, hash, nil
}

// match waits for one of the slots: each hash takes 19 MiB. Error: helpline.ErrBusy.
func (s *SignIn) match(ctx context.Context, password, hash string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, hashWait)
	defer cancel()
	select {
	case s.slots <- struct{}{}:
	case <-ctx.Done():
		return false, helpline.ErrBusy
	}
	defer func() { <-s.slots }()
	match, unread := s.compare(password, hash, s.dummy)
	if unread {
		s.Log.ErrorContext(ctx, "stored password hash cannot be read")
	}
	return match, nil
}

// schedule starts the clock of one sign-in; release waits until its answer is due.
func (s *SignIn) schedule() (release func(context.Context) error) {
	start := s.Now()
	return func(ctx context.Context) error {
		timer := time.NewTimer(due(s.Now().Sub(start)))
		defer timer.Stop()
		select {
		case <-timer.C:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// due is how long an answer that is ready after spent has to wait yet.
func due(spent time.Duration) time.Duration {
	at := max(firstRelease, (spent+releaseStep-1)/releaseStep*releaseStep)
	return at - spent
}

// secret makes 32 random bytes as text, and the hash under which they are kept.
func secret() (text, hash string) {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	text = base64.RawURLEncoding.EncodeToString(b[:])
	return text, hashSecret(text)
}

func hashSecret(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// wellFormed keeps what secret cannot have made away from the stores.
func wellFormed(text string) bool {
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	return err == nil && len(b) == 32
}
