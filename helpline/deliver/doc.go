// Package deliver takes a short, neutral message out of the house: by a signed webhook and by mail. One
// call is one try with a deadline; who calls repeats it. Errors name the way and a code of ours, never
// an address, an answer's text or what was sent.
package deliver

import "context"

// Page is what may be told when somebody has to wake up: that somebody waits and for how long, or that
// nobody is on the line. Nothing else of a contact has a place in it, by design of the type.
type Page struct {
	ID     string // of the step: the same for every try, for receivers that forget what comes twice
	Step   int    // from 1
	Cause  string // unserved, missed, window, unmanned
	Waited int    // seconds that the longest has waited, or that the line has been unmanned
	Link   string // acknowledges; empty: none
	To     string // the mail address of who is paged; empty: none
}

// Way is one way to reach a person. Send is one try; ErrNoAddress says that this way cannot reach them.
type Way interface {
	Name() string
	Send(ctx context.Context, p Page) error
}

// Error is a code of delivery, safe to log.
type Error string

// Error gives the code.
func (e Error) Error() string { return "deliver: " + string(e) }

// The codes of delivery.
const (
	ErrNoAddress   Error = "no_address"  // the person cannot be reached this way
	ErrUnreachable Error = "unreachable" // no connection, or none in time
	ErrRefused     Error = "refused"     // the other side answered no
	ErrSettings    Error = "settings"    // secret, address or certificate cannot be used
)
