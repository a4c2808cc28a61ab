package disclose

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strconv"
)

// Cell is one published figure: the size of a subset, rounded, and the range in which the true one lies.
type Cell struct {
	Codes     []string // of the table's dimensions, in their order; none for the total
	Count     int64
	Low, High int64
}

// Published is one table of one period, as it is frozen.
type Published struct {
	Table  string
	Period Period
	Base   int64
	Total  Cell
	Cells  []Cell // in the order of the dimensions' codes; one with too few kinds of contributor is left out
}

// Withheld is a table that cannot be shown. The reason names neither cell nor count: it is the same for all.
type Withheld struct {
	Table  string `json:"table"`
	Period Period `json:"period"`
	Reason string `json:"reason"`
}

// Reason is the one reason why a table is withheld.
const Reason = "cannot_be_shown_without_risk"

// Method names how the figures were made; ops/docs/privacy.md tells it.
const Method = "fixed random rounding, one draw per subset and period; unit: contact, never summed to persons"

// Publication is all that a period gives.
type Publication struct {
	Period   Period
	Tables   []Published
	Withheld []Withheld
}

// MarshalJSON writes a table as the wire does: {table, period, method, base, total, cells [{dimension: code, ...,
// count, low, high}]}. Equal tables give equal bytes.
func (t Published) MarshalJSON() ([]byte, error) {
	plan, err := Find(t.Table)
	if err != nil {
		return nil, fmt.Errorf("write table: %w", err)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"table":%q,"period":%q,"method":%q,"base":%d,"total":`, t.Table, t.Period, Method, t.Base)
	write := func(c Cell) {
		b.WriteByte('{')
		for i, code := range c.Codes {
			fmt.Fprintf(&b, `%q:%q,`, plan.Dims[i].Name, code)
		}
		fmt.Fprintf(&b, `"count":%d,"low":%d,"high":%d}`, c.Count, c.Low, c.High)
	}
	write(t.Total)
	b.WriteString(`,"cells":[`)
	for i, c := range t.Cells {
		if i > 0 {
			b.WriteByte(',')
		}
		write(c)
	}
	b.WriteString("]}")
	return b.Bytes(), nil
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (t *Published) UnmarshalJSON(data []byte) error {
	var raw struct {
		Table  string
		Period Period
		Base   int64
		Total  map[string]any
		Cells  []map[string]any
	}
	if err := json.Unmarshal(data, &raw); err != nil {
		return fmt.Errorf("read table: %w", err)
	}
	plan, err := Find(raw.Table)
	if err != nil {
		return fmt.Errorf("read table: %w", err)
	}
	cell := func(m map[string]any, dims []Dimension) Cell {
		var c Cell
		for _, d := range dims {
			code, _ := m[d.Name].(string)
			c.Codes = append(c.Codes, code)
		}
		for name, to := range map[string]*int64{"count": &c.Count, "low": &c.Low, "high": &c.High} {
			n, _ := m[name].(float64)
			*to = int64(n)
		}
		return c
	}
	*t = Published{Table: raw.Table, Period: raw.Period, Base: raw.Base, Total: cell(raw.Total, nil)}
	for _, m := range raw.Cells {
		t.Cells = append(t.Cells, cell(m, plan.Dims))
	}
	return nil
}

// JSON gives the frozen bytes of a table.
func (t Published) JSON() ([]byte, error) { return json.Marshal(t) }

// CSV gives a table as comma-separated values with a header; the last line is the total.
func (t Published) CSV() ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	for _, row := range t.rows() {
		if err := w.Write(row); err != nil {
			return nil, fmt.Errorf("write table: %w", err)
		}
	}
	w.Flush()
	return b.Bytes(), w.Error()
}

// rows gives header, cells and total as text.
func (t Published) rows() [][]string {
	plan, err := Find(t.Table)
	if err != nil {
		return nil
	}
	var header []string
	for _, d := range plan.Dims {
		header = append(header, d.Name)
	}
	rows := [][]string{append(header, "count", "low", "high")}
	line := func(codes []string, c Cell) {
		rows = append(rows, append(codes, strconv.FormatInt(c.Count, 10), strconv.FormatInt(c.Low, 10), strconv.FormatInt(c.High, 10)))
	}
	for _, c := range t.Cells {
		line(append([]string(nil), c.Codes...), c)
	}
	total := make([]string, len(plan.Dims))
	total[0] = "total"
	line(total, t.Total)
	return rows
}

// MarshalJSON writes a whole period: {period, method, tables, withheld}.
func (p Publication) MarshalJSON() ([]byte, error) {
	tables, withheld := p.Tables, p.Withheld
	if tables == nil {
		tables = []Published{}
	}
	if withheld == nil {
		withheld = []Withheld{}
	}
	return json.Marshal(struct {
		Period   Period      `json:"period"`
		Method   string      `json:"method"`
		Tables   []Published `json:"tables"`
		Withheld []Withheld  `json:"withheld"`
	}{p.Period, Method, tables, withheld})
}
