package model

import (
	"slices"

	"adviceline/helpline"
	"adviceline/helpline/model/theory"
)

// TheoryFigures are what theory says of a scenario that it knows: constant rates, exponential times,
// chats alone, everybody serves everybody at once and all the time. Chances and times (s) of all.
type TheoryFigures struct {
	Name         string        `json:"name"`
	Waited       *float64      `json:"share_waited,omitempty"`
	MeanWait     *float64      `json:"mean_wait_s,omitempty"`
	ServiceLevel *float64      `json:"service_level,omitempty"`
	Abandonment  *float64      `json:"abandonment,omitempty"`
	Occupancy    *float64      `json:"occupancy_slots,omitempty"`
	Classes      []TheoryClass `json:"classes,omitempty"`
}

// TheoryClass is the mean wait of one class.
type TheoryClass struct {
	Class    string  `json:"class"`
	MeanWait float64 `json:"mean_wait_s"`
}

// theory gives the figures, nil where no formula fits or no steady state exists.
func (s Scenario) theory() *TheoryFigures {
	load, ok := s.load()
	if !ok || !s.oneGroup() {
		return nil
	}
	lanes := map[helpline.Lane]bool{}
	for _, c := range s.Classes {
		lanes[c.Lane] = true
	}
	if first := s.Classes[0].Patience; first != nil {
		if len(lanes) > 1 {
			return nil
		}
		a, err := load.Leave(first.Mean, s.Target)
		if err != nil {
			return nil
		}
		return &TheoryFigures{Name: "Erlang A", Waited: &a.Probability, MeanWait: &a.Mean, ServiceLevel: &a.Within, Abandonment: &a.Abandoned, Occupancy: &a.Occupancy}
	}
	w, err := load.Wait()
	if err != nil {
		return nil
	}
	occupancy, none := load.Occupancy(), 0.0
	t := &TheoryFigures{Name: "Erlang C", Waited: &w.Probability, MeanWait: &w.Mean, Abandonment: &none, Occupancy: &occupancy}
	if len(lanes) == 1 {
		within := w.Within(s.Target)
		t.ServiceLevel = &within
		return t
	}
	t.Classes = s.lanesInTheory()
	return t
}

// load adds the classes up; false where they differ in what theory wants alike.
func (s Scenario) load() (theory.Load, bool) {
	first, load := s.Classes[0], theory.Load{Service: s.Classes[0].Service.Mean}
	for _, c := range s.Classes {
		alike := c.Channel != call && c.ByHour == nil && c.WrapUp == nil && c.Service == first.Service && c.Service.Kind == "exponential"
		patience := (c.Patience == nil) == (first.Patience == nil)
		if c.Patience != nil && first.Patience != nil {
			patience = *c.Patience == *first.Patience && c.Patience.Kind == "exponential"
		}
		if !alike || !patience {
			return load, false
		}
		load.Arrivals += c.PerHour / 3600
	}
	for _, a := range s.Advisers {
		if len(a.Shifts) > 0 || a.Answer != nil {
			return load, false
		}
		load.Servers += max(a.Count, 1) * a.Slots
	}
	return load, true
}

// oneGroup tells whether each adviser serves each class.
func (s Scenario) oneGroup() bool {
	for _, a := range s.Advisers {
		for _, c := range s.Classes {
			if !slices.Contains(a.Languages, c.Language) || c.Skill != "" && !slices.Contains(a.Skills, c.Skill) {
				return false
			}
		}
	}
	return true
}

// lanesInTheory gives the waits per class of a rule with slopes alone, nil for other rules: credits
// and the overdue age are known only together with equal slopes, or not at all.
func (s Scenario) lanesInTheory() []TheoryClass {
	rule := s.HelplineRule()
	order := slices.Clone(s.Classes)
	slices.SortStableFunc(order, func(a, b Class) int { return int(rule.Lanes[a.Lane].Slope - rule.Lanes[b.Lane].Slope) })
	classes := theory.Classes{Service: order[0].Service.Mean}
	var slopes []float64
	for _, c := range order {
		if rule.Lanes[c.Lane].Credit != 0 || rule.Overdue < seconds(maxSpan) {
			return nil
		}
		classes.Arrivals = append(classes.Arrivals, c.PerHour/3600)
		slopes = append(slopes, float64(rule.Lanes[c.Lane].Slope))
	}
	for _, a := range s.Advisers {
		classes.Servers += max(a.Count, 1) * a.Slots
	}
	waits, err := classes.Accumulating(slopes)
	if err != nil {
		return nil
	}
	var out []TheoryClass
	for i, w := range waits {
		out = append(out, TheoryClass{order[i].Name, w})
	}
	return out
}
