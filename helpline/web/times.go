package web

import (
	"strconv"
	"time"
)

// lineZone is where the line's days and hours are.
var lineZone = func() *time.Location {
	zone, err := time.LoadLocation(rosterZone)
	if err != nil {
		panic(err) // the zones are embedded
	}
	return zone
}()

// callHours are the parts of a day that the page offers.
var callHours = [][2]int{{8, 12}, {12, 16}, {16, 20}}

// times gives the times at which one may ask to be called: today's that have an hour left, and three more days.
func (p *Pages) times(lang string, now time.Time) []Slot {
	v := view{pages: p, Lang: lang}
	now = now.In(lineZone)
	var out []Slot
	for day := range 4 {
		for _, h := range callHours {
			from := time.Date(now.Year(), now.Month(), now.Day()+day, h[0], 0, 0, 0, lineZone)
			to := time.Date(now.Year(), now.Month(), now.Day()+day, h[1], 0, 0, 0, lineZone)
			if to.Sub(now) < 70*time.Minute {
				continue
			}
			out = append(out, v.slot(from, to, now))
		}
	}
	return out
}

// slot gives a time in words of the line's own clock.
func (v view) slot(from, to, now time.Time) Slot {
	from, to, now = from.In(lineZone), to.In(lineZone), now.In(lineZone)
	s := Slot{Value: instant(from) + " " + instant(to), Hours: v.hour(from) + "–" + v.hour(to)}
	switch from.Format(time.DateOnly) {
	case now.Format(time.DateOnly):
		s.Day = v.say("pc.today", nil)
	case now.AddDate(0, 0, 1).Format(time.DateOnly):
		s.Day = v.say("pc.tomorrow", nil)
	default:
		s.Day = v.say("pc.day_"+strconv.Itoa(int(from.Weekday())), nil) + from.Format(" 2.1.")
	}
	return s
}

// hour writes a time of day, the minutes where there are any.
func (v view) hour(t time.Time) string {
	if t.Minute() == 0 {
		return t.Format("15")
	}
	return t.Format(v.clock())
}

// clock is the layout of a time of day.
func (v view) clock() string {
	if v.Lang == "fi" {
		return "15.04"
	}
	return "15:04"
}
