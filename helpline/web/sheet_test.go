package web

import (
	"context"
	"slices"
	"testing"

	"adviceline/helpline"
)

// drawer keeps sheets in memory.
type drawer struct {
	rows map[string][][]string
	fail error
}

func (d *drawer) Sheet(_ context.Context, name string) ([][]string, error) {
	return d.rows[name], d.fail
}
func (d *drawer) SetSheet(_ context.Context, name string, rows [][]string) error {
	if d.fail == nil {
		d.rows[name] = rows
	}
	return d.fail
}

func TestSheets(t *testing.T) {
	t.Parallel()
	d := &drawer{rows: map[string][][]string{}}
	h := newHouse(t, func(o *Options) { o.Sheets, o.Screen = d, func(s string) string { return s + "!" } })
	for _, role := range []string{"supervisor", "adviser"} {
		if r := h.do(t, call{"POST", "/api/v1/session", `{"name":"` + role + `","password":"right"}`, nil}); r.status != 204 {
			t.Fatal(r.body)
		}
	}
	as := func(role string) map[string]string {
		return map[string]string{"Cookie": "adviceline=session-of-" + role, "Origin": h.URL, "Content-Type": "application/json"}
	}
	put := func(name, rows string) reply {
		return h.do(t, call{"PUT", "/api/v1/sheets/" + name, `{"request_id":"` + reqA + `","rows":` + rows + `}`, as("supervisor")})
	}
	for range 2 {
		if r := put("canned", `[["fi","Hei","Hei"],["en","Hi","Hello"]]`); r.status != 204 {
			t.Fatal(r.status, r.body)
		}
	}
	if !slices.EqualFunc(d.rows["canned"], [][]string{{"fi", "Hei", "Hei!"}, {"en", "Hi", "Hello!"}}, slices.Equal) {
		t.Errorf("kept %v", d.rows["canned"])
	}
	want := `{"columns":["language","title","text"],"rows":[["fi","Hei","Hei!"],["en","Hi","Hello!"]]}` + "\n"
	if r := h.do(t, call{"GET", "/api/v1/sheets/canned", "", as("adviser")}); r.status != 200 || r.body != want {
		t.Errorf("an adviser reads %d %s", r.status, r.body)
	}
	if r := put("targets", `[["chat","60"],["alarm","300"]]`); r.status != 204 {
		t.Error(r.status, r.body)
	}
	for _, x := range [][2]string{
		{"canned", `[["fi","Hei"]]`}, {"canned", `[["xx","Hei","Hei"]]`}, {"canned", `[["fi","","Hei"]]`}, {"targets", `[["chat","4"]]`},
		{"targets", `[["chat","060"]]`}, {"targets", `[["chat","60"],["chat","70"]]`}, {"targets", `[["other","60"]]`},
	} {
		if r := put(x[0], x[1]); r.status != 422 || r.field(t, "code") != "sheet_refused" {
			t.Errorf("%s %s: %d %s", x[0], x[1], r.status, r.body)
		}
	}
	if r := put(sentinel, `[]`); r.status != 404 {
		t.Errorf("no such sheet: %d", r.status)
	}
	if r := h.do(t, call{"GET", "/api/v1/sheets/none", "", as("adviser")}); r.status != 404 {
		t.Errorf("no such sheet: %d", r.status)
	}
	if r := h.do(t, call{"PUT", "/api/v1/sheets/canned", `{"request_id":"` + reqA + `","rows":[]}`, as("adviser")}); r.status != 403 {
		t.Errorf("an adviser writes: %d", r.status)
	}
	if r := h.do(t, call{"PUT", "/api/v1/sheets/canned", `{"request_id":"1","rows":[]}`, as("supervisor")}); r.status != 422 {
		t.Errorf("an odd request: %d", r.status)
	}
	for _, m := range []string{"GET", "PUT"} {
		if r := h.do(t, call{m, "/api/v1/sheets/canned", `{"request_id":"` + reqA + `","rows":[]}`, map[string]string{"Content-Type": "application/json"}}); r.status != 401 {
			t.Errorf("%s by nobody: %d", m, r.status)
		}
	}
	d.fail = helpline.ErrBusy
	if r := put("canned", `[]`); r.status != 503 {
		t.Errorf("without Postgres: %d", r.status)
	}
	if r := h.do(t, call{"GET", "/api/v1/sheets/canned", "", as("adviser")}); r.status != 503 {
		t.Errorf("without Postgres: %d", r.status)
	}
	for body, status := range map[string]int{"{": 400, `{"rows":1}`: 400, `{"a":1}`: 400} {
		if r := h.do(t, call{"PUT", "/api/v1/sheets/canned", body, as("supervisor")}); r.status != status {
			t.Errorf("%s: %d", body, r.status)
		}
	}
	plain := as("supervisor")
	plain["Content-Type"] = "text/plain"
	if r := h.do(t, call{"PUT", "/api/v1/sheets/canned", "{}", plain}); r.status != 415 {
		t.Errorf("as text: %d", r.status)
	}
	foreign := as("supervisor")
	foreign["Origin"] = "https://elsewhere.example"
	if r := h.do(t, call{"PUT", "/api/v1/sheets/canned", "{}", foreign}); r.status != 403 {
		t.Errorf("from elsewhere: %d", r.status)
	}
}
