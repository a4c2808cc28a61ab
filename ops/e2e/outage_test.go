package e2e

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestSpoolOfADeadNodeLands: with Postgres away a node takes contacts and an outcome and dies; once Postgres is back
// the other node commits all of it.
func TestSpoolOfADeadNodeLands(t *testing.T) {
	t.Parallel()
	s := several(t, 2, nil)
	dies, lives := s.each[0], s.each[1]
	aino := attend(t, dies, "aino", "fi", 1)
	s.db.stop()
	one := call(t, dies, "fi")
	aino.accept(t, aino.offer(t, one.Contact))
	aino.record(t, one.Contact)
	for range 4 {
		dies.admit(t, "sv")
	}
	dies.kill9()
	s.db.start()
	conn := lives.postgres("adviceline")
	eventually(t, patience, "the other node commits what the dead one took", func() bool {
		return count(t, conn, "SELECT count(*) FROM contact") == 5 && count(t, conn, "SELECT count(*) FROM staged") == 1 &&
			count(t, conn, "SELECT count(*) FROM contact WHERE recorded_at IS NOT NULL") == 1
	})
	eventually(t, patience, "the spool is empty", func() bool { return lives.metric("adviceline_ledger_pending") == 0 })
}

// TestFullSpoolRefusesNewChatsOnly: above SPOOL_MAX a new chat gets 503 with the phone number, what runs goes on to
// its outcome, and with Postgres back the line is open.
func TestFullSpoolRefusesNewChatsOnly(t *testing.T) {
	t.Parallel()
	s := several(t, 1, settings{"SPOOL_MAX": "20"})
	h := s.each[0]
	aino := attend(t, h, "aino", "fi", 1)
	one := call(t, h, "fi")
	aino.accept(t, aino.offer(t, one.Contact))
	s.db.stop()
	taken := 2 // with the one that ends the loop by being refused
	eventually(t, patience, "a new chat is refused", func() bool {
		status, body := h.post("/api/v1/contacts", intake("sv"))
		if status == http.StatusCreated {
			taken++
			return false
		}
		return status == http.StatusServiceUnavailable && strings.Contains(string(body), `"phone"`)
	})
	pair := []chat{{contact: one, console: aino}}
	talk(pair, "full", 3, 50*time.Millisecond)()
	settle(t, pair, patience)
	checkChats(t, pair)
	aino.record(t, one.Contact)
	s.db.start()
	eventually(t, patience, "the line is open again", func() bool {
		status, _ := h.post("/api/v1/contacts", intake("sv"))
		return status == http.StatusCreated
	})
	conn := h.postgres("adviceline")
	eventually(t, patience, "everything has landed", func() bool {
		return count(t, conn, "SELECT count(*) FROM contact") == int64(taken) && count(t, conn, "SELECT count(*) FROM staged") == 1
	})
}
