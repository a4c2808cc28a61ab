package helpline

import "time"

// The roles an account can have.
const (
	RoleAdviser    = "adviser"
	RoleSupervisor = "supervisor"
	RoleAdmin      = "admin"
)

// Person is an account of the house: an adviser, a supervisor, an administrator. Name is what they
// sign in with, Alias what a contact is told.
type Person struct {
	ID        string   `json:"id"`
	Name      string   `json:"name"`
	Alias     string   `json:"alias"`
	Roles     []string `json:"roles"`
	Languages []string `json:"languages"`
	Skills    []string `json:"skills,omitempty"`
	Capacity  int      `json:"capacity"`
}

// Adviser gives the account as the queue knows it.
func (p Person) Adviser() Adviser {
	return Adviser{ID: p.ID, Alias: p.Alias, Languages: p.Languages, Skills: p.Skills, Capacity: p.Capacity}
}

// Session is one sign-in. Hash is SHA-256 of the opaque id that only the cookie holds.
type Session struct {
	Hash    string    `json:"hash"`
	Person  Person    `json:"person"`
	Expires time.Time `json:"expires"`
}

// The codes of signing in.
const (
	// ErrBadCredentials is the one answer to every failed sign-in.
	ErrBadCredentials Code = "bad_credentials"
	// ErrSignedOut says that no live session stands behind a cookie or ticket.
	ErrSignedOut Code = "signed_out"
	// ErrForbidden says that the account's roles do not allow the step.
	ErrForbidden Code = "forbidden"
	// ErrWeakPassword says that a password has fewer than 15 characters, or more than 256 bytes.
	ErrWeakPassword Code = "weak_password"
	// ErrExists says that an account of that name is there already.
	ErrExists Code = "exists"
)
