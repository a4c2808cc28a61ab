package socket

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// maxFed is how many frames may wait for the reader of a stream.
const maxFed = 64

// Dress is how a stream writes what it carries. Its methods are called by the connection's writer alone.
type Dress interface {
	Head(h http.Header)
	Open() []byte // goes out at once
	Frame(frame []byte) []byte
	Ping() []byte
	Part(stop Stop) []byte
	// Deaf says that the peer cannot answer a ping: it lives as long as it takes what is written.
	Deaf() bool
}

// events dresses a stream as server-sent events. Every event without a name is one frame; "ping" wants a
// sign of life, "close" says how it ends.
type events struct{}

func (events) Head(h http.Header)        { h.Set("Content-Type", "text/event-stream") }
func (events) Open() []byte              { return []byte(":\n\n") }
func (events) Frame(frame []byte) []byte { return fmt.Appendf(nil, "data: %s\n\n", frame) }
func (events) Ping() []byte              { return []byte("event: ping\ndata: {}\n\n") }
func (events) Deaf() bool                { return false }
func (events) Part(stop Stop) []byte {
	text, _ := json.Marshal(struct {
		Code   int    `json:"code"`
		Reason string `json:"reason"`
	}{stop.Code, stop.Reason}) // of a number and a string: never fails
	return fmt.Appendf(nil, "event: close\ndata: %s\n\n", text)
}

// stream is the carrier where no WebSocket gets through: the answer to one request, and frames that other
// requests brought.
type stream struct {
	dress Dress
	w     http.ResponseWriter
	out   *http.ResponseController
	peer  <-chan struct{} // closed when the request is over
	fed   chan []byte     // nil: a sign of life
	death *time.Timer
	life  *time.Timer
	over  chan struct{}
}

// Stream answers a request with a stream of server-sent events and returns when it is over; hello is its
// first frame, Feed brings the others. An error is a Refused, already answered; then h is never called.
func (u *Upgrader) Stream(w http.ResponseWriter, r *http.Request, hello []byte, h Handler) error {
	return u.StreamAs(events{}, w, r, hello, h)
}

// StreamAs is Stream in another dress.
func (u *Upgrader) StreamAs(dress Dress, w http.ResponseWriter, r *http.Request, hello []byte, h Handler) error {
	if !u.o.Registry.enter() {
		u.o.Refuse(w, r, http.StatusServiceUnavailable, "sockets_full")
		return Refused{Status: http.StatusServiceUnavailable, Code: "sockets_full"}
	}
	s := &stream{
		dress: dress, w: w, out: http.NewResponseController(w), peer: r.Context().Done(), fed: make(chan []byte, maxFed),
		death: time.NewTimer(u.o.DeadAfter), life: time.NewTimer(u.o.StreamLife), over: make(chan struct{}),
	}
	if dress.Deaf() {
		s.death.Stop()
	}
	defer s.death.Stop()
	defer s.life.Stop()
	dress.Head(w.Header())
	w.Header().Set("Cache-Control", "no-store, no-transform")
	w.Header().Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	s.fed <- hello
	c := u.connect(s, h)
	if s.put(dress.Open(), time.Now().Add(u.o.WriteWait)) != nil { // the head goes out before hello is answered
		c.Close(CodeNodeStops, "failed")
	}
	go c.readAll()
	c.writeAll()
	return nil
}

// Feed hands the frames of one post to the connection's reader, in order; none at all is a sign of
// life. It never blocks: a peer that posts faster than its frames are handled is cut with
// CodeTooSlow, comes back and sends them again. A WebSocket takes none.
func (c *Conn) Feed(frames [][]byte) {
	s, ok := c.on.(*stream)
	if !ok {
		return
	}
	if len(frames) == 0 {
		frames = [][]byte{nil}
	}
	for _, f := range frames {
		select {
		case s.fed <- f:
		default:
			c.Close(CodeTooSlow, "too_slow")
			return
		}
	}
}

func (s *stream) read(c *Conn) {
	for {
		select {
		case frame := <-s.fed:
			switch {
			case c.isClosing():
			case frame == nil:
				c.alive()
			default:
				c.take(frame)
			}
		case <-s.death.C:
			if len(s.fed) > 0 { // it was we who were slow
				c.alive()
				continue
			}
			c.silent()
			return
		case <-s.life.C:
			c.Close(CodeNodeStops, "reconnect")
			return
		case <-s.peer:
			return
		case <-s.over:
			return
		}
	}
}

func (s *stream) alive(until time.Time) {
	if !s.dress.Deaf() {
		s.death.Reset(time.Until(until))
	}
}

func (s *stream) write(frame []byte, deadline time.Time) error {
	return s.put(s.dress.Frame(frame), deadline)
}

func (s *stream) ping(deadline time.Time) error { return s.put(s.dress.Ping(), deadline) }

func (s *stream) part(stop Stop, deadline time.Time) error {
	return s.put(s.dress.Part(stop), deadline)
}

func (s *stream) put(data []byte, deadline time.Time) error {
	if len(data) == 0 {
		return nil
	}
	if err := s.out.SetWriteDeadline(deadline); err != nil {
		return fmt.Errorf("write event: %w", err)
	}
	if _, err := s.w.Write(data); err != nil {
		return fmt.Errorf("write event: %w", err)
	}
	if err := s.out.Flush(); err != nil {
		return fmt.Errorf("write event: %w", err)
	}
	return nil
}

// linger has nothing to wait for: the answer's end tells the peer that it has all.
func (s *stream) linger(*Conn) {}

func (s *stream) shut() { close(s.over) }
