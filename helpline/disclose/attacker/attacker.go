// Package attacker reads every table that a line has published, as whoever wants to find a person would. It is for
// tests, and shares nothing with the release but the names of codes.
package attacker

import (
	"encoding/json"
	"fmt"
	"sort"
	"strings"

	"adviceline/helpline/codes"
)

// Attack gives the subsets of which fewer than base sizes, or five, are left to whoever has all these tables as JSON.
func Attack(texts [][]byte) (found []string, err error) {
	a := &attacker{low: map[string]int64{}, high: map[string]int64{}, told: map[string]int64{}, years: map[string]bool{}}
	for _, text := range texts {
		var r readTable
		if err := json.Unmarshal(text, &r); err != nil {
			return nil, fmt.Errorf("read table: %w", err)
		}
		if err := a.learn(r); err != nil {
			return nil, err
		}
	}
	return a.found(), nil
}

// attacker knows every published table as JSON and nothing else of this package's making: it builds its own
// equations from the names of dimensions and codes, and narrows what each subset can be.
type attacker struct {
	low, high map[string]int64
	told      map[string]int64 // base of what is printed
	sums      [][]string       // the first is the sum of the others
	years     map[string]bool  // sums over time that are in sums already
}

type readTable struct {
	Table, Period string
	Base          int64
	Total         map[string]any
	Cells         []map[string]any
}

// family names the population of a table, as the documents do.
func family(table string) string {
	switch table {
	case "hour_band", "weekday", "length", "callback_result", "turned_away", "wait_channel", "wait_lane", "fate_lane":
		return "ledger"
	case "form", "sector", "age", "sex", "citizenship", "victim_assessment", "contacter", "persons", "indicators", "form_sex", "form_child", "form_place":
		return "victims"
	case "destination", "days_open", "decline_reason", "destination_state":
		return "referrals"
	}
	return "outcomes"
}

// learn takes a table in: windows of its cells, and that they add up.
func (a *attacker) learn(r readTable) error {
	head := family(r.Table) + "|" + r.Period + "|"
	whole, err := a.window(head, r.Total, r.Base)
	if err != nil {
		return err
	}
	parts, lines := []string{whole}, map[string][]string{}
	for _, c := range r.Cells {
		name, err := a.window(head, c, r.Base)
		if err != nil {
			return err
		}
		parts = append(parts, name)
		for _, one := range strings.Split(strings.TrimPrefix(name, head), "&") {
			if strings.Contains(name, "&") {
				lines[head+one] = append(lines[head+one], name)
			}
		}
	}
	if r.Table == "indicators" {
		for _, p := range parts[1:] {
			a.sums = append(a.sums, []string{whole, p, p + " and the rest"})
		}
		return nil
	}
	a.sums = append(a.sums, parts)
	for margin, cells := range lines {
		a.sums = append(a.sums, append([]string{margin}, cells...))
	}
	a.coarser(head, r)
	return nil
}

// coarser says that a group is the sum of its codes, where a table tells the codes.
func (a *attacker) coarser(head string, r readTable) {
	if len(r.Cells) == 0 {
		return
	}
	for fine, coarse := range map[string]string{"language": "language_group", "age_group": "age_class"} {
		list, groups := map[string]*codes.List{"language": codes.Language, "age_group": codes.AgeGroup}[fine], map[string][]string{}
		for _, c := range r.Cells {
			code, ok := c[fine].(string)
			if !ok {
				continue
			}
			group := list.Group(code)
			if group == "" {
				group = code
			}
			groups[group] = append(groups[group], head+fine+"="+code)
		}
		for group, own := range groups {
			a.sums = append(a.sums, append([]string{head + coarse + "=" + group}, own...))
		}
	}
}

// window notes a printed figure and gives its subset's name.
func (a *attacker) window(head string, c map[string]any, base int64) (string, error) {
	var conditions []string
	for name, v := range c {
		if code, ok := v.(string); ok {
			conditions = append(conditions, name+"="+code)
		}
	}
	sort.Strings(conditions)
	name := head + strings.Join(conditions, "&")
	printed, ok := c["count"].(float64)
	if !ok {
		return "", fmt.Errorf("read %s: no count", name)
	}
	count := int64(printed)
	low, high := max(0, count-base+1), count+base-1
	if old, ok := a.low[name]; ok && (old != low || a.high[name] != high) {
		a.low[name], a.high[name] = max(old, low), min(a.high[name], high) // two draws of one subset: a gift
	} else {
		a.low[name], a.high[name] = low, high
	}
	a.told[name] = base
	return name, nil
}

// overTime says that longer periods are the sums of shorter ones, for every subset told of any.
func (a *attacker) overTime() {
	parts := map[string][2]string{"H1": {"Q1", "Q2"}, "H2": {"Q3", "Q4"}, "": {"H1", "H2"}}
	for name := range a.told {
		f := strings.SplitN(name, "|", 3)
		if f[0] != "victims" {
			year := f[1][:4]
			for end, own := range parts {
				a.years[fmt.Sprintf("%s|%s%s|%s;%s|%s%s|%s;%s|%s%s|%s", f[0], year, end, f[2], f[0], year, own[0], f[2], f[0], year, own[1], f[2])] = true
			}
		}
	}
	for sum := range a.years {
		a.sums = append(a.sums, strings.Split(sum, ";"))
	}
}

// least is how many sizes every printed subset has to keep, of possible victims and referrals more.
const least = 5

const nobodyKnows = int64(1) << 40

func (a *attacker) top(name string) int64 {
	if h, ok := a.high[name]; ok {
		return h
	}
	return nobodyKnows
}

// narrow derives until nothing follows any more.
func (a *attacker) narrow() {
	for moved := true; moved; {
		moved = false
		for _, s := range a.sums {
			var low, high int64
			for _, p := range s[1:] {
				low, high = low+a.low[p], high+a.top(p)
			}
			moved = a.tighten(s[0], low, high) || moved
			for _, p := range s[1:] {
				moved = a.tighten(p, a.low[s[0]]-(high-a.top(p)), a.top(s[0])-(low-a.low[p])) || moved
			}
		}
	}
}

func (a *attacker) tighten(name string, low, high int64) (moved bool) {
	if a.low[name] > a.top(name) {
		return false // no size is left, and nothing more follows from that
	}
	if low > a.low[name] {
		a.low[name], moved = low, true
	}
	if high < a.top(name) {
		a.high[name], moved = high, true
	}
	return moved
}

// found gives the subsets of which too few sizes are left.
func (a *attacker) found() (names []string) {
	a.overTime()
	a.narrow()
	for name, base := range a.told {
		base = max(base, least) // whatever a document says of itself
		if a.top(name)-a.low[name]+1 < base {
			names = append(names, fmt.Sprintf("%s is %d to %d", name, a.low[name], a.top(name)))
		}
	}
	sort.Strings(names)
	return names
}
