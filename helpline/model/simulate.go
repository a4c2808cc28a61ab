package model

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"adviceline/helpline"
)

// start is the instant at which a simulation begins, in ms: an hour 0 of some day.
const start = int64(1_699_920_000_000)

// drained is how long after the last arrival a simulation waits for open contacts, in ms.
const drained = 48 * 3600 * 1000

// Simulate lets the contacts of a scenario come to a router and gives the figures. For each instant
// with something to do timers go first, then, each in the order of names: ends and records, duty,
// answers, arrivals, leaves. each, if not nil, gets every event, valid during the call. An error is
// the scenario's or a refusal that a router ought not to give.
func Simulate(s Scenario, r Router, each func(helpline.Event)) (KPIs, error) {
	if err := s.Check(); err != nil {
		return KPIs{}, err
	}
	d := newDrive(s, r, each)
	if err := d.run(); err != nil {
		return KPIs{}, fmt.Errorf("simulate at %d ms: %w", d.now-start, err)
	}
	return d.tally.kpis(d.now), nil
}

// turn is the order of what happens at one instant.
type turn uint8

const (
	ending turn = iota
	changing
	answering
	arriving
	leaving
)

// deed is something that a person will do.
type deed struct {
	at      int64
	turn    turn
	id      string // the contact's, the adviser's, or the class's number
	verb    string
	adviser string
	n       int // of the offer
}

// visit is a contact in the house.
type visit struct {
	class    int
	number   uint64
	arrival  int64
	brought  brought
	offers   int
	offered  bool
	answered bool
	held     bool // slots are held for it
	owner    string
}

type drive struct {
	s        Scenario
	r        Router
	each     func(helpline.Event)
	now      int64
	agenda   agenda
	comings  []coming
	counts   []uint64 // contacts per class so far
	number   uint64
	until    int64 // no arrivals from here on
	last     int64 // the last arrival
	visits   map[string]*visit
	spare    []*visit
	people   map[string]helpline.Adviser
	answers  map[string]*Answer
	tally    *tally
	finished bool
}

func newDrive(s Scenario, r Router, each func(helpline.Event)) *drive {
	d := &drive{
		s: s, r: r, each: each, now: start, until: math.MaxInt64, last: start, visits: map[string]*visit{},
		people: map[string]helpline.Adviser{}, answers: map[string]*Answer{}, tally: newTally(s),
		counts: make([]uint64, len(s.Classes)),
	}
	if s.Hours > 0 {
		d.until = start + millis(s.Hours*3600)
	}
	for i := range s.Classes {
		d.comings = append(d.comings, coming{class: &s.Classes[i], rand: stream(s.Seed, forArrivals, uint64(i), 0, 0)})
		d.nextArrival(i)
	}
	people, i := s.people(), 0
	for _, staff := range s.Advisers {
		for range max(staff.Count, 1) {
			a := people[i]
			d.people[a.ID], d.answers[a.ID] = a, staff.Answer
			d.roster(a.ID, staff.Shifts)
			i++
		}
	}
	return d
}

// roster puts an adviser's first shifts into the agenda; each deed of duty puts its next there.
func (d *drive) roster(id string, shifts []Shift) {
	if len(shifts) == 0 {
		d.agenda.add(deed{at: start, turn: changing, id: id, verb: "stay"})
	}
	for _, h := range shifts {
		if h.From > h.To {
			d.agenda.add(deed{at: start, turn: changing, id: id, verb: "stay"})
		}
		d.agenda.add(deed{at: start + millis(h.From*3600), turn: changing, id: id, verb: "ready"})
		d.agenda.add(deed{at: start + millis(h.To*3600), turn: changing, id: id, verb: "off"})
	}
}

func (d *drive) nextArrival(class int) {
	at := start + d.comings[class].next()
	if at < d.until {
		d.agenda.add(deed{at: at, turn: arriving, id: padded("", uint64(class)), n: class})
	}
}

// padded makes names whose order as strings is the order of their numbers.
func padded(prefix string, n uint64) string {
	b := []byte(prefix + "0000000000")
	for i := len(b) - 1; n > 0 && i >= len(prefix); i-- {
		b[i] = byte('0' + n%10)
		n /= 10
	}
	return string(b)
}

// over says that nobody comes any more and nobody is in the house, or that the rest takes too long.
func (d *drive) over(at int64) bool {
	full := d.s.Arrivals > 0 && d.number >= uint64(d.s.Arrivals)
	coming := !full && slices.ContainsFunc(d.agenda, func(x deed) bool { return x.turn == arriving })
	return !coming && (len(d.visits) == 0 || at > d.last+drained)
}

func (d *drive) run() error {
	for {
		timers, err := d.r.Next()
		if err != nil {
			return err
		}
		at := timers
		if len(d.agenda) > 0 {
			at = min(at, d.agenda[0].at)
		}
		if at == math.MaxInt64 || d.finished && d.over(at) {
			return nil
		}
		d.now = max(d.now, at)
		if err := d.instant(timers <= d.now); err != nil {
			return err
		}
		full := d.s.Arrivals > 0 && d.number >= uint64(d.s.Arrivals)
		d.finished = d.finished || full || d.s.Hours > 0 && d.now >= d.until
	}
}

// instant lets everything of this instant happen.
func (d *drive) instant(due bool) error {
	if due {
		if err := d.take(d.r.Sweep(d.now)); err != nil {
			return err
		}
	}
	for len(d.agenda) > 0 && d.agenda[0].at <= d.now {
		if err := d.do(d.agenda.pop()); err != nil {
			return err
		}
	}
	return nil
}

// do lets one thing happen. What comes too late (the offer is over, the contact gone) is no fault.
func (d *drive) do(x deed) error {
	switch x.turn {
	case ending:
		return d.finish(x)
	case changing:
		return d.change(x)
	case answering:
		return d.reply(x)
	case arriving:
		return d.arrive(x)
	default:
		if v := d.visits[x.id]; v == nil || v.answered {
			return nil
		}
		return d.take(d.r.Leave(d.now, x.id))
	}
}

func (d *drive) arrive(x deed) error {
	if d.s.Arrivals > 0 && d.number >= uint64(d.s.Arrivals) {
		return nil
	}
	c := &d.s.Classes[x.n]
	id, v := padded("c", d.number), d.visit()
	*v = visit{class: x.n, number: d.number, arrival: d.now, brought: c.brought(d.s.Seed, uint64(x.n), d.counts[x.n])}
	d.number++
	d.counts[x.n]++
	d.last = d.now
	d.visits[id] = v
	d.nextArrival(x.n)
	e := helpline.Entry{
		Facts: helpline.Facts{Contact: id, Channel: c.Channel, Language: c.Language, Skill: c.Skill, Lane: c.Lane, PageLanguage: "fi", Asks: "help"},
		Print: "p", Key: "k", Numbers: []string{id},
	}
	if c.Overdue > 0 {
		e.Overdue = time.UnixMilli(d.now + millis(c.Overdue))
	}
	if v.brought.patience >= 0 {
		d.agenda.add(deed{at: d.now + v.brought.patience, turn: leaving, id: id})
	}
	return d.take(d.r.Enqueue(d.now, e))
}

func (d *drive) visit() *visit {
	if n := len(d.spare); n > 0 {
		v := d.spare[n-1]
		d.spare = d.spare[:n-1]
		return v
	}
	return &visit{}
}

func (d *drive) change(x deed) error {
	state := "ready"
	if x.verb == "off" {
		state = "off"
	}
	if x.verb != "stay" {
		y := x
		y.at += day * 1000
		d.agenda.add(y)
	}
	d.tally.duty(d.now, x.id, state == "ready")
	return d.take(d.r.Duty(d.now, d.people[x.id], state))
}

func (d *drive) reply(x deed) error {
	v := d.visits[x.id]
	if v == nil || !v.offered || v.offers != x.n {
		return nil
	}
	if x.verb == "decline" {
		return d.take(d.r.Decline(d.now, x.adviser, x.id))
	}
	return d.take(d.r.Accept(d.now, x.adviser, x.id))
}

func (d *drive) finish(x deed) error {
	v := d.visits[x.id]
	if v == nil {
		return nil
	}
	if x.verb == "end" && v.brought.wrapUp > 0 {
		d.agenda.add(deed{at: d.now + v.brought.wrapUp, turn: ending, id: x.id, verb: "record", adviser: x.adviser})
		return d.take(d.r.End(d.now, x.adviser, x.id))
	}
	return d.take(d.r.Record(d.now, x.adviser, x.id))
}

// take looks at the events of a step.
func (d *drive) take(events []helpline.Event, err error) error {
	if errors.Is(err, helpline.ErrOfferGone) || errors.Is(err, helpline.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	for i := range events {
		e := &events[i]
		if v := d.visits[e.Contact]; v != nil {
			d.event(e, v)
		}
		if d.each != nil {
			d.each(*e)
		}
	}
	return nil
}

func (d *drive) event(e *helpline.Event, v *visit) {
	d.tally.event(d.now, e, v)
	switch e.Kind {
	case helpline.OfferMade:
		v.offers++
		v.offered = true
		if verb, delay := d.answers[e.Adviser].answer(d.s.Seed, v.number, uint64(v.offers)); verb != "miss" {
			d.agenda.add(deed{at: d.now + delay, turn: answering, id: e.Contact, verb: verb, adviser: e.Adviser, n: v.offers})
		}
	case helpline.OfferDeclined, helpline.OfferTimedOut, helpline.OfferRevoked:
		v.offered = false
	case helpline.OfferAccepted:
		v.offered, v.answered, v.owner = false, true, e.Adviser
		d.agenda.add(deed{at: d.now + v.brought.service, turn: ending, id: e.Contact, verb: "end", adviser: e.Adviser})
	case helpline.Left, helpline.OutcomeRecorded, helpline.OutcomeMissing:
		delete(d.visits, e.Contact)
		d.spare = append(d.spare, v)
	}
}

// agenda holds deeds, the first one in front.
type agenda []deed

func (x *deed) before(y *deed) bool {
	if x.at != y.at {
		return x.at < y.at
	}
	if x.turn != y.turn {
		return x.turn < y.turn
	}
	if x.id != y.id {
		return strings.Compare(x.id, y.id) < 0
	}
	return x.verb < y.verb
}

func (a *agenda) add(x deed) {
	*a = append(*a, x)
	h := *a
	for i := len(h) - 1; i > 0 && h[i].before(&h[(i-1)/2]); i = (i - 1) / 2 {
		h[i], h[(i-1)/2] = h[(i-1)/2], h[i]
	}
}

func (a *agenda) pop() deed {
	h := *a
	first, last := h[0], len(h)-1
	h[0], h[last] = h[last], deed{}
	h = h[:last]
	*a = h
	for i := 0; ; {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(h); child++ {
			if h[child].before(&h[least]) {
				least = child
			}
		}
		if least == i {
			return first
		}
		h[i], h[least] = h[least], h[i]
		i = least
	}
}
