package e2e

import (
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
	need(t, "redis-server", "/usr/bin/redis-server")
	ports := freePorts(t, 5)
	start := func(r *rig.Redis, err error) *rig.Redis {
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
	folder := func() string { return filepath.Join(scratch, "split"+random(3)) }
	server := func(at string) *rig.Redis {
		_, port, _ := strings.Cut(at, ":")
		return start(rig.MakeRedis(folder(), "redis://"+at, "--port", port, "--bind", "127.0.0.1", "--appendonly", "yes", "--save", ""))
	}
	look := func(at string) *redis.Client {
		c := redis.NewClient(&redis.Options{Addr: at})
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	old, _ := server(ports[0]), server(ports[1])
	var watch []*rig.Redis
	for _, at := range ports[2:] {
		watch = append(watch, start(rig.Sentinel(folder(), at, ports[0], 0)))
	}
	elect := func(i int) {
		watch[i].Kill()
		start(rig.Sentinel(folder(), ports[2+i], ports[1], 1))
	}
	s := several(t, 2, settings{
		"REDIS_URL": "redis://sentinels", "REDIS_NODES": strings.Join(ports[2:], ","), "REDIS_MASTER": rig.Master,
	})
	x := s.each[0].admit(t, "fi")
	before := look(ports[0]).HGetAll(t.Context(), meta).Val()

	old.Kill()
	elect(2)
	if err := old.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, patience, "nodes tried the old master", func() bool { // no Sentinel says HELLO
		m := hellos.FindStringSubmatch(look(ports[0]).Info(t.Context(), "commandstats").Val())
		return len(m) == 2 && len(m[1]) > 1 // ten times
	})
	now := look(ports[0]).HGetAll(t.Context(), meta).Val()
	if before["incarnation"] == "" || now["incarnation"] != before["incarnation"] || now["run_id"] != before["run_id"] {
		t.Errorf("the line is entered at the old master: %v, before %v", now, before)
	}
	elect(0)
	elect(1)
	eventually(t, patience, "the line stands at the elected master", func() bool {
		return look(ports[1]).HGet(t.Context(), meta, "run_id").Val() != ""
	})
	for _, h := range s.each {
		eventually(t, patience, "who waited is still there", func() bool { return h.knows(t.Context(), x) })
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
