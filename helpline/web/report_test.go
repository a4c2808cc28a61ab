package web

import (
	"archive/zip"
	"bytes"
	"cmp"
	"context"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"

	"adviceline/helpline"
	"adviceline/helpline/disclose"

	"github.com/xuri/excelize/v2"
)

// archive stands for the store of released statistics.
type archive struct {
	inside disclose.Counts
	tables map[disclose.Period][]disclose.Frozen
	fail   error
}

func (s archive) PublishedPeriods(context.Context) ([]disclose.Period, error) {
	var all []disclose.Period
	for p := range s.tables {
		all = append(all, p)
	}
	slices.Sort(all)
	slices.Reverse(all)
	return all, s.fail
}

func (s archive) Inside(context.Context) ([]disclose.Inside, error) {
	return disclose.SumInside(s.inside), s.fail
}

func (s archive) Frozen(_ context.Context, p disclose.Period) ([]disclose.Frozen, error) {
	if s.tables[p] == nil {
		return nil, helpline.ErrNotFound
	}
	return s.tables[p], s.fail
}

func (s archive) Report(_ context.Context, table string, p disclose.Period) (text, csv []byte, err error) {
	if _, err := disclose.Find(table); err != nil || s.fail != nil {
		return nil, nil, cmp.Or(s.fail, err)
	}
	if s.tables[p] == nil {
		return nil, nil, helpline.ErrNotFound
	}
	for _, f := range s.tables[p] {
		if f.Table == table && f.JSON != nil {
			return f.JSON, f.CSV, nil
		}
	}
	return nil, nil, disclose.ErrWithheld
}

// shelved is two quarters and their half-year, with a table of one dimension, one of two, and one withheld.
func shelved(t *testing.T) archive {
	t.Helper()
	s := archive{tables: map[disclose.Period][]disclose.Frozen{}}
	for _, p := range []disclose.Period{"2026Q1", "2026Q2", "2026H1"} {
		for _, name := range []string{"wait_lane", "topic"} {
			plan, err := disclose.Find(name)
			if err != nil {
				t.Fatal(err)
			}
			x := disclose.Published{Table: name, Period: p, Base: 5, Total: disclose.Cell{Count: 40, Low: 36, High: 44}}
			for _, a := range plan.Dims[0].Codes {
				codes := []string{a}
				if len(plan.Dims) > 1 {
					codes = append(codes, plan.Dims[1].Codes[0])
				}
				x.Cells = append(x.Cells, disclose.Cell{Codes: codes, Count: 10, Low: 6, High: 14})
			}
			text, err := x.JSON()
			if err != nil {
				t.Fatal(err)
			}
			csv, err := x.CSV()
			if err != nil {
				t.Fatal(err)
			}
			s.tables[p] = append(s.tables[p], disclose.Frozen{Table: name, JSON: text, CSV: csv})
		}
		s.tables[p] = append(s.tables[p], disclose.Frozen{Table: "weekday"})
	}
	return s
}

func withReports(t *testing.T, role string, s Reports) (*house, map[string]string) {
	t.Helper()
	h := newHouse(t, func(o *Options) { o.Reports = s })
	if r := h.do(t, call{"POST", "/api/v1/session", `{"name":"` + role + `","password":"right"}`, nil}); r.status != 204 {
		t.Fatal(r.body)
	}
	return h, map[string]string{"Cookie": "adviceline=session-of-" + role, "Accept-Language": "sv"}
}

const half = "?period=2026H1"

func TestReports(t *testing.T) {
	t.Parallel()
	s := shelved(t)
	h, auth := withReports(t, "supervisor", s)
	get := func(path string) reply { return h.do(t, call{"GET", path, "", auth}) }
	if r := get("/api/v1/reports"); r.status != 200 || !strings.Contains(r.body, `"periods":["2026Q2","2026Q1","2026H1"]`) || strings.Count(r.body, `"table":`) != len(disclose.Plan()) {
		t.Errorf("the plan: %d %s", r.status, r.body)
	}
	frozen := s.tables["2026H1"][1]
	if r := get("/api/v1/reports/topic" + half); r.body != string(frozen.JSON) {
		t.Errorf("not the frozen bytes: %s", r.body)
	}
	if r := get("/api/v1/reports/topic.csv" + half); r.body != string(frozen.CSV) || !strings.Contains(r.header.Get("Content-Disposition"), "topic-2026H1.csv") {
		t.Errorf("not the frozen bytes: %s", r.body)
	}
	book := sheets(t, get("/api/v1/reports/wait_lane.xlsx"+half).body)
	if rows := book["wait_lane"]; len(rows) < 4 || rows[2][0] != "Väntan" || rows[2][2] != "Tal" || rows[3][0] != "under 1 min" || rows[3][1] != "Fara" || rows[3][2] != "10" || rows[3][3] != "6" || rows[3][4] != "14" {
		t.Errorf("the workbook holds %q", rows)
	}
	if again := sheets(t, get("/api/v1/reports/wait_lane.xlsx"+half).body); !reflect.DeepEqual(again, book) {
		t.Errorf("the same table has other cell values: %q", again)
	}
	_, csv, _ := s.Report(t.Context(), "wait_lane", "2026H1")
	for i, line := range strings.Split(strings.TrimSpace(string(csv)), "\n")[1:] { // the workbook has the figures of the frozen bytes
		if rows := book["wait_lane"]; i+3 >= len(rows) || !strings.HasSuffix(strings.TrimSpace(line), ","+strings.Join(rows[i+3][2:], ",")) {
			t.Errorf("line %d is %s, the workbook holds %q", i, line, rows)
		}
	}
	if book := sheets(t, get("/api/v1/reports/book"+half).body); len(book) != 3 || !strings.Contains(strings.Join(slices.Concat(book["method"]...), "|"), "Kan inte visas utan risk") {
		t.Errorf("the workbook of everything: %q", book["method"])
	}
	for _, x := range []struct {
		path   string
		status int
		code   string
	}{
		{"topic?period=2031Q1", 404, "not_found"}, {"secrets" + half, 404, "not_found"}, {"topic.pdf" + half, 404, "not_found"},
		{"weekday" + half, 409, "withheld"}, {"weekday.csv" + half, 409, "withheld"},
		{"topic?period=2026h1", 422, "invalid_value"}, {"topic", 422, "invalid_value"}, {"pack?period=x", 422, "invalid_value"}, {"book?period=x", 422, "invalid_value"},
		{"topic" + half + "&adviser=aino", 400, "unknown_field"}, {"topic" + half + "&period=2026", 400, "unknown_field"}, {"topic?%zz", 400, "malformed"},
		{"inside" + half, 400, "unknown_field"}, {"inside?%zz", 400, "malformed"},
		{"pack" + half + "&x=1", 400, "unknown_field"}, {"book?x=1", 400, "unknown_field"}, {"?x=1", 400, "unknown_field"},
		{"pack?period=2031H1", 404, "not_found"}, {"book?period=2031H1", 404, "not_found"},
	} {
		if r := get(strings.Replace("/api/v1/reports/"+x.path, "/?", "?", 1)); r.status != x.status || r.field(t, "code") != x.code {
			t.Errorf("%s: %d %s", x.path, r.status, r.body)
		}
	}
}

// sheets reads a workbook back: cell values by sheet.
func sheets(t *testing.T, file string) map[string][][]string {
	t.Helper()
	f, err := excelize.OpenReader(strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	out := map[string][][]string{}
	for _, name := range f.GetSheetList() {
		if out[name], err = f.GetRows(name); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// TestPackHoldsAllOfAHalfYear: its quarters too, as frozen bytes, the method in every language, and what is withheld.
func TestPackHoldsAllOfAHalfYear(t *testing.T) {
	t.Parallel()
	s := shelved(t)
	h, auth := withReports(t, "supervisor", s)
	r := h.do(t, call{"GET", "/api/v1/reports/pack" + half, "", auth})
	z, err := zip.NewReader(strings.NewReader(r.body), int64(len(r.body)))
	if err != nil {
		t.Fatal(r.status, err)
	}
	files := map[string][]byte{}
	for _, f := range z.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if files[f.Name], err = io.ReadAll(in); err != nil {
			t.Fatal(err)
		}
		_ = in.Close()
	}
	for p, tables := range s.tables {
		for _, f := range tables {
			if f.JSON != nil && (!bytes.Equal(files[string(p)+"/"+f.Table+".json"], f.JSON) || !bytes.Equal(files[string(p)+"/"+f.Table+".csv"], f.CSV)) {
				t.Errorf("%s of %s is not in the pack as it was frozen", f.Table, p)
			}
		}
	}
	if got := string(files["withheld.csv"]); strings.Count(got, "weekday,"+disclose.Reason) != 3 {
		t.Errorf("withheld: %s", got)
	}
	for lang, word := range map[string]string{"fi": "yhteydenottoja", "sv": "kontakter", "en": "contacts"} {
		if !strings.Contains(string(files["method."+lang+".txt"]), word) || len(files["2026Q1/tables."+lang+".xlsx"]) == 0 {
			t.Errorf("no method or no workbook in %s", lang)
		}
	}
}

func TestReportsAreForSupervisors(t *testing.T) {
	t.Parallel()
	paths := []string{"/api/v1/reports", "/api/v1/reports/inside", "/api/v1/reports/pack" + half, "/api/v1/reports/book" + half, "/api/v1/reports/topic" + half, "/board/reports", "/board/reports/2026H1"}
	h, auth := withReports(t, "adviser", shelved(t))
	for _, path := range paths {
		if r := h.do(t, call{"GET", path, "", auth}); r.status != 403 {
			t.Errorf("%s as an adviser: %d", path, r.status)
		}
		r := h.do(t, call{"GET", path, "", nil})
		if page := strings.HasPrefix(path, "/board/"); page && (r.status != 303 || r.header.Get("Location") != "/board") || !page && r.status != 401 {
			t.Errorf("%s signed out: %d", path, r.status)
		}
	}
	for _, s := range []Reports{nil, archive{fail: helpline.ErrBusy, tables: shelved(t).tables}} {
		h, auth := withReports(t, "supervisor", s)
		for _, path := range paths {
			if r := h.do(t, call{"GET", path, "", auth}); r.status != 503 {
				t.Errorf("%s without a store: %d", path, r.status)
			}
		}
	}
}

func TestReportsPage(t *testing.T) {
	t.Parallel()
	h, auth := withReports(t, "supervisor", shelved(t))
	if r := h.do(t, call{"GET", "/board/reports", "", auth}); r.status != 200 || !strings.Contains(r.body, `href="/board/reports/2026Q2"`) || !strings.Contains(r.body, "2026, kvartal 2") {
		t.Errorf("%d %s", r.status, r.body)
	}
	r := h.do(t, call{"GET", "/board/reports/2026H1", "", auth})
	for _, want := range []string{"cirka 10", "6–14", "Väntan × Fil i kön", "Kontakter i kön: Veckodag", "Kan inte visas", "topic.xlsx?period=2026H1", `<th scope="row">`} {
		if !strings.Contains(r.body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if r := h.do(t, call{"GET", "/board/reports/2031", "", auth}); r.status != 404 {
		t.Errorf("not published: %d", r.status)
	}
	empty, auth := withReports(t, "supervisor", archive{})
	if r := empty.do(t, call{"GET", "/board/reports", "", auth}); r.status != 200 || !strings.Contains(r.body, "Ingenting har publicerats") {
		t.Errorf("%d %s", r.status, r.body)
	}
}

// TestSumsSinceTheLastRelease: rounded to ten, every code of a table, none about possible victims, and nowhere else.
func TestSumsSinceTheLastRelease(t *testing.T) {
	t.Parallel()
	s := shelved(t)
	s.inside = disclose.Counts{"topic": {"legal": 123, "services": 4}, "sex": {"female": 770}, "channel_role": {"phone/self": 770}}
	h, auth := withReports(t, "supervisor", s)
	r := h.do(t, call{"GET", "/api/v1/reports/inside", "", auth})
	if !strings.Contains(r.body, `{"code":"legal","count":120}`) || !strings.Contains(r.body, `{"code":"services","count":0}`) || !strings.Contains(r.body, `"total":130`) || strings.Contains(r.body, "770") {
		t.Errorf("%d %s", r.status, r.body)
	}
	page := h.do(t, call{"GET", "/board/reports", "", auth}).body
	if !strings.Contains(page, "avrundat till 10") || !strings.Contains(page, `<td class="count">120</td>`) || strings.Contains(page, "770") || strings.Contains(page, "inside-sex") {
		t.Errorf("the page: %s", page)
	}
	for _, path := range []string{"/board/reports/2026H1", "/api/v1/reports/topic" + half, "/api/v1/reports/topic.csv" + half, "/api/v1/reports"} {
		if r := h.do(t, call{"GET", path, "", auth}); r.status != 200 || strings.Contains(r.body, "120") || strings.Contains(r.body, "inside") {
			t.Errorf("%s: %d %s", path, r.status, r.body)
		}
	}
	if book := sheets(t, h.do(t, call{"GET", "/api/v1/reports/topic.xlsx" + half, "", auth}).body); strings.Contains(strings.Join(slices.Concat(book["topic"]...), "|"), "120") {
		t.Errorf("the workbook holds %q", book)
	}
	pack := h.do(t, call{"GET", "/api/v1/reports/pack" + half, "", auth})
	bare := shelved(t)
	other, auth := withReports(t, "supervisor", bare)
	if without := other.do(t, call{"GET", "/api/v1/reports/pack" + half, "", auth}); !reflect.DeepEqual(packed(t, pack.body), packed(t, without.body)) {
		t.Error("the pack is another")
	}
}

// packed gives the checksum of each file of a pack by its name.
func packed(t *testing.T, file string) map[string]uint32 {
	t.Helper()
	z, err := zip.NewReader(strings.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	sums := map[string]uint32{}
	for _, f := range z.File {
		if sums[f.Name] = f.CRC32; strings.HasSuffix(f.Name, ".xlsx") {
			sums[f.Name] = 0 // holds when it was made
		}
	}
	return sums
}

// TestEveryCodeOfAReportHasAWord: no table, dimension or code is shown as it stands in the program.
func TestEveryCodeOfAReportHasAWord(t *testing.T) {
	t.Parallel()
	p := newPages(t)
	for _, lang := range PageLanguages() {
		v := view{pages: p, Lang: lang}
		if reason := v.say("rp.reason", nil); strings.ContainsAny(reason, "0123456789") {
			t.Errorf("the reason why a table is withheld tells a count in %s: %s", lang, reason)
		}
		for _, table := range disclose.Plan() {
			if title := v.title(table.Name); strings.Contains(title, "_") || v.say("rp.of_"+table.Population, nil) == "" {
				t.Errorf("%s is called %s in %s", table.Name, title, lang)
			}
			for _, d := range table.Dims {
				for _, code := range d.Codes {
					if v.label(d, code) == code {
						t.Errorf("%s=%s has no word in %s", d.Name, code, lang)
					}
				}
			}
		}
	}
}
