package e2e

import (
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"adviceline/e2e/rig"
)

// engine is the Redis of a run of chaos.
type engine interface {
	name() string
	primary(ctx context.Context) (*redis.Client, error)
	faults() map[string]func(c *chaos)
}

// strikes are the faults of every run; the engine has its own beside them.
var strikes = map[string]func(c *chaos){
	"node killed": func(c *chaos) {
		h := c.any()
		h.kill9()
		h.rise()
	},
	"node drained": func(c *chaos) {
		h := c.any()
		h.stop()
		h.rise()
	},
	"postgres stopped": func(c *chaos) {
		c.db.stop()
		<-time.After(time.Duration(c.of.outage) * time.Second)
		c.db.start()
	},
	"postgres crashed": func(c *chaos) {
		_ = syscall.Kill(-c.db.Live.Cmd.Process.Pid, syscall.SIGKILL)
		<-c.db.Live.Done
		c.db.start()
	},
	"link to postgres cut for 3 s":    func(c *chaos) { c.toPostgres.cut(3 * time.Second) },
	"link to postgres slow for 3 s":   func(c *chaos) { c.toPostgres.slow(3 * time.Second) },
	"link to postgres silent for 3 s": func(c *chaos) { c.toPostgres.silent(3 * time.Second) },
	"clock of redis steps back 5 s": func(c *chaos) {
		if rdb, err := c.engine.primary(c.t.Context()); err == nil { // to the scripts it is that the last instant lies ahead
			at, _ := rdb.Time(c.t.Context()).Result()
			rdb.HSet(c.t.Context(), "{line:main}:meta", "last", at.UnixMilli()+5000)
			_ = rdb.Close()
		}
	},
}

// plan is every fault once, in an order of the seed's.
func (c *chaos) plan() []string {
	all := maps.Clone(strikes)
	maps.Copy(all, c.engine.faults())
	names := slices.Sorted(maps.Keys(all)) // maps have no order
	c.rnd.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	return names
}

// strike does one fault, and measures how long no node could serve from its beginning on.
func (c *chaos) strike(name string) {
	ctx, stop := context.WithCancel(c.t.Context())
	longest, done := time.Duration(0), make(chan struct{})
	go func() {
		defer close(done)
		last, tick := time.Now(), time.NewTicker(50*time.Millisecond)
		defer tick.Stop()
		for ; ctx.Err() == nil; <-tick.C {
			if c.serves(ctx) {
				longest = max(longest, time.Since(last))
				last = time.Now()
			}
		}
		longest = max(longest, time.Since(last))
	}()
	f := strikes[name]
	if f == nil {
		f = c.engine.faults()[name]
	}
	f(c)
	<-time.After(c.of.rest)
	stop()
	<-done
	c.gaps = append(c.gaps, fmt.Sprintf("%s %.1f s", name, longest.Seconds()))
}

// serves tells whether any node runs a script for a contact that waits.
func (c *chaos) serves(ctx context.Context) bool {
	return slices.ContainsFunc(c.each, func(h *house) bool { return h.knows(ctx, c.probe) })
}

// knows tells whether a node runs a script for a contact within a second.
func (h *house) knows(ctx context.Context, a admission) bool {
	bound, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	req, _ := http.NewRequestWithContext(bound, http.MethodGet, h.origin()+"/api/v1/contact", nil)
	req.Header.Set("Authorization", "Bearer "+a.Token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	_ = res.Body.Close()
	return res.StatusCode == http.StatusOK
}

// single is one Redis behind a link.
type single struct {
	*rig.Redis
	link *link
}

func (s *single) name() string { return "one redis" }

func (s *single) primary(context.Context) (*redis.Client, error) {
	o, err := redis.ParseURL(s.URL)
	if err != nil {
		return nil, err
	}
	return redis.NewClient(o), nil
}

func (s *single) faults() map[string]func(c *chaos) {
	again := func(c *chaos) {
		if err := s.Start(c.t.Context()); err != nil {
			c.t.Error(err)
		}
	}
	return map[string]func(c *chaos){
		"redis restarted": func(c *chaos) {
			s.Kill()
			again(c)
		},
		"redis restarted empty": func(c *chaos) {
			s.Kill()
			if err := s.Empty(); err != nil {
				c.t.Error(err)
			}
			again(c)
		},
		"link to redis cut for 2 s":    func(*chaos) { s.link.cut(2 * time.Second) },
		"link to redis slow for 3 s":   func(*chaos) { s.link.slow(3 * time.Second) },
		"link to redis silent for 3 s": func(*chaos) { s.link.silent(3 * time.Second) },
	}
}

// guarded is a Sentinel trio.
type guarded struct{ *rig.Trio }

func (g *guarded) name() string { return "sentinel trio" }

func (g *guarded) primary(ctx context.Context) (*redis.Client, error) {
	r, err := g.Primary(ctx)
	if err != nil {
		return nil, err
	}
	o, err := redis.ParseURL(r.URL)
	if err != nil {
		return nil, err
	}
	return redis.NewClient(o), nil
}

func (g *guarded) faults() map[string]func(c *chaos) {
	over := func(c *chaos) {
		if err := g.Await(c.t.Context(), 2); err != nil {
			c.t.Error(err)
			return
		}
		old, err := g.Failover(c.t.Context())
		if err == nil {
			err = old.Start(c.t.Context())
		}
		if err != nil {
			c.t.Error(err)
		}
	}
	return map[string]func(c *chaos){"failover": over, "another failover": over}
}

func newChaos(t *testing.T, seed uint64, of size) *chaos {
	t.Helper()
	c := &chaos{
		t: t, rnd: rand.New(rand.NewChaCha8(sha256.Sum256([]byte(fmt.Sprint(seed))))), of: of, people: map[string]*contactClient{}, over: map[string]bool{},
	}
	set := settings{"RECLAIM_SECONDS": "3", "LIMIT_INTAKE": "100000", "LIMIT_SIGNIN": "100000", "LIMIT_SOCKETS": "100000"}
	if seed%2 == 0 {
		g := &guarded{trio(t, "--appendfsync", "always")}
		set["REDIS_URL"], set["REDIS_NODES"], set["REDIS_MASTER"] = "redis://sentinels", strings.Join(g.Sentinels, ","), rig.Master
		c.engine = g
	} else {
		s := newSingle(t)
		set["REDIS_URL"] = "redis://" + s.link.Listen
		c.engine = s
	}
	at := freePorts(t, 1)[0]
	host, port, _ := strings.Cut(at, ":")
	db := newDatabase(t, "-c", "listen_addresses="+host, "-c", "port="+port)
	c.toPostgres = newLink(t, at)
	set["DATABASE_URL"] = "postgres://adviceline@" + host + ":" + c.toPostgres.port() + "/adviceline?sslmode=disable"
	c.nodes = severalOn(t, 3, db, set)
	return c
}

func newSingle(t *testing.T) *single {
	t.Helper()
	at := freePorts(t, 1)[0]
	_, port, _ := strings.Cut(at, ":")
	r, err := rig.MakeRedis(filepath.Join(scratch, "redis"+random(3)), "redis://"+at, "--port", port, "--bind", "127.0.0.1",
		"--appendonly", "yes", "--appendfsync", "always", "--save", "", "--maxmemory-policy", "noeviction")
	if err == nil {
		err = r.Start(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Kill)
	return &single{Redis: r, link: newLink(t, at)}
}

// unfinished tells of contacts without an outcome what each side has, for whoever looks for the reason.
func (c *chaos) unfinished() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for contact, p := range c.people {
		if c.over[contact] {
			continue
		}
		x, sent := p.transcript()
		conn := connect(c.t, c.db.url("adviceline"))
		var known string
		_ = conn.QueryRow(c.t.Context(), `SELECT string_agg(kind || ' ' || incarnation || ' ' || number || ' ' || at, E'\n      ' ORDER BY incarnation, number) FROM event WHERE contact = $1`, contact).Scan(&known)
		c.t.Logf("contact %s: by the ledger:\n      %s", contact, known)
		if rdb, err := c.engine.primary(context.Background()); err == nil {
			h := rdb.HGetAll(context.Background(), "{line:main}:c:"+contact).Val()
			c.t.Logf("  redis: state %s owner %s version %s dead %s life %s epoch %s arrival %s print %t", h["state"], h["owner"], h["version"], h["dead"], h["life"], h["epoch"], h["arrival"], h["print"] != "")
			for _, m := range rdb.XRange(context.Background(), "{line:main}:s:"+contact, "-", "+").Val() {
				c.t.Logf("  redis: %s %v %v", m.ID, m.Values["from"], m.Values["cid"])
			}
			_ = rdb.Close()
		}
		for _, m := range x.got {
			c.t.Logf("  contact got: %d %s %s %s", m.Seq, m.From, m.CID, m.Text)
		}
		c.t.Logf("contact %s: state %s, said %d, unanswered %d, heard %d, refusals %v", contact, p.state, len(sent), p.unanswered(), len(x.got), p.faults)
		for _, a := range c.consoles {
			if theirs, said := a.transcript(contact); len(theirs.got)+len(said) > 0 || slices.Contains(a.has(), contact) {
				for _, m := range theirs.got {
					c.t.Logf("    %s got: %d %s %s %s", a.name, m.Seq, m.From, m.CID, m.Text)
				}
				c.t.Logf("  %s: owns it %t, said %d, heard %d of it, gaps %v, refusals %v", a.name, slices.Contains(a.has(), contact), len(said), a.hears(contact), theirs.bad, a.refused())
			}
		}
	}
}
