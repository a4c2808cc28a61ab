package e2e

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
)

// TestNodeKeepsFewConnections is N6: however many call a node, it has at most 32 connections to Redis,
// beside those that block or listen.
func TestNodeKeepsFewConnections(t *testing.T) {
	t.Parallel()
	h := several(t, 1, settings{"LIMIT_INTAKE": "1000000"}).each[0]
	pair := chats(t, h, 1)[0]
	ours := h.redis().Conn()
	t.Cleanup(func() { _ = ours.Close() })
	id, err := ours.ClientID(t.Context()).Result()
	if err != nil {
		t.Fatalf("read our own id: %v", err)
	}
	look := func() (working, listening int) {
		list, err := ours.ClientList(t.Context()).Result()
		if err != nil {
			t.Fatalf("list connections: %v", err)
		}
		for line := range strings.Lines(list) {
			fields := map[string]string{}
			for _, f := range strings.Fields(line) {
				key, value, _ := strings.Cut(f, "=")
				fields[key] = value
			}
			switch {
			case fields["id"] == strconvI(id):
			case strings.ContainsAny(fields["flags"], "bP"):
				listening++
			default:
				working++
			}
		}
		return working, listening
	}

	// Tickets and looks at sessions go to Redis by the pool, intakes and messages by the writer.
	ctx, cancel := context.WithCancel(t.Context())
	var work sync.WaitGroup
	stop := func() { cancel(); work.Wait() }
	defer stop()
	for range 128 {
		work.Go(func() {
			for ctx.Err() == nil {
				if _, err := pair.console.ticket(); err != nil && ctx.Err() == nil {
					t.Errorf("ask for a ticket: %v", err)
					return
				}
				if status, _ := h.post("/api/v1/contacts", intake("en")); status != http.StatusCreated && ctx.Err() == nil {
					t.Errorf("intake answers %d", status)
					return
				}
				status, _ := h.post("/api/v1/contact/resume", map[string]string{"request_id": uuid.NewString(), "return_number": "x"})
				if status == 0 && ctx.Err() == nil {
					t.Error("resume is not answered")
					return
				}
			}
		})
	}
	const most, wanted = 32, 16
	talked := talk([]chat{pair}, "load", 8, 250*time.Millisecond)
	high, beside := 0, 0
	eventually(t, patience, "the load needs many connections", func() bool {
		working, listening := look()
		high, beside = max(high, working), max(beside, listening)
		return high >= wanted
	})
	for range 100 {
		working, listening := look()
		high, beside = max(high, working), max(beside, listening)
	}
	talked()
	stop()
	t.Logf("connections: at most %d, and %d that listen or block", high, beside)
	if high > most {
		t.Errorf("a node has %d connections to Redis, at most %d are wanted", high, most)
	}
	settle(t, []chat{pair}, patience)
	checkChats(t, []chat{pair})
}
