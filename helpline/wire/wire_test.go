package wire_test

import (
	"encoding/json"
	"slices"
	"testing"

	"adviceline/helpline/codes"
	"adviceline/helpline/wire"
)

// listed walks a document and gives every object that names a code list.
func listed(node any, visit func(map[string]any)) {
	switch v := node.(type) {
	case map[string]any:
		if _, ok := v["x-list"]; ok {
			visit(v)
		}
		for _, child := range v {
			listed(child, visit)
		}
	case []any:
		for _, child := range v {
			listed(child, visit)
		}
	}
}

func texts(v any) (out []string) {
	all, _ := v.([]any)
	for _, x := range all {
		s, _ := x.(string)
		out = append(out, s)
	}
	return out
}

// stale gives the lists whose enum in the document is not what the code list holds.
func stale(t *testing.T, raw []byte) (wrong []string, seen int) {
	t.Helper()
	var doc any
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	lists := codes.All()
	listed(doc, func(s map[string]any) {
		seen++
		name, _ := s["x-list"].(string)
		list, known := lists[name]
		if !known {
			wrong = append(wrong, "no list "+name)
			return
		}
		want := slices.DeleteFunc(list.Codes(), func(c string) bool { return slices.Contains(texts(s["x-without"]), c) })
		if plus, ok := s["x-plus"].(string); ok {
			for _, c := range lists[plus].Codes() {
				if !slices.Contains(want, c) {
					want = append(want, c)
				}
			}
		}
		if s["x-empty"] == true {
			want = append(want, "") // as if it were absent
		}
		if !slices.Equal(texts(s["enum"]), want) {
			wrong = append(wrong, name)
		}
	})
	return wrong, seen
}

func TestEnumsAreTheCodeLists(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		raw   []byte
		least int
	}{"openapi.json": {wire.OpenAPI(), 7}, "asyncapi.json": {wire.AsyncAPI(), 50}} {
		wrong, seen := stale(t, c.raw)
		if len(wrong) > 0 || seen < c.least {
			t.Errorf("%s: of %d enums these are not their code lists: %v", name, seen, wrong)
		}
	}
	if wrong, _ := stale(t, []byte(`{"x-list":"leave_kind","enum":["exit","done"]}`)); len(wrong) != 1 {
		t.Error("a missing code is not seen")
	}
}
