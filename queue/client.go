package queue

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"adviceline/helpline"
)

//go:embed lua/*.lua
var lua embed.FS

// Options of a queue. URL is redis://, rediss:// or unix://. Node names this process among those of
// the line; a process that starts anew takes a new name.
type Options struct {
	URL    string
	Line   string
	Node   string
	Salt   string // random per process; offer ids are made of it
	Pool   int    // connections, with the two of the writer
	Timing helpline.Timing
}

// Queue is the live state of one line, as one node uses it. Safe for concurrent use.
type Queue struct {
	rdb         redis.UniversalClient // reads, and writes that are no script
	ear         redis.UniversalClient // the node's one subscription, which would else hold a place of rdb
	writer      *writer
	opt         Options
	tag         string
	scripts     map[string]script
	incarnation func() int64
}

// verbs lists every script with what stands in front of it, behind the prelude.
var verbs = map[string][]string{
	"enqueue": {"match"}, "view": {"match"}, "contact_up": {"match"}, "contact_down": {"match"},
	"leave": {"match"}, "resume": {"match"}, "accept": {"match"}, "decline": {"match"}, "say": nil,
	"typing": nil, "end": {"match"}, "draft": nil, "outcome": {"match"}, "owed": nil,
	"console_up": {"match"}, "console_down": {"match"}, "duty": {"match"}, "expire": {"match", "due"},
	"forward": nil, "heartbeat": nil, "positions": {"match"}, "status": nil,
}

// go-redis prints addresses and errors past every logger: it is told to be quiet, its errors come
// back with the commands.
func init() { redis.SetLogger(mute{}) }

type mute struct{}

func (mute) Printf(context.Context, string, ...any) {}

// Open connects lazily: the first command tells whether Redis is there. It starts the writer of
// scripts, which Close ends.
func Open(o Options) (*Queue, error) {
	u, err := redis.ParseURL(o.URL)
	if err != nil {
		return nil, errors.New("read REDIS_URL: not a redis://, rediss:// or unix:// address")
	}
	scripts, err := compile()
	if err != nil {
		return nil, err
	}
	return &Queue{
		rdb: dial(u, max(o.Pool-lanes, 1)), ear: dial(u, 1), writer: newWriter(dial(u, lanes), backlog), opt: o, tag: "{line:" + o.Line + "}",
		scripts: scripts, incarnation: func() int64 { return 0 },
	}, nil
}

// dial makes a client of at most so many connections: pipelines have none of their own beside them.
func dial(u *redis.Options, connections int) redis.UniversalClient {
	return redis.NewUniversalClient(&redis.UniversalOptions{
		Addrs: []string{u.Addr}, DB: u.DB, Username: u.Username, Password: u.Password, TLSConfig: u.TLSConfig,
		PoolSize: connections, MaxActiveConns: connections, PipelinePoolSize: -1,
		ContextTimeoutEnabled: true, MaxRetries: -1,
		DialTimeout: 2 * time.Second, ReadTimeout: 3 * time.Second, WriteTimeout: 3 * time.Second,
		PoolTimeout:              3 * time.Second,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})
}

type script struct{ hash, text string }

func compile() (map[string]script, error) {
	scripts := make(map[string]script, len(verbs))
	for verb, before := range verbs {
		var text strings.Builder
		for _, name := range append(append([]string{"prelude"}, before...), verb) {
			b, err := lua.ReadFile("lua/" + name + ".lua")
			if err != nil {
				return nil, fmt.Errorf("read script: %w", err)
			}
			text.Write(b)
		}
		scripts[verb] = script{hash: redis.NewScript(text.String()).Hash(), text: text.String()}
	}
	return scripts, nil
}

// Use sets the incarnation under which this node's scripts run.
func (q *Queue) Use(incarnation func() int64) { q.incarnation = incarnation }

// Close ends the writer and the connections; commands that wait or are under way fail.
func (q *Queue) Close() error { return errors.Join(q.writer.close(), q.ear.Close(), q.rdb.Close()) }

// Ping tells whether Redis answers.
func (q *Queue) Ping(ctx context.Context) error { return q.rdb.Ping(ctx).Err() }

func (q *Queue) key(suffix string) string { return q.tag + suffix }

func (q *Queue) eval(ctx context.Context, s script, args []any) ([]any, error) {
	return q.writer.do(ctx, s, append([]any{"evalsha", s.hash, 1, q.tag}, args...))
}

// codes are the first element of every reply.
var codes = map[int64]error{
	1: ErrIncarnation, 2: helpline.ErrNotFound, 3: helpline.ErrRequestReused, 4: helpline.ErrOfferGone,
	5: helpline.ErrConsoleReplaced, 6: helpline.ErrStaleDraft, 7: helpline.ErrTooMany,
	8: helpline.ErrLineClosed, 9: helpline.ErrQueueUnavailable,
}

// ErrIncarnation says that this node's incarnation is not the line's: it has to enter again.
var ErrIncarnation = fmt.Errorf("incarnation is over: %w", helpline.ErrQueueUnavailable)

// run sends one verb and gives its value (JSON or a number) and events.
func (q *Queue) run(ctx context.Context, verb string, args ...any) (value any, events []helpline.Event, err error) {
	head := []any{q.incarnation(), q.opt.Salt, q.opt.Node, q.opt.Timing.Offer.Milliseconds()}
	reply, err := q.eval(ctx, q.scripts[verb], append(head, args...))
	if err != nil {
		return nil, nil, q.fault(verb, err)
	}
	if len(reply) == 0 {
		return nil, nil, fmt.Errorf("run %s: empty reply", verb)
	}
	code, _ := reply[0].(int64)
	if code != 0 {
		if e, known := codes[code]; known {
			return nil, nil, e
		}
		return nil, nil, fmt.Errorf("run %s: unknown code %d", verb, code)
	}
	if len(reply) < 3 {
		return nil, nil, fmt.Errorf("run %s: short reply", verb)
	}
	events, err = decodeEvents(reply[2])
	return reply[1], events, err
}

// fault keeps a script's bug apart from Redis being away.
func (q *Queue) fault(verb string, err error) error {
	var re redis.Error
	if errors.As(err, &re) && strings.HasPrefix(re.Error(), "ERR") {
		return fmt.Errorf("run %s: script failed: %w", verb, err)
	}
	return fmt.Errorf("run %s: %w", verb, errors.Join(helpline.ErrQueueUnavailable, err))
}

// into runs a verb and decodes its JSON value.
func (q *Queue) into(ctx context.Context, out any, verb string, args ...any) ([]helpline.Event, error) {
	value, events, err := q.run(ctx, verb, args...)
	if err != nil {
		return nil, err
	}
	text, _ := value.(string)
	if err := json.Unmarshal([]byte(text), out); err != nil {
		return events, fmt.Errorf("read reply of %s: %w", verb, err)
	}
	return events, nil
}

func ms(d time.Duration) int64 { return d.Milliseconds() }

func flag(b bool) string {
	if b {
		return "1"
	}
	return "0"
}
