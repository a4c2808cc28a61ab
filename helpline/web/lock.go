package web

import (
	"errors"
	"net/http"

	"adviceline/helpline"

	"github.com/labstack/echo/v4"
)

// lockedName is the cookie of a session whose screen is locked. It opens the console's socket again, so that the
// locked page goes on ringing, takes the PIN, and opens nothing else: a page that is loaded anew asks for the password.
func (s *Server) lockedName() string { return s.cookie + "-locked" }

// lock moves the session into the cookie of a locked screen. The way back is the PIN, or to sign in.
func (s *Server) lock(c echo.Context) error {
	cookie, err := c.Cookie(s.cookie)
	if err != nil {
		return helpline.ErrSignedOut
	}
	c.SetCookie(s.cookieOf(s.lockedName(), cookie.Value, 0))
	c.SetCookie(s.cookieOf(s.cookie, "", -1))
	return c.NoContent(http.StatusNoContent)
}

// pinBody is six digits.
type pinBody struct {
	Pin string `json:"pin"`
}

// setPin gives the session a PIN.
func (s *Server) setPin(c echo.Context) error {
	var b pinBody
	if _, err := decode(c, &b); err != nil {
		return err
	}
	if s.pins == nil {
		return helpline.ErrBusy
	}
	err := s.pins.SetPin(c.Request().Context(), s.opener(c, route{}), b.Pin)
	if errors.Is(err, helpline.ErrInvalid) {
		return invalid("pin")
	}
	if err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// unlock moves the session of a locked screen back. The right PIN costs the network nothing.
func (s *Server) unlock(c echo.Context) error {
	var b pinBody
	if _, err := decode(c, &b); err != nil {
		return err
	}
	if s.pins == nil {
		return helpline.ErrBusy
	}
	id, from := s.opener(c, route{name: "unlock"}), s.network(c)
	if err := s.signIns.take(from); err != nil {
		return err
	}
	if err := s.pins.Unlock(c.Request().Context(), id, b.Pin); err != nil {
		return err
	}
	s.signIns.give(from)
	c.SetCookie(s.cookieOf(s.cookie, id, 0))
	c.SetCookie(s.cookieOf(s.lockedName(), "", -1))
	return c.NoContent(http.StatusNoContent)
}

// opener gives the cookie that may use a route: the session's, for a ticket also that of a locked screen, which alone
// can be unlocked.
func (s *Server) opener(c echo.Context, r route) string {
	names := []string{s.cookie}
	switch r.name {
	case "ticket":
		names = append(names, s.lockedName())
	case "unlock":
		names = []string{s.lockedName()}
	}
	for _, name := range names {
		if cookie, err := c.Cookie(name); err == nil && cookie.Value != "" {
			return cookie.Value
		}
	}
	return ""
}
