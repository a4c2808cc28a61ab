package web

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"adviceline/helpline"

	"github.com/labstack/echo/v4"
)

// SignIn is the house's door for its own people. Errors: ErrBadCredentials (one for every cause),
// ErrSignedOut, ErrTooMany, ErrBusy.
type SignIn interface {
	// SignIn gives the opaque id that only the cookie holds.
	SignIn(ctx context.Context, name, password string) (id string, s helpline.Session, err error)
	Session(ctx context.Context, id string) (helpline.Session, error)
	SignOut(ctx context.Context, id string) error
	// Ticket opens one console socket, once, until the instant given.
	Ticket(ctx context.Context, s helpline.Session) (ticket string, expires time.Time, err error)
	// Redeem gives the session of a ticket, once.
	Redeem(ctx context.Context, ticket string) (s helpline.Session, number int64, err error)
}

// Pins opens locked screens. Errors: ErrInvalid, ErrWrongPin, ErrPinSpent, ErrSignedOut.
type Pins interface {
	SetPin(ctx context.Context, id, pin string) error
	Unlock(ctx context.Context, id, pin string) error
}

// signInBody is what a person signs in with; code is for a second factor to come.
type signInBody struct {
	Name     string `json:"name"`
	Password string `json:"password"`
	Code     string `json:"code"`
}

// signIn opens a session: 204 and its cookie.
func (s *Server) signIn(c echo.Context) error {
	var b signInBody
	if _, err := decode(c, &b); err != nil {
		return err
	}
	if err := s.signIns.take(s.network(c)); err != nil {
		return err
	}
	id, _, err := s.signer.SignIn(c.Request().Context(), b.Name, b.Password)
	if err != nil {
		return err
	}
	c.SetCookie(s.cookieOf(s.cookie, id, 0))
	if _, err := c.Cookie(s.lockedName()); err == nil {
		c.SetCookie(s.cookieOf(s.lockedName(), "", -1))
	}
	return c.NoContent(http.StatusNoContent)
}

// cookieOf makes a cookie that holds the session; a negative age removes it.
func (s *Server) cookieOf(name, id string, age int) *http.Cookie {
	return &http.Cookie{ // #nosec G124 -- Secure unless over plain http on loopback
		Name: name, Value: id, Path: "/", MaxAge: age,
		Secure: s.secure, HttpOnly: true, SameSite: http.SameSiteStrictMode,
	}
}

// sessionBody tells a person who they are here, whether a PIN opens their locked screen, and how long the sign-in lasts.
type sessionBody struct {
	Name      string   `json:"name"`
	Roles     []string `json:"roles"`
	Languages []string `json:"languages"`
	Pin       bool     `json:"pin"`
	Seconds   int64    `json:"seconds_left"`
}

// session tells whose session it is.
func (s *Server) session(c echo.Context) error {
	signed := signedIn(c)
	p := signed.Person
	return c.JSON(http.StatusOK, sessionBody{
		Name: p.Name, Roles: append([]string{}, p.Roles...), Languages: append([]string{}, p.Languages...),
		Pin: signed.Pin, Seconds: max(0, seconds(signed.Expires.Sub(s.now()))),
	})
}

// signOut ends the session, also one that is not there any more.
func (s *Server) signOut(c echo.Context) error {
	// Whatever the stores say, the next person at this machine is not signed in.
	c.SetCookie(s.cookieOf(s.cookie, "", -1))
	c.SetCookie(s.cookieOf(s.lockedName(), "", -1))
	for _, name := range []string{s.cookie, s.lockedName()} {
		cookie, err := c.Cookie(name)
		if err != nil {
			continue
		}
		if err := s.signer.SignOut(c.Request().Context(), cookie.Value); err != nil {
			return err
		}
	}
	return c.NoContent(http.StatusNoContent)
}

// ticketBody opens one socket of an account.
type ticketBody struct {
	Ticket  string `json:"ticket"`
	Expires string `json:"expires_at"`
}

// ticket gives an account a ticket: an adviser for the console's socket, a supervisor to listen in.
func (s *Server) ticket(c echo.Context) error {
	t, expires, err := s.signer.Ticket(c.Request().Context(), signedIn(c))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, ticketBody{Ticket: t, Expires: instant(expires)})
}

// consoleSocket hands the connection to the adviser's side; the ticket comes in its hello.
func (s *Server) consoleSocket(c echo.Context) error {
	if err := s.upgrades.take(s.network(c)); err != nil {
		return err
	}
	s.console.ServeHTTP(c.Response(), c.Request())
	return nil
}

// admit lets through who has the route's permission.
func (s *Server) admit(r route, next echo.HandlerFunc) echo.HandlerFunc {
	if r.allow == public || r.allow == token {
		return next
	}
	return func(c echo.Context) error {
		session, err := s.sessionOf(c, r)
		if errors.Is(err, helpline.ErrSignedOut) && strings.HasPrefix(r.path, "/board/") {
			return c.Redirect(http.StatusSeeOther, "/board") // where one signs in
		}
		if err != nil {
			return err
		}
		if !r.allow.allows(session.Person.Roles) {
			return helpline.ErrForbidden
		}
		c.Set(sessionKey, session)
		return next(c)
	}
}

// sessionOf reads the session of the cookie that may use a route.
func (s *Server) sessionOf(c echo.Context, r route) (helpline.Session, error) {
	id := s.opener(c, r)
	if id == "" {
		return helpline.Session{}, helpline.ErrSignedOut
	}
	return s.signer.Session(c.Request().Context(), id)
}

const sessionKey = "session"

// signedIn gives the session that admit has found.
func signedIn(c echo.Context) helpline.Session {
	session, _ := c.Get(sessionKey).(helpline.Session)
	return session
}

// instant writes a time as the wire does.
func instant(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
