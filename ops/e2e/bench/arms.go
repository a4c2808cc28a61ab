package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// arm is one thing that is measured in every round.
type arm struct {
	name  string
	run   func(ctx context.Context, s *stage) (figures, error)
	again bool // it repeats a disturbed run by itself
}

type figures = map[string]float64

// limit is a run of the reference: cases of a group whose names hold a text. Figures are named
// after those cases.
func limit(name, group, filter string, more ...string) arm {
	return arm{name: name, again: true, run: func(ctx context.Context, s *stage) (figures, error) {
		return s.reference(ctx, nil, append([]string{"-run", filter}, append(more, group)...)...)
	}}
}

// reference runs the program limits for one repeat. Figures are case.metric; progress, if wanted, is
// called for each line that it writes when a case is done.
func (s *stage) reference(ctx context.Context, progress func(line string), args ...string) (figures, error) {
	file := filepath.Join(s.dir, "limits.json")
	args = append([]string{"-n", "1", "-o", file, "-redis", s.theirs.addr, "-pg", s.databaseURL("bench")}, args...)
	cmd := exec.CommandContext(ctx, s.limits, args...)
	said := &lines{each: progress}
	cmd.Stderr = said
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("run limits: %w\n%s", err, said.all.String())
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read figures: %w", err)
	}
	var got struct {
		Results []struct {
			Name    string
			Error   string
			Metrics map[string]struct{ Median float64 }
		}
	}
	if err := json.Unmarshal(text, &got); err != nil {
		return nil, fmt.Errorf("read figures: %w", err)
	}
	out, worst := figures{}, 0.0
	for _, r := range got.Results {
		if r.Error != "" {
			return nil, fmt.Errorf("limits: %s: %s", r.Name, r.Error)
		}
		for metric, v := range r.Metrics {
			out[r.Name+"."+metric] = v.Median
		}
		worst = max(worst, r.Metrics["disturbed_pct"].Median)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("limits has no such case: %s", strings.Join(args, " "))
	}
	out["disturbed_pct"] = worst
	return out, nil
}

// guarded runs an arm of the product's on nodes of the safe reference, which speaks the same frames.
func guarded(run func(context.Context, *stage) (figures, error)) func(context.Context, *stage) (figures, error) {
	return func(ctx context.Context, s *stage) (figures, error) {
		product := s.binary
		s.binary = s.safe
		defer func() { s.binary = product }()
		return run(ctx, s)
	}
}

// guardedAlone is a measurement that the safe reference makes by itself, on the Redis of the product.
func guardedAlone(what, count string) func(context.Context, *stage) (figures, error) {
	return func(ctx context.Context, s *stage) (figures, error) {
		s.halt()
		if err := s.ours.rdb.FlushAll(ctx).Err(); err != nil {
			return nil, fmt.Errorf("empty redis: %w", err)
		}
		cmd := exec.CommandContext(ctx, s.safe, what, count)
		cmd.Env = append(os.Environ(), "REDIS_URL=redis://"+s.ours.addr, "ROOT_KEY_FILE="+s.rootKey)
		out, err := cmd.CombinedOutput()
		if err != nil {
			return nil, fmt.Errorf("run %s: %w\n%s", what, err, out)
		}
		f := figures{}
		for line := range strings.Lines(string(out)) {
			read(line, f)
		}
		return f, nil
	}
}

// lines hands on what a program writes, line by line.
type lines struct {
	each func(string)
	all  strings.Builder
	part string
}

func (l *lines) Write(p []byte) (int, error) {
	l.all.Write(p)
	l.part += string(p)
	for {
		line, rest, whole := strings.Cut(l.part, "\n")
		if !whole {
			return len(p), nil
		}
		if l.part = rest; l.each != nil {
			l.each(line)
		}
	}
}
