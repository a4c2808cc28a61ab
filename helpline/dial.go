package helpline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// DueCall is a line of the list of callbacks: when, and how far it is. No number, no name.
type DueCall struct {
	Contact  string
	State    State
	Language string
	Lane     Lane
	Due      time.Time
	Till     time.Time // its window's end
	Attempts int
	Reason   string // of a review
	Linked   int    // requests of the same number behind it
}

// Attempt is how a try to call went. What follows Next is set when a newly agreed time lies outside the
// windows that were asked for: all of it lives as long as the number.
type Attempt struct {
	ID      string
	Contact string
	Result  string
	Next    time.Time
	Windows []Window
	Keep    time.Time
	Key     string // of what was told at the intake
	Told    string // sealed
}

// Number is what an adviser dials by.
type Number struct {
	Number         Text
	AskFor         Text
	Extension      Text
	CodeWord       Text
	MessageAllowed bool
}

// Reveal opens the number for the adviser who has the leg, inside its windows, once the audit has it:
// without audit no number. id names the deed. Errors: ErrNotFound (another's, or no callback),
// ErrWindowsRefused (not now), ErrBusy (Postgres is away), ErrKeysGone.
func (l *Line) Reveal(ctx context.Context, c Console, contact, id string) (Number, error) {
	if l.Calls == nil {
		return Number{}, ErrNotFound
	}
	held, err := l.Calls.Look.Owner(ctx, contact)
	if err != nil {
		return Number{}, fmt.Errorf("reveal number: %w", err)
	}
	if held.Adviser != c.Adviser || len(held.Windows) == 0 {
		return Number{}, ErrNotFound
	}
	if !within(held.Windows, held.Now) {
		return Number{}, ErrWindowsRefused
	}
	row, err := l.Calls.Store.Callback(ctx, contact)
	if err == nil {
		err = l.Calls.Audit.Audit(ctx, Deed{ID: id, Adviser: c.Adviser, Deed: "reveal", Contact: contact})
	}
	if err != nil {
		return Number{}, busy("reveal number", err)
	}
	d, err := l.openCallback(row)
	if err != nil {
		l.Log.ErrorContext(ctx, "number cannot be opened", "error", err)
		return Number{}, ErrKeysGone
	}
	return Number{
		Number: NewText(d.Number), AskFor: NewText(d.AskFor), Extension: NewText(d.Extension),
		CodeWord: NewText(d.CodeWord), MessageAllowed: d.MessageAllowed,
	}, nil
}

// busy keeps codes and makes the rest ErrBusy: the step may be taken again.
func busy(step string, err error) error {
	for _, code := range []Code{ErrNotFound, ErrTriesUsed} {
		if errors.Is(err, code) {
			return code
		}
	}
	return fmt.Errorf("%s: %w", step, errors.Join(ErrBusy, err))
}

// agreed is the length of the window that a newly agreed time makes.
const agreed = time.Hour

// Attempt notes how a try went and gives when the next is due, zero for none. A time that the person
// agreed to (reached_later), or that somebody set after a review, may lie outside the windows: it makes
// one of its own, and the number is sealed anew for it. Errors: ErrNotFound, ErrWindowsRefused, ErrBusy.
func (l *Line) Attempt(ctx context.Context, c Console, a Attempt) (time.Time, error) {
	if l.Calls == nil {
		return time.Time{}, ErrNotFound
	}
	if !a.Next.IsZero() {
		if err := l.agree(ctx, c, &a); err != nil {
			return time.Time{}, err
		}
	}
	deed := Deed{ID: a.ID, Adviser: c.Adviser, Deed: "attempt", Contact: a.Contact, Code: a.Result}
	if err := l.Calls.Audit.Audit(ctx, deed); err != nil {
		return time.Time{}, busy("note attempt", err)
	}
	due, events, err := l.Calls.Queue.Attempt(ctx, c, a)
	if err != nil {
		l.Note(events)
		return time.Time{}, fmt.Errorf("note attempt: %w", err)
	}
	return due, l.durable(ctx, events)
}

// agree makes room for a next time outside the windows, where that is allowed.
func (l *Line) agree(ctx context.Context, c Console, a *Attempt) error {
	held, err := l.Calls.Look.Owner(ctx, a.Contact)
	if err != nil {
		return fmt.Errorf("note attempt: %w", err)
	}
	owner, windows, now := held.Adviser, held.Windows, held.Now
	if owner != "" && owner != c.Adviser || len(windows) == 0 {
		return ErrNotFound
	}
	if within(windows, a.Next) {
		return nil
	}
	if owner != "" && a.Result != "reached_later" || a.Next.Before(now) || a.Next.Add(agreed).Sub(now) > farthest {
		return ErrWindowsRefused
	}
	row, err := l.Calls.Store.Callback(ctx, a.Contact)
	if err != nil {
		return busy("note attempt", err)
	}
	d, err := l.openCallback(row)
	if err != nil {
		return ErrKeysGone
	}
	told := Facts{Contact: row.Contact}
	l.openTold(&told, row.Key, row.Told)
	_, shared, err := l.Calls.Read(d.Number)
	if err != nil {
		return ErrKeysGone // a number that the line takes no more
	}
	row.Windows = with(windows, Window{a.Next, a.Next.Add(agreed)})
	if err := l.sealCallback(&row, told, d, d.identity(shared)); err != nil {
		return ErrKeysGone
	}
	if err := l.Calls.Store.Rebook(ctx, row); err != nil {
		return busy("note attempt", err)
	}
	a.Windows, a.Keep, a.Key, a.Told = row.Windows, row.Keep(), row.Key, row.Told
	return nil
}

// with puts a window among others; it ends where the next one begins.
func with(list []Window, w Window) []Window {
	list = append(slices.Clone(list), w)
	slices.SortFunc(list, func(a, b Window) int { return a.From.Compare(b.From) })
	for i := range len(list) - 1 {
		if list[i].To.After(list[i+1].From) {
			list[i].To = list[i+1].From
		}
	}
	return list
}

// StopCall takes a request back for a person who tells the return number on the telephone. ErrNotFound
// for a number that opens no callback.
func (l *Line) StopCall(ctx context.Context, c Console, number, id string) error {
	if l.Calls == nil {
		return ErrNotFound
	}
	contact, events, err := l.Calls.Queue.Stop(ctx, c, l.Tokens.NumberIndex(number))
	if err != nil {
		return fmt.Errorf("stop callback: %w", err)
	}
	if err := l.durable(ctx, events); err != nil {
		return err
	}
	deed := Deed{ID: id, Adviser: c.Adviser, Deed: "stop", Contact: contact}
	if err := l.Calls.Audit.Audit(ctx, deed); err != nil {
		l.Log.WarnContext(ctx, "stop of a callback not in the audit", "error", err)
	}
	return nil
}

// DueCalls lists callbacks: those that a person has to look at, then by due.
func (l *Line) DueCalls(ctx context.Context, c Console) ([]DueCall, error) {
	if l.Calls == nil {
		return nil, nil
	}
	list, err := l.Calls.Queue.Callbacks(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("list callbacks: %w", err)
	}
	for i := range list {
		row, err := l.Calls.Store.Callback(ctx, list[i].Contact)
		if err != nil && !errors.Is(err, ErrNotFound) {
			break // the list is good without
		}
		list[i].Linked = row.Linked
	}
	return list, nil
}
