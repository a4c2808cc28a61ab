package web

import (
	"context"
	"net/http"
	"regexp"
	"time"

	"adviceline/helpline"

	"github.com/labstack/echo/v4"
)

// callbackBody is where and when a person may be called; strings in it are private.
type callbackBody struct {
	Number         string       `json:"number"`
	AskFor         string       `json:"ask_for"`
	Extension      string       `json:"extension"`
	Windows        []windowBody `json:"windows"`
	MessageAllowed bool         `json:"message_allowed"`
	CodeWord       string       `json:"code_word"`
}

type windowBody struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// wish holds the texts against their bounds and reads the instants; number and windows the step judges.
func (b *callbackBody) wish() (*helpline.CallbackWish, error) {
	if b == nil {
		return nil, nil
	}
	if !short.MatchString(b.CodeWord) || !name.MatchString(b.AskFor) || !few.MatchString(b.Extension) {
		return nil, invalid("callback")
	}
	w := &helpline.CallbackWish{
		Number: helpline.NewText(b.Number), AskFor: helpline.NewText(b.AskFor), Extension: helpline.NewText(b.Extension),
		MessageAllowed: b.MessageAllowed, CodeWord: helpline.NewText(b.CodeWord),
	}
	for _, x := range b.Windows {
		from, err := moment(x.From)
		if err != nil {
			return nil, err
		}
		to, err := moment(x.To)
		if err != nil {
			return nil, err
		}
		w.Windows = append(w.Windows, helpline.Window{From: from, To: to})
	}
	return w, nil
}

const instantLayout = "2006-01-02T15:04:05.000Z"

// The bounds of the texts: no control characters.
var (
	short = regexp.MustCompile(`^[^\x00-\x1f\x7f-\x9f]{0,40}$`)
	name  = regexp.MustCompile(`^[^\x00-\x1f\x7f-\x9f]{0,60}$`)
	few   = regexp.MustCompile(`^[0-9]{0,10}$`)
)

// moment reads an instant as the wire writes it, to the millisecond.
func moment(text string) (time.Time, error) {
	t, err := time.Parse(instantLayout, text)
	if err != nil || len(text) != len(instantLayout) || t.Year() < 2000 {
		return t, helpline.ErrWindowsRefused
	}
	return t, nil
}

// convertBody turns a waiting chat into a callback.
type convertBody struct {
	RequestID string        `json:"request_id"`
	Callback  *callbackBody `json:"callback"`
}

// convert keeps the place of a chat that becomes a callback.
func (s *Server) convert(c echo.Context) error {
	var b convertBody
	body, err := decode(c, &b)
	if err != nil {
		return err
	}
	if !canonical(b.RequestID) {
		return invalid("request_id")
	}
	if b.Callback == nil {
		return invalid("callback")
	}
	wish, err := b.Callback.wish()
	if err != nil {
		return err
	}
	if err := s.intakes.take(s.network(c)); err != nil {
		return err
	}
	in := helpline.Intake{RequestID: b.RequestID, Body: body, Callback: wish}
	a, err := s.line.ToCallback(c.Request().Context(), bearer(c), in)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, convertedBody{State: a.State})
}

// chatBody lets the person of a callback come by chat.
type chatBody struct {
	RequestID string `json:"request_id"`
}

// toChat opens a chat in the place of a callback.
func (s *Server) toChat(c echo.Context) error {
	var b chatBody
	if _, err := decode(c, &b); err != nil {
		return err
	}
	if !canonical(b.RequestID) {
		return invalid("request_id")
	}
	a, err := s.line.ToChat(c.Request().Context(), bearer(c))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, chattingBody{State: a.State, Position: a.Position})
}

type convertedBody struct {
	State string `json:"state"`
}

type chattingBody struct {
	State    string             `json:"state"`
	Position *helpline.Position `json:"position,omitempty"`
}

// takes says whether the line takes callbacks, asked at most once a second.
func (l *lately) takes(line *helpline.Line) bool {
	last := l.calls.Load()
	if last != nil && l.now().Sub(last.at) < time.Second {
		return last.takes
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	fresh := &takesAt{line.Takes(ctx), l.now()}
	l.calls.Store(fresh)
	return fresh.takes
}

type takesAt struct {
	takes bool
	at    time.Time
}
