package e2e

import (
	"net/http"
	"sync"
	"testing"
	"time"
)

// TestNodeIsDrained: an upgrade of a line that runs. A node that is told to stop says at once that it
// is not ready, sends its sockets to the others, and ends well; nobody loses a message, a place or an
// offer by it. Then the other two go the same way.
func TestNodeIsDrained(t *testing.T) {
	t.Parallel()
	n := 30
	if full {
		n = 100
	}
	drainEach(t, several(t, 3, settings{"OFFER_SECONDS": "300"}), n)
}

// TestStreamsAreDrained is the same for those whose proxy lets no socket through.
func TestStreamsAreDrained(t *testing.T) {
	t.Parallel()
	drainEach(t, several(t, 3, settings{"OFFER_SECONDS": "300"}).streamed(), 6)
}

func drainEach(t *testing.T, s *nodes, n int) {
	t.Helper()
	open := s.chats(t, n)
	svea := attend(t, s.each[1], "svea", "sv", 3)
	var ringing []chat // offered, not accepted
	for i := range 3 {
		c := call(t, s.each[i], "sv")
		c.say("before")
		svea.offer(t, c.Contact)
		ringing = append(ringing, chat{contact: c, console: svea})
	}
	peers := append(peersOf(open), peersOf(ringing)...)
	for _, p := range peers {
		p.wander(s.upAndDown(p.h))
	}
	wait := talk(open, "drain", 25, 500*time.Millisecond)
	eventually(t, patience, "the chats are under way", func() bool { return open[0].contact.hears() > 1 })

	for _, h := range s.each {
		s.drain(t, h, peers)
		h.start()
	}
	wait()
	settle(t, open, 2*patience)
	checkChats(t, open)
	for _, c := range open {
		checkOwners(t, c.contact.Contact, c.console)
	}
	svea.mu.Lock()
	for _, f := range svea.revoked {
		t.Errorf("an offer was revoked: %s", f.Reason)
	}
	svea.mu.Unlock()
	for _, c := range ringing {
		svea.accept(t, svea.offer(t, c.contact.Contact))
		c.contact.say("after")
	}
	settle(t, ringing, patience)
	checkChats(t, ringing)
}

// upAndDown stays with the first house while it lasts, and takes any afterwards.
func (s *nodes) upAndDown(first *house) func() *house {
	begun := first.process()
	return func() *house {
		if first.process() == begun && !ended(begun) && !first.drained() {
			return first
		}
		return s.any()
	}
}

// drained tells whether a node says that it is not ready.
func (h *house) drained() bool {
	status, _ := h.look("http://" + h.ops + "/readyz")
	return status != http.StatusOK
}

// drain stops a node as an operator does and holds it to what it owes its sockets.
func (s *nodes) drain(t *testing.T, h *house, peers []*peer) {
	t.Helper()
	var here []*peer
	before := map[*peer]int{}
	for _, p := range peers {
		if p.at() == h {
			here, before[p] = append(here, p), p.recalled()
		}
	}
	r := h.process()
	told := time.Now()
	var work sync.WaitGroup
	defer work.Wait()
	work.Go(func() {
		h.stop() // which demands status 0
		if took := time.Since(told); took > 20*time.Second {
			t.Errorf("a node took %s to end", took)
		}
	})
	// 503 while sockets move; a poll that comes later finds nobody (cmd's own test holds the 503).
	eventually(t, time.Second, "readyz does not answer 200", h.drained)
	unready := time.Since(told)
	eventually(t, 10*time.Second, "every socket is at another node", func() bool {
		for _, p := range here {
			if at := p.at(); at == nil || at == h {
				return false
			}
		}
		return true
	})
	moved := time.Since(told)
	eventually(t, 20*time.Second, "the node has ended", func() bool { return ended(r) })
	for _, p := range here {
		if p.recalled() == before[p] {
			t.Errorf("%s was not asked to come back", p.name)
		}
	}
	t.Logf("drain: %d sockets of a node: not ready after %s, all moved after %s, ended after %s", len(here),
		unready.Round(time.Millisecond), moved.Round(time.Millisecond), time.Since(told).Round(time.Millisecond))
}
