package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// vcalendar writes a file of events and gives its path.
func vcalendar(t *testing.T, events ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "roster.ics")
	text := "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//t//\r\n" + strings.Join(events, "") + "END:VCALENDAR\r\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// vevent is a shift of some hours from now.
func vevent(name, category string, from, until time.Duration, more ...string) string {
	at := func(d time.Duration) string { return time.Now().Add(d).UTC().Format("20060102T150405Z") }
	lines := append([]string{
		"BEGIN:VEVENT", "UID:" + name + category, "DTSTAMP:20260101T000000Z", "DTSTART:" + at(from), "DTEND:" + at(until),
		"SUMMARY:" + name, "CATEGORIES:" + category,
	}, more...)
	return strings.Join(append(lines, "END:VEVENT"), "\r\n") + "\r\n"
}

func TestRosterFromAFile(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	for _, name := range []string{"aino", "veli"} {
		if status, _, errs := e.run(goodPassword, "adviser", "add", name, "--password-stdin"); status != 0 {
			t.Fatal(errs)
		}
	}
	good := vcalendar(t, vevent("aino", "DUTY", -time.Hour, 7*time.Hour, "RRULE:FREQ=DAILY;COUNT=3"), vevent("VELI", "ON-CALL-1", -time.Hour, 7*time.Hour))
	status, out, errs := e.run("", "roster", "import", good)
	if status != 0 || out != "4 shifts\n" {
		t.Fatalf("%d %q %s", status, out, errs)
	}
	_, before, _ := e.run("", "roster", "list")
	var many []string
	for i := range 2001 {
		many = append(many, vevent("aino", "DUTY", time.Duration(i)*time.Hour, time.Duration(i+1)*time.Hour))
	}
	for name, c := range map[string]struct{ file, code string }{
		"broken":           {vcalendar(t, vevent("aino", "DUTY", 0, time.Hour), "NOTHING\r\n"), "broken_calendar"},
		"unknown":          {vcalendar(t, vevent("aino", "DUTY", 0, time.Hour), vevent("nobody", "DUTY", 0, time.Hour)), "unknown_adviser"},
		"overlapping":      {vcalendar(t, vevent("aino", "DUTY", 0, 2*time.Hour), vevent("Aino", "ON-CALL-1", time.Hour, 3*time.Hour)), "shifts_overlap"},
		"too many":         {vcalendar(t, many...), "too_many_shifts"},
		"backwards":        {vcalendar(t, vevent("aino", "DUTY", 2*time.Hour, time.Hour)), "shift_invalid"},
		"longer than week": {vcalendar(t, vevent("aino", "DUTY", 0, 8*24*time.Hour)), "shift_invalid"},
		"no such category": {vcalendar(t, vevent("aino", "OFTEN", 0, time.Hour)), "broken_calendar"},
	} {
		status, out, errs := e.run("", "roster", "import", c.file)
		if status != 3 || out != "" || !strings.Contains(errs, c.code) || strings.Contains(errs, "nobody") {
			t.Errorf("%s: %d %q %s", name, status, out, errs)
		}
	}
	if _, after, _ := e.run("", "roster", "list"); after != before || strings.Count(after, "\n") != 5 || !strings.Contains(after, "veli") {
		t.Errorf("a file that was refused changed the roster:\n%s\n%s", before, after)
	}
	for _, c := range []struct {
		status int
		args   []string
	}{
		{0, []string{"mail", "aino", "aino@example.invalid"}}, {0, []string{"mail", "aino"}}, {1, []string{"mail", "nobody", "a@example.invalid"}},
		{1, []string{"mail", "aino", "no address"}}, {2, []string{"mail"}}, {2, []string{"crown"}}, {0, []string{"-h"}}, {2, []string{"import"}},
		{1, []string{"import", "/nowhere.ics"}}, {2, []string{"import", good, "--zone", "Nowhere/Else"}},
	} {
		if status, _, errs := e.run("", append([]string{"roster"}, c.args...)...); status != c.status {
			t.Errorf("%v: %s", fmt.Sprint(status, c), errs)
		}
	}
}
