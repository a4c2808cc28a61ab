package socket_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"regexp"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"testing"
	"time"

	"adviceline/helpline/socket"
)

var record = regexp.MustCompile(`(?m)^(\d+) @.*\n# labels: \{([^}]*)\}`)

// labelled counts the goroutines that carry a label; children inherit it, so that tests which
// run beside this one are not counted.
func labelled(t *testing.T, label string) (n int) {
	t.Helper()
	var profile bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&profile, 1); err != nil {
		t.Fatal(err)
	}
	for _, m := range record.FindAllStringSubmatch(profile.String(), -1) {
		if strings.Contains(m[2], label) {
			count, _ := strconv.Atoi(m[1])
			n += count
		}
	}
	return n
}

func TestIdleConnectionCostsTwoGoroutines(t *testing.T) {
	t.Parallel()
	const conns = 50
	var h *house
	pprof.Do(context.Background(), pprof.Labels("server", "idle-count"), func(context.Context) {
		h = newHouse(t, socket.Options{})
	})
	before := labelled(t, "idle-count")
	if before == 0 {
		t.Fatal("the server's goroutines carry no label: nothing is counted")
	}
	for range conns {
		h.greet(t)
	}
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(10 * time.Second)
	for {
		// The HTTP server's own goroutines end soon after the handler has returned.
		n := labelled(t, "idle-count") - before
		if n < 2*conns {
			t.Fatalf("%d goroutines for %d connections: some are not counted", n, conns)
		}
		if n == 2*conns {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%d goroutines for %d connections", n, conns)
		}
	}
}

// BenchmarkIdle gives the server's memory per idle connection (heap and stacks in use; the raw
// client's end in the same process is part of it).
func BenchmarkIdle(b *testing.B) {
	const conns = 2000
	h := newHouse(b, socket.Options{})
	before := inUse()
	clients := make([]net.Conn, conns)
	for i := range clients {
		clients[i] = rawDial(b, h)
	}
	each := float64(inUse()-before) / conns / 1024
	for b.Loop() {
		h.reg.Live()
	}
	b.ReportMetric(each, "KiB/conn")
	for _, c := range clients {
		_ = c.Close()
	}
}

func inUse() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}

// rawDial upgrades by hand and says hello, so that the client's end is a bare net.Conn.
func rawDial(b *testing.B, h *house) net.Conn {
	b.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(h.url, "ws://"))
	if err != nil {
		b.Fatal(err)
	}
	_, _ = io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\nOrigin: "+origin+"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
	var head []byte
	for one := make([]byte, 1); !bytes.HasSuffix(head, []byte("\r\n\r\n")); head = append(head, one...) {
		if _, err := c.Read(one); err != nil {
			b.Fatal(err)
		}
	}
	_, _ = c.Write([]byte("\x81\x85\x00\x00\x00\x00hello"))
	await(b, h.conns)
	return c
}

func BenchmarkEcho(b *testing.B) {
	h := newHouse(b, socket.Options{})
	ws, _ := h.greet(b)
	_ = ws.SetReadDeadline(time.Time{})
	frame := []byte(strings.Repeat("x", 512))
	b.ReportAllocs()
	for b.Loop() {
		if err := ws.WriteMessage(1, frame); err != nil {
			b.Fatal(err)
		}
		if _, _, err := ws.ReadMessage(); err != nil {
			b.Fatal(err)
		}
	}
}
