// Package calendar reads shifts out of an iCalendar file (RFC 5545): SUMMARY is the name of the account,
// CATEGORIES is DUTY (also when absent) or ON-CALL-1 to ON-CALL-4. It follows DTSTART, DTEND, RRULE (daily to
// yearly, with BYDAY, BYMONTH, BYMONTHDAY, COUNT, UNTIL, INTERVAL) and EXDATE; what else would move a shift
// is refused, never left out.
//
// Shifts are kept by the clock on the wall. What it never shows is the instant of the change, what it shows
// twice is the first of both: so shifts that abut on the wall abut in time, the night of the change is an
// hour shorter or longer, and no other shift moves. (RFC 5545, 3.3.5 would read 03:30 of a night without it
// as 04:30, and let a shift until 03:30 run into the one from 04:00.)
package calendar

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // zones are there on machines without their files too

	ics "github.com/arran4/golang-ical"
	"github.com/teambition/rrule-go"
)

// Entry is one shift of a calendar.
type Entry struct {
	Name  string
	Tier  int // 0: on duty
	From  time.Time
	Until time.Time
}

// Error is a code of reading.
type Error string

// Error gives the code.
func (e Error) Error() string { return "calendar: " + string(e) }

// The codes of reading.
const (
	ErrBroken      Error = "broken"      // no calendar, a broken line, an instant or zone nobody knows
	ErrUnsupported Error = "unsupported" // something that would move shifts and is not followed
	ErrTooLarge    Error = "too_large"   // over MaxBytes, or more entries than Window.Most
)

// The bounds of a file.
const (
	MaxBytes  = 1 << 20
	maxEvents = 1000
	maxRules  = 200 // events that recur
)

// Window says which entries are wanted: those that end after From and begin before Until, at most Most.
type Window struct {
	From, Until time.Time
	Zone        *time.Location // of instants that name none
	Most        int
}

// Read gives the entries of a file in its order. A file with any fault gives none.
func Read(r io.Reader, w Window) (entries []Entry, err error) {
	text, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	if err != nil {
		return nil, ErrBroken
	}
	if len(text) > MaxBytes {
		return nil, ErrTooLarge
	}
	if !bytes.HasSuffix(bytes.TrimRight(text, "\r\n \t"), []byte("END:VCALENDAR")) {
		return nil, ErrBroken // cut off
	}
	defer func() { // the library's parser is not ours: a file must not end the program
		if recover() != nil {
			entries, err = nil, ErrBroken
		}
	}()
	c, err := ics.ParseCalendar(bytes.NewReader(text))
	if err != nil {
		return nil, ErrBroken
	}
	events, rules := c.Events(), 0
	if len(events) > maxEvents {
		return nil, ErrTooLarge
	}
	for _, e := range events {
		if e.HasProperty(ics.ComponentPropertyRrule) {
			rules++
		}
		some, err := expand(e, w)
		if err != nil {
			return nil, err
		}
		if entries = append(entries, some...); len(entries) > w.Most || rules > maxRules {
			return nil, ErrTooLarge
		}
	}
	return entries, nil
}

// refused are properties that would move shifts.
var refused = []ics.ComponentProperty{
	ics.ComponentPropertyRdate, ics.ComponentPropertyExrule, ics.ComponentPropertyRecurrenceId, ics.ComponentPropertyDuration,
}

func expand(e *ics.VEvent, w Window) ([]Entry, error) {
	for _, p := range refused {
		if e.HasProperty(p) {
			return nil, ErrUnsupported
		}
	}
	if s := e.GetProperty(ics.ComponentPropertyStatus); s != nil && strings.EqualFold(s.Value, "CANCELLED") {
		return nil, nil
	}
	name, tier, err := whose(e)
	if err != nil {
		return nil, err
	}
	start, end, zone, err := bounds(e, w.Zone)
	if err != nil {
		return nil, err
	}
	starts, err := recur(e, start, zone, w)
	if err != nil {
		return nil, err
	}
	without, err := exceptions(e, zone)
	if err != nil {
		return nil, err
	}
	var entries []Entry
	for _, s := range starts {
		entry := Entry{Name: name, Tier: tier, From: instant(s, zone), Until: instant(s.Add(end.Sub(start)), zone)}
		if !slices.ContainsFunc(without, s.Equal) && w.wants(entry, end.After(start)) {
			entries = append(entries, entry)
		}
	}
	return entries, nil
}

// wants leaves out what is over or too far ahead, and the hour that does not exist one night. Who checks
// shifts has to see those that end before they begin.
func (w Window) wants(e Entry, forward bool) bool {
	if forward && (e.From.Equal(e.Until) || !e.Until.After(w.From)) {
		return false
	}
	return e.From.Before(w.Until)
}

// bounds gives the first beginning and end on the wall, and their zone.
func bounds(e *ics.VEvent, house *time.Location) (start, end time.Time, zone *time.Location, err error) {
	start, zone, err = wall(e.GetProperty(ics.ComponentPropertyDtStart), house)
	if err != nil {
		return start, end, nil, err
	}
	end, other, err := wall(e.GetProperty(ics.ComponentPropertyDtEnd), house)
	if err == nil && zone.String() != other.String() {
		err = ErrUnsupported
	}
	return start, end, zone, err
}

var tiers = []string{"DUTY", "ON-CALL-1", "ON-CALL-2", "ON-CALL-3", "ON-CALL-4"}

func whose(e *ics.VEvent) (name string, tier int, err error) {
	summary := e.GetProperty(ics.ComponentPropertySummary)
	if summary == nil || strings.TrimSpace(summary.Value) == "" {
		return "", 0, ErrBroken
	}
	if c := e.GetProperty(ics.ComponentPropertyCategories); c != nil {
		if tier = slices.Index(tiers, strings.ToUpper(strings.TrimSpace(c.Value))); tier < 0 {
			return "", 0, ErrBroken
		}
	}
	return strings.TrimSpace(summary.Value), tier, nil
}

// wall reads an instant as the clock on the wall shows it, in UTC's clothes, and its zone.
func wall(p *ics.IANAProperty, zone *time.Location) (time.Time, *time.Location, error) {
	if p == nil {
		return time.Time{}, nil, ErrBroken
	}
	if ids := p.ICalParameters["TZID"]; len(ids) > 0 {
		if len(ids) > 1 || ids[0] == "" || ids[0] == "Local" {
			return time.Time{}, nil, ErrBroken
		}
		named, err := time.LoadLocation(ids[0])
		if err != nil {
			return time.Time{}, nil, ErrBroken
		}
		zone = named
	}
	t, utc, err := clock(p.Value)
	if err != nil {
		return time.Time{}, nil, err
	}
	if utc {
		zone = time.UTC
	}
	return t, zone, nil
}

// clock reads 20261024T220000, with or without Z, or the midnight of 20261024.
func clock(value string) (t time.Time, utc bool, err error) {
	layout := "20060102T150405"
	if len(value) == len("20060102") {
		layout = "20060102"
	}
	bare, utc := strings.CutSuffix(value, "Z")
	t, err = time.Parse(layout, bare)
	if err != nil || t.Year() < 1970 || t.Year() > 2200 {
		return time.Time{}, false, ErrBroken
	}
	return t, utc, nil
}

// recur gives the beginnings on the wall, the first and those that the rule adds before the window's end.
func recur(e *ics.VEvent, start time.Time, zone *time.Location, w Window) ([]time.Time, error) {
	list := e.GetProperties(ics.ComponentPropertyRrule)
	if len(list) == 0 {
		return []time.Time{start}, nil
	}
	if len(list) > 1 {
		return nil, ErrUnsupported
	}
	o, err := rrule.StrToROption(list[0].Value)
	if err != nil {
		return nil, ErrBroken
	}
	if o.Freq > rrule.DAILY || len(o.Byhour)+len(o.Byminute)+len(o.Bysecond)+len(o.Byeaster)+len(o.Byyearday)+len(o.Byweekno)+len(o.Bysetpos) > 0 {
		return nil, ErrUnsupported
	}
	if strings.Contains(list[0].Value, "Z") && !o.Until.IsZero() {
		o.Until = shown(o.Until, zone)
	}
	o.Dtstart = start
	rule, err := rrule.NewRRule(*o)
	if err != nil {
		return nil, ErrBroken
	}
	// A day more on both sides: what is wanted is decided on instants.
	early, late := shown(w.From, zone).AddDate(0, 0, -8), shown(w.Until, zone).AddDate(0, 0, 1)
	var all []time.Time
	for next, ok := rule.Iterator(), true; ok; {
		var at time.Time
		if at, ok = next(); !ok || at.After(late) {
			break
		}
		if at.After(early) {
			all = append(all, at)
		}
		if len(all) > w.Most {
			return nil, ErrTooLarge
		}
	}
	return all, nil
}

func exceptions(e *ics.VEvent, zone *time.Location) (list []time.Time, err error) {
	for _, p := range e.GetProperties(ics.ComponentPropertyExdate) {
		for value := range strings.SplitSeq(p.Value, ",") {
			one := *p
			one.Value = value
			t, in, err := wall(&one, zone)
			if err != nil {
				return nil, err
			}
			list = append(list, shown(instant(t, in), zone))
		}
	}
	return list, nil
}

// shown is what a wall clock of the zone shows at an instant, in UTC's clothes.
func shown(t time.Time, zone *time.Location) time.Time {
	t = t.In(zone)
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}

// instant gives the instant at which the wall clock of a zone shows t.
func instant(t time.Time, zone *time.Location) time.Time {
	_, before := t.Add(-24 * time.Hour).In(zone).Zone()
	_, after := t.Add(24 * time.Hour).In(zone).Zone()
	first := t.Add(-time.Duration(before) * time.Second)
	second := t.Add(-time.Duration(after) * time.Second)
	if shown(first, zone).Equal(t) {
		return first.UTC() // also the first of two
	}
	if shown(second, zone).Equal(t) {
		return second.UTC()
	}
	change, _ := first.In(zone).ZoneBounds()
	return change.UTC()
}
