package queue

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"adviceline/helpline"
)

// How this process reaches Redis: one server, one that Sentinels name, or the masters of a cluster. Each new
// connection asks the server for its run id: one that the line was not entered with may not be used.

// servers is where Redis is.
type servers struct {
	one      *redis.Options // user, password, database, TLS
	addrs    []string       // Sentinels or seeds of a cluster; empty: the one server
	master   string         // its name at the Sentinels
	cluster  bool
	password string // of the Sentinels
}

func (o Options) servers() (s servers, err error) {
	if s.one, err = redis.ParseURL(o.URL); err != nil {
		return s, errors.New("read REDIS_URL: not a redis://, rediss:// or unix:// address")
	}
	s.addrs, s.master, s.cluster, s.password = o.Nodes, o.Master, len(o.Nodes) > 0 && o.Master == "", o.SentinelPassword
	if s.cluster && s.one.DB != 0 {
		return s, errors.New("read REDIS_URL: a cluster has one database, 0")
	}
	return s, nil
}

// noNotices spares servers a command that they do not know.
var noNotices = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}

// dial makes a client of at most so many connections: pipelines have none of their own beside them. check,
// when it is not nil, looks at every new one.
func (s servers) dial(connections int, check func(context.Context, *redis.Conn) error) redis.UniversalClient {
	addrs := s.addrs
	if len(addrs) == 0 {
		addrs = []string{s.one.Addr}
	}
	return redis.NewUniversalClient(&redis.UniversalOptions{
		Addrs: addrs, MasterName: s.master, IsClusterMode: s.cluster, SentinelPassword: s.password,
		DB: s.one.DB, Username: s.one.Username, Password: s.one.Password, TLSConfig: s.one.TLSConfig,
		PoolSize: connections, MaxActiveConns: connections, PipelinePoolSize: -1,
		ContextTimeoutEnabled: true, MaxRetries: -1, OnConnect: check,
		DialTimeout: 2 * time.Second, ReadTimeout: 3 * time.Second, WriteTimeout: 3 * time.Second,
		PoolTimeout: 3 * time.Second, ConnMaxLifetime: s.lifetime(),
		MaintNotificationsConfig: noNotices,
	})
}

var runIDLine = regexp.MustCompile(`(?m)^run_id:([0-9a-f]+)`)

// same refuses a connection to a server process that the line was not entered with: it may have lost what
// was acknowledged. The node hears of it at once.
func (q *Queue) same(ctx context.Context, conn *redis.Conn) error {
	bound, _ := q.bound.Load().(string)
	if bound == "" || q.clustered() { // of a cluster it is the master of the line that counts
		return nil
	}
	info, err := conn.Info(ctx, "server").Result()
	if err != nil {
		return fmt.Errorf("read run id: %w", err)
	}
	if m := runIDLine.FindStringSubmatch(info); m != nil && m[1] == bound || strings.Contains(info, "redis_mode:sentinel") {
		return nil
	}
	q.tell()
	return fmt.Errorf("connect: %w", ErrIncarnation) // go-redis takes one layer off
}

// moved asks a cluster for what connections to one server are asked: whether the line's master is the process
// that the line was entered with.
func (q *Queue) moved(ctx context.Context) bool {
	bound, _ := q.bound.Load().(string)
	if bound == "" || !q.clustered() {
		return false
	}
	runID, _, _, err := q.Life(ctx)
	return err == nil && runID != bound
}

// tell wakes the heartbeat: the line has to be entered again.
func (q *Queue) tell() {
	select {
	case q.stale <- struct{}{}:
	default:
	}
}

func (q *Queue) clustered() bool {
	_, is := q.door.(*redis.ClusterClient)
	return is
}

// master gives the one server that holds the line.
func (q *Queue) master(ctx context.Context) (*redis.Client, error) {
	switch rdb := q.door.(type) {
	case *redis.Client:
		return rdb, nil
	case *redis.ClusterClient:
		m, err := rdb.MasterForKey(ctx, q.tag)
		if err != nil {
			return nil, fmt.Errorf("find master: %w", errors.Join(helpline.ErrQueueUnavailable, err))
		}
		return m, nil
	}
	return nil, errors.New("find master: unknown client")
}
