package disclose

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/xuri/excelize/v2"
)

// Words are what a workbook says beside its figures, in one language.
type Words struct {
	Language string
	Title    func(table string) string
	Label    func(d Dimension, code string) string
	Heads    func(dimension string) string
	Figures  [3]string // headings of count, low, high
	Total    string
	Method   []string // lines of the first sheet
	Withheld string   // heading of what cannot be shown
	Reason   string
}

// Workbook writes tables, the method and what is withheld as one spreadsheet (XLSX): a sheet per table. Equal
// tables give equal cell values; the bytes around them are the library's.
func Workbook(p Publication, w Words) ([]byte, error) {
	f := excelize.NewFile()
	defer func() { _ = f.Close() }()
	const first = "method"
	if err := f.SetSheetName("Sheet1", first); err != nil {
		return nil, fmt.Errorf("write workbook: %w", err)
	}
	rows := [][]string{{string(p.Period)}, {Method}}
	for _, line := range w.Method {
		rows = append(rows, []string{line})
	}
	if len(p.Withheld) > 0 {
		rows = append(rows, nil, []string{w.Withheld})
		for _, x := range p.Withheld {
			rows = append(rows, []string{w.Title(x.Table), w.Reason})
		}
	}
	if err := sheet(f, first, rows); err != nil {
		return nil, err
	}
	for _, t := range p.Tables {
		if _, err := f.NewSheet(t.Table); err != nil {
			return nil, fmt.Errorf("write workbook: %w", err)
		}
		if err := sheet(f, t.Table, append([][]string{{w.Title(t.Table)}, nil}, t.Labelled(w)...)); err != nil {
			return nil, err
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		return nil, fmt.Errorf("write workbook: %w", err)
	}
	return b.Bytes(), nil
}

// sheet writes rows; what reads as a whole number is one.
func sheet(f *excelize.File, name string, rows [][]string) error {
	s, err := f.NewStreamWriter(name)
	if err != nil {
		return fmt.Errorf("write sheet: %w", err)
	}
	for i, row := range rows {
		values := make([]any, len(row))
		for j, text := range row {
			values[j] = text
			if n, err := strconv.ParseInt(text, 10, 64); err == nil && j > 0 {
				values[j] = n
			}
		}
		if err := s.SetRow("A"+strconv.Itoa(i+1), values); err != nil {
			return fmt.Errorf("write sheet: %w", err)
		}
	}
	if err := s.Flush(); err != nil {
		return fmt.Errorf("write sheet: %w", err)
	}
	return nil
}

// Labelled gives header, cells and total in words instead of codes.
func (t Published) Labelled(w Words) [][]string {
	plan, err := Find(t.Table)
	if err != nil {
		return nil
	}
	rows := t.rows()
	for i, row := range rows {
		for j, d := range plan.Dims {
			switch {
			case i == 0:
				row[j] = w.Heads(d.Name)
			case i == len(rows)-1 && j == 0:
				row[j] = w.Total
			case i < len(rows)-1:
				row[j] = w.Label(d, row[j])
			}
		}
	}
	copy(rows[0][len(plan.Dims):], w.Figures[:])
	return rows
}
