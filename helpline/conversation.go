package helpline

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// MaxText is the longest message, in characters (code points).
const MaxText = 2000

// SealedMessage is a message as the live state keeps it.
type SealedMessage struct {
	Seq    int64
	CID    string
	From   Side
	Sealed string
	At     time.Time
}

// Saying is one message on its way into the conversation. From decides which of Version (the
// contact's token) and Console (the adviser's) authorises it.
type Saying struct {
	Contact string
	From    Side
	Version int64
	Console Console
	CID     string
	Sealed  string
	Key     string // the wrapped data key that it is sealed with
	Got     int64  // up to where the contact's page has received; 0 from an adviser
}

// Said is where and when a message was stored; the same at every repetition.
type Said struct {
	Seq int64
	At  time.Time
}

// Seat is a contact's place at its own socket.
type Seat struct {
	Contact string
	Version int64
	Socket  string
	Key     string
	Got     int64 // up to where its page says that it has received
}

// Sit opens the contact's socket: presence, state and every message after the given seq, in one
// script and one read. An older socket of the token is replaced.
func (l *Line) Sit(ctx context.Context, token, socket string, after int64) (Seat, View, []Message, error) {
	c, err := l.Tokens.Claim(token)
	if err != nil {
		return Seat{}, View{}, nil, err
	}
	v, events, err := l.Queue.ContactUp(ctx, c.Contact, c.Version, socket)
	if err != nil {
		return Seat{}, View{}, nil, fmt.Errorf("bring contact up: %w", err)
	}
	l.Note(events)
	seat := Seat{Contact: c.Contact, Version: c.Version, Socket: socket, Key: v.Key}
	if v.Public() == "ended" {
		return seat, v, nil, nil
	}
	f := Facts{Contact: c.Contact}
	l.openTold(&f, v.Key, v.Told)
	v.Work, v.Told = f.Asks == "work", ""
	l.compare(ctx, c.Contact, after, v.Kept, v.Seq)
	sealed, err := l.Queue.History(ctx, c.Contact, max(after, v.Floor))
	if err != nil {
		return Seat{}, View{}, nil, fmt.Errorf("read history: %w", err)
	}
	messages := make([]Message, 0, len(sealed))
	for _, m := range sealed {
		messages = append(messages, l.OpenMessage(ctx, c.Contact, v.Key, m))
	}
	return seat, v, messages, nil
}

// perLife is how many numbers a conversation has in one incarnation.
const perLife = 1_000_000

// compare notes that text is gone when a page has seen, in an earlier incarnation, what the conversation
// does not hold any more. Its own page's messages come again by themselves.
func (l *Line) compare(ctx context.Context, contact string, seen, kept, seq int64) {
	if seen <= kept || seen/perLife >= seq/perLife {
		return
	}
	events, err := l.Queue.Missing(ctx, contact, seen)
	l.Note(events)
	if err != nil {
		l.Log.WarnContext(ctx, "lost text not noted", "error", err)
	}
}

// Stand tells that the contact's socket is gone; place and conversation are kept for the grace.
func (l *Line) Stand(ctx context.Context, s Seat) error {
	events, err := l.Queue.ContactDown(ctx, s.Contact, s.Socket, s.Got)
	l.Note(events)
	if err != nil {
		return fmt.Errorf("take contact down: %w", err)
	}
	return nil
}

// LeaveSeat is Leave by the socket's frame.
func (l *Line) LeaveSeat(ctx context.Context, s Seat, kind string) error {
	events, err := l.Queue.Leave(ctx, s.Contact, s.Version, kind)
	if err != nil {
		return fmt.Errorf("leave line: %w", err)
	}
	return l.durable(ctx, events)
}

// SayAsContact stores and delivers a message of the contact; a repeated cid gives the same answer.
// Errors: ErrInvalid (empty or over MaxText), ErrTooMany, ErrNotFound.
func (l *Line) SayAsContact(ctx context.Context, s Seat, cid string, text Text) (Said, error) {
	return l.say(ctx, s.Key, Saying{Contact: s.Contact, From: FromContact, Version: s.Version, CID: cid, Got: s.Got}, text)
}

// SayAsAdviser is the same for the adviser who owns the leg now; key is the leg's wrapped key. What is marked stays on
// the contact's screen after the end.
func (l *Line) SayAsAdviser(ctx context.Context, c Console, contact, key, cid string, text Text, marked bool) (Said, error) {
	text.s = strings.TrimLeft(text.s, mark)
	if marked && text.s != "" {
		text.s = mark + text.s
	}
	return l.say(ctx, key, Saying{Contact: contact, From: FromAdviser, Console: c, CID: cid}, text)
}

// mark begins what an adviser marked. It is sealed with the text: what is worth keeping tells of what was said.
const mark = "\x01"

func (l *Line) say(ctx context.Context, key string, s Saying, text Text) (Said, error) {
	if n := utf8.RuneCountInString(strings.TrimPrefix(text.s, mark)); n == 0 || n > MaxText {
		return Said{}, ErrInvalid
	}
	sealed, err := l.Seal.Seal(key, s.Contact, messageField(s.From, s.CID), 0, []byte(text.s))
	if err != nil {
		return Said{}, ErrKeysGone
	}
	s.Sealed, s.Key = sealed, key
	said, err := l.Queue.Say(ctx, s)
	if err != nil {
		return Said{}, fmt.Errorf("say message: %w", err)
	}
	return said, nil
}

// messageField binds a sealed message to its side and client id: swapped ones do not open.
func messageField(from Side, cid string) string { return "message/" + string(from) + "/" + cid }

// OpenMessage opens one message for the two people of its conversation, and for the supervisor whom both know to
// listen in. One that cannot be opened comes as an empty system message: the page says that a line is gone.
func (l *Line) OpenMessage(ctx context.Context, contact, key string, m SealedMessage) Message {
	out := Message{Seq: m.Seq, CID: m.CID, From: m.From, At: m.At}
	if m.From == FromSystem { // of the house itself: it says that text is gone
		return out
	}
	plain, err := l.Seal.Open(key, contact, messageField(m.From, m.CID), 0, m.Sealed)
	if err != nil {
		l.Log.ErrorContext(ctx, "message cannot be opened", "error", err)
		out.From = FromSystem
		return out
	}
	text := string(plain)
	if m.From == FromAdviser {
		text, out.Marked = strings.CutPrefix(text, mark)
	}
	out.Text = NewText(text)
	return out
}

// Typing tells the contact that its adviser writes. Nothing is stored.
func (l *Line) Typing(ctx context.Context, c Console, contact string) error {
	if err := l.Queue.Typing(ctx, c, contact); err != nil {
		return fmt.Errorf("tell typing: %w", err)
	}
	return nil
}

// End closes a conversation: the person's side is cut off at once, the slot stays taken until the
// outcome or the wrap-up limit. It answers once durable.
func (l *Line) End(ctx context.Context, c Console, contact, reason string) error {
	events, err := l.Queue.End(ctx, c, contact, reason)
	if err != nil {
		return fmt.Errorf("end conversation: %w", err)
	}
	return l.durable(ctx, events)
}

// Release lets out what the adviser wrote and no page had shown when somebody came back by number, once
// the adviser has looked who it is. It gives how many messages; a repetition gives 0.
// Errors: ErrNotFound (not this adviser's, or over), ErrConsoleReplaced.
func (l *Line) Release(ctx context.Context, c Console, contact string) (int64, error) {
	n, err := l.Queue.Release(ctx, c, contact)
	if err != nil {
		return 0, fmt.Errorf("release messages: %w", err)
	}
	return n, nil
}
