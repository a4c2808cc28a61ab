package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"
)

// crowd asks for the long run whose figures are in ops/docs/performance.md: `make idle`.
var crowd = os.Getenv("IDLE_FULL") == "1"

// TestIdleContactsAskRedisNothing is N5 and N7: sockets of contacts who talk to somebody and are silent
// cost their node no Redis command and two goroutines each. Their advisers, and all that was done to
// bring them together, are at another node, so that what is measured is the sockets alone.
// In CI a stretch lasts four heartbeats and two pings of every socket; `make idle` takes 10,000
// sockets and whole minutes, and tells the memory.
func TestIdleContactsAskRedisNothing(t *testing.T) {
	t.Parallel()
	sizes, beats, pings := []int{200}, 4, int64(2)
	set := settings{"LIMIT_INTAKE": "1000000", "LIMIT_SOCKETS": "100000", "CONTACT_PING_SECONDS": "1", "OFFER_SECONDS": "600"}
	if crowd {
		sizes, beats, pings = []int{1000, 10_000}, 60, 3
		set["CONTACT_PING_SECONDS"] = "20"
	}
	n := sizes[len(sizes)-1]
	filesFor(t, n)
	s := several(t, 2, set)
	busy, h := s.each[0], s.each[1]
	tokens, consoles := s.engage(t, busy, n)
	eventually(t, patience, "every fact is in the ledger", func() bool { return h.metric("adviceline_ledger_pending") == 0 })
	w := &stretch{h: h, m: watch(t, h), beats: beats * len(s.each)}
	without := w.run(t, func() bool { return true })
	table := &memory{h: h}
	if crowd {
		table.collected(t)
	}
	table.row(0, "empty")

	var sockets []*listener
	for _, size := range sizes {
		sockets = append(sockets, listen(t, h, tokens[len(sockets):size])...)
		eventually(t, patience, "two goroutines for each socket at most", func() bool {
			return h.metric("go_goroutines") <= table.rows[0].goroutines+float64(2*size+ownGoroutines)
		})
		if open := h.metric("adviceline_sockets", `side="contact"`); open != float64(size) {
			t.Errorf("%.0f contact sockets are open, %d are wanted", open, size)
		}
		table.row(size, "open")
		if crowd {
			table.collected(t)
			table.row(size, "after GC")
		}
	}
	begun := make([]int64, n)
	for i, l := range sockets {
		begun[i] = l.pings.Load()
	}
	pinged := func() bool {
		for i, l := range sockets {
			if l.pings.Load() < begun[i]+pings {
				return false
			}
		}
		return true
	}
	with := w.run(t, pinged)
	for range 6 {
		if !with.beside(without) {
			break
		}
		with = w.run(t, pinged)
	}
	t.Logf("idle: a stretch of %d heartbeats without sockets: %s", w.beats, without)
	t.Logf("idle: the same with %d sockets: %s", n, with)
	checkStretches(t, without, with, n)
	for _, c := range consoles {
		if code, _ := c.over(); c.welcomed() > 1 {
			t.Errorf("%s came back, which asks Redis: the last close code is %d", c.name, code)
		}
	}
	for _, l := range sockets {
		if l.lost.Load() {
			t.Fatal("an idle socket was closed")
		}
	}
	t.Logf("idle: %d sockets\n%s", n, table)
}

// ownGoroutines is by how many those of the house itself (pools, drains) come and go.
const ownGoroutines = 6

// filesFor lets this process and the nodes open a socket for each of n contacts.
func filesFor(t *testing.T, n int) {
	t.Helper()
	want := uint64(n + 1000)
	var r syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &r); err != nil {
		t.Fatal(err)
	}
	if r.Cur >= want {
		return
	}
	r.Cur, r.Max = want, max(want, r.Max)
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &r); err != nil {
		t.Fatalf("%d open files are wanted: raise the hard limit (ulimit -Hn): %v", want, err)
	}
}

// engage opens n conversations at a node, for contacts who have no socket yet, and gives their tokens.
// Its advisers have more slots than any account is given.
func (s *nodes) engage(t *testing.T, h *house, n int) (tokens []string, consoles []*consoleClient) {
	t.Helper()
	desks := 8 + n/400 // a console sends at most 20 frames a second
	password := s.staff(t, desks)
	conn := h.postgres("adviceline")
	if _, err := conn.Exec(t.Context(), "UPDATE person SET capacity = $1", n); err != nil {
		t.Fatalf("give slots: %v", err)
	}
	var (
		work sync.WaitGroup
		held atomic.Int64
		mu   sync.Mutex
	)
	for i := range desks {
		c := enter(t, h, fmt.Sprintf("adviser%d", i), password)
		c.ready(t)
		c.briefly()
		consoles = append(consoles, c)
		work.Go(func() { // takes whatever is offered
			for held.Load() < int64(n) {
				c.mu.Lock()
				var o frame
				if len(c.offers) > 0 {
					o = c.offers[0]
				}
				c.mu.Unlock()
				if o.Offer == "" {
					<-time.After(2 * time.Millisecond)
					continue
				}
				if a := c.ask(t, map[string]any{"type": "accept", "offer": o.Offer}); a.Type != "opened" {
					t.Errorf("accept is answered by %s %s", a.Type, a.Code)
					return
				}
				held.Add(1)
			}
		})
		work.Go(func() {
			for range (n + i) / desks {
				status, body := h.post("/api/v1/contacts", intake("fi"))
				var a admission
				if err := json.Unmarshal(body, &a); err != nil || status != http.StatusCreated {
					t.Errorf("intake answers %d", status)
					return
				}
				mu.Lock()
				tokens = append(tokens, a.Token)
				mu.Unlock()
			}
		})
	}
	eventually(t, 5*time.Minute, "every contact has its adviser", func() bool { return t.Failed() || held.Load() >= int64(n) })
	work.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return tokens, consoles
}

// briefly lets a console come back without naming its legs, which are more than a hello may hold.
func (c *consoleClient) briefly() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.peer.hello = func() (any, error) {
		ticket, err := c.ticket()
		return map[string]any{"type": "hello", "ref": uuid.NewString(), "v": 1, "ticket": ticket}, err
	}
}

// listener is a contact's page that only listens and answers pings.
type listener struct {
	conn  *websocket.Conn
	pings atomic.Int64
	lost  atomic.Bool
}

// listen opens a socket for each token, some at a time, until all are welcomed.
func listen(t *testing.T, h *house, tokens []string) []*listener {
	t.Helper()
	out := make([]*listener, len(tokens))
	var work sync.WaitGroup
	const at = 16
	for k := range at {
		work.Go(func() {
			for i := k; i < len(tokens); i += at {
				l, err := sit(t, h, tokens[i])
				if err != nil {
					t.Errorf("open socket: %v", err)
					return
				}
				out[i] = l
			}
		})
	}
	work.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return out
}

// sit opens one socket and listens from its welcome on.
func sit(t *testing.T, h *house, token string) (*listener, error) {
	d := websocket.Dialer{HandshakeTimeout: patience, ReadBufferSize: 512, WriteBufferSize: 512}
	conn, res, err := d.DialContext(t.Context(), "ws://"+h.addr+"/api/v1/contact/socket", http.Header{"Origin": {h.origin()}})
	if res != nil && res.Body != nil {
		_ = res.Body.Close()
	}
	if err != nil {
		return nil, err
	}
	l := &listener{conn: conn}
	conn.SetPingHandler(func(data string) error {
		l.pings.Add(1)
		return conn.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(10*time.Second))
	})
	if err := write(conn, map[string]any{"type": "hello", "v": 1, "token": token, "after": 0}); err != nil {
		return nil, err
	}
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	var f frame
	if err := conn.ReadJSON(&f); err != nil {
		return nil, err
	}
	if f.Type != "welcome" || f.State != "active" {
		return nil, fmt.Errorf("the first frame is %s, of a contact that is %s", f.Type, f.State)
	}
	_ = conn.SetReadDeadline(time.Time{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			if _, _, err := conn.ReadMessage(); err != nil {
				l.lost.Store(true)
				return
			}
		}
	}()
	t.Cleanup(func() {
		_ = conn.Close()
		<-done
	})
	return l, nil
}

// stretch counts what Redis is asked for as long as so many heartbeats take.
type stretch struct {
	h     *house
	m     *monitor
	beats int
}

// spent is what one stretch cost.
type spent struct {
	asked    map[string]int // by clients, heartbeats and sweeps left out
	beats    int
	sweeps   int
	commands int // all that Redis ran, inside scripts too
}

func (s spent) String() string {
	return fmt.Sprintf("%d heartbeats, %d sweeps, beside them %v, %d commands in all with those inside scripts",
		s.beats, s.sweeps, s.asked, s.commands)
}

// beside tells that something was asked in this stretch and not in another: a round of the house's own that comes
// once in many heartbeats, as that of the roster, and may run some hundred commands. What sockets ask comes again.
func (s spent) beside(other spent) bool {
	for key := range s.asked {
		if other.asked[key] == 0 {
			return true
		}
	}
	return false
}

// run waits for the heartbeats and for what else has to happen meanwhile.
func (w *stretch) run(t *testing.T, also func() bool) spent {
	t.Helper()
	beat, sweep, repair := "fcall heartbeat", "fcall expire", "fcall reconcile"
	before := w.m.tally()
	eventually(t, 3*time.Minute, "so many heartbeats", func() bool {
		w.m.mu.Lock()
		n := w.m.now.seen[beat] - before.seen[beat]
		w.m.mu.Unlock()
		return n >= w.beats && also()
	})
	after := w.m.tally()
	out := spent{asked: map[string]int{}, commands: after.ran() - before.ran()}
	for key, n := range after.seen {
		switch n -= before.seen[key]; {
		case key == beat:
			out.beats = n
		case key == sweep:
			out.sweeps = n
		case n > 0 && key != "info" && key != repair: // of whose rounds the scan tells
			out.asked[key] = n
		}
	}
	return out
}

// checkStretches demands that sockets ask for nothing. Loops of the node's own have no fixed phase: a
// stretch holds a few rounds more or less of them, never one per socket.
func checkStretches(t *testing.T, without, with spent, sockets int) {
	t.Helper()
	keys := slices.Collect(maps.Keys(with.asked))
	for _, key := range keys {
		// per heartbeat, as a stretch may have waited for its pings
		fair := float64(without.asked[key])*float64(with.beats)/float64(without.beats) + 4
		if n := with.asked[key]; float64(n) > fair {
			t.Errorf("%d times %s with %d silent sockets, %d times without them", n, key, sockets, without.asked[key])
		}
	}
	for name, pair := range map[string][2]int{
		"sweeps": {without.sweeps, with.sweeps}, "commands": {without.commands, with.commands},
	} {
		fair := float64(pair[0]) * float64(with.beats) / float64(without.beats)
		if float64(pair[1]) > fair*1.5+float64(sockets)/20 {
			t.Errorf("%d %s with %d silent sockets, %d without them", pair[1], name, sockets, pair[0])
		}
	}
}

// ran sums all commands but those of the reconciler's rounds: it looks at every contact in turn, with a socket or
// without, and how many of its rounds fall into a stretch is chance.
func (t tally) ran() (calls int) {
	for _, from := range []map[string]int{t.seen, t.inside} {
		for key, n := range from {
			if key != "fcall reconcile" {
				calls += n
			}
		}
	}
	return calls
}
