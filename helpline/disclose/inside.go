package disclose

import "slices"

// InsideBase is what sums are rounded to that only the house's own board shows.
const InsideBase = 10

// Inside is one table of counters that no release has taken up yet, each sum rounded to InsideBase. It is for the
// house's own supervisors only and never a part of a pack, a report or anything else that leaves the house: it was
// not drawn and no gate has judged it, and whoever lays it beside the published figures can know more than those tell.
// The gate needs to know nothing of it for as long as that holds.
type Inside struct {
	Table Table
	Total int64
	Cells []int64 // in the order of the dimension's codes; every code has one, so that no absence tells a zero
}

// SumInside rounds sums of counters: of tables about contacts with one dimension, and of no other. A table in which
// nothing was counted is left out; what was counted came in batches, so that tells of no contact.
func SumInside(counts Counts) []Inside {
	var out []Inside
	for _, t := range Plan() {
		if counts[t.Name] == nil || !t.inside() {
			continue
		}
		x := Inside{Table: t}
		var total int64
		for _, code := range t.Dims[0].Codes {
			n := counts[t.Name][code]
			total += n
			x.Cells = append(x.Cells, nearest(n))
		}
		x.Total = nearest(total)
		out = append(out, x)
	}
	return out
}

// InsideTables names the tables that SumInside shows.
func InsideTables() []string {
	var names []string
	for _, t := range slices.DeleteFunc(slices.Clone(Plan()), func(t Table) bool { return !t.inside() }) {
		names = append(names, t.Name)
	}
	return names
}

func (t Table) inside() bool { return t.Set == "S" && len(t.Dims) == 1 }

func nearest(n int64) int64 { return (n + InsideBase/2) / InsideBase * InsideBase }
