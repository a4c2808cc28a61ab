package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// quiet is the disturbance in percent above which a repeat does not count.
const quiet = 5

// sample holds the figures of one repeat by name; disturbed_pct is always among them.
type sample map[string]float64

func (s sample) String() string {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(s)) {
		fmt.Fprintf(&b, "%s=%.4g ", k, s[k])
	}
	return b.String()
}

// figure is a metric of an arm, as arm.metric.
type figure string

func (f figure) arm() string { arm, _, _ := strings.Cut(string(f), " "); return arm }

// at gives the figure of one repeat and how much that was disturbed.
func (f figure) at(s sample) (value, disturbed float64, has bool) {
	_, metric, _ := strings.Cut(string(f), " ")
	value, has = s[metric]
	disturbed, own := s[metric[:max(strings.LastIndexByte(metric, '.'), 0)]+".disturbed_pct"]
	if !own {
		disturbed = s["disturbed_pct"]
	}
	return value, disturbed, has
}

// undisturbed gives values without those that were disturbed, and false where too few were left alone: then it is all.
func undisturbed(values, disturbed []float64) (still []float64, calm bool) {
	for i, v := range values {
		if disturbed[i] <= quiet {
			still = append(still, v)
		}
	}
	if 2*len(still) < len(values) || len(still) == 0 {
		return values, false
	}
	return still, true
}

// of gives the median of those that were left alone, or of all where they are too few.
func (f figure) of(all map[string][]sample) float64 {
	var values, disturbed []float64
	for _, s := range all[f.arm()] {
		if v, d, has := f.at(s); has {
			values, disturbed = append(values, v), append(disturbed, d)
		}
	}
	values, _ = undisturbed(values, disturbed)
	return median(values)
}

func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	v = slices.Sorted(slices.Values(v))
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}

// row is one goal. The minimum is the sum of its figures; less says that a smaller ratio is better.
type row struct {
	id, what  string
	minimum   []figure
	product   figure
	unit      string
	must, aim float64
	less      bool
	note      string
}

func (r row) wants(arm string) bool {
	return r.product.arm() == arm || slices.ContainsFunc(r.minimum, func(f figure) bool { return f.arm() == arm })
}

// result is a row as it was measured.
type result struct {
	ID      string  `json:"id"`
	What    string  `json:"what"`
	Minimum float64 `json:"minimum"`
	Product float64 `json:"product"`
	Unit    string  `json:"unit"`
	Ratio   float64 `json:"ratio"`
	Lowest  float64 `json:"lowest"` // of the rounds' ratios
	Highest float64 `json:"highest"`
	Must    float64 `json:"must"`
	Aim     float64 `json:"aim"`
	Less    bool    `json:"less_is_better"`
	Met     string  `json:"met"`
	Calm    bool    `json:"calm"`
	Note    string  `json:"note"`
}

// ratios gives what each round had, and false where too few were left alone. The host gives twice as much in one minute as in
// another: both sides of one round were measured in the same one.
func (r row) ratios(all map[string][]sample) (ratios []float64, calm bool) {
	var disturbed []float64
	for _, s := range all[r.product.arm()] {
		product, most, has := r.product.at(s)
		minimum := 0.0
		for _, f := range r.minimum {
			i := slices.IndexFunc(all[f.arm()], func(o sample) bool { return o["round"] == s["round"] })
			if i < 0 {
				has = false
				break
			}
			v, d, found := f.at(all[f.arm()][i])
			minimum, most, has = minimum+v, max(most, d), has && found
		}
		if has && minimum > 0 {
			ratios, disturbed = append(ratios, product/minimum), append(disturbed, most)
		}
	}
	return undisturbed(ratios, disturbed)
}

func (r row) judge(all map[string][]sample) result {
	out := result{ID: r.id, What: r.what, Unit: r.unit, Must: r.must, Aim: r.aim, Less: r.less, Note: r.note, Met: "no"}
	out.Product = r.product.of(all)
	for _, f := range r.minimum {
		out.Minimum += f.of(all)
	}
	ratios, calm := r.ratios(all)
	out.Calm = calm
	if len(ratios) > 0 {
		out.Ratio, out.Lowest, out.Highest = median(ratios), slices.Min(ratios), slices.Max(ratios)
	}
	reached := func(goal float64) bool {
		if r.less {
			return out.Ratio <= goal
		}
		return out.Ratio >= goal
	}
	lost := 0.0
	for _, s := range all[r.product.arm()] {
		lost += s["lost"]
	}
	switch {
	case out.Ratio == 0:
		out.Met = "no figure"
	case lost > 0:
		out.Met = fmt.Sprintf("no: %.0f messages did not arrive", lost)
	case r.must == 0:
		out.Met = "told only"
	case reached(r.aim):
		out.Met = "aim"
	case reached(r.must):
		out.Met = "must"
	}
	return out
}

// table renders results as Markdown.
func table(results []result) string {
	var b strings.Builder
	b.WriteString("| # | what | minimum | product | ratio | rounds | must | aim | met |\n|---|---|---|---|---|---|---|---|---|\n")
	var notes []string
	for _, r := range results {
		sign, met := ">=", r.Met
		if r.Less {
			sign = "<="
		}
		if !r.Calm {
			met = "disturbed (" + r.Met + ")" // it proves neither
		}
		must, aim := fmt.Sprintf("%s %.4g", sign, r.Must), fmt.Sprintf("%s %.4g", sign, r.Aim)
		if r.Must == 0 {
			must, aim = "", ""
		}
		fmt.Fprintf(&b, "| %s | %s | %s %s | %s %s | %.2f | %.2f-%.2f | %s | %s | %s |\n", r.ID, r.What,
			digits(r.Minimum), r.Unit, digits(r.Product), r.Unit, r.Ratio, r.Lowest, r.Highest, must, aim, met)
		note := "- " + r.ID + ": " + r.Note
		if r.Note != "" && !slices.Contains(notes, note) {
			notes = append(notes, note)
		}
	}
	if len(notes) > 0 {
		b.WriteString("\n" + strings.Join(notes, "\n") + "\n")
	}
	return b.String()
}

// digits writes a figure with at least three digits that count.
func digits(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}
