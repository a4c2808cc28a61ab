package helpline

import (
	"context"
	"slices"
	"strings"
	"time"
)

// Shift is a stretch of time that somebody keeps: on duty (tier 0) or on call (tier 1 is paged first).
// It holds from From up to and without Until.
type Shift struct {
	Name  string // of the account
	Tier  int
	From  time.Time
	Until time.Time
}

// The bounds of a roster.
const (
	MaxShifts = 2000
	MaxTier   = 4
	MaxShift  = 7 * 24 * time.Hour
	// RosterAhead is how far ahead a shift may begin.
	RosterAhead = 400 * 24 * time.Hour
)

// The codes of rosters.
const (
	// ErrBrokenCalendar says that a calendar cannot be read, or holds what this program does not follow.
	ErrBrokenCalendar Code = "broken_calendar"
	// ErrUnknownAdviser says that a shift names no account of an adviser that is enabled.
	ErrUnknownAdviser Code = "unknown_adviser"
	// ErrShiftInvalid says that a shift ends before it begins, is too long, too far ahead, or of no tier.
	ErrShiftInvalid Code = "shift_invalid"
	// ErrShiftsOverlap says that somebody is in two places at once.
	ErrShiftsOverlap Code = "shifts_overlap"
	// ErrTooManyShifts says that there are more shifts than a roster holds.
	ErrTooManyShifts Code = "too_many_shifts"
)

// CheckShifts holds shifts to the bounds and sorts them by tier, beginning and name. Those that are over
// are no fault. Errors: ErrTooManyShifts, ErrShiftInvalid, ErrShiftsOverlap.
func CheckShifts(shifts []Shift, now time.Time) error {
	if len(shifts) > MaxShifts {
		return ErrTooManyShifts
	}
	for _, s := range shifts {
		long := s.Until.Sub(s.From)
		if s.Name == "" || s.Tier < 0 || s.Tier > MaxTier || long <= 0 || long > MaxShift || s.From.Sub(now) > RosterAhead {
			return ErrShiftInvalid
		}
	}
	slices.SortFunc(shifts, func(a, b Shift) int {
		if c := strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)); c != 0 {
			return c
		}
		return a.From.Compare(b.From)
	})
	for i := 1; i < len(shifts); i++ {
		a, b := shifts[i-1], shifts[i]
		if strings.EqualFold(a.Name, b.Name) && b.From.Before(a.Until) {
			return ErrShiftsOverlap
		}
	}
	slices.SortStableFunc(shifts, func(a, b Shift) int {
		if a.Tier != b.Tier {
			return a.Tier - b.Tier
		}
		return a.From.Compare(b.From)
	})
	return nil
}

// Watches lists the shifts that touch [from, until).
type Watches func(ctx context.Context, from, until time.Time) ([]Watch, error)

// Watch is a shift as paging needs it: who keeps it by id, what they speak, and where mail finds them.
type Watch struct {
	Person    string
	Tier      int
	From      time.Time
	Until     time.Time
	Languages []string
	Mail      string // empty: none
}
