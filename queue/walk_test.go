package queue

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"adviceline/helpline"
)

// walk goes over two nodes at random and looks at the invariants of routing.md after every step.
// Names are short and counted, so that one seed gives one walk and its log can be read.
type walk struct {
	*bench
	rnd      *rand.Rand
	nodes    []*Queue
	advisers []*walker
	contacts []*visitor
	names    int
	log      []string

	q *Queue // who takes part in the step that is next
	v *visitor
	a *walker
}

type visitor struct {
	id, socket, number, before, request string
	arrival, version                    int64
}

type walker struct {
	helpline.Adviser
	console helpline.Console
}

// A failure prints its seed; WALK_SEED walks that one again.
func TestWalkKeepsTheInvariants(t *testing.T) {
	t.Parallel()
	seeds := strings.Fields(os.Getenv("WALK_SEED"))
	for again := len(seeds) > 0; !again && len(seeds) < 10; {
		seeds = append(seeds, fmt.Sprint(rand.Uint32()))
	}
	for _, seed := range seeds {
		t.Run(seed, func(t *testing.T) {
			t.Parallel()
			newWalk(t, seed).run(300)
		})
	}
}

func newWalk(t *testing.T, seed string) *walk {
	t.Helper()
	w := &walk{bench: newBench(t), rnd: rand.New(rand.NewChaCha8(sha256.Sum256([]byte(seed))))}
	w.nodes = []*Queue{w.Queue, w.node("n2")}
	for i, languages := range [][]string{{"fi"}, {"fi", "sv"}, {"sv"}} {
		a := helpline.Adviser{ID: fmt.Sprint("a", i+1), Alias: "A", Languages: languages, Capacity: min(i+1, 2)}
		w.advisers = append(w.advisers, &walker{Adviser: a, console: helpline.Console{Adviser: a.ID}})
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("again: WALK_SEED=%s. Step %d, up to it:\n%s", seed, len(w.log), strings.Join(w.log[max(0, len(w.log)-20):], "\n"))
		}
	})
	w.beats(w.nodes)
	return w
}

func (w *walk) run(steps int) {
	w.Helper()
	for range steps {
		w.q, w.a = pick(w, w.nodes), pick(w, w.advisers)
		w.v = &visitor{id: "nobody", version: 1}
		if len(w.contacts) > 0 {
			w.v = pick(w, w.contacts)
		}
		s := pick(w, walkSteps)
		err := s.do(w)
		w.log = append(w.log, fmt.Sprint(s.name, " at ", w.q.opt.Node, ", ", w.v.id, ", ", w.a.ID, ", ", w.now, ": ", err))
		if err != nil && !slices.ContainsFunc(tooLate, func(e error) bool { return errors.Is(err, e) }) {
			w.Fatal(err)
		}
		w.look().check(w)
	}
}

// tooLate is what any step may hear; other errors end the walk.
var tooLate = []error{helpline.ErrNotFound, helpline.ErrOfferGone, helpline.ErrConsoleReplaced, helpline.ErrTooMany}

func pick[T any](w *walk, from []T) T { return from[w.rnd.IntN(len(from))] }

func (w *walk) name(kind string) string {
	w.names++
	return fmt.Sprint(kind, w.names)
}

// held gives an offer or a leg of the step's adviser; where there is none, anybody's.
func (w *walk) held(set string) string {
	members := w.rdb.SMembers(w.Context(), w.key(set+w.a.ID)).Val()
	if len(members) == 0 {
		return w.v.id
	}
	slices.Sort(members)
	w.v = w.contacts[slices.IndexFunc(w.contacts, func(v *visitor) bool { return v.id == members[0] })]
	return w.v.id
}

func two[A any](_ A, err error) error           { return err }
func three[A, B any](_ A, _ B, err error) error { return err }

// walkSteps are what people, pages and time do; what comes up more often stands there more often.
var walkSteps = []struct {
	name string
	do   func(*walk) error
}{
	{"enter", (*walk).enters}, {"enter", (*walk).enters},
	{"open page", (*walk).opens}, {"open page", (*walk).opens},
	{"close page", func(w *walk) error { return two(w.q.ContactDown(w.Context(), w.v.id, w.v.socket)) }},
	{"poll", func(w *walk) error { return two(w.q.View(w.Context(), w.v.id, w.v.version)) }},
	{"exit", func(w *walk) error { return two(w.q.Leave(w.Context(), w.v.id, w.v.version, "exit")) }},
	{"cancel", func(w *walk) error { return two(w.q.Leave(w.Context(), w.v.id, w.v.version, "cancel")) }},
	{"return", func(w *walk) error { return w.returns(w.v.number, w.name("r")) }},
	{"return again", func(w *walk) error { return w.returns(w.v.before, w.v.request) }},
	{"write", func(w *walk) error {
		s := helpline.Saying{Contact: w.v.id, From: helpline.FromContact, Version: w.v.version, CID: w.name("m"), Sealed: "s"}
		return two(w.q.Say(w.Context(), s))
	}},
	{"accept", (*walk).accepts}, {"accept", (*walk).accepts}, {"accept", (*walk).accepts},
	{"decline", func(w *walk) error {
		return two(w.q.Decline(w.Context(), w.a.console, w.field(w.held(":offers:"), "offer"), "other"))
	}},
	{"end", func(w *walk) error { return two(w.q.End(w.Context(), w.a.console, w.held(":legs:"), "done")) }},
	{"record", func(w *walk) error {
		return two(w.q.Record(w.Context(), w.a.console, w.held(":legs:"), helpline.Staged{Generation: "1", Key: []byte{1}}))
	}},
	{"ready", func(w *walk) error { return w.wishes("ready") }},
	{"ready", func(w *walk) error { return w.wishes("ready") }},
	{"paused", func(w *walk) error { return w.wishes("paused") }},
	{"off", func(w *walk) error { return w.wishes("off") }},
	{"open console", (*walk).opensConsole}, {"open console", (*walk).opensConsole},
	{"open console, reply lost", func(w *walk) error {
		err := w.opensConsole()
		w.a.console.Epoch = 0
		return err
	}},
	{"close console", func(w *walk) error { return two(w.q.ConsoleDown(w.Context(), w.a.console)) }},
	{"seconds", func(w *walk) error { return w.pass(9_000, w.nodes...) }},
	{"seconds", func(w *walk) error { return w.pass(40_000, w.nodes...) }},
	{"stall", func(w *walk) error { return w.pass(40_000, w.q) }},
	{"an hour", func(w *walk) error { return w.pass(3_600_000, w.nodes...) }},
}

// enters forgets whom the queue has forgotten, to make room.
func (w *walk) enters() error {
	w.contacts = slices.DeleteFunc(w.contacts, func(v *visitor) bool { return w.field(v.id, "state") == "" })
	if len(w.contacts) >= 16 {
		return nil
	}
	e := entry(pick(w, []string{"fi", "sv"}), pick(w, []helpline.Lane{helpline.Ordinary, helpline.Danger, helpline.SameDay}))
	e.Contact = w.name("c")
	w.v = &visitor{id: e.Contact, version: 1, number: e.Numbers[0], arrival: w.now}
	w.contacts = append(w.contacts, w.v)
	return three(w.q.Enqueue(w.Context(), e))
}

func (w *walk) opens() error {
	w.v.socket = w.name("s")
	return three(w.q.ContactUp(w.Context(), w.v.id, w.v.version, w.v.socket))
}

func (w *walk) returns(index, request string) error {
	next := func(id string, version int64) string { return fmt.Sprint(w.line, id, version) }
	in, _, err := w.q.Resume(w.Context(), helpline.Return{RequestID: request, Index: index, Next: next})
	if err == nil {
		w.v.version, w.v.number, w.v.before, w.v.request = in.Version, next(w.v.id, in.Version), index, request
	}
	return err
}

func (w *walk) accepts() error {
	return three(w.q.Accept(w.Context(), w.a.console, w.field(w.held(":offers:"), "offer")))
}

func (w *walk) wishes(state string) error {
	return three(w.q.Duty(w.Context(), w.a.console, helpline.DutyWish{State: state}))
}

func (w *walk) opensConsole() error {
	w.a.Socket = w.name("s")
	desk, _, err := w.q.ConsoleUp(w.Context(), w.a.Adviser)
	w.a.console = desk.Console
	return err
}

// pass lets time go by. Those nodes beat before the sweep, the others after it; one in four was late
// for its own lease.
func (w *walk) pass(most int, early ...*Queue) error {
	w.at(time.Duration(w.rnd.IntN(most)) * time.Millisecond)
	for _, q := range early {
		if w.rnd.IntN(4) > 0 {
			w.lease(q.opt.Node)
		}
	}
	w.beats(early)
	w.sweep()
	w.beats(w.nodes)
	return nil
}

func (w *walk) beats(nodes []*Queue) {
	w.Helper()
	for _, q := range nodes {
		if err := two(q.Heartbeat(w.Context())); err != nil {
			w.Fatal(err)
		}
	}
}

// still is everything that the invariants speak of, as it stood after a step: by key.
type still struct {
	scores map[string]map[string]int64
	sets   map[string][]string
	hashes map[string]map[string]string
	number map[string]string // by contact: whom its number finds
}

func (w *walk) look() still {
	w.Helper()
	p := w.rdb.Pipeline()
	scores, sets := map[string]*redis.ZSliceCmd{}, map[string]*redis.StringSliceCmd{}
	hashes, numbers := map[string]*redis.MapStringStringCmd{}, map[string]*redis.StringCmd{}
	for _, key := range append([]string{":timers", ":serve:fi", ":serve:sv"}, walkClasses...) {
		scores[key] = p.ZRangeWithScores(w.Context(), w.key(key), 0, -1)
	}
	for _, q := range w.nodes {
		sets[":n:"+q.opt.Node] = p.SMembers(w.Context(), w.key(":n:"+q.opt.Node))
	}
	for _, a := range w.advisers {
		hashes[":a:"+a.ID] = p.HGetAll(w.Context(), w.key(":a:"+a.ID))
		sets[":offers:"+a.ID] = p.SMembers(w.Context(), w.key(":offers:"+a.ID))
		sets[":legs:"+a.ID] = p.SMembers(w.Context(), w.key(":legs:"+a.ID))
	}
	for _, v := range w.contacts {
		hashes[":c:"+v.id] = p.HGetAll(w.Context(), w.key(":c:"+v.id))
		numbers[v.id] = p.Get(w.Context(), w.key(":number:"+v.number))
	}
	if _, err := p.Exec(w.Context()); err != nil && !errors.Is(err, redis.Nil) {
		w.Fatal(err)
	}
	s := still{scores: map[string]map[string]int64{}, sets: values(sets), hashes: values(hashes), number: values(numbers)}
	for key, members := range values(scores) {
		s.scores[key] = map[string]int64{}
		for _, z := range members {
			s.scores[key][z.Member.(string)] = int64(z.Score)
		}
	}
	return s
}

func values[V any, C interface{ Val() V }](from map[string]C) map[string]V {
	out := map[string]V{}
	for key, c := range from {
		out[key] = c.Val()
	}
	return out
}

var walkClasses = strings.Fields(`:w:fi|danger :w:fi|continuation :w:fi|present :w:fi|same_day :w:fi|ordinary
	:w:sv|danger :w:sv|continuation :w:sv|present :w:sv|same_day :w:sv|ordinary`)

func (s still) timed(kind, id string) bool {
	_, found := s.scores[":timers"][kind+"|"+id]
	return found
}

// leased tells whether a socket stands at a node whose lease runs.
func (s still) leased(kind, id, node, mark string) bool {
	return s.timed("node", node) && slices.Contains(s.sets[":n:"+node], kind+"|"+id+"|"+mark)
}

func (s still) check(w *walk) {
	w.Helper()
	for _, v := range w.contacts {
		c := s.hashes[":c:"+v.id]
		s.onePlace(w, v, c) // I1, I3
		if len(c) > 0 && number(c["arrival"]) != v.arrival {
			w.Fatalf("I8: the wait clock of %s started again", v.id)
		}
		if len(c) > 0 {
			s.neverForgotten(w, v, c) // I9
		}
	}
	for _, a := range w.advisers {
		h := s.hashes[":a:"+a.ID]
		s.load(w, a, h)         // I2
		s.readySet(w, a, h)     // I6
		s.consoleLease(w, a, h) // I9
	}
}

// I1: a leg is in exactly one place, the one of its state; I3: at most one live offer.
func (s still) onePlace(w *walk, v *visitor, c map[string]string) {
	w.Helper()
	var places []string
	for _, class := range walkClasses {
		if score, in := s.scores[class][v.id]; in {
			places = append(places, "queue")
			if class != ":w:"+c["language"]+"|"+c["lane"] || score != v.arrival {
				w.Fatalf("I8: %s stands in %s at %d, came at %d", v.id, class, score, v.arrival)
			}
		}
	}
	for key, set := range s.sets {
		if slices.Contains(set, v.id) {
			places = append(places, key)
		}
	}
	leg := ":legs:" + c["owner"]
	want := map[string]string{"waiting": "queue", "offered": ":offers:" + c["offered"], "active": leg, "wrapping": leg}[c["state"]]
	if got := strings.Join(places, ", "); got != want {
		w.Fatalf("I1: %s is %s in %q, want %q", v.id, c["state"], got, want)
	}
}

// I2: used = live offers + legs, never over capacity.
func (s still) load(w *walk, a *walker, h map[string]string) {
	w.Helper()
	used := len(s.sets[":offers:"+a.ID]) + len(s.sets[":legs:"+a.ID])
	if int(number(h["used"])) != used || used > a.Capacity {
		w.Fatalf("I2: %s uses %s of %d, holds %d", a.ID, h["used"], a.Capacity, used)
	}
}

// An adviser is in every ready set of theirs exactly while free; I6: then nobody waits for them.
func (s still) readySet(w *walk, a *walker, h map[string]string) {
	w.Helper()
	free := h["up"] == "1" && h["duty"] == "ready" && int(number(h["used"])) < a.Capacity && number(h["cool"]) <= w.now
	for _, language := range []string{"fi", "sv"} {
		score, serves := s.scores[":serve:"+language][a.ID]
		in := serves && score < 1<<51
		if in != (free && slices.Contains(a.Languages, language)) {
			w.Fatalf("order of choice of %s has %s: %v, free: %v", language, a.ID, in, free)
		}
		for _, class := range walkClasses {
			if in && strings.HasPrefix(class, ":w:"+language) && len(s.scores[class]) > 0 {
				w.Fatalf("I6: %s is free and somebody waits in %s", a.ID, class)
			}
		}
	}
}

// I9 of consoles: up with a lease, or down with no offer and an end to the wait of its legs.
func (s still) consoleLease(w *walk, a *walker, h map[string]string) {
	w.Helper()
	if h["up"] == "1" {
		if !s.leased("a", a.ID, h["node"], h["conn"]) {
			w.Fatalf("I9: %s is up without a lease", a.ID)
		}
		return
	}
	active := slices.ContainsFunc(s.sets[":legs:"+a.ID], func(c string) bool { return s.hashes[":c:"+c]["state"] == "active" })
	if active && !s.timed("lost", a.ID) || len(s.sets[":offers:"+a.ID]) > 0 {
		w.Fatalf("I9: %s is down with offers, or with legs that nobody takes back", a.ID)
	}
}

// I9 of contacts: every state has a timer or a lease that ends it, and while it is open its number finds it.
func (s still) neverForgotten(w *walk, v *visitor, c map[string]string) {
	w.Helper()
	needs := map[string]string{
		"waiting": "life", "offered": "life offer", "away": "life away", "active": "life", "wrapping": "wrap", "owed": "due",
		"danger_open": "danger",
	}
	for _, kind := range strings.Fields(cmp.Or(needs[c["state"]], "gone")) {
		if !s.timed(kind, v.id) {
			w.Fatalf("I9: %s is %s without its timer %s", v.id, c["state"], kind)
		}
	}
	leased := s.leased("c", v.id, c["node"], c["socket"])
	if (c["state"] == "waiting" || c["state"] == "offered") && !leased && !s.timed("away", v.id) {
		w.Fatalf("I9: %s is %s with neither page nor timer", v.id, c["state"])
	}
	if c["up"] == "1" && number(c["ended"]) == 0 && !leased {
		w.Fatalf("I9: the page of %s is open without a lease", v.id)
	}
	if slices.Contains([]string{"waiting", "offered", "away", "active", "abandoned"}, c["state"]) && s.number[v.id] != v.id {
		w.Fatalf("I9: %s is %s and its number finds %q", v.id, c["state"], s.number[v.id])
	}
}
