package e2e

import (
	"cmp"
	crand "crypto/rand"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"adviceline/e2e/rig"
)

// full asks for the long runs whose figures are in ops/docs/reliability.md.
var full = os.Getenv("RELAY_FULL") == "1"

// nodes are several `adviceline serve` of one line: one Postgres, one Redis, one root key, one key
// folder; the rest is each one's own.
type nodes struct {
	t    *testing.T
	each []*house
	db   *database
	rdb  *rig.Redis
}

// several starts n nodes at the same time on an empty database.
func several(t *testing.T, n int, set settings) *nodes {
	t.Helper()
	return severalOn(t, n, newDatabase(t), set)
}

func severalOn(t *testing.T, n int, db *database, set settings) *nodes {
	t.Helper()
	s := gatherOn(t, n, db, set)
	for _, h := range s.each {
		h.launch()
	}
	for _, h := range s.each {
		h.await()
	}
	return s
}

// gather is several without the start.
func gather(t *testing.T, n int, set settings) *nodes {
	t.Helper()
	return gatherOn(t, n, newDatabase(t), set)
}

func gatherOn(t *testing.T, n int, db *database, set settings) *nodes {
	t.Helper()
	rdb := newRedis(t)
	keys, root := filepath.Join(scratch, "keys"+random(3)), rootKey(t)
	if err := os.Mkdir(keys, 0o700); err != nil {
		t.Fatal(err)
	}
	ports := freePorts(t, 2*n)
	var origins []string
	for _, p := range ports[:n] {
		origins = append(origins, "http://"+p)
	}
	s := &nodes{t: t, db: db, rdb: rdb}
	for i := range n {
		mine := settings{
			"DATABASE_URL": db.url("adviceline"), "REDIS_URL": rdb.URL, "ROOT_KEY_FILE": root, "KEY_DIR": keys,
			"PUBLIC_ORIGINS": strings.Join(origins, ","), "LIMIT_INTAKE": "1000", "LIMIT_SIGNIN": "1000",
			"LIMIT_SOCKETS": "1000",
		}
		maps.Copy(mine, set)
		s.each = append(s.each, build(t, mine, ports[i], ports[n+i]))
	}
	return s
}

// rootKey makes one and gives its file.
func rootKey(t *testing.T) string {
	t.Helper()
	root, key := filepath.Join(scratch, "root"+random(3)), make([]byte, 32)
	_, _ = crand.Read(key)
	if err := os.WriteFile(root, key, 0o600); err != nil {
		t.Fatal(err)
	}
	return root
}

// any gives one node, whether it runs or not: what a balancer does before it has noticed.
func (s *nodes) any() *house { return s.each[rand.N(len(s.each))] }

// newRedis starts a Redis of the test's own, with the settings of the embedded one.
func newRedis(t *testing.T) *rig.Redis {
	t.Helper()
	need(t, "redis-server", "/usr/bin/redis-server")
	dir := filepath.Join(scratch, "redis"+random(3))
	socket := filepath.Join(dir, "s")
	r, err := rig.MakeRedis(dir, "unix://"+socket, "--port", "0", "--unixsocket", socket,
		"--appendonly", "yes", "--appendfsync", "always", "--save", "", "--maxmemory-policy", "noeviction")
	return started(t, r, err)
}

// move takes the peer to its next house.
func (p *peer) move() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.roam != nil {
		p.h = p.roam()
	}
}

// wander says where connections go from the next one on.
func (p *peer) wander(to func() *house) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.roam = to
}

// to moves the peer to a house now.
func (p *peer) to(h *house) {
	p.wander(func() *house { return h })
	p.drop()
	eventually(p.t, patience, p.name+" has moved", func() bool { return p.at() == h })
}

// at gives the house that has welcomed the present connection.
func (p *peer) at() *house {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conn == nil {
		return nil
	}
	return p.h
}

func (p *peer) recalled() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.recalls
}

// chats opens n conversations whose two sides are on different nodes.
func (s *nodes) chats(t *testing.T, n int) []chat {
	t.Helper()
	var consoles []*consoleClient
	password := s.staff(t, (n+2)/3)
	for i := range (n + 2) / 3 {
		c := enter(t, s.each[i%len(s.each)], fmt.Sprintf("adviser%d", i), password)
		c.ready(t)
		consoles = append(consoles, c)
	}
	var out []chat
	for range n {
		c := &contactClient{admission: s.any().admit(t, "fi")}
		console := take(t, consoles, c.Contact)
		here := slices.Index(s.each, console.at())
		c.connect(t, s.each[(here+1)%len(s.each)])
		out = append(out, chat{contact: c, console: console})
	}
	for _, c := range out {
		eventually(t, patience, "contact is welcomed", c.contact.connected)
	}
	return out
}

// staff makes n accounts with one password. A password is made to be slow: the first account is made
// as an operator does, the others are copies of it.
func (s *nodes) staff(t *testing.T, n int) (password string) {
	t.Helper()
	password = s.each[0].adviser("adviser0", "fi", 3)
	conn := s.each[0].postgres("adviceline")
	for i := 1; i < n; i++ {
		name := fmt.Sprintf("adviser%d", i)
		_, err := conn.Exec(t.Context(), `INSERT INTO person (id, name, folded, alias, roles, languages, capacity, password)
			SELECT gen_random_uuid(), $1, $1, alias, roles, languages, capacity, password FROM person WHERE name = 'adviser0'`, name)
		if err != nil {
			t.Fatalf("copy account: %v", err)
		}
	}
	return password
}

// peersOf lists the sockets of chats, each once.
func peersOf(chats []chat) []*peer {
	var out []*peer
	for _, c := range chats {
		for _, p := range []*peer{&c.contact.peer, &c.console.peer} {
			if !slices.Contains(out, p) {
				out = append(out, p)
			}
		}
	}
	return out
}

// disturb breaks one socket at random every so often, at once or behind the next frame that it sends;
// stop ends and awaits it.
func disturb(peers []*peer, every time.Duration) (stop func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				if p := peers[rand.N(len(peers))]; rand.N(3) > 0 {
					p.hurry()
				} else {
					p.drop()
				}
			case <-quit:
				return
			}
		}
	}()
	return func() { close(quit); <-done }
}

// hurry breaks the connection behind the next frame: what it asks is done, its answer is lost.
func (p *peer) hurry() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hasty = true
}

// taken is a message that the server took from an adviser, under the epoch of the leg.
type taken struct{ seq, epoch int64 }

// checkOwners demands of one contact that a later owner's messages all stand after an earlier one's:
// at no instant two advisers had it.
func checkOwners(t *testing.T, contact string, consoles ...*consoleClient) {
	t.Helper()
	type line struct {
		taken
		who string
	}
	var all []line
	owners := map[int64]string{}
	for _, c := range consoles {
		c.mu.Lock()
		if l := c.all[contact]; l != nil {
			for _, s := range l.said {
				all = append(all, line{s, c.name})
			}
		}
		c.mu.Unlock()
	}
	slices.SortFunc(all, func(a, b line) int { return cmp.Compare(a.seq, b.seq) })
	for i, l := range all {
		if i > 0 && l.epoch < all[i-1].epoch && l.who != all[i-1].who { // one's own answer may come late
			t.Errorf("%s said %d under epoch %d, after somebody under %d", l.who, l.seq, l.epoch, all[i-1].epoch)
		}
		if owner := owners[l.epoch]; owner != "" && owner != l.who {
			t.Errorf("%s and %s were both heard under epoch %d", owner, l.who, l.epoch)
		}
		owners[l.epoch] = l.who
	}
}
