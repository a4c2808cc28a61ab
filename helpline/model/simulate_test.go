package model

import (
	"math"
	"os"
	"slices"
	"testing"
	"time"

	"adviceline/helpline"
)

func example(t *testing.T, name string) Scenario {
	t.Helper()
	b, err := os.ReadFile("../../ops/docs/scenarios/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	s, err := ReadScenario(b)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func simulated(t *testing.T, s Scenario) (KPIs, []helpline.Event) {
	t.Helper()
	var all []helpline.Event
	k, err := Simulate(s, Routed(New(s.HelplineRule(), s.HelplineTiming())), func(e helpline.Event) { all = append(all, e) })
	if err != nil {
		t.Fatal(err)
	}
	return k, all
}

// life is one contact, read from its events.
type life struct {
	arrival, accepted, ended, freed, left time.Time
	call                                  bool
}

func lives(all []helpline.Event) map[string]*life {
	m := map[string]*life{}
	for _, e := range all {
		l := m[e.Contact]
		if l == nil {
			l = &life{arrival: e.Arrival, call: e.Channel == call}
			m[e.Contact] = l
		}
		switch e.Kind {
		case helpline.OfferAccepted:
			l.accepted = e.At
		case helpline.ConversationEnd:
			l.ended = e.At
		case helpline.OutcomeRecorded, helpline.OutcomeIsOwed:
			if l.freed.IsZero() {
				l.freed = e.At
			}
		case helpline.Left:
			l.left = e.At
		}
	}
	return m
}

func same(t *testing.T, name string, got *float64, want float64) {
	t.Helper()
	if got == nil || !(math.Abs(*got-want) < 1e-9*math.Max(1, math.Abs(want))) {
		t.Errorf("%s is %v, want %v", name, got, want)
	}
}

// The figures are what the events say, counted again in the plainest way.
func TestKPIsAreWhatTheEventsSay(t *testing.T) {
	t.Parallel()
	s := example(t, "evening")
	s.Hours, s.WarmUp = 24*60, 24*3600
	k, all := simulated(t, s)
	var waits []float64
	var soon, answered, abandoned, short, onTime, calls, called int
	var handled, everybody float64
	for _, l := range lives(all) {
		if l.arrival.UnixMilli() < start+24*3600*1000 {
			continue
		}
		wait := l.accepted.Sub(l.arrival).Seconds()
		switch {
		case l.call:
			calls++
			if !l.accepted.IsZero() {
				called++
				onTime += int(indicator(wait <= s.Grace))
			}
		case !l.accepted.IsZero():
			answered++
			waits = append(waits, wait)
			everybody += wait
			soon += int(indicator(wait <= s.Target))
			handled += l.freed.Sub(l.accepted).Seconds()
		case !l.left.IsZero():
			abandoned++
			everybody += l.left.Sub(l.arrival).Seconds()
			short += int(indicator(l.left.Sub(l.arrival) < 10*time.Second))
		}
	}
	if answered < 1000 || abandoned < 50 || called < 300 || short == 0 {
		t.Fatalf("too little happens: %d, %d, %d, %d", answered, abandoned, called, short)
	}
	slices.Sort(waits)
	sum := 0.0
	for _, w := range waits {
		sum += w
	}
	n, both := float64(answered), float64(answered+abandoned)
	same(t, "service level", k.Chats.ServiceLevel, float64(soon)/both)
	same(t, "service level without short", k.Chats.WithoutShort, float64(soon)/(both-float64(short)))
	same(t, "abandonment", k.Chats.Abandonment, float64(abandoned)/both)
	same(t, "ASA", k.Chats.ASA, sum/n)
	same(t, "mean wait", k.Chats.MeanWait, everybody/both)
	same(t, "p50", k.Chats.P50, waits[(answered+1)/2-1])
	same(t, "p90", k.Chats.P90, waits[int(math.Ceil(0.9*n))-1])
	same(t, "max", k.Chats.Max, waits[answered-1])
	same(t, "AHT", k.Chats.AHT, handled/n)
	same(t, "on time", k.Callbacks.OnTime, float64(onTime)/float64(calls))
	if k.Flow.Enqueued != calls+answered+abandoned+k.Flow.CarriedOut || k.Flow.CarriedOut != 0 {
		t.Errorf("%+v", k.Flow)
	}
	offersAndOccupancy(t, k, all)
}

// offersAndOccupancy holds those to the events: every slot is held from its offer on.
func offersAndOccupancy(t *testing.T, k KPIs, all []helpline.Event) {
	t.Helper()
	const slots = 2 // everybody's in the example; a call takes both
	from := time.UnixMilli(start + 24*3600*1000)
	count := map[string]int{}
	held := map[string]time.Time{}
	slotTime := 0.0
	for _, e := range all {
		if !e.Arrival.Before(from) {
			count[e.Kind]++
		}
		switch e.Kind {
		case helpline.OfferMade:
			held[e.Contact] = e.At
		case helpline.OfferDeclined, helpline.OfferTimedOut, helpline.OfferRevoked, helpline.OutcomeRecorded, helpline.OutcomeIsOwed:
			since, holds := held[e.Contact]
			delete(held, e.Contact)
			if since.Before(from) {
				since = from
			}
			if d := e.At.Sub(since).Seconds(); holds && d > 0 {
				if e.Channel == call {
					d *= slots
				}
				slotTime += d
			}
		}
	}
	a := k.Advisers
	got := [5]int{a.Offers, a.Accepted, a.Declined, a.TimedOut, a.Revoked}
	want := [5]int{count[helpline.OfferMade], count[helpline.OfferAccepted], count[helpline.OfferDeclined], count[helpline.OfferTimedOut], count[helpline.OfferRevoked]}
	if got != want || want[2] == 0 || want[3] == 0 {
		t.Errorf("offers %v, want %v", got, want)
	}
	same(t, "acceptance", a.Acceptance, float64(want[1])/float64(want[1]+want[2]+want[3]))
	// 2 from 8 to 16, 3 from 15 to 23, 1 from 14 to 22:30, 1 from 22 to 9: 59.5 h a day, and longer where
	// a conversation was under way.
	staffed := slotTime / *a.BySlots / slots / 3600 / (k.Hours / 24)
	if staffed < 59.5 || staffed > 63 {
		t.Errorf("staffed %v hours a day", staffed)
	}
	if *a.ByAdvisers < *a.BySlots || *a.ByAdvisers > 1 {
		t.Errorf("occupancy %v of advisers, %v of slots", *a.ByAdvisers, *a.BySlots)
	}
}

// Who serves changes nothing of who comes, how long they talk and when they lose patience.
func TestContactsAreDrawnUpFront(t *testing.T) {
	t.Parallel()
	s := example(t, "evening")
	s.Hours = 24 * 20
	few, many := s, s
	few.Advisers = s.Advisers[:1]
	many.Advisers = []Staff{{Name: "everybody", Count: 40, Languages: []string{"fi", "en"}, Slots: 1}}
	_, a := simulated(t, few)
	_, b := simulated(t, many)
	first, second := lives(a), lives(b)
	if len(first) < 500 || len(first) != len(second) {
		t.Fatalf("%d and %d contacts", len(first), len(second))
	}
	talks := 0
	for id, x := range first {
		y := second[id]
		if !x.arrival.Equal(y.arrival) {
			t.Fatalf("%s comes at %v and %v", id, x.arrival, y.arrival)
		}
		if !x.ended.IsZero() && !y.ended.IsZero() {
			talks++
			if d, e := x.ended.Sub(x.accepted), y.ended.Sub(y.accepted); d != e {
				t.Fatalf("%s talks for %v and %v", id, d, e)
			}
		}
	}
	if talks < 100 {
		t.Errorf("only %d talk with both", talks)
	}
}

func TestSeedsDiffer(t *testing.T) {
	t.Parallel()
	s := example(t, "evening")
	_, a := simulated(t, s)
	s.Seed++
	_, b := simulated(t, s)
	if a[0].At.Equal(b[0].At) {
		t.Error("another seed, the same first contact")
	}
}

// Rates by the hour come out as asked.
func TestRatesByHour(t *testing.T) {
	t.Parallel()
	rates := make([]float64, 24)
	rates[3], rates[4], rates[23] = 30, 10, 5
	c := coming{class: &Class{ByHour: rates}, rand: stream(1, forArrivals, 0, 0, 0)}
	var counts [24]float64
	const days = 2000
	for {
		at := c.next()
		if at >= days*day*1000 {
			break
		}
		counts[at/3_600_000%24]++
	}
	for h, n := range counts {
		if sigma := math.Sqrt(rates[h] * days); math.Abs(n-rates[h]*days) > 4*sigma {
			t.Errorf("hour %d has %v, want %v", h, n, rates[h]*days)
		}
	}
}

func TestSpans(t *testing.T) {
	t.Parallel()
	r := stream(1, forContact, 0, 0, 0)
	for _, d := range []Span{{"fixed", 12, 0}, {"exponential", 300, 0}, {"lognormal", 300, 150}} {
		var sum, squares float64
		const n = 200_000
		for range n {
			v := float64(d.draw(r)) / 1000
			sum, squares = sum+v, squares+v*v
		}
		mean := sum / n
		sd := math.Sqrt(max(squares/n-mean*mean, 0))
		want := map[string]float64{"fixed": 0, "exponential": 300, "lognormal": 150}[d.Kind]
		if math.Abs(mean-d.Mean) > 0.01*d.Mean || math.Abs(sd-want) > 0.02*want+1e-6 {
			t.Errorf("%+v has mean %v, deviation %v", d, mean, sd)
		}
	}
}

func TestTheoryWhereItApplies(t *testing.T) {
	t.Parallel()
	for _, c := range oracleCases() {
		want := map[string]string{"A1": "Erlang A", "A2": "Erlang A", "A6": "Erlang A", "N2": "", "H5": "", "H5 rule": ""}
		name, special := want[c.name]
		if !special {
			name = "Erlang C"
		}
		got := c.s.theory()
		if (got == nil) != (name == "") || got != nil && got.Name != name {
			t.Errorf("%s has theory %+v, want %q", c.name, got, name)
		}
	}
	p1 := oracleCases()[10] // slopes 2:1
	if got := p1.s.theory(); len(got.Classes) != 2 || math.Abs(got.Classes[1].MeanWait-38.2480) > 1e-4 {
		t.Errorf("%s has %+v", p1.name, got.Classes)
	}
	if got := example(t, "evening").theory(); got != nil {
		t.Errorf("theory of an evening: %+v", got)
	}
}
