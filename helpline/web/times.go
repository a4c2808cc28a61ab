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
			var words string
			switch day {
			case 0:
				words = v.say("pc.today", nil)
			case 1:
				words = v.say("pc.tomorrow", nil)
			default:
				words = v.say("pc.day_"+strconv.Itoa(int(from.Weekday())), nil) + from.Format(" 2.1.")
			}
			out = append(out, Slot{Value: instant(from) + " " + instant(to), Day: words, Hours: from.Format("15") + "–" + to.Format("15")})
		}
	}
	return out
}
