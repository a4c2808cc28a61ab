package e2e

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"
)

// chat is one conversation between two clients.
type chat struct {
	contact *contactClient
	console *consoleClient
}

// chats opens n conversations with as few advisers as they need.
func chats(t *testing.T, h *house, n int) []chat {
	t.Helper()
	var consoles []*consoleClient
	for i := range (n + 2) / 3 {
		consoles = append(consoles, attend(t, h, fmt.Sprintf("adviser%d", i), "fi", 3))
	}
	var out []chat
	for range n {
		c := call(t, h, "fi")
		out = append(out, chat{contact: c, console: take(t, consoles, c.Contact)})
	}
	return out
}

// take lets whoever was offered a contact accept it.
func take(t *testing.T, consoles []*consoleClient, contact string) *consoleClient {
	t.Helper()
	var got *consoleClient
	var offer frame
	eventually(t, patience, "somebody is offered the contact", func() bool {
		for _, c := range consoles {
			c.mu.Lock()
			for _, o := range c.offers {
				if o.Contact == contact {
					got, offer = c, o
				}
			}
			c.mu.Unlock()
		}
		return got != nil
	})
	got.accept(t, offer)
	return got
}

// talk says n messages on both sides of every chat, one per pace, and gives a func that waits until
// all were queued.
func talk(chats []chat, label string, n int, pace time.Duration) (wait func()) {
	var work sync.WaitGroup
	for i, c := range chats {
		work.Go(func() {
			tick := time.NewTicker(pace)
			defer tick.Stop()
			for k := range n {
				<-tick.C
				c.contact.say(fmt.Sprintf("%s %d contact %d", label, i, k))
				c.console.say(c.contact.Contact, fmt.Sprintf("%s %d adviser %d", label, i, k))
			}
		})
	}
	return work.Wait
}

// settle waits until every message was acknowledged and has arrived.
func settle(t *testing.T, chats []chat, within time.Duration) {
	t.Helper()
	eventually(t, within, "every message is acknowledged and has arrived", func() bool {
		for _, c := range chats {
			_, mine := c.contact.transcript()
			_, theirs := c.console.transcript(c.contact.Contact)
			if c.contact.unanswered() > 0 || c.console.unanswered() > 0 ||
				c.contact.hears() < len(theirs) || c.console.hears(c.contact.Contact) < len(mine) {
				return false
			}
		}
		return true
	})
}

// checkChats demands that each side heard the other exactly once, in order.
func checkChats(t *testing.T, chats []chat) {
	t.Helper()
	for i, c := range chats {
		heardHere, sentHere := c.contact.transcript()
		heardThere, sentThere := c.console.transcript(c.contact.Contact)
		checkHeard(t, fmt.Sprintf("contact %d", i), heardHere, "adviser", sentThere)
		checkHeard(t, fmt.Sprintf("adviser of chat %d", i), heardThere, "contact", sentHere)
		if f := c.contact.refused(); len(f) > 0 {
			t.Logf("contact %d was refused %d times on the way, first: %s", i, len(f), f[0])
		}
		if f := c.console.refused(); len(f) > 0 {
			t.Logf("adviser of chat %d was refused %d times on the way, first: %s", i, len(f), f[0])
		}
	}
}

func TestChatsAndIntakesGoOnWithoutPostgres(t *testing.T) {
	t.Parallel()
	db := newDatabase(t)
	root := rootKey(t)
	h := open(t, settings{"DATABASE_URL": db.url("adviceline"), "ROOT_KEY_FILE": root, "LIMIT_INTAKE": "1000"})

	open := chats(t, h, 4)
	late := attend(t, h, "late", "sv", 3) // nobody's yet: takes a contact during the outage
	settled := talk(open, "before", 5, 250*time.Millisecond)
	settled()
	settle(t, open, patience)
	admitted := int64(len(open))

	db.stop()
	begun := time.Now()
	wait := talk(open, "without", 35, 250*time.Millisecond)
	for range 5 {
		status, body := h.post("/api/v1/contacts", intake("en"))
		if status != http.StatusCreated {
			t.Errorf("intake without Postgres answers %d: %s", status, body)
			continue
		}
		admitted++
	}
	c := call(t, h, "sv")
	admitted++
	late.accept(t, late.offer(t, c.Contact))
	more := append(open[:len(open):len(open)], chat{contact: c, console: late})
	talk(more[len(open):], "new", 3, 250*time.Millisecond)()
	wait()
	settle(t, more, patience)
	c.leave("done")
	late.record(t, c.Contact)
	open[0].console.end(t, open[0].contact.Contact)
	open[0].console.record(t, open[0].contact.Contact)
	recorded := int64(2)
	if status, body := h.look("http://" + h.ops + "/readyz"); status != http.StatusOK {
		t.Errorf("readyz without Postgres answers %d: %s", status, body)
	}
	rest := open[1:]
	during(t, 10*time.Second-time.Since(begun), "conversations stay open", func() bool {
		return rest[0].contact.is("active") && rest[0].contact.connected()
	})
	checkChats(t, more)

	db.start()
	talk(rest, "after", 5, 250*time.Millisecond)()
	settle(t, rest, patience)
	checkChats(t, rest)
	conn := h.postgres("adviceline")
	eventually(t, 2*patience, "every contact has its row", func() bool {
		return count(t, conn, "SELECT count(*) FROM contact") == admitted
	})
	eventually(t, 2*patience, "what was recorded in between is in Postgres", func() bool {
		return count(t, conn, "SELECT count(*) FROM contact WHERE recorded_at IS NOT NULL") == recorded &&
			count(t, conn, "SELECT count(*) FROM staged") == recorded
	})
	for _, c := range rest {
		c.console.record(t, c.contact.Contact)
	}
	recorded += int64(len(rest))
	eventually(t, patience, "what is recorded afterwards is there too", func() bool {
		return count(t, conn, "SELECT count(*) FROM contact WHERE recorded_at IS NOT NULL") == recorded &&
			count(t, conn, "SELECT count(*) FROM staged") == recorded
	})
	eventually(t, patience, "the spool is empty", func() bool {
		return h.metric("adviceline_ledger_pending") == 0
	})
	if n := count(t, conn, "SELECT count(*) FROM contact"); n != admitted {
		t.Errorf("%d contact rows, %d were answered 201", n, admitted)
	}
}

func TestKilledNodeLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	h := open(t, settings{"LIMIT_INTAKE": "1000"})
	ten := chats(t, h, 10)
	wait := talk(ten, "killed", 40, 250*time.Millisecond)
	eventually(t, patience, "the chats are under way", func() bool {
		return ten[0].contact.hears() >= 8 && ten[9].contact.hears() >= 8
	})

	h.kill9()
	eventually(t, 20*time.Second, "no service of the killed process is left", func() bool { return len(h.children()) == 0 })
	h.start()
	wait()
	settle(t, ten, 2*patience)
	talk(ten, "again", 3, 250*time.Millisecond)()
	settle(t, ten, patience)
	checkChats(t, ten)

	conn := h.postgres("adviceline")
	if n := count(t, conn, "SELECT count(*) FROM contact"); n != 10 {
		t.Errorf("%d contact rows for 10 contacts", n)
	}
	for _, c := range ten {
		if c.contact.welcomed() < 2 || c.console.welcomed() < 2 {
			t.Errorf("a client never came back")
		}
		c.console.record(t, c.contact.Contact)
	}
	eventually(t, patience, "every outcome is recorded once", func() bool {
		return count(t, conn, "SELECT count(*) FROM contact WHERE recorded_at IS NOT NULL AND state = 'completed'") == 10 &&
			count(t, conn, "SELECT count(*) FROM staged") == 10
	})
	_ = conn.Close(t.Context())
	h.stop()
	eventually(t, patience, "no service outlives its house", func() bool { return len(h.children()) == 0 })
}

// TestRestartDropsNoConversation: an upgrade is a SIGTERM and a start.
func TestRestartDropsNoConversation(t *testing.T) {
	t.Parallel()
	h := open(t, settings{})
	open := chats(t, h, 3)
	waiting := call(t, h, "sv") // nobody speaks it
	waiting.say("before")
	wait := talk(open, "upgrade", 20, 250*time.Millisecond)
	eventually(t, patience, "the chats are under way", func() bool { return open[0].contact.hears() >= 4 })

	h.restart()
	wait()
	settle(t, open, patience)
	checkChats(t, open)
	eventually(t, patience, "who waits is back", func() bool {
		return waiting.welcomed() > 1 && waiting.connected() && waiting.is("waiting")
	})
	waiting.say("after")
	svea := attend(t, h, "svea", "sv", 1)
	svea.accept(t, svea.offer(t, waiting.Contact))
	settle(t, []chat{{contact: waiting, console: svea}}, patience)
	checkChats(t, []chat{{contact: waiting, console: svea}})
	for _, c := range open {
		c.console.record(t, c.contact.Contact)
	}
}
