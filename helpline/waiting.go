package helpline

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// View is how a contact's leg stands, for its own page.
type View struct {
	State   State
	Alias   string // of the adviser who has joined
	Seq     int64
	Kept    int64    // highest number that was there when the present incarnation began
	Floor   int64    // messages up to here are never shown again (after a return by number)
	Place   Position // valid while waiting
	Key     string   // wrapped data key
	Version int64
	Told    string // at the intake, sealed; Sit makes Work of it
	Work    bool   // the contact came for somebody's work
	Ending  Ending
	// Listener is the alias of the supervisor who listens in; empty: nobody does.
	Listener string
	Call     bool     // a callback: nobody reads what its person writes
	Wished   []Window // of a callback: when the person asked to be called; nil where that is not known any more
}

// Ending is the end of a text that its people are to be told of: there is one when At is not 0.
type Ending struct {
	At        int64 // ms, on the line's clock
	In        time.Duration
	PlaceKept bool // who waits goes on waiting
}

// Public is the state that the contact is told: a callback is scheduled until it ends, whether it is due or dialled.
func (v View) Public() string {
	if p := v.State.Public(); !v.Call || p == "ended" {
		return p
	}
	return Scheduled.Public()
}

// Position gives the place of a waiting contact, nil otherwise. The range is null until enough
// was answered to say something true.
func (v View) Position() *Position {
	if v.Public() != "waiting" {
		return nil
	}
	return &v.Place
}

// Status is what everybody may know of the line. Languages are those that an adviser who is
// ready now speaks; Notice is what the page tells, by its language.
type Status struct {
	Open      bool
	Languages []string
	Notice    map[string]string
	Event     bool // many come at once
}

// Look tells the bearer of a token where its contact stands. It counts as presence.
func (l *Line) Look(ctx context.Context, token string) (View, error) {
	c, err := l.Tokens.Claim(token)
	if err != nil {
		return View{}, err
	}
	v, err := l.Queue.View(ctx, c.Contact, c.Version)
	if err != nil {
		return View{}, fmt.Errorf("view contact: %w", err)
	}
	return v, nil
}

// Leave takes a contact out: exit keeps the place for the return number, done and cancel are final
// and destroy the text. Unknown and dead tokens leave too: there is nothing to tell apart.
func (l *Line) Leave(ctx context.Context, token, kind string) error {
	c, err := l.Tokens.Claim(token)
	if err != nil {
		return nil
	}
	events, err := l.Queue.Leave(ctx, c.Contact, c.Version, kind)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("leave line: %w", err)
	}
	return l.durable(ctx, events)
}
