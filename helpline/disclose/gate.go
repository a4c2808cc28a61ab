package disclose

import (
	"math/bits"
	"math/rand/v2"
)

// narrow derives bounds of every variable from the windows and the equations, until nothing follows any more.
// They are outer bounds: a cell that they leave fewer than base integers can never pass.
func (s *system) narrow() (lo, hi []int64) {
	lo, hi = make([]int64, len(s.vars)), make([]int64, len(s.vars))
	for i, v := range s.vars {
		lo[i], hi[i] = v.lo, v.hi
	}
	queued := make([]bool, len(s.equations))
	var queue []int32
	put := func(e int32) {
		if !queued[e] {
			queued[e] = true
			queue = append(queue, e)
		}
	}
	for e := range s.equations {
		put(int32(e)) // #nosec G115
	}
	for rounds := 64 * len(s.equations); len(queue) > 0 && rounds > 0; rounds-- {
		e := queue[0]
		queue, queued[e] = queue[1:], false
		for _, at := range tighten(s.equations[e], lo, hi) {
			for _, other := range s.of[at] {
				put(other.at)
			}
		}
	}
	return lo, hi
}

// tighten applies one equation and gives the variables whose bounds it moved.
func tighten(e []term, lo, hi []int64) (moved []int32) {
	var least, most int64
	for _, t := range e {
		if t.sign > 0 {
			least, most = least+lo[t.at], most+hi[t.at]
		} else {
			least, most = least-hi[t.at], most-lo[t.at]
		}
	}
	for _, t := range e {
		l, h := lo[t.at], hi[t.at]
		// sign*x = -(rest), and rest lies in [least, most] without x.
		var low, high int64
		if t.sign > 0 {
			low, high = -(most - h), -(least - l)
		} else {
			low, high = least+h, most+l
		}
		if low = max(l, low); low > l {
			lo[t.at] = low
		}
		if high = min(h, high); high < h {
			hi[t.at] = high
		}
		if low > l || high < h {
			moved = append(moved, t.at)
		}
	}
	return moved
}

// walker moves through whole solutions of the system, from the true one on, a unit at a time. Variables of the
// shortest periods move; those of longer ones are their sums and follow.
type walker struct {
	*system
	random *rand.Rand
	leaf   []bool    // the variable moves by itself
	leaves [][]int32 // of each variable: those whose sum it is, itself where it is a leaf
	x      []int64
	rest   []int64 // of each equation among leaves: what it is off by
	broken []int32 // equations that are off
	where  []int32 // of each equation: its place in broken
	shift  []int8  // of each variable: what this move has changed
	moved  []int32 // variables of this move
	seen   []uint64
	effort *int // mends left
}

func newWalker(s *system, random *rand.Rand) *walker {
	endless := 1 << 40
	n := len(s.vars)
	w := &walker{
		system: s, random: random, leaf: make([]bool, n), leaves: make([][]int32, n), x: make([]int64, n),
		rest: make([]int64, len(s.equations)), where: make([]int32, len(s.equations)), shift: make([]int8, n), seen: make([]uint64, n),
		effort: &endless,
	}
	whole := make([]bool, n)
	for _, up := range s.longer {
		if up >= 0 {
			whole[up] = true
		}
	}
	for i := range s.vars {
		if w.leaf[i] = !whole[i]; whole[i] {
			continue
		}
		for up := int32(i); up >= 0; up = s.longer[up] { // #nosec G115
			w.leaves[up] = append(w.leaves[up], int32(i)) // #nosec G115
		}
	}
	w.home()
	for i := range s.vars {
		w.note(int32(i)) // #nosec G115
	}
	return w
}

// home goes back to the true solution.
func (w *walker) home() {
	for i, v := range w.vars {
		w.x[i] = v.truth
	}
}

// note remembers the value that a variable has in a whole solution.
func (w *walker) note(i int32) {
	if d := w.x[i] - w.vars[i].lo; d >= 0 && d < 64 {
		w.seen[i] |= 1 << d
	}
}

// room tells whether a leaf, and every longer period's sum of it, may move by d.
func (w *walker) room(i int32, d int64) bool {
	for ; i >= 0; i = w.longer[i] {
		if x := w.x[i] + d; x < w.vars[i].lo || x > w.vars[i].hi {
			return false
		}
	}
	return true
}

func (w *walker) shown(i int) int64 { return int64(bits.OnesCount64(w.seen[i])) }

// change moves a leaf by d and keeps account of the equations.
func (w *walker) change(i int32, d int64) {
	for up := i; up >= 0; up = w.longer[up] {
		w.x[up] += d
	}
	if w.shift[i] == 0 {
		w.moved = append(w.moved, i)
	}
	w.shift[i] += int8(d) // #nosec G115 -- -1, 0 or 1
	for _, e := range w.of[i] {
		if !w.among(e.at) {
			continue
		}
		was := w.rest[e.at]
		w.rest[e.at] += e.sign * d
		switch now := w.rest[e.at]; {
		case was == 0:
			w.where[e.at] = int32(len(w.broken)) // #nosec G115
			w.broken = append(w.broken, e.at)
		case now == 0:
			last := w.broken[len(w.broken)-1]
			w.broken[w.where[e.at]], w.where[last] = last, w.where[e.at]
			w.broken = w.broken[:len(w.broken)-1]
		}
	}
}

// among tells whether an equation is one of leaves; others hold by themselves.
func (w *walker) among(e int32) bool { return w.leaf[w.equations[e][0].at] }

// maxSteps bounds one move.
const maxSteps = 200

// push tries to reach a whole solution in which a leaf is one more or less than now. All others may move
// by one. What it reaches is a solution for certain; that it reaches none proves nothing.
func (w *walker) push(i int32, d int64) bool {
	if !w.room(i, d) {
		return false
	}
	w.moved = w.moved[:0]
	w.change(i, d)
	ok := true
	for step := 0; len(w.broken) > 0 && ok; step++ {
		ok = step < maxSteps && w.mend(w.broken[w.random.IntN(len(w.broken))], i)
	}
	if !ok {
		w.undo()
	}
	for _, m := range w.moved {
		for up := m; ok && up >= 0; up = w.longer[up] {
			w.note(up)
		}
		w.shift[m] = 0
	}
	return ok
}

// undo takes a move back.
func (w *walker) undo() {
	for _, m := range w.moved {
		for back := -int64(w.shift[m]); w.shift[m] != 0; w.shift[m] = 0 {
			for up := m; up >= 0; up = w.longer[up] {
				w.x[up] += back
			}
		}
		for _, e := range w.of[m] {
			w.rest[e.at] = 0
		}
	}
	w.broken = w.broken[:0]
}

// mend moves one variable of a broken equation: most often the one that breaks least elsewhere.
func (w *walker) mend(e, locked int32) bool {
	want := int64(-1)
	if w.rest[e] < 0 {
		want = 1
	}
	*w.effort--
	best, found, ties := int64(0), int32(-1), 0
	noise := w.random.IntN(16) == 0
	for _, t := range w.equations[e] {
		d := want * t.sign
		if t.at == locked || abs(int64(w.shift[t.at])+d) > 1 || !w.room(t.at, d) {
			continue
		}
		var cost int64
		if !noise {
			cost = w.cost(t.at, d)
		}
		switch {
		case found < 0 || cost < best:
			best, found, ties = cost, t.at, 1
		case cost == best:
			if ties++; w.random.IntN(ties) == 0 {
				found = t.at
			}
		}
	}
	if found < 0 {
		return false
	}
	for _, t := range w.equations[e] {
		if t.at == found {
			w.change(found, want*t.sign)
			break
		}
	}
	return true
}

// cost tells how much more the equations of leaves are off when a leaf moves.
func (w *walker) cost(i int32, d int64) (cost int64) {
	for _, o := range w.of[i] {
		if w.among(o.at) {
			cost += abs(w.rest[o.at]+o.sign*d) - abs(w.rest[o.at])
		}
	}
	return cost
}

func abs(n int64) int64 {
	if n < 0 {
		return -n
	}
	return n
}

// unsafe gives the variables of which something is printed and that have, or may have, fewer than base
// possible integers given everything printed.
// It takes what it does off the effort; what is not proved when that is used up is not safe.
func (s *system) unsafe(random *rand.Rand, effort *int) []int {
	lo, hi := s.narrow()
	var bad []int
	for i, v := range s.vars {
		if v.base > 0 && hi[i]-lo[i]+1 < v.base {
			bad = append(bad, i)
		}
	}
	if len(bad) > 0 {
		return bad
	}
	w := newWalker(s, random)
	w.effort = effort
	for _, i := range random.Perm(len(s.vars)) {
		if s.vars[i].base > 0 && !w.prove(i, 4) {
			bad = append(bad, i)
		}
	}
	hard := bad[:0]
	for _, i := range bad {
		if !w.prove(i, 8) {
			hard = append(hard, i)
		}
		if len(hard) == manyHard {
			break
		}
	}
	return hard
}

// manyHard is how many cells that nobody could prove are enough to draw again.
const manyHard = 4

// prove shows base different values of variable i, by runs up and down. Where a longer period's window stands
// in the way, another part of that period gives room first.
func (w *walker) prove(i, runs int) bool {
	for run := range runs {
		d := int64(1 - 2*(run%2))
		if run%4 > 1 {
			w.home() // where the walk has used up what this one needs
		}
		for fails := 0; fails < 3 && *w.effort > 0; {
			if w.shown(i) >= w.vars[i].base {
				return true
			}
			leaf := w.leaves[i][w.random.IntN(len(w.leaves[i]))]
			if w.push(leaf, d) {
				continue
			}
			fails++
			for up := leaf; up >= 0; up = w.longer[up] {
				if int(up) != i && (w.x[up]+d < w.vars[up].lo || w.x[up]+d > w.vars[up].hi) {
					w.push(w.leaves[up][w.random.IntN(len(w.leaves[up]))], -d)
				}
			}
		}
	}
	return w.shown(i) >= w.vars[i].base
}
