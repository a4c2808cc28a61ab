package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"adviceline/e2e/rig"
)

// TestFailoverKeepsTheThreeFacts: under load the master is killed, and the Sentinels promote a replica. With the
// recommended settings nothing that was acknowledged is lost: a contact's 201, who accepted, the recorded outcome.
// `make failover` does it FAILOVER_N times, and as often without them: Postgres stopped, a spool that answers at
// once, appendfsync everysec, and replicas that nobody has asked whether their first sync is over. It prints what
// was lost then.
func TestFailoverKeepsTheThreeFacts(t *testing.T) {
	t.Parallel()
	n, err := strconv.Atoi(os.Getenv("FAILOVER_N"))
	full := err == nil && n > 0
	if !full {
		n = 1
	}
	var with, without facts
	again := func(sum *facts, recommended bool) { // a test of its own each: what it started ends with it
		for i := range n {
			t.Run(fmt.Sprint("recommended_", recommended, "_", i+1), func(t *testing.T) { sum.add(failedOver(t, recommended)) })
		}
	}
	again(&with, true)
	t.Logf("failover, recommended settings, %d times: %s", n, with)
	if with.lost() > 0 {
		t.Error("an acknowledged fact is lost")
	}
	if !full {
		return
	}
	again(&without, false)
	t.Logf("failover, Postgres stopped, replicas not synced, appendfsync everysec, spool answers at once, %d times: %s", n, without)
}

// facts counts what was acknowledged, and how much of it the ledger does not have afterwards.
type facts struct{ came, cameLost, accepted, acceptedLost, recorded, recordedLost int }

func (f *facts) add(g facts) {
	f.came, f.cameLost = f.came+g.came, f.cameLost+g.cameLost
	f.accepted, f.acceptedLost = f.accepted+g.accepted, f.acceptedLost+g.acceptedLost
	f.recorded, f.recordedLost = f.recorded+g.recorded, f.recordedLost+g.recordedLost
}

func (f facts) lost() int { return f.cameLost + f.acceptedLost + f.recordedLost }

func (f facts) String() string {
	of := func(lost, all int) string { return strconv.Itoa(lost) + " of " + strconv.Itoa(all) }
	return "contacts lost " + of(f.cameLost, f.came) + ", accepts " + of(f.acceptedLost, f.accepted) + ", outcomes " + of(f.recordedLost, f.recorded)
}

// acknowledged are the contacts of which a fact was told.
type acknowledged struct {
	mu                       sync.Mutex
	came, accepted, recorded []string
}

func (a *acknowledged) note(list *[]string, contact string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	*list = append(*list, contact)
}

// failedOver is one failover under load.
func failedOver(t *testing.T, recommended bool) facts {
	t.Helper()
	fsync, wait := "always", "500"
	if !recommended {
		fsync, wait = "everysec", "1"
	}
	args := []string{"--appendfsync", fsync}
	if !recommended {
		args = append(args, "--repl-diskless-sync-delay", "5")
	}
	engine := trio(t, args...)
	s := several(t, 2, settings{
		"REDIS_URL": "redis://sentinels", "REDIS_NODES": strings.Join(engine.Sentinels, ","), "REDIS_MASTER": rig.Master,
		"RECLAIM_SECONDS": "1", "LIMIT_INTAKE": "1000000", "DURABLE_WAIT_MS": wait,
	})
	password := s.staff(t, 2)
	var told acknowledged
	quit := make(chan struct{})
	var load sync.WaitGroup
	for i := range 2 {
		c := enter(t, s.each[i], "adviser"+strconv.Itoa(i), password)
		c.wander(s.any)
		c.ready(t)
		load.Go(func() { c.rush(t, &told, quit) })
	}
	for range 4 {
		load.Go(func() { s.flood(&told, quit) })
	}
	if !recommended {
		s.db.stop()
	}
	during(t, 1500*time.Millisecond, "load", func() bool { return true })
	if !recommended {
		for _, r := range engine.Servers[1:] { // nobody looks whether a replica has synced
			r.Kill()
			if err := errors.Join(r.Empty(), r.Start(t.Context())); err != nil {
				t.Fatal(err)
			}
		}
	}
	_, err := engine.Failover(t.Context())
	close(quit)
	load.Wait()
	if err != nil {
		t.Fatal(err)
	}
	if !recommended {
		s.db.start()
	}
	eventually(t, 2*patience, "the line is open again, and the spool empty", func() bool {
		status, _ := s.each[0].post("/api/v1/contacts", intake("en"))
		return status == http.StatusCreated && s.each[0].metric("adviceline_ledger_pending") == 0
	})
	conn := connect(t, s.db.url("adviceline"))
	have := func(contacts []string, which string) int {
		return len(contacts) - int(count(t, conn, "SELECT count(*) FROM contact WHERE contact = ANY($1::uuid[]) AND "+which, contacts))
	}
	return facts{
		len(told.came), have(told.came, "true"), len(told.accepted), have(told.accepted, "accepted_at IS NOT NULL"),
		len(told.recorded), have(told.recorded, "recorded_at IS NOT NULL"),
	}
}

// flood takes contacts in, one after the other.
func (s *nodes) flood(told *acknowledged, quit <-chan struct{}) {
	for {
		select {
		case <-quit:
			return
		default:
		}
		var a admission
		if status, body := s.any().post("/api/v1/contacts", intake("fi")); status == http.StatusCreated && json.Unmarshal(body, &a) == nil {
			told.note(&told.came, a.Contact)
		}
	}
}

// rush accepts whatever is offered, and records it at once.
func (c *consoleClient) rush(t *testing.T, told *acknowledged, quit <-chan struct{}) {
	for {
		select {
		case <-quit:
			return
		case <-time.After(10 * time.Millisecond):
		}
		for _, o := range c.standing() {
			if a := c.within(t, 3*time.Second, map[string]any{"type": "accept", "offer": o.Offer}); a.Type != "opened" {
				continue
			}
			told.note(&told.accepted, o.Contact)
			a := c.within(t, 3*time.Second, map[string]any{"type": "outcome", "contact": o.Contact, "outcome": map[string]any{
				"topic": "safe_return", "assessment": "related", "role": "bystander", "outcome": []string{"interpreter_booked"},
			}})
			if a.Type == "recorded" {
				told.note(&told.recorded, o.Contact)
			}
		}
	}
}
