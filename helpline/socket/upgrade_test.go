package socket_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"adviceline/helpline/socket"
)

// refused dials in vain and gives the status.
func (h *house) refused(t *testing.T) int {
	t.Helper()
	ws, resp, err := websocket.DefaultDialer.Dial(h.url, http.Header{"Origin": {origin}})
	if err == nil {
		_ = ws.Close()
	}
	if resp == nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

func TestOrigin(t *testing.T) {
	t.Parallel()
	h := newHouse(t, socket.Options{})
	for name, header := range map[string]http.Header{
		"missing": {}, "null": {"Origin": {"null"}}, "scheme": {"Origin": {"http://line.example"}},
		"port": {"Origin": {"https://line.example:8443"}}, "host": {"Origin": {"https://line.example.org"}},
		"path": {"Origin": {"https://line.example/"}}, "two": {"Origin": {origin, origin}}, "case": {"Origin": {"https://LINE.example"}},
	} {
		ws, resp, err := websocket.DefaultDialer.Dial(h.url, header)
		if err == nil {
			_ = ws.Close()
			t.Fatalf("%s: upgraded", name)
		}
		if resp == nil {
			t.Fatalf("%s: %v", name, err)
		}
		body, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusForbidden || string(body) != `{"status":403,"code":"bad_origin"}` {
			t.Errorf("%s: %d %s", name, resp.StatusCode, body)
		}
	}
	if h.reg.Live() != 0 {
		t.Errorf("%d places lost", h.reg.Live())
	}
}

func TestPlainRequest(t *testing.T) {
	t.Parallel()
	h := newHouse(t, socket.Options{})
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	var refused socket.Refused
	if err := h.up.Upgrade(w, r, h.owner); !errors.As(err, &refused) || refused.Code != "not_websocket" || w.Code != http.StatusBadRequest {
		t.Fatalf("%v, %d", err, w.Code)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for _, o := range []socket.Options{
		{Origins: []string{"*"}}, {Origins: []string{"line.example"}}, {Origins: []string{"https://line.example/x"}},
		{Origins: []string{"https://"}}, {Origins: []string{"https://u@line.example"}}, {Origins: []string{"ws://line.example"}},
		{PingEvery: time.Second, DeadAfter: time.Second},
	} {
		if _, err := socket.New(o); err == nil {
			t.Errorf("%+v: accepted", o)
		}
	}
	u, err := socket.New(socket.Options{Origins: []string{"HTTPS://Line.Example:443", "http://127.0.0.1:8080"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range []string{origin, "http://127.0.0.1:8080"} {
		if !u.Allowed(&http.Request{Header: http.Header{"Origin": {o}}}) {
			t.Errorf("%s is not allowed", o)
		}
	}
}

// TestServerDeadlinesAreCleared waits for longer than the HTTP server's own deadlines allow.
func TestServerDeadlinesAreCleared(t *testing.T) {
	t.Parallel()
	h := newHouse(t, socket.Options{})
	ws, c := h.greet(t)
	<-time.After(700 * time.Millisecond) // over twice newHouse's deadlines
	write(t, ws, "still here")
	if _, p, err := ws.ReadMessage(); err != nil || string(p) != "still here" || c.Context().Err() != nil {
		t.Fatalf("%s, %v", p, err)
	}
}

func TestRegistry(t *testing.T) {
	t.Parallel()
	h := newHouse(t, socket.Options{Registry: socket.NewRegistry(2)})
	one, _ := h.greet(t)
	two, _ := h.greet(t)
	if status := h.refused(t); status != http.StatusServiceUnavailable || h.reg.Live() != 2 {
		t.Fatalf("a third was answered %d, %d live", status, h.reg.Live())
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if err := h.reg.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("did not wait: %v", err)
	}
	write(t, one, "hang") // ends with its context
	h.reg.CloseAll(socket.CodeNodeStops, "node_stops")
	ends(t, two, socket.CodeNodeStops, "node_stops")
	ends(t, one, socket.CodeNodeStops, "node_stops")
	ctx, cancel = context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := h.reg.Wait(ctx); err != nil || len(h.closed) != 2 {
		t.Fatalf("%v, %d closed", err, len(h.closed))
	}
	if status := h.refused(t); status != http.StatusServiceUnavailable {
		t.Fatalf("a closing registry answered %d", status)
	}
}
