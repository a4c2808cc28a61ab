package e2e

import (
	"bytes"
	"encoding/json"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"adviceline/e2e/rig"
)

var hellos = regexp.MustCompile(`cmdstat_hello:calls=(\d+)`)

// TestAStaleSentinelIsNotBelieved: a master dies and is up again, and believes that it is one, before two of three Sentinels
// have heard that another one was elected. No node enters the line there, and all go to the elected one once they may.
func TestAStaleSentinelIsNotBelieved(t *testing.T) {
	t.Parallel()
	old, ports, elect := masters(t)
	s := several(t, 2, settings{
		"REDIS_URL": "redis://sentinels", "REDIS_NODES": strings.Join(ports[2:], ","), "REDIS_MASTER": rig.Master,
	})
	x := s.each[0].admit(t, "fi")
	before := look(t, ports[0]).HGetAll(t.Context(), meta).Val()

	old.Kill()
	elect(2)
	if err := old.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, patience, "nodes tried the old master", func() bool { // no Sentinel says HELLO
		m := hellos.FindStringSubmatch(look(t, ports[0]).Info(t.Context(), "commandstats").Val())
		return len(m) == 2 && len(m[1]) > 1 // ten times
	})
	now := look(t, ports[0]).HGetAll(t.Context(), meta).Val()
	if before["incarnation"] == "" || now["incarnation"] != before["incarnation"] || now["run_id"] != before["run_id"] {
		t.Errorf("the line is entered at the old master: %v, before %v", now, before)
	}
	elect(0)
	elect(1)
	eventually(t, patience, "the line stands at the elected master", func() bool {
		return look(t, ports[1]).HGet(t.Context(), meta, "run_id").Val() != ""
	})
	for _, h := range s.each {
		eventually(t, patience, "who waited is still there", func() bool { return h.knows(t.Context(), x) })
	}
}

// masters starts two of them, the first of which three Sentinels watch; elect has one Sentinel believe in the second,
// by a failover. Addresses are the masters', then the Sentinels'.
func masters(t *testing.T) (old *rig.Redis, ports []string, elect func(i int)) {
	t.Helper()
	need(t, "redis-server", "/usr/bin/redis-server")
	ports = freePorts(t, 5)
	old = server(t, ports[0])
	server(t, ports[1])
	var watch []*rig.Redis
	for _, at := range ports[2:] {
		watch = append(watch, sentinel(t, at, ports[0], 0))
	}
	return old, ports, func(i int) {
		watch[i].Kill()
		sentinel(t, ports[2+i], ports[1], 1)
	}
}

// server starts a Redis of a test's own.
func server(t *testing.T, at string, args ...string) *rig.Redis {
	t.Helper()
	_, port, _ := strings.Cut(at, ":")
	args = append([]string{"--port", port, "--bind", "127.0.0.1", "--appendonly", "yes", "--save", ""}, args...)
	r, err := rig.MakeRedis(filepath.Join(scratch, "split"+random(3)), "redis://"+at, args...)
	return started(t, r, err)
}

// sentinel starts one that believes in this master and its epoch.
func sentinel(t *testing.T, at, master string, epoch int) *rig.Redis {
	t.Helper()
	r, err := rig.Sentinel(filepath.Join(scratch, "split"+random(3)), at, master, epoch)
	return started(t, r, err)
}

func started(t *testing.T, r *rig.Redis, err error) *rig.Redis {
	t.Helper()
	if err == nil {
		err = r.Start(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Kill)
	return r
}

func look(t *testing.T, at string) *redis.Client {
	t.Helper()
	c := redis.NewClient(&redis.Options{Addr: at})
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// TestADeposedMasterIsNotEnteredAgain: a failover leaves the old master alive, and nodes have connections to it. A life that
// ends there is not followed by another one there, though most Sentinels have not heard of the failover.
func TestADeposedMasterIsNotEnteredAgain(t *testing.T) {
	t.Parallel()
	_, ports, elect := masters(t)
	s := several(t, 2, settings{
		"REDIS_URL": "redis://sentinels", "REDIS_NODES": strings.Join(ports[2:], ","), "REDIS_MASTER": rig.Master,
	})
	x := s.each[0].admit(t, "fi")
	elect(2)
	old := look(t, ports[0])
	if err := old.HSet(t.Context(), meta, "incarnation", -1).Err(); err != nil { // as over.lua does
		t.Fatal(err)
	}
	for _, h := range s.each {
		eventually(t, patience, "a node tried to enter the line", func() bool {
			return bytes.Contains(h.out.bytes(), []byte("entered again"))
		})
	}
	if n := old.HGet(t.Context(), meta, "incarnation").Val(); n != "-1" {
		t.Errorf("the line is entered at the old master: %s", n)
	}
	elect(0)
	elect(1)
	for _, h := range s.each {
		eventually(t, patience, "who waited is still there", func() bool { return h.knows(t.Context(), x) })
	}
	if n := count(t, connect(t, s.db.url("adviceline")), "SELECT number FROM incarnation"); n != 2 {
		t.Errorf("incarnation %d after one failover", n)
	}
}

// TestASentinelIsBelievedBeforeItsFailoverEnds: a master is elected and a replica cannot follow it, so the failover goes on
// until it is given up. All the while the Sentinel that leads it shows the dead one beside the new epoch; nodes enter the line
// meanwhile.
func TestASentinelIsBelievedBeforeItsFailoverEnds(t *testing.T) {
	t.Parallel()
	need(t, "redis-server", "/usr/bin/redis-server")
	ports := freePorts(t, 4)
	_, port, _ := strings.Cut(ports[0], ":")
	old := server(t, ports[0])
	for _, at := range ports[1:3] {
		server(t, at, "--replicaof", "127.0.0.1 "+port, "--repl-diskless-sync-delay", "0")
	}
	sentinel(t, ports[3], ports[0], 0)
	watch := redis.NewSentinelClient(&redis.Options{Addr: ports[3]})
	t.Cleanup(func() { _ = watch.Close() })
	for setting, value := range map[string]string{"quorum": "1", "failover-timeout": "60000"} {
		if err := watch.Set(t.Context(), rig.Master, setting, value).Err(); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, patience, "both replicas follow", func() bool {
		found, err := watch.Replicas(t.Context(), rig.Master).Result()
		linked := 0
		for _, r := range found {
			if r["master-link-status"] == "ok" {
				linked++
			}
		}
		return err == nil && linked == 2
	})
	s := several(t, 1, settings{"REDIS_URL": "redis://sentinels", "REDIS_NODES": ports[3], "REDIS_MASTER": rig.Master})
	x := s.each[0].admit(t, "fi")
	for _, at := range ports[1:3] {
		if err := look(t, at).ConfigSet(t.Context(), "masterauth", random(4)).Err(); err != nil {
			t.Fatal(err)
		}
	}
	old.Kill()
	eventually(t, patience, "another one is elected", func() bool {
		named, err := watch.GetMasterAddrByName(t.Context(), rig.Master).Result()
		return err == nil && len(named) == 2 && named[1] != port
	})
	eventually(t, patience, "who waited is still there", func() bool { return s.each[0].knows(t.Context(), x) })
	s.each[0].admit(t, "fi")
	if state := watch.Master(t.Context(), rig.Master).Val(); !strings.Contains(state["flags"], "failover_in_progress") {
		t.Errorf("the failover ended too early: %v", state)
	}
}

const meta = "{line:main}:meta"

// TestNothingIsAcknowledgedInALifeThatIsOver: the ledger goes on with a later life of the queue while nodes still use this
// one, as they do when the line stands twice for a moment. What the ledger refuses is not acknowledged, not even when it
// comes again at another node, and is taken once the nodes have entered again.
func TestNothingIsAcknowledgedInALifeThatIsOver(t *testing.T) {
	t.Parallel()
	s := several(t, 2, settings{"RECLAIM_SECONDS": "1"})
	conn := connect(t, s.db.url("adviceline"))
	if _, err := conn.Exec(t.Context(), "UPDATE incarnation SET number = number + 1, run_id = 'another'"); err != nil {
		t.Fatal(err)
	}
	body := intake("fi")
	refused := 0
	for i := 0; ; i++ {
		status, answer := s.each[i%2].post("/api/v1/contacts", body)
		var a admission
		if status == http.StatusCreated && json.Unmarshal(answer, &a) == nil {
			if n := count(t, conn, "SELECT count(*) FROM contact WHERE contact = $1", a.Contact); n != 1 {
				t.Fatalf("acknowledged after %d refusals, rows %d", refused, n)
			}
			break
		}
		if refused++; status != http.StatusServiceUnavailable || refused > 200 {
			t.Fatalf("%d %s", status, answer)
		}
		<-time.After(50 * time.Millisecond)
	}
	if refused == 0 {
		t.Error("nothing was refused")
	}
}
