package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"adviceline/helpline"
	"adviceline/helpline/model"
)

const simulateHelp = `adviceline simulate -in scenario.json [-events FILE]

Lets the contacts of a scenario come to the reference model of routing and prints the figures (JSON).
The same scenario gives the same figures. ops/docs/scenario.schema.json is the shape of a scenario,
ops/docs/routing.md tells what the figures mean.`

// simulate is the sub-command; it needs neither Redis nor Postgres nor settings.
func simulate(ctx context.Context, t terminal, args []string) (err error) {
	f := flags(t, "simulate", simulateHelp)
	in := f.String("in", "", "file of the scenario, - for standard input")
	out := f.String("events", "", "file for the events, a JSON object a line")
	if err := parse(f, args); err != nil {
		return err
	}
	if *in == "" || f.NArg() > 0 {
		return bad("simulate -in scenario.json; try adviceline simulate -h")
	}
	data, err := readInput(t, *in)
	if err != nil {
		return err
	}
	s, err := model.ReadScenario(data)
	if err != nil {
		return exit{2, err}
	}
	var each func(helpline.Event)
	if *out != "" {
		file, err := os.Create(*out)
		if err != nil {
			return fmt.Errorf("write events: %w", err)
		}
		list := eventList{w: bufio.NewWriterSize(file, 1<<20), ctx: ctx}
		each = list.add
		defer func() { err = errors.Join(err, list.err, list.w.Flush(), file.Close()) }()
	}
	k, err := model.Simulate(s, model.Routed(model.New(s.HelplineRule(), s.HelplineTiming())), each)
	if err != nil {
		return err
	}
	e := json.NewEncoder(t.out)
	e.SetIndent("", "  ")
	return e.Encode(k)
}

// readInput reads at most a little more than a scenario may have.
func readInput(t terminal, path string) ([]byte, error) {
	from := t.in
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("read input: %w", err)
		}
		defer func() { _ = file.Close() }()
		from = file
	}
	data, err := io.ReadAll(io.LimitReader(from, 1<<20))
	if err != nil {
		return nil, fmt.Errorf("read input: %w", err)
	}
	return data, nil
}

// eventList writes events as lines.
type eventList struct {
	ctx context.Context
	w   *bufio.Writer
	err error
}

// eventLine is one line; instants are ms, 0 for none.
type eventLine struct {
	At       int64          `json:"at"`
	Kind     string         `json:"kind"`
	Contact  string         `json:"contact"`
	Adviser  string         `json:"adviser,omitempty"`
	Reason   string         `json:"reason,omitempty"`
	State    helpline.State `json:"state"`
	Language string         `json:"language"`
	Lane     helpline.Lane  `json:"lane"`
	Channel  string         `json:"channel"`
	Arrival  int64          `json:"arrival"`
	Owner    string         `json:"owner,omitempty"`
	Epoch    int64          `json:"epoch"`
}

func (l *eventList) add(e helpline.Event) {
	if l.err != nil {
		return
	}
	b, err := json.Marshal(eventLine{
		At: stamp(e.At), Kind: e.Kind, Contact: e.Contact, Adviser: e.Adviser, Reason: e.Reason, State: e.State,
		Language: e.Language, Lane: e.Lane, Channel: e.Channel, Arrival: stamp(e.Arrival), Owner: e.Owner, Epoch: e.Epoch,
	})
	if err == nil {
		_, err = l.w.Write(append(b, '\n'))
	}
	l.err = errors.Join(err, l.ctx.Err())
}

func stamp(at time.Time) int64 {
	if at.IsZero() {
		return 0
	}
	return at.UnixMilli()
}
