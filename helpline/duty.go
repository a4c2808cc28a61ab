package helpline

import (
	"context"
	"fmt"
)

// Adviser is who signs in to a console: an account, never a person's name towards contacts.
type Adviser struct {
	ID        string
	Alias     string
	Languages []string
	Skills    []string
	Capacity  int
	Socket    string // of this console: names it even when the answer to ConsoleUp was lost
	Ticket    int64  // number of the ticket that it came with: later ones have higher numbers; 0: unknown
}

// Console is one live console: an adviser and the epoch of its connection. A newer epoch has taken
// everything over.
type Console struct {
	Adviser string
	Epoch   int64
	Socket  string
}

// DutyWish is what an adviser asks for: ready, paused (with a reason), on_phone or off. Audible says
// that this console was heard by a person. Confirmed says that somebody who is told ErrLastReady means
// it. Call is the contact id of the telephone call that on_phone opens (External); empty: none.
type DutyWish struct {
	State     string
	Reason    string
	Audible   bool
	Confirmed bool
	Call      string
}

// Duty is how an adviser stands: off, ready, paused, on_phone, draining, lost. Ready means audible: who
// is ready for all but that is paused.
type Duty struct {
	State    string `json:"state"`
	Audible  bool   `json:"audible"`
	Reason   string `json:"reason,omitempty"`
	Used     int    `json:"used"`
	Capacity int    `json:"capacity"`
	Until    int64  `json:"until,omitempty"` // ms; no offers before, after a decline or a miss
	Call     string `json:"call,omitempty"`  // contact of the telephone call for which the adviser is on_phone
}

// Desk is everything a console needs after it came up.
type Desk struct {
	Console  Console
	Duty     Duty
	Legs     []Leg
	External []Leg // calls and visits beside the queue
	Offers   []Notice
	Owed     []Leg
	Parked   []Leg
	Danger   []Alarm
}

// Welcome is a desk with the texts opened.
type Welcome struct {
	Console  Console
	Duty     Duty
	Legs     []Opened
	External []Opened
	Offers   []Notice
	Owed     []Opened
	Parked   []Leg
	Danger   []Alarm
}

// ConsoleUp makes this the adviser's one live console: an older one is replaced, offers and legs
// come along. after holds the last seq seen per contact. ErrConsoleReplaced: one with a later ticket is live.
func (l *Line) ConsoleUp(ctx context.Context, a Adviser, after map[string]int64) (Welcome, error) {
	desk, events, err := l.Queue.ConsoleUp(ctx, a)
	if err != nil {
		return Welcome{}, fmt.Errorf("bring console up: %w", err)
	}
	l.Note(events)
	w := Welcome{
		Console: desk.Console, Duty: desk.Duty, External: l.owed(desk.External), Owed: l.owed(desk.Owed), Parked: desk.Parked, Danger: desk.Danger,
	}
	for _, o := range desk.Offers {
		w.Offers = append(w.Offers, l.OpenOffer(o))
	}
	for _, leg := range desk.Legs {
		l.compare(ctx, leg.Contact, after[leg.Contact], leg.Kept, leg.Seq)
		leg.History, err = l.Queue.History(ctx, leg.Contact, max(after[leg.Contact], 0))
		if err != nil {
			return Welcome{Console: desk.Console}, fmt.Errorf("read history: %w", err)
		}
		w.Legs = append(w.Legs, l.open(ctx, leg))
	}
	return w, nil
}

// ConsoleDown tells that the console's connection is gone: offers return at once without blame,
// legs are kept for the grace.
func (l *Line) ConsoleDown(ctx context.Context, c Console) error {
	events, err := l.Queue.ConsoleDown(ctx, c)
	l.Note(events)
	if err != nil {
		return fmt.Errorf("take console down: %w", err)
	}
	return nil
}

// Duty changes an adviser's duty and offers what waits for a slot that this frees.
// Errors: ErrConsoleReplaced, ErrInvalid, ErrLastReady.
func (l *Line) Duty(ctx context.Context, c Console, wish DutyWish) (Duty, error) {
	d, events, err := l.Queue.Duty(ctx, c, wish)
	l.Note(events)
	if err != nil {
		return Duty{}, fmt.Errorf("change duty: %w", err)
	}
	return d, nil
}
