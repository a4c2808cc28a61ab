// Package wiretest holds what a test saw on the wire against the documents of package wire, both
// ways: what the server tells must be documented to the field, and what it takes or refuses the
// document must take or refuse. It keeps what it has met, so that a test can ask for what is
// documented but never happens. Only tests import it.
package wiretest

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// met is what has been seen; safe for concurrent use.
type met struct {
	mu   sync.Mutex
	seen map[string]bool
}

func (m *met) note(what string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.seen == nil {
		m.seen = map[string]bool{}
	}
	m.seen[what] = true
}

// unmet gives, sorted, which of all were not seen.
func (m *met) unmet(all []string) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	left := map[string]bool{}
	for _, what := range all {
		if !m.seen[what] {
			left[what] = true
		}
	}
	return slices.Sorted(maps.Keys(left))
}

// closed gives a document in which no object may have members that are not named: clients read
// tolerantly, tests do not.
func closed(raw []byte) (map[string]any, error) {
	var doc map[string]any
	if err := json.Unmarshal(raw, &doc); err != nil {
		return nil, err
	}
	shut(doc)
	return doc, nil
}

func shut(node any) {
	switch v := node.(type) {
	case map[string]any:
		_, object := v["properties"].(map[string]any)
		if _, said := v["additionalProperties"]; object && !said {
			v["additionalProperties"] = false
		}
		for key, child := range v {
			if key != "if" && key != "then" {
				shut(child)
			}
		}
	case []any:
		for _, child := range v {
			shut(child)
		}
	}
}

// Shape gives the JSON members of a struct, sorted: all of them, and those always written. Pad is
// left out.
func Shape(v any) (all, always []string) {
	t := reflect.TypeOf(v)
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && name == "" {
			a, b := Shape(reflect.Zero(f.Type).Interface())
			all, always = append(all, a...), append(always, b...)
			continue
		}
		if name == "pad" {
			continue
		}
		all = append(all, name)
		if !strings.Contains(options, "omit") {
			always = append(always, name)
		}
	}
	slices.Sort(all)
	slices.Sort(always)
	return all, always
}

// fields is Shape of an object of a document.
func fields(schema map[string]any) (all, always []string) {
	properties, _ := schema["properties"].(map[string]any)
	required, _ := schema["required"].([]any)
	for name := range properties {
		if name != "pad" {
			all = append(all, name)
		}
	}
	for _, name := range required {
		s, _ := name.(string)
		always = append(always, s)
	}
	slices.Sort(all)
	slices.Sort(always)
	return all, always
}
