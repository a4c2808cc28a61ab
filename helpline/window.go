package helpline

import (
	"slices"
	"time"
)

// Window is a time in which a person may safely be called.
type Window struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// The bounds of a callback's windows (routing.md, Defaults).
const (
	maxWindows  = 14
	minWindow   = time.Hour
	farthest    = 14 * 24 * time.Hour
	numberStays = 72 * time.Hour // after the last window, so that a person can still look
)

// orderWindows gives windows in order, or ErrWindowsRefused: 1 to 14, none shorter than 60 min or with
// less than that to come, none that ends more than 14 days ahead, no two that overlap.
func orderWindows(list []Window, now time.Time) ([]Window, error) {
	if len(list) == 0 || len(list) > maxWindows {
		return nil, ErrWindowsRefused
	}
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b Window) int { return a.From.Compare(b.From) })
	for i, w := range list {
		left := w.To.Sub(w.From)
		if now.After(w.From) {
			left = w.To.Sub(now)
		}
		if left < minWindow || w.To.Sub(now) > farthest || i > 0 && w.From.Before(list[i-1].To) {
			return nil, ErrWindowsRefused
		}
	}
	return list, nil
}

// narrowed gives the parts of windows that lie in those of the first request of the number; where there
// are none, the first's hold. So a second request never widens when a number is called.
func narrowed(first, second []Window) []Window {
	var both []Window
	for _, a := range first {
		for _, b := range second {
			from, to := a.From, a.To
			if b.From.After(from) {
				from = b.From
			}
			if b.To.Before(to) {
				to = b.To
			}
			if from.Before(to) {
				both = append(both, Window{from, to})
			}
		}
	}
	if len(both) == 0 {
		return first
	}
	return both
}

func last(windows []Window) time.Time { return windows[len(windows)-1].To }

// within tells whether an instant lies in a window.
func within(windows []Window, at time.Time) bool {
	return slices.ContainsFunc(windows, func(w Window) bool { return !at.Before(w.From) && at.Before(w.To) })
}
