package helpline

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// byday are the days of a week as iCalendar (RFC 5545) and HSDS write them, Monday first.
var byday = []string{"MO", "TU", "WE", "TH", "FR", "SA", "SU"}

func weekday(i int) time.Weekday { return time.Weekday((i + 1) % 7) }

// ReadSchedule reads opening hours: "24/7", or parts with ";" between, each days and a time in Finland:
// "MO-FR 08:00-16:15; SA,SU 10:00-02:00". An end before the beginning is the next morning's.
func ReadSchedule(text string) (list []OpenHours, ok bool) {
	switch {
	case strings.TrimSpace(text) == "":
		return nil, true
	case strings.TrimSpace(text) == "24/7":
		text = "MO-SU 00:00-24:00"
	case len(text) > 400:
		return nil, false
	}
	for part := range strings.SplitSeq(text, ";") {
		days, hours, _ := strings.Cut(strings.TrimSpace(part), " ")
		from, to, _ := strings.Cut(hours, "-")
		opens, good := clock(from)
		shut, fine := clock(to)
		if !good || !fine || opens == day {
			return nil, false
		}
		if shut <= opens {
			shut += day
		}
		for name := range strings.SplitSeq(days, ",") {
			first, last, span := strings.Cut(name, "-")
			if !span {
				last = first
			}
			i, j := slices.Index(byday, first), slices.Index(byday, last)
			if i < 0 || j < i {
				return nil, false
			}
			for ; i <= j; i++ {
				list = append(list, OpenHours{weekday(i), opens, shut})
			}
		}
	}
	return list, true
}

// ScheduleText writes what ReadSchedule reads.
func ScheduleText(list []OpenHours) string {
	var parts []string
	for _, o := range list {
		shut := o.Shut
		if shut > day {
			shut -= day
		}
		parts = append(parts, fmt.Sprintf("%s %02d:%02d-%02d:%02d", byday[(int(o.Day)+6)%7], o.Opens/60, o.Opens%60, shut/60, shut%60))
	}
	if full, _ := ReadSchedule("24/7"); slices.Equal(list, full) {
		return "24/7"
	}
	return strings.Join(parts, "; ")
}

func clock(s string) (minutes int, ok bool) {
	hour, minute, cut := strings.Cut(strings.TrimSpace(s), ":")
	h, wrong := strconv.Atoi(hour)
	m, bad := strconv.Atoi(minute)
	if !cut || wrong != nil || bad != nil || len(hour) != 2 || len(minute) != 2 || h < 0 || m < 0 || m > 59 || h*60+m > day {
		return 0, false
	}
	return h*60 + m, true
}
