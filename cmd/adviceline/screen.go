package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"adviceline/helpline/screen"
	"adviceline/helpline/strict"
)

const screenHelp = `adviceline screen --json     reads lines {"text": "..."} and prints for each {"redacted", "findings"}

A finding is {"type", "start", "end"}: offsets in code points of the text as it came, never the text
itself. Nothing is kept. A line that is no such object ends the command with status 2, by its number.`

// screened is one line of the answer.
type screened struct {
	Redacted string           `json:"redacted"`
	Findings []screen.Finding `json:"findings"`
}

// longestLine bounds one line in bytes.
const longestLine = 1 << 20

// screenText is the sub-command that screens free text.
func screenText(_ context.Context, t terminal, args []string) error {
	f := flags(t, "screen", screenHelp)
	asJSON := f.Bool("json", false, "lines of JSON in and out")
	if err := parse(f, args); err != nil {
		return err
	}
	if !*asJSON || f.NArg() > 0 {
		return bad("screen --json; try adviceline screen -h")
	}
	cfg, err := settings(t)
	if err != nil {
		return err
	}
	return screenLines(t.in, t.out, screen.New(cfg.Phone))
}

func screenLines(in io.Reader, out io.Writer, s *screen.Screen) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 0, 64<<10), longestLine)
	w := bufio.NewWriter(out)
	answer := json.NewEncoder(w)
	answer.SetEscapeHTML(false)
	for n := 1; lines.Scan(); n++ {
		var l struct {
			Text *string `json:"text"`
		}
		if err := strict.Decode(lines.Bytes(), &l); err != nil || l.Text == nil {
			return errors.Join(w.Flush(), exit{2, fmt.Errorf("line %d is no {\"text\": \"...\"}", n)})
		}
		redacted, found := s.Text(*l.Text)
		if found == nil {
			found = []screen.Finding{}
		}
		if err := answer.Encode(screened{redacted, found}); err != nil {
			return err
		}
	}
	if lines.Err() != nil {
		return errors.Join(w.Flush(), exit{2, errors.New("a line is too long")})
	}
	return w.Flush()
}
