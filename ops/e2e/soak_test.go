package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"
)

// TestSoak is a steady load of whole lives on two nodes: 20 contacts a second, a line each way, an outcome. What
// a node, Redis and Postgres hold for it must not grow with those who have been: it samples both nodes' goroutines
// and heap, Redis' keys and memory, Postgres' connections and the spool. The one hash of each recorded contact is
// left out of the keys: it stays 72 h, as long as its outcome may be corrected. CI runs it for some seconds and looks at
// the sums; `make soak` for SOAK_MINUTES, and holds the last third of the time to the one before.
func TestSoak(t *testing.T) {
	t.Parallel()
	rate, long, every := 10, 6*time.Second, time.Second
	if n, err := strconv.Atoi(os.Getenv("SOAK_MINUTES")); err == nil && n > 0 {
		rate, long, every = 20, time.Duration(n)*time.Minute, 15*time.Second
	}
	s := &soak{nodes: several(t, 2, settings{"LIMIT_INTAKE": "1000000", "LIMIT_SIGNIN": "1000", "LIMIT_SOCKETS": "100000"}), t: t}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	const advisers = 20
	password := s.staff(t, advisers)
	var desks, people sync.WaitGroup
	for i := range advisers {
		a := enter(t, s.each[i%2], fmt.Sprint("adviser", i), password)
		a.ready(t)
		desks.Go(func() { s.serve(ctx, a) })
	}
	desks.Go(func() { s.sample(ctx, every) })
	due := time.NewTicker(time.Second / time.Duration(rate))
	defer due.Stop()
	for end := time.Now().Add(long); time.Now().Before(end); <-due.C {
		people.Go(s.live)
	}
	people.Wait()
	eventually(t, 2*patience, "every contact has its outcome, and the spool is empty", func() bool {
		return s.recorded.Load() >= s.came.Load() && s.each[0].metric("adviceline_ledger_pending") == 0
	})
	stop()
	desks.Wait()
	conn := s.db.must(t, "adviceline")
	rows := count(t, conn, "SELECT count(*) FROM contact WHERE recorded_at IS NOT NULL")
	t.Logf("soak: %d contacts in %s, %d recorded, %d messages, %d sent again, %d refused\n%s", s.came.Load(), long, rows, s.messages.Load(), s.again.Load(), s.refused.Load(), s.table())
	if rows != s.came.Load() || s.refused.Load() != 0 || s.came.Load() == 0 {
		t.Error("the sums do not come out")
	}
	if long >= 15*time.Minute {
		s.flat()
	}
}

// soak is the load and what was seen of it.
type soak struct {
	*nodes
	t                                 *testing.T
	came, recorded, messages, refused atomic.Int64
	again                             atomic.Int64 // requests that were sent once more
	seen                              []held
}

// held is one sample, of both nodes together.
type held struct {
	at                                                            time.Duration
	goroutines, heap, resident, keys, redis, connections, pending float64
}

// live is one contact: it says its line, and stays until it is told of the end.
func (s *soak) live() {
	var a admission
	body := intake("fi")
	for until := time.Now().Add(patience); ; s.again.Add(1) { // the same request, as a page sends it
		status, answer := s.any().post("/api/v1/contacts", body)
		if status == http.StatusCreated && json.Unmarshal(answer, &a) == nil {
			break
		}
		if time.Now().After(until) {
			s.refused.Add(1)
			return
		}
		<-time.After(300 * time.Millisecond)
	}
	s.came.Add(1)
	p := &contactClient{admission: a}
	p.prepare(s.t, s.any())
	p.keep()
	defer p.close()
	p.say("moi")
	for wait := time.NewTicker(200 * time.Millisecond); ; <-wait.C {
		if code, over := p.over(); over && code != 0 || s.t.Context().Err() != nil {
			wait.Stop()
			return
		}
	}
}

// serve is one adviser: accepts what is offered, answers a line with a line, and records.
func (s *soak) serve(ctx context.Context, who *consoleClient) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	said := map[string]bool{}
	for ctx.Err() == nil {
		<-tick.C
		for _, o := range who.standing() {
			who.try(ctx, map[string]any{"type": "accept", "offer": o.Offer})
		}
		for _, contact := range who.has() {
			switch {
			case !said[contact]:
				said[contact] = true
				who.sayIn(contact, "hei")
			case who.hears(contact) >= 1 && who.answeredIn(contact):
				if a := who.try(ctx, map[string]any{"type": "outcome", "contact": contact, "outcome": map[string]any{
					"topic": "safe_return", "assessment": "related", "role": "bystander", "outcome": []string{"interpreter_booked"},
				}}); a.Type == "recorded" {
					s.recorded.Add(1)
					s.messages.Add(2)
					who.forget(contact)
					delete(said, contact)
				}
			}
		}
	}
}

// answeredIn tells that the server has taken all that this console said in a leg.
func (c *consoleClient) answeredIn(contact string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.all[contact]
	return l != nil && len(l.sent) > 0 && len(l.box.waiting) == 0
}

// forget lets go of a leg that is over.
func (c *consoleClient) forget(contact string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.all, contact)
	delete(c.legs, contact)
	c.offered, c.revoked = nil, nil
}

// sample looks at both nodes and both stores.
func (s *soak) sample(ctx context.Context, every time.Duration) {
	conn, err := pgx.Connect(ctx, s.db.url("postgres"))
	if err != nil {
		s.t.Errorf("connect to postgres: %v", err)
		return
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	o, err := redis.ParseURL(s.rdb.URL)
	if err != nil {
		s.t.Errorf("read the address of redis: %v", err)
		return
	}
	rdb := redis.NewClient(o)
	defer func() { _ = rdb.Close() }()
	tick := time.NewTicker(every)
	defer tick.Stop()
	for begun := time.Now(); ; {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		h := held{at: time.Since(begun), pending: s.each[0].metric("adviceline_ledger_pending")}
		for _, n := range s.each {
			h.goroutines += n.metric("go_goroutines")
			h.heap += n.metric("go_memstats_heap_inuse_bytes") / (1 << 20)
			h.resident += n.metric("process_resident_memory_bytes") / (1 << 20)
		}
		kept := float64(s.recorded.Load())
		h.keys = float64(rdb.DBSize(ctx).Val()) - kept
		used, _ := strconv.ParseFloat(rdb.InfoMap(ctx, "memory").Item("Memory", "used_memory"), 64)
		h.redis = used / 1024 / max(kept, 1)
		if err := conn.QueryRow(ctx, "SELECT count(*) FROM pg_stat_activity WHERE datname = 'adviceline'").Scan(&h.connections); err != nil && ctx.Err() == nil {
			s.t.Errorf("count connections: %v", err)
		}
		s.seen = append(s.seen, h)
	}
}

// thing is one column of the samples.
type thing struct {
	name  string
	of    func(held) float64
	slack float64 // by which the mean of the last third may pass that of the one before
}

var things = []thing{
	{"goroutines", func(h held) float64 { return h.goroutines }, 20},
	{"heap in use, MiB", func(h held) float64 { return h.heap }, 8},
	{"resident, MiB", func(h held) float64 { return h.resident }, 16},
	{"keys in Redis beside recorded contacts", func(h held) float64 { return h.keys }, 200},
	{"memory of Redis for a recorded contact, KiB", func(h held) float64 { return h.redis }, 0.5},
	{"connections to Postgres", func(h held) float64 { return h.connections }, 2},
	{"spool", func(h held) float64 { return h.pending }, 50},
}

// mean of a thing over the samples between two shares of the time.
func (s *soak) mean(x thing, from, to float64) (sum float64) {
	part := s.seen[int(from*float64(len(s.seen))):int(to*float64(len(s.seen)))]
	for _, h := range part {
		sum += x.of(h) / float64(len(part))
	}
	return sum
}

func (s *soak) table() string {
	out := "| held by two nodes and both stores | first sixth | middle third | last third | at the end |\n|---|---|---|---|---|\n"
	if len(s.seen) == 0 {
		return out
	}
	for _, x := range things {
		out += fmt.Sprintf("| %s | %.1f | %.1f | %.1f | %.1f |\n", x.name, s.mean(x, 0, 1./6), s.mean(x, 1./3, 2./3), s.mean(x, 2./3, 1), x.of(s.seen[len(s.seen)-1]))
	}
	return out
}

// flat demands that nothing grew from the middle third of the time to the last by more than a tenth and its slack.
func (s *soak) flat() {
	for _, x := range things {
		if before, after := s.mean(x, 1./3, 2./3), s.mean(x, 2./3, 1); after > before*1.1+x.slack {
			s.t.Errorf("%s grew from %.0f to %.0f", x.name, before, after)
		}
	}
}
