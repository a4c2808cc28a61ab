package disclose

import (
	"encoding/json"
	"fmt"
	"sort"
	"strings"
	"testing"

	"adviceline/helpline/codes"
)

// attacker knows every published table as JSON and nothing else of this package's making: it builds its own
// equations from the names of dimensions and codes, and narrows what each subset can be.
type attacker struct {
	low, high map[string]int64
	told      map[string]int64 // base of what is printed
	sums      [][]string       // the first is the sum of the others
	codes     map[string]map[string]bool
	cells     map[string]bool
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
	}
	return "outcomes"
}

func attack(t *testing.T, texts [][]byte) *attacker {
	t.Helper()
	a := &attacker{low: map[string]int64{}, high: map[string]int64{}, told: map[string]int64{}, codes: map[string]map[string]bool{}, cells: map[string]bool{}}
	for _, text := range texts {
		var r readTable
		if err := json.Unmarshal(text, &r); err != nil {
			t.Fatal(err)
		}
		a.learn(t, r)
	}
	return a
}

// learn takes a table in: windows of its cells, and that they add up.
func (a *attacker) learn(t *testing.T, r readTable) {
	t.Helper()
	head := family(r.Table) + "|" + r.Period + "|"
	whole := a.window(head, r.Total, r.Base)
	parts := []string{whole}
	lines := map[string][]string{}
	for _, c := range r.Cells {
		name := a.window(head, c, r.Base)
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
		return
	}
	a.sums = append(a.sums, parts)
	for margin, cells := range lines {
		a.sums = append(a.sums, append([]string{margin}, cells...))
	}
	for _, fine := range [][2]string{{"language", "language_group"}, {"age_group", "age_class"}} {
		groups := map[string][]string{}
		for _, c := range r.Cells {
			code, ok := c[fine[0]].(string)
			if !ok || len(parts) < 2 {
				continue
			}
			list := map[string]*codes.List{"language": codes.Language, "age_group": codes.AgeGroup}[fine[0]]
			group := list.Group(code)
			if group == "" {
				group = code
			}
			groups[group] = append(groups[group], head+fine[0]+"="+code)
		}
		for group, own := range groups {
			a.sums = append(a.sums, append([]string{head + fine[1] + "=" + group}, own...))
		}
	}
}

// window notes a printed figure and gives its subset's name.
func (a *attacker) window(head string, c map[string]any, base int64) string {
	var conditions []string
	for name, v := range c {
		if code, ok := v.(string); ok {
			conditions = append(conditions, name+"="+code)
		}
	}
	sort.Strings(conditions)
	name := head + strings.Join(conditions, "&")
	count := int64(c["count"].(float64))
	low, high := max(0, count-base+1), count+base-1
	if old, ok := a.low[name]; ok && (old != low || a.high[name] != high) {
		a.low[name], a.high[name] = max(old, low), min(a.high[name], high) // two draws of one subset: a gift
	} else {
		a.low[name], a.high[name] = low, high
	}
	a.told[name] = base
	return name
}

// overTime says that longer periods are the sums of shorter ones, for every subset told of any.
func (a *attacker) overTime() {
	parts := map[string][2]string{"H1": {"Q1", "Q2"}, "H2": {"Q3", "Q4"}, "": {"H1", "H2"}}
	for name := range a.told {
		f := strings.SplitN(name, "|", 3)
		if f[0] != "victims" {
			year := f[1][:4]
			for end, own := range parts {
				a.cells[fmt.Sprintf("%s|%s%s|%s;%s|%s%s|%s;%s|%s%s|%s", f[0], year, end, f[2], f[0], year, own[0], f[2], f[0], year, own[1], f[2])] = true
			}
		}
	}
	for sum := range a.cells {
		a.sums = append(a.sums, strings.Split(sum, ";"))
	}
}

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
		if a.top(name)-a.low[name]+1 < base {
			names = append(names, fmt.Sprintf("%s is %d to %d", name, a.low[name], a.top(name)))
		}
	}
	sort.Strings(names)
	return names
}

// TestAttackerIsNoFool: where the gate is left out, the attacker finds people.
func TestAttackerIsNoFool(t *testing.T) {
	t.Parallel()
	table := func(name string, total int, cells string) []byte {
		return fmt.Appendf(nil, `{"table":%q,"period":"2026Q1","base":5,"total":{"count":%d},"cells":[%s]}`, name, total, cells)
	}
	for name, texts := range map[string][][]byte{
		"all but one are full": {table("topic", 20, `{"topic_group":"legal","count":0},{"topic_group":"work","count":0},{"topic_group":"other","count":0},{"topic_group":"safety","count":0}`)},
		"a part larger than its whole": {
			table("language", 20, `{"language":"fi","count":15},{"language":"sv","count":5}`),
			table("channel_language", 20, `{"channel":"phone","language_group":"sv","count":10},{"channel":"sms","language_group":"sv","count":0},{"channel":"sms","language_group":"fi","count":15}`),
		},
		"two draws of one subset": {table("topic", 5, `{"topic_group":"legal","count":5}`), table("topic", 5, `{"topic_group":"legal","count":10}`)},
	} {
		if names := attack(t, texts).found(); len(names) == 0 {
			t.Errorf("%s: nothing found", name)
		}
	}
}
