package socket_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"

	"adviceline/helpline/socket"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const origin = "https://line.example"

// owner is a Handler: it echoes frames and does as a few of them say.
type owner struct {
	conns  chan *socket.Conn // of each "hello"
	closed chan *socket.Conn
}

func newOwner() *owner {
	return &owner{conns: make(chan *socket.Conn, 4096), closed: make(chan *socket.Conn, 4096)}
}

func (o *owner) Frame(ctx context.Context, c *socket.Conn, frame []byte) error {
	switch string(frame) {
	case "hello":
		o.conns <- c
	case "stop":
		return socket.Stop{Code: socket.CodeDeadToken, Reason: "dead_token"}
	case "fail":
		return errors.New("private text")
	case "panic":
		panic("private text")
	case "hang":
		<-ctx.Done()
	default:
		c.Send(append([]byte(nil), frame...)) // nil for an empty frame
	}
	return nil
}

func (o *owner) Closed(c *socket.Conn) { o.closed <- c }

type house struct {
	*owner
	reg *socket.Registry
	url string
	up  *socket.Upgrader
}

// newHouse serves sockets until the test ends, and then demands that all are gone.
func newHouse(t testing.TB, o socket.Options) *house {
	t.Helper()
	h := &house{owner: newOwner(), reg: o.Registry}
	if h.reg == nil {
		h.reg = socket.NewRegistry(0)
	}
	o.Registry, o.Origins = h.reg, []string{origin}
	var err error
	if h.up, err = socket.New(o); err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = h.up.Upgrade(w, r, h.owner)
	}))
	srv.Config.ReadTimeout, srv.Config.WriteTimeout = 300*time.Millisecond, 300*time.Millisecond
	srv.Start()
	h.url = "ws" + strings.TrimPrefix(srv.URL, "http")
	t.Cleanup(func() {
		srv.Close()
		h.reg.CloseAll(socket.CodeNodeStops, "node_stops")
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := h.reg.Wait(ctx); err != nil || h.reg.Live() != 0 {
			t.Errorf("%d connections left: %v", h.reg.Live(), err)
		}
	})
	return h
}

func (h *house) dial(t testing.TB) *websocket.Conn {
	t.Helper()
	ws, resp, err := websocket.DefaultDialer.Dial(h.url, http.Header{"Origin": {origin}})
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	t.Cleanup(func() { _ = ws.Close() })
	_ = ws.SetReadDeadline(time.Now().Add(10 * time.Second))
	return ws
}

// greet dials, says hello and gives both ends.
func (h *house) greet(t testing.TB) (*websocket.Conn, *socket.Conn) {
	t.Helper()
	ws := h.dial(t)
	write(t, ws, "hello")
	return ws, await(t, h.conns)
}

func write(t testing.TB, ws *websocket.Conn, text string) {
	t.Helper()
	if err := ws.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

func await[T any](t testing.TB, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(10 * time.Second):
		t.Fatal("waited in vain")
		panic("unreachable")
	}
}

// ends reads until the close and holds its code and reason; it gives the frames before it.
func ends(t testing.TB, ws *websocket.Conn, code int, reason string) (frames []string) {
	t.Helper()
	for {
		_, p, err := ws.ReadMessage()
		if err == nil {
			frames = append(frames, string(p))
			continue
		}
		var closed *websocket.CloseError
		if !errors.As(err, &closed) || closed.Code != code || closed.Text != reason {
			t.Fatalf("ended by %v, want %d %s", err, code, reason)
		}
		return frames
	}
}

func TestFirstFrameDeadline(t *testing.T) {
	t.Parallel()
	h := newHouse(t, socket.Options{FirstFrame: 60 * time.Millisecond, PingEvery: 10 * time.Millisecond})
	ends(t, h.dial(t), socket.CodeNoHello, "no_hello") // though the client answers pings
	await(t, h.closed)
}

func TestDeadPeer(t *testing.T) {
	t.Parallel()
	h := newHouse(t, socket.Options{PingEvery: 50 * time.Millisecond, DeadAfter: 2 * time.Second})
	live, _ := h.greet(t)
	dead, _ := h.greet(t)
	dead.SetPingHandler(func(string) error { return nil })
	lived := make(chan error, 1)
	go func() {
		_, _, err := live.ReadMessage()
		lived <- err
	}()
	ends(t, dead, socket.CodeDeadPeer, "dead_peer")
	await(t, h.closed)
	select {
	case err := <-lived:
		t.Fatalf("a peer that answers pings was cut: %v", err)
	default:
	}
	_ = live.Close()
	_ = await(t, lived)
	await(t, h.closed)
}

func TestBadFrames(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kind   int
		text   string
		code   int
		reason string
	}{
		"binary":        {websocket.BinaryMessage, "hello", socket.CodeBinary, "binary"},
		"large binary":  {websocket.BinaryMessage, strings.Repeat("x", 16<<10), socket.CodeBinary, "binary"},
		"invalid utf-8": {websocket.TextMessage, "a\xff", socket.CodeMalformed, "not_utf_eight"},
		"too big":       {websocket.TextMessage, strings.Repeat("x", 16<<10+1), socket.CodeTooBig, ""},
		"far too big":   {websocket.TextMessage, strings.Repeat("x", 600<<10), socket.CodeTooBig, ""},
		"stop":          {websocket.TextMessage, "stop", socket.CodeDeadToken, "dead_token"},
		"fail":          {websocket.TextMessage, "fail", socket.CodeNodeStops, "failed"},
		"panic":         {websocket.TextMessage, "panic", socket.CodeNodeStops, "failed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			panicked := make(chan any, 1)
			h := newHouse(t, socket.Options{Panicked: func(v any) { panicked <- v }})
			ws := h.dial(t)
			_ = ws.WriteMessage(c.kind, []byte(c.text)) // may fail half way when it is too big
			ends(t, ws, c.code, c.reason)
			await(t, h.closed)
			if c.text == "panic" && await(t, panicked) != "private text" {
				t.Error("the panic was not told")
			}
		})
	}
}

func TestGoodFrames(t *testing.T) {
	t.Parallel()
	h := newHouse(t, socket.Options{})
	ws, _ := h.greet(t)
	for _, text := range []string{"ä", strings.Repeat("x", 16<<10), ""} {
		write(t, ws, text)
		if _, p, err := ws.ReadMessage(); err != nil || string(p) != text {
			t.Fatalf("%d bytes came back as %d: %v", len(text), len(p), err)
		}
	}
}

func TestCloseDeliversQueuedFrames(t *testing.T) {
	t.Parallel()
	h := newHouse(t, socket.Options{})
	ws, c := h.greet(t)
	for range 40 {
		if !c.Send([]byte("last words")) {
			t.Fatal("not queued")
		}
	}
	c.Close(socket.CodeReplaced, "replaced")
	c.Close(socket.CodeEnded, "ended")
	if c.Send([]byte("too late")) {
		t.Fatal("queued after the close")
	}
	if frames := ends(t, ws, socket.CodeReplaced, "replaced"); len(frames) != 40 {
		t.Fatalf("%d frames", len(frames))
	}
	if await(t, h.closed) != c {
		t.Fatal("another was closed")
	}
	await(t, c.Context().Done())
}

func TestReasonIsACodeWord(t *testing.T) {
	t.Parallel()
	h := newHouse(t, socket.Options{})
	for _, reason := range []string{"my name is", strings.Repeat("a", 33), "ä"} {
		ws, c := h.greet(t)
		c.Close(socket.CodeEnded, reason)
		ends(t, ws, socket.CodeEnded, "")
	}
}

func TestSlowReaderIsCut(t *testing.T) {
	t.Parallel()
	h := newHouse(t, socket.Options{Queue: 16, WriteWait: 8 * time.Second})
	slow, slowConn := h.greet(t)
	quick, quickConn := h.greet(t)
	frame := []byte(strings.Repeat("x", 16<<10))
	for i := 0; slowConn.Send(frame); i++ {
		if i > 1<<14 {
			t.Fatal("never full")
		}
		// The writer must have come to a stop before the queue counts as full for good.
		if i%8 == 0 {
			if !quickConn.Send([]byte("tick")) {
				t.Fatal("another connection is cut too")
			}
			if _, p, err := quick.ReadMessage(); err != nil || string(p) != "tick" {
				t.Fatalf("%s, %v", p, err)
			}
		}
	}
	if slowConn.Send(nil) {
		t.Fatal("queued after the cut")
	}
	ends(t, slow, socket.CodeTooSlow, "too_slow") // reading at last, it learns why
	if await(t, h.closed) != slowConn {
		t.Fatal("another was closed")
	}
	write(t, quick, "still here")
	if _, p, err := quick.ReadMessage(); err != nil || string(p) != "still here" {
		t.Fatalf("%s, %v", p, err)
	}
}

func TestPeerThatNeverReadsIsShut(t *testing.T) {
	t.Parallel()
	h := newHouse(t, socket.Options{WriteWait: 150 * time.Millisecond})
	_, c := h.greet(t)
	frame := []byte(strings.Repeat("x", 16<<10))
	for c.Send(frame) {
	}
	if await(t, h.closed) != c {
		t.Fatal("another was closed")
	}
}

func TestPeerCloses(t *testing.T) {
	t.Parallel()
	h := newHouse(t, socket.Options{})
	ws, c := h.greet(t)
	text := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
	if err := ws.WriteControl(websocket.CloseMessage, text, time.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	ends(t, ws, websocket.CloseNormalClosure, "")
	await(t, h.closed)
	if c.Send(nil) {
		t.Fatal("sent to a closed peer")
	}
	ws, _ = h.greet(t)
	_ = ws.NetConn().Close() // no word at all
	await(t, h.closed)
}

func TestManySendersAndClosers(t *testing.T) {
	t.Parallel()
	h := newHouse(t, socket.Options{})
	ws, c := h.greet(t)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 200 {
				if !c.Send([]byte("x")) {
					return
				}
			}
			c.Close(socket.CodeEnded, "ended")
		})
	}
	for {
		if _, _, err := ws.ReadMessage(); err != nil {
			var closed *websocket.CloseError
			if !errors.As(err, &closed) {
				t.Fatal(err)
			}
			break
		}
	}
	wg.Wait()
	await(t, h.closed)
}

// TestHalfFrame: a peer that begins a frame and stops is held by the same deadline.
func TestHalfFrame(t *testing.T) {
	t.Parallel()
	h := newHouse(t, socket.Options{FirstFrame: 60 * time.Millisecond})
	ws := h.dial(t)
	if _, err := ws.NetConn().Write([]byte{0x81, 0x85, 0, 0}); err != nil {
		t.Fatal(err)
	}
	ends(t, ws, socket.CodeNoHello, "no_hello")
}
