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
	m := runIDLine.FindStringSubmatch(info)
	if m == nil {
		return errors.New("read run id: none")
	}
	return q.isElected(ctx, m[1])
}

// isElected refuses a server process that is not the elected master. Without Sentinels every one is.
func (q *Queue) isElected(ctx context.Context, runID string) error {
	if q.at.master == "" {
		return nil
	}
	want, err := q.at.electedID(ctx)
	if err == nil && runID != want {
		err = errNotElected
	}
	if err != nil {
		return fmt.Errorf("look at server: %w", err)
	}
	return nil
}

// lifetime is how long a connection is used, 0 for as long as it holds. go-redis hears of a failover from one Sentinel; one
// that missed it leaves a master in use that was deposed and lives. A new connection asks, and takes those to another
// server out of use.
func (s servers) lifetime() time.Duration {
	if s.master == "" {
		return 0
	}
	return 5 * time.Second
}

// electedID gives the run id of the master whose configuration has the highest epoch. More than half of the Sentinels
// have to answer, those of that epoch have to name the same, and it has to say itself that it is a master.
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
	newest, answered, split, failed := word{epoch: -1}, 0, false, error(nil)
	for range s.addrs {
		w := <-words
		if w.err != nil {
			failed = w.err
			continue
		}
		answered++
		switch {
		case w.epoch > newest.epoch:
			newest, split = w, false
		case w.epoch == newest.epoch && w.addr != newest.addr:
			split = true
		}
	}
	if answered <= len(s.addrs)/2 {
		return "", fmt.Errorf("ask sentinels: %d of %d answered: %w", answered, len(s.addrs), failed)
	}
	if split { // one was asked in the moment in which it changed its mind
		return "", fmt.Errorf("ask sentinels: two masters of one epoch: %w", errNotElected)
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

// ask gives the master that one Sentinel names, and the epoch of that configuration. The Sentinel that leads a failover
// shows the new epoch beside the old master until the last replica follows, which may take minutes: whom it names is
// asked as clients ask, and last, so that an epoch is never told of a master that was there before it.
func (s servers) ask(ctx context.Context, addr string) (named string, epoch int64, err error) {
	c := redis.NewSentinelClient(s.options(addr, "", s.password))
	defer func() { _ = c.Close() }()
	state, err := c.Master(ctx, s.master).Result()
	if err != nil {
		return "", 0, fmt.Errorf("ask sentinel: %w", err)
	}
	if epoch, err = strconv.ParseInt(state["config-epoch"], 10, 64); err != nil {
		return "", 0, errors.New("ask sentinel: no epoch")
	}
	at, err := c.GetMasterAddrByName(ctx, s.master).Result()
	if err != nil {
		return "", 0, fmt.Errorf("ask sentinel: %w", err)
	}
	if len(at) != 2 {
		return "", 0, errors.New("ask sentinel: no address")
	}
	return net.JoinHostPort(at[0], at[1]), epoch, nil
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
