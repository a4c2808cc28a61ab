package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"

	"adviceline/e2e/rig"
)

// stage is what all arms use: programs, servers, accounts.
type stage struct {
	dir      string
	limits   string // the reference
	binary   string // the product, or while `guarded` runs the safe reference
	safe     string // the safe reference
	root     string // top of the source
	pg       *rig.Postgres
	pgAddr   string
	theirs   redisServer // the reference's
	ours     redisServer
	rootKey  string
	keys     string
	advisers []adviser
	tests    map[string]string // compiled benchmarks by package
	nodes    []*node           // those that run
}

// redisServer is one of the two Redis.
type redisServer struct {
	addr  string
	child *rig.Child
	rdb   *redis.Client
}

// node is a running adviceline.
type node struct {
	rig.Node
	child *rig.Child
	said  *rig.Output
}

func open(ctx context.Context, limits string) (s *stage, err error) {
	s = &stage{limits: limits, tests: map[string]string{}}
	if s.dir, err = os.MkdirTemp("/tmp", "advbench"); err != nil {
		return nil, fmt.Errorf("make folder: %w", err)
	}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if err := os.Chmod(s.dir, 0o755); err != nil { // #nosec G302 -- the user postgres has to pass
		return nil, fmt.Errorf("open folder: %w", err)
	}
	s.rootKey, s.keys = filepath.Join(s.dir, "root"), filepath.Join(s.dir, "keys")
	key := rig.Random(16) // 32 bytes
	if err := errors.Join(os.WriteFile(s.rootKey, []byte(key), 0o600), os.Mkdir(s.keys, 0o700)); err != nil {
		return nil, fmt.Errorf("make keys: %w", err)
	}
	for _, step := range []func(context.Context) error{s.build, s.serve, s.people} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// build makes the product, as `make build` does.
func (s *stage) build(ctx context.Context) error {
	out, err := exec.CommandContext(ctx, "git", "rev-parse", "--show-toplevel").Output()
	if err != nil {
		return fmt.Errorf("find the source: %w", err)
	}
	s.root = strings.TrimSpace(string(out))
	s.safe = filepath.Join(s.dir, "safe")
	if err := s.goTool(ctx, "-C", filepath.Join("ops", "e2e"), "build", "-o", s.safe, "./bench/safe"); err != nil {
		return err
	}
	if s.binary = os.Getenv("BENCH_BINARY"); s.binary != "" {
		return nil
	}
	s.binary = filepath.Join(s.dir, "adviceline")
	return s.goTool(ctx, "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", s.binary, "./cmd/adviceline")
}

func (s *stage) goTool(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.root, os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("go %s: %w", args[0], err)
	}
	return nil
}

// serve starts the servers.
func (s *stage) serve(ctx context.Context) error {
	ports, err := rig.FreePorts(3)
	if err != nil {
		return err
	}
	host, port, err := net.SplitHostPort(ports[0])
	if err != nil {
		return fmt.Errorf("read address: %w", err)
	}
	s.pgAddr = ports[0]
	s.pg, err = rig.MakePostgres(filepath.Join(s.dir, "pg"), "bench", "-c", "listen_addresses="+host, "-c", "port="+port)
	if err != nil {
		return err
	}
	if err := s.pg.Start(ctx); err != nil {
		return err
	}
	if err := s.sql(ctx, "postgres", "CREATE DATABASE bench", "CREATE DATABASE prepared"); err != nil {
		return err
	}
	for i, r := range []*redisServer{&s.theirs, &s.ours} {
		r.addr = ports[1+i]
		_, port, _ := net.SplitHostPort(r.addr)
		r.child, err = rig.StartRedis(ctx, filepath.Join(s.dir, fmt.Sprint("redis", i)), "redis://"+r.addr,
			"--bind", "127.0.0.1", "--port", port, "--save", "", "--appendonly", "no", "--maxclients", "12000", "--maxmemory-policy", "noeviction",
			"--hash-max-listpack-value", "2048")
		if err != nil {
			return err
		}
		r.rdb = redis.NewClient(&redis.Options{Addr: r.addr})
	}
	return nil
}

// databaseURL is a database over TCP, for both sides alike.
func (s *stage) databaseURL(name string) string {
	u := url.URL{Scheme: "postgres", User: url.User("bench"), Host: s.pgAddr, Path: "/" + name, RawQuery: "sslmode=disable"}
	return u.String()
}

func (s *stage) sql(ctx context.Context, database string, statements ...string) error {
	conn, err := s.pg.Connect(ctx, database)
	if err != nil {
		return fmt.Errorf("connect to postgres: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	for _, sql := range statements {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("run sql: %w", err)
		}
	}
	return nil
}

// settings of every node: limits at their maximum, since all load comes from one network prefix.
func (s *stage) settings(database, origins string) map[string]string {
	return map[string]string{
		"DATABASE_URL": s.databaseURL(database), "REDIS_URL": "redis://" + s.ours.addr, "ROOT_KEY_FILE": s.rootKey,
		"KEY_DIR": s.keys, "PUBLIC_ORIGINS": origins, "LOG_LEVEL": "warn",
		"LIMIT_INTAKE": "1000000", "LIMIT_SIGNIN": "1000000", "LIMIT_SOCKETS": "1000000", "LIMIT_SOCKETS_TOTAL": "1000000",
	}
}

// fresh starts n nodes of a line on an empty Redis and a database with the accounts alone.
func (s *stage) fresh(ctx context.Context, n int) ([]*node, error) {
	s.halt()
	if err := s.sql(ctx, "postgres", "DROP DATABASE IF EXISTS adviceline WITH (FORCE)", "CREATE DATABASE adviceline TEMPLATE prepared", "CHECKPOINT"); err != nil {
		return nil, err
	}
	return s.start(ctx, n, "adviceline")
}

func (s *stage) start(ctx context.Context, n int, database string) ([]*node, error) {
	if err := s.ours.rdb.FlushAll(ctx).Err(); err != nil {
		return nil, fmt.Errorf("empty redis: %w", err)
	}
	ports, err := rig.FreePorts(2 * n)
	if err != nil {
		return nil, err
	}
	origins := "http://" + strings.Join(ports[:n], ",http://")
	for i := range n {
		said := &rig.Output{}
		one := &node{said: said, Node: rig.Node{
			Binary: s.binary, Dir: filepath.Join(s.dir, "node"+rig.Random(3)), Home: s.dir, Addr: ports[i], Ops: ports[n+i],
			Set: s.settings(database, origins), Out: said,
		}}
		if one.child, err = one.Launch(); err != nil {
			return nil, err
		}
		s.nodes = append(s.nodes, one)
	}
	for _, one := range s.nodes {
		if err := one.Await(ctx, one.child); err != nil {
			return nil, fmt.Errorf("%w\n%s", err, one.said.Bytes())
		}
	}
	return s.nodes, nil
}

// halt ends the nodes. Nothing of theirs is kept, so it need not be done well.
func (s *stage) halt() {
	for i, n := range s.nodes {
		n.child.End(syscall.SIGKILL, time.Second)
		wrong := slices.DeleteFunc(slices.Collect(strings.Lines(string(n.said.Bytes()))), func(line string) bool {
			return !strings.HasPrefix(line, "{") // what greets
		})
		for _, line := range wrong[:min(len(wrong), 5)] {
			fmt.Fprintf(os.Stderr, "# node %d: %s", i, line)
		}
		_ = os.RemoveAll(n.Dir)
	}
	s.nodes = nil
}

func (s *stage) close() {
	s.halt()
	for _, r := range []redisServer{s.theirs, s.ours} {
		if r.child != nil {
			r.child.End(syscall.SIGKILL, time.Second)
		}
		if r.rdb != nil {
			_ = r.rdb.Close()
		}
	}
	if s.pg != nil {
		s.pg.Stop()
	}
	_ = os.RemoveAll(s.dir)
}
