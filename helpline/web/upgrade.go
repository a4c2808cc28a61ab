package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"adviceline/helpline"
	"adviceline/helpline/socket"

	"github.com/labstack/echo/v4"
)

// socketQueue is how many frames may wait for a contact's page: a whole conversation of 2,000
// messages comes at once when it returns. The write deadline cuts a page that does not read.
const socketQueue = 2200

// upgrader makes contact sockets.
func (s *Server) upgrader(o Options) (*socket.Upgrader, error) {
	return socket.New(socket.Options{
		Origins: o.Origins, Queue: socketQueue, ReadLimit: maxBody, Registry: o.Sockets,
		FirstFrame: o.FirstFrame, PingEvery: o.PingEvery, DeadAfter: o.DeadAfter,
		Refuse: func(w http.ResponseWriter, r *http.Request, _ int, code string) {
			if code == "sockets_full" {
				code = string(helpline.ErrBusy)
			}
			s.write(w, r, helpline.Code(code), "")
		},
		Panicked: func(any) {
			s.log.LogAttrs(context.Background(), slog.LevelError, "contact socket failed",
				slog.String("error", origin(4)))
		},
	})
}

// conversation opens the contact's socket. The handler returns; the connection goes on.
func (s *Server) conversation(c echo.Context) error {
	n := s.network(c)
	if err := s.upgrades.take(n); err != nil {
		return err
	}
	if err := s.caps.enter(n); err != nil {
		return err
	}
	s.opened(+1)
	t := &talk{hub: s.contacts, rate: s.frames, now: s.now, screen: s.screen, closed: func() {
		s.caps.leave(n)
		s.opened(-1)
	}}
	if !s.opens(c, t) {
		t.closed()
	}
	return nil
}

// opens makes a socket of a request and hands it over. False: it is refused and answered, or broken.
func (s *Server) opens(c echo.Context, h socket.Handler) bool {
	if err := s.sockets.Upgrade(c.Response(), c.Request(), h); err != nil {
		var refused socket.Refused
		if !errors.As(err, &refused) {
			c.Response().Committed = true // broken in the handshake: nobody is there to answer
		}
		return false
	}
	c.Response().Status, c.Response().Committed = http.StatusSwitchingProtocols, true
	return true
}
