package queue

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// askSentinels bounds one question to all Sentinels.
const askSentinels = time.Second

// errNotElected says that a server is not the one that the Sentinels' newest failover made master.
var errNotElected = errors.New("server is not the elected master")

// elected refuses a connection to a master that is none any more. A Sentinel that has not heard of the last failover names
// the old one, and that one, started again, believes it: a line that is entered there stands twice, and what one half
// acknowledges the ledger refuses. Only the line's way in asks; every other connection is held to the process that was entered.
func (q *Queue) elected(ctx context.Context, conn *redis.Conn) error {
	if q.at.master == "" {
		return nil
	}
	info, err := conn.Info(ctx, "server").Result()
	if err != nil {
		return fmt.Errorf("read run id: %w", err)
	}
	if strings.Contains(info, "redis_mode:sentinel") {
		return nil
	}
	want, err := q.at.electedID(ctx)
	if err != nil {
		return err
	}
	if m := runIDLine.FindStringSubmatch(info); m == nil || m[1] != want {
		return fmt.Errorf("connect: %w", errNotElected)
	}
	return nil
}

// electedID gives the run id of the master whose configuration has the highest epoch. More than half of the Sentinels
// have to answer, and it has to say itself that it is a master.
func (s servers) electedID(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, askSentinels)
	defer cancel()
	type word struct {
		addr  string
		epoch int64
		err   error
	}
	words := make(chan word, len(s.addrs))
	for _, addr := range s.addrs {
		go func() {
			named, epoch, err := s.ask(ctx, addr)
			words <- word{named, epoch, err}
		}()
	}
	newest, answered, failed := word{epoch: -1}, 0, error(nil)
	for range s.addrs {
		w := <-words
		if w.err != nil {
			failed = w.err
			continue
		}
		answered++
		if w.epoch > newest.epoch {
			newest = w
		}
	}
	if answered <= len(s.addrs)/2 {
		return "", fmt.Errorf("ask sentinels: %d of %d answered: %w", answered, len(s.addrs), failed)
	}
	o := s.options(newest.addr, s.one.Username, s.one.Password)
	o.DB = s.one.DB
	master := redis.NewClient(o)
	defer func() { _ = master.Close() }()
	info, err := master.Info(ctx, "server", "replication").Result()
	if err != nil {
		return "", fmt.Errorf("ask elected master: %w", err)
	}
	m := runIDLine.FindStringSubmatch(info)
	if m == nil || !strings.Contains(info, "role:master") {
		return "", fmt.Errorf("ask elected master: %w", errNotElected)
	}
	return m[1], nil
}

// ask gives the master that one Sentinel names, and the epoch of that configuration.
func (s servers) ask(ctx context.Context, addr string) (named string, epoch int64, err error) {
	c := redis.NewSentinelClient(s.options(addr, "", s.password))
	defer func() { _ = c.Close() }()
	master, err := c.Master(ctx, s.master).Result()
	if err != nil {
		return "", 0, fmt.Errorf("ask sentinel: %w", err)
	}
	if epoch, err = strconv.ParseInt(master["config-epoch"], 10, 64); err != nil {
		return "", 0, errors.New("ask sentinel: no epoch")
	}
	return net.JoinHostPort(master["ip"], master["port"]), epoch, nil
}

// options are those of one short connection.
func (s servers) options(addr, user, password string) *redis.Options {
	var secure *tls.Config
	if s.one.TLSConfig != nil {
		secure = s.one.TLSConfig.Clone()
	}
	return &redis.Options{
		Addr: addr, Username: user, Password: password, TLSConfig: secure, PoolSize: 1, MaxRetries: -1,
		DialTimeout: askSentinels, ReadTimeout: askSentinels, WriteTimeout: askSentinels, ContextTimeoutEnabled: true,
		MaintNotificationsConfig: noNotices,
	}
}
