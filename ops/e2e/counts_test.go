package e2e

import (
	"bufio"
	"context"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"
)

// monitor counts every command that clients send to Redis and, apart from those, what scripts call inside, by the
// script. A function is named by its verb.
type monitor struct {
	t   *testing.T
	rdb *redis.Client

	mu    sync.Mutex
	now   tally
	last  string // the command whose calls come next in the stream
	marks map[string]tally
}

// tally are counts up to one place in the stream of commands.
type tally struct {
	seen   map[string]int // sent by clients
	inside map[string]int // called by the script of that name
}

func (t tally) clone() tally { return tally{seen: maps.Clone(t.seen), inside: maps.Clone(t.inside)} }

func watch(t *testing.T, h *house) *monitor {
	t.Helper()
	conn, err := net.Dial("unix", h.redisSocket())
	if err != nil {
		t.Fatalf("connect to redis: %v", err)
	}
	if _, err := conn.Write([]byte("MONITOR\r\n")); err != nil {
		t.Fatalf("watch redis: %v", err)
	}
	m := &monitor{t: t, rdb: h.redis(), now: tally{map[string]int{}, map[string]int{}}, marks: map[string]tally{}}
	done := make(chan struct{})
	t.Cleanup(func() {
		_ = conn.Close()
		<-done
	})
	go func() {
		defer close(done)
		lines := bufio.NewReaderSize(conn, 1<<20)
		for {
			line, err := lines.ReadString('\n')
			if err != nil {
				return
			}
			m.take(line)
		}
	}()
	return m
}

// take reads `+1700000000.1 [0 unix:/path] "fcall" "function" ...`; a function is named by its verb, the copy of a
// sign-in by what it is.
func (m *monitor) take(line string) {
	_, rest, ok := strings.Cut(line, " [")
	source, words, ok2 := strings.Cut(rest, `] "`)
	if !ok || !ok2 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if strings.HasSuffix(source, " lua") { // Redis shows a function before what it calls, and nothing between
		m.now.inside[m.last]++
		return
	}
	parts := strings.SplitN(words, `"`, 4)
	key := strings.ToLower(parts[0])
	if key == "ping" && len(parts) > 2 && strings.HasPrefix(parts[2], "mark-") {
		m.marks[parts[2]] = m.now.clone()
		return
	}
	switch {
	case key == "fcall" && len(parts) > 2:
		verb, _, _ := strings.Cut(parts[2], "_")
		key += " " + verb
	case key == "set" && len(parts) > 2 && strings.Contains(parts[2], ":session:"):
		key += " session"
	}
	m.last = key
	m.now.seen[key]++
}

// mark gives what clients sent up to now.
func (m *monitor) mark() map[string]int {
	m.t.Helper()
	return m.tally().seen
}

// tally gives the counts up to now: a PING of our own tells where now is in the stream.
func (m *monitor) tally() tally {
	m.t.Helper()
	name := "mark-" + random(6)
	if err := m.rdb.Do(m.t.Context(), "PING", name).Err(); err != nil {
		m.t.Fatalf("mark: %v", err)
	}
	var at tally
	eventually(m.t, patience, "mark is seen", func() bool {
		m.mu.Lock()
		defer m.mu.Unlock()
		at = m.marks[name]
		return at.seen != nil
	})
	return at
}

// spent gives what was sent while do ran, without what the node does by itself.
func (m *monitor) spent(quiet map[string]int, do func()) map[string]int {
	m.t.Helper()
	before := m.mark()
	do()
	after := m.mark()
	out := map[string]int{}
	for key, n := range after {
		if _, idle := quiet[key]; !idle && n > before[key] && !slices.Contains(byClock, key) {
			out[key] = n - before[key]
		}
	}
	return out
}

// beside are commands on no step's path: the ledger forgets committed spool entries once per commit,
// and a new connection of the pool introduces itself.
var beside = []string{"xdel", "hello", "client"}

// byClock is what the node sends by its own clock, whatever steps are taken: beat and sweep, repair, who else is ready,
// and each 15 s the roster and the languages that accounts serve, each minute the sign-ins of its consoles. The rarer ones
// need not fall into the time for which an idle node is watched, and no step sends any of them.
var byClock = []string{
	"fcall heartbeat", "fcall expire", "fcall reconcile", "fcall colleagues", "fcall roster", "fcall served", "set session",
}

// TestEachStepIsOneScript is N1: one script per intake with its offer, per accept and per message,
// and nothing else on these paths.
func TestEachStepIsOneScript(t *testing.T) {
	t.Parallel()
	h := open(t, settings{"LIMIT_INTAKE": "10000", "OFFER_SECONDS": "120"})
	var consoles []*consoleClient
	for i := range 4 {
		consoles = append(consoles, attend(t, h, fmt.Sprintf("adviser%d", i), "fi", 3))
	}
	m := watch(t, h)
	quiet := m.mark()
	for key := range quiet {
		delete(quiet, key)
	}
	before := m.mark()
	during(t, 11*time.Second, "the house is quiet", func() bool { return true })
	for key, n := range m.mark() {
		if n > before[key] {
			quiet[key] = n - before[key]
		}
	}
	t.Logf("an idle node in 11 s: %v", quiet)

	const slots, rounds, lines = 12, 3, 5
	total := map[string]map[string]int{"intake": {}, "accept": {}, "say": {}, "outcome": {}}
	add := func(step string, spent map[string]int) {
		for key, n := range spent {
			total[step][key] += n
		}
	}
	for round := range rounds + 1 {
		if round == 1 { // the first one loads the scripts
			for step := range total {
				clear(total[step])
			}
		}
		var people []admission
		add("intake", m.spent(quiet, func() {
			for range slots {
				people = append(people, h.admit(t, "fi"))
			}
			for _, p := range people {
				offered(t, consoles, p.Contact)
			}
		}))
		var at []*consoleClient
		add("accept", m.spent(quiet, func() {
			for _, p := range people {
				at = append(at, take(t, consoles, p.Contact))
			}
		}))
		var open []chat
		for i, p := range people {
			c := &contactClient{admission: p}
			c.connect(t, h)
			eventually(t, patience, "contact is welcomed", c.connected)
			open = append(open, chat{contact: c, console: at[i]})
		}
		before := rows(t, h)
		add("say", m.spent(quiet, func() {
			talk(open, "line", lines, 5*time.Millisecond)()
			settle(t, open, patience)
		}))
		if after := rows(t, h); after != before {
			t.Errorf("messages are written to Postgres: %s before, %s after them", before, after)
		}
		add("outcome", m.spent(quiet, func() {
			for _, c := range open {
				c.console.record(t, c.contact.Contact)
			}
		}))
		for _, c := range open {
			c.contact.close()
		}
		m.mark()
	}
	// An outcome closes the contact's socket too, which is a step of its own.
	t.Logf("outcome: %d steps, sent %v", slots*rounds, total["outcome"])
	for step, steps := range map[string]int{
		"intake": slots * rounds, "accept": slots * rounds, "say": slots * rounds * lines * 2,
	} {
		t.Logf("%s: %d steps, sent %v", step, steps, total[step])
		scripts := 0
		for key, n := range total[step] {
			switch {
			case strings.HasPrefix(key, "fcall "):
				scripts++
				if n != steps {
					t.Errorf("%s: %d calls of %s in %d steps", step, n, key, steps)
				}
			case slices.Contains(beside, key):
			default:
				t.Errorf("%s: %d times %s in %d steps", step, n, key, steps)
			}
		}
		if scripts != 1 {
			t.Errorf("%s: %d scripts, want 1", step, scripts)
		}
	}
}

// rows tells what the ledger has written, once it has taken everything: N3 has no commit for a message.
func rows(t *testing.T, h *house) (written string) {
	t.Helper()
	rdb, conn := h.redis(), h.postgres("adviceline")
	eventually(t, patience, "the spool is empty", func() bool { return rdb.XLen(t.Context(), "{line:main}:spool").Val() == 0 })
	err := conn.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM event) || ' events, last contact written by ' ||
		(SELECT coalesce(max(xmin::text::bigint), 0) FROM contact)`).Scan(&written)
	if err != nil {
		t.Fatalf("read the ledger: %v", err)
	}
	return written
}

// offered waits until somebody is offered the contact.
func offered(t *testing.T, consoles []*consoleClient, contact string) {
	t.Helper()
	eventually(t, patience, "somebody is offered the contact", func() bool {
		for _, c := range consoles {
			c.mu.Lock()
			found := slices.ContainsFunc(c.offers, func(o frame) bool { return o.Contact == contact })
			c.mu.Unlock()
			if found {
				return true
			}
		}
		return false
	})
}

// TestIntakesShareCommits is N3: at 64 connections at most 0.12 commits per intake.
func TestIntakesShareCommits(t *testing.T) {
	t.Parallel()
	h := open(t, settings{"LIMIT_INTAKE": "100000"})
	ours := h.postgres("adviceline")
	server := h.postgres("postgres") // its reading does not count for the database adviceline
	const connections, each = 64, 15
	load := func(each int) {
		var work sync.WaitGroup
		for range connections {
			work.Go(func() {
				for range each {
					if status, body := h.post("/api/v1/contacts", intake("en")); status != 201 {
						t.Errorf("intake answers %d: %s", status, body)
					}
				}
			})
		}
		work.Wait()
	}
	load(1) // connections are open, scripts loaded, keys made
	written := func() int64 {
		return count(t, ours, "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
	}
	// Statistics come late: idle sessions report theirs within ten seconds.
	const late = 11 * time.Second
	quietFrom, q0 := time.Now(), settled(t, server, late)
	q1 := settled(t, server, late)
	perSecond := float64(q1-q0) / time.Since(quietFrom).Seconds()

	begun, w0 := time.Now(), written()
	load(each)
	took := time.Since(begun)
	intakes := float64(connections * each)
	w1 := written()
	all := settled(t, server, late) - q1
	own := float64(all) - perSecond*time.Since(begun).Seconds()
	t.Logf("%.0f intakes in %s: %d writing transactions (%.3f each), %d commits, %.0f without the idle node's %.1f a second (%.3f each)",
		intakes, took.Round(time.Millisecond), w1-w0, float64(w1-w0)/intakes, all, own, perSecond, own/intakes)
	if per := float64(w1-w0) / intakes; per > 0.12 {
		t.Errorf("%.3f writing transactions per intake, at most 0.12 are wanted", per)
	}
	if per := own / intakes; per > 0.12 {
		t.Errorf("%.3f commits per intake, at most 0.12 are wanted", per)
	}
	if n := count(t, ours, "SELECT count(*) FROM contact"); n != connections*(each+1) {
		t.Errorf("%d contact rows for %d intakes", n, connections*(each+1))
	}
}

// settled gives the commits of the database adviceline once every session has reported its own.
func settled(t *testing.T, server *pgx.Conn, late time.Duration) int64 {
	t.Helper()
	during(t, late, "waiting", func() bool { return true })
	var n int64
	err := server.QueryRow(context.Background(),
		"SELECT xact_commit FROM pg_stat_database WHERE datname = 'adviceline'").Scan(&n)
	if err != nil {
		t.Fatalf("read commits: %v", err)
	}
	return n
}

// TestIdleContactsCostTwoGoroutines is N7: at most 2 goroutines per idle contact connection.
func TestIdleContactsCostTwoGoroutines(t *testing.T) {
	t.Parallel()
	const sockets = 190 // below the bound on sockets opened at once by one network
	h := open(t, settings{"LIMIT_INTAKE": "100000", "LIMIT_SOCKETS": "1000"})
	var people []*contactClient
	for range sockets {
		people = append(people, &contactClient{admission: h.admit(t, "fi")})
	}
	client.CloseIdleConnections()
	least := func() float64 {
		low := h.metric("go_goroutines")
		during(t, 3*time.Second, "waiting", func() bool {
			low = min(low, h.metric("go_goroutines"))
			return true
		})
		return low
	}
	before := least()
	for _, c := range people {
		c.connect(t, h)
	}
	eventually(t, 2*patience, "every socket is welcomed", func() bool {
		return !slices.ContainsFunc(people, func(c *contactClient) bool { return !c.connected() })
	})
	after := least()
	per := (after - before) / sockets
	t.Logf("%d idle sockets: %.0f goroutines before, %.0f after, %.2f each", sockets, before, after, per)
	// The house's own goroutines (pools, drains) come and go by a few; a third per socket would be 190.
	const own = 16
	if after-before > 2*sockets+own {
		t.Errorf("%.2f goroutines per idle contact connection, at most 2 are wanted", per)
	}
	if n := h.metric("adviceline_sockets", `side="contact"`); n != sockets {
		t.Errorf("adviceline_sockets says %.0f, %d are open", n, sockets)
	}
}
