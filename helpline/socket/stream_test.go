package socket_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"adviceline/helpline/socket"
)

// streams serves streams, by HTTP/2 if that is said, until the test ends, and then demands that all are gone.
func streams(t *testing.T, o socket.Options, two ...bool) (*owner, *httptest.Server) {
	t.Helper()
	own := newOwner()
	if o.Registry == nil {
		o.Registry = socket.NewRegistry(0)
	}
	up, err := socket.New(o)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = up.Stream(w, r, []byte("hello"), own)
	}))
	// The server's own deadlines, which are for calls, do not end a stream.
	srv.Config.ReadTimeout, srv.Config.WriteTimeout = 300*time.Millisecond, 300*time.Millisecond
	if len(two) > 0 {
		srv.EnableHTTP2 = true
		srv.StartTLS()
	} else {
		srv.Start()
	}
	t.Cleanup(func() {
		o.Registry.CloseAll(socket.CodeNodeStops, "node_stops")
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := o.Registry.Wait(ctx); err != nil {
			t.Errorf("%d streams left: %v", o.Registry.Live(), err)
		}
		srv.Close()
	})
	return own, srv
}

// follow opens a stream and gives both ends: what the peer reads and the connection.
func follow(t *testing.T, own *owner, srv *httptest.Server) (*bufio.Reader, *socket.Conn) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := srv.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	return bufio.NewReader(res.Body), await(t, own.conns)
}

// until reads events up to one, which it gives; the beginning of a stream is an empty comment.
func until(t *testing.T, in *bufio.Reader, event string) string {
	t.Helper()
	var text string
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			t.Fatalf("want %q: %v", event, err)
		}
		text += line
		if line != "\n" {
			continue
		}
		if strings.HasPrefix(text, event) {
			return text
		}
		text = ""
	}
}

func TestStreamCarriesFrames(t *testing.T) {
	t.Parallel()
	carries(t)
}

// A node that has a certificate of its own speaks HTTP/2.
func TestStreamCarriesFramesByHTTP2(t *testing.T) {
	t.Parallel()
	carries(t, true)
}

func carries(t *testing.T, two ...bool) {
	t.Helper()
	own, srv := streams(t, socket.Options{PingEvery: 150 * time.Millisecond, DeadAfter: 20 * time.Second}, two...)
	in, c := follow(t, own, srv)
	c.Feed([][]byte{[]byte("one"), []byte("two")})
	for _, want := range []string{"data: one\n\n", "data: two\n\n"} {
		if got := until(t, in, "data"); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	for range 4 { // beyond the deadlines of the server
		until(t, in, "event: ping\ndata: {}")
	}
	c.Feed([][]byte{[]byte("stop")})
	if got := until(t, in, "event: close"); got != "event: close\ndata: {\"code\":4503,\"reason\":\"dead_token\"}\n\n" {
		t.Errorf("closed with %q", got)
	}
	if rest, err := io.ReadAll(in); len(rest) > 0 || err != nil {
		t.Errorf("after the close come %q, %v", rest, err)
	}
	if gone := await(t, own.closed); gone != c || c.Send([]byte("late")) {
		t.Error("the stream is not over")
	}
}

func TestStreamsEnd(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		options socket.Options
		do      func(*socket.Conn)
		close   string
	}{
		"silent": {socket.Options{PingEvery: time.Millisecond, DeadAfter: 50 * time.Millisecond}, func(*socket.Conn) {}, `4409,"reason":"dead_peer"`},
		"old":    {socket.Options{StreamLife: 50 * time.Millisecond}, func(*socket.Conn) {}, `1001,"reason":"reconnect"`},
		"posts faster than it is handled": {socket.Options{}, func(c *socket.Conn) {
			c.Feed([][]byte{[]byte("hang")})
			for range 100 {
				c.Feed([][]byte{[]byte("x")})
			}
		}, `4408,"reason":"too_slow"`},
		"fails": {socket.Options{}, func(c *socket.Conn) { c.Feed([][]byte{[]byte("fail")}) }, `1001,"reason":"failed"`},
		"panics": {
			socket.Options{Panicked: func(any) {}}, func(c *socket.Conn) { c.Feed([][]byte{[]byte("panic")}) }, `1001,"reason":"failed"`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			own, srv := streams(t, c.options)
			in, conn := follow(t, own, srv)
			c.do(conn)
			if got := until(t, in, "event: close"); !strings.Contains(got, c.close) || strings.Contains(got, "private") {
				t.Errorf("closed with %q", got)
			}
			await(t, own.closed)
		})
	}
}

// A peer that goes without a word is noticed when it breaks off, and its place is free again.
func TestStreamPeerBreaksOff(t *testing.T) {
	t.Parallel()
	registry := socket.NewRegistry(1)
	own, srv := streams(t, socket.Options{Registry: registry})
	ctx, cancel := context.WithCancel(t.Context())
	req, _ := http.NewRequestWithContext(ctx, http.MethodGet, srv.URL, nil)
	res, err := srv.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	await(t, own.conns)
	full, err := srv.Client().Get(srv.URL)
	if err != nil || full.StatusCode != http.StatusServiceUnavailable {
		t.Fatalf("a second stream: %v", err)
	}
	_ = full.Body.Close()
	cancel()
	_ = res.Body.Close()
	await(t, own.closed)
	for end := time.Now().Add(10 * time.Second); registry.Live() > 0; runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatal("the place is not free")
		}
	}
	follow(t, own, srv)
}

// A page that does not read is cut within the write wait, whatever its proxy holds back.
func TestStreamPeerDoesNotRead(t *testing.T) {
	t.Parallel()
	own, srv := streams(t, socket.Options{WriteWait: 200 * time.Millisecond, Queue: 1000})
	d := net.Dialer{Control: func(_, _ string, raw syscall.RawConn) error {
		return raw.Control(func(fd uintptr) { _ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4096) })
	}}
	peer, err := d.DialContext(t.Context(), "tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = peer.Close() })
	if _, err := io.WriteString(peer, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	c := await(t, own.conns)
	frame := []byte(strings.Repeat("x", 256<<10))
	for range 400 { // far more than may lie on the way
		if !c.Send(frame) {
			t.Fatal("the queue is full")
		}
	}
	await(t, own.closed)
	if c.Send(frame) {
		t.Error("the stream is not over")
	}
}

// TestStreamsCostThreeGoroutines counts those of the server and of the peer, which are two.
func TestStreamsCostThreeGoroutines(t *testing.T) {
	own, srv := streams(t, socket.Options{})
	follow(t, own, srv)
	before := runtime.NumGoroutine()
	const n = 50
	for range n {
		follow(t, own, srv)
	}
	if each := float64(runtime.NumGoroutine()-before) / n; each > 5.2 {
		t.Errorf("a stream costs %.1f goroutines, 2 of them its peer's", each)
	} else {
		t.Logf("a stream costs %.1f goroutines, 2 of them its peer's", each)
	}
}
