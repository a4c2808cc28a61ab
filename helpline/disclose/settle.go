package disclose

import (
	"slices"
	"strings"
)

// settle draws until the gate passes. What stands in the way is drawn again; after maxDraws the table that
// stands in the way most is withheld, and the others are tried without it.
func (j *job) settle() {
	j.show("", "", nil)
	j.drawFresh(func(int) bool { return true })
	total := j.system.vars[j.system.size(j.Period, "")]
	j.tables = slices.DeleteFunc(j.tables, func(t Table) bool { return !large(t, j.Period, total.lo) })
	random := wander()
	for len(j.tables) > 0 && j.Over() == nil {
		j.mark()
		j.drawFresh(func(i int) bool { return j.system.vars[i].key != "" })
		var bad []int
		effort := j.Effort
		for draw := 0; draw < maxDraws && effort > 0 && j.Over() == nil; draw++ {
			if bad = j.system.unsafe(random, &effort); len(bad) == 0 {
				return
			}
			again := j.same(bad)
			if draw%4 == 3 || !j.drawFresh(func(i int) bool { return again[i] }) {
				near := j.near(bad)
				j.drawFresh(func(i int) bool { return near[i] })
			}
		}
		j.withhold(bad)
	}
	j.clear()
}

// large tells whether the population is certainly large enough for a table. It looks at the printed total
// alone: whatever else it looked at, showing the table would tell.
func large(t Table, p Period, least int64) bool {
	switch {
	case t.Set == "V" && len(t.Dims) == 2 && p.span() != pool, t.Set == "H" && len(t.Dims) == 2:
		return least >= LeastTwoWay
	case t.Set == "V":
		return least >= LeastOneWay
	}
	return least >= LeastBatch
}

// show marks a subset as printed by this release, or hidden where too few kinds of contributor stand behind it.
func (j *job) show(key, cell string, t *Table) {
	v := &j.system.vars[j.system.size(j.Period, key)]
	if v.base > 0 && !v.fresh {
		return // an earlier release has shown it
	}
	v.base, v.fresh = j.base, true
	if t == nil || j.Kinds == nil || v.truth < v.base {
		return
	}
	if n, known := j.Kinds(t.Name, cell); known && n < LeastKinds {
		v.hidden = true
	}
}

// mark marks the subsets of the tables that are still to be shown, and no others.
func (j *job) mark() {
	for i := range j.system.vars {
		if v := &j.system.vars[i]; v.fresh && v.key != "" {
			v.base, v.fresh, v.hidden = 0, false, false
			v.window()
		}
	}
	for _, t := range j.tables {
		for _, cell := range t.cells() {
			j.show(cellKey(t, cell), cell, &t)
		}
	}
}

// clear takes back everything that this release would have shown.
func (j *job) clear() {
	j.mark()
	total := &j.system.vars[j.system.size(j.Period, "")]
	total.base, total.fresh = 0, false
	total.window()
}

// drawFresh draws the fresh subsets that are wanted, one draw for each class, and tells whether there was any.
// A class that an earlier release has shown keeps its figure.
func (j *job) drawFresh(wanted func(int) bool) (drew bool) {
	fixed, again := map[int]int64{}, map[int]bool{}
	for i, v := range j.system.vars {
		switch {
		case v.hidden:
		case v.base > 0 && (!v.fresh || v.key == "" && !wanted(i)): // the total keeps its first draw
			fixed[j.class[i]] = v.value
		case v.fresh && wanted(i):
			again[j.class[i]] = true
		}
	}
	drawn := map[int]int64{}
	for i := range j.system.vars {
		v := &j.system.vars[i]
		c := j.class[i]
		if !v.fresh || !again[c] {
			continue
		}
		value, ok := fixed[c]
		if !ok {
			if value, ok = drawn[c]; !ok {
				value = round(v.truth, v.base, j.draw)
				drawn[c], drew = value, drew || v.truth%v.base != 0
			}
		}
		v.value = value
		v.window()
	}
	return drew
}

// same gives the fresh ones among these, and of the same subsets in longer periods.
func (j *job) same(bad []int) map[int]bool {
	same := map[int]bool{}
	for _, i := range bad {
		for up := int32(i); up >= 0; up = j.system.longer[up] { // #nosec G115 -- a few thousand
			same[int(up)] = j.system.vars[up].fresh && j.system.vars[up].key != ""
		}
	}
	return same
}

// near gives the fresh subsets that share an equation with one of these, and these.
func (j *job) near(bad []int) map[int]bool {
	near := map[int]bool{}
	for _, i := range bad {
		near[i] = true
		for _, e := range j.system.of[i] {
			for _, t := range j.system.equations[e.at] {
				near[int(t.at)] = j.system.vars[t.at].fresh && j.system.vars[t.at].key != ""
			}
		}
	}
	return near
}

// withhold drops the table that has most of the unsafe cells, or stands nearest to them.
func (j *job) withhold(bad []int) {
	near := j.near(bad)
	worst, most := 0, -1
	for at, t := range j.tables {
		score := 0
		for _, cell := range t.cells() {
			i := j.system.size(j.Period, cellKey(t, cell))
			if slices.Contains(bad, i) {
				score += 100
			}
			if near[i] {
				score++
			}
		}
		if score >= most {
			worst, most = at, score
		}
	}
	j.tables = slices.Delete(j.tables, worst, worst+1)
}

// published gives the tables that are shown.
func (j *job) published() []Published {
	cell := func(key string, codes []string) Cell {
		v := j.system.vars[j.system.size(j.Period, key)]
		return Cell{Codes: codes, Count: v.value, Low: v.lo, High: v.hi}
	}
	var out []Published
	for _, t := range j.tables {
		p := Published{Table: t.Name, Period: j.Period, Base: j.base, Total: cell("", nil)}
		for _, name := range t.cells() {
			if !j.system.vars[j.system.size(j.Period, cellKey(t, name))].hidden {
				p.Cells = append(p.Cells, cell(cellKey(t, name), strings.Split(name, "/")))
			}
		}
		out = append(out, p)
	}
	return out
}
