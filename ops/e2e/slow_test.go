package e2e

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"
)

// narrow dials paths on which little of what is sent fits.
var narrow = &net.Dialer{Control: func(_, _ string, raw syscall.RawConn) error {
	return raw.Control(func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_MAXSEG, 536)
		_ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4096)
	})
}}

// stuck opens a socket that says hello and never reads, though it answers pings: a page whose script
// hangs. The path is narrow, so that little of what is sent fits in between.
func stuck(t *testing.T, h *house, path string, hello any) *websocket.Conn {
	t.Helper()
	d := websocket.Dialer{HandshakeTimeout: 10 * time.Second, NetDialContext: narrow.DialContext}
	conn, res, err := d.DialContext(t.Context(), "ws://"+h.addr+path, http.Header{"Origin": {h.origin()}})
	if res != nil && res.Body != nil {
		_ = res.Body.Close()
	}
	if err != nil {
		t.Fatalf("open socket: %v", err)
	}
	if err := write(conn, hello); err != nil {
		t.Fatalf("say hello: %v", err)
	}
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				_ = conn.WriteControl(websocket.PongMessage, nil, time.Now().Add(time.Second))
			case <-quit:
				return
			}
		}
	}()
	t.Cleanup(func() {
		close(quit)
		<-done
		_ = conn.Close()
	})
	return conn
}

// how a stuck socket ended: everything that fits on the way is read, then its close code, or 1006
// where the server could not even write that.
func how(t *testing.T, conn *websocket.Conn) (code, messages int) {
	t.Helper()
	for {
		_ = conn.SetReadDeadline(time.Now().Add(patience))
		_, data, err := conn.ReadMessage()
		var closed *websocket.CloseError
		var late net.Error
		switch {
		case errors.As(err, &closed):
			return closed.Code, messages
		case errors.As(err, &late) && late.Timeout():
			t.Fatal("a stuck socket was never closed")
		case err != nil:
			return 1006, messages
		}
		if strings.Contains(string(data), `"type":"message"`) {
			messages++
		}
	}
}

// TestSlowReadersAreCut: a page that stops reading costs its node a bounded queue and then its socket;
// others go on, and what it missed is there when it comes back.
func TestSlowReadersAreCut(t *testing.T) {
	t.Parallel()
	h := several(t, 1, nil).each[0]
	others := chats(t, h, 3)
	aino := attend(t, h, "aino", "en", 1)
	beda := attend(t, h, "beda", "sv", 3)

	// A contact that never reads, with an adviser who writes long lines.
	slow := &contactClient{admission: h.admit(t, "en")}
	aino.accept(t, aino.offer(t, slow.Contact))
	page := stuck(t, h, "/api/v1/contact/socket", map[string]any{"type": "hello", "v": 1, "token": slow.Token, "after": 0})
	// A console that never reads, with contacts who do: its adviser opened the legs before.
	var legs []*contactClient
	for range 3 {
		c := call(t, h, "sv")
		beda.accept(t, beda.offer(t, c.Contact))
		legs = append(legs, c)
	}
	ticket, err := beda.ticket()
	if err != nil {
		t.Fatal(err)
	}
	desk := stuck(t, h, "/api/v1/console/socket", map[string]any{"type": "hello", "ref": uuid.NewString(), "v": 1, "ticket": ticket})
	eventually(t, patience, "the reading console is replaced", func() bool { _, over := beda.over(); return over })
	open := func(side string) float64 { return h.metric("adviceline_sockets", `side="`+side+`"`) }
	contacts, consoles := open("contact"), open("adviser")

	const lines = 24
	for k := range lines {
		aino.say(slow.Contact, long("aino", k))
		for i, c := range legs {
			c.say(long(fmt.Sprintf("contact %d", i), k))
		}
	}
	wait := talk(others, "meanwhile", 20, 300*time.Millisecond)
	begun := time.Now()
	eventually(t, patience, "both are cut", func() bool { return open("contact") < contacts && open("adviser") < consoles })
	cut := time.Since(begun)
	for name, conn := range map[string]*websocket.Conn{"contact": page, "console": desk} {
		if code, got := how(t, conn); code != 1006 && code != 4408 || got >= lines {
			t.Errorf("the %s that never reads got %d messages and close code %d", name, got, code)
		}
	}
	wait()
	settle(t, others, patience)
	checkChats(t, others)
	for _, p := range peersOf(others) {
		if n := p.welcomed(); n != 1 {
			t.Errorf("%s was welcomed %d times: it was cut beside those that never read", p.name, n)
		}
	}

	slow.connect(t, h)
	back := []chat{{contact: slow, console: aino}}
	again := unfold(t, h, beda.name, beda.cookie)
	for _, c := range legs {
		back = append(back, chat{contact: c, console: again})
	}
	settle(t, back, patience)
	checkChats(t, back)

	// Nor does one that hangs keep its node from going.
	ticket, err = again.ticket()
	if err != nil {
		t.Fatal(err)
	}
	stuck(t, h, "/api/v1/console/socket", map[string]any{"type": "hello", "ref": uuid.NewString(), "v": 1, "ticket": ticket})
	stuck(t, h, "/api/v1/contact/socket", map[string]any{"type": "hello", "v": 1, "token": slow.Token, "after": 0})
	eventually(t, patience, "the hanging sockets have the places", func() bool {
		_, desk := again.over()
		_, page := slow.over()
		return desk && page
	})
	stopping := time.Now()
	h.stop() // which demands status 0
	if took := time.Since(stopping); took > 20*time.Second {
		t.Errorf("the node took %s to end", took)
	}
	t.Logf("slow: a node with hanging sockets ends within %s", time.Since(stopping).Round(time.Millisecond))
	t.Logf("slow: both cut within %s of the first long line", cut.Round(time.Millisecond))
}

// long is a line that takes 8 KiB on the wire.
func long(who string, k int) string {
	return fmt.Sprintf("%s %d %s", who, k, strings.Repeat("ä", 1900))
}

// TestSlowStreamsAreCut: the same for a stream, whose reader may be a proxy that holds back. What was
// missed is there when the page comes back.
func TestSlowStreamsAreCut(t *testing.T) {
	t.Parallel()
	h := several(t, 1, nil).each[0]
	aino := attend(t, h, "aino", "en", 1)
	slow := &contactClient{admission: h.admit(t, "en")}
	aino.accept(t, aino.offer(t, slow.Contact))
	conn, err := narrow.DialContext(t.Context(), "tcp", h.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if _, err := fmt.Fprintf(conn, "GET /api/v1/contact/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n", slow.Token); err != nil {
		t.Fatal(err)
	}
	open := func() float64 { return h.metric("adviceline_sockets", `side="contact"`) }
	eventually(t, patience, "the stream is open", func() bool { return open() == 1 })
	for k := range 24 {
		aino.say(slow.Contact, long("aino", k))
	}
	eventually(t, patience, "it is cut", func() bool { return open() == 0 })
	h.beside = func() *house { return h }
	slow.connect(t, h)
	back := []chat{{contact: slow, console: aino}}
	settle(t, back, patience)
	checkChats(t, back)
}
