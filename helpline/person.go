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
	Pin     bool      `json:"pin,omitempty"` // a PIN opens its locked screen
}

// SignInDeed is a row of the audit about somebody's own sign-in.
func SignInDeed(person, deed string) Deed {
	return Deed{ID: Tokens{}.DeedID(), Adviser: person, Deed: deed, Contact: Nobody}
}

// PinTries is how many wrong PINs in a row a locked screen takes.
const PinTries = 5

// The codes of signing in.
const (
	// ErrBadCredentials is the one answer to every failed sign-in.
	ErrBadCredentials Code = "bad_credentials"
	// ErrSignedOut says that no live session stands behind a cookie or ticket.
	ErrSignedOut Code = "signed_out"
	// ErrWrongPin says that a PIN is not the one of the sign-in.
	ErrWrongPin Code = "wrong_pin"
	// ErrPinSpent says that no PIN is set, or its tries are used: the password opens.
	ErrPinSpent Code = "pin_spent"
	// ErrForbidden says that the account's roles do not allow the step.
	ErrForbidden Code = "forbidden"
	// ErrWeakPassword says that a password has fewer than 15 characters, or more than 256 bytes.
	ErrWeakPassword Code = "weak_password"
	// ErrExists says that an account of that name is there already.
	ErrExists Code = "exists"
)
