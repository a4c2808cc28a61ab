package web

import (
	"context"
	"net/http"

	"adviceline/helpline"

	"github.com/labstack/echo/v4"
)

// disclosureBody is one line of the register.
type disclosureBody struct {
	ID       string `json:"id"`
	At       string `json:"at"`
	Ground   string `json:"ground"`
	Receiver string `json:"receiver"`
	Receipt  string `json:"receipt,omitempty"`
	Adviser  string `json:"adviser"`
	Alias    string `json:"alias,omitempty"`
	Seen     string `json:"seen,omitempty"`
	SeenBy   string `json:"seen_by,omitempty"`
	SeenWho  string `json:"seen_alias,omitempty"`
}

type registerBody struct {
	Disclosures []disclosureBody `json:"disclosures"`
}

type seenBody struct {
	State string `json:"state"`
}

const registerPage = 100

// unseen counts the lines that no supervisor has noted; none while they cannot be counted, which degraded tells.
func (s *Server) unseen(ctx context.Context) int {
	if s.register == nil {
		return 0
	}
	n, err := s.register.Store.UnseenDisclosures(ctx)
	if err != nil {
		return 0
	}
	return n
}

// showRegister gives a supervisor the register of disclosures, latest first; that it was read is noted
// first. before: an instant of the list, for what comes after it.
func (s *Server) showRegister(c echo.Context) error {
	if s.register == nil {
		return helpline.ErrBusy
	}
	before, err := beforeOf(c)
	if err != nil {
		return err
	}
	list, err := s.register.Read(c.Request().Context(), signedIn(c).Person.ID, before, registerPage)
	if err != nil {
		return asBusy(err)
	}
	b := registerBody{Disclosures: make([]disclosureBody, len(list))}
	for i, d := range list {
		b.Disclosures[i] = disclosureBody{
			ID: d.ID, At: instant(d.At), Ground: d.Ground, Receiver: d.Receiver, Receipt: d.Receipt, Adviser: d.Adviser,
			Alias: d.Alias, SeenBy: d.SeenBy, SeenWho: d.SeenWho,
		}
		if !d.Seen.IsZero() {
			b.Disclosures[i].Seen = instant(d.Seen)
		}
	}
	return c.JSON(http.StatusOK, b)
}

// seeDisclosure notes that the supervisor has seen one; the first stays.
func (s *Server) seeDisclosure(c echo.Context) error {
	if s.register == nil {
		return helpline.ErrBusy
	}
	if !canonical(c.Param("disclosure")) {
		return helpline.ErrNotFound
	}
	if err := s.register.See(c.Request().Context(), signedIn(c).Person.ID, c.Param("disclosure")); err != nil {
		return asBusy(err)
	}
	return c.JSON(http.StatusOK, seenBody{"seen"})
}
