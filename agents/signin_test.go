package agents

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"adviceline/helpline"
)

const goodPassword = "correct horse battery staple"

func newSignIn(t *testing.T, people, cache *store) *SignIn {
	t.Helper()
	s, err := NewSignIn(SignInOptions{People: people, Cache: cache, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func withAccount(t *testing.T) (*store, *store) {
	t.Helper()
	people, cache := newStore(), newStore()
	hash, err := HashPassword(goodPassword)
	if err != nil {
		t.Fatal(err)
	}
	people.people["anna"] = helpline.Person{ID: "p1", Name: "anna", Roles: []string{helpline.RoleAdviser}}
	people.hashes["anna"] = hash
	people.people["disabled"] = helpline.Person{ID: "p2"}
	people.people["broken"] = helpline.Person{ID: "p3"}
	people.hashes["broken"] = "$argon2id$broken"
	return people, cache
}

func TestHashPassword(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "fourteen chars", strings.Repeat("ä", 257), strings.Repeat("\xff", 20)} {
		if _, err := HashPassword(bad); !errors.Is(err, ErrPasswordShort) {
			t.Errorf("%d bytes: %v", len(bad), err)
		}
	}
	hash, err := HashPassword(strings.Repeat("ä", 15))
	if err != nil || !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatalf("%q, %v", hash, err)
	}
}

// One error, one hash and one duration, whatever is wrong.
func TestEveryFailureLooksTheSame(t *testing.T) {
	t.Parallel()
	people, cache := withAccount(t)
	for name, try := range map[string][2]string{
		"unknown":          {"nobody", goodPassword},
		"not found":        {"vanished", goodPassword},
		"wrong":            {"anna", "wrong horse battery staple"},
		"disabled":         {"disabled", goodPassword},
		"broken hash":      {"broken", goodPassword},
		"short":            {"anna", "short"},
		"long password":    {"anna", strings.Repeat("a", 10_000)},
		"long name":        {strings.Repeat("a", 65), goodPassword},
		"no name":          {"", goodPassword},
		"not UTF-8":        {"\xff", goodPassword},
		"dummy's stand-in": {"nobody", "a password of the usual length"},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newSignIn(t, people, cache)
			runs := 0
			s.compare = func(password, stored, dummy string) (bool, bool) {
				runs++
				return comparePassword(password, stored, dummy)
			}
			start := time.Now()
			id, _, err := s.SignIn(t.Context(), try[0], try[1])
			if !errors.Is(err, helpline.ErrBadCredentials) || err.Error() != "bad_credentials" || id != "" {
				t.Errorf("%s: %v", name, err)
			}
			if runs != 1 {
				t.Errorf("%s: %d hashes", name, runs)
			}
			if took := time.Since(start); took != firstRelease {
				t.Errorf("%s: answered after %v", name, took)
			}
		})
	}
}

func TestSlowSignInIsAnsweredOnTheNextStep(t *testing.T) {
	t.Parallel()
	for spent, want := range map[time.Duration]time.Duration{
		0: 400 * time.Millisecond, 400 * time.Millisecond: 0, 401 * time.Millisecond: 99 * time.Millisecond,
		730 * time.Millisecond: 70 * time.Millisecond,
	} {
		if got := due(spent); got != want {
			t.Errorf("after %v: waits %v, want %v", spent, got, want)
		}
	}
	people, cache := withAccount(t)
	people.slow = 450 * time.Millisecond
	synctest.Test(t, func(t *testing.T) {
		s := newSignIn(t, people, cache)
		start := time.Now()
		if _, _, err := s.SignIn(t.Context(), "anna", goodPassword); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took != 500*time.Millisecond {
			t.Errorf("answered after %v", took)
		}
	})
}

func TestTooManySignInsAtOnce(t *testing.T) {
	t.Parallel()
	people, cache := withAccount(t)
	synctest.Test(t, func(t *testing.T) {
		s := newSignIn(t, people, cache)
		s.slots <- struct{}{}
		s.slots <- struct{}{}
		start := time.Now()
		_, _, err := s.SignIn(t.Context(), "anna", goodPassword)
		if !errors.Is(err, helpline.ErrBusy) || time.Since(start) != hashWait {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if _, _, err := s.SignIn(ctx, "anna", goodPassword); !errors.Is(err, helpline.ErrBusy) {
			t.Errorf("given up: %v", err)
		}
	})
}

// signedIn gives a session without the wait of a sign-in.
func signedIn(t *testing.T, s *SignIn, people *store) (string, helpline.Session) {
	t.Helper()
	id, session, err := s.open(t.Context(), people.people["anna"])
	if err != nil {
		t.Fatal(err)
	}
	return id, session
}

func TestSessionIsReadFromEither(t *testing.T) {
	t.Parallel()
	people, cache := withAccount(t)
	s := newSignIn(t, people, cache)
	id, session := signedIn(t, s, people)
	if _, kept := people.sessions[id]; kept || session.Hash == id || session.Person.ID != "p1" {
		t.Fatal("the id itself is kept, or the session is wrong")
	}
	check := func(name string, want error) {
		t.Helper()
		got, err := s.Session(t.Context(), id)
		if !errors.Is(err, want) || (want == nil && got.Hash != session.Hash) {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
	}
	check("both", nil)
	people.fail(true)
	check("Postgres down", nil)
	people.fail(false)
	cache.fail(true)
	check("Redis down", nil)
	cache.fail(false)
	delete(cache.sessions, session.Hash)
	check("copy lost", nil)
	if _, ok := cache.sessions[session.Hash]; !ok {
		t.Error("not copied back")
	}
	delete(cache.sessions, session.Hash)
	people.fail(true)
	check("copy lost, Postgres down", errDown)
	cache.fail(true)
	check("both down", errDown)
	people.fail(false)
	delete(people.sessions, session.Hash)
	check("Redis down, dropped", helpline.ErrSignedOut)
	if _, err := s.Session(t.Context(), "no such id"); !errors.Is(err, helpline.ErrSignedOut) {
		t.Error(err)
	}
}

func TestSessionEnds(t *testing.T) {
	t.Parallel()
	people, cache := withAccount(t)
	s := newSignIn(t, people, cache)
	id, session := signedIn(t, s, people)
	if life := time.Until(session.Expires); life > sessionLife || life < sessionLife-time.Minute {
		t.Errorf("lives %v", life)
	}
	s.Now = func() time.Time { return session.Expires }
	if _, err := s.Session(t.Context(), id); !errors.Is(err, helpline.ErrSignedOut) {
		t.Error(err)
	}
}

func TestOneStoreIsEnoughToSignIn(t *testing.T) {
	t.Parallel()
	people, cache := withAccount(t)
	s := newSignIn(t, people, cache)
	cache.fail(true)
	signedIn(t, s, people)
	people.fail(true)
	if _, _, err := s.open(t.Context(), helpline.Person{}); !errors.Is(err, helpline.ErrBusy) {
		t.Error(err)
	}
	if _, _, err := s.signIn(t.Context(), "anna", goodPassword); !errors.Is(err, helpline.ErrBusy) {
		t.Errorf("an outage reads as %v", err)
	}
}

func TestDisabledBetweenPasswordAndSession(t *testing.T) {
	t.Parallel()
	people, cache := withAccount(t)
	people.disabled = true
	s := newSignIn(t, people, cache)
	if _, _, err := s.signIn(t.Context(), "anna", goodPassword); !errors.Is(err, helpline.ErrBadCredentials) {
		t.Error(err)
	}
	if len(cache.sessions) != 0 {
		t.Error("Redis has a session that Postgres refused")
	}
}

func TestSignOut(t *testing.T) {
	t.Parallel()
	people, cache := withAccount(t)
	s := newSignIn(t, people, cache)
	var told []string
	s.Revoked = func(person, hash string) { told = append(told, person+" "+hash) }
	id, session := signedIn(t, s, people)
	cache.fail(true)
	if err := s.SignOut(t.Context(), id); !errors.Is(err, errDown) || len(told) != 1 || told[0] != "p1 "+session.Hash {
		t.Errorf("with Redis down: %v, told %v", err, told)
	}
	cache.fail(false)
	if err := s.SignOut(t.Context(), id); err != nil {
		t.Error(err)
	}
	if _, err := s.Session(t.Context(), id); !errors.Is(err, helpline.ErrSignedOut) {
		t.Error(err)
	}
	told = nil
	if err := errors.Join(s.SignOut(t.Context(), id), s.SignOut(t.Context(), "x")); err != nil || told != nil {
		t.Errorf("again: %v, told %v", err, told)
	}
}

// A sign-out between the reading and the copying back is not undone.
func TestCopyBackDoesNotUndoASignOut(t *testing.T) {
	t.Parallel()
	people, cache := withAccount(t)
	s := newSignIn(t, people, cache)
	id, session := signedIn(t, s, people)
	delete(cache.sessions, session.Hash)
	cache.onPut = func() { delete(people.sessions, session.Hash) }
	if _, err := s.Session(t.Context(), id); !errors.Is(err, helpline.ErrSignedOut) {
		t.Error(err)
	}
	if len(cache.sessions) != 0 {
		t.Error("the copy is back")
	}
}

func TestTicketIsGoodOnce(t *testing.T) {
	t.Parallel()
	people, cache := withAccount(t)
	s := newSignIn(t, people, cache)
	_, session := signedIn(t, s, people)
	ticket, expires, err := s.Ticket(t.Context(), session)
	if err != nil || time.Until(expires) > ticketLife || cache.tickets[ticket] != (issued{}) {
		t.Fatalf("%v, %v", expires, err)
	}
	later, _, err := s.Ticket(t.Context(), session)
	if err != nil {
		t.Fatal(err)
	}
	_, second, err := s.Redeem(t.Context(), later)
	if err != nil {
		t.Fatal(err)
	}
	if got, first, err := s.Redeem(t.Context(), ticket); err != nil || got.Hash != session.Hash || first >= second {
		t.Fatalf("%v, number %d before %d, %v", got, first, second, err)
	}
	for _, bad := range []string{ticket, "", strings.Repeat("A", 43)} {
		if _, _, err := s.Redeem(t.Context(), bad); !errors.Is(err, helpline.ErrSignedOut) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	ticket, _, _ = s.Ticket(t.Context(), session)
	if err := people.DropSession(t.Context(), session.Hash); err != nil {
		t.Fatal(err)
	}
	if err := cache.DropSession(t.Context(), session.Hash); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Redeem(t.Context(), ticket); !errors.Is(err, helpline.ErrSignedOut) {
		t.Errorf("signed out since: %v", err)
	}
	cache.fail(true)
	if _, _, err := s.Ticket(t.Context(), session); !errors.Is(err, errDown) {
		t.Error(err)
	}
}
