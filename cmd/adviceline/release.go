package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"adviceline/helpline/codes"
	"adviceline/helpline/disclose"
)

// maxLine is the longest line of outcomes that is read, in bytes.
const maxLine = 64 << 10

// release reads outcomes as JSON lines and writes the tables of a period, with no database: what a house would
// publish of them. Draws are made anew every time; a line that runs publishes once and keeps the bytes.
func release(_ context.Context, t terminal, args []string) error {
	f := flags(t, "release", `adviceline release --from FILE --period P: tables of a period out of outcomes

FILE holds one outcome a line, as JSON with the fields of the form; "-" is standard input. A line may carry "at", an
instant: lines of other periods are left out. P is 2026Q3, 2026H1, 2026 or 2026-2028. Published tables and what is
withheld go to standard output as JSON.`)
	from := f.String("from", "", "file of outcomes, - for standard input")
	text := f.String("period", "", "period to release")
	if err := parse(f, args); err != nil {
		return err
	}
	if *from == "" || f.NArg() > 0 {
		return bad("name a file with --from and a period with --period, and nothing else")
	}
	period, err := disclose.ParsePeriod(*text)
	if err != nil {
		return bad("the period is none: give 2026Q3, 2026H1, 2026 or 2026-2028")
	}
	in := t.in
	if *from != "-" {
		file, err := os.Open(*from)
		if err != nil {
			return bad("the file of outcomes cannot be opened")
		}
		defer func() { _ = file.Close() }()
		in = file
	}
	r, err := tally(in, period)
	if err != nil {
		return exit{2, err}
	}
	pub, err := disclose.Release(r)
	if err != nil {
		return err
	}
	out := json.NewEncoder(t.out)
	out.SetIndent("", " ")
	return out.Encode(pub)
}

// outcomeLine is one line: a form, and when it was recorded. Other keys are left alone: a file may carry more than
// the statistics want.
type outcomeLine struct {
	codes.Answers
	At *time.Time `json:"at"`
}

// tally counts a file. Errors name the line and the fault, never a value.
func tally(in io.Reader, period disclose.Period) (disclose.Request, error) {
	r := disclose.Request{Period: period, Counts: map[disclose.Period]disclose.Counts{}}
	kinds := map[string]map[string]bool{}
	r.Kinds = func(table, cell string) (int, bool) { return len(kinds[table+"|"+cell]), kinds[table+"|"+cell] != nil }
	quarter, year := period.Quarters()[0], disclose.Period(period[:4])
	r.Counts[quarter], r.Counts[year] = disclose.Counts{}, disclose.Counts{}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxLine)
	for n := 1; lines.Scan(); n++ {
		if strings.TrimSpace(lines.Text()) == "" {
			continue
		}
		var line outcomeLine
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			return r, fmt.Errorf("read outcomes: line %d: not a form", n)
		}
		if err := codes.Validate(line.Answers); err != nil {
			var fault codes.Invalid
			_ = errors.As(err, &fault)
			return r, fmt.Errorf("read outcomes: line %d: %s in %s", n, fault.Code, fault.Field)
		}
		if line.At != nil && !period.Has(*line.At) {
			continue
		}
		a := codes.Least(line.Answers)
		one, victim := disclose.Counts{}, disclose.Counts{}
		one.CountOutcome(a)
		victim.CountVictim(a)
		r.Counts[quarter].Merge(one)
		r.Counts[year].Merge(victim)
		one.Merge(victim)
		contributed(kinds, one, a)
	}
	if err := lines.Err(); err != nil {
		return r, errors.New("read outcomes: a line is too long or the file cannot be read")
	}
	return r, nil
}

// contributed notes who stands behind each cell: the role, and the kind of organisation where one is named. Tables
// that divide by role or organisation name their contributors by themselves.
func contributed(kinds map[string]map[string]bool, cells disclose.Counts, a codes.Answers) {
	for table, own := range cells {
		plan, err := disclose.Find(table)
		if err != nil || slices.ContainsFunc(plan.Dims, func(d disclose.Dimension) bool {
			return d.Name == "role_group" || d.Name == "organisation_group"
		}) {
			continue
		}
		for cell := range own {
			key := table + "|" + cell
			if kinds[key] == nil {
				kinds[key] = map[string]bool{}
			}
			kinds[key][a.Role+"/"+a.Organisation] = true
		}
	}
}
