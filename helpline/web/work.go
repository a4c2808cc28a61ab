package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"adviceline/helpline"
	"adviceline/helpline/codes"
	"adviceline/helpline/strict"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
)

// Forms are the owed forms of the line, and who finishes one.
type Forms interface {
	OwedForms(ctx context.Context) ([]helpline.OwedForm, error)
	Matter(ctx context.Context, supervisor, contact string) helpline.MatterLeg
	Card(ctx context.Context, supervisor, contact, id string, card helpline.CardSheet) error
	Finish(ctx context.Context, supervisor, contact string, answers []byte) error
}

// MissedWindows lists windows of callbacks that closed untried since an instant, the latest first.
type MissedWindows func(ctx context.Context, since time.Time) ([]helpline.MissedWindow, error)

// Staffing gives the advisers that the hours of the week want for a target, of what the ledger knows.
type Staffing func(ctx context.Context, target time.Duration) (helpline.Staffing, error)

// missedSince is how long a missed window is shown.
const missedSince = 7 * 24 * time.Hour

// workBody is what is left undone: windows of callbacks that nobody tried, forms that somebody owes, and referrals
// that are on their way or ask for something. Degraded names a store that could not be asked; its list is empty then.
type workBody struct {
	Missed    []missedBody `json:"missed"`
	Owed      []owedBody   `json:"owed"`
	Referrals []goingBody  `json:"referrals"`
	Degraded  []string     `json:"degraded"`
}

// goingBody is one referral: nothing of the person, and no receiver's name.
type goingBody struct {
	Referral string                 `json:"referral"`
	Word     string                 `json:"word"`
	Kind     string                 `json:"kind"`
	State    helpline.ReferralState `json:"state"`
	Urgent   bool                   `json:"urgent,omitempty"`
	Next     string                 `json:"next,omitempty"`
	NextAt   string                 `json:"next_at,omitempty"`
	Late     bool                   `json:"late,omitempty"`
	Open     bool                   `json:"open"` // it can be told to be an error
}

type missedBody struct {
	Contact  string         `json:"contact"`
	Language string         `json:"language"`
	Lane     helpline.Lane  `json:"lane"`
	ClosedAt string         `json:"closed_at"`
	State    helpline.State `json:"state"`
}

type owedBody struct {
	Contact  string          `json:"contact"`
	Channel  string          `json:"channel"`
	Language string          `json:"language"`
	Lane     helpline.Lane   `json:"lane"`
	Adviser  string          `json:"adviser"`
	EndedAt  string          `json:"ended_at"`
	Until    string          `json:"until"`
	Free     bool            `json:"free"`
	Draft    json.RawMessage `json:"draft,omitempty"`
}

// showWork gives a supervisor what is left undone.
func (s *Server) showWork(c echo.Context) error {
	if s.forms == nil || s.missed == nil {
		return helpline.ErrBusy
	}
	ctx := c.Request().Context()
	b := workBody{Missed: []missedBody{}, Owed: []owedBody{}, Referrals: []goingBody{}, Degraded: []string{}}
	missed, err := s.missed(ctx, s.now().Add(-missedSince))
	going, late := s.going(ctx)
	b.Referrals = append(b.Referrals, going...)
	if err == nil {
		err = late
	}
	if err != nil {
		b.Degraded = append(b.Degraded, s.away(ctx, "postgres", err))
	}
	for _, m := range missed {
		b.Missed = append(b.Missed, missedBody{m.Contact, m.Language, m.Lane, instant(m.At), m.State})
	}
	owed, err := s.forms.OwedForms(ctx)
	if err != nil {
		b.Degraded = append(b.Degraded, s.away(ctx, "redis", err))
	}
	for _, f := range owed {
		o := owedBody{
			Contact: f.Contact, Channel: f.Channel, Language: f.Language, Lane: f.Lane, Adviser: f.Alias,
			EndedAt: instant(f.Ended), Until: instant(f.Until), Free: f.Free,
		}
		if json.Valid(f.Answers) {
			o.Draft = f.Answers
		}
		b.Owed = append(b.Owed, o)
	}
	return c.JSON(http.StatusOK, b)
}

// going gives the referrals that are not over, or that still ask for something.
func (s *Server) going(ctx context.Context) ([]goingBody, error) {
	if s.referrals == nil {
		return nil, nil
	}
	all, err := s.referrals.All(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]goingBody, len(all))
	for i, r := range all {
		list[i] = goingBody{
			Referral: r.ID, Word: r.Word, Kind: r.Hops[r.At].Kind, State: r.State(), Urgent: r.Urgent, Next: r.Next,
			Late: r.Late(s.now()), Open: r.State().May(helpline.ReferralError),
		}
		if !r.NextAt.IsZero() {
			list[i].NextAt = instant(r.NextAt)
		}
	}
	return list, nil
}

// mistakenBody says that a referral was entered in error.
type mistakenBody struct {
	RequestID string `json:"request_id"`
}

// mistakenReferral ends a referral that was entered in error; the same again changes nothing.
func (s *Server) mistakenReferral(c echo.Context) error {
	if s.referrals == nil {
		return helpline.ErrBusy
	}
	var b mistakenBody
	if _, err := decode(c, &b); err != nil {
		return err
	}
	if !canonical(b.RequestID) {
		return invalid("request_id")
	}
	if !canonical(c.Param("referral")) {
		return helpline.ErrNotFound
	}
	r, err := s.referrals.Once(b.RequestID).Mistaken(c.Request().Context(), signedIn(c).Person.ID, c.Param("referral"))
	if err != nil {
		return asBusy(err)
	}
	return c.JSON(http.StatusOK, finishedBody{string(r.State())})
}

// away says why a store could not be asked, and gives its name for whoever looks.
func (s *Server) away(ctx context.Context, store string, err error) string {
	code, _ := codeOf(err)
	s.log.ErrorContext(ctx, "work left undone is not known", "store", store, "code", string(code), "error", outline(err))
	return store
}

// finishBody is a form as the console's outcome has it.
type finishBody struct {
	RequestID string          `json:"request_id"`
	Outcome   json.RawMessage `json:"outcome"`
}

type finishedBody struct {
	State string `json:"state"`
}

// finishForm records an owed form for a supervisor; the same again, or another while that is allowed, corrects it.
func (s *Server) finishForm(c echo.Context) error {
	if s.forms == nil {
		return helpline.ErrBusy
	}
	var b finishBody
	if _, err := decode(c, &b); err != nil {
		return err
	}
	if id, err := uuid.Parse(b.RequestID); err != nil || id.String() != b.RequestID || id.Version() != 4 {
		return invalid("request_id")
	}
	if !canonical(c.Param("contact")) {
		return helpline.ErrNotFound
	}
	a, err := codes.DecodeAnswers(b.Outcome)
	if err != nil {
		return badAnswers(err)
	}
	supervisor, ctx := signedIn(c).Person.ID, c.Request().Context()
	s.continueMatter(ctx, supervisor, c.Param("contact"), b.RequestID, &a)
	if err := s.forms.Finish(ctx, supervisor, c.Param("contact"), codes.Canonical(codes.Least(a))); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, finishedBody{"recorded"})
}

// continueMatter is what a form has to do with its matter, as at a console: one that was linked is continued, and
// whoever took the number and has no card yet gets one of the form's codes.
func (s *Server) continueMatter(ctx context.Context, supervisor, contact, request string, a *codes.Answers) {
	m := s.forms.Matter(ctx, supervisor, contact)
	if m.Continued {
		a.Matter = "continued"
	}
	if !m.Wanted || m.Carded {
		return
	}
	card := helpline.CardSheet{Codes: codes.CanonicalCard(codes.CardOf(*a))}
	if err := s.forms.Card(ctx, supervisor, contact, request, card); err != nil {
		code, _ := codeOf(err)
		s.log.ErrorContext(ctx, "card of a number that was taken is not kept", "code", string(code), "error", outline(err))
	}
}

// badAnswers names the field of a form at fault, never its value.
func badAnswers(err error) error {
	if bad, ok := errors.AsType[codes.Invalid](err); ok {
		return invalid("outcome." + bad.Field)
	}
	if bad, ok := errors.AsType[strict.Problem](err); ok {
		return invalid("outcome." + bad.Field)
	}
	return invalid("outcome")
}

// staffingBody is how many advisers each hour of the week wants, local time in Finland, and how many contacts came
// in it on average. Rows are the days, Monday first; each has 24 hours.
type staffingBody struct {
	Weeks      int            `json:"weeks"`
	Share      float64        `json:"share"`
	TargetSecs int64          `json:"target_seconds"`
	Advisers   [7][24]int     `json:"advisers"`
	Contacts   [7][24]float64 `json:"contacts"`
}

// showStaffing gives a supervisor the staffing by the hour of the week.
func (s *Server) showStaffing(c echo.Context) error {
	if s.staffing == nil {
		return helpline.ErrBusy
	}
	target, _ := s.targets(c.Request().Context())
	w, err := s.staffing(c.Request().Context(), target)
	if err != nil {
		return asBusy(err)
	}
	return c.JSON(http.StatusOK, staffingBody{w.Weeks, w.Share, seconds(w.Target), w.Advisers, w.Contacts})
}

// workPage renders what is left undone, with the form, in the browser's language; it holds nobody's data.
func (s *Server) workPage(c echo.Context) error {
	lang := s.pages.preferred(c.Request().Header.Get("Accept-Language"))
	c.Response().Header().Set("Vary", "Accept-Language")
	return s.page(c, s.pages.Work(lang, listsFor(lang)))
}

// Work renders the supervisors' page of what is left undone.
func (p *Pages) Work(lang string, data ConsoleData) []byte {
	return p.must("work.html", lang, ContactData{}, data)
}
