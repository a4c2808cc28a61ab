package model

import (
	"math"
	"slices"

	"adviceline/helpline"
)

// KPIs are the figures of a simulation, as routing.md fixes them. Times in s; a figure that has
// nothing to be counted from is absent. Contacts that came in the warm-up are left out.
type KPIs struct {
	Scenario  string         `json:"scenario,omitempty"`
	Seed      uint64         `json:"seed"`
	Hours     float64        `json:"hours"` // simulated, the warm-up left out
	Flow      Flow           `json:"flow"`
	Chats     *Figures       `json:"chats,omitempty"`
	Callbacks *CallbackKPIs  `json:"callbacks,omitempty"`
	Classes   []ClassFigures `json:"classes"`
	Advisers  AdviserFigures `json:"advisers"`
	Theory    *TheoryFigures `json:"theory,omitempty"`
}

// Flow counts contacts: enqueued = answered + abandoned + carried_out.
type Flow struct {
	Enqueued   int `json:"enqueued"`
	Answered   int `json:"answered"`
	Abandoned  int `json:"abandoned"`
	CarriedOut int `json:"carried_out"` // neither when the simulation ended
}

// Figures are how contacts fared. Callbacks are never among them.
type Figures struct {
	Arrived       int      `json:"arrived"`
	Answered      int      `json:"answered"`
	Abandoned     int      `json:"abandoned"`
	ServiceLevel  *float64 `json:"service_level,omitempty"`     // answered within T / (answered + abandoned)
	WithoutShort  *float64 `json:"service_level_10s,omitempty"` // without abandons shorter than 10 s
	Abandonment   *float64 `json:"abandonment,omitempty"`       // abandoned / (answered + abandoned)
	Waited        *float64 `json:"share_waited,omitempty"`      // of answered and abandoned, who waited at all
	ASA           *float64 `json:"asa_s,omitempty"`             // mean wait of the answered
	MeanWait      *float64 `json:"mean_wait_s,omitempty"`       // of the answered and the abandoned
	P50           *float64 `json:"p50_s,omitempty"`             // of the answered, as p90 and max
	P90           *float64 `json:"p90_s,omitempty"`
	Max           *float64 `json:"max_s,omitempty"`
	OldestWaiting *float64 `json:"oldest_waiting_s,omitempty"` // of those who wait when the simulation ends
	AHT           *float64 `json:"aht_s,omitempty"`            // (conversation + wrap-up) / answered
}

// ClassFigures are those of one class.
type ClassFigures struct {
	Class string `json:"class"`
	Figures
}

// CallbackKPIs are those of callbacks: the wait runs from when one was due.
type CallbackKPIs struct {
	Figures
	OnTime *float64 `json:"on_time,omitempty"` // first attempt within the grace, of those tried or given up
}

// AdviserFigures are how advisers were used. Staffed is while ready, and while holding legs after it.
type AdviserFigures struct {
	BySlots    *float64 `json:"occupancy_slots,omitempty"`
	ByAdvisers *float64 `json:"occupancy_advisers,omitempty"`
	Offers     int      `json:"offers"`
	Accepted   int      `json:"accepted"`
	Declined   int      `json:"declined"`
	TimedOut   int      `json:"timed_out"`
	Revoked    int      `json:"revoked"`
	Acceptance *float64 `json:"offer_acceptance,omitempty"` // accepted / offers that were not revoked
}

// account is what one class adds up.
type account struct {
	arrived, answered, abandoned, soon, short, waited, onTime int
	sum, handled                                              int64   // ms: waits of all, handling
	waits                                                     []int64 // ms, of the answered
}

// desk is what one adviser holds.
type desk struct {
	capacity, used int
	ready          bool
}

type tally struct {
	s                   Scenario
	from                int64 // end of the warm-up
	target, grace       int64
	classes             []account
	waiting             map[string]int64 // open and unanswered: arrival
	desks               map[string]*desk
	talks               map[string]int64 // since when a contact is handled
	at                  int64
	used, staffed       int64   // slots now
	busy, present       int64   // advisers now
	slotTime, staffTime float64 // integrals, in slot ms
	busyTime, hereTime  float64
	offers              AdviserFigures
}

func newTally(s Scenario) *tally {
	t := &tally{
		s: s, from: start + millis(s.WarmUp), target: millis(s.Target), grace: millis(s.Grace), at: start,
		classes: make([]account, len(s.Classes)), waiting: map[string]int64{}, desks: map[string]*desk{}, talks: map[string]int64{},
	}
	for _, a := range s.people() {
		t.desks[a.ID] = &desk{capacity: a.Capacity}
	}
	return t
}

// pass lets time go by: what is held now was held until now.
func (t *tally) pass(now int64) {
	if since := max(t.at, t.from); now > since {
		ms := float64(now - since)
		t.slotTime += ms * float64(t.used)
		t.staffTime += ms * float64(t.staffed)
		t.busyTime += ms * float64(t.busy)
		t.hereTime += ms * float64(t.present)
	}
	t.at = now
}

func (d *desk) figures() (used, staffed, busy, present int64) {
	used = int64(d.used)
	if d.used > 0 {
		busy = 1
	}
	if d.ready {
		return used, int64(d.capacity), busy, 1
	}
	return used, used, busy, busy
}

// change alters one desk and the sums with it.
func (t *tally) change(now int64, id string, f func(*desk)) {
	t.pass(now)
	d := t.desks[id]
	u0, s0, b0, p0 := d.figures()
	f(d)
	u1, s1, b1, p1 := d.figures()
	t.used, t.staffed, t.busy, t.present = t.used+u1-u0, t.staffed+s1-s0, t.busy+b1-b0, t.present+p1-p0
}

func (t *tally) duty(now int64, id string, ready bool) {
	t.change(now, id, func(d *desk) { d.ready = ready })
}

func (t *tally) hold(now int64, e *helpline.Event, who string, sign int) {
	t.change(now, who, func(d *desk) {
		if e.Channel == call {
			d.used += sign * d.capacity
		} else {
			d.used += sign
		}
	})
}

func (t *tally) event(now int64, e *helpline.Event, v *visit) {
	counts := v.arrival >= t.from
	a := &t.classes[v.class]
	if counts {
		t.offers.count(e.Kind)
	}
	switch e.Kind {
	case helpline.Enqueued:
		t.waiting[e.Contact] = v.arrival
		if counts {
			a.arrived++
		}
	case helpline.OfferMade:
		t.hold(now, e, e.Adviser, 1)
	case helpline.OfferDeclined, helpline.OfferTimedOut, helpline.OfferRevoked:
		t.hold(now, e, e.Adviser, -1)
	case helpline.OfferAccepted:
		v.held = true
		t.talks[e.Contact] = now
		delete(t.waiting, e.Contact)
		if counts {
			t.answer(a, now-v.arrival)
		}
	case helpline.OutcomeIsOwed, helpline.OutcomeRecorded:
		if v.held {
			v.held = false
			t.hold(now, e, v.owner, -1)
			if counts {
				a.handled += now - t.talks[e.Contact]
			}
			delete(t.talks, e.Contact)
		}
	case helpline.Left:
		delete(t.waiting, e.Contact)
		if counts {
			t.leave(a, now-v.arrival)
		}
	}
}

// count notes what became of an offer.
func (o *AdviserFigures) count(kind string) {
	switch kind {
	case helpline.OfferMade:
		o.Offers++
	case helpline.OfferAccepted:
		o.Accepted++
	case helpline.OfferDeclined:
		o.Declined++
	case helpline.OfferTimedOut:
		o.TimedOut++
	case helpline.OfferRevoked:
		o.Revoked++
	}
}

func (t *tally) answer(a *account, wait int64) {
	a.answered++
	a.sum += wait
	a.waits = append(a.waits, wait)
	if wait <= t.target {
		a.soon++
	}
	if wait <= t.grace {
		a.onTime++
	}
	if wait > 0 {
		a.waited++
	}
}

func (t *tally) leave(a *account, wait int64) {
	a.abandoned++
	a.sum += wait
	if wait < 10_000 {
		a.short++
	}
	if wait > 0 {
		a.waited++
	}
}

func (a *account) add(b account) {
	a.arrived, a.answered, a.abandoned = a.arrived+b.arrived, a.answered+b.answered, a.abandoned+b.abandoned
	a.soon, a.short, a.waited, a.onTime = a.soon+b.soon, a.short+b.short, a.waited+b.waited, a.onTime+b.onTime
	a.sum, a.handled = a.sum+b.sum, a.handled+b.handled
	a.waits = append(a.waits, b.waits...)
}

func share(part, whole float64) *float64 {
	if whole == 0 {
		return nil
	}
	v := part / whole
	return &v
}

// figures closes an account; oldest is the arrival of who waits longest, 0 for nobody.
func (a *account) figures(now, oldest int64) Figures {
	all := a.answered + a.abandoned
	f := Figures{
		Arrived: a.arrived, Answered: a.answered, Abandoned: a.abandoned,
		ServiceLevel: share(float64(a.soon), float64(all)), WithoutShort: share(float64(a.soon), float64(all-a.short)),
		Abandonment: share(float64(a.abandoned), float64(all)), Waited: share(float64(a.waited), float64(all)),
		MeanWait: share(float64(a.sum)/1000, float64(all)), AHT: share(float64(a.handled)/1000, float64(a.answered)),
	}
	if oldest > 0 {
		f.OldestWaiting = share(float64(now-oldest)/1000, 1)
	}
	if a.answered == 0 {
		return f
	}
	slices.Sort(a.waits)
	sum := 0.0
	for _, w := range a.waits {
		sum += float64(w)
	}
	at := func(q float64) *float64 { // nearest rank
		return share(float64(a.waits[max(int(math.Ceil(q*float64(len(a.waits))))-1, 0)])/1000, 1)
	}
	f.ASA, f.P50, f.P90, f.Max = share(sum/1000, float64(a.answered)), at(0.5), at(0.9), at(1)
	return f
}

func (t *tally) kpis(now int64) KPIs {
	t.pass(now)
	k := KPIs{Scenario: t.s.Name, Seed: t.s.Seed, Hours: float64(max(now-t.from, 0)) / 3_600_000, Advisers: t.offers, Theory: t.s.theory()}
	k.Advisers.BySlots, k.Advisers.ByAdvisers = share(t.slotTime, t.staffTime), share(t.busyTime, t.hereTime)
	k.Advisers.Acceptance = share(float64(k.Advisers.Accepted), float64(k.Advisers.Accepted+k.Advisers.Declined+k.Advisers.TimedOut))
	var chats, callbacks account
	var oldest int64
	for _, arrival := range t.waiting {
		if arrival >= t.from && (oldest == 0 || arrival < oldest) {
			oldest = arrival
		}
	}
	for i := range t.classes {
		a := &t.classes[i]
		k.Classes = append(k.Classes, ClassFigures{t.s.Classes[i].Name, a.figures(now, 0)})
		if t.s.Classes[i].Channel == call {
			callbacks.add(*a)
		} else {
			chats.add(*a)
		}
		k.Flow.Enqueued, k.Flow.Answered, k.Flow.Abandoned = k.Flow.Enqueued+a.arrived, k.Flow.Answered+a.answered, k.Flow.Abandoned+a.abandoned
	}
	k.Flow.CarriedOut = k.Flow.Enqueued - k.Flow.Answered - k.Flow.Abandoned
	if chats.arrived > 0 {
		f := chats.figures(now, oldest)
		k.Chats = &f
	}
	if callbacks.arrived > 0 {
		k.Callbacks = &CallbackKPIs{callbacks.figures(now, 0), share(float64(callbacks.onTime), float64(callbacks.answered+callbacks.abandoned))}
	}
	return k
}
