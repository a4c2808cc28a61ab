package queue

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"adviceline/helpline"
)

// walk goes over three nodes at random, the model beside it, and looks at the invariants of routing.md
// after every step. Names are short and counted, so that one seed gives one walk and its log can be read.
type walk struct {
	*bench
	rnd      *rand.Rand
	nodes    []*Queue
	model    *modelStage // nil in real time, and with callbacks
	calls    bool        // callbacks too
	advisers []*walker
	contacts []*visitor
	names    int
	log      []string
	replays  []replay
	past     past
	events   []helpline.Event // of the step

	q *Queue // who takes part in the step that is next
	v *visitor
	a *walker
}

type visitor struct {
	id, socket       string
	offer            [2]string // the last one: its id in Redis and in the model
	arrival, version int64
}

type walker struct {
	helpline.Adviser
	console helpline.Console
}

// walkSide is one of the two that walk: a node of the queue, or the model.
type walkSide struct {
	helpline.Queue
	number int // of the side's offers
	served func(languages []string) ([]helpline.Event, error)
	hold   func(ms int64) error
	assign func(contact, adviser string) ([]helpline.Event, error)
	unhold func() ([]helpline.Event, error)
}

// act is what a step does, on either side.
type act func(s walkSide) ([]helpline.Event, error)

// replay is a request whose answer may have been lost; it carries a name of its own, so that it may be
// sent again at any time within ten minutes.
type replay struct {
	name, contact string
	at            int64
	do            act
}

// A failure prints its seed; WALK_SEED walks that one again. WALK_STEPS says how far each of the twenty goes.
func TestWalkKeepsTheInvariants(t *testing.T) {
	t.Parallel()
	steps, err := strconv.Atoi(os.Getenv("WALK_STEPS"))
	if err != nil {
		steps = 1000
	}
	for _, seed := range walkSeeds(20) {
		t.Run(seed, func(t *testing.T) {
			t.Parallel()
			newWalk(t, seed).run(steps)
		})
	}
}

func walkSeeds(n int) []string {
	seeds := strings.Fields(os.Getenv("WALK_SEED"))
	for again := len(seeds) > 0; !again && len(seeds) < n; {
		seeds = append(seeds, fmt.Sprint(rand.Uint32()))
	}
	return seeds
}

func newWalk(t *testing.T, seed string) *walk {
	t.Helper()
	w := &walk{bench: newBench(t), rnd: rand.New(rand.NewChaCha8(sha256.Sum256([]byte(seed)))), past: newPast()}
	unsynced(t, w.url)
	w.nodes = []*Queue{w.Queue, w.node("n2"), w.node("n3")}
	w.model = newModelStage(helpline.DefaultRule(), helpline.DefaultTiming())
	w.model.clock = w.now
	for i, languages := range [][]string{{"fi"}, {"fi", "sv"}, {"sv"}, {"sv", "ru", "fi"}} {
		a := helpline.Adviser{ID: fmt.Sprint("a", i+1), Alias: "ALIAS", Languages: languages, Capacity: 1 + i%3}
		if i == 1 {
			a.Skills = []string{"child"}
		}
		w.advisers = append(w.advisers, &walker{Adviser: a, console: helpline.Console{Adviser: a.ID}})
	}
	for _, q := range w.nodes {
		w.lease(q.opt.Node)
	}
	w.report(seed)
	return w
}

func (w *walk) report(seed string) {
	w.Cleanup(func() {
		if w.Failed() {
			w.Logf("again: WALK_SEED=%s. Step %d, up to it:\n%s", seed, len(w.log), strings.Join(w.log[max(0, len(w.log)-40):], "\n"))
		}
	})
}

func (w *walk) run(steps int) {
	w.Helper()
	_ = w.both(func(s walkSide) ([]helpline.Event, error) { return s.served([]string{"fi", "sv"}) })
	for _, a := range w.advisers {
		w.a = a
		_ = w.both(w.opensConsole())
		_ = w.both(w.wishes(helpline.DutyWish{State: "ready", Audible: true}))
	}
	w.events = nil
	defer w.overhears()()
	before := w.look()
	for step := range steps {
		if step%50 == 0 {
			if found := w.reconcile(); len(found) > 0 {
				w.Fatalf("the reconciler found %v in a line that nothing broke", found)
			}
		}
		w.q, w.a, w.events = pick(w, w.nodes), pick(w, w.advisers), nil
		w.v = &visitor{id: "nobody", version: 1}
		if len(w.contacts) > 0 {
			w.v = pick(w, w.contacts)
		}
		s := pick(w, walkSteps)
		if w.calls && w.rnd.IntN(4) == 0 {
			s.name, s.kind, s.do = "call", atOnce, nil
		}
		at := len(w.log)
		w.log = append(w.log, s.name+" begins")
		do := act(nil)
		if s.do != nil {
			do = s.do(w)
		} else {
			s.name, s.kind, do = w.callStep()
		}
		err := error(nil)
		if do != nil {
			err = w.both(do)
		}
		w.log[at] = fmt.Sprint(s.name, " at ", w.q.opt.Node, ", ", w.v.id, ", ", w.a.ID, ", ", w.now, ": ", err, kindsOf(w.events))
		after := w.look()
		after.check(w, before)
		if do != nil {
			w.again(s.name, s.kind, do, err, after)
		}
		before = after
	}
}

func kindsOf(events []helpline.Event) (kinds []string) {
	for _, e := range events {
		kinds = append(kinds, fmt.Sprint(e.Kind, " ", e.Contact, " ", e.Adviser))
	}
	return kinds
}

// again sends a request a second time, as if its answer had been lost: nothing changes (I11). One that
// has a name of its own may also come later.
func (w *walk) again(name string, kind int, do act, err error, after still) {
	w.Helper()
	r := replay{name, w.v.id, w.now, do}
	if kind == anyTime && err == nil && len(w.replays) < 50 {
		w.replays = append(w.replays, r)
	}
	if late := len(w.replays); late > 0 && w.rnd.IntN(8) == 0 {
		i := w.rnd.IntN(late)
		r, kind = w.replays[i], anyTime
		w.replays = slices.Delete(w.replays, i, i+1)
	} else if kind == notAgain || w.rnd.IntN(3) > 0 {
		return
	}
	if w.now-r.at >= 600_000 || after.Contacts[r.contact]["state"] == "" {
		return // too late, or about somebody who is forgotten by now
	}
	if w.events = nil; kind == anyTime {
		w.q = pick(w, w.nodes) // what a socket does, its own node repeats
	}
	w.log = append(w.log, fmt.Sprint("again: ", r.name, ", ", r.contact, ", ", r.at))
	_ = w.both(r.do)
	if len(w.events) > 0 {
		w.Fatalf("I11: %s, sent again, made %v", r.name, kindsOf(w.events))
	}
	if changed := w.look().differs(after); changed != "" {
		w.Fatalf("I11: %s, sent again, changed %s", r.name, changed)
	}
}

// both lets the queue and the model do the same, and compares answers and events.
func (w *walk) both(do act) error {
	w.Helper()
	q := w.q
	if q == nil {
		q = w.nodes[0]
	}
	events, err := do(w.queueSide(q))
	if err != nil && !slices.ContainsFunc(refusals, func(e error) bool { return errors.Is(err, e) }) {
		w.Fatal(err)
	}
	w.events = append(w.events, events...)
	if w.model == nil {
		return err
	}
	want, refused := do(w.modelSide())
	if answer(err) != answer(refused) || eventLines(events) != eventLines(want) {
		w.Fatalf("the queue says %v and makes\n%s, the model says %v and makes\n%s", err, eventLines(events), refused, eventLines(want))
	}
	return err
}

func answer(err error) string {
	for _, e := range refusals {
		if errors.Is(err, e) {
			return e.Error()
		}
	}
	return fmt.Sprint(err)
}

func eventLines(events []helpline.Event) (all string) {
	for _, e := range events {
		all += line(e)
	}
	return all
}

func (w *walk) queueSide(q *Queue) walkSide {
	only := func(verb string, args ...any) ([]helpline.Event, error) {
		_, events, err := q.run(w.Context(), verb, args...)
		return events, err
	}
	return walkSide{
		Queue: q,
		served: func(languages []string) ([]helpline.Event, error) {
			var args []any
			for _, l := range languages {
				args = append(args, l)
			}
			return only("served", args...)
		},
		hold:   func(ms int64) error { return two(only("hold", ms)) },
		assign: func(contact, adviser string) ([]helpline.Event, error) { return only("assign", contact, adviser) },
		unhold: func() ([]helpline.Event, error) { return only("unhold") },
	}
}

func (w *walk) modelSide() walkSide {
	m := w.model.m
	return walkSide{
		Queue: w.model, number: 1,
		served: func(languages []string) ([]helpline.Event, error) { return m.Serve(w.now, languages), nil },
		hold: func(ms int64) error {
			m.Hold(w.now, w.now+ms)
			return nil
		},
		assign: func(contact, adviser string) ([]helpline.Event, error) { return m.Assign(w.now, contact, adviser) },
		unhold: func() ([]helpline.Event, error) { return m.Unhold(w.now), nil },
	}
}

// at moves both clocks.
func (w *walk) at(d time.Duration) {
	w.Helper()
	w.bench.at(d)
	if w.model != nil {
		w.model.clock = w.now
	}
}

func pick[T any](w *walk, from []T) T { return from[w.rnd.IntN(len(from))] }

func (w *walk) name(kind string) string {
	w.names++
	return fmt.Sprintf("%s%05d", kind, w.names)
}
