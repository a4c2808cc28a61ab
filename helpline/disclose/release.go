package disclose

import (
	"fmt"
	"slices"
	"strings"
)

// Request is what a release starts from.
type Request struct {
	Period Period
	// Counts are by period: quarters for tables S, years for V and H. Every one that is a part of Period, and of
	// what was published of the same years, must be there.
	Counts map[Period]Counts
	// Published is all that was published before.
	Published []Published
	// Kinds tells how many kinds of contributor stand behind a cell, where somebody knows; nil: nobody does.
	Kinds func(table, cell string) (n int, known bool)
	// Settings; the zero value is Standard.
	Settings Settings
	// Over is asked between draws; its error ends the release, which then has published nothing. nil: nothing does.
	Over func() error

	// Effort is the work before a table is given up, which is then withheld; 0: patience, some seconds.
	Effort int

	draw func(n int64) int64 // for tests; nil: secret
}

// patience is how many single moves the gate may try over all draws of one table, some seconds of work.
const patience = 10_000_000

// Release gives what a period publishes: each table, or that it is withheld. Calling it twice for one period
// would draw twice, so whoever calls it keeps the first result for good. Errors: ErrFloor, and that of Over.
func Release(r Request) (Publication, error) {
	if r.Settings == (Settings{}) {
		r.Settings = Standard()
	}
	if err := r.Settings.Check(); err != nil {
		return Publication{}, fmt.Errorf("release %s: %w", r.Period, err)
	}
	if r.Effort == 0 {
		r.Effort = patience
	}
	if r.draw == nil {
		r.draw = secret
	}
	if r.Over == nil {
		r.Over = func() error { return nil }
	}
	out := Publication{Period: r.Period}
	shown := map[string]Published{}
	for _, population := range []string{Outcomes, Contacts, Victims, Referrals} {
		for _, t := range r.population(population) {
			shown[t.Table] = t
		}
		if err := r.Over(); err != nil {
			return Publication{}, fmt.Errorf("release %s: %w", r.Period, err)
		}
	}
	for _, t := range r.Period.tables() {
		if p, ok := shown[t.Name]; ok {
			out.Tables = append(out.Tables, p)
		} else if r.counted(t) {
			out.Withheld = append(out.Withheld, Withheld{Table: t.Name, Period: r.Period, Reason: Reason})
		}
	}
	return out, nil
}

// counted tells whether anybody counts the table's population: a file of outcomes holds no waiting times.
func (r Request) counted(t Table) bool {
	for _, c := range r.Counts {
		if c[t.Name] != nil {
			return true
		}
	}
	return false
}

// population releases the tables of one population.
func (r Request) population(name string) []Published {
	tables := slices.DeleteFunc(r.Period.tables(), func(t Table) bool {
		return t.Population != name || !r.counted(t) || r.pooled(t)
	})
	if len(tables) == 0 {
		return nil
	}
	j := r.job(name, tables)
	if !j.system.sound() {
		return nil
	}
	j.settle()
	return j.published()
}

// pooled tells that one of the pool's years has shown the table already: it adds nothing but risk.
func (r Request) pooled(t Table) bool {
	return r.Period.span() == pool && slices.ContainsFunc(r.Published, func(p Published) bool {
		return p.Table == t.Name && slices.Contains(r.Period.parts(), p.Period)
	})
}

// job is the release of one population at work.
type job struct {
	Request
	system *system
	class  []int
	tables []Table // still to be shown
	base   int64
}

// job lays out the system: this period, what was published of the same years, and the parts of both.
func (r Request) job(population string, tables []Table) *job {
	all := slices.DeleteFunc(slices.Clone(Plan()), func(t Table) bool { return t.Population != population || !r.counted(t) })
	j := &job{Request: r, system: newSystem(), tables: tables, base: tables[0].Base(r.Settings)}
	var earlier []Published
	periods := []Period{r.Period}
	for _, p := range r.Published {
		if t, err := Find(p.Table); err == nil && t.Population == population && related(p.Period, r.Period) {
			earlier = append(earlier, p)
			periods = append(periods, p.Period)
		}
	}
	done := map[Period]bool{}
	for i := 0; i < len(periods); i++ {
		p := periods[i]
		if done[p] {
			continue
		}
		done[p] = true
		j.system.lay(p, all, r.sum(p, all[0].Set))
		if (all[0].Set == "S" || p.span() == pool) && slices.ContainsFunc(periods, p.contains) {
			periods = append(periods, p.parts()...)
		}
	}
	for p := range done {
		if parts := p.parts(); len(parts) > 0 && done[parts[0]] {
			j.system.link(p, parts)
		}
	}
	for _, p := range earlier {
		j.system.recall(p)
	}
	j.class = j.system.classes()
	return j
}

// related tells that periods share a year.
func related(a, b Period) bool {
	last := func(p Period) int {
		if p.span() == pool {
			return p.first() + 2
		}
		return p.first()
	}
	return a.first() <= last(b) && b.first() <= last(a)
}

// sum gives the counts of a period out of those of the shortest periods that its set counts in.
func (r Request) sum(p Period, set string) Counts {
	parts := p.Quarters()
	switch {
	case set != "S" && p.span() == pool:
		parts = p.parts()
	case set != "S":
		parts = []Period{p}
	}
	c := Counts{}
	for _, q := range parts {
		c.Merge(r.Counts[q])
	}
	return c
}

// recall sets what an earlier release has told.
func (s *system) recall(p Published) {
	t, err := Find(p.Table)
	if err != nil {
		return
	}
	show := func(key string, c Cell) {
		v := &s.vars[s.size(p.Period, key)]
		v.base, v.value = p.Base, c.Count
		v.window()
	}
	show("", p.Total)
	seen := map[string]bool{}
	for _, c := range p.Cells {
		cell := strings.Join(c.Codes, "/")
		seen[cell] = true
		show(cellKey(t, cell), c)
	}
	for _, cell := range t.cells() {
		if !seen[cell] {
			v := &s.vars[s.size(p.Period, cellKey(t, cell))]
			v.base, v.hidden = p.Base, true
			v.window()
		}
	}
}

// cells names every cell of the table, in order.
func (t Table) cells() []string {
	var all []string
	for _, a := range t.Dims[0].Codes {
		if len(t.Dims) == 1 {
			all = append(all, a)
			continue
		}
		for _, b := range t.Dims[1].Codes {
			all = append(all, a+"/"+b)
		}
	}
	return all
}
