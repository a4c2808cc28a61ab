package socket

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// bufferSize of reading (held per connection) and of writing (from a pool), in bytes. Larger
// frames are read in pieces and written with one system call all the same.
const bufferSize = 1 << 10

// Handler is what a connection's owner does. Frame is called by the reader, one frame at a time,
// in order; the bytes are valid until it returns, and ctx ends with the connection. An error
// closes the connection (see Stop). Closed is called once, after the last Frame, when nothing
// will be written any more.
type Handler interface {
	Frame(ctx context.Context, c *Conn, frame []byte) error
	Closed(c *Conn)
}

// Options of an Upgrader. Zero durations and sizes take the defaults, which are a contact's.
type Options struct {
	Origins    []string      // allowed Origins: scheme://host[:port], compared whole
	PingEvery  time.Duration // 20 s; a console's is 5 s
	DeadAfter  time.Duration // 60 s without a pong or frame; a console's is 12 s
	FirstFrame time.Duration // 10 s
	ReadLimit  int64         // 16 KiB
	Queue      int           // 64 frames that wait to be written
	WriteWait  time.Duration // 5 s for one frame, and for all that is left at a close
	StreamLife time.Duration // an hour, then a stream has to come back
	Registry   *Registry     // counts and caps; nil means one of its own without a cap
	// Refuse answers a request that is not upgraded; code is bad_origin (403), sockets_full
	// (503), or not_websocket (400, 405, 500). nil means a bare problem document.
	Refuse func(w http.ResponseWriter, r *http.Request, status int, code string)
	// Panicked is told the value of a panic in a Handler's Frame, whose connection then closes
	// with CodeNodeStops. nil lets it end the process.
	Panicked func(value any)
}

// Refused says why a request was not upgraded; the answer is already written.
type Refused struct {
	Status int
	Code   string
}

// Error gives the code.
func (r Refused) Error() string { return "upgrade socket: " + r.Code }

// Upgrader turns requests into connections, by WebSocket or as a stream. It never changes and is safe for concurrent use.
type Upgrader struct {
	o       Options
	origins map[string]bool
	ws      websocket.Upgrader
	frames  sync.Pool // *bytes.Buffer, for reading
}

// New checks the options; an origin that a browser could never send is an error.
func New(o Options) (*Upgrader, error) {
	u := &Upgrader{o: o.withDefaults(), origins: map[string]bool{}}
	for _, text := range o.Origins {
		origin, err := parseOrigin(text)
		if err != nil {
			return nil, err
		}
		u.origins[origin] = true
	}
	if u.o.DeadAfter <= u.o.PingEvery {
		return nil, fmt.Errorf("make upgrader: %w: DeadAfter must be over PingEvery", errOption)
	}
	u.ws = websocket.Upgrader{
		HandshakeTimeout: u.o.WriteWait,
		ReadBufferSize:   bufferSize,
		WriteBufferSize:  bufferSize,
		WriteBufferPool:  &sync.Pool{},
		CheckOrigin:      u.Allowed,
	}
	return u, nil
}

var errOption = errors.New("bad option")

func (o Options) withDefaults() Options {
	set := func(d *time.Duration, v time.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	set(&o.PingEvery, 20*time.Second)
	set(&o.DeadAfter, 60*time.Second)
	set(&o.FirstFrame, 10*time.Second)
	set(&o.WriteWait, 5*time.Second)
	set(&o.StreamLife, time.Hour)
	if o.ReadLimit <= 0 {
		o.ReadLimit = 16 << 10
	}
	if o.Queue <= 0 {
		o.Queue = 64
	}
	if o.Registry == nil {
		o.Registry = NewRegistry(0)
	}
	if o.Refuse == nil {
		o.Refuse = refuse
	}
	return o
}

// parseOrigin gives an origin as browsers write it: lower case, without the scheme's own port.
func parseOrigin(text string) (string, error) {
	u, err := url.Parse(strings.ToLower(text))
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.Hostname() == "" ||
		u.Scheme+"://"+u.Host != strings.ToLower(text) {
		return "", fmt.Errorf("make upgrader: %w: origin %q is not scheme://host[:port]", errOption, text)
	}
	own := map[string]string{"http": ":80", "https": ":443"}[u.Scheme]
	return u.Scheme + "://" + strings.TrimSuffix(u.Host, own), nil
}

// Allowed tells whether the request has exactly one Origin and it is one of the allowed.
func (u *Upgrader) Allowed(r *http.Request) bool {
	origin := r.Header["Origin"]
	return len(origin) == 1 && u.origins[origin[0]]
}

// Upgrade answers the request and starts the connection's two goroutines; it returns at once and
// so must the HTTP handler. An error is a Refused, already answered, or tells that the
// connection broke during the handshake; either way h is never called.
func (u *Upgrader) Upgrade(w http.ResponseWriter, r *http.Request, h Handler) error {
	if !u.o.Registry.enter() {
		u.o.Refuse(w, r, http.StatusServiceUnavailable, "sockets_full")
		return Refused{Status: http.StatusServiceUnavailable, Code: "sockets_full"}
	}
	status := 0
	ws := u.ws // a copy, to learn the status that was answered
	ws.Error = func(w http.ResponseWriter, r *http.Request, s int, _ error) {
		status = s
		u.o.Refuse(w, r, s, refusal(s))
	}
	// gorilla clears the deadlines that the server had set; start sets our own.
	conn, err := ws.Upgrade(w, r, nil)
	if err != nil {
		u.o.Registry.leave(nil)
		if status != 0 {
			return Refused{Status: status, Code: refusal(status)}
		}
		return fmt.Errorf("upgrade socket: %w", err)
	}
	u.start(conn, h)
	return nil
}

func refusal(status int) string {
	if status == http.StatusForbidden {
		return "bad_origin"
	}
	return "not_websocket"
}

func refuse(w http.ResponseWriter, _ *http.Request, status int, code string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"status":%d,"code":%q}`, status, code)
}
