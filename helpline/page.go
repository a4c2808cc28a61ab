package helpline

import (
	"context"
	"time"
)

// Paging holds the durations of paging (routing.md, transition 8). The zero value pages nobody.
type Paging struct {
	After    time.Duration // somebody has waited so long and nobody on duty serves them: the first page
	Next     time.Duration // until the next one on the roster is paged
	Rounds   int           // how often the whole list is paged
	Unmanned time.Duration // a shift has begun and nobody was ready and audible for so long
	Rest     time.Duration // after the rounds, or after somebody said they come, until it begins anew
}

// DefaultPaging gives the defaults of routing.md.
func DefaultPaging() Paging {
	return Paging{After: time.Minute, Next: 2 * time.Minute, Rounds: 3, Unmanned: 3 * time.Minute, Rest: 10 * time.Minute}
}

// PageStep is what an event that concerns no contact adds. Of a shift that somebody takes over (ShiftTaken) ID
// is "shift" and Step the number of things it found open. Of paging it is the round it belongs to, its number in the round, and how
// long the longest had waited, or the line had been unmanned. Event.Adviser is who is paged; nobody when
// Event.Reason is "nobody". Reasons: unserved, missed, window
// (a callback's closes untried), unmanned, nobody.
type PageStep struct {
	ID     string
	Step   int
	Waited time.Duration
}

// PageQueue is what paging needs of the live state. Acknowledge is idempotent; ErrNotFound for a page that
// is older than a day or was never sent.
type PageQueue interface {
	Roster(ctx context.Context, watches []Watch) error
	Acknowledge(ctx context.Context, page, adviser string) (open bool, events []Event, err error)
}
