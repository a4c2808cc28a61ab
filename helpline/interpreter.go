package helpline

import (
	"context"
	"fmt"
	"strings"
)

// InterpreterQueue keeps how far an interpreter is with the leg, for the next adviser too. Errors as End.
type InterpreterQueue interface {
	Interpreter(ctx context.Context, c Console, contact, state string) error
}

// Interpreter notes how far an interpreter is with a leg, by a code of InterpreterState; the person is told.
func (l *Line) Interpreter(ctx context.Context, c Console, contact, state string) error {
	if l.Interpreters == nil {
		return ErrNotFound
	}
	if err := l.Interpreters.Interpreter(ctx, c, contact, state); err != nil {
		return fmt.Errorf("note interpreter: %w", err)
	}
	return nil
}

// anybodys is the group of those whose language nobody staffs.
const anybodys = "interpreter"

// Interpreted tells whether a leg is anybody's, because nobody staffs its language.
func (l Leg) Interpreted() bool {
	return l.Group == anybodys || strings.HasPrefix(l.Group, anybodys+"+")
}

// greet says the first line in the language of a person whom nobody on duty can talk to: once, however often
// the leg is taken. What fails here the adviser writes.
func (l *Line) greet(ctx context.Context, c Console, o *Opened) {
	if l.FirstLine == nil || !o.Interpreted() || o.Channel != "chat" || o.State != Active {
		return
	}
	cid := l.Tokens.ContactID("first line " + o.Contact)
	for _, m := range o.Messages {
		if m.CID == cid || m.From == FromAdviser {
			return
		}
	}
	text := NewText(l.FirstLine(o.Language, o.SecondLanguage, o.PageLanguage))
	said, err := l.SayAsAdviser(ctx, c, o.Contact, o.Key, cid, text, false)
	if err != nil {
		l.Log.WarnContext(ctx, "first line not said", "error", err)
		return
	}
	o.Greeting = &Message{Seq: said.Seq, CID: cid, From: FromAdviser, Text: text, At: said.At}
}
