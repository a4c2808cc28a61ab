package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// frame is any frame of either side; fields that a type does not have are empty.
type frame struct {
	Type    string `json:"type"`
	Ref     string `json:"ref"`
	V       int    `json:"v"`
	State   string `json:"state"`
	Seq     int64  `json:"seq"`
	CID     string `json:"cid"`
	From    string `json:"from"`
	Text    string `json:"text"`
	Alias   string `json:"alias"`
	Code    string `json:"code"`
	Retry   bool   `json:"retry"`
	Reason  string `json:"reason"`
	Offer   string `json:"offer"`
	Contact string `json:"contact"`
	Epoch   int64  `json:"epoch"`
	AfterMS int64  `json:"after_ms"`
	Ahead   *int   `json:"ahead"`

	Language string          `json:"language"`
	Used     int             `json:"used"`
	Capacity int             `json:"capacity"`
	Duty     json.RawMessage `json:"duty"`
	History  []frame         `json:"history"`
	Legs     []frame         `json:"legs"`
	Offers   []frame         `json:"offers"`
	Danger   []frame         `json:"danger"`
	List     []frame         `json:"list"`
	Adviser  string          `json:"adviser"`
	Free     bool            `json:"free"`
	Lane     string          `json:"lane"`
	Number   string          `json:"number"`
	Note     string          `json:"note"`
	Asks     string          `json:"asks"`
}

// final are the close codes after which a client does not come back.
var final = []int{1000, 4501, 4503, 4504, 4505}

// window is how many messages a client may have unanswered.
const window = 16

// peer is one socket that comes back until its test ends: what both clients have in common.
type peer struct {
	t    *testing.T
	name string
	h    *house
	path string

	hello func() (any, error) // the first frame, anew for every connection
	read  func(frame)         // called in order, never at the same time
	up    func()              // called after each welcome was read

	mu       sync.Mutex
	conn     line   // nil unless welcomed
	cut      func() // closes the present connection
	closed   int    // the last close code, 0 for none
	ended    bool
	welcomes int
	recalls  int           // reconnect frames
	hasty    bool          // the connection breaks after the next frame, before its answer
	roam     func() *house // where the next connection goes; nil: to the same house
	gaps     *gaps         // where absences are noted; nil: nowhere
	left     time.Time     // when the last welcomed connection was gone, zero once it is back
	silent   time.Time     // the same until a message is through
	told     time.Duration // what reconnect said
	cancel   context.CancelFunc
	gone     chan struct{}
}

// begin connects and keeps connected; the end of the test ends it.
func (p *peer) begin() {
	p.keep()
	p.t.Cleanup(p.close)
}

// keep is begin for who closes by themselves.
func (p *peer) keep() {
	ctx, cancel := context.WithCancel(context.Background())
	p.cancel, p.gone = cancel, make(chan struct{})
	go func() {
		defer close(p.gone)
		p.stay(ctx)
	}()
}

// close ends the client. The server sees a connection that is gone.
func (p *peer) close() {
	p.cancel()
	p.drop()
	<-p.gone
}

// drop breaks the present connection, as a network does; the client comes back.
func (p *peer) drop() {
	p.mu.Lock()
	cut := p.cut
	p.mu.Unlock()
	if cut != nil {
		cut()
	}
}

func (p *peer) stay(ctx context.Context) {
	for ctx.Err() == nil {
		p.move()
		code := p.once(ctx)
		p.away()
		p.mu.Lock()
		p.conn, p.cut, p.closed = nil, nil, code
		p.ended = slices.Contains(final, code)
		over := p.ended
		p.mu.Unlock()
		if over {
			return
		}
		wait := time.NewTimer(p.pause())
		select {
		case <-wait.C:
		case <-ctx.Done():
		}
		wait.Stop()
	}
}

// once is one connection. It gives the close code, 1006 when there was none.
func (p *peer) once(ctx context.Context) int {
	hello, err := p.hello()
	if err != nil {
		return 1006
	}
	conn, err := p.h.connect(ctx, p.path, hello)
	if err != nil {
		return 1006
	}
	defer func() { _ = conn.Close() }()
	p.mu.Lock()
	p.cut = func() { _ = conn.Close() }
	p.mu.Unlock()
	if ctx.Err() != nil {
		return 1006
	}
	// A server that is quite silent for longer than its pings is dead.
	alive := func() { _ = conn.SetReadDeadline(time.Now().Add(90 * time.Second)) }
	if ws, ok := conn.(*websocket.Conn); ok {
		pong := ws.PingHandler()
		ws.SetPingHandler(func(data string) error {
			alive()
			return pong(data)
		})
	}
	for {
		var f frame
		alive()
		_, data, err := conn.ReadMessage()
		if err != nil {
			var closed *websocket.CloseError
			if errors.As(err, &closed) {
				return closed.Code
			}
			return 1006
		}
		if err := json.Unmarshal(data, &f); err != nil {
			p.t.Errorf("%s: frame from the server is not JSON", p.name)
			return 1006
		}
		if f.Type == "reconnect" {
			p.mu.Lock()
			p.recalls++
			p.told = time.Duration(f.AfterMS) * time.Millisecond
			p.mu.Unlock()
			return 1001
		}
		p.read(f)
		p.back(f)
		if f.Type == "welcome" {
			p.mu.Lock()
			p.conn = conn
			p.welcomes++
			p.mu.Unlock()
			p.up()
		}
	}
}

// send writes a frame if there is a welcomed connection; what has to arrive is sent again after a
// reconnect by those who know.
func (p *peer) send(f any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conn == nil {
		return
	}
	_ = write(p.conn, f)
	if p.hasty {
		p.hasty = false
		p.cut()
	}
}

// line is an open connection, by WebSocket or by a stream.
type line interface {
	ReadMessage() (int, []byte, error) // a close is a *websocket.CloseError
	WriteJSON(f any) error
	SetReadDeadline(at time.Time) error
	SetWriteDeadline(at time.Time) error
	Close() error
}

// connect opens a line and says hello.
func (h *house) connect(ctx context.Context, path string, hello any) (line, error) {
	if h.beside != nil {
		return h.dialStream(ctx, path, hello)
	}
	conn, err := h.dial(ctx, path)
	if err != nil {
		return nil, err
	}
	return conn, write(conn, hello)
}

func write(conn line, f any) error {
	_ = conn.SetWriteDeadline(time.Now().Add(10 * time.Second))
	return conn.WriteJSON(f)
}

func (p *peer) connected() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.conn != nil
}

func (p *peer) welcomed() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.welcomes
}

// over gives the close code once the server has ended this client for good.
func (p *peer) over() (int, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closed, p.ended
}

// dial opens a socket as a page of the house would.
func (h *house) dial(ctx context.Context, path string) (*websocket.Conn, error) {
	d := websocket.Dialer{HandshakeTimeout: 10 * time.Second, TLSClientConfig: anyCertificate}
	conn, res, err := d.DialContext(ctx, "ws"+strings.TrimPrefix(h.origin(), "http")+path, http.Header{"Origin": {h.origin()}})
	if res != nil && res.Body != nil {
		_ = res.Body.Close()
	}
	return conn, err
}
