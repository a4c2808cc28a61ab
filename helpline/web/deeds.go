package web

import (
	"net/http"
	"time"

	"adviceline/helpline"

	"github.com/labstack/echo/v4"
)

// deedBody is one row of the audit. Whose contact it was is not told.
type deedBody struct {
	At      string `json:"at"`
	Deed    string `json:"deed"`
	Code    string `json:"code,omitempty"`
	Adviser string `json:"adviser,omitempty"` // missing: no account did it
	Alias   string `json:"alias,omitempty"`
}

type auditBody struct {
	Deeds []deedBody `json:"deeds"`
}

const auditPage = 100

// showAudit gives a supervisor what was noted, latest first; that it was read is noted first. before: an instant of
// the list, for what comes after it.
func (s *Server) showAudit(c echo.Context) error {
	if s.deeds == nil {
		return helpline.ErrBusy
	}
	before, err := beforeOf(c)
	if err != nil {
		return err
	}
	list, err := s.deeds.Read(c.Request().Context(), signedIn(c).Person.ID, before, auditPage)
	if err != nil {
		return asBusy(err)
	}
	b := auditBody{Deeds: make([]deedBody, len(list))}
	for i, d := range list {
		b.Deeds[i] = deedBody{At: instant(d.At), Deed: d.Deed, Code: d.Code, Alias: d.Alias}
		if d.Adviser != helpline.Nobody {
			b.Deeds[i].Adviser = d.Adviser
		}
	}
	return c.JSON(http.StatusOK, b)
}

// beforeOf reads the instant that a list goes on from; zero where it begins.
func beforeOf(c echo.Context) (time.Time, error) {
	text := c.QueryParam("before")
	if text == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(instantLayout, text)
	if err != nil {
		return at, invalid("before")
	}
	return at, nil
}
