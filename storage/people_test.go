package storage

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"adviceline/helpline"
)

const argon = "$argon2id$v=19$m=65536,t=1,p=2$c2FsdA$aGFzaA"

func adviser(name string) helpline.Person {
	return helpline.Person{
		ID: uuid.NewString(), Name: name, Alias: "Aino", Roles: []string{helpline.RoleAdviser},
		Languages: []string{"fi", "ro"}, Skills: []string{"law"}, Capacity: 2,
	}
}

func TestNamesAreComparedWithoutCase(t *testing.T) {
	t.Parallel()
	s := open(t, database(t))
	p := adviser("Ärlig Öst")
	if err := s.AddPerson(t.Context(), p, argon); err != nil {
		t.Fatal(err)
	}
	if err := s.AddPerson(t.Context(), adviser(" ärlig ÖST"), argon); !errors.Is(err, helpline.ErrExists) {
		t.Errorf("again: %v", err)
	}
	got, hash, err := s.PersonByName(t.Context(), "ÄRLIG öst")
	if err != nil || hash != argon || !reflect.DeepEqual(got, p) {
		t.Errorf("found %+v %q %v", got, hash, err)
	}
	for _, name := range []string{"", "nobody", "a\x00", "\xff"} {
		if _, hash, err := s.PersonByName(t.Context(), name); !errors.Is(err, helpline.ErrBadCredentials) || hash != "" {
			t.Errorf("%q: %q %v", name, hash, err)
		}
	}
}

func TestAddPersonRefusesWhatIsNoAccount(t *testing.T) {
	t.Parallel()
	s := open(t, database(t))
	nameless, numbered := adviser(" "), adviser("x")
	numbered.ID = "7"
	for _, bad := range []struct {
		p    helpline.Person
		hash string
	}{{nameless, argon}, {numbered, argon}, {adviser("y"), "correct horse"}} {
		if err := s.AddPerson(t.Context(), bad.p, bad.hash); !errors.Is(err, helpline.ErrInvalid) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

func TestDisabledPersonIsSignedOut(t *testing.T) {
	t.Parallel()
	s := open(t, database(t))
	p, other := adviser("Maija"), adviser("Liisa")
	for _, x := range []helpline.Person{p, other} {
		if err := s.AddPerson(t.Context(), x, argon); err != nil {
			t.Fatal(err)
		}
	}
	expires := time.Now().Add(time.Hour).UTC().Truncate(time.Microsecond)
	mine := helpline.Session{Hash: "h1", Person: p, Expires: expires}
	for _, x := range []helpline.Session{mine, mine, {Hash: "h2", Person: other, Expires: expires}} {
		if err := s.PutSession(t.Context(), x); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := s.SessionByHash(t.Context(), "h1"); err != nil || !reflect.DeepEqual(got, mine) {
		t.Errorf("session %+v, %v", got, err)
	}
	execute(t, s.pool.Config().ConnString(), "UPDATE person SET disabled = true WHERE name = 'Maija'")
	if _, err := s.SessionByHash(t.Context(), "h1"); !errors.Is(err, helpline.ErrSignedOut) {
		t.Errorf("session left over: %v", err)
	}
	who, dropped, err := s.DisablePerson(t.Context(), "MAIJA")
	if err != nil || who.ID != p.ID || !reflect.DeepEqual(dropped, []string{"h1"}) {
		t.Errorf("disabled %+v %v %v", who, dropped, err)
	}
	if _, err := s.SessionByHash(t.Context(), "h1"); !errors.Is(err, helpline.ErrSignedOut) {
		t.Errorf("session of the disabled: %v", err)
	}
	if err := s.PutSession(t.Context(), mine); !errors.Is(err, helpline.ErrSignedOut) {
		t.Errorf("new session of the disabled: %v", err)
	}
	if _, hash, err := s.PersonByName(t.Context(), "Maija"); !errors.Is(err, helpline.ErrBadCredentials) || hash != "" {
		t.Errorf("sign-in of the disabled: %v", err)
	}
	if _, err := s.SessionByHash(t.Context(), "h2"); err != nil {
		t.Errorf("session of another: %v", err)
	}
	all, err := s.ListPeople(t.Context())
	if err != nil || len(all) != 2 || all[0].Name != "Liisa" || all[0].Disabled || !all[1].Disabled {
		t.Errorf("people %+v, %v", all, err)
	}
	if _, _, err := s.DisablePerson(t.Context(), "nobody"); !errors.Is(err, helpline.ErrNotFound) {
		t.Errorf("unknown: %v", err)
	}
}

// signedIn makes an adviser, Maija, with a sign-in of the hash "h".
func signedIn(t *testing.T, s *Store) {
	t.Helper()
	p := adviser("Maija")
	if err := s.AddPerson(t.Context(), p, argon); err != nil {
		t.Fatal(err)
	}
	if err := s.PutSession(t.Context(), helpline.Session{Hash: "h", Person: p, Expires: time.Now().Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
}

func TestNewPasswordSignsOut(t *testing.T) {
	t.Parallel()
	s := open(t, database(t))
	signedIn(t, s)
	changed := strings.Replace(argon, "t=1", "t=2", 1)
	if _, dropped, err := s.SetPassword(t.Context(), "maija", changed); err != nil || len(dropped) != 1 {
		t.Errorf("dropped %v, %v", dropped, err)
	}
	if _, hash, err := s.PersonByName(t.Context(), "maija"); err != nil || hash != changed {
		t.Errorf("hash %q, %v", hash, err)
	}
	if _, _, err := s.SetPassword(t.Context(), "nobody", changed); !errors.Is(err, helpline.ErrNotFound) {
		t.Errorf("unknown: %v", err)
	}
}

func TestExpiredSessionsAreNone(t *testing.T) {
	t.Parallel()
	s := open(t, database(t))
	p := adviser("Maija")
	if err := s.AddPerson(t.Context(), p, argon); err != nil {
		t.Fatal(err)
	}
	for hash, life := range map[string]time.Duration{"old": -time.Second, "new": time.Hour} {
		if err := s.PutSession(t.Context(), helpline.Session{Hash: hash, Person: p, Expires: time.Now().Add(life)}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.SessionByHash(t.Context(), "old"); !errors.Is(err, helpline.ErrSignedOut) {
		t.Errorf("expired: %v", err)
	}
	if n, err := s.PurgeSessions(t.Context()); n != 1 || err != nil {
		t.Errorf("purged %d, %v", n, err)
	}
	for range 2 {
		if err := s.DropSession(t.Context(), "new"); err != nil {
			t.Error(err)
		}
	}
	if _, err := s.SessionByHash(t.Context(), "new"); !errors.Is(err, helpline.ErrSignedOut) {
		t.Errorf("dropped: %v", err)
	}
}

func TestServedLanguagesAreThoseOfEnabledAdvisers(t *testing.T) {
	t.Parallel()
	s := open(t, database(t))
	for name, p := range map[string]helpline.Person{
		"one":  {Roles: []string{helpline.RoleAdviser}, Languages: []string{"sv", "fi"}},
		"two":  {Roles: []string{helpline.RoleSupervisor, helpline.RoleAdviser}, Languages: []string{"fi", "ar"}},
		"gone": {Roles: []string{helpline.RoleAdviser}, Languages: []string{"so"}},
		"boss": {Roles: []string{helpline.RoleSupervisor}, Languages: []string{"en"}},
	} {
		p.ID, p.Name = uuid.NewString(), name
		if err := s.AddPerson(t.Context(), p, argon); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := s.DisablePerson(t.Context(), "gone"); err != nil {
		t.Fatal(err)
	}
	if got, err := s.ServedLanguages(t.Context()); err != nil || !reflect.DeepEqual(got, []string{"ar", "fi", "sv"}) {
		t.Errorf("%v, %v", got, err)
	}
}
