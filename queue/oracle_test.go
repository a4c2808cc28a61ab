package queue

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"adviceline/helpline"
	"adviceline/helpline/model"
	"adviceline/ops/servicetest"
)

// oracleCase is a scenario that the scripts and the model both go through.
type oracleCase struct {
	name     string
	scenario string                 // JSON of a model.Scenario, without seed and arrivals
	with     *odds                  // of what a scenario does not know
	timing   func(*helpline.Timing) // nil: the scenario's
	theory   string                 // mean wait in s where a formula knows it
}

// ORACLE_FULL lets 20,000 contacts come in each case, instead of as many as every test run has time for.
func oracleArrivals() int {
	if os.Getenv("ORACLE_FULL") != "" {
		return 20_000
	}
	return 400
}

// The scripts and the model make the same events, one for one: kind, contact, adviser, instant, and the
// whole row of the contact after the step.
func TestRouterDoesWhatTheModelDoes(t *testing.T) {
	t.Parallel()
	for i, c := range oracleCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			sameEvents(t, c, uint64(i+1))
		})
	}
}

func sameEvents(t *testing.T, c oracleCase, seed uint64) {
	t.Helper()
	s, err := model.ReadScenario(fmt.Appendf(nil, `{"seed":%d,"arrivals":%d,%s}`, seed, oracleArrivals(), c.scenario))
	if err != nil {
		t.Fatal(err)
	}
	timing := s.HelplineTiming()
	if c.timing != nil {
		c.timing(&timing)
	}
	url := servicetest.Redis(t)
	unsynced(t, url)
	real, fake := frozenStage(t, url, s.HelplineRule(), timing), newModelStage(s.HelplineRule(), timing)
	oracle, router := model.Routed(fake.m), model.Router(real.Router())
	if c.with != nil {
		oracle, router = newExtras(fake, *c.with), newExtras(real, *c.with)
	}
	var want []string
	expected, err := model.Simulate(s, oracle, func(e helpline.Event) { want = append(want, line(e)) })
	if err != nil {
		t.Fatal("model:", err)
	}
	got, n, begun := 0, len(want), time.Now()
	kpis, err := model.Simulate(s, router, func(e helpline.Event) {
		if got < n && line(e) != want[got] {
			t.Fatalf("event %d is\n%s, the model has\n%s; before it\n%s", got, line(e), want[got], strings.Join(want[max(0, got-25):got], "\n"))
		}
		got++
	})
	if err != nil || got != n {
		t.Fatalf("%d events of %d: %v", got, n, err)
	}
	t.Logf("| %s | %s | %s | %s | %d | %d | 0 | %.0f s |", c.name, c.theory, wait(expected), wait(kpis), s.Arrivals, n, time.Since(begun).Seconds())
}

func wait(k model.KPIs) string {
	if k.Chats == nil || k.Chats.MeanWait == nil {
		return "-"
	}
	return fmt.Sprintf("%.3f", *k.Chats.MeanWait)
}

// line is an event as both make it: without number, incarnation and spool, and without the words of why.
func line(e helpline.Event) string {
	return fmt.Sprintln(e.At.UnixMilli(), e.Kind, e.Contact, "adviser", e.Adviser, "reason", e.Reason, e.State, "owner", e.Owner,
		e.Lane, e.Language, e.Channel, "epoch", e.Epoch, "version", e.Version, stampOf(e.Arrival), stampOf(e.Accepted), stampOf(e.Ended), stampOf(e.Recorded))
}

func stampOf(t time.Time) int64 { return since1970(t) }
