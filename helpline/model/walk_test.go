package model

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"adviceline/helpline"
)

// walk lets people and time do things at random and looks at the invariants of routing.md after each.
type walk struct {
	*testing.T
	*Model
	rnd      *rand.Rand
	clock    int64
	consoles map[string]helpline.Console
	staff    []helpline.Adviser
	tokens   map[string]int64 // contact: version of its page's token
	came     map[string]int64 // contact: its arrival
	ids      []string
	names    int
	log      []string
}

// A failure prints its seed; WALK_SEED walks that one again.
func TestWalkKeepsTheInvariants(t *testing.T) {
	t.Parallel()
	seeds := strings.Fields(os.Getenv("WALK_SEED"))
	for again := len(seeds) > 0; !again && len(seeds) < 40; {
		seeds = append(seeds, fmt.Sprint(rand.Uint32()))
	}
	for _, seed := range seeds {
		t.Run(seed, func(t *testing.T) {
			t.Parallel()
			newWalk(t, seed).run(1500)
		})
	}
}

func newWalk(t *testing.T, seed string) *walk {
	t.Helper()
	w := &walk{
		T: t, Model: New(helpline.DefaultRule(), helpline.DefaultTiming()), clock: start,
		rnd: rand.New(rand.NewChaCha8(sha256.Sum256([]byte(seed)))), consoles: map[string]helpline.Console{},
		tokens: map[string]int64{}, came: map[string]int64{},
	}
	for i, languages := range [][]string{{"fi"}, {"fi", "sv"}, {"sv"}, {"sv", "ru", "fi"}} {
		a := helpline.Adviser{ID: fmt.Sprint("a", i+1), Languages: languages, Capacity: 1 + i%3}
		if i == 1 {
			a.Skills = []string{"child"}
		}
		w.staff = append(w.staff, a)
	}
	w.Serve(w.clock, []string{"fi", "sv"})
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("again: WALK_SEED=%s. Step %d, up to it:\n%s", seed, len(w.log), strings.Join(w.log[max(0, len(w.log)-25):], "\n"))
		}
	})
	return w
}

func pick[T any](w *walk, from []T) T { return from[w.rnd.IntN(len(from))] }

func (w *walk) name(kind string) string {
	w.names++
	return fmt.Sprintf("%s%05d", kind, w.names)
}

// expected is what any step may hear.
var expected = []error{
	helpline.ErrNotFound, helpline.ErrOfferGone, helpline.ErrConsoleReplaced, helpline.ErrNotFree, helpline.ErrTooSoon, helpline.ErrLastReady,
}

func (w *walk) run(steps int) {
	w.Helper()
	for range steps {
		s := pick(w, deeds)
		number := w.number
		a := pick(w, w.staff)
		c := "nobody"
		if len(w.ids) > 0 {
			c = pick(w, w.ids)
		}
		events, err := s.do(w, a, c)
		w.log = append(w.log, fmt.Sprint(s.name, ", ", c, ", ", a.ID, ", ", w.clock-start, ": ", err, kindsOf(events)))
		if err != nil && (len(events) > 0 || !slices.ContainsFunc(expected, func(e error) bool { return errors.Is(err, e) })) {
			w.Fatal(err, events)
		}
		for i, e := range events {
			if e.Number != number+int64(i)+1 || e.At.UnixMilli() != w.clock {
				w.Fatalf("event %+v after number %d", e, number)
			}
		}
		w.check()
	}
}

func kindsOf(events []helpline.Event) (kinds []string) {
	for _, e := range events {
		kinds = append(kinds, e.Kind+" "+e.Contact+" "+e.Adviser)
	}
	return kinds
}

type events = []helpline.Event

func second[A any](_ A, e events, err error) (events, error) { return e, err }

// deeds are what people, pages and time do; what comes up more often stands there more often.
var deeds = []struct {
	name string
	do   func(*walk, helpline.Adviser, string) (events, error)
}{
	{"enter", (*walk).enters}, {"enter", (*walk).enters}, {"enter", (*walk).enters},
	{"open page", (*walk).opens}, {"open page", (*walk).opens}, {"open page", (*walk).opens},
	{"close page", func(w *walk, _ helpline.Adviser, c string) (events, error) {
		return w.ContactDown(w.clock, c, "s"+c, 0)
	}},
	{"poll", func(w *walk, _ helpline.Adviser, c string) (events, error) {
		return second(w.View(w.clock, c, w.tokens[c]))
	}},
	{"exit", func(w *walk, _ helpline.Adviser, c string) (events, error) {
		return w.Leave(w.clock, c, w.tokens[c], "exit")
	}},
	{"cancel", func(w *walk, _ helpline.Adviser, c string) (events, error) {
		return w.Leave(w.clock, c, w.tokens[c], "cancel")
	}},
	{"return", (*walk).returnsByNumber},
	{"accept", (*walk).accepts}, {"accept", (*walk).accepts}, {"accept", (*walk).accepts}, {"accept", (*walk).accepts},
	{"decline", func(w *walk, a helpline.Adviser, _ string) (events, error) {
		return w.Decline(w.clock, w.consoles[a.ID], w.offerOf(a), "other")
	}},
	{"end", func(w *walk, a helpline.Adviser, c string) (events, error) {
		return w.End(w.clock, w.consoles[a.ID], w.legOf(a, c), "done")
	}},
	{"record", func(w *walk, a helpline.Adviser, c string) (events, error) {
		return w.Record(w.clock, w.consoles[a.ID], w.legOf(a, c), helpline.Staged{})
	}},
	{"transfer", func(w *walk, a helpline.Adviser, c string) (events, error) {
		return w.Transfer(w.clock, w.consoles[a.ID], w.legOf(a, c), pick(w, w.staff).ID)
	}},
	{"requeue", func(w *walk, a helpline.Adviser, c string) (events, error) {
		return w.Requeue(w.clock, w.consoles[a.ID], w.legOf(a, c), pick(w, []string{"", "sv"}))
	}},
	{"park", func(w *walk, a helpline.Adviser, c string) (events, error) {
		return w.Park(w.clock, w.consoles[a.ID], w.legOf(a, c))
	}},
	{"take", func(w *walk, a helpline.Adviser, c string) (events, error) {
		return second(w.Take(w.clock, w.consoles[a.ID], c))
	}},
	{"close danger", func(w *walk, a helpline.Adviser, c string) (events, error) {
		return w.CloseDanger(w.clock, w.consoles[a.ID], c, "no_place")
	}},
	{"hand over", func(w *walk, a helpline.Adviser, _ string) (events, error) {
		return w.Handover(w.clock, w.consoles[a.ID])
	}},
	{"ready", (*walk).ready}, {"ready", (*walk).ready}, {"ready", (*walk).ready},
	{"paused", func(w *walk, a helpline.Adviser, _ string) (events, error) {
		return second(w.Duty(w.clock, w.consoles[a.ID], helpline.DutyWish{State: "paused", Confirmed: w.clock%2 == 0}))
	}},
	{"off", func(w *walk, a helpline.Adviser, _ string) (events, error) {
		return second(w.Duty(w.clock, w.consoles[a.ID], helpline.DutyWish{State: "off", Confirmed: w.clock%2 == 0}))
	}},
	{"open console", (*walk).opensConsole}, {"open console", (*walk).opensConsole},
	{"close console", func(w *walk, a helpline.Adviser, _ string) (events, error) {
		return w.ConsoleDown(w.clock, w.consoles[a.ID])
	}},
	{"serve", func(w *walk, _ helpline.Adviser, _ string) (events, error) {
		return w.Serve(w.clock, pick(w, [][]string{{"fi", "sv"}, {"fi", "sv", "ru"}})), nil
	}},
	{"hold", (*walk).holds},
	{"seconds", func(w *walk, _ helpline.Adviser, _ string) (events, error) { return w.pass(20_000) }},
	{"seconds", func(w *walk, _ helpline.Adviser, _ string) (events, error) { return w.pass(45_000) }},
	{"minutes", func(w *walk, _ helpline.Adviser, _ string) (events, error) { return w.pass(900_000) }},
	{"hours", func(w *walk, _ helpline.Adviser, _ string) (events, error) { return w.pass(7_200_000) }},
}

func (w *walk) enters(helpline.Adviser, string) (events, error) {
	w.ids = slices.DeleteFunc(w.ids, func(id string) bool { return w.contacts[id] == nil })
	if len(w.ids) > 25 {
		return nil, nil
	}
	id := w.name("c")
	e := helpline.Entry{
		Facts: helpline.Facts{
			Contact: id, Language: pick(w, []string{"fi", "fi", "sv", "ru"}), Lane: pick(w, helpline.Lanes()),
			Channel: pick(w, []string{"chat", "chat", "chat", call}), Skill: pick(w, []string{"", "", "", "child"}),
		},
		Print: "p", Key: "k", Numbers: []string{id + "/1"},
	}
	if e.Channel == call {
		e.Overdue = time.UnixMilli(w.clock + w.rnd.Int64N(600_000))
	}
	w.ids, w.tokens[id], w.came[id] = append(w.ids, id), 1, w.clock
	return second(w.Enqueue(w.clock, e))
}

func (w *walk) opens(_ helpline.Adviser, c string) (events, error) {
	return second(w.ContactUp(w.clock, c, w.tokens[c], "s"+c))
}

func (w *walk) returnsByNumber(_ helpline.Adviser, c string) (events, error) {
	next := func(id string, version int64) string { return fmt.Sprint(id, "/", version) }
	in, e, err := w.Resume(w.clock, helpline.Return{RequestID: w.name("r"), Index: next(c, w.tokens[c]), Next: next})
	if err == nil {
		w.tokens[c] = in.Version
	}
	return e, err
}

func (w *walk) offerOf(a helpline.Adviser) string {
	if x := w.advisers[a.ID]; x != nil && len(x.offers) > 0 {
		return pick(w, x.offers).offerID()
	}
	return "none"
}

// legOf gives one of the adviser's legs; where there is none, anybody's.
func (w *walk) legOf(a helpline.Adviser, c string) string {
	if x := w.advisers[a.ID]; x != nil && len(x.legs) > 0 {
		return pick(w, x.legs).id
	}
	return c
}

func (w *walk) accepts(a helpline.Adviser, _ string) (events, error) {
	return second(w.Accept(w.clock, w.consoles[a.ID], w.offerOf(a)))
}

func (w *walk) ready(a helpline.Adviser, _ string) (events, error) {
	return second(w.Duty(w.clock, w.consoles[a.ID], helpline.DutyWish{State: "ready", Audible: w.clock%8 > 0}))
}

func (w *walk) opensConsole(a helpline.Adviser, _ string) (events, error) {
	desk, e, err := w.ConsoleUp(w.clock, a)
	w.consoles[a.ID] = desk.Console
	return e, err
}

// holds stops matching, lets somebody enter, plans, applies, and goes on.
func (w *walk) holds(a helpline.Adviser, c string) (events, error) {
	var all events
	w.Hold(w.clock, w.clock+10_000)
	for range 3 {
		e, _ := w.enters(a, c)
		all = append(all, e...)
	}
	for _, p := range w.Plan(w.clock) {
		e, err := w.Assign(w.clock, p.Contact, p.Adviser)
		if err != nil {
			w.Fatalf("pair %v of the plan: %v", p, err)
		}
		all = append(all, e...)
	}
	return append(all, w.Unhold(w.clock)...), nil
}

func (w *walk) pass(most int64) (all events, err error) {
	w.clock += w.rnd.Int64N(most)
	for {
		n, e := w.Sweep(w.clock)
		all = append(all, e...)
		if n == 0 {
			return all, nil
		}
	}
}
