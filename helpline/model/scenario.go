package model

import (
	"fmt"
	"math"
	"slices"
	"time"

	"adviceline/helpline"
	"adviceline/helpline/strict"
)

// Scenario is what `adviceline simulate` reads: who comes, who serves, by which rule. Times are in
// seconds with the suffix _s, rates in contacts per hour. ops/docs/scenario.schema.json is its shape.
type Scenario struct {
	Name     string       `json:"name,omitempty"`
	Seed     uint64       `json:"seed,omitempty"`
	Arrivals int          `json:"arrivals,omitempty"` // contacts to let in; 0: as many as come in Hours
	Hours    float64      `json:"hours,omitempty"`    // how long contacts come; 0: until Arrivals came
	WarmUp   float64      `json:"warm_up_s,omitempty"`
	Target   float64      `json:"target_s,omitempty"`         // of the service level
	Grace    float64      `json:"callback_grace_s,omitempty"` // a callback tried within it is on time
	Classes  []Class      `json:"classes"`
	Advisers []Staff      `json:"advisers"`
	Rule     *RuleSetting `json:"rule,omitempty"`
	Timing   *Times       `json:"timing,omitempty"`
}

// Class is contacts that are alike. Rate is either PerHour, or ByHour for each hour of the day.
type Class struct {
	Name     string        `json:"name"`
	Language string        `json:"language"`
	Skill    string        `json:"skill,omitempty"`
	Lane     helpline.Lane `json:"lane"`
	Channel  string        `json:"channel"`
	PerHour  float64       `json:"per_hour,omitempty"`
	ByHour   []float64     `json:"by_hour,omitempty"`
	Service  Span          `json:"service"`
	WrapUp   *Span         `json:"wrap_up,omitempty"`         // none: the outcome stands at the end
	Patience *Span         `json:"patience,omitempty"`        // none: endless
	Overdue  float64       `json:"overdue_after_s,omitempty"` // callbacks: overdue so long after due; 0 never
}

// Staff is one adviser, or Count of them alike with numbers behind the name.
type Staff struct {
	Name      string   `json:"name"`
	Count     int      `json:"count,omitempty"`
	Languages []string `json:"languages"`
	Skills    []string `json:"skills,omitempty"`
	Slots     int      `json:"slots"`
	Shifts    []Shift  `json:"shifts,omitempty"` // none: always on duty
	Answer    *Answer  `json:"answer,omitempty"` // none: every offer is accepted at once
}

// Shift is hours of each day; To before From runs over midnight.
type Shift struct {
	From float64 `json:"from"`
	To   float64 `json:"to"`
}

// Answer is what an adviser does with an offer: declines or misses it by chance, else accepts it
// after a delay; a decline takes the same delay.
type Answer struct {
	Delay   *Span   `json:"delay,omitempty"`
	Decline float64 `json:"decline,omitempty"`
	Miss    float64 `json:"miss,omitempty"`
}

// Span is a length of time by chance: fixed, exponential, or lognormal with a standard deviation.
type Span struct {
	Kind string  `json:"kind"`
	Mean float64 `json:"mean_s"`
	SD   float64 `json:"sd_s,omitempty"`
}

// RuleSetting replaces parts of helpline.DefaultRule.
type RuleSetting struct {
	Overdue float64       `json:"overdue_s,omitempty"`
	Lanes   []LaneSetting `json:"lanes,omitempty"`
}

// LaneSetting is the priority of one lane.
type LaneSetting struct {
	Lane   helpline.Lane `json:"lane"`
	Credit float64       `json:"credit_s,omitempty"`
	Slope  int64         `json:"slope"`
}

// Times replaces parts of helpline.DefaultTiming.
type Times struct {
	Offer     *float64 `json:"offer_s,omitempty"`
	OfferCall *float64 `json:"offer_call_s,omitempty"`
	Decline   *float64 `json:"decline_cooldown_s,omitempty"`
	Miss      *float64 `json:"miss_cooldown_s,omitempty"`
	Exclusion *float64 `json:"exclusion_s,omitempty"`
	Wrap      *float64 `json:"wrap_s,omitempty"`
}

// ReadScenario decodes a scenario of at most 16 KiB, strictly: what is not in Scenario is refused, and
// so is what Check refuses.
func ReadScenario(data []byte) (Scenario, error) {
	var s Scenario
	if err := strict.Decode(data, &s); err != nil {
		return s, fmt.Errorf("read scenario: %w", err)
	}
	return s, s.Check()
}

// bounds of a scenario, so that a slip of the keyboard does not run for days.
const (
	maxArrivals = 20_000_000
	maxHours    = 24 * 366 * 10_000
	maxSpan     = 1e9
	maxRate     = 1e7
	maxStaff    = 1_000
)

// Check refuses what cannot be simulated; the error names the field.
func (s Scenario) Check() error {
	switch {
	case s.Arrivals < 0 || s.Arrivals > maxArrivals:
		return fmt.Errorf("scenario: arrivals is not within 0 and %d", maxArrivals)
	case !upTo(s.Hours, maxHours):
		return fmt.Errorf("scenario: hours is not within 0 and %d", maxHours)
	case s.Arrivals == 0 && s.Hours == 0:
		return fmt.Errorf("scenario: arrivals or hours is wanted")
	case !upTo(s.WarmUp, maxSpan) || !upTo(s.Target, maxSpan) || !upTo(s.Grace, maxSpan):
		return fmt.Errorf("scenario: warm_up_s, target_s or callback_grace_s is out of bounds")
	case len(s.Classes) < 1 || len(s.Classes) > 100 || len(s.Advisers) < 1 || len(s.Advisers) > 200:
		return fmt.Errorf("scenario: 1 to 100 classes and 1 to 200 kinds of advisers are wanted")
	}
	if err := s.checkPeople(); err != nil {
		return err
	}
	if err := s.checkNames(); err != nil {
		return err
	}
	return s.checkSettings()
}

func (s Scenario) checkPeople() error {
	for i, c := range s.Classes {
		if err := c.check(); err != nil {
			return fmt.Errorf("scenario: classes[%d]: %w", i, err)
		}
	}
	staff := 0
	for i, a := range s.Advisers {
		if err := a.check(); err != nil {
			return fmt.Errorf("scenario: advisers[%d]: %w", i, err)
		}
		staff += max(a.Count, 1)
	}
	if staff > maxStaff {
		return fmt.Errorf("scenario: more than %d advisers", maxStaff)
	}
	return nil
}

func (s Scenario) checkNames() error {
	seen := map[string]bool{}
	for _, c := range s.Classes {
		if seen[c.Name] {
			return fmt.Errorf("scenario: two classes are called %s", c.Name)
		}
		seen[c.Name] = true
	}
	names := map[string]bool{}
	for _, a := range s.people() {
		if names[a.ID] {
			return fmt.Errorf("scenario: two advisers are called %s", a.ID)
		}
		names[a.ID] = true
	}
	return nil
}

func (s Scenario) checkSettings() error {
	if r := s.Rule; r != nil {
		if !upTo(r.Overdue, maxSpan) {
			return fmt.Errorf("scenario: rule.overdue_s is out of bounds")
		}
		for _, l := range r.Lanes {
			if !slices.Contains(helpline.Lanes(), l.Lane) || !upTo(l.Credit, maxSpan) || l.Slope < 0 || l.Slope > 1000 {
				return fmt.Errorf("scenario: rule.lanes wants a lane, credit_s and a slope of 0 to 1000")
			}
		}
	}
	if t := s.Timing; t != nil {
		for _, v := range []*float64{t.Offer, t.OfferCall, t.Decline, t.Miss, t.Exclusion, t.Wrap} {
			if v != nil && !upTo(*v, maxSpan) {
				return fmt.Errorf("scenario: timing is out of bounds")
			}
		}
	}
	return nil
}

// upTo tells whether a number is within 0 and high.
func upTo(v, high float64) bool { return v >= 0 && v <= high }

func name(s string) bool { return len(s) >= 1 && len(s) <= 64 }

func (c Class) check() error {
	switch {
	case !name(c.Name) || !name(c.Language) || len(c.Skill) > 64:
		return fmt.Errorf("name and language want 1 to 64 characters")
	case !slices.Contains(helpline.Lanes(), c.Lane):
		return fmt.Errorf("lane is none of the lanes")
	case c.Channel != "chat" && c.Channel != call:
		return fmt.Errorf("channel is chat or %s", call)
	case !upTo(c.Overdue, maxSpan) || c.Overdue > 0 && c.Channel != call:
		return fmt.Errorf("overdue_after_s is for callbacks; chats have the rule's overdue_s")
	}
	if err := c.checkRate(); err != nil {
		return err
	}
	for _, d := range []*Span{&c.Service, c.WrapUp, c.Patience} {
		if err := d.check(); err != nil {
			return err
		}
	}
	return nil
}

func (c Class) checkRate() error {
	if c.ByHour != nil && (len(c.ByHour) != 24 || c.PerHour != 0) {
		return fmt.Errorf("by_hour wants 24 rates and no per_hour beside it")
	}
	if c.top() <= 0 || c.top() > maxRate || slices.ContainsFunc(c.ByHour, func(r float64) bool { return !upTo(r, maxRate) }) {
		return fmt.Errorf("per_hour or by_hour wants rates of at most %g", maxRate)
	}
	return nil
}

// top is the highest rate of the day, per hour.
func (c Class) top() float64 {
	if c.ByHour != nil {
		return slices.Max(c.ByHour)
	}
	return c.PerHour
}

func (a Staff) check() error {
	switch {
	case !name(a.Name) || a.Count < 0 || a.Count > maxStaff:
		return fmt.Errorf("name wants 1 to 64 characters, count 1 to %d", maxStaff)
	case len(a.Languages) < 1 || len(a.Languages) > 32 || len(a.Skills) > 32:
		return fmt.Errorf("1 to 32 languages and at most 32 skills are wanted")
	case a.Slots < 1 || a.Slots > 100:
		return fmt.Errorf("slots is not within 1 and 100")
	}
	for _, h := range a.Shifts {
		if !upTo(h.From, 24) || !upTo(h.To, 24) || h.From == h.To {
			return fmt.Errorf("a shift runs from an hour to another of 0 to 24")
		}
	}
	return a.Answer.check()
}

func (w *Answer) check() error {
	if w == nil {
		return nil
	}
	if !upTo(w.Decline, 1) || !upTo(w.Miss, 1) || w.Decline+w.Miss > 1 {
		return fmt.Errorf("answer.decline and answer.miss are shares of together at most 1")
	}
	return w.Delay.check()
}

func (d *Span) check() error {
	if d == nil {
		return nil
	}
	if !upTo(d.Mean, maxSpan) || !upTo(d.SD, maxSpan) {
		return fmt.Errorf("mean_s or sd_s is out of bounds")
	}
	switch d.Kind {
	case "fixed", "exponential":
		if d.SD != 0 {
			return fmt.Errorf("sd_s is for lognormal alone")
		}
	case "lognormal":
		if d.Mean == 0 {
			return fmt.Errorf("lognormal wants a mean_s above 0")
		}
	default:
		return fmt.Errorf("kind is fixed, exponential or lognormal")
	}
	return nil
}

// people gives every adviser by name.
func (s Scenario) people() []helpline.Adviser {
	var all []helpline.Adviser
	for _, a := range s.Advisers {
		for i := range max(a.Count, 1) {
			id := a.Name
			if a.Count > 1 {
				id = fmt.Sprintf("%s%03d", a.Name, i+1)
			}
			all = append(all, helpline.Adviser{ID: id, Alias: id, Languages: a.Languages, Skills: a.Skills, Capacity: a.Slots})
		}
	}
	return all
}

func seconds(v float64) time.Duration { return time.Duration(millis(v)) * time.Millisecond }

func millis(s float64) int64 { return int64(math.Round(s * 1000)) }

// HelplineRule is the rule of the scenario.
func (s Scenario) HelplineRule() helpline.Rule {
	r := helpline.DefaultRule()
	if s.Rule == nil {
		return r
	}
	if s.Rule.Overdue > 0 {
		r.Overdue = seconds(s.Rule.Overdue)
	}
	for _, l := range s.Rule.Lanes {
		r.Lanes[l.Lane] = helpline.Priority{Credit: seconds(l.Credit), Slope: l.Slope}
	}
	return r
}

// HelplineTiming is the timing of the scenario. Nobody writes in a simulation and no page is open, so
// text and places live for two days whatever is silent; and what is over is forgotten after an hour.
func (s Scenario) HelplineTiming() helpline.Timing {
	t := helpline.DefaultTiming()
	t.Away, t.AwayDanger, t.TextIdle, t.TextLife = 48*time.Hour, 48*time.Hour, 48*time.Hour, 48*time.Hour
	t.OutcomeDue = time.Hour
	if s.Timing == nil {
		return t
	}
	for _, set := range []struct {
		from *float64
		to   *time.Duration
	}{
		{s.Timing.Offer, &t.Offer}, {s.Timing.OfferCall, &t.OfferCall}, {s.Timing.Decline, &t.DeclineCooldown},
		{s.Timing.Miss, &t.MissCooldown}, {s.Timing.Exclusion, &t.Exclusion}, {s.Timing.Wrap, &t.Wrap},
	} {
		if set.from != nil {
			*set.to = seconds(*set.from)
		}
	}
	return t
}
