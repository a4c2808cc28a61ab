package disclose

import (
	"math/rand/v2"
	"testing"
)

// tiny makes a table of 2 x 2 with margins and total, printed with base 3, and its windows.
func tiny(r *rand.Rand) *system {
	s := newSystem()
	total, rows, columns := s.size("2026Q1", ""), []int{}, []int{}
	for i := range 2 {
		rows = append(rows, s.size("2026Q1", "r"+string(rune('0'+i))))
		columns = append(columns, s.size("2026Q1", "c"+string(rune('0'+i))))
	}
	cell := func(i, j int) int { return s.size("2026Q1", "x"+string(rune('0'+2*i+j))) }
	for i := range 2 {
		for j := range 2 {
			s.vars[cell(i, j)].truth = int64(r.IntN(5))
		}
	}
	for i := range 2 {
		s.sum(rows[i], []int{cell(i, 0), cell(i, 1)})
		s.sum(columns[i], []int{cell(0, i), cell(1, i)})
		s.vars[rows[i]].truth = s.vars[cell(i, 0)].truth + s.vars[cell(i, 1)].truth
		s.vars[columns[i]].truth = s.vars[cell(0, i)].truth + s.vars[cell(1, i)].truth
	}
	s.sum(total, rows)
	s.sum(total, columns)
	s.vars[total].truth = s.vars[rows[0]].truth + s.vars[rows[1]].truth
	for i := range s.vars {
		v := &s.vars[i]
		v.base = 3
		v.value = round(v.truth, v.base, r.Int64N)
		v.window()
	}
	return s
}

// possible counts, for every variable, the sizes that it has in some whole solution: by trying all.
func possible(s *system) []int64 {
	seen := make([]map[int64]bool, len(s.vars))
	for i := range seen {
		seen[i] = map[int64]bool{}
	}
	x := make([]int64, len(s.vars))
	cells := []int{s.size("2026Q1", "x0"), s.size("2026Q1", "x1"), s.size("2026Q1", "x2"), s.size("2026Q1", "x3")}
	var try func(int)
	try = func(k int) {
		if k < len(cells) {
			for n := s.vars[cells[k]].lo; n <= s.vars[cells[k]].hi; n++ {
				x[cells[k]] = n
				try(k + 1)
			}
			return
		}
		for _, e := range s.equations {
			x[e[0].at] = 0
			for _, t := range e[1:] {
				x[e[0].at] += x[t.at]
			}
		}
		for i, v := range s.vars {
			if x[i] < v.lo || x[i] > v.hi {
				return
			}
		}
		for i := range x {
			seen[i][x[i]] = true
		}
	}
	try(0)
	out := make([]int64, len(s.vars))
	for i := range seen {
		out[i] = int64(len(seen[i]))
	}
	return out
}

// TestGateAgainstAllSolutions: on systems so small that every solution can be tried, the gate lets no cell pass
// that has fewer than base sizes, and hardly ever stops one that has enough.
func TestGateAgainstAllSolutions(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(11, 5))
	var unsafe, stopped int
	for range 2000 {
		s := tiny(r)
		exact := possible(s)
		bad := map[int]bool{}
		effort := patience
		for _, i := range s.unsafe(r, &effort) {
			bad[i] = true
		}
		truly := 0
		for i, n := range exact {
			if n < s.vars[i].base {
				truly++
			}
		}
		if truly > 0 {
			unsafe++
			if len(bad) == 0 {
				t.Fatalf("%d cells with fewer than %d sizes pass", truly, s.vars[0].base)
			}
		} else if len(bad) > 0 {
			stopped++
		}
	}
	if unsafe < 100 || stopped > 20 {
		t.Errorf("%d unsafe systems (want over 100), %d safe ones were stopped (want at most 20)", unsafe, stopped)
	}
}

// TestWalkMakesWholeSolutions: every step that the walker says it made is a solution within every window.
func TestWalkMakesWholeSolutions(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(2, 9))
	counts := synthetic(r, []Period{"2026"}, 300, 60)
	q := Request{Period: "2026H1", Counts: counts, Settings: Standard(), draw: secret}
	first, err := Release(Request{Period: "2026Q1", Counts: counts})
	if err != nil {
		t.Fatal(err)
	}
	q.Published = first.Tables
	j := q.job(Outcomes, q.Period.tables()[:10])
	j.show("", "", nil)
	j.mark()
	j.drawFresh(func(int) bool { return true })
	w := newWalker(j.system, r)
	made := 0
	for range 4000 {
		i := r.IntN(len(j.system.vars))
		if w.leaf[i] && w.push(int32(i), int64(1-2*r.IntN(2))) {
			made++
		}
		for _, e := range j.system.equations {
			var sum int64
			for _, term := range e {
				sum += term.sign * w.x[term.at]
			}
			if sum != 0 {
				t.Fatal("an equation is off")
			}
		}
		for k, v := range j.system.vars {
			if w.x[k] < v.lo || w.x[k] > v.hi {
				t.Fatalf("%v is outside its window", v.slot)
			}
		}
	}
	if made < 1000 {
		t.Errorf("only %d moves", made)
	}
}
