package e2e

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"adviceline/e2e/rig"
)

// trio starts a Redis with two replicas and three Sentinels for one test.
func trio(t *testing.T, args ...string) *rig.Trio {
	t.Helper()
	need(t, "redis-server", "/usr/bin/redis-server")
	r, err := rig.MakeTrio(t.Context(), filepath.Join(scratch, "trio"+random(3)), args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		r.Kill()
		if t.Failed() {
			t.Logf("log of the sentinels:\n%s", r.Told())
		}
	})
	return r
}

// TestSentinelFailover: with the recommended settings the master is killed under open chats; the nodes go to
// the one that Sentinels promote, and everybody goes on; the old one comes back as a replica and nobody
// notices. Then the master stands still until it is deposed, and goes on as if it were the master. Sentinels
// promote twice now and then: a life for each.
func TestSentinelFailover(t *testing.T) {
	t.Parallel()
	engine := trio(t, "--appendfsync", "always")
	s := several(t, 2, settings{
		"REDIS_URL": "redis://sentinels", "REDIS_NODES": strings.Join(engine.Sentinels, ","), "REDIS_MASTER": rig.Master,
		"RECLAIM_SECONDS": "3", "OFFER_SECONDS": "300",
	})
	open := s.chats(t, 4)
	for _, p := range peersOf(open) {
		p.wander(s.any)
	}
	talk(open, "before", 3, 100*time.Millisecond)()
	settle(t, open, patience)
	wait := talk(open, "failover", 40, 200*time.Millisecond)
	old, err := engine.Failover(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := old.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	wait()
	settle(t, open, 2*patience)
	if err := engine.Await(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	wait = talk(open, "deposed", 40, 200*time.Millisecond)
	if err := engine.Depose(t.Context()); err != nil {
		t.Fatal(err)
	}
	wait()
	settle(t, open, 2*patience)
	talk(open, "after", 3, 100*time.Millisecond)()
	settle(t, open, 2*patience)
	checkChats(t, open)
	for _, c := range open {
		checkOwners(t, c.contact.Contact, c.console)
		c.console.record(t, c.contact.Contact)
	}
	s.checkRecorded(t, len(open))
	conn := s.each[0].postgres("adviceline")
	n, promoted := count(t, conn, "SELECT number FROM incarnation"), int64(engine.Promoted())
	if n < 3 || n > 1+promoted {
		t.Errorf("incarnation %d after %d promotions", n, promoted)
	}
}

// TestClusterServesLinesOnEveryMaster: a whole life on each of three masters.
func TestClusterServesLinesOnEveryMaster(t *testing.T) {
	t.Parallel()
	need(t, "redis-server", "/usr/bin/redis-server")
	c, err := rig.MakeCluster(t.Context(), filepath.Join(scratch, "cl"+random(3)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Kill)
	rdb := redis.NewClient(&redis.Options{Addr: c.Addrs[0]})
	defer func() { _ = rdb.Close() }()
	lines := map[int64]string{}
	for i := 0; len(lines) < 3; i++ {
		line := fmt.Sprint("line-", i)
		slot, err := rdb.ClusterKeySlot(t.Context(), "{line:"+line+"}").Result()
		if err != nil {
			t.Fatal(err)
		}
		if master := min(slot/5461, 2); lines[master] == "" {
			lines[master] = line
		}
	}
	db := newDatabase(t)
	for master, line := range lines {
		h := open(t, settings{
			"DATABASE_URL": db.url("adviceline"), "ROOT_KEY_FILE": rootKey(t), "LINE": line,
			"REDIS_URL": "redis://cluster", "REDIS_NODES": strings.Join(c.Addrs, ","),
		})
		aino := attend(t, h, fmt.Sprint("aino", master), "fi", 2)
		one := call(t, h, "fi")
		aino.accept(t, aino.offer(t, one.Contact))
		pair := []chat{{contact: one, console: aino}}
		talk(pair, line, 3, 50*time.Millisecond)()
		settle(t, pair, patience)
		checkChats(t, pair)
		aino.end(t, one.Contact)
		aino.record(t, one.Contact)
		own := redis.NewClient(&redis.Options{Addr: c.Addrs[master]})
		if n := own.Exists(t.Context(), "{line:"+line+"}:meta").Val(); n != 1 {
			t.Errorf("line %s is not on master %d", line, master)
		}
		_ = own.Close()
	}
}

// TestPostgresWithSeveralHosts: the address names two, the first of which is not there.
func TestPostgresWithSeveralHosts(t *testing.T) {
	t.Parallel()
	db := newDatabase(t)
	address := strings.Replace(db.url("adviceline"), "host=", "target_session_attrs=read-write&host=%2Fnowhere%2C", 1)
	address = strings.Replace(address, "port=5432", "port=5432%2C5432", 1)
	h := open(t, settings{"DATABASE_URL": address, "ROOT_KEY_FILE": rootKey(t)})
	h.admit(t, "fi")
	eventually(t, patience, "the contact is in the ledger", func() bool {
		return count(t, db.must(t, "adviceline"), "SELECT count(*) FROM contact") == 1
	})
}
