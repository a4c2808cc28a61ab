package web

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"adviceline/helpline"
	"adviceline/helpline/codes"

	"github.com/labstack/echo/v4"
)

// HandData is what the page of a receiver shows. Letter and Safe are empty until the code was told.
type HandData struct {
	Lost     bool // the link leads nowhere: unknown, or the matter is closed; nothing else is told then
	Word     string
	Phone    string // of the line
	Fault    string // id of a word
	Said     string // id of a word
	Shut     bool   // nothing more can be done here
	Key      string
	None     bool // the person must not be contacted
	Safe     []SafeRow
	Language string
	Letter   string
	Gone     bool
	Steps    []string
	Reasons  []Choice
}

// SafeRow is one line of how the person may be reached: ids of words.
type SafeRow struct{ Field, Value string }

// said is what each step of a receiver means.
var said = map[string]helpline.ReferralState{
	"read": "", "acknowledge": helpline.ReferralReceived, "ask": helpline.ReferralInfoNeeded, "accept": helpline.ReferralAccepted,
	"decline": helpline.ReferralDeclined, "arrived": helpline.ReferralConnected,
}

// stepsFrom gives what a receiver can do next, in the order of the page.
func stepsFrom(state helpline.ReferralState) []string {
	var list []string
	for _, step := range []string{"acknowledge", "accept", "ask", "decline", "arrived"} {
		to := said[step]
		implied := state == helpline.ReferralSent && helpline.ReferralReceived.May(to)
		if state.May(to) || implied {
			list = append(list, step)
		}
	}
	return list
}

// showHanded shows what a link leads to; programs that read mail follow links, so it changes nothing.
func (s *Server) showHanded(c echo.Context) error {
	if s.referrals == nil {
		return helpline.ErrNotFound
	}
	h, err := s.referrals.Show(c.Request().Context(), c.Param("token"))
	if err != nil {
		return s.unhanded(c, err)
	}
	return s.handed(c, HandData{Word: h.Word, Shut: !h.State.Open()})
}

// takeHanded takes one form of the receiver's page: the code first, then what they say.
func (s *Server) takeHanded(c echo.Context) error {
	if s.referrals == nil {
		return helpline.ErrNotFound
	}
	if err := s.posts.take(s.network(c)); err != nil {
		return err
	}
	_, form, err := readForm(c)
	if err != nil {
		return err
	}
	ctx, token, step := c.Request().Context(), c.Param("token"), form.Get("step")
	if step == "open" {
		h, err := s.referrals.Unlock(ctx, token, strings.ReplaceAll(form.Get("code"), " ", ""))
		if errors.Is(err, helpline.ErrWrongCode) {
			return s.again(c, token, "hp.wrong")
		}
		if err != nil {
			return s.unhanded(c, err)
		}
		return s.handed(c, s.handData(c, h, ""))
	}
	state, known := said[step]
	if !known || step == "decline" && !codes.DeclineReason.Has(form.Get("reason")) {
		return invalid("step")
	}
	x := helpline.Receipt{State: state}
	if step == "decline" {
		x.Reason = form.Get("reason")
	}
	h, err := s.referrals.Say(ctx, token, form.Get("key"), x)
	switch {
	case errors.Is(err, helpline.ErrNotOpened):
		return s.again(c, token, "hp.reopen")
	case errors.Is(err, helpline.ErrForbiddenMove):
		if h, err = s.referrals.Say(ctx, token, form.Get("key"), helpline.Receipt{}); err == nil {
			return s.handed(c, s.handData(c, h, ""))
		}
	}
	if err != nil {
		return s.unhanded(c, err)
	}
	return s.handed(c, s.handData(c, h, "hp.said_"+step))
}

// again shows the form of the code once more.
func (s *Server) again(c echo.Context, token, fault string) error {
	h, err := s.referrals.Show(c.Request().Context(), token)
	if err != nil {
		return s.unhanded(c, err)
	}
	return s.handed(c, HandData{Word: h.Word, Shut: !h.State.Open(), Fault: fault})
}

func (s *Server) handData(c echo.Context, h helpline.Handed, word string) HandData {
	lang := s.pages.preferred(c.Request().Header.Get("Accept-Language"))
	d := HandData{
		Word: h.Word, Said: word, Shut: h.State == helpline.ReferralDeclined, Key: h.Key, Language: codes.Language.Label(h.Language, lang),
		Letter: h.Letter.Reveal(), Gone: h.Gone, Steps: stepsFrom(h.State),
		Reasons: slices.DeleteFunc(choices(codes.DeclineReason, lang), func(x Choice) bool { return !strings.HasPrefix(x.Code, "r_") }),
	}
	if h.Safe == nil || h.Safe.None {
		d.None = true
		return d
	}
	for _, row := range [][2]string{{"way", h.Safe.Way}, {"hours", h.Safe.Hours}, {"say", h.Safe.Say}, {"voice", h.Safe.Voice}, {"watched", h.Safe.Watched}} {
		d.Safe = append(d.Safe, SafeRow{"sc." + row[0], "sc." + row[0] + "_" + row[1]})
	}
	return d
}

func (s *Server) handed(c echo.Context, d HandData) error {
	return s.handedAs(c, http.StatusOK, d)
}

// unhanded tells people on a page that a link leads nowhere; every other failure is a problem.
func (s *Server) unhanded(c echo.Context, err error) error {
	if !errors.Is(err, helpline.ErrNotFound) {
		return asBusy(err)
	}
	return s.handedAs(c, http.StatusNotFound, HandData{Lost: true})
}

func (s *Server) handedAs(c echo.Context, status int, d HandData) error {
	d.Phone = s.phone
	s.pages.Headers(c.Response().Header())
	c.Response().Header().Set("Vary", "Accept-Language")
	c.Response().WriteHeader(status)
	_, err := c.Response().Write(s.pages.Handed(s.pages.preferred(c.Request().Header.Get("Accept-Language")), d))
	return err
}

// partnerBody is one step of a receiver's own system.
type partnerBody struct {
	Token  string `json:"token"`
	Step   string `json:"step"`
	Reason string `json:"reason"`
}

// handedBody is what such a system sees; Letter is missing when it can be read no more.
type handedBody struct {
	Word     string                 `json:"word"`
	State    helpline.ReferralState `json:"state"`
	Language string                 `json:"language,omitempty"`
	Safe     *helpline.Safe         `json:"safe,omitempty"`
	Letter   string                 `json:"letter,omitempty"`
}

// partner lets a receiver's system do what its people do on the page; its key stands for the code.
func (s *Server) partner(c echo.Context) error {
	if s.referrals == nil {
		return helpline.ErrNotFound
	}
	if err := s.posts.take(s.network(c)); err != nil {
		return err
	}
	var b partnerBody
	if _, err := decode(c, &b); err != nil {
		return err
	}
	state, known := said[b.Step]
	if !known {
		return invalid("step")
	}
	if (b.Step == "decline") != codes.DeclineReason.Has(b.Reason) {
		return invalid("reason")
	}
	h, err := s.referrals.Partner(c.Request().Context(), b.Token, bearer(c), helpline.Receipt{State: state, Reason: b.Reason})
	if err != nil {
		return asBusy(err)
	}
	return c.JSON(http.StatusOK, handedBody{h.Word, h.State, h.Language, h.Safe, h.Letter.Reveal()})
}

// asBusy keeps the codes of the house and says busy for what has none here, as when Postgres is away.
func asBusy(err error) error {
	code, coded := errors.AsType[helpline.Code](err)
	if _, known := answers[code]; coded && known {
		return err
	}
	return errors.Join(helpline.ErrBusy, err)
}
