package helpline

import (
	"fmt"
	"time"
)

// ReferralCount is a cell of what is left of referrals: how many hops of a quarter ended so. Days is how
// long one was open: 0-2, 3-7, 8-14, 15-30, over.
type ReferralCount struct {
	Quarter     string // 2026Q4, of the end
	Destination string
	State       ReferralState
	Reason      string
	Days        string
	N           int64
}

// Counts gives one count for every receiver that was asked, and for one that consent was refused for. What
// was entered in error counts nowhere.
func (r *Referral) Counts() []ReferralCount {
	var all []ReferralCount
	for _, h := range r.Hops {
		if h.State == ReferralError || h.State.Open() || h.Sent.IsZero() && h.Reason == "" {
			continue
		}
		all = append(all, ReferralCount{
			Quarter: quarter(h.Over), Destination: h.Kind, State: h.State, Reason: h.Reason, Days: daysOpen(h), N: 1,
		})
	}
	return all
}

func quarter(at time.Time) string {
	if zone, err := time.LoadLocation(Zone); err == nil {
		at = at.In(zone)
	}
	return fmt.Sprintf("%dQ%d", at.Year(), (int(at.Month())+2)/3)
}

func daysOpen(h Hop) string {
	if h.Sent.IsZero() {
		return "0-2"
	}
	switch days := int(h.Over.Sub(h.Sent).Hours() / 24); {
	case days < 3:
		return "0-2"
	case days < 8:
		return "3-7"
	case days < 15:
		return "8-14"
	case days < 31:
		return "15-30"
	default:
		return "over"
	}
}
