package web

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"adviceline/helpline"
	"adviceline/helpline/calendar"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
)

// Roster is where shifts are kept. SetRoster replaces those that end after now, whole or not at all; the same
// request and print again change nothing. Errors: ErrUnknownAdviser, ErrRequestReused, ErrBusy.
type Roster interface {
	Roster(ctx context.Context, after time.Time) ([]helpline.Shift, error)
	SetRoster(ctx context.Context, request string, print []byte, shifts []helpline.Shift, now time.Time) error
}

// rosterZone is the zone of a calendar's instants that name none.
const rosterZone = "Europe/Helsinki"

// shiftBody is one shift on the wire.
type shiftBody struct {
	Name  string `json:"name"`
	Tier  int    `json:"tier"`
	From  string `json:"from"`
	Until string `json:"until"`
}

type rosterBody struct {
	Shifts []shiftBody `json:"shifts"`
}

type rosterChange struct {
	RequestID string      `json:"request_id"`
	Shifts    []shiftBody `json:"shifts"`
}

type rosterImport struct {
	RequestID string `json:"request_id"`
	Calendar  string `json:"calendar"`
}

// rosterSize tells how many shifts were stored.
type rosterSize struct {
	Shifts int `json:"shifts"`
}

// showRoster gives the shifts that are not over.
func (s *Server) showRoster(c echo.Context) error {
	if s.roster == nil {
		return helpline.ErrBusy
	}
	shifts, err := s.roster.Roster(c.Request().Context(), s.now())
	if err != nil {
		return err
	}
	b := rosterBody{Shifts: []shiftBody{}}
	for _, x := range shifts {
		b.Shifts = append(b.Shifts, shiftBody{x.Name, x.Tier, instant(x.From), instant(x.Until)})
	}
	return c.JSON(http.StatusOK, b)
}

// setRoster replaces the shifts from now on.
func (s *Server) setRoster(c echo.Context) error {
	var b rosterChange
	body, err := decode(c, &b)
	if err != nil {
		return err
	}
	shifts := make([]helpline.Shift, len(b.Shifts))
	for i, x := range b.Shifts {
		from, wrong := time.Parse(time.RFC3339, x.From)
		until, bad := time.Parse(time.RFC3339, x.Until)
		if errors.Join(wrong, bad) != nil {
			return invalid("shifts")
		}
		shifts[i] = helpline.Shift{Name: x.Name, Tier: x.Tier, From: from, Until: until}
	}
	return s.keepRoster(c, b.RequestID, body, shifts)
}

// importRoster does the same out of an iCalendar file.
func (s *Server) importRoster(c echo.Context) error {
	var b rosterImport
	body, err := decode(c, &b)
	if err != nil {
		return err
	}
	zone, err := time.LoadLocation(rosterZone)
	if err != nil {
		return err
	}
	entries, err := calendar.Read(strings.NewReader(b.Calendar), calendar.Window{
		From: s.now(), Until: s.now().Add(helpline.RosterAhead), Zone: zone, Most: helpline.MaxShifts,
	})
	if errors.Is(err, calendar.ErrTooLarge) {
		return helpline.ErrTooManyShifts
	}
	if err != nil {
		return helpline.ErrBrokenCalendar
	}
	shifts := make([]helpline.Shift, len(entries))
	for i, e := range entries {
		shifts[i] = helpline.Shift{Name: e.Name, Tier: e.Tier, From: e.From, Until: e.Until}
	}
	return s.keepRoster(c, b.RequestID, body, shifts)
}

func (s *Server) keepRoster(c echo.Context, request string, body []byte, shifts []helpline.Shift) error {
	if s.roster == nil {
		return helpline.ErrBusy
	}
	if id, err := uuid.Parse(request); err != nil || id.String() != request || id.Version() != 4 {
		return invalid("request_id")
	}
	now := s.now()
	if err := helpline.CheckShifts(shifts, now); err != nil {
		return err
	}
	print := sha256.Sum256(body)
	if err := s.roster.SetRoster(c.Request().Context(), request, print[:], shifts, now); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, rosterSize{len(shifts)})
}

// askPage shows the button of a page's link; it asks and changes nothing, as mail programs follow links.
func (s *Server) askPage(c echo.Context) error {
	if _, _, err := s.line.Tokens.OpenPage(c.Param("token")); err != nil {
		return s.pageRefused(c, err)
	}
	return s.pageStep(c, http.StatusOK, "ask")
}

// takePage takes the word of whoever pressed it. The answer does not tell whether the round was over.
func (s *Server) takePage(c echo.Context) error {
	if err := s.posts.take(s.network(c)); err != nil {
		return s.pageRefused(c, err)
	}
	open, err := s.line.Acknowledge(c.Request().Context(), c.Param("token"))
	if err != nil {
		return s.pageRefused(c, err)
	}
	if !open {
		return s.pageStep(c, http.StatusOK, "over")
	}
	return s.pageStep(c, http.StatusOK, "taken")
}

// pageRefused tells whoever was woken in words, with the status of the error: they look at a browser. What is a
// fault of ours stays one.
func (s *Server) pageRefused(c echo.Context, err error) error {
	code, _ := codeOf(err)
	status := answers[code].status
	switch {
	case code == codeInternal:
		return err
	case code == helpline.ErrNotFound:
		return s.pageStep(c, status, "gone")
	case status == http.StatusTooManyRequests:
		c.Response().Header().Set("Retry-After", strconv.Itoa(retryAfter(err)))
	}
	return s.pageStep(c, status, "failed")
}

func (s *Server) pageStep(c echo.Context, status int, step string) error {
	c.Response().Header().Set("Vary", "Accept-Language")
	html := s.pages.Page(s.pages.preferred(c.Request().Header.Get("Accept-Language")), step)
	return s.pageWith(c, status, html)
}
