package theory

import "fmt"

// Goal is a service level: at least Share of all contacts are answered within Target, by advisers who
// hold Slots conversations each and contacts whose patience has this mean.
type Goal struct {
	Share    float64
	Target   float64
	Patience float64
	Slots    int
}

// Staff gives the fewest advisers who meet a goal, and what contacts then meet; one where nobody
// comes, since a line is never left alone. Valid for steady arrivals through the hour: Erlang A for
// each hour by itself (stationary independent period by period; Green, Kolesar, Soares 2001), which
// is too low where services last much longer than the hour and the load has just fallen or risen.
func (l Load) Staff(g Goal) (advisers int, met Leaving, err error) {
	if !(g.Share > 0 && g.Share < 1) {
		return 0, Leaving{}, fmt.Errorf("share: %v is not between 0 and 1", g.Share)
	}
	if g.Slots < 1 || g.Slots > maxSlots {
		return 0, Leaving{}, fmt.Errorf("slots: %d is not within 1 and %d", g.Slots, maxSlots)
	}
	if l.Arrivals == 0 {
		return 1, Leaving{Within: 1}, nil
	}
	for n := 1; n <= maxAdvisers; n++ {
		l.Servers = n * g.Slots
		if met, err = l.Leave(g.Patience, g.Target); err != nil {
			return 0, Leaving{}, err
		}
		if met.Within >= g.Share {
			return n, met, nil
		}
	}
	return 0, Leaving{}, fmt.Errorf("arrivals: %d advisers are not enough", maxAdvisers)
}

const (
	maxSlots    = 100
	maxAdvisers = 1000
)
