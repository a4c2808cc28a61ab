package main

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// openapi is what the page tells of the HTTP document.
type openapi struct {
	Info     struct{ Description string }
	Anywhere []string `json:"x-anywhere"`
	Problems []struct {
		Code, Means   string
		Status, Close int
		Retry         bool
	} `json:"x-problems"`
	Paths      map[string]map[string]operation
	Components struct{ Schemas map[string]*schema }
}

type operation struct {
	Summary     string
	Security    []map[string][]string
	Codes       []string `json:"x-codes"`
	RequestBody struct{ Content map[string]media }
	Responses   map[string]struct{ Content map[string]media }
}

type media struct{ Schema schema }

// methods in the order of the page.
var methods = []string{"get", "post", "delete"}

func (o openapi) write(b *bytes.Buffer) {
	fmt.Fprintf(b, "\n## HTTP\n\n%s\n\n", o.Info.Description)
	fmt.Fprintf(b, "x-anywhere: %s.\n\n| call | who | reads | answers | codes of its own |\n|---|---|---|---|---|\n", codeWords(o.Anywhere))
	for _, path := range slices.SortedFunc(maps.Keys(o.Paths), apiFirst) {
		for _, method := range methods {
			if op, ok := o.Paths[path][method]; ok {
				fmt.Fprintf(b, "| `%s %s`<br>%s | %s | %s | %s | %s |\n",
					strings.ToUpper(method), path, op.Summary, op.who(), reads(op.RequestBody.Content), op.answers(), codeWords(op.Codes))
			}
		}
	}
	b.WriteString("\n### Objects\n")
	for _, name := range slices.Sorted(maps.Keys(o.Components.Schemas)) {
		o.Components.Schemas[name].write(b, name)
	}
	b.WriteString("\n### Codes\n\nclose: how a contact's socket ends by it; none: it lives on.\n\n| code | status | close | retry | means |\n|---|---|---|---|---|\n")
	for _, p := range o.Problems {
		end := "none"
		if p.Close != 0 {
			end = fmt.Sprint(p.Close)
		}
		fmt.Fprintf(b, "| `%s` | %d | %s | %s | %s |\n", p.Code, p.Status, end, yes(p.Retry), p.Means)
	}
}

// apiFirst puts the pages after the calls.
func apiFirst(a, b string) int {
	api := func(path string) int {
		if strings.HasPrefix(path, "/api/") {
			return 0
		}
		return 1
	}
	return cmp.Or(cmp.Compare(api(a), api(b)), cmp.Compare(a, b))
}

func (op operation) who() string {
	for _, s := range op.Security {
		for name := range s {
			return name
		}
	}
	return "anyone"
}

func reads(content map[string]media) string {
	var out []string
	for _, kind := range slices.Sorted(maps.Keys(content)) {
		m := content[kind]
		text := m.Schema.inline()
		if kind != "application/json" {
			text += " (" + kind + ")"
		}
		out = append(out, text)
	}
	return strings.Join(out, " or ")
}

// answers gives the good ones; the others are told by the codes.
func (op operation) answers() string {
	var out []string
	for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
		if status >= "4" {
			continue
		}
		var kinds []string
		for kind, m := range op.Responses[status].Content {
			if kind == "application/json" && m.Schema.Ref != "" {
				kind = m.Schema.inline()
			}
			kinds = append(kinds, kind)
		}
		slices.Sort(kinds)
		out = append(out, strings.TrimSpace(status+" "+strings.Join(kinds, ", ")))
	}
	return strings.Join(out, "; ")
}

func codeWords(codes []string) string {
	if len(codes) == 0 {
		return ""
	}
	return "`" + strings.Join(codes, "` `") + "`"
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
