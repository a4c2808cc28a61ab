package disclose

import (
	"slices"
	"strings"
)

// slot names a variable of the system: the size of one population subset in one period. Its key is the
// subset's conditions, "dimension=code" with "," between, empty for all.
type slot struct {
	period Period
	key    string
}

// boundless stands for "no upper bound known".
const boundless = int64(1) << 40

// variable is the size of a subset: what it is, and what whoever reads every table knows of it.
type variable struct {
	slot
	truth  int64
	base   int64 // of its window; 0: nothing is printed of it
	value  int64 // printed; of a hidden one meaningless
	hidden bool  // has a cell that is left out: known to be at least base
	fresh  bool  // printed by the release at work, so its draw may be made again
	lo, hi int64
}

// term is a variable in an equation, or an equation of a variable, with its sign.
type term struct {
	at   int32
	sign int64
}

// system is everything that adds up: each equation sums to zero.
type system struct {
	index     map[slot]int
	vars      []variable
	equations [][]term // of variables
	of        [][]term // by variable: the equations that it is in
	longer    []int32  // by variable: the same subset in the next longer period, or -1
}

func newSystem() *system { return &system{index: map[slot]int{}} }

// size gives the variable of a slot, made when it is new.
func (s *system) size(p Period, key string) int {
	at, ok := s.index[slot{p, key}]
	if !ok {
		at = len(s.vars)
		s.index[slot{p, key}] = at
		s.vars = append(s.vars, variable{slot: slot{p, key}, hi: boundless})
		s.of, s.longer = append(s.of, nil), append(s.longer, -1)
	}
	return at
}

// sum says that the whole is the sum of its parts.
func (s *system) sum(whole int, parts []int) {
	e := int32(len(s.equations)) // #nosec G115 -- a few thousand
	terms := []term{{int32(whole), 1}}
	for _, p := range parts {
		terms = append(terms, term{int32(p), -1}) // #nosec G115
	}
	s.equations = append(s.equations, terms)
	for _, t := range terms {
		s.of[t.at] = append(s.of[t.at], term{e, t.sign})
	}
}

// lay adds the variables and equations of a population in one period, with their true sizes.
func (s *system) lay(p Period, tables []Table, c Counts) {
	total := s.size(p, "")
	margins := map[string]bool{}
	for _, t := range tables {
		for _, d := range t.Dims {
			if t.Additive && !margins[d.Name] {
				margins[d.Name] = true
				s.sum(total, s.margin(p, d))
			}
		}
	}
	for _, t := range tables {
		switch {
		case !t.Additive:
			for _, cell := range s.margin(p, t.Dims[0]) { // each is a part of all, nothing more
				s.sum(total, []int{cell, s.size(p, not+s.vars[cell].key)})
			}
		case len(t.Dims) == 2:
			s.cross(p, t)
		}
	}
	for fine, coarse := range coarser {
		if margins[fine] && margins[coarse] {
			s.refine(p, fine, coarse)
		}
	}
	s.fill(p, tables, c)
}

func key(d Dimension, code string) string { return d.Name + "=" + code }

func (s *system) margin(p Period, d Dimension) []int {
	all := make([]int, len(d.Codes))
	for i, code := range d.Codes {
		all[i] = s.size(p, key(d, code))
	}
	return all
}

// cross adds the cells of a table of two dimensions, and that they add up both ways.
func (s *system) cross(p Period, t Table) {
	a, b := t.Dims[0], t.Dims[1]
	columns := make([][]int, len(b.Codes))
	for _, row := range a.Codes {
		var cells []int
		for j, column := range b.Codes {
			cell := s.size(p, cellKey(t, row+"/"+column))
			cells, columns[j] = append(cells, cell), append(columns[j], cell)
		}
		s.sum(s.size(p, key(a, row)), cells)
	}
	for j, column := range b.Codes {
		s.sum(s.size(p, key(b, column)), columns[j])
	}
}

// refine says that a coarser code counts its finer ones together.
func (s *system) refine(p Period, fine, coarse string) {
	f, c := dimensions()[fine], dimensions()[coarse]
	for _, group := range c.Codes {
		var parts []int
		for _, code := range f.Codes {
			if coarseOf(f, code) == group {
				parts = append(parts, s.size(p, key(f, code)))
			}
		}
		s.sum(s.size(p, key(c, group)), parts)
	}
}

// coarseOf gives the code that counts another one.
func coarseOf(d Dimension, code string) string {
	if group := d.List.Group(code); group != "" {
		return group
	}
	return code // "other" of languages stands for itself
}

// cellKey gives the subset that a table's cell is.
func cellKey(t Table, cell string) string {
	parts := strings.Split(cell, "/")
	keys := make([]string, len(parts))
	for i, code := range parts {
		keys[i] = key(t.Dims[i], code)
	}
	slices.Sort(keys) // the same subset has the same key in every table
	return strings.Join(keys, ",")
}

// fill sets the true sizes. Every table gives those of its own subsets; where two tables contradict each
// other, the system is not sound.
func (s *system) fill(p Period, tables []Table, c Counts) {
	total := s.size(p, "")
	for _, t := range tables {
		own, all := map[string]int64{}, int64(0)
		for cell, n := range c[t.Name] {
			codes := t.known(cell)
			own[cellKey(t, strings.Join(codes, "/"))] += n
			for i, code := range codes {
				if len(codes) == 2 {
					own[key(t.Dims[i], code)] += n
				}
			}
			all += n
		}
		for k, n := range own {
			s.vars[s.size(p, k)].truth = n
		}
		if t.Additive {
			s.vars[total].truth = all
		}
	}
	for i := range s.vars {
		if v := &s.vars[i]; v.period == p && strings.HasPrefix(v.key, not) {
			v.truth = s.vars[total].truth - s.vars[s.size(p, strings.TrimPrefix(v.key, not))].truth
		}
	}
}

// not begins the key of the rest that a subset leaves.
const not = "not "

// known gives the codes of a cell; one that the dimension has no more counts as not known.
func (t Table) known(cell string) []string {
	parts := strings.Split(cell, "/")
	if len(parts) != len(t.Dims) {
		parts = slices.Repeat([]string{""}, len(t.Dims))
	}
	for i, code := range parts {
		if !slices.Contains(t.Dims[i].Codes, code) {
			parts[i] = t.Dims[i].Codes[len(t.Dims[i].Codes)-1]
		}
	}
	return parts
}

// link says that a period is the sum of its parts, subset by subset.
func (s *system) link(p Period, parts []Period) {
	for at := range len(s.vars) {
		v := s.vars[at].slot
		if v.period != p {
			continue
		}
		var sum []int
		for _, q := range parts {
			part := s.size(q, v.key)
			sum, s.longer[part] = append(sum, part), int32(at) // #nosec G115 -- a few thousand
		}
		s.sum(at, sum)
	}
}

// sound tells that the true sizes solve the system. They do unless the counts contradict each other.
func (s *system) sound() bool {
	for _, e := range s.equations {
		var sum int64
		for _, t := range e {
			sum += t.sign * s.vars[t.at].truth
		}
		if sum != 0 {
			return false
		}
	}
	return !slices.ContainsFunc(s.vars, func(v variable) bool { return v.truth < 0 })
}

// window sets what is known of a variable from what is printed of it.
func (v *variable) window() {
	switch {
	case v.hidden:
		v.lo, v.hi = v.base, boundless
	case v.base > 0:
		v.lo, v.hi = max(0, v.value-v.base+1), v.value+v.base-1
	default:
		v.lo, v.hi = 0, boundless
	}
}
