package model

import (
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"adviceline/helpline"
)

// The oracle, link one: the model meets theory. Each case is a row of the tables in routing.md, its
// unit of time stretched to where a ms is nothing.

// series takes figures of one kind in their order and gives their mean, and its standard error by the
// means of batches: neighbours in a queue are alike, batches long enough are not.
type series struct {
	batch, n int
	sum      float64
	means    []float64
}

func (s *series) add(v float64) {
	s.sum += v
	if s.n++; s.n == s.batch {
		s.means = append(s.means, s.sum/float64(s.n))
		s.sum, s.n = 0, 0
	}
}

func (s *series) result() (mean, sigma float64) {
	k := float64(len(s.means))
	for _, m := range s.means {
		mean += m / k
	}
	for _, m := range s.means {
		sigma += (m - mean) * (m - mean)
	}
	return mean, math.Sqrt(sigma / (k - 1) / k)
}

// batches per class; of so many the t quantile of 99 % is 2.63.
const (
	batches  = 100
	quantile = 2.63
)

// measured is what one class met.
type measured struct{ waited, wait, within, abandoned, soon series }

// figure is one theoretical value of a case: which class, which series, and the value.
type figure struct {
	class int
	name  string
	want  float64
}

type oracleCase struct {
	name   string
	unit   float64 // s for one unit of the table
	target float64
	s      Scenario
	want   []figure
}

// run simulates and gives the figures of each class.
func (c oracleCase) run(t *testing.T, arrivals int) []measured {
	t.Helper()
	s := c.s
	s.Arrivals = arrivals
	total := 0.0
	for _, class := range s.Classes {
		total += class.PerHour
	}
	out := make([]measured, len(s.Classes))
	class := map[string]int{}
	for i, x := range s.Classes {
		size := int(float64(arrivals) * 0.98 * x.PerHour / total / batches)
		for _, of := range []*series{&out[i].waited, &out[i].wait, &out[i].within, &out[i].abandoned, &out[i].soon} {
			of.batch = size
		}
		class[x.Language+"|"+string(x.Lane)] = i
	}
	seen := 0
	_, err := Simulate(s, Routed(New(s.HelplineRule(), s.HelplineTiming())), func(e helpline.Event) {
		if e.Kind != helpline.OfferAccepted && e.Kind != helpline.Left {
			return
		}
		if seen++; seen < arrivals/100 {
			return // until the empty start is forgotten
		}
		out[class[e.Language+"|"+string(e.Lane)]].add(e, c)
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func indicator(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func (m *measured) add(e helpline.Event, c oracleCase) {
	wait := e.At.Sub(e.Arrival).Seconds() / c.unit
	left := e.Kind == helpline.Left
	m.waited.add(indicator(wait > 0))
	m.wait.add(wait)
	m.within.add(indicator(wait <= c.target))
	m.abandoned.add(indicator(left))
	m.soon.add(indicator(!left && wait <= c.target))
}

func (m *measured) of(name string) *series {
	return map[string]*series{"P(wait)": &m.waited, "E[W]": &m.wait, "P(W<=T)": &m.within, "Pab": &m.abandoned, "served<=T": &m.soon}[name]
}

// TestOracle lets 300,000 contacts come in each case, ten million with ORACLE_FULL, and under the race detector only
// as many as show that nothing is raced for: `make test` runs it without.
func TestOracle(t *testing.T) {
	t.Parallel()
	arrivals, full := 300_000, os.Getenv("ORACLE_FULL") != ""
	switch {
	case full:
		arrivals = 10_000_000
	case raced:
		arrivals = 20_000
	}
	cases := oracleCases()
	rows := make([]string, len(cases))
	t.Cleanup(func() {
		t.Logf("%d contacts a case\n| case | figure | theory | model | 99 %% | apart |\n|---|---|---|---|---|---|\n%s", arrivals, strings.Join(rows, ""))
	})
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := c.run(t, arrivals)
			for _, f := range c.want {
				mean, sigma := got[f.class].of(f.name).result()
				apart := math.Abs(mean - f.want)
				rows[i] += fmt.Sprintf("| %s | %s %s | %.6g | %.6g | +- %.2g | %+.2f %% |\n", c.name, f.name,
					c.s.Classes[f.class].Name, f.want, mean, quantile*sigma, 100*(mean-f.want)/f.want)
				if full && apart > quantile*sigma && apart > 0.015*f.want || !full && apart > 3*sigma {
					t.Errorf("%s of %s is %.6g, theory %.6g, sigma %.2g", f.name, c.name, mean, f.want, sigma)
				}
			}
		})
	}
}

// pool is n advisers with so many slots for everybody of some languages. Skills that nobody asks for
// make everybody equally flexible where the rule is not to look at that.
func pool(name string, n, slots, flex int, languages ...string) Staff {
	a := Staff{Name: name, Count: n, Slots: slots, Languages: languages}
	for i := len(languages); i < flex; i++ {
		a.Skills = append(a.Skills, fmt.Sprint("none", i))
	}
	return a
}

func chats(name, language string, lane helpline.Lane, perUnit, service, patience, unit float64) Class {
	c := Class{
		Name: name, Language: language, Lane: lane, Channel: "chat", PerHour: perUnit * 3600 / unit,
		Service: Span{Kind: "exponential", Mean: service * unit},
	}
	if patience > 0 {
		c.Patience = &Span{Kind: "exponential", Mean: patience * unit}
	}
	return c
}

// rules is a rule of two lanes without overdue contacts.
func rules(high, low LaneSetting) *RuleSetting {
	high.Lane, low.Lane = helpline.SameDay, helpline.Ordinary
	return &RuleSetting{Overdue: maxSpan, Lanes: []LaneSetting{high, low}}
}

func oracleCases() []oracleCase {
	var cases []oracleCase
	for _, c := range []struct {
		name                            string
		lambda, service                 float64
		n, slots                        int
		target, unit                    float64
		probability, mean, within, soon float64
		patience, abandoned             float64
	}{
		{name: "C1", lambda: 0.5, service: 1, n: 1, slots: 1, target: 1, unit: 100, probability: 0.5, mean: 1, within: 0.696735},
		{name: "C2", lambda: 3, service: 0.5, n: 2, slots: 1, target: 0.5, unit: 100, probability: 0.642857, mean: 0.642857, within: 0.610087},
		{name: "C4", lambda: 100. / 1800, service: 180, n: 14, slots: 1, target: 20, unit: 1, probability: 0.174132, mean: 7.835937, within: 0.888350},
		{name: "C6", lambda: 0.8, service: 60, n: 50, slots: 1, target: 10, unit: 1, probability: 0.694456, mean: 20.833668, within: 0.502401},
		{name: "C8", lambda: 12. / 3600, service: 1800, n: 3, slots: 3, target: 60, unit: 1, probability: 0.195981, mean: 117.588548, within: 0.822669},
		{name: "A1", lambda: 100. / 1800, service: 180, n: 13, slots: 1, target: 20, unit: 1, probability: 0.225797, mean: 7.48899, soon: 0.858178, patience: 300, abandoned: 0.024963},
		{name: "A2", lambda: 0.8, service: 60, n: 50, slots: 1, target: 10, unit: 1, probability: 0.467774, mean: 3.70947, soon: 0.832576, patience: 120, abandoned: 0.030912},
		{name: "A6", lambda: 1, service: 1, n: 1, slots: 1, target: 0.5, unit: 100, probability: 0.632121, mean: 0.367879, soon: 0.508064, patience: 1, abandoned: 0.367879},
	} {
		o := oracleCase{name: c.name, unit: c.unit, target: c.target, s: Scenario{
			Classes:  []Class{chats("all", "fi", helpline.Ordinary, c.lambda, c.service, c.patience, c.unit)},
			Advisers: []Staff{pool("a", c.n, c.slots, 1, "fi")},
		}}
		o.want = []figure{{0, "P(wait)", c.probability}, {0, "E[W]", c.mean}}
		if c.patience > 0 {
			o.want = append(o.want, figure{0, "Pab", c.abandoned}, figure{0, "served<=T", c.soon})
		} else {
			o.want = append(o.want, figure{0, "P(W<=T)", c.within})
		}
		cases = append(cases, o)
	}
	cases = append(append(cases, priorityCases()...), skillCases()...)
	for i := range cases {
		cases[i].s.Seed = 20261124 + uint64(i)
	}
	return cases
}

func priorityCases() (cases []oracleCase) {
	for _, c := range []struct {
		name      string
		rule      *RuleSetting
		high, low float64
	}{
		{"P1 fifo", rules(LaneSetting{Slope: 1}, LaneSetting{Slope: 1}), 53.5472, 53.5472},
		{"P1 strict", rules(LaneSetting{Slope: 1, Credit: 1e8}, LaneSetting{Slope: 1}), 17.8491, 71.3962},
		{"P1 slopes 2:1", rules(LaneSetting{Slope: 2}, LaneSetting{Slope: 1}), 38.2480, 61.1968},
		{"P1 slopes 5:1", rules(LaneSetting{Slope: 5}, LaneSetting{Slope: 1}), 26.7736, 66.9340},
		{"P1 credit 120", rules(LaneSetting{Slope: 1, Credit: 120}, LaneSetting{Slope: 1}), 38.0594, 61.2910},
	} {
		cases = append(cases, oracleCase{name: c.name, unit: 1, s: Scenario{
			Rule: c.rule, Advisers: []Staff{pool("a", 8, 1, 1, "fi")},
			Classes: []Class{
				chats("high", "fi", helpline.SameDay, 2./300, 300, 0, 1), chats("low", "fi", helpline.Ordinary, 4./300, 300, 0, 1),
			},
		}, want: []figure{{0, "E[W]", c.high}, {1, "E[W]", c.low}}})
	}
	return cases
}

func skillCases() []oracleCase {
	const unit = 100
	chat := func(language string, lambda float64) Class {
		return chats(language, language, helpline.Ordinary, lambda, 1, 0, unit)
	}
	h5 := []Class{chat("fi", 2), chat("en", 1), chat("ru", 0.4)}
	return []oracleCase{
		{name: "N2", unit: unit, s: Scenario{
			Classes:  []Class{chat("fi", 0.7), chat("en", 0.4)},
			Advisers: []Staff{pool("a", 1, 1, 2, "fi"), pool("b", 1, 1, 2, "fi", "en")},
		}, want: []figure{{0, "E[W]", 0.392948}, {1, "E[W]", 1.234980}, {0, "P(wait)", 0.353653}, {1, "P(wait)", 0.637839}}},
		{name: "H5", unit: unit, s: Scenario{
			Classes:  h5,
			Advisers: []Staff{pool("a", 2, 1, 3, "fi"), pool("b", 2, 1, 3, "fi", "en"), pool("c", 1, 1, 3, "fi", "en", "ru")},
		}, want: []figure{{0, "E[W]", 0.188823}, {1, "E[W]", 0.419606}, {2, "E[W]", 1.565015}}},
		// The rule itself, the least flexible first: no theory, but figures of another simulation.
		{name: "H5 rule", unit: unit, s: Scenario{
			Classes:  h5,
			Advisers: []Staff{pool("a", 2, 1, 1, "fi"), pool("b", 2, 1, 1, "fi", "en"), pool("c", 1, 1, 1, "fi", "en", "ru")},
		}, want: []figure{{0, "E[W]", 0.188}, {1, "E[W]", 0.388}, {2, "E[W]", 1.405}}},
	}
}
