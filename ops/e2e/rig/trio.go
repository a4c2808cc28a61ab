package rig

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
)

// Master is the name under which the Sentinels of a Trio watch.
const Master = "line"

// Trio is a Redis with two replicas, and three Sentinels that watch them.
type Trio struct {
	Sentinels []string // host:port, for REDIS_NODES
	Servers   []*Redis // the first is the master at the beginning
	watch     []*Redis
}

// MakeTrio starts all six and returns once every Sentinel sees two replicas whose first sync is over: one that
// is promoted before has nothing. Args are the servers' own, beside those of the embedded one.
func MakeTrio(ctx context.Context, dir string, args ...string) (t *Trio, err error) {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make folder: %w", err)
	}
	ports, err := FreePorts(6)
	if err != nil {
		return nil, err
	}
	t = &Trio{Sentinels: ports[3:]}
	defer func() {
		if err != nil {
			t.Kill()
		}
	}()
	for i, at := range ports[:3] {
		_, port, _ := net.SplitHostPort(at)
		own := append([]string{"--port", port, "--bind", "127.0.0.1", "--appendonly", "yes", "--save", "",
			"--maxmemory-policy", "noeviction", "--repl-diskless-sync-delay", "0"}, args...)
		if i > 0 {
			_, master, _ := net.SplitHostPort(ports[0])
			own = append(own, "--replicaof", "127.0.0.1 "+master)
		}
		r, err := MakeRedis(filepath.Join(dir, fmt.Sprint("r", i)), "redis://"+at, own...)
		if err != nil {
			return t, err
		}
		t.Servers = append(t.Servers, r)
		if err := r.Start(ctx); err != nil {
			return t, err
		}
	}
	for i, at := range t.Sentinels {
		r, err := Sentinel(filepath.Join(dir, fmt.Sprint("s", i)), at, ports[0], 0)
		if err != nil {
			return t, err
		}
		t.watch = append(t.watch, r)
		if err := r.Start(ctx); err != nil {
			return t, err
		}
	}
	return t, t.Await(ctx, 2)
}

// Sentinel makes one that watches the server at master and believes that the failover of this epoch made it that.
func Sentinel(dir, at, master string, epoch int) (*Redis, error) {
	_, port, _ := net.SplitHostPort(at)
	host, masterPort, _ := net.SplitHostPort(master)
	conf := filepath.Join(dir, "sentinel.conf")
	r, err := MakeRedis(dir, "redis://"+at, conf, "--sentinel", "--port", port, "--bind", "127.0.0.1")
	if err != nil {
		return nil, err
	}
	text := strings.Join([]string{
		"sentinel monitor " + Master + " " + host + " " + masterPort + " 2",
		"sentinel down-after-milliseconds " + Master + " 1000",
		"sentinel failover-timeout " + Master + " 5000",
		"sentinel parallel-syncs " + Master + " 2",
		fmt.Sprint("sentinel config-epoch ", Master, " ", epoch),
		fmt.Sprint("sentinel current-epoch ", epoch), "",
	}, "\n")
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		return nil, fmt.Errorf("write settings of sentinel: %w", err)
	}
	return r, nil
}

// Await returns once every Sentinel sees so many replicas that are linked to the master, and the others.
func (t *Trio) Await(ctx context.Context, replicas int) error {
	return Wait(60*time.Second, "every sentinel sees linked replicas", func() (bool, error) {
		for _, at := range t.Sentinels {
			s := redis.NewSentinelClient(&redis.Options{Addr: at})
			found, err := s.Replicas(ctx, Master).Result()
			others, err2 := s.Sentinels(ctx, Master).Result()
			_ = s.Close()
			linked := 0
			for _, r := range found {
				if r["master-link-status"] == "ok" && !strings.Contains(r["flags"], "down") {
					linked++
				}
			}
			if err != nil || err2 != nil || linked < replicas || len(others) < len(t.Sentinels)-1 {
				return false, nil
			}
		}
		return true, nil
	})
}

// Primary gives the server that the Sentinels call the master now. They are asked again for a while: in the middle
// of a failover none of them may answer.
func (t *Trio) Primary(ctx context.Context) (r *Redis, err error) {
	return r, Wait(10*time.Second, "a sentinel names a master", func() (bool, error) {
		r = t.named(ctx)
		return r != nil, ctx.Err()
	})
}

// named is the server that the first Sentinel which answers calls the master, or nil.
func (t *Trio) named(ctx context.Context) *Redis {
	for _, at := range t.Sentinels {
		s := redis.NewSentinelClient(&redis.Options{Addr: at})
		addr, err := s.GetMasterAddrByName(ctx, Master).Result()
		_ = s.Close()
		if err != nil || len(addr) != 2 {
			continue
		}
		for _, r := range t.Servers {
			if r.URL == "redis://"+net.JoinHostPort(addr[0], addr[1]) {
				return r
			}
		}
	}
	return nil
}

// Failover kills the master and returns once the Sentinels name another one.
func (t *Trio) Failover(ctx context.Context) (old *Redis, err error) {
	if old, err = t.Primary(ctx); err != nil {
		return nil, err
	}
	old.Kill()
	return old, Wait(60*time.Second, "another master is named", func() (bool, error) {
		now := t.named(ctx)
		return now != nil && now != old, nil
	})
}

// Depose stops the master until the Sentinels name another one, and lets it go on: it lives, holds its connections and
// believes that it is the master until a Sentinel tells it otherwise.
func (t *Trio) Depose(ctx context.Context) error {
	old, err := t.Primary(ctx)
	if err != nil {
		return err
	}
	if err := old.Live.Cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		return fmt.Errorf("stop master: %w", err)
	}
	err = Wait(60*time.Second, "another master is named", func() (bool, error) {
		now := t.named(ctx)
		return now != nil && now != old, nil
	})
	if e := old.Live.Cmd.Process.Signal(syscall.SIGCONT); e != nil {
		return fmt.Errorf("let master go on: %w", e)
	}
	return err
}

// Promoted tells how often one of the servers was made master: a Sentinel that calls the new one down in its first
// second has another one promoted.
func (t *Trio) Promoted() (times int) {
	for _, r := range t.Servers {
		times += bytes.Count(r.Log.Bytes(), []byte("MASTER MODE enabled"))
	}
	return times
}

// Told gives what the Sentinels said of elections and of who is master.
func (t *Trio) Told() string {
	var out strings.Builder
	for i, r := range t.watch {
		for line := range strings.Lines(string(r.Log.Bytes())) {
			if strings.ContainsAny(line, "+-") {
				fmt.Fprintf(&out, "sentinel %d: %s", i, line)
			}
		}
	}
	return out.String()
}

// Kill ends all six.
func (t *Trio) Kill() {
	for _, r := range append(t.watch, t.Servers...) {
		r.Kill()
	}
}

// Cluster is three masters without replicas, a third of the slots each.
type Cluster struct {
	Addrs   []string // host:port, for REDIS_NODES
	Servers []*Redis
}

// MakeCluster starts it and returns once all slots are served.
func MakeCluster(ctx context.Context, dir string) (c *Cluster, err error) {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make folder: %w", err)
	}
	ports, err := FreePorts(6) // three of them for the cluster's own bus
	if err != nil {
		return nil, err
	}
	c = &Cluster{Addrs: ports[:3]}
	defer func() {
		if err != nil {
			c.Kill()
		}
	}()
	for i, at := range c.Addrs {
		_, port, _ := net.SplitHostPort(at)
		_, bus, _ := net.SplitHostPort(ports[3+i])
		r, err := MakeRedis(filepath.Join(dir, fmt.Sprint("c", i)), "redis://"+at, "--port", port, "--bind", "127.0.0.1",
			"--cluster-enabled", "yes", "--cluster-port", bus, "--appendonly", "yes", "--save", "")
		if err != nil {
			return c, err
		}
		c.Servers = append(c.Servers, r)
		if err := r.Start(ctx); err != nil {
			return c, err
		}
		rdb := redis.NewClient(&redis.Options{Addr: at})
		err = rdb.ClusterAddSlotsRange(ctx, i*5461, min((i+1)*5461-1+i/2, 16383)).Err()
		if err == nil && i > 0 {
			_, first, _ := net.SplitHostPort(c.Addrs[0])
			_, firstBus, _ := net.SplitHostPort(ports[3])
			err = rdb.Do(ctx, "CLUSTER", "MEET", "127.0.0.1", first, firstBus).Err()
		}
		_ = rdb.Close()
		if err != nil {
			return c, fmt.Errorf("form cluster: %w", err)
		}
	}
	return c, Wait(60*time.Second, "the cluster serves all slots", func() (bool, error) {
		for _, at := range c.Addrs {
			rdb := redis.NewClient(&redis.Options{Addr: at})
			info, err := rdb.ClusterInfo(ctx).Result()
			_ = rdb.Close()
			if err != nil || !strings.Contains(info, "cluster_state:ok") || !strings.Contains(info, "cluster_known_nodes:3") {
				return false, nil
			}
		}
		return true, nil
	})
}

// Kill ends all three.
func (c *Cluster) Kill() {
	for _, r := range c.Servers {
		r.Kill()
	}
}
