package queue

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"adviceline/helpline"
	"adviceline/helpline/strict"
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
	Rule   helpline.Rule   // empty: the default
	Paging helpline.Paging // empty: nobody is paged
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

// shared are the parts that the verbs have in common, in the order in which they build on each other;
// every other file of lua is a verb.
var shared = []string{"prelude", "page", "class", "offer", "feed", "back", "place", "own", "life", "book", "due"}

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
	if o.Rule.Lanes == nil {
		o.Rule = helpline.DefaultRule()
	}
	scripts, err := compile(settings(o.Timing, o.Rule, o.Paging))
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

// script is one function of a library, which goes to Redis with the first call that finds it missing.
type script struct{ function, library string }

// settings gives what the scripts call by @name: durations in ms, slopes as they are.
func settings(t helpline.Timing, r helpline.Rule, p helpline.Paging) map[string]int64 {
	s := map[string]int64{
		"offer": ms(t.Offer), "offercall": ms(t.OfferCall), "decline": ms(t.DeclineCooldown), "miss": ms(t.MissCooldown),
		"exclusion": ms(t.Exclusion), "lease": ms(t.NodeLease), "grace": ms(t.AdviserGrace), "away": ms(t.Away),
		"awaydanger": ms(t.AwayDanger), "exit": ms(t.Exit), "park": ms(t.Park), "wrap": ms(t.Wrap), "due": ms(t.OutcomeDue),
		"textidle": ms(t.TextIdle), "textlife": ms(t.TextLife), "spoolmax": t.SpoolMax, "overdue": ms(r.Overdue),
		"quiet": quiet, "danger": dangerAgain, "pageafter": ms(p.After), "pagenext": ms(p.Next), "pageunmanned": ms(p.Unmanned),
		"pagerest": ms(p.Rest), "pagerounds": int64(p.Rounds),
	}
	for _, lane := range helpline.Lanes() {
		s["credit_"+string(lane)], s["slope_"+string(lane)] = ms(r.Lanes[lane].Credit), r.Lanes[lane].Slope
	}
	return s
}

var setting = regexp.MustCompile("@[a-z_]+")

// compile makes the library of all verbs. Its name and its functions' end in its own print: nodes of two
// versions, or of other settings, keep theirs side by side.
func compile(settings map[string]int64) (map[string]script, error) {
	var text strings.Builder
	for _, name := range shared {
		b, err := lua.ReadFile("lua/" + name + ".lua")
		if err != nil {
			return nil, fmt.Errorf("read script: %w", err)
		}
		text.Write(b)
	}
	files, err := lua.ReadDir("lua")
	if err != nil {
		return nil, fmt.Errorf("read scripts: %w", err)
	}
	var verbs []string
	for _, f := range files {
		verb := strings.TrimSuffix(f.Name(), ".lua")
		if slices.Contains(shared, verb) {
			continue
		}
		b, err := lua.ReadFile("lua/" + f.Name())
		if err != nil {
			return nil, fmt.Errorf("read script: %w", err)
		}
		verbs = append(verbs, verb)
		fmt.Fprintf(&text, "redis.register_function('%s_%%print', function(k, v)\nif not begin(k, v) then return {1} end\n%send)\n", verb, b)
	}
	filled, err := fill(text.String(), settings)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(filled))
	print := hex.EncodeToString(sum[:8])
	library := "#!lua name=adviceline_" + print + "\n" + strings.ReplaceAll(filled, "%print", print)
	scripts := make(map[string]script, len(verbs))
	for _, verb := range verbs {
		scripts[verb] = script{function: verb + "_" + print, library: library}
	}
	return scripts, nil
}

func fill(text string, settings map[string]int64) (filled string, err error) {
	filled = setting.ReplaceAllStringFunc(text, func(name string) string {
		value, known := settings[name[1:]]
		if !known {
			err = fmt.Errorf("fill in scripts: no setting %s", name)
		}
		return strconv.FormatInt(value, 10)
	})
	return filled, err
}

// Use sets the incarnation under which this node's scripts run.
func (q *Queue) Use(incarnation func() int64) { q.incarnation = incarnation }

// Close ends the writer and the connections; commands that wait or are under way fail.
func (q *Queue) Close() error { return errors.Join(q.writer.close(), q.ear.Close(), q.rdb.Close()) }

// Ping tells whether Redis answers.
func (q *Queue) Ping(ctx context.Context) error { return q.rdb.Ping(ctx).Err() }

func (q *Queue) key(suffix string) string { return q.tag + suffix }

func (q *Queue) eval(ctx context.Context, s script, args []any) ([]any, error) {
	return q.writer.do(ctx, s, append([]any{"fcall", s.function, 1, q.tag}, args...))
}

// codes are the first element of every reply.
var codes = map[int64]error{
	1: ErrIncarnation, 2: helpline.ErrNotFound, 3: helpline.ErrRequestReused, 4: helpline.ErrOfferGone,
	5: helpline.ErrConsoleReplaced, 6: helpline.ErrStaleDraft, 7: helpline.ErrTooMany,
	8: helpline.ErrLineClosed, 9: helpline.ErrQueueUnavailable, 10: helpline.ErrNotFree, 11: helpline.ErrTooSoon,
	12: helpline.ErrWindowsRefused, 13: helpline.ErrInvalid, 20: helpline.ErrNotOnline,
}

// ErrIncarnation says that this node's incarnation is not the line's: it has to enter again.
var ErrIncarnation = fmt.Errorf("incarnation is over: %w", helpline.ErrQueueUnavailable)

// run sends one verb and gives its value (JSON or a number) and events.
func (q *Queue) run(ctx context.Context, verb string, args ...any) (value any, events []helpline.Event, err error) {
	head := []any{q.incarnation(), q.opt.Salt, q.opt.Node}
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
	if err := strict.Own(text, out); err != nil {
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
