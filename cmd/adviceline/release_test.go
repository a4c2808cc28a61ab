package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// TestReleaseOfAFile: outcomes as lines in, tables as JSON out; each figure is a multiple of its base, one of a kind is
// not found, and what one house alone brought is not shown.
func TestReleaseOfAFile(t *testing.T) {
	t.Parallel()
	var lines strings.Builder
	for i := range 600 {
		fmt.Fprintf(&lines, `{"role":%q,"channel":"phone","language":"fi","topic":"legal","assessment":"unlikely","outcome":["advice_given"],"more":1}`+"\n",
			[]string{"self", "ngo", "relative_friend", "bystander"}[i%4])
	}
	for i := range 120 {
		sector, role := []string{"restaurant", "cleaning", "care"}[i%3], []string{"self", "ngo", "bystander", "guardian"}[i%4]
		if i < 40 {
			sector, role = "mining", "authority"
		}
		fmt.Fprintf(&lines, `{"role":%q,"channel":"webchat","topic":"work_conditions","matter":"new","assessment":"likely","sector":%q,"sex":"male","at":"2026-05-03T10:00:00Z","outcome":["signposted"]}`+"\n", role, sector)
	}
	lines.WriteString(`{"role":"guardian","matter":"new","assessment":"likely","sector":"fishing","sex":"other","outcome":["no_language"]}` + "\n")
	lines.WriteString(`{"outcome":["misuse"],"at":"2025-05-03T10:00:00Z"}` + "\n")
	var out, errs bytes.Buffer
	code := run(t.Context(), terminal{in: strings.NewReader(lines.String()), out: &out, err: &errs}, []string{"release", "--from", "-", "--period", "2026"})
	var pub struct {
		Period string
		Tables []struct {
			Table string
			Base  int64
			Total struct{ Count int64 }
			Cells []map[string]any
		}
		Withheld []map[string]string
	}
	if err := json.Unmarshal(out.Bytes(), &pub); code != 0 || err != nil || pub.Period != "2026" || len(pub.Tables) < 15 {
		t.Fatalf("%d, %v, %d tables, %s", code, err, len(pub.Tables), errs.String())
	}
	for _, table := range pub.Tables {
		for _, c := range table.Cells {
			if n := int64(c["count"].(float64)); n%table.Base != 0 {
				t.Errorf("%s: %v", table.Table, c)
			}
			if c["sector"] == "mining" || c["sector"] == "fishing" && c["low"].(float64) > 1 {
				t.Errorf("shown: %v", c)
			}
		}
	}
}

func TestReleaseRefuses(t *testing.T) {
	t.Parallel()
	for in, words := range map[string][]string{
		`{"outcome":["misuse"]}`:                  {"release", "--from", "-", "--period", "2026Q7"},
		`{"outcome":["input_w"]}`:                 {"release", "--from", "-", "--period", "2026"},
		`{"outcome":"input_w"}`:                   {"release", "--from", "-", "--period", "2026"},
		`input_w`:                                 {"release", "--from", "-", "--period", "2026"},
		`{"role":"input_w","outcome":["misuse"]}`: {"release", "--from", "-", "--period", "2026"},
		strings.Repeat(" ", maxLine+1):            {"release", "--from", "-", "--period", "2026"},
		`{"outcome":["misuse"]} `:                 {"release", "--period", "2026"},
		`{"outcome":["misuse"]}  `:                {"release", "--from", "/no/such/file", "--period", "2026"},
		`{"outcome":["misuse"]}   `:               {"release", "--from", "-", "--period", "2026", "--base", "3"},
	} {
		var out, errs bytes.Buffer
		code := run(t.Context(), terminal{in: strings.NewReader(in), out: &out, err: &errs}, words)
		if code != 2 || out.Len() > 0 || strings.Contains(errs.String(), "input_w") {
			t.Errorf("%v: %d, %q, %q", words, code, out.String(), errs.String())
		}
	}
}
