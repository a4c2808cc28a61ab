package calendar

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func helsinki(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Helsinki")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func file(lines ...string) string {
	return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//\r\n" + strings.Join(lines, "\r\n") + "\r\nEND:VCALENDAR\r\n"
}

func event(lines ...string) string {
	return "BEGIN:VEVENT\r\nUID:u\r\nDTSTAMP:20260101T000000Z\r\n" + strings.Join(lines, "\r\n") + "\r\nEND:VEVENT"
}

func shift(from, until string, more ...string) string {
	return event(append([]string{"DTSTART;TZID=Europe/Helsinki:" + from, "DTEND;TZID=Europe/Helsinki:" + until, "SUMMARY:aino"}, more...)...)
}

func window(t *testing.T, from string, days int) Window {
	t.Helper()
	at, err := time.Parse(time.DateOnly, from)
	if err != nil {
		t.Fatal(err)
	}
	return Window{From: at, Until: at.AddDate(0, 0, days), Zone: helsinki(t), Most: 100}
}

// lines shows entries in UTC.
func lines(entries []Entry) string {
	var b strings.Builder
	for _, e := range entries {
		fmt.Fprintf(&b, "%s %d %s-%s\n", e.Name, e.Tier, e.From.UTC().Format("0102T1504"), e.Until.UTC().Format("0102T1504"))
	}
	return b.String()
}

func TestShiftsKeepTheWallsClockOverBothChanges(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		from string
		text string
		want string
	}{
		"nights into summer time: the night of the change has seven hours": {
			"2026-03-27",
			shift("20260301T220000", "20260302T060000", "RRULE:FREQ=DAILY"),
			"aino 0 0326T2000-0327T0400\naino 0 0327T2000-0328T0400\naino 0 0328T2000-0329T0300\naino 0 0329T1900-0330T0300\naino 0 0330T1900-0331T0300\n",
		},
		"nights into winter time: the night of the change has nine": {
			"2026-10-23",
			shift("20261001T220000", "20261002T060000", "RRULE:FREQ=DAILY", "CATEGORIES:ON-CALL-1"),
			"aino 1 1022T1900-1023T0300\naino 1 1023T1900-1024T0300\naino 1 1024T1900-1025T0400\naino 1 1025T2000-1026T0400\naino 1 1026T2000-1027T0400\n",
		},
		"an hour that does not exist is nobody's": {
			"2026-03-27",
			shift("20260328T030000", "20260328T040000", "RRULE:FREQ=DAILY;COUNT=3"),
			"aino 0 0328T0100-0328T0200\naino 0 0330T0000-0330T0100\n",
		},
		"a shift from within the hour that does not exist begins after it": {
			"2026-03-27",
			shift("20260329T033000", "20260329T080000"),
			"aino 0 0329T0100-0329T0500\n",
		},
		"an hour that exists twice is kept twice when it ends after it": {
			"2026-10-23",
			shift("20261025T033000", "20261025T043000"),
			"aino 0 1025T0030-1025T0230\n",
		},
		"until in UTC, exceptions, weekdays": {
			"2026-10-20",
			shift("20261019T080000", "20261019T160000", "RRULE:FREQ=WEEKLY;BYDAY=MO,WE,SU;UNTIL=20261026T060000Z", "EXDATE;TZID=Europe/Helsinki:20261021T080000"),
			"aino 0 1025T0600-1025T1400\naino 0 1026T0600-1026T1400\n",
		},
		"instants in UTC, and none that name a zone": {
			"2026-10-20",
			event("DTSTART:20261021T080000Z", "DTEND:20261021T160000Z", "SUMMARY:aino") + "\r\n" + event("DTSTART:20261022T080000", "DTEND:20261022T160000", "SUMMARY:veli"),
			"aino 0 1021T0800-1021T1600\nveli 0 1022T0500-1022T1300\n",
		},
		"whole days": {
			"2026-10-20", event("DTSTART;VALUE=DATE:20261024", "DTEND;VALUE=DATE:20261026", "SUMMARY:aino"),
			"aino 0 1023T2100-1025T2200\n",
		},
		"cancelled": {"2026-10-20", shift("20261021T080000", "20261021T160000", "STATUS:CANCELLED"), ""},
	} {
		got, err := Read(strings.NewReader(file(c.text)), window(t, c.from, 4))
		if name == "until in UTC, exceptions, weekdays" || name == "whole days" {
			got, err = Read(strings.NewReader(file(c.text)), window(t, c.from, 30))
		}
		if err != nil || lines(got) != c.want {
			t.Errorf("%s: %v, got\n%swant\n%s", name, err, lines(got), c.want)
		}
	}
}

// Three shifts a day by three people leave no minute without duty and none with two, over both changes.
func TestShiftsThatAbutOnTheWallAbutInTime(t *testing.T) {
	t.Parallel()
	for _, from := range []string{"2026-03-26", "2026-10-22"} {
		day := strings.ReplaceAll(from, "-", "")
		var events []string
		for _, s := range [][2]string{{"000000", "030000"}, {"030000", "033000"}, {"033000", "040000"}, {"040000", "120000"}, {"120000", "235900"}} {
			events = append(events, shift(day+"T"+s[0], day+"T"+s[1], "RRULE:FREQ=DAILY;COUNT=6"))
		}
		next := "20260327"
		if day == "20261022" {
			next = "20261023"
		}
		events = append(events, shift(day+"T235900", next+"T000000", "RRULE:FREQ=DAILY;COUNT=6"))
		w := window(t, from, 10)
		w.From = w.From.AddDate(0, 0, -1)
		got, err := Read(strings.NewReader(file(events...)), w)
		if err != nil {
			t.Fatal(err)
		}
		covered := map[int64]int{}
		first, last := got[0].From, got[0].From
		for _, e := range got {
			for m := e.From; m.Before(e.Until); m = m.Add(time.Minute) {
				covered[m.Unix()]++
			}
			if e.Until.After(last) {
				last = e.Until
			}
		}
		for m := first; m.Before(last); m = m.Add(time.Minute) {
			if covered[m.Unix()] != 1 {
				t.Errorf("%s is kept %d times", m.In(helsinki(t)), covered[m.Unix()])
			}
		}
	}
}

func TestBadFilesGiveACodeAndNothing(t *testing.T) {
	t.Parallel()
	good := shift("20261021T080000", "20261021T160000")
	var many []string
	for range 101 {
		many = append(many, good)
	}
	for name, c := range map[string]struct {
		text string
		want error
	}{
		"empty":                 {"", ErrBroken},
		"no calendar":           {"hello END:VCALENDAR", ErrBroken},
		"cut off":               {strings.TrimSuffix(file(good), "END:VCALENDAR\r\n"), ErrBroken},
		"cut inside an event":   {"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:2026\r\nEND:VCALENDAR", ErrBroken},
		"a line without colon":  {file(good, "BROKEN"), ErrBroken},
		"an hour that is not":   {file(shift("20261021T250000", "20261021T160000")), ErrBroken},
		"a day that is not":     {file(shift("20260230T080000", "20260230T160000")), ErrBroken},
		"no end":                {file(event("DTSTART:20261021T080000Z", "SUMMARY:aino")), ErrBroken},
		"no name":               {file(event("DTSTART:20261021T080000Z", "DTEND:20261021T090000Z")), ErrBroken},
		"a zone of nobody":      {file(event("DTSTART;TZID=FLE Standard Time:20261021T080000", "DTEND;TZID=FLE Standard Time:20261021T090000", "SUMMARY:a")), ErrBroken},
		"a category of nobody":  {file(shift("20261021T080000", "20261021T160000", "CATEGORIES:SOMETIMES")), ErrBroken},
		"a rule of nobody":      {file(shift("20261021T080000", "20261021T160000", "RRULE:FREQ=OFTEN")), ErrBroken},
		"every second":          {file(shift("20261021T080000", "20261021T080001", "RRULE:FREQ=SECONDLY")), ErrUnsupported},
		"an occurrence moved":   {file(shift("20261021T080000", "20261021T160000", "RECURRENCE-ID:20261021T080000Z")), ErrUnsupported},
		"dates by hand":         {file(shift("20261021T080000", "20261021T160000", "RDATE:20261022T080000Z")), ErrUnsupported},
		"a length":              {file(shift("20261021T080000", "20261021T160000", "DURATION:PT1H")), ErrUnsupported},
		"two zones":             {file(event("DTSTART:20261021T080000Z", "DTEND;TZID=Europe/Helsinki:20261021T160000", "SUMMARY:a")), ErrUnsupported},
		"more than are wanted":  {file(many...), ErrTooLarge},
		"a rule without an end": {file(shift("20261021T080000", "20261021T080100", "RRULE:FREQ=DAILY")), ErrTooLarge},
		"too many bytes":        {file(good + strings.Repeat("\r\n"+good, 20_000)), ErrTooLarge},
	} {
		got, err := Read(strings.NewReader(c.text), window(t, "2026-10-20", 300))
		if !errors.Is(err, c.want) || got != nil {
			t.Errorf("%s: %d entries, %v; want %v", name, len(got), err, c.want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(file(shift("20261021T080000", "20261021T160000", "RRULE:FREQ=DAILY;COUNT=3")))
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "RRULE") {
			return // what a rule costs is bounded by count, not by time
		}
		got, err := Read(strings.NewReader(text), window(t, "2026-10-20", 30))
		if err != nil && got != nil || len(got) > 100 {
			t.Fatalf("%d entries, %v", len(got), err)
		}
	})
}
