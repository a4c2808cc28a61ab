package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"

	"adviceline/helpline"
	"adviceline/helpline/socket"

	"github.com/labstack/echo/v4"
)

// maxPost is how many frames one post may bring: as many messages as may stand unanswered.
const maxPost = 16

// contactStream is the contact's socket for those whose proxy lets none through: the same talk, with
// frames as server-sent events. What hello says comes in headers.
func (s *Server) contactStream(c echo.Context) error {
	after, err := strconv.ParseInt(c.Request().Header.Get("Last-Event-ID"), 10, 64)
	if c.Request().Header.Get("Last-Event-ID") == "" {
		after, err = 0, nil
	}
	if err != nil {
		after = -1 // which hello refuses
	}
	hello, err := json.Marshal(map[string]any{"type": "hello", "v": socket.Version, "token": bearer(c), "after": after})
	if err != nil {
		return codeMalformed
	}
	n := s.network(c)
	if err := s.upgrades.take(n); err != nil {
		return err
	}
	if err := s.caps.enter(n); err != nil {
		return err
	}
	s.opened(+1)
	t := &talk{hub: s.contacts, rate: s.frames, now: s.now, stream: true, screen: s.screen, closed: func() {
		s.caps.leave(n)
		s.opened(-1)
	}}
	err = s.sockets.Stream(c.Response(), c.Request(), hello, t)
	if _, refused := errors.AsType[socket.Refused](err); refused {
		t.closed()
	}
	return nil
}

// postBody is what the page of a stream posts. No frame at all is a sign of life.
type postBody struct {
	Stream string            `json:"stream"`
	Frames []json.RawMessage `json:"frames"`
}

// contactFrames takes frames to the contact's stream, which may be at any node; so is their answer.
func (s *Server) contactFrames(c echo.Context) error {
	p, err := s.posted(c)
	if err != nil {
		return err
	}
	return took(c, s.line.ForwardContact(c.Request().Context(), bearer(c), p.Stream, p.Frames))
}

// consoleFrames is the same for a console: the name of its stream is the proof, as an open socket is,
// also when the sign-in grew old meanwhile.
func (s *Server) consoleFrames(c echo.Context) error {
	p, err := s.posted(c)
	if err != nil {
		return err
	}
	return took(c, s.line.ForwardConsole(c.Request().Context(), p.Stream, p.Frames))
}

func (s *Server) posted(c echo.Context) (p postBody, err error) {
	if err := s.posts.take(s.network(c)); err != nil {
		return p, err
	}
	if _, err := decode(c, &p); err != nil {
		return p, err
	}
	if p.Stream == "" || len(p.Stream) > 100 {
		return p, invalid("stream")
	}
	if len(p.Frames) > maxPost {
		return p, invalid("frames")
	}
	return p, nil
}

func took(c echo.Context, err error) error {
	if errors.Is(err, helpline.ErrConsoleReplaced) {
		return codeReplaced
	}
	if err != nil {
		return err
	}
	return c.NoContent(http.StatusAccepted)
}

// consoleStream hands the request to the adviser's side; its body is the hello.
func (s *Server) consoleStream(c echo.Context) error {
	if err := s.upgrades.take(s.network(c)); err != nil {
		return err
	}
	hello, err := readJSON(c)
	if err != nil {
		return err
	}
	c.Request().Body = io.NopCloser(bytes.NewReader(hello))
	s.console.ServeHTTP(c.Response(), c.Request())
	return nil
}
