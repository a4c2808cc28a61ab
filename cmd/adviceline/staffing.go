package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"strconv"
	"text/tabwriter"
	"time"

	"adviceline/helpline"
	"adviceline/helpline/model/theory"
	"adviceline/storage"
)

const staffingHelp = `adviceline staffing -in hours.csv       weekday,hour,contacts[,handling_minutes], with that first line
adviceline staffing -ledger [-weeks 8]    what came, as the ledger has it

Prints how many advisers each hour of the week wants, so that the share of contacts is answered within
the target (Erlang A for each hour by itself). Weekday is 1 (Monday) to 7, the hour 0 to 23, local time;
contacts are those of one such hour. An hour that is not there had no contacts and wants one adviser.`

const lineZone = "Europe/Helsinki"

// What the board's staffing and, by default, the sub-command's goes by.
const (
	staffedWeeks    = 8
	staffedShare    = 0.8
	staffedPatience = 10 * time.Minute
	staffedHandling = 45 * time.Minute
	staffedSlots    = 2
)

// staffed gives the staffing for the board, for a target that supervisors have set.
func (n *node) staffed(ctx context.Context, target time.Duration) (helpline.Staffing, error) {
	w := helpline.Staffing{Weeks: staffedWeeks, Share: staffedShare, Target: target}
	hours, err := n.store.BusyHours(ctx, n.cfg.Line, lineZone, staffedWeeks)
	if err != nil {
		return w, err
	}
	for _, h := range hours {
		w.Contacts[h.Weekday-1][h.Hour] = h.Contacts
	}
	goal := theory.Goal{Share: staffedShare, Target: target.Seconds(), Patience: staffedPatience.Seconds(), Slots: staffedSlots}
	w.Advisers, err = staff(hours, staffedHandling, goal)
	return w, err
}

// staffing is the sub-command.
func staffing(ctx context.Context, t terminal, args []string) error {
	f := flags(t, "staffing", staffingHelp)
	in := f.String("in", "", "file of the hours, - for standard input")
	ledger := f.Bool("ledger", false, "take the hours from the ledger")
	weeks := f.Int("weeks", staffedWeeks, "how many weeks of the ledger, 1 to 12: older ones are counters without hours")
	share := f.Float64("share", staffedShare, "of contacts to be answered in time")
	target := f.Duration("target", time.Minute, "in which they are answered")
	patience := f.Duration("patience", staffedPatience, "mean wait after which a contact leaves")
	handling := f.Duration("handling", staffedHandling, "mean handling where the hours do not say")
	slots := f.Int("slots", staffedSlots, "conversations an adviser holds at once")
	if err := parse(f, args); err != nil {
		return err
	}
	if (*in == "") == !*ledger || f.NArg() > 0 || *weeks < 1 || *weeks > 12 {
		return bad("staffing -in hours.csv or -ledger [-weeks 1 to 12]; try adviceline staffing -h")
	}
	var hours []storage.Busy
	var err error
	if *ledger {
		hours, err = ledgerHours(ctx, t, *weeks)
	} else {
		hours, err = fileHours(t, *in)
	}
	if err != nil {
		return err
	}
	goal := theory.Goal{Share: *share, Target: target.Seconds(), Patience: patience.Seconds(), Slots: *slots}
	week, err := staff(hours, *handling, goal)
	if err != nil {
		return exit{2, err}
	}
	return printWeek(t.out, week)
}

func ledgerHours(ctx context.Context, t terminal, weeks int) (hours []storage.Busy, err error) {
	cfg, err := settings(t)
	if err != nil {
		return nil, err
	}
	err = withStore(ctx, t, func(s *storage.Store) error {
		hours, err = s.BusyHours(ctx, cfg.Line, lineZone, weeks)
		return err
	})
	return hours, err
}

func fileHours(t terminal, path string) ([]storage.Busy, error) {
	data, err := readInput(t, path)
	if err != nil {
		return nil, err
	}
	hours, err := readHours(data)
	if err != nil {
		return nil, exit{2, err}
	}
	return hours, nil
}

// readHours reads the CSV; an error names the line and never what stands in it.
func readHours(data []byte) ([]storage.Busy, error) {
	r := csv.NewReader(bytes.NewReader(data))
	r.FieldsPerRecord = 0
	head, err := r.Read()
	named := err == nil && len(head) >= 3 && len(head) <= 4 && head[0] == "weekday" && head[1] == "hour" && head[2] == "contacts"
	if !named || len(head) == 4 && head[3] != "handling_minutes" {
		return nil, fmt.Errorf("line 1: want weekday,hour,contacts or weekday,hour,contacts,handling_minutes")
	}
	var hours []storage.Busy
	seen := map[[2]int]bool{}
	for {
		fields, err := r.Read()
		if err == io.EOF {
			return hours, nil
		}
		line, _ := r.FieldPos(0)
		h, good := hourOf(fields)
		if err != nil || !good || seen[[2]int{h.Weekday, h.Hour}] {
			return nil, fmt.Errorf("line %d: want a weekday 1 to 7, an hour 0 to 23 not told before, and numbers", line)
		}
		seen[[2]int{h.Weekday, h.Hour}] = true
		hours = append(hours, h)
	}
}

func hourOf(fields []string) (h storage.Busy, good bool) {
	var v [4]float64
	for i, text := range fields {
		n, err := strconv.ParseFloat(text, 64)
		if err != nil || !(n >= 0 && n <= 1e6) {
			return h, false
		}
		v[i] = n
	}
	h = storage.Busy{Weekday: int(v[0]), Hour: int(v[1]), Contacts: v[2], Handling: time.Duration(v[3] * float64(time.Minute))}
	whole := v[0] == math.Trunc(v[0]) && v[1] == math.Trunc(v[1])
	return h, whole && h.Weekday >= 1 && h.Weekday <= 7 && h.Hour <= 23
}

// staff gives the advisers of each weekday and hour.
func staff(hours []storage.Busy, handling time.Duration, goal theory.Goal) (week [7][24]int, err error) {
	for d := range week {
		for h := range week[d] {
			week[d][h] = 1
		}
	}
	for _, h := range hours {
		service := h.Handling
		if service <= 0 {
			service = handling
		}
		n, _, err := (theory.Load{Arrivals: h.Contacts / 3600, Service: service.Seconds()}).Staff(goal)
		if err != nil {
			return week, fmt.Errorf("weekday %d, hour %d: %w", h.Weekday, h.Hour, err)
		}
		week[h.Weekday-1][h.Hour] = n
	}
	return week, nil
}

func printWeek(out io.Writer, week [7][24]int) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprint(w, "hour\tMon\tTue\tWed\tThu\tFri\tSat\tSun\t\n")
	for h := range 24 {
		_, _ = fmt.Fprintf(w, "%02d\t", h)
		for d := range 7 {
			_, _ = fmt.Fprintf(w, "%d\t", week[d][h])
		}
		_, _ = fmt.Fprintln(w)
	}
	return w.Flush()
}
