package theory

import "testing"

// The advisers found meet the goal, one fewer does not.
func TestStaffIsTheFewest(t *testing.T) {
	t.Parallel()
	for _, arrivals := range []float64{0.1, 1, 5, 30, 200} {
		l := Load{Arrivals: arrivals / 3600, Service: 2700}
		g := Goal{Share: 0.8, Target: 60, Patience: 600, Slots: 2}
		n, met, err := l.Staff(g)
		if err != nil || met.Within < g.Share {
			t.Fatal(arrivals, n, met, err)
		}
		if n == 1 {
			continue
		}
		l.Servers = (n - 1) * g.Slots
		if fewer, err := l.Leave(g.Patience, g.Target); err != nil || fewer.Within >= g.Share {
			t.Errorf("%v an hour: %d advisers, and %d meet %v (%v)", arrivals, n, n-1, fewer.Within, err)
		}
	}
	if n, _, err := (Load{Service: 2700}).Staff(Goal{Share: 0.8, Target: 60, Patience: 600, Slots: 2}); n != 1 || err != nil {
		t.Error("nobody comes:", n, err)
	}
}

// A1 of the routing tables: 13 servers answer 85.8 % within the target, so 0.858 wants 13 and 0.859 more.
func TestStaffMeetsTheTable(t *testing.T) {
	t.Parallel()
	for share, want := range map[float64]int{0.858: 13, 0.859: 14} {
		n, _, err := (Load{Arrivals: 100.0 / 1800, Service: 180}).Staff(Goal{Share: share, Target: 20, Patience: 300, Slots: 1})
		if n != want || err != nil {
			t.Error(share, n, err)
		}
	}
}

func TestStaffRefusesNonsense(t *testing.T) {
	t.Parallel()
	good := Goal{Share: 0.8, Target: 60, Patience: 600, Slots: 2}
	for name, change := range map[string]func(*Load, *Goal){
		"share 0":    func(_ *Load, g *Goal) { g.Share = 0 },
		"share 1":    func(_ *Load, g *Goal) { g.Share = 1 },
		"no slots":   func(_ *Load, g *Goal) { g.Slots = 0 },
		"patience":   func(_ *Load, g *Goal) { g.Patience = 0 },
		"service":    func(l *Load, _ *Goal) { l.Service = -1 },
		"arrivals":   func(l *Load, _ *Goal) { l.Arrivals = -1 },
		"impossible": func(l *Load, _ *Goal) { l.Arrivals = 1e6 },
	} {
		l, g := Load{Arrivals: 1.0 / 3600, Service: 2700}, good
		change(&l, &g)
		if n, _, err := l.Staff(g); err == nil {
			t.Errorf("%s: %d advisers", name, n)
		}
	}
}
