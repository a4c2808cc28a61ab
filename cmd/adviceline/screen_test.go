package main

import (
	"bytes"
	"strings"
	"testing"
)

func screenedBy(t *testing.T, in string, args ...string) (status int, out, fault string) {
	t.Helper()
	var o, e bytes.Buffer
	status = run(t.Context(), terminal{in: strings.NewReader(in), out: &o, err: &e}, append([]string{"screen"}, args...))
	return status, o.String(), e.String()
}

func TestScreenReadsLinesAndTellsNoText(t *testing.T) {
	t.Parallel()
	in := `{"text": "ääni <131052-308T> & 112"}` + "\n" + `{"text": "Soita 0295 463 177"}` + "\n"
	status, out, fault := screenedBy(t, in, "--json")
	want := `{"redacted":"ääni <[personal_identity_code]> & 112","findings":[{"type":"personal_identity_code","start":6,"end":17}]}` + "\n" +
		`{"redacted":"Soita 0295 463 177","findings":[]}` + "\n"
	if status != 0 || out != want || fault != "" {
		t.Errorf("%d %q\n%s", status, fault, out)
	}
}

func TestScreenRefusesOtherLines(t *testing.T) {
	t.Parallel()
	for _, in := range []string{"sentinel\n", `{"text":"a","sentinel":1}` + "\n", `{"text":null}` + "\n", `{}` + "\n", "\n", `{"text":"` + strings.Repeat("a", longestLine) + `"}`} {
		status, out, fault := screenedBy(t, in, "--json")
		if status != 2 || out != "" || strings.Contains(fault, "sentinel") {
			t.Errorf("%.40q: %d %q %q", in, status, out, fault)
		}
	}
	for _, args := range [][]string{{}, {"--json", "more"}} {
		if status, _, _ := screenedBy(t, "", args...); status != 2 {
			t.Errorf("%v: status %d", args, status)
		}
	}
}
