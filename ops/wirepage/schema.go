package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// schema is as much of JSON Schema as the documents use.
type schema struct {
	Ref         string `json:"$ref"`
	Type        types
	Description string
	List        string   `json:"x-list"`
	Plus        string   `json:"x-plus"`
	Without     []string `json:"x-without"`
	Empty       bool     `json:"x-empty"`
	Enum        []string
	Const       any
	Pattern     string
	Nullable    bool
	Items       *schema
	Required    []string
	Properties  map[string]*schema
	Minimum     *float64
	MaxLength   int
}

// types is one type or several.
type types []string

func (t *types) UnmarshalJSON(raw []byte) error {
	if raw[0] == '[' {
		return json.Unmarshal(raw, (*[]string)(t))
	}
	var one string
	err := json.Unmarshal(raw, &one)
	*t = types{one}
	return err
}

// write tells a named schema under a heading of its own.
func (s *schema) write(b *bytes.Buffer, name string) {
	fmt.Fprintf(b, "\n**%s**", name)
	if s.Description != "" {
		fmt.Fprintf(b, ". %s", s.Description)
	}
	b.WriteString("\n\n")
	if len(s.Properties) == 0 {
		fmt.Fprintf(b, "%s\n", s.inline())
		return
	}
	b.WriteString("| field | is | |\n|---|---|---|\n")
	for _, field := range s.order() {
		p := s.Properties[field]
		fmt.Fprintf(b, "| `%s`%s | %s | %s |\n", field, s.mark(field), p.inline(), p.Description)
	}
}

// order gives the required members first, as the document has them, then the others by name.
func (s *schema) order() []string {
	out := slices.Clone(s.Required)
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// mark is a question mark on what may be left out.
func (s *schema) mark(field string) string {
	if slices.Contains(s.Required, field) {
		return ""
	}
	return "?"
}

// members tells a frame in one cell; its type is the row, and padding is told once.
func (s *schema) members() string {
	var out []string
	for _, field := range s.order() {
		if field == "type" || field == "pad" {
			continue
		}
		out = append(out, "`"+field+"`"+s.mark(field)+" "+s.Properties[field].inline())
	}
	return strings.Join(out, "; ")
}

// inline tells a schema in some words.
func (s *schema) inline() string {
	text := strings.Join(s.Type, " or ")
	switch {
	case s.Ref != "":
		return "*" + s.Ref[strings.LastIndex(s.Ref, "/")+1:] + "*"
	case s.List != "":
		text = "code of " + s.List
		if len(s.Without) > 0 {
			text += " but " + strings.Join(s.Without, ", ")
		}
		if s.Plus != "" {
			text += " or " + s.Plus
		}
		if s.Empty {
			text += ", or empty"
		}
	case len(s.Enum) > 0:
		text = codeWords(s.Enum)
	case s.Const != nil:
		text = fmt.Sprintf("`%v`", s.Const)
	case s.Items != nil:
		text = "list of " + s.Items.inline()
	case s.Pattern != "":
		text += " `" + strings.ReplaceAll(s.Pattern, "|", `\|`) + "`"
	case len(s.Properties) > 0:
		text = "{" + s.members() + "}"
	case text == "":
		text = "anything"
	}
	if s.Nullable {
		text += " or null"
	}
	return text
}
