package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// benchmark is a Go benchmark of one of the product's packages, run on the servers of the product.
// Figures are named benchmark.unit, without the word Benchmark.
func benchmark(room, name, times string) func(context.Context, *stage) (figures, error) {
	return func(ctx context.Context, s *stage) (figures, error) {
		s.halt()
		program, err := s.test(ctx, room)
		if err != nil {
			return nil, err
		}
		if err := s.sql(ctx, "postgres", "DROP DATABASE IF EXISTS written WITH (FORCE)", "CREATE DATABASE written", "CHECKPOINT"); err != nil {
			return nil, err
		}
		if err := s.ours.rdb.FlushAll(ctx).Err(); err != nil {
			return nil, fmt.Errorf("empty redis: %w", err)
		}
		cmd := exec.CommandContext(ctx, program, "-test.run", "^$", "-test.bench", name, "-test.benchtime", times)
		cmd.Dir = filepath.Join(s.root, room)
		cmd.Env = append(os.Environ(), "BENCH_REDIS=redis://"+s.ours.addr, "BENCH_DATABASE="+s.databaseURL("written"))
		out, err := cmd.CombinedOutput()
		if err != nil {
			return nil, fmt.Errorf("run benchmark %s: %w\n%s", name, err, out)
		}
		f := figures{}
		for line := range strings.Lines(string(out)) {
			read(line, f)
		}
		if len(f) == 0 {
			return nil, fmt.Errorf("benchmark %s gives no figures\n%s", name, out)
		}
		return f, nil
	}
}

// test compiles the tests of a package, once.
func (s *stage) test(ctx context.Context, room string) (string, error) {
	if s.tests[room] != "" {
		return s.tests[room], nil
	}
	program := filepath.Join(s.dir, filepath.Base(room)+".test")
	if err := s.goTool(ctx, "test", "-c", "-o", program, room); err != nil {
		return "", err
	}
	s.tests[room] = program
	return program, nil
}

// read takes the figures of a line as `go test -bench` writes it: name, times, then value and unit by
// turns.
func read(line string, into figures) {
	fields := strings.Fields(line)
	if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
		return
	}
	name := strings.TrimPrefix(fields[0], "Benchmark")
	if at := strings.LastIndexByte(name, '-'); at > 0 { // the number of processors
		name = name[:at]
	}
	for i := 2; i+1 < len(fields); i += 2 {
		if v, err := strconv.ParseFloat(fields[i], 64); err == nil {
			into[name+"."+fields[i+1]] = v
		}
	}
}
