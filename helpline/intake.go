package helpline

import (
	"context"
	"fmt"
	"time"
)

// Intake is what a new contact says of itself: codes only.
type Intake struct {
	RequestID      string
	Body           []byte // the request as sent; only its keyed fingerprint is kept
	Channel        string
	PageLanguage   string
	Language       string
	SecondLanguage string
	Asks           string
	Role           string
	Organisation   string
	Urgency        string
	Present        bool
	Child          bool
	Callback       *CallbackWish // with channel callback
}

// Lane follows routing.md: emergency -> danger; person present -> present; same_day or a child ->
// same_day; everything else ordinary. Who asks never raises it.
func (in Intake) Lane() Lane {
	switch {
	case in.Urgency == "emergency":
		return Danger
	case in.Present:
		return Present
	case in.Urgency == "same_day" || in.Child:
		return SameDay
	default:
		return Ordinary
	}
}

// Entry is an intake as the queue takes it. Numbers are the keyed indexes of the return numbers of
// versions 1 to 3: the script takes the first that no other contact holds.
type Entry struct {
	Facts
	Overdue time.Time // calls only: from when on it is overdue; zero never
	Print   string
	Key     string
	Told    string // sealed
	Numbers []string
}

// Entered is where an entry stands, the same at every repetition.
type Entered struct {
	Contact string
	State   State
	Version int64
	Arrival time.Time
	Ahead   int
}

// Admission answers an intake or a return.
type Admission struct {
	Contact      string
	Token        string
	ReturnNumber string
	State        string
	Position     *Position
}

// Admit takes a contact in: one script that queues it and, when an adviser is free, offers it.
// It answers once the fact is durable. The same request id and body give the same answer.
// Errors: ErrRequestReused, ErrLineClosed, ErrQueueUnavailable, ErrKeysGone; those of a callback are
// at Line.callback.
func (l *Line) Admit(ctx context.Context, in Intake) (Admission, error) {
	if in.Channel != "chat" {
		return l.callback(ctx, in)
	}
	contact := l.Tokens.ContactID(in.RequestID)
	e := Entry{
		Facts: Facts{
			Contact: contact, Channel: in.Channel, PageLanguage: in.PageLanguage, Language: in.Language,
			SecondLanguage: in.SecondLanguage, Asks: in.Asks, Role: in.Role, Organisation: in.Organisation,
			Lane: in.Lane(), Child: in.Child,
		},
		Print: l.Tokens.Print(in.Body),
	}
	var err error
	if e.Key, e.Told, err = l.sealTold(e.Facts); err != nil {
		l.Log.ErrorContext(ctx, "no day key: line takes no text", "error", err)
		return Admission{}, ErrKeysGone
	}
	for v := int64(1); v <= 3; v++ {
		e.Numbers = append(e.Numbers, l.Tokens.NumberIndex(l.Tokens.ReturnNumber(contact, v)))
	}
	entered, events, err := l.Queue.Enqueue(ctx, e)
	if err != nil {
		return Admission{}, fmt.Errorf("enqueue contact: %w", err)
	}
	if err := l.durable(ctx, events); err != nil {
		return Admission{}, err
	}
	return l.admission(entered), nil
}

func (l *Line) admission(e Entered) Admission {
	a := Admission{
		Contact:      e.Contact,
		Token:        l.Tokens.Sign(Claim{Contact: e.Contact, Version: e.Version}),
		ReturnNumber: l.Tokens.ReturnNumber(e.Contact, e.Version),
		State:        e.State.Public(),
	}
	if a.State == "waiting" {
		a.Position = &Position{Ahead: e.Ahead}
	}
	return a
}

// Return is a contact that comes back by its return number.
type Return struct {
	RequestID string // keyed, so that a repetition gets the same answer
	Index     string
	Next      func(contact string, version int64) (index string)
}

// Resume gives place and conversation back to who knows the return number; the old token dies.
// ErrNotFound for a number that opens nothing.
func (l *Line) Resume(ctx context.Context, requestID, number string) (Admission, error) {
	entered, events, err := l.Queue.Resume(ctx, Return{
		RequestID: l.Tokens.Print([]byte(requestID)),
		Index:     l.Tokens.NumberIndex(number),
		Next: func(contact string, version int64) string {
			return l.Tokens.NumberIndex(l.Tokens.ReturnNumber(contact, version))
		},
	})
	if err != nil {
		return Admission{}, fmt.Errorf("resume contact: %w", err)
	}
	if err := l.durable(ctx, events); err != nil {
		return Admission{}, err
	}
	return l.admission(entered), nil
}
