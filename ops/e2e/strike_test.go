package e2e

import (
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/redis/go-redis/v9"
	"github.com/rs/zerolog"

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
		h.start()
	},
	"node drained": func(c *chaos) { c.any().restart() },
	"postgres stopped": func(c *chaos) {
		c.db.stop()
		time.Sleep(time.Duration(c.of.outage) * time.Second)
		c.db.start()
	},
	"postgres crashed": func(c *chaos) {
		_ = syscall.Kill(-c.db.Live.Cmd.Process.Pid, syscall.SIGKILL)
		<-c.db.Live.Done
		c.db.start()
	},
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
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	// maps have no order: sort, then shuffle by the seed
	for i := range names {
		for j := i + 1; j < len(names); j++ {
			if names[j] < names[i] {
				names[i], names[j] = names[j], names[i]
			}
		}
	}
	c.rnd.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	return names
}

// strike does one fault, and measures how long no node could serve from its beginning on.
func (c *chaos) strike(name string) {
	ctx, stop := context.WithCancel(c.t.Context())
	longest, done := time.Duration(0), make(chan struct{})
	go func() {
		defer close(done)
		last := time.Now()
		for ctx.Err() == nil {
			if c.serves(ctx) {
				longest = max(longest, time.Since(last))
				last = time.Now()
			}
			time.Sleep(50 * time.Millisecond)
		}
		longest = max(longest, time.Since(last))
	}()
	f := strikes[name]
	if f == nil {
		f = c.engine.faults()[name]
	}
	f(c)
	time.Sleep(5 * time.Second)
	stop()
	<-done
	c.gaps = append(c.gaps, fmt.Sprintf("%s %.1f s", name, longest.Seconds()))
}

// serves tells whether any node runs a script for a contact that waits.
func (c *chaos) serves(ctx context.Context) bool {
	for _, h := range c.each {
		bound, cancel := context.WithTimeout(ctx, time.Second)
		req, _ := http.NewRequestWithContext(bound, http.MethodGet, h.origin()+"/api/v1/contact", nil)
		req.Header.Set("Authorization", "Bearer "+c.probe.Token)
		res, err := http.DefaultClient.Do(req)
		if err == nil {
			_ = res.Body.Close()
		}
		cancel()
		if err == nil && res.StatusCode == http.StatusOK {
			return true
		}
	}
	return false
}

// single is one Redis behind a link.
type single struct {
	*rig.Redis
	link *toxiproxy.Proxy
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
		"link to redis cut for 2 s": func(c *chaos) {
			s.link.Stop()
			time.Sleep(2 * time.Second)
			if err := s.link.Start(); err != nil {
				c.t.Error(err)
			}
		},
		"link to redis slow for 3 s": func(c *chaos) {
			_, err := s.link.Toxics.AddToxicJson(strings.NewReader(`{"name":"slow","type":"latency","stream":"downstream","attributes":{"latency":200,"jitter":100}}`))
			if err != nil {
				c.t.Error(err)
			}
			time.Sleep(3 * time.Second)
			if err := s.link.Toxics.RemoveToxic(context.Background(), "slow"); err != nil {
				c.t.Error(err)
			}
		},
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
	c.nodes = several(t, 3, set)
	return c
}

func newSingle(t *testing.T) *single {
	t.Helper()
	ports := freePorts(t, 2)
	_, port, _ := strings.Cut(ports[0], ":")
	r, err := rig.MakeRedis(filepath.Join(scratch, "redis"+random(3)), "redis://"+ports[0], "--port", port, "--bind", "127.0.0.1",
		"--appendonly", "yes", "--appendfsync", "always", "--save", "", "--maxmemory-policy", "noeviction")
	if err == nil {
		err = r.Start(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Kill)
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	s := &single{Redis: r, link: toxiproxy.NewProxy(server, "redis", ports[1], ports[0])}
	if err := s.link.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.link.Stop)
	return s
}
