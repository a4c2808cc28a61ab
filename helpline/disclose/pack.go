package disclose

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strings"
)

// Frozen is one table of a period as it was stored: bytes, or none where it is withheld.
type Frozen struct {
	Table     string
	JSON, CSV []byte
}

// Publish reads the frozen tables of a period, in the order of the plan.
func Publish(p Period, all []Frozen) (Publication, error) {
	texts := map[string][]byte{}
	for _, f := range all {
		texts[f.Table] = f.JSON
	}
	out := Publication{Period: p}
	for _, t := range Plan() {
		text, ok := texts[t.Name]
		switch {
		case !ok:
		case text == nil:
			out.Withheld = append(out.Withheld, Withheld{Table: t.Name, Period: p, Reason: Reason})
		default:
			var x Published
			if err := json.Unmarshal(text, &x); err != nil {
				return out, fmt.Errorf("read publication: %w", err)
			}
			out.Tables = append(out.Tables, x)
		}
	}
	return out, nil
}

// Part is one period of a pack.
type Part struct {
	Period Period
	Tables []Frozen
}

// Within tells whether a period is another one, or a shorter stretch of it: what a pack of that one holds.
func (p Period) Within(whole Period) bool { return p == whole || whole.contains(p) }

// Pack writes a zip file: every table of every part as its frozen JSON and CSV, a workbook of each part and how the
// figures are made in each language, and what cannot be shown. Equal parts give equal frozen bytes in it.
func Pack(parts []Part, languages []Words) ([]byte, error) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	put := func(name string, text []byte) error {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write(text)
		}
		return err
	}
	var err error
	for _, w := range languages {
		if err == nil {
			err = put("method."+w.Language+".txt", []byte(strings.Join(w.Method, "\n\n")+"\n\n"+w.Withheld+": "+w.Reason+"\n"))
		}
	}
	if err == nil {
		err = put("withheld.csv", withheldCSV(parts))
	}
	for _, p := range parts {
		if err == nil {
			err = p.put(put, languages)
		}
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("write pack: %w", err)
	}
	return b.Bytes(), nil
}

func (p Part) put(put func(name string, text []byte) error, languages []Words) error {
	folder := string(p.Period) + "/"
	for _, t := range p.Tables {
		if t.JSON == nil {
			continue
		}
		if err := put(folder+t.Table+".json", t.JSON); err != nil {
			return err
		}
		if err := put(folder+t.Table+".csv", t.CSV); err != nil {
			return err
		}
	}
	pub, err := Publish(p.Period, p.Tables)
	if err != nil {
		return err
	}
	for _, w := range languages {
		book, err := Workbook(pub, w)
		if err != nil {
			return err
		}
		if err := put(folder+"tables."+w.Language+".xlsx", book); err != nil {
			return err
		}
	}
	return nil
}

func withheldCSV(parts []Part) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write([]string{"period", "table", "reason"})
	for _, p := range parts {
		for _, t := range p.Tables {
			if t.JSON == nil {
				_ = w.Write([]string{string(p.Period), t.Table, Reason})
			}
		}
	}
	w.Flush()
	return b.Bytes()
}
