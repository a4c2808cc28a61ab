package embedded

import (
	"bufio"
	"context"
	"net"
	"net/url"
	"syscall"
	"time"
)

const redisSocket = "redis.sock"

// RedisURL gives the address for go-redis, "" when Redis was not asked for.
func (s *Services) RedisURL() string {
	if s.redis == nil {
		return ""
	}
	return (&url.URL{Scheme: "unix", Path: s.run + "/" + redisSocket}).String()
}

// launchRedis starts Redis and waits until it answers.
func (s *Services) launchRedis(ctx context.Context, path string) (*child, error) {
	lock, err := outlive(ctx, s.path("redis.lock"))
	if err != nil {
		return nil, err
	}
	data := s.path("redis")
	if err := s.user.folder(data); err != nil {
		_ = lock.Close()
		return nil, err
	}
	log, err := openLog(s.options.Dir, "redis")
	if err != nil {
		_ = lock.Close()
		return nil, err
	}
	socket := s.run + "/" + redisSocket
	c, err := program{
		name: "redis", path: path, args: redisArgs(data, socket), dir: data,
		user: s.user, death: syscall.SIGTERM, lock: lock, out: log,
	}.start()
	if err != nil {
		_ = log.Close()
		return nil, err
	}
	s.closeAfter(c, log)
	return s.ready(ctx, c, func(ctx context.Context) bool { return pong(ctx, socket) }, endRedis)
}

// redisArgs are the settings: every write is on disk before its answer, nothing is ever evicted,
// and no command with its arguments is written to a log (slow log, crash report).
func redisArgs(data, socket string) []string {
	return []string{
		"--port", "0", "--unixsocket", socket, "--unixsocketperm", "700",
		"--dir", data, "--daemonize", "no", "--always-show-logo", "no",
		"--appendonly", "yes", "--appendfsync", "always", "--save", "",
		"--maxmemory-policy", "noeviction",
		"--hash-max-listpack-value", "2048", // a contact's fields in one piece of memory
		"--slowlog-log-slower-than", "-1", "--crash-log-enabled", "no", "--crash-memcheck-enabled", "no",
	}
}

// pong says whether Redis answers a PING; while it still loads its data it answers an error.
func pong(ctx context.Context, socket string) bool {
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", socket)
	if err != nil {
		return false
	}
	defer func() { _ = conn.Close() }()
	if conn.SetDeadline(time.Now().Add(time.Second)) != nil {
		return false
	}
	if _, err := conn.Write([]byte("PING\r\n")); err != nil {
		return false
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	return err == nil && line == "+PONG\r\n"
}

func endRedis(ctx context.Context, c *child) error { return c.stop(ctx, syscall.SIGTERM) }
