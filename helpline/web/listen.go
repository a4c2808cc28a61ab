package web

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"adviceline/helpline"
	"adviceline/helpline/socket"
	"adviceline/helpline/strict"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
)

// Listening is what listening in on a chat does: helpline.Listening.
type Listening interface {
	Begin(ctx context.Context, l helpline.Listener) error
	End(ctx context.Context, contact, socket string) error
	Heard(ctx context.Context, contact string, n helpline.Notice) helpline.Message
}

// Listeners is the hub of this node's sockets on which supervisors listen in. What is heard is kept nowhere. Safe for
// concurrent use.
type Listeners struct {
	steps Listening
	log   *slog.Logger

	mu   sync.Mutex
	open map[string]*listener // by socket
}

// NewListeners makes an empty hub.
func NewListeners(steps Listening, log *slog.Logger) *Listeners {
	return &Listeners{steps: steps, log: log, open: map[string]*listener{}}
}

// Deliver takes a notice for who listens in ("l:" + contact), and those of accounts that are signed out; others are
// ignored. It never blocks.
func (h *Listeners) Deliver(n helpline.Notice) {
	switch person, account := strings.CutPrefix(n.To, "a:"); {
	case account && n.Kind == helpline.NoticeSignOut:
		for _, l := range h.all() {
			if l.person.ID == person {
				l.conn.Close(answers[helpline.ErrSignedOut].close, string(helpline.ErrSignedOut))
			}
		}
	case strings.HasPrefix(n.To, "l:"):
		h.mu.Lock()
		l := h.open[n.State]
		h.mu.Unlock()
		if l != nil && n.To == "l:"+l.contact {
			l.deliver(n)
		}
	}
}

// Cut ends all: notices may have been missed, or both sides may have been told that nobody listens in any more. Who
// wants to go on begins anew, and both are told anew.
func (h *Listeners) Cut() {
	for _, l := range h.all() {
		l.conn.Close(socket.CodeNodeStops, "reconnect")
	}
}

func (h *Listeners) all() []*listener {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := make([]*listener, 0, len(h.open))
	for _, l := range h.open {
		out = append(out, l)
	}
	return out
}

func (h *Listeners) set(l *listener, open bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if open {
		h.open[l.socket] = l
	} else {
		delete(h.open, l.socket)
	}
}

// listenFrame opens a socket on which a supervisor listens in. There is no other frame: nothing can be said there.
type listenFrame struct {
	Type    string     `json:"type"`
	V       int        `json:"v"`
	Ticket  string     `json:"ticket"`
	Contact string     `json:"contact"`
	Pad     strict.Pad `json:"pad"`
}

// listeningFrame: both sides have been told, and what they say from now on comes.
type listeningFrame struct {
	Type string `json:"type"`
	V    int    `json:"v"`
}

// listener is one socket on which a supervisor listens in; it is the connection's socket.Handler.
type listener struct {
	hub     *Listeners
	redeem  func(ctx context.Context, ticket string) (s helpline.Session, number int64, err error)
	stopped <-chan struct{} // the node's
	socket  string

	// Set by hello before the socket is known to the hub.
	conn    *socket.Conn
	person  helpline.Person
	contact string
	session *time.Timer // closes the socket when the sign-in is over

	mu   sync.Mutex
	held []helpline.Notice // what came before both sides were told by our knowledge
	told bool
}

// Frame takes the hello, and refuses whatever else is sent.
func (l *listener) Frame(ctx context.Context, c *socket.Conn, frame []byte) error {
	if l.conn != nil {
		c.Send(encode(errorFrame{Type: "error", Code: helpline.ErrForbidden}))
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	err := l.hello(ctx, c, frame)
	if err == nil {
		return nil
	}
	code, _ := codeOf(err)
	if code == codeInternal {
		l.hub.log.ErrorContext(ctx, "listening in failed", "error", outline(err))
	}
	a := answers[code]
	if a.close == 0 {
		a.close = answers[helpline.ErrNotFound].close
	}
	c.Send(encode(errorFrame{Type: "error", Code: code, Retry: a.retry}))
	return socket.Stop{Code: a.close, Reason: string(code)}
}

// hello looks who it is, then begins. The hub knows the socket before both sides are told, so that nothing that is said
// afterwards is missed.
func (l *listener) hello(ctx context.Context, c *socket.Conn, data []byte) error {
	var f listenFrame
	if strict.Decode(data, &f) != nil || f.Type != "hello" {
		return codeBadHello
	}
	if !socket.Serves(f.V) {
		return codeVersion
	}
	s, _, err := l.redeem(ctx, f.Ticket)
	switch {
	case err != nil:
		return asBusy(err)
	case !slices.Contains(s.Person.Roles, helpline.RoleSupervisor):
		return helpline.ErrForbidden
	case !canonical(f.Contact):
		return helpline.ErrNotFound
	}
	l.conn, l.person, l.contact = c, s.Person, f.Contact
	l.session = time.AfterFunc(time.Until(s.Expires), func() {
		c.Close(answers[helpline.ErrSignedOut].close, string(helpline.ErrSignedOut))
	})
	l.hub.set(l, true)
	who := helpline.Listener{Contact: l.contact, Supervisor: l.person.ID, Alias: l.person.Alias, Socket: l.socket}
	if err := l.hub.steps.Begin(ctx, who); err != nil {
		return asBusy(err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.told = true
	c.Send(encode(listeningFrame{Type: "listening", V: socket.Version}))
	for _, n := range l.held {
		l.tell(n)
	}
	l.held = nil
	return nil
}

func (l *listener) deliver(n helpline.Notice) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.told:
		l.tell(n)
	case len(l.held) >= maxInbox:
		l.conn.Close(answers[codeSlow].close, string(codeSlow))
	default:
		l.held = append(l.held, n)
	}
}

// tell opens a message for this socket alone; l.mu is held.
func (l *listener) tell(n helpline.Notice) {
	switch n.Kind {
	case helpline.NoticeMessage:
		m := l.hub.steps.Heard(l.conn.Context(), l.contact, n)
		l.conn.Send(encode(messageFrame{Type: "message", Seq: m.Seq, CID: m.CID, From: m.From, Text: m.Text.Reveal(), At: instant(m.At), Marked: m.Marked}))
	case helpline.NoticeEnded:
		l.conn.Send(encode(bareFrame{Type: "ended"}))
		l.conn.Close(socket.CodeEnded, "ended")
	}
}

// Closed tells the line that nobody listens in here any more, until it is heard: else both sides would name who is
// gone. A node that stops tries once, then its lease tells it.
func (l *listener) Closed(*socket.Conn) {
	if l.conn == nil {
		return
	}
	l.session.Stop()
	l.hub.set(l, false)
	for {
		ctx, cancel := context.WithTimeout(context.Background(), standTimeout)
		err := l.hub.steps.End(ctx, l.contact, l.socket)
		cancel()
		if err == nil || errors.Is(err, helpline.ErrNotFound) {
			return
		}
		l.hub.log.Warn("end of listening in not told yet", "error", outline(err))
		timer := time.NewTimer(standPause)
		select {
		case <-timer.C:
		case <-l.stopped:
			timer.Stop()
			return
		}
	}
}

// listen opens the socket on which a supervisor listens in; the ticket comes in its hello.
func (s *Server) listen(c echo.Context) error {
	if err := s.upgrades.take(s.network(c)); err != nil {
		return err
	}
	if s.listeners == nil {
		return helpline.ErrBusy
	}
	s.opens(c, &listener{hub: s.listeners, redeem: s.signer.Redeem, stopped: s.contacts.Stopped(), socket: uuid.NewString()})
	return nil
}
