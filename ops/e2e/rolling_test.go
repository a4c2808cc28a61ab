package e2e

import (
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestRollingRestart: an upgrade behind a balancer. Three nodes, one after the other, are told to stop
// and start anew at the same address, while people talk; each page knows the balancer alone and waits
// as long as `reconnect` says. Every socket is welcomed again and carries messages within the
// deadline; nothing is lost, doubled or out of order. `make relay` runs it at its full size.
func TestRollingRestart(t *testing.T) {
	t.Parallel()
	n, lines := 12, 12
	if full {
		n, lines = 100, 40
	}
	const deadline = 10 * time.Second
	port := freePorts(t, 1)[0]
	s := several(t, 3, settings{"PUBLIC_ORIGINS": "http://" + port})
	b := balance(t, port, s.each)
	front := &house{ // for clients: it has no process of its own
		t: t, addr: port, ops: s.each[0].ops, set: s.each[0].set, out: &output{},
	}
	open := front.chats(t, s.staff(t, (n+2)/3), n)
	gaps := &gaps{}
	peers := peersOf(open)
	for _, p := range peers {
		p.watchGaps(gaps)
	}
	talked, quit := make(chan struct{}), make(chan struct{})
	go func() { // until the last node is back
		defer close(talked)
		for {
			talk(open, "rolling", lines/4, 500*time.Millisecond)()
			select {
			case <-quit:
				return
			default:
			}
		}
	}()
	begun := time.Now()
	moved := make([]int, len(s.each))
	for i, h := range s.each {
		before := make([]int, len(peers))
		for k, p := range peers {
			before[k] = p.recalled()
		}
		moved[i] = int(h.metric("adviceline_sockets"))
		h.stop() // which demands status 0
		if left := b.at(h); left != 0 {
			t.Errorf("%d connections are left at a node that has ended", left)
		}
		h.start()
		eventually(t, patience, "the balancer uses the new process", func() bool { return b.uses(h) })
		eventually(t, deadline, "every socket is welcomed", func() bool {
			return !slices.ContainsFunc(peers, func(p *peer) bool { return !p.connected() })
		})
		recalls := 0
		for k, p := range peers {
			recalls += p.recalled() - before[k]
		}
		if recalls < moved[i] {
			t.Errorf("%d sockets were asked to come back, %d were at the node", recalls, moved[i])
		}
	}
	close(quit)
	<-talked
	settle(t, open, 2*patience)
	took := time.Since(begun)
	checkChats(t, open)
	messages := 0
	for _, c := range open {
		checkOwners(t, c.contact.Contact, c.console)
		_, mine := c.contact.transcript()
		messages += 2 * len(mine)
		c.console.record(t, c.contact.Contact)
	}
	s.checkRecorded(t, n)
	lost, welcome, message := gaps.longest()
	if lost < len(peers) {
		t.Errorf("%d sockets were lost, at least %d were to be", lost, len(peers))
	}
	if welcome > deadline || message > deadline {
		t.Errorf("a socket was away for %s, no message went through for %s", welcome, message)
	}
	t.Logf("rolling: %d chats, %d messages, %v sockets at the nodes as they stop, %d came back: welcomed within %s, next message through within %s, %s in all",
		n, messages, moved, lost, welcome.Round(time.Millisecond), message.Round(time.Millisecond), took.Round(time.Second))
}

// chats opens n conversations through one address, with accounts that are there.
func (h *house) chats(t *testing.T, password string, n int) (out []chat) {
	t.Helper()
	var consoles []*consoleClient
	for i := range (n + 2) / 3 {
		c := enter(t, h, "adviser"+strconvI(int64(i)), password)
		c.ready(t)
		consoles = append(consoles, c)
	}
	for range n {
		c := call(t, h, "fi")
		out = append(out, chat{contact: c, console: take(t, consoles, c.Contact)})
	}
	return out
}

// gaps are the times for which sockets were away.
type gaps struct {
	mu               sync.Mutex
	lost             int
	welcome, message time.Duration
}

// longest gives how many sockets were lost, the longest time until one was welcomed again, and the
// longest until its next message, either way, was through.
func (g *gaps) longest() (lost int, welcome, message time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.lost, g.welcome, g.message
}

// watchGaps measures a peer's absences from now on, and makes it wait as long as it is told.
func (p *peer) watchGaps(g *gaps) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gaps = g
}

// away notes that a welcomed connection is gone.
func (p *peer) away() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gaps != nil && p.conn != nil {
		p.left, p.silent = time.Now(), time.Now()
	}
}

// pause is how long to wait before the next connection: as told, where absences are measured.
func (p *peer) pause() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	told := p.told
	p.told = 0
	if p.gaps == nil || told == 0 {
		return 50 * time.Millisecond
	}
	return told
}

// back notes a frame after an absence.
func (p *peer) back(f frame) {
	p.mu.Lock()
	defer p.mu.Unlock()
	g := p.gaps
	if g == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case f.Type == "welcome" && !p.left.IsZero():
		g.lost++
		g.welcome = max(g.welcome, time.Since(p.left))
		p.left = time.Time{}
	case (f.Type == "message" || f.Type == "said") && !p.silent.IsZero():
		g.message = max(g.message, time.Since(p.silent))
		p.silent = time.Time{}
	}
}

// balancer leads each connection to the next node that says that it is ready, and to another one
// when that does not answer.
type balancer struct {
	nodes []*house
	ready []atomic.Bool
	next  atomic.Int64

	mu   sync.Mutex
	open map[net.Conn]*house // the nodes' ends
	over bool
	work sync.WaitGroup
}

func balance(t *testing.T, addr string, nodes []*house) *balancer {
	t.Helper()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatalf("listen: %v", err)
	}
	b := &balancer{nodes: nodes, ready: make([]atomic.Bool, len(nodes)), open: map[net.Conn]*house{}}
	quit := make(chan struct{})
	for i, h := range nodes {
		b.ready[i].Store(true)
		b.work.Go(func() {
			tick := time.NewTicker(100 * time.Millisecond)
			defer tick.Stop()
			for {
				select {
				case <-tick.C:
					status, _ := h.look("http://" + h.ops + "/readyz")
					b.ready[i].Store(status == http.StatusOK)
				case <-quit:
					return
				}
			}
		})
	}
	b.work.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			b.work.Go(func() { b.lead(conn) })
		}
	})
	t.Cleanup(func() {
		close(quit)
		_ = l.Close()
		b.mu.Lock()
		b.over = true
		for conn := range b.open {
			_ = conn.Close()
		}
		b.mu.Unlock()
		b.work.Wait()
	})
	return b
}

// lead joins a connection with a node until either side ends it.
func (b *balancer) lead(from net.Conn) {
	defer func() { _ = from.Close() }()
	to, h := b.dial()
	if to == nil {
		return
	}
	defer func() { _ = to.Close() }()
	b.mu.Lock()
	if b.over {
		b.mu.Unlock()
		return
	}
	b.open[to] = h
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		delete(b.open, to)
		b.mu.Unlock()
	}()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(to, from)
		_ = to.Close()
	}()
	_, _ = io.Copy(from, to)
	_ = from.Close()
	<-done
}

func (b *balancer) dial() (net.Conn, *house) {
	for range b.nodes {
		i := int(b.next.Add(1)) % len(b.nodes)
		if !b.ready[i].Load() {
			continue
		}
		if conn, err := net.DialTimeout("tcp", b.nodes[i].addr, time.Second); err == nil {
			return conn, b.nodes[i]
		}
	}
	return nil, nil
}

// at counts the connections that lead to a node.
func (b *balancer) at(h *house) (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, to := range b.open {
		if to == h {
			n++
		}
	}
	return n
}

func (b *balancer) uses(h *house) bool { return b.ready[slices.Index(b.nodes, h)].Load() }
