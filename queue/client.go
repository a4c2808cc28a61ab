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
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"adviceline/helpline"
	"adviceline/helpline/strict"
)

//go:embed lua/*.lua
var lua embed.FS

// Options of a queue. URL is redis://, rediss:// or unix://. With Nodes and Master it is those Sentinels that
// say where the master is, with Nodes alone they are some of a cluster; the URL then gives user, password, database
// and whether TLS is used, its host counts for nothing. Node names this process among those of the line; a process
// that starts anew takes a new name.
type Options struct {
	URL              string
	Nodes            []string // host:port
	Master           string   // its name at the Sentinels
	SentinelPassword string
	Line             string
	Node             string
	Salt             string // random per process; offer ids are made of it
	Pool             int    // connections, with the two of the writer
	Timing           helpline.Timing
	Rule             helpline.Rule   // empty: the default
	Paging           helpline.Paging // empty: nobody is paged
}

// Queue is the live state of one line, as one node uses it. Safe for concurrent use.
type Queue struct {
	rdb         redis.UniversalClient // reads, and writes that are no script
	ear         redis.UniversalClient // the node's one subscription, which would else hold a place of rdb
	writer      *writer
	opt         Options
	at          servers
	tag         string
	scripts     map[string]script
	incarnation func() int64
	door        redis.UniversalClient // for what is done before the line is entered, and for the spool
	bound       atomic.Value          // string: run id of the server process that the line was entered with
	stale       chan struct{}         // a connection reached another one
	looked      time.Time             // at the memory of Redis; of the heartbeat, as tight is
	tight       bool
}

// shared are the parts that the verbs have in common, in the order in which they build on each other;
// every other file of lua is a verb.
var shared = []string{"prelude", "listener", "page", "class", "offer", "feed", "back", "place", "own", "life", "beside", "shift", "book", "due"}

// brief are the verbs that note no event and move nobody; the prelude begins them with less.
var brief = []string{"say", "ticket"}

// go-redis prints addresses and errors past every logger: it is told to be quiet, its errors come
// back with the commands.
func init() { redis.SetLogger(mute{}) }

type mute struct{}

func (mute) Printf(context.Context, string, ...any) {}

// Open connects lazily: the first command tells whether Redis is there. It starts the writer of
// scripts, which Close ends.
func Open(o Options) (*Queue, error) {
	at, err := o.servers()
	if err != nil {
		return nil, err
	}
	if o.Rule.Lanes == nil {
		o.Rule = helpline.DefaultRule()
	}
	scripts, err := compile(settings(o.Timing, o.Rule, o.Paging))
	if err != nil {
		return nil, err
	}
	q := &Queue{
		opt: o, at: at, tag: "{line:" + o.Line + "}", scripts: scripts, incarnation: func() int64 { return 0 }, stale: make(chan struct{}, 1),
	}
	q.rdb, q.ear, q.door = at.dial(max(o.Pool-lanes, 1), q.same), at.dial(1, q.same), at.dial(3, q.elected)
	q.writer = newWriter(at.dial(lanes, q.same), backlog)
	return q, nil
}

// script is one function of a library, which goes to Redis with the first call that finds it missing.
type script struct{ function, library string }

// settings gives what the scripts call by @name: durations in ms, slopes as they are.
func settings(t helpline.Timing, r helpline.Rule, p helpline.Paging) map[string]int64 {
	s := map[string]int64{
		"offer": ms(t.Offer), "offercall": ms(t.OfferCall), "decline": ms(t.DeclineCooldown), "miss": ms(t.MissCooldown),
		"exclusion": ms(t.Exclusion), "lease": ms(t.NodeLease), "grace": ms(t.AdviserGrace), "away": ms(t.Away),
		"awaydanger": ms(t.AwayDanger), "exit": ms(t.Exit), "park": ms(t.Park), "wrap": ms(t.Wrap), "due": ms(t.OutcomeDue),
		"textidle": ms(t.TextIdle), "textlife": ms(t.TextLife), "texttold": ms(t.TextTold()), "spoolmax": t.SpoolMax, "overdue": ms(r.Overdue),
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
		begin := "begin"
		if slices.Contains(brief, verb) {
			begin = "beginBrief"
		}
		fmt.Fprintf(&text, "redis.register_function('%s_%%print', function(k, v)\nif not %s(k, v) then return {1} end\n%send)\n", verb, begin, b)
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
func (q *Queue) Close() error {
	return errors.Join(q.writer.close(), q.ear.Close(), q.rdb.Close(), q.door.Close())
}

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
	12: helpline.ErrWindowsRefused, 13: helpline.ErrInvalid, 14: helpline.ErrLastReady, 20: helpline.ErrNotOnline,
	21: helpline.ErrListened,
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
