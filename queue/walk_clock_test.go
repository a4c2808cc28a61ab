package queue

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"adviceline/helpline"
)

// In real time the clock of Redis decides, and it steps: back by five minutes, which goes into the
// offset, and forward by as much. No instant ever falls, no wait starts again, nobody is forgotten; the
// sweeps are late and the leases of nodes run out as they do. The model has no such clock.
func TestWalkUnderAClockThatSteps(t *testing.T) {
	t.Parallel()
	for _, seed := range walkSeeds(4) {
		t.Run(seed, func(t *testing.T) {
			t.Parallel()
			newClockWalk(t, seed).runInRealTime(400)
		})
	}
}

// hasty lets every timer of a walk be due within its few seconds.
func hasty() helpline.Timing {
	t := helpline.DefaultTiming()
	t.Offer, t.OfferCall, t.DeclineCooldown, t.MissCooldown = 30*time.Millisecond, 45*time.Millisecond, 10*time.Millisecond, 30*time.Millisecond
	t.Exclusion, t.AdviserGrace, t.Away, t.AwayDanger = 120*time.Millisecond, 60*time.Millisecond, 900*time.Millisecond, 1800*time.Millisecond
	t.Exit, t.Park, t.Wrap, t.OutcomeDue, t.NodeLease = 1800*time.Millisecond, 60*time.Millisecond, 50*time.Millisecond, 2*time.Second, 300*time.Millisecond
	return t
}

func newClockWalk(t *testing.T, seed string) *walk {
	t.Helper()
	w := &walk{bench: newBench(t), rnd: rand.New(rand.NewChaCha8(sha256.Sum256([]byte(seed)))), past: newPast()}
	unsynced(t, w.url)
	for _, name := range []string{"m1", "m2", "m3"} {
		w.nodes = append(w.nodes, w.nodeWith(name, hasty()))
	}
	if err := w.rdb.HDel(t.Context(), w.key(":meta"), "clock").Err(); err != nil {
		t.Fatal(err)
	}
	for i, languages := range [][]string{{"fi"}, {"fi", "sv"}, {"sv", "ru", "fi"}} {
		a := helpline.Adviser{ID: fmt.Sprint("a", i+1), Alias: "ALIAS", Languages: languages, Capacity: 1 + i}
		w.advisers = append(w.advisers, &walker{Adviser: a, console: helpline.Console{Adviser: a.ID}})
	}
	w.report(seed)
	return w
}

func (w *walk) runInRealTime(steps int) {
	w.Helper()
	before := w.look()
	for range steps {
		w.q, w.a, w.events = pick(w, w.nodes), pick(w, w.advisers), nil
		w.v = &visitor{id: "nobody", version: 1}
		if len(w.contacts) > 0 {
			w.v = pick(w, w.contacts)
		}
		var name string
		switch w.rnd.IntN(40) {
		case 0:
			name = w.steps("back", -300_000)
		case 1:
			name = w.steps("forward", 300_000)
		case 2, 3, 4:
			_ = w.both(w.sweeps())
			name = "sweep"
		case 5, 6, 7, 8:
			if _, err := w.q.Heartbeat(w.Context()); err != nil {
				w.Fatal(err)
			}
			name = "beat"
		default:
			s := pick(w, walkSteps)
			if s.name == "hold" || s.name == "node dies" {
				continue
			}
			if do := s.do(w); do != nil {
				_ = w.both(do)
			}
			name = s.name
		}
		w.log = append(w.log, fmt.Sprint(name, " at ", w.q.opt.Node, ", ", w.v.id, ", ", w.a.ID, ": ", kindsOf(w.events)))
		after := w.look()
		after.check(w, before)
		before = after
	}
}

// steps moves the clock as the scripts see it: a step back leaves their latest instant ahead of it.
func (w *walk) steps(name string, ms int64) string {
	w.Helper()
	m := w.rdb.HMGet(w.Context(), w.key(":meta"), "offset", "last").Val()
	offset, _ := m[0].(string)
	last, _ := m[1].(string)
	// What the clock loses or gains, the offset must gain or lose; here the offset moves in its place.
	fields := []any{"offset", number(offset) + ms}
	if ms < 0 {
		fields = append(fields, "last", number(last))
	}
	if err := w.rdb.HSet(w.Context(), w.key(":meta"), fields...).Err(); err != nil {
		w.Fatal(err)
	}
	return name
}
