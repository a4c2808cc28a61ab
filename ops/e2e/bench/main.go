// Command bench measures the product beside the hand-written minimum of the same work, in one run on
// one machine, and prints one table of ratios (performance goals G1 to G17).
//
//	LIMITS=path/of/limits go run ./bench     or, from the top, make bench LIMITS=path
//
// Settings: LIMITS (required), RUN=G1,G5 (default: all), N=5 repeats, BENCH_OUT=FILE for the raw
// figures as JSON, BENCH_BINARY for an adviceline that is built already.
//
// It builds adviceline without the race detector and starts what it needs on loopback: one Postgres
// with its default settings, two Redis of the same settings (one for either side, because the
// reference empties its own), both with the append-only file off but in G15. The arms of all chosen
// goals take turns, round by round. A repeat during which niced processes or the host took more than
// 5 % of the CPU time is made again, twice at most and not after ten minutes; what is still above 5 %
// is dropped, unless that would leave less than half: then all are kept, and the row says so. Figures
// are medians, a ratio is the median of product / minimum of each round. An interrupt prints the table of what there is.
//
// What differs from production, so that a figure means something:
//   - LIMIT_* are raised to their maximum: all load comes from one network prefix.
//   - A person may send five messages a second. G10 has 250 pairs at four a second each; in G11 8,000
//     contacts send as fast as that bound allows, 40,000 a second in all.
//   - Advisers have 40 places instead of three: their accounts are made by SQL, and signed in once.
//   - Nodes are ended by SIGKILL after a repeat: nothing of it is kept.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"adviceline/e2e/rig"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// report is what BENCH_OUT gets.
type report struct {
	Started string              `json:"started"`
	Rounds  int                 `json:"rounds"`
	Rows    []result            `json:"rows"`
	Samples map[string][]sample `json:"samples"`
}

func run(ctx context.Context) error {
	limits, err := filepath.Abs(os.Getenv("LIMITS"))
	if err != nil || os.Getenv("LIMITS") == "" {
		return fmt.Errorf("LIMITS has to name the program limits")
	}
	rounds := 5
	if n := os.Getenv("N"); n != "" {
		if rounds, err = strconv.Atoi(n); err != nil || rounds < 1 {
			return fmt.Errorf("N has to be a number of repeats")
		}
	}
	rows, err := chosen(os.Getenv("RUN"))
	if err != nil {
		return err
	}
	s, err := open(ctx, limits)
	if err != nil {
		return err
	}
	defer s.close()
	out := report{Started: time.Now().UTC().Format(time.RFC3339), Rounds: rounds, Samples: map[string][]sample{}}
	begun, needed := time.Now(), armsOf(rows)
	for k := range rounds * len(needed) {
		a := needed[k%len(needed)]
		label := fmt.Sprintf("# %d/%d %-12s ", k/len(needed)+1, rounds, a.name)
		best := s.measure(ctx, a, label, time.Since(begun) < retries)
		if ctx.Err() != nil {
			break // interrupted: the table of what there is
		}
		if best != nil {
			best["round"] = float64(k/len(needed) + 1)
			out.Samples[a.name] = append(out.Samples[a.name], best)
			fmt.Fprintln(os.Stderr, label, best)
		}
	}
	for _, r := range rows {
		out.Rows = append(out.Rows, r.judge(out.Samples))
	}
	fmt.Print(table(out.Rows))
	if file := os.Getenv("BENCH_OUT"); file != "" {
		text, err := json.MarshalIndent(out, "", " ")
		if err != nil {
			return fmt.Errorf("write figures: %w", err)
		}
		return os.WriteFile(file, append(text, '\n'), 0o600)
	}
	return nil
}

// chosen gives the rows of RUN.
func chosen(names string) ([]row, error) {
	if names == "" {
		return rows, nil
	}
	var out []row
	for name := range strings.SplitSeq(names, ",") {
		before := len(out)
		for _, r := range rows {
			if strings.EqualFold(r.id, strings.TrimSpace(name)) {
				out = append(out, r)
			}
		}
		if len(out) == before {
			return nil, fmt.Errorf("RUN names %q, which is no goal", name)
		}
	}
	return out, nil
}

// armsOf gives what has to be measured for rows, in the order of arms.
func armsOf(rows []row) []arm {
	var out []arm
	for _, a := range arms {
		if slices.ContainsFunc(rows, func(r row) bool { return r.wants(a.name) }) {
			out = append(out, a)
		}
	}
	return out
}

// retries is how long into a run disturbed repeats are made again: on a busy machine it has to end too.
const retries = 10 * time.Minute

// measure runs an arm until it was left alone, three times at most, and gives the least disturbed; nil
// for an arm that fails.
func (s *stage) measure(ctx context.Context, a arm, label string, again bool) (best sample) {
	for range 3 {
		before := rig.Spent()
		f, err := a.run(ctx, s)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, label, "failed:", err)
			continue
		}
		if _, known := f["disturbed_pct"]; !known {
			f["disturbed_pct"] = rig.Disturbed(before, rig.Spent())
		}
		if best == nil || f["disturbed_pct"] < best["disturbed_pct"] {
			best = f
		}
		if best["disturbed_pct"] <= quiet || a.again || !again {
			break
		}
	}
	return best
}
