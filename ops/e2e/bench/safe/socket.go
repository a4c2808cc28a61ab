package main

import (
	"bytes"
	"net/http"
	"sync"
	"time"

	json "github.com/go-json-experiment/json"
	"github.com/gorilla/websocket"
	"github.com/labstack/echo/v4"
)

// step is the size to which frames are padded, or a multiple of it by four.
const step = 512

var upgrader = websocket.Upgrader{ReadBufferSize: 1024, WriteBufferSize: 1024, WriteBufferPool: &sync.Pool{}}

// socket has one goroutine that reads and one that writes; a full queue ends it.
type socket struct {
	conn *websocket.Conn
	out  chan []byte
	gone chan struct{}
	once sync.Once
}

// upgrade lets the handler return; both goroutines are the socket's own.
func (n *node) upgrade(c echo.Context, serve func(*socket)) error {
	conn, err := upgrader.Upgrade(c.Response(), c.Request(), http.Header{})
	if err != nil {
		return nil // answered
	}
	conn.SetReadLimit(32 << 10)
	s := &socket{conn: conn, out: make(chan []byte, 64), gone: make(chan struct{})}
	go s.write()
	go func() {
		defer s.end()
		serve(s)
	}()
	return nil
}

func (s *socket) end() { s.once.Do(func() { close(s.gone); _ = s.conn.Close() }) }

func (s *socket) write() {
	for {
		select {
		case f := <-s.out:
			_ = s.conn.SetWriteDeadline(time.Now().Add(10 * time.Second))
			if s.conn.WriteMessage(websocket.TextMessage, f) != nil {
				s.end()
				return
			}
		case <-s.gone:
			return
		}
	}
}

// send pads a frame that ends in a brace.
func (s *socket) send(f any) {
	b, err := json.Marshal(f)
	if err != nil {
		return
	}
	const pad = `,"pad":"`
	size := step
	for size < len(b)+len(pad)+1 {
		size *= 4
	}
	fill := bytes.Repeat([]byte("0"), size-len(b)-len(pad)-1)
	b = append(append(append(b[:len(b)-1], pad...), fill...), `"}`...)
	select {
	case s.out <- b:
	default:
		s.end()
	}
}

// frame is what either side sends.
type frame struct {
	Type    string `json:"type"`
	Ref     string `json:"ref,omitzero"`
	V       int    `json:"v,omitzero"`
	Token   string `json:"token,omitzero"`
	Ticket  string `json:"ticket,omitzero"`
	After   int64  `json:"after,omitzero"`
	State   string `json:"state,omitzero"`
	CID     string `json:"cid,omitzero"`
	Text    string `json:"text,omitzero"`
	Pad     string `json:"pad,omitzero"`
	Contact string `json:"contact,omitzero"`
	Offer   string `json:"offer,omitzero"`
	From    string `json:"from,omitzero"`
	Seq     int64  `json:"seq,omitzero"`
	At      int64  `json:"at,omitzero"`
	Code    string `json:"code,omitzero"`

	Channel  string `json:"channel,omitzero"`
	Language string `json:"language,omitzero"`
	Lane     string `json:"lane,omitzero"`
	Asks     string `json:"asks,omitzero"`
	Waited   int64  `json:"waited_seconds,omitzero"`
	Expires  int64  `json:"expires_in_ms,omitzero"`
}

// next reads a frame, 90 s at most.
func (s *socket) next(f *frame) error {
	_ = s.conn.SetReadDeadline(time.Now().Add(90 * time.Second))
	_, r, err := s.conn.NextReader()
	if err != nil {
		return err
	}
	*f = frame{}
	return json.UnmarshalRead(r, f, strict)
}

// people are the sockets of this node by "c:<contact>" or "a:<adviser>".
type people struct {
	mu sync.RWMutex
	by map[string]*socket
}

func newPeople() *people { return &people{by: map[string]*socket{}} }

func (p *people) put(who string, s *socket) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.by[who] = s
}

func (p *people) get(who string) *socket {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.by[who]
}

func (p *people) drop(who string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.by, who)
}
