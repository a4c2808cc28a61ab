package web

import (
	"context"
	"mime"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"adviceline/helpline"
	"adviceline/helpline/codes"

	"github.com/labstack/echo/v4"
)

// standing is how a contact's leg stands, for its own page.
type standing struct {
	State    string             `json:"state"`
	Position *helpline.Position `json:"position,omitempty"`
	Alias    string             `json:"alias,omitempty"`
	Seq      int64              `json:"seq"`
	Listener string             `json:"listener,omitempty"` // alias of the supervisor who listens in
	Windows  []windowBody       `json:"windows,omitempty"`  // of a callback: those asked for that are not over
}

func standingOf(v helpline.View, now time.Time) standing {
	out := standing{State: v.Public(), Position: v.Position(), Alias: v.Alias, Seq: v.Seq, Listener: v.Listener}
	for _, w := range v.Wished {
		if out.State == "scheduled" && w.To.After(now) {
			out.Windows = append(out.Windows, windowBody{From: instant(w.From), To: instant(w.To)})
		}
	}
	return out
}

// lookBody adds the return number of the token, for a page that had to forget it.
type lookBody struct {
	standing
	Number string `json:"return_number,omitempty"`
}

// look tells the bearer of a token where its contact stands.
func (s *Server) look(c echo.Context) error {
	v, err := s.line.Look(c.Request().Context(), bearer(c))
	if err != nil {
		return err
	}
	b := lookBody{standing: standingOf(v, s.now())}
	if claim, err := s.line.Tokens.Claim(bearer(c)); err == nil && b.State != "ended" {
		b.Number = s.line.Tokens.ReturnNumber(claim.Contact, claim.Version)
	}
	return c.JSON(http.StatusOK, b)
}

// leaveBody takes a contact out.
type leaveBody struct {
	RequestID string `json:"request_id"`
	Token     string `json:"token"`
	Kind      string `json:"kind"`
}

// leave answers 204 whoever asks: there is nothing to tell apart.
func (s *Server) leave(c echo.Context) error {
	b, err := decodeLeave(c)
	if err != nil {
		return err
	}
	if !codes.LeaveKind.Has(b.Kind) {
		return invalid("kind")
	}
	if err := s.line.Leave(c.Request().Context(), b.Token, b.Kind); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// decodeLeave reads JSON or the form that a page sends while it goes; the form's kind is exit
// unless it says otherwise.
func decodeLeave(c echo.Context) (leaveBody, error) {
	var b leaveBody
	if kind, _, _ := mime.ParseMediaType(c.Request().Header.Get("Content-Type")); kind != "application/x-www-form-urlencoded" {
		_, err := decode(c, &b)
		if b.Token == "" {
			b.Token = bearer(c)
		}
		return b, err
	}
	body, err := read(c)
	if err != nil {
		return b, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return b, codeMalformed
	}
	b = leaveBody{Token: form.Get("token"), Kind: form.Get("kind")}
	if b.Kind == "" {
		b.Kind = "exit"
	}
	return b, nil
}

// statusBody is what everybody may know of the line.
type statusBody struct {
	Open      bool     `json:"open"`
	Languages []string `json:"languages"`
	Notice    string   `json:"notice,omitempty"`
	Event     bool     `json:"event,omitempty"`
	Phone     string   `json:"phone"`
}

// status never fails: a line that cannot be asked is closed, and its phone number stands.
func (s *Server) status(c echo.Context) error {
	st := s.lately.status(c.Request().Context(), s.line)
	languages := append([]string{}, st.Languages...)
	return c.JSON(http.StatusOK, statusBody{Open: st.Open, Languages: languages, Notice: st.Notice[s.pages.preferred(c.Request().Header.Get("Accept-Language"))], Event: st.Event, Phone: s.phone})
}

// lately keeps the line's status for a second: the page is read far more often than it changes.
type lately struct {
	now    func() time.Time
	last   atomic.Pointer[statusAt]
	asking atomic.Bool
	calls  atomic.Pointer[takesAt]
}

type statusAt struct {
	helpline.Status
	at time.Time
}

// status asks the line at most once a second; who comes meanwhile gets the last answer.
func (l *lately) status(ctx context.Context, line *helpline.Line) helpline.Status {
	last := l.last.Load()
	if last != nil && l.now().Sub(last.at) < time.Second {
		return last.Status
	}
	mine := l.asking.CompareAndSwap(false, true)
	if !mine && last != nil {
		return last.Status
	}
	if mine {
		defer l.asking.Store(false)
	}
	st, err := line.Queue.Status(ctx)
	if err != nil {
		st = helpline.Status{}
	}
	l.last.Store(&statusAt{st, l.now()})
	return st
}
