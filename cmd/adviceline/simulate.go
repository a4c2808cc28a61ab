package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"adviceline/helpline"
	"adviceline/helpline/model"
	"adviceline/ops/embedded"
	"adviceline/queue"
)

const simulateHelp = `adviceline simulate -in scenario.json [-events FILE] [-router model|real]

Lets the contacts of a scenario come to the reference model of routing and prints the figures (JSON).
The same scenario gives the same figures, and with -router real the scripts that run a line give them
too: on the Redis of REDIS_URL, or on one that is started for it and thrown away. ops/docs/scenario.schema.json is the shape of a scenario,
ops/docs/routing.md tells what the figures mean.`

// simulate is the sub-command; it needs neither Redis nor Postgres nor settings.
func simulate(ctx context.Context, t terminal, args []string) (err error) {
	f := flags(t, "simulate", simulateHelp)
	in := f.String("in", "", "file of the scenario, - for standard input")
	out := f.String("events", "", "file for the events, a JSON object a line")
	by := f.String("router", "model", "what gives contacts to advisers: model or real")
	if err := parse(f, args); err != nil {
		return err
	}
	if *in == "" || f.NArg() > 0 || *by != "model" && *by != "real" {
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
	router := model.Routed(model.New(s.HelplineRule(), s.HelplineTiming()))
	if *by == "real" {
		real, done, err := realRouter(ctx, t, s)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, done()) }()
		router = real
	}
	k, err := model.Simulate(s, router, each)
	if err != nil {
		return err
	}
	e := json.NewEncoder(t.out)
	e.SetIndent("", "  ")
	return e.Encode(k)
}

// realRouter is the queue itself, on a line of its own under a frozen clock. done takes it away.
func realRouter(ctx context.Context, t terminal, s model.Scenario) (model.Router, func() error, error) {
	stopping := func() error { return nil }
	url := variable(t.env, "REDIS_URL")
	if url == "" {
		dir, err := os.MkdirTemp("", "adviceline-simulate-")
		if err != nil {
			return nil, nil, fmt.Errorf("make folder of redis: %w", err)
		}
		if err := os.Chmod(dir, 0o755); err != nil { // #nosec G302 -- the services' user has to pass
			return nil, nil, fmt.Errorf("open folder of redis: %w", err)
		}
		services, err := embedded.Start(ctx, embedded.Options{Dir: filepath.Join(dir, "data"), Redis: true, Throwaway: true})
		if err != nil {
			return nil, nil, errors.Join(fmt.Errorf("start redis: %w", err), os.RemoveAll(dir))
		}
		url = services.RedisURL()
		stopping = func() error {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
			defer cancel()
			return errors.Join(services.Stop(ctx), os.RemoveAll(dir))
		}
	}
	frozen, err := queue.Freeze(ctx, queue.Options{URL: url, Timing: s.HelplineTiming(), Rule: s.HelplineRule()})
	if err != nil {
		return nil, nil, errors.Join(err, stopping())
	}
	return frozen.Router(), func() error { return errors.Join(frozen.Close(), stopping()) }, nil
}

// variable gives a variable of the environment.
func variable(env []string, name string) string {
	for _, v := range env {
		if value, ok := strings.CutPrefix(v, name+"="); ok {
			return value
		}
	}
	return ""
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
