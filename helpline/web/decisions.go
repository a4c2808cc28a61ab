package web

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"

	"adviceline/helpline"

	"github.com/labstack/echo/v4"
)

// Decisions gives what the ledger knows of a contact, in order; helpline.ErrNotFound for one that it does
// not know.
type Decisions func(ctx context.Context, contact string) ([]helpline.Decision, error)

// decisionsBody is what was decided about one contact.
type decisionsBody struct {
	Decisions []decisionBody `json:"decisions"`
}

// decisionBody is one step: codes and advisers, nothing of the person.
type decisionBody struct {
	At      string          `json:"at"`
	Kind    string          `json:"kind"`
	Adviser string          `json:"adviser,omitempty"`
	Alias   string          `json:"alias,omitempty"`
	Reason  string          `json:"reason,omitempty"`
	Why     json.RawMessage `json:"why,omitempty"`
}

// decisions tells a supervisor who was offered a contact, when, and why not others.
func (s *Server) decisions(c echo.Context) error {
	contact := c.Param("contact")
	if s.decided == nil || !canonical(contact) {
		return helpline.ErrNotFound
	}
	list, err := s.decided(c.Request().Context(), contact)
	if errors.Is(err, helpline.ErrNotFound) {
		return helpline.ErrNotFound
	}
	if err != nil {
		s.log.LogAttrs(c.Request().Context(), slog.LevelWarn, "decisions cannot be read", slog.String("error", outline(err)))
		return helpline.ErrBusy
	}
	out := decisionsBody{Decisions: make([]decisionBody, 0, len(list))}
	for _, d := range list {
		out.Decisions = append(out.Decisions, decisionBody{
			At: instant(d.At), Kind: d.Kind, Adviser: d.Adviser, Alias: d.Alias, Reason: d.Reason, Why: json.RawMessage(d.Why),
		})
	}
	return c.JSON(http.StatusOK, out)
}
