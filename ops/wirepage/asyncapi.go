package main

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// asyncapi is what the page tells of the sockets' document.
type asyncapi struct {
	Info     struct{ Description string }
	Channels map[string]struct {
		Address, Description string
		Close                []struct {
			Code    int
			Means   string
			Back    bool
			Reasons []string
		} `json:"x-close"`
	}
	Operations map[string]struct {
		Action   string
		Channel  reference
		Messages []reference
	}
	Components struct {
		Messages map[string]struct {
			Name, Summary string
			Payload       schema
		}
		Schemas map[string]*schema
	}
}

type reference struct {
	Ref string `json:"$ref"`
}

func (r reference) last() string { return r.Ref[strings.LastIndex(r.Ref, "/")+1:] }

func (a asyncapi) write(b *bytes.Buffer) {
	fmt.Fprintf(b, "\n## Sockets\n\n%s\n", a.Info.Description)
	for _, name := range []string{"contact", "console"} {
		c := a.Channels[name]
		fmt.Fprintf(b, "\n### %s: `%s`\n\n%s\n", name, c.Address, c.Description)
		a.frames(b, name, "receive", "The client sends")
		a.frames(b, name, "send", "The server tells")
		b.WriteString("\n| close | means | come back | reasons |\n|---|---|---|---|\n")
		for _, x := range c.Close {
			words := slices.DeleteFunc(slices.Clone(x.Reasons), func(s string) bool { return s == "" })
			fmt.Fprintf(b, "| %d | %s | %s | %s |\n", x.Code, x.Means, yes(x.Back), codeWords(words))
		}
	}
	b.WriteString("\n### Objects of frames\n")
	for _, name := range slices.Sorted(maps.Keys(a.Components.Schemas)) {
		a.Components.Schemas[name].write(b, name)
	}
}

// frames tells one direction of a channel; action is the server's.
func (a asyncapi) frames(b *bytes.Buffer, channel, action, title string) {
	fmt.Fprintf(b, "\n| %s | fields | |\n|---|---|---|\n", strings.ToLower(title[:1])+title[1:])
	for _, key := range slices.Sorted(maps.Keys(a.Operations)) {
		op := a.Operations[key]
		if op.Action != action || op.Channel.last() != channel {
			continue
		}
		for _, r := range op.Messages {
			m := a.Components.Messages[r.last()]
			name := "`" + m.Name + "`"
			if types := m.Payload.Properties["type"]; types != nil && len(types.Enum) > 0 {
				name = types.inline()
			}
			fmt.Fprintf(b, "| %s | %s | %s |\n", name, m.Payload.members(), m.Summary)
		}
	}
}
