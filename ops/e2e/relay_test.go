package e2e

import (
	"fmt"
	"testing"
	"time"
)

// TestRelay: sockets alone. Conversations go on while their sockets break at random and come back to
// random nodes, and nodes are killed one after the other. Each side hears the other exactly once, in
// order. `make relay` runs it at its full size.
func TestRelay(t *testing.T) {
	t.Parallel()
	n, kills, every := 20, 2, 8*time.Second
	if full {
		n, kills, every = 50, 5, 10*time.Second
	}
	const lines = 40
	s := several(t, 3, nil)
	open := s.chats(t, n)
	peers := peersOf(open)
	for _, p := range peers {
		p.wander(s.any)
	}
	begun := time.Now()
	wait := talk(open, "relay", lines, time.Duration(kills)*every/lines)
	calm := disturb(peers, 2*time.Second/time.Duration(len(peers))*5)
	eventually(t, patience, "the chats are under way", func() bool { return open[0].contact.hears() > 3 })
	slowest := time.Duration(0)
	tick := time.NewTicker(every)
	defer tick.Stop()
	for k := range kills {
		h := s.each[k%len(s.each)]
		for i, c := range open { // it dies with these in its hands
			c.contact.say(fmt.Sprintf("kill %d %d contact", k, i))
			c.console.say(c.contact.Contact, fmt.Sprintf("kill %d %d adviser", k, i))
		}
		h.kill9()
		killed := time.Now()
		eventually(t, patience, "all sockets of a killed node are elsewhere", func() bool { return moved(peers, h) })
		slowest = max(slowest, time.Since(killed))
		h.start()
		if k+1 < kills {
			<-tick.C
		}
	}
	wait()
	settle(t, open, 2*patience)
	took := time.Since(begun)
	checkChats(t, open)
	for _, c := range open {
		c.console.record(t, c.contact.Contact) // asked again at any node until it is answered
	}
	calm()
	s.checkRecorded(t, n)
	back := 0
	for _, c := range open {
		checkOwners(t, c.contact.Contact, c.console)
	}
	for _, p := range peers {
		back += p.welcomed() - 1
	}
	t.Logf("relay: %d conversations, %d messages each way, %d kills, %d reconnects, all elsewhere after a kill within %s, %s in all",
		n, lines+kills, kills, back, slowest.Round(time.Millisecond), took.Round(time.Second))
}

// checkRecorded demands of the ledger what the sockets were told: n contacts, each recorded once.
func (s *nodes) checkRecorded(t *testing.T, n int) {
	t.Helper()
	conn := s.each[0].postgres("adviceline")
	eventually(t, patience, "every contact is in the ledger, recorded once", func() bool {
		return count(t, conn, "SELECT count(*) FROM contact WHERE recorded_at IS NOT NULL AND state = 'completed'") == int64(n) &&
			count(t, conn, "SELECT count(*) FROM staged") == int64(n)
	})
	if rows := count(t, conn, "SELECT count(*) FROM contact"); rows != int64(n) {
		t.Errorf("%d contact rows for %d contacts", rows, n)
	}
}

// moved tells whether every peer is welcomed at another node than this one. While others break
// sockets at random, one that is just coming back does not count.
func moved(peers []*peer, from *house) bool {
	away := 0
	for _, p := range peers {
		switch p.at() {
		case from:
			return false
		case nil:
			away++
		}
	}
	return away <= len(peers)/10
}
