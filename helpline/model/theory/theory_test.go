package theory

import (
	"errors"
	"fmt"
	"math"
	"testing"
)

// printed holds a figure to the digits of a printed one: "0.500000" is met by what rounds to it.
func printed(t *testing.T, name string, got float64, want string) {
	t.Helper()
	digits := 0
	for i, r := range want {
		if r == '.' {
			digits = len(want) - i - 1
		}
	}
	if s := fmt.Sprintf("%.*f", digits, got); s != want {
		t.Errorf("%s is %s (%.12g), want %s", name, s, got, want)
	}
}

func near(t *testing.T, name string, got, want, within float64) {
	t.Helper()
	if !(math.Abs(got-want) <= within*math.Max(1, math.Abs(want))) {
		t.Errorf("%s is %.15g, want %.15g", name, got, want)
	}
}

func TestErlangC(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name                      string
		load                      Load
		target                    float64
		probability, mean, within string
	}{
		{"C1", Load{0.5, 1, 1}, 1, "0.500000", "1.000000", "0.696735"},
		{"C2", Load{3, 0.5, 2}, 0.5, "0.642857", "0.642857", "0.610087"},
		{"C4", Load{100. / 1800, 180, 14}, 20, "0.174132", "7.835937", "0.888350"},
		{"C6", Load{0.8, 60, 50}, 10, "0.694456", "20.833668", "0.502401"},
		{"C8", Load{12. / 3600, 1800, 9}, 60, "0.195981", "117.588548", "0.822669"},
	} {
		w, err := c.load.Wait()
		if err != nil {
			t.Fatal(err)
		}
		printed(t, c.name+" P(wait)", w.Probability, c.probability)
		printed(t, c.name+" E[W]", w.Mean, c.mean)
		printed(t, c.name+" P(W<=T)", w.Within(c.target), c.within)
		near(t, c.name+" P(W>0)", w.Over(0), w.Probability, 1e-15)
	}
}

// B by its definition (a^c/c!) / sum a^k/k!, and the infinite-patience limit of the loss system.
func TestErlangB(t *testing.T) {
	t.Parallel()
	for _, l := range []Load{{3, 1, 5}, {20, 1, 10}, {0.01, 1, 2}, {1, 1, 1}} {
		got, err := l.Blocked()
		if err != nil {
			t.Fatal(err)
		}
		term, sum := 1.0, 1.0
		for k := 1; k <= l.Servers; k++ {
			term *= l.offered() / float64(k)
			sum += term
		}
		near(t, fmt.Sprintf("B of %+v", l), got, term/sum, 1e-14)
	}
	b, err := Load{1e-9, 1e-5, 1_000}.Blocked() // underflows, and may
	if err != nil || b != 0 {
		t.Errorf("B is %v, %v", b, err)
	}
}

func TestErlangA(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name                                 string
		load                                 Load
		patience, target                     float64
		probability, mean, abandoned, within string
	}{
		{"A1", Load{100. / 1800, 180, 13}, 300, 20, "0.225797", "7.48899", "0.024963", "0.858178"},
		{"A2", Load{0.8, 60, 50}, 120, 10, "0.467774", "3.70947", "0.030912", "0.832576"},
		{"A6", Load{1, 1, 1}, 1, 0.5, "0.632121", "0.367879", "0.367879", "0.508064"},
	} {
		a, err := c.load.Leave(c.patience, c.target)
		if err != nil {
			t.Fatal(err)
		}
		printed(t, c.name+" P(wait)", a.Probability, c.probability)
		printed(t, c.name+" E[W]", a.Mean, c.mean)
		printed(t, c.name+" Pab", a.Abandoned, c.abandoned)
		printed(t, c.name+" within", a.Within, c.within)
	}
	a, err := Load{1, 1, 1}.Leave(1, 0.5)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "A6 in closed form", a.Abandoned, math.Exp(-1), 1e-14)
	near(t, "A6 in closed form", a.Probability, 1-math.Exp(-1), 1e-14)
}

// chain looks at one waiting contact step by step (uniformised): another way to the same figures.
func chain(l Load, patience, target float64, ahead int) (within, answered, mean float64) {
	drain, theta := l.capacity(), 1/patience
	rate := drain + float64(ahead+1)*theta
	alive := make([]float64, ahead+1)
	alive[ahead] = 1
	early, log := 0.0, -rate*target
	for k := 0; k < 20_000; k++ {
		early += math.Exp(log)
		log += math.Log(rate * target / float64(k+1))
		out := alive[0] * drain / rate
		within += out * math.Max(1-early, 0)
		answered += out
		mean += out * float64(k+1) / rate
		for j := range alive {
			stay := alive[j] * (1 - (drain+float64(j+1)*theta)/rate)
			if j < ahead {
				stay += alive[j+1] * (drain + float64(j+1)*theta) / rate
			}
			alive[j] = stay
		}
	}
	return within, answered, mean
}

func TestPatienceAgainstTheChainStepByStep(t *testing.T) {
	t.Parallel()
	for _, l := range []Load{{1, 1, 1}, {0.8, 60, 50}} {
		for _, patience := range []float64{2, 120} {
			s := newStaying(l.capacity(), 1/patience, 3)
			for ahead := range 12 {
				within, answered, mean := chain(l, patience, 3, ahead)
				share, m := s.answered()
				near(t, "within", s.within(), within, 1e-10)
				near(t, "answered", share, answered, 1e-10)
				near(t, "wait", m, mean, 1e-8)
				s.next()
			}
		}
	}
}

// What is answered and what is gone is all; the flow into the queue is the flow out of it.
func TestErlangAKeepsItsLaws(t *testing.T) {
	t.Parallel()
	for _, l := range []Load{{1, 1, 1}, {5, 1, 3}, {0.8, 60, 50}, {0.001, 1, 2}, {40, 1, 10}, {2000, 1, 1000}} {
		before := 1.0
		for _, patience := range []float64{1000, 100, 10, 1, 0.1, 0.001} {
			soon, err := l.Leave(patience, 0)
			if err != nil {
				t.Fatal(err)
			}
			late, err := l.Leave(patience, 1e4)
			if err != nil {
				t.Fatal(err)
			}
			name := fmt.Sprintf("%+v, patience %v: ", l, patience)
			near(t, name+"answered at once", soon.Within, 1-soon.Probability, 1e-12)
			near(t, name+"answered at all", late.Within, 1-late.Abandoned, 1e-12)
			near(t, name+"occupancy", late.Occupancy, l.Occupancy()*(1-late.Abandoned), 1e-12)
			if late.Answered < 0 || late.Probability > before+1e-12 {
				t.Errorf("%sless patience makes P(wait) %v after %v", name, late.Probability, before)
			}
			before = late.Probability
		}
		lost, err := l.Leave(1e-9, 0)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "no patience is Erlang B", lost.Abandoned, l.blocked(), 1e-6)
	}
}

func TestEndlessPatienceIsErlangC(t *testing.T) {
	t.Parallel()
	for _, l := range []Load{{0.5, 1, 1}, {3, 0.5, 2}, {0.8, 60, 50}} {
		c, err := l.Wait()
		if err != nil {
			t.Fatal(err)
		}
		a, err := l.Leave(1e11, 2)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "P(wait)", a.Probability, c.Probability, 1e-7)
		near(t, "E[W]", a.Mean, c.Mean, 1e-7)
		near(t, "ASA", a.Answered, c.Mean, 1e-7)
		near(t, "within", a.Within, c.Within(2), 1e-7)
	}
}

func TestMoreServersWaitLess(t *testing.T) {
	t.Parallel()
	before := math.Inf(1)
	for servers := 5; servers < 40; servers++ {
		w, err := Load{4.5, 1, servers}.Wait()
		if err != nil {
			t.Fatal(err)
		}
		if w.Mean >= before || w.Within(1) > 1 || w.Within(1) < w.Within(0.5) {
			t.Fatalf("%d servers wait %v after %v", servers, w.Mean, before)
		}
		before = w.Mean
	}
}

func TestBadLoads(t *testing.T) {
	t.Parallel()
	nan := math.NaN()
	for _, l := range []Load{
		{0, 1, 1}, {-1, 1, 1}, {nan, 1, 1}, {math.Inf(1), 1, 1}, {1, 0, 1}, {1, -1, 1}, {1, nan, 1}, {1, 1, 0}, {1, 1, -3},
		{1, 1, maxServers + 1}, {1e15, 1e15, 1},
	} {
		_, err1 := l.Blocked()
		_, err2 := l.Wait()
		_, err3 := l.Leave(1, 1)
		if err1 == nil || err2 == nil || err3 == nil {
			t.Errorf("%+v: %v, %v, %v", l, err1, err2, err3)
		}
	}
	for _, l := range []Load{{1, 1, 1}, {3, 1, 2}} {
		if _, err := l.Wait(); !errors.Is(err, ErrOverload) {
			t.Errorf("%+v: %v", l, err)
		}
	}
	for _, bad := range [][2]float64{{0, 1}, {-1, 1}, {nan, 1}, {1, -1}, {1, nan}, {1, math.Inf(1)}, {math.Inf(1), 1}} {
		if a, err := (Load{1, 1, 1}).Leave(bad[0], bad[1]); err == nil {
			t.Errorf("patience and target %v give %+v", bad, a)
		}
	}
	if a, err := (Load{1e15, 1, 1}).Leave(1e15, 1); err == nil {
		t.Errorf("a queue without end gives %+v", a)
	}
}

// The corners of what is allowed give numbers.
func TestNoNaN(t *testing.T) {
	t.Parallel()
	for _, l := range []Load{{1e-9, 1e-6, 1}, {1e-9, 1e-5, 1_000}, {500, 1, 10}, {1e4, 1, 9_000}, {0.9999999, 1, 1}} {
		for _, patience := range []float64{1e-9, 1, 1e3} {
			for _, target := range []float64{0, 1e-9, 1, 1e6} {
				a, err := l.Leave(patience, target)
				if err != nil {
					t.Fatal(err)
				}
				for _, v := range []float64{a.Probability, a.Mean, a.Abandoned, a.Answered, a.Occupancy, a.Within} {
					if math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
						t.Errorf("%+v, %v, %v gives %+v", l, patience, target, a)
					}
				}
				if a.Probability > 1 || a.Abandoned > 1 || a.Within > 1+1e-12 || a.Occupancy > 1+1e-12 {
					t.Errorf("%+v, %v, %v gives %+v", l, patience, target, a)
				}
			}
		}
	}
}
