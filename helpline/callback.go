package helpline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// CallbackWish is what a person asks for. All of it but the windows is private.
type CallbackWish struct {
	Number         Text
	AskFor         Text // whom to ask for behind a switchboard
	Extension      Text
	Windows        []Window
	MessageAllowed bool // on an answering machine, with the code word
	CodeWord       Text // a harmless pretext
}

// Callback is a request as Postgres keeps it: the number sealed, what routing needs in clear.
type Callback struct {
	Contact   string
	Language  string
	Lane      Lane
	Arrival   time.Time
	Print     string
	Key, Told string    // what was told at the intake, sealed as in the queue
	Mark      string    // keyed fingerprint of the number (seal.Mark)
	First     string    // the earlier request of the same number behind which this one stands
	Windows   []Window  // in which it is dialled: of one behind a first, the times that both allow
	Wished    []Window  // as they were asked for, which alone the person is shown; not kept in Postgres
	Due       time.Time // zero: the first window
	Attempts  int
	Converted bool   // it was a chat: the arrival counts, not the due
	Pending   bool   // its chat is not converted yet
	Review    string // why a person has to look before anybody dials
	Version   int64  // of the contact's token
	Wrapped   string // key of Sealed
	Sealed    string // a dialled value
	Linked    int    // requests of the same number behind this one
}

// Keep is the last instant at which the number can be read: its key dies with that day.
func (c Callback) Keep() time.Time { return last(c.Windows).Add(numberStays) }

// dialled is what an adviser needs to call, sealed as one value.
type dialled struct {
	Number         string `json:"number"`
	AskFor         string `json:"ask_for,omitempty"`
	Extension      string `json:"extension,omitempty"`
	MessageAllowed bool   `json:"message_allowed,omitempty"`
	CodeWord       string `json:"code_word,omitempty"`
}

const dialledField = "callback"

// ErrOtherFirst says that another request of the number came first; CallbackStore.Keep gives it.
const ErrOtherFirst Code = "other_first"

// CallbackKeeper takes callbacks into Postgres. First gives the open one that has one of the marks and is not
// the contact's own, ErrNotFound where none has. Keep stores one unless its contact has one, in order with
// every other of the line: ErrOtherFirst and the first when that is not c.First; ErrRequestReused; ErrNotFound
// when the contact has ended or came by chat.
type CallbackKeeper interface {
	First(ctx context.Context, contact string, marks []string) (Callback, error)
	Keep(ctx context.Context, c Callback, marks []string) (Callback, error)
}

// CallbackStore keeps callbacks in Postgres. OpenCallbacks lists them by contact, from after on.
type CallbackStore interface {
	CallbackKeeper
	Callback(ctx context.Context, contact string) (Callback, error)
	OpenCallbacks(ctx context.Context, after string, n int) ([]Callback, error)
	Rebook(ctx context.Context, c Callback) error
	Drop(ctx context.Context, contact string) error
}

// Auditor notes who did what with a person's data; the deed's id makes it once. Ping tells whether
// Postgres answers.
type Auditor interface {
	Audit(ctx context.Context, d Deed) error
	Ping(ctx context.Context) error
}

// Deed is a row of the audit: codes and ids, nothing of the person.
type Deed struct {
	ID      string
	Adviser string
	Deed    string
	Contact string
	Code    string
}

// Noted is a row of the audit as supervisors read it: without whose contact it was.
type Noted struct {
	At      time.Time
	Adviser string // Nobody: no account
	Alias   string // of the adviser, or the name, as it is now; empty: the account is gone, or none did it
	Deed    string
	Code    string
}

// Chat is what a conversion needs to know of a waiting chat.
type Chat struct {
	Facts
	Key, Told string
	State     State
}

// ConvertQueue makes a callback of a waiting chat, and a chat of a callback. Both are idempotent by contact.
type ConvertQueue interface {
	Convert(ctx context.Context, b Booking) (Entered, []Event, error)
	ToChat(ctx context.Context, contact string, version int64, key, told string) (Entered, []Event, error)
}

// CallbackQueue is the live state of callbacks. Schedule is idempotent by contact.
type CallbackQueue interface {
	ConvertQueue
	Schedule(ctx context.Context, b Booking) (Entered, []Event, error)
	Attempt(ctx context.Context, c Console, a Attempt) (due time.Time, events []Event, err error)
	Stop(ctx context.Context, c Console, number string) (contact string, events []Event, err error)
	Callbacks(ctx context.Context, c Console) ([]DueCall, error)
}

// CallbackLook reads of the live state what a step needs before it. Gone gives those that the queue does
// not know, or knows as linked though nothing stands before them any more.
type CallbackLook interface {
	Chat(ctx context.Context, contact string) (Chat, error)
	Gone(ctx context.Context, rows []Callback) ([]Callback, error)
	Owner(ctx context.Context, contact string) (Held, error)
}

// Held is who has a callback ("" for nobody), its windows, and the line's instant: that of Redis.
type Held struct {
	Adviser string
	Windows []Window
	Now     time.Time
}

// Booking is a callback on its way into the queue.
type Booking struct {
	Callback
	Number string // keyed index of the return number
}

// NumberMarker finds equal numbers without keeping any digit (seal.Keys).
type NumberMarker interface {
	Mark(class string, lastDay time.Time, value []byte) (string, error)
	Marks(class string, value []byte) ([]string, error)
}

// Callbacks is what the step callback needs beside the queue. Read gives the one form of a number and
// whether people share it; ErrNumberRefused for what the line does not call.
type Callbacks struct {
	Queue CallbackQueue
	Look  CallbackLook
	Store CallbackStore
	Audit Auditor
	Marks NumberMarker
	Read  func(text string) (number string, shared bool, err error)
}

const numberClass = "number"

// Takes tells whether the line takes callbacks now: their numbers are stored in Postgres alone.
func (l *Line) Takes(ctx context.Context) bool {
	return l.Calls != nil && l.Calls.Audit.Ping(ctx) == nil
}

// callback takes a request in: stored in Postgres first, then scheduled. With Redis away it is accepted
// all the same and scheduled by Rebook once Redis is back. The answer says nothing about whether the
// number asked before. Errors: ErrNumberRefused, ErrWindowsRefused, ErrInvalid, ErrRequestReused,
// ErrCallbackUnavailable (Postgres is away), ErrKeysGone.
func (l *Line) callback(ctx context.Context, in Intake) (Admission, error) {
	if l.Calls == nil {
		return Admission{}, ErrCallbackUnavailable
	}
	c := Callback{
		Contact: l.Tokens.ContactID(in.RequestID), Language: in.Language, Lane: in.Lane(), Arrival: l.Now().UTC(),
		Print: l.Tokens.Print(in.Body), Version: 1,
	}
	facts := Facts{
		Contact: c.Contact, PageLanguage: in.PageLanguage, SecondLanguage: in.SecondLanguage, Asks: in.Asks,
		Role: in.Role, Organisation: in.Organisation, Child: in.Child,
	}
	c, err := l.store(ctx, c, facts, in.Callback)
	if err == nil {
		l.schedule(ctx, c)
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Admission{}, err
	}
	return l.admission(Entered{Contact: l.Tokens.ContactID(in.RequestID), State: Scheduled, Version: 1}), nil
}

// schedule brings a stored callback into the queue. What fails here the next round of Rebook does.
func (l *Line) schedule(ctx context.Context, c Callback) {
	_, events, err := l.Calls.Queue.Schedule(ctx, l.booking(c))
	if err = errors.Join(err, l.durable(ctx, events)); err != nil {
		l.Log.WarnContext(ctx, "callback not scheduled yet", "error", err)
	}
}

func (l *Line) booking(c Callback) Booking {
	return Booking{Callback: c, Number: l.Tokens.NumberIndex(l.Tokens.ReturnNumber(c.Contact, c.Version))}
}

// store seals and keeps a request, behind the first one of its number when there is one.
func (l *Line) store(ctx context.Context, c Callback, told Facts, wish *CallbackWish) (Callback, error) {
	d, shared, err := l.checkWish(wish)
	if err != nil {
		return c, err
	}
	windows, err := orderWindows(wish.Windows, l.Now())
	if err != nil {
		return c, err
	}
	c.Windows = windows
	value := d.identity(shared)
	marks, err := l.Calls.Marks.Marks(numberClass, value)
	if err != nil {
		return c, ErrKeysGone
	}
	for range 3 {
		wished := d
		if err := l.behind(ctx, &c, &wished, windows, marks); err != nil {
			return c, unavailable(err)
		}
		if err := l.sealCallback(&c, told, wished, value); err != nil {
			l.Log.ErrorContext(ctx, "no day key: line takes no numbers", "error", err)
			return c, ErrKeysGone
		}
		kept, err := l.Calls.Store.Keep(ctx, c, append(marks, c.Mark))
		if !errors.Is(err, ErrOtherFirst) {
			kept.Wished = windows
			return kept, unavailable(err)
		}
	}
	return c, ErrBusy
}

// behind puts a request behind the first one of its number, whose windows and code word hold. A number that
// nobody asked for gets the same work, so that the time of the answer tells nothing either.
func (l *Line) behind(ctx context.Context, c *Callback, d *dialled, windows []Window, marks []string) error {
	c.First, c.Windows = "", windows
	own := *c
	if err := l.sealNumber(&own, *d); err != nil {
		return ErrKeysGone
	}
	first, err := l.Calls.Store.First(ctx, c.Contact, marks)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	known := err == nil
	if !known {
		first = own
	}
	both := narrowed(first.Windows, windows)
	before, err := l.openCallback(first)
	if !known {
		return nil
	}
	c.First, c.Windows = first.Contact, both
	if err == nil {
		d.CodeWord, d.MessageAllowed = before.CodeWord, d.MessageAllowed && before.MessageAllowed
	}
	return nil
}

// unavailable makes of a failure of the store that callbacks are not taken now; codes that say more stay.
func unavailable(err error) error {
	for _, code := range []Code{ErrRequestReused, ErrNotFound, ErrKeysGone} {
		if errors.Is(err, code) {
			return code
		}
	}
	if err != nil {
		return fmt.Errorf("keep callback: %w", errors.Join(ErrCallbackUnavailable, err))
	}
	return nil
}

func (l *Line) sealCallback(c *Callback, told Facts, d dialled, value []byte) (err error) {
	if c.Key, c.Told, err = l.sealToldUntil(numberClass, c.Keep(), told); err != nil {
		return err
	}
	if c.Mark, err = l.Calls.Marks.Mark(numberClass, c.Keep(), value); err != nil {
		return err
	}
	return l.sealNumber(c, d)
}

func (l *Line) sealNumber(c *Callback, d dialled) (err error) {
	plain, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("write callback: %w", err)
	}
	c.Wrapped, c.Sealed, err = l.Seal.SealAnew(numberClass, c.Keep(), c.Contact, dialledField, 0, plain)
	return err
}

func (l *Line) openCallback(c Callback) (d dialled, err error) {
	plain, err := l.Seal.Open(c.Wrapped, c.Contact, dialledField, 0, c.Sealed)
	if err != nil {
		return d, err
	}
	return d, json.Unmarshal(plain, &d)
}

// identity is what makes two requests one person's: the number, and behind a switchboard whom to ask for.
func (d dialled) identity(shared bool) []byte {
	if !shared {
		return []byte(d.Number)
	}
	return fmt.Append(nil, d.Number, "\x00", d.Extension, "\x00", fold(d.AskFor))
}

// checkWish reads number, ask_for (60 characters), extension (10 digits) and code word (40 characters).
func (l *Line) checkWish(w *CallbackWish) (d dialled, shared bool, err error) {
	if w == nil {
		return d, false, ErrNumberRefused
	}
	if d.Number, shared, err = l.Calls.Read(w.Number.s); err != nil {
		return d, false, ErrNumberRefused
	}
	d.AskFor, d.Extension, d.CodeWord, d.MessageAllowed = w.AskFor.s, w.Extension.s, w.CodeWord.s, w.MessageAllowed
	if !brief(d.AskFor, 60) || !brief(d.CodeWord, 40) || !brief(d.Extension, 10) || !digits(d.Extension) {
		return d, false, ErrInvalid
	}
	return d, shared, nil
}

func brief(text string, n int) bool {
	for _, r := range text {
		if unicode.IsControl(r) {
			return false
		}
	}
	return utf8.ValidString(text) && utf8.RuneCountInString(text) <= n
}

func digits(text string) bool { return strings.Trim(text, "0123456789") == "" }

// fold gives the form in which names are compared.
func fold(name string) string { return strings.ToLower(strings.Join(strings.Fields(name), " ")) }
