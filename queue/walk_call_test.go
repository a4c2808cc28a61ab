package queue

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"adviceline/helpline"
)

// The model knows no windows: this walk holds the scripts of callbacks to the invariants alone, among
// everything else that the walk does, while hours pass.
func TestWalkWithCallbacks(t *testing.T) {
	t.Parallel()
	for _, seed := range walkSeeds(4) {
		t.Run(seed, func(t *testing.T) {
			t.Parallel()
			newCallWalk(t, seed).run(500)
		})
	}
}

func newCallWalk(t *testing.T, seed string) *walk {
	t.Helper()
	w := &walk{bench: newBench(t), rnd: rand.New(rand.NewChaCha8(sha256.Sum256([]byte(seed)))), past: newPast(), calls: true}
	unsynced(t, w.url)
	w.nodes = []*Queue{w.Queue, w.node("n2"), w.node("n3")}
	for i, languages := range [][]string{{"fi"}, {"fi", "sv"}, {"sv", "ru", "fi"}} {
		a := helpline.Adviser{ID: fmt.Sprint("a", i+1), Alias: "ALIAS", Languages: languages, Capacity: 1 + i}
		w.advisers = append(w.advisers, &walker{Adviser: a, console: helpline.Console{Adviser: a.ID}})
	}
	for _, q := range w.nodes {
		w.lease(q.opt.Node)
	}
	w.report(seed)
	return w
}

// callStep is a step of somebody who asks to be called, or of who calls.
func (w *walk) callStep() (name string, kind int, do act) {
	switch w.rnd.IntN(6) {
	case 0, 1:
		return "book", anyTime, w.books()
	case 2:
		return "convert", anyTime, w.converts()
	case 3, 4:
		return "attempt", atOnce, w.attempts()
	}
	k, number := w.a.console, numbered(w.v.id, w.v.version)
	return "stop", atOnce, func(s walkSide) ([]helpline.Event, error) { return two3(s.Queue.(*Queue).Stop(ctx, k, number)) }
}

// windows draws up to three windows in the hours to come.
func (w *walk) windows() (list []helpline.Window) {
	at := time.UnixMilli(w.now).UTC()
	for range 1 + w.rnd.IntN(3) {
		at = at.Add(time.Duration(w.rnd.Int64N(180)) * time.Minute)
		to := at.Add(time.Duration(60+w.rnd.Int64N(60)) * time.Minute)
		list = append(list, helpline.Window{From: at, To: to})
		at = to
	}
	return list
}

func (w *walk) books() act {
	if len(w.contacts) >= 20 {
		return nil
	}
	c := w.name("c")
	w.v = &visitor{id: c, version: 1}
	w.contacts = append(w.contacts, w.v)
	b := helpline.Booking{Number: numbered(c, 1), Callback: helpline.Callback{
		Contact: c, Language: pick(w, []string{"fi", "sv", "ru"}), Lane: pick(w, helpline.Lanes()), Print: "PRINT", Key: "KEY",
		Told: "TOLD", Version: 1, Windows: w.windows(),
	}}
	return func(s walkSide) ([]helpline.Event, error) { return two3(s.Queue.(*Queue).Schedule(ctx, b)) }
}

func (w *walk) converts() act {
	b := helpline.Booking{Callback: helpline.Callback{
		Contact: w.v.id, Print: "PRINT" + w.name("p"), Key: "KEY", Told: "TOLD", Version: w.v.version, Windows: w.windows(), Converted: true,
	}}
	return func(s walkSide) ([]helpline.Event, error) { return two3(s.Queue.(*Queue).Convert(ctx, b)) }
}

// attempts tells how a call went, or what a person decided who looked at one that nobody dials.
func (w *walk) attempts() act {
	c := w.held()
	for _, v := range w.contacts {
		if w.rnd.IntN(2) == 0 && w.field(v.id, "state") == string(helpline.Review) {
			w.v, c = v, v.id
		}
	}
	a := helpline.Attempt{ID: w.name("t"), Contact: c, Result: pick(w, []string{
		"no_answer", "no_answer", "no_answer", "reached", "reached_later", "no_interpreter", "cancelled", "bad_number",
	})}
	k := w.a.console
	return func(s walkSide) ([]helpline.Event, error) { return two3(s.Queue.(*Queue).Attempt(ctx, k, a)) }
}

// booked is what a leg with windows needs instead of a life, and where its wait counts from.
func (s still) booked(w *walk, v *visitor, c map[string]string) (timers string) {
	w.Helper()
	if c["converted"] != "1" {
		v.arrival = number(c["arrival"]) // a callback waits from its due on
	}
	switch c["state"] {
	case "waiting":
		return "keep shut"
	case "offered":
		return "keep shut offer"
	case "transferring":
		return "keep offer"
	case "active":
		if c["result"] != "reached" && !s.timed("shut", v.id) {
			w.Fatalf("I9: %s is called and its window never ends", v.id)
		}
		return "keep"
	case "scheduled":
		if c["linked"] == "1" {
			return "keep"
		}
		return "keep call shut risk drain"
	}
	return "keep"
}
