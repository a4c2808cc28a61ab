package theory

import (
	"errors"
	"fmt"
	"math"
	"testing"
)

var p1 = Classes{Arrivals: []float64{2. / 300, 4. / 300}, Service: 300, Servers: 8}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// slopes takes the classes of P1 by urgency, low first, and gives the waits high first.
func slopes(t *testing.T, low, high float64) []float64 {
	t.Helper()
	c := Classes{Arrivals: []float64{p1.Arrivals[1], p1.Arrivals[0]}, Service: p1.Service, Servers: p1.Servers}
	w := must[[]float64](t)(c.Accumulating([]float64{low, high}))
	return []float64{w[1], w[0]}
}

func TestPriorityP1(t *testing.T) {
	t.Parallel()
	fifo := must[Waiting](t)(Load{6. / 300, 300, 8}.Wait())
	printed(t, "fifo", fifo.Mean, "53.5472")
	high, low, err := p1.Credit(120)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name      string
		waits     []float64
		high, low string
	}{
		{"strict", must[[]float64](t)(p1.Strict()), "17.8491", "71.3962"},
		{"slopes 2:1", slopes(t, 1, 2), "38.2480", "61.1968"},
		{"slopes 5:1", slopes(t, 1, 5), "26.7736", "66.9340"},
		{"credit 120", []float64{high, low}, "38.0594", "61.2910"},
	} {
		printed(t, c.name+" high", c.waits[0], c.high)
		printed(t, c.name+" low", c.waits[1], c.low)
		near(t, c.name+" conserved", must[float64](t)(p1.Conserved(c.waits)), fifo.Mean, 1e-12)
	}
}

// Between the order of arrival and strict order lies every other rule, and it moves one way.
func TestPriorityLimits(t *testing.T) {
	t.Parallel()
	fifo := must[Waiting](t)(Load{6. / 300, 300, 8}.Wait()).Mean
	strict := must[[]float64](t)(p1.Strict())
	near(t, "equal slopes", slopes(t, 1, 1)[0], fifo, 1e-12)
	near(t, "steep slopes", slopes(t, 1e-9, 1)[0], strict[0], 1e-6)
	before := fifo
	for _, credit := range []float64{0, 1, 10, 100, 1000, 10_000} {
		high, _, err := p1.Credit(credit)
		if err != nil {
			t.Fatal(err)
		}
		if high > before+1e-9 {
			t.Errorf("credit %v makes the urgent wait %v after %v", credit, high, before)
		}
		before = high
	}
	near(t, "endless credit", before, strict[0], 1e-9)
	none, _, err := p1.Credit(0)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "no credit", none, fifo, 1e-12)
}

func TestManyClassesConserve(t *testing.T) {
	t.Parallel()
	c := Classes{Arrivals: []float64{0.1, 0.4, 0.2, 0.9, 0.3}, Service: 2, Servers: 4}
	want := must[Waiting](t)(Load{1.9, 2, 4}.Wait()).Mean
	for i, waits := range [][]float64{
		must[[]float64](t)(c.Strict()), must[[]float64](t)(c.Accumulating([]float64{1, 1, 2, 3, 50})),
	} {
		near(t, fmt.Sprint("rule ", i), must[float64](t)(c.Conserved(waits)), want, 1e-12)
	}
	one := must[[]float64](t)(Classes{Arrivals: []float64{1.9}, Service: 2, Servers: 4}.Strict())
	near(t, "one class", one[0], want, 1e-12)
}

func TestSkillsRows(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name        string
		skills      Skills
		mean, waits []string
	}{
		{"N2", Skills{[]float64{0.7, 0.4}, 1, [][]int{{0}, {0, 1}}},
			[]string{"0.392948", "1.234980"}, []string{"0.353653", "0.637839"}},
		{"H5", Skills{[]float64{2, 1, 0.4}, 1, [][]int{{0}, {0}, {0, 1}, {0, 1}, {0, 1, 2}}},
			[]string{"0.188823", "0.419606", "1.565015"}, nil},
	} {
		served := must[[]Served](t)(c.skills.LongestIdle())
		for k := range c.mean {
			printed(t, fmt.Sprint(c.name, " E[W] ", k), served[k].Mean, c.mean[k])
			if c.waits != nil {
				printed(t, fmt.Sprint(c.name, " P(wait) ", k), served[k].Probability, c.waits[k])
			}
		}
	}
}

// Where everybody serves everybody, skills do not matter; where nobody shares, each is a line of its own.
func TestSkillsLimits(t *testing.T) {
	t.Parallel()
	pooled := must[Waiting](t)(Load{2.2, 1, 4}.Wait())
	for k, s := range must[[]Served](t)(Skills{[]float64{1.2, 1}, 1, [][]int{{0, 1}, {1, 0}, {0, 1}, {0, 1}}}.LongestIdle()) {
		near(t, fmt.Sprint("pooled P(wait) ", k), s.Probability, pooled.Probability, 1e-12)
		near(t, fmt.Sprint("pooled E[W] ", k), s.Mean, pooled.Mean, 1e-12)
	}
	apart := must[[]Served](t)(Skills{[]float64{1.2, 0.5}, 1, [][]int{{0}, {0}, {1}}}.LongestIdle())
	for k, l := range []Load{{1.2, 1, 2}, {0.5, 1, 1}} {
		w := must[Waiting](t)(l.Wait())
		near(t, fmt.Sprint("apart P(wait) ", k), apart[k].Probability, w.Probability, 1e-12)
		near(t, fmt.Sprint("apart E[W] ", k), apart[k].Mean, w.Mean, 1e-12)
	}
	// Another unit of time scales waits and nothing else.
	a := must[[]Served](t)(Skills{[]float64{0.7, 0.4}, 1, [][]int{{0}, {0, 1}}}.LongestIdle())
	b := must[[]Served](t)(Skills{[]float64{0.007, 0.004}, 100, [][]int{{0}, {0, 1}}}.LongestIdle())
	for k := range a {
		near(t, "scaled", b[k].Mean, 100*a[k].Mean, 1e-12)
		near(t, "scaled", b[k].Probability, a[k].Probability, 1e-12)
	}
}

func TestBadClasses(t *testing.T) {
	t.Parallel()
	nan := math.NaN()
	for _, c := range []Classes{
		{nil, 1, 1}, {[]float64{0}, 1, 1}, {[]float64{0.1, nan}, 1, 1}, {[]float64{0.1}, 0, 1}, {[]float64{0.1}, 1, 0},
		{make([]float64, 1001), 1, 1},
	} {
		if w, err := c.Strict(); err == nil {
			t.Errorf("%+v gives %v", c, w)
		}
		if w, err := c.Conserved([]float64{1}); err == nil {
			t.Errorf("%+v gives %v", c, w)
		}
		if high, low, err := c.Credit(1); err == nil {
			t.Errorf("%+v gives %v, %v", c, high, low)
		}
	}
	if _, err := (Classes{[]float64{1, 1}, 1, 2}).Strict(); !errors.Is(err, ErrOverload) {
		t.Error(err)
	}
	for _, s := range [][]float64{nil, {1}, {0, 1}, {2, 1}, {1, nan}, {1, math.Inf(1)}} {
		if w, err := p1.Accumulating(s); err == nil {
			t.Errorf("slopes %v give %v", s, w)
		}
	}
	for _, credit := range []float64{-1, nan, math.Inf(1), 1e14} {
		if high, low, err := p1.Credit(credit); err == nil {
			t.Errorf("credit %v gives %v, %v", credit, high, low)
		}
	}
	if high, low, err := (Classes{[]float64{0.1}, 1, 1}).Credit(1); err == nil {
		t.Errorf("credit of one class gives %v, %v", high, low)
	}
	for _, w := range [][]float64{{1}, {1, nan}, {1, -1}} {
		if sum, err := p1.Conserved(w); err == nil {
			t.Errorf("waits %v give %v", w, sum)
		}
	}
}

func TestBadSkills(t *testing.T) {
	t.Parallel()
	all := [][]int{{0}}
	for _, s := range []Skills{
		{nil, 1, all}, {[]float64{0.1}, 0, all}, {[]float64{math.NaN()}, 1, all}, {[]float64{0.1}, 1, nil},
		{[]float64{0.1}, 1, [][]int{{}}}, {[]float64{0.1}, 1, [][]int{{1}}}, {[]float64{0.1}, 1, [][]int{{-1}}},
		{[]float64{0.1}, 1, make([][]int, maxSkilled+1)}, {make([]float64, 33), 1, all},
	} {
		if w, err := s.LongestIdle(); err == nil {
			t.Errorf("%+v gives %v", s, w)
		}
	}
	for _, s := range []Skills{
		{[]float64{0.1, 1.1}, 1, [][]int{{0}, {0, 1}}}, // the second server alone
		{[]float64{1, 0.1}, 1, [][]int{{0}}},           // nobody serves the second class
	} {
		if _, err := s.LongestIdle(); !errors.Is(err, ErrOverload) {
			t.Errorf("%+v: %v", s, err)
		}
	}
}
