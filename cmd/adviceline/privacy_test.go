package main

import (
	"encoding/json"
	"strings"
	"testing"

	"adviceline/helpline"
	"adviceline/helpline/web"
)

// TestPrivacyReport: every store of the one table is told, with its figures, to people and to programs; it makes no key.
func TestPrivacyReport(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	status, out, errs := e.run("", "privacy", "report", "--json")
	var b web.PrivacyBody
	if err := json.Unmarshal([]byte(out), &b); status != 0 || err != nil || len(b.Stores) != len(helpline.Kept()) || len(b.Keys) != 0 || len(b.Live) != 7 {
		t.Fatalf("%d %v %s %s", status, err, out, errs)
	}
	for i, k := range helpline.Kept() {
		if b.Stores[i].Store != k.Name || (b.Stores[i].Rows != nil) != (len(k.Tables) > 0) {
			t.Errorf("%s is told as %+v", k.Name, b.Stores[i])
		}
	}
	status, out, errs = e.run("", "privacy", "report")
	if status != 0 || strings.Count(out, "  holds   ") != len(helpline.Kept()) || !strings.Contains(out, "deleted after 90 days") || !strings.Contains(out, "Flush: last look -") ||
		!strings.Contains(out, "Redis: contacts 0, oldest -") {
		t.Errorf("%d %s %s", status, out, errs)
	}
	for _, words := range [][]string{{"privacy"}, {"privacy", "more"}, {"privacy", "report", "x"}} {
		if status, _, _ := e.run("", words...); status != 2 {
			t.Errorf("%v: %d", words, status)
		}
	}
}
