package web

import (
	"net/http"

	"adviceline/helpline"

	"github.com/labstack/echo/v4"
)

// lockedName is the cookie of a session whose screen is locked. It opens the console's socket again, so that the
// locked page goes on ringing, and nothing else: a page that is loaded anew asks for the password.
func (s *Server) lockedName() string { return s.cookie + "-locked" }

// lock moves the session into the cookie of a locked screen. The way back is to sign in.
func (s *Server) lock(c echo.Context) error {
	cookie, err := c.Cookie(s.cookie)
	if err != nil {
		return helpline.ErrSignedOut
	}
	c.SetCookie(s.cookieOf(s.lockedName(), cookie.Value, 0))
	c.SetCookie(s.cookieOf(s.cookie, "", -1))
	return c.NoContent(http.StatusNoContent)
}

// opener gives the cookie that may use a route: the session's, for a ticket also that of a locked screen.
func (s *Server) opener(c echo.Context, r route) string {
	names := []string{s.cookie}
	if r.name == "ticket" {
		names = append(names, s.lockedName())
	}
	for _, name := range names {
		if cookie, err := c.Cookie(name); err == nil && cookie.Value != "" {
			return cookie.Value
		}
	}
	return ""
}
