package queue

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"adviceline/helpline"
	"adviceline/helpline/model"
)

// extras is a router that also lets people do what a scenario does not know: pages and consoles that
// close, transfers, parking, danger. Deeds are drawn in the order of the events, so two routers meet the
// same deeds for as long as they make the same events.
type extras struct {
	q        stage
	odds     odds
	rnd      *rand.Rand
	agenda   []extra // by instant, then as they were drawn
	consoles map[string]helpline.Console
	staff    map[string]helpline.Adviser
	ids      []string
	versions map[string]int64
	log      []string // what each deed heard
}

type extra struct {
	at   int64
	name string
	do   func() ([]helpline.Event, error)
}

// odds of what happens to a contact, or how often to an adviser (mean s between; 0 never).
type odds struct {
	transfer, requeue, park, fall, take float64
	lost, pause, handover               float64
	languages                           []string // requeued into one of these
}

func newExtras(q stage, o odds) *extras {
	return &extras{
		q: q, odds: o, rnd: rand.New(rand.NewPCG(1, 2)), consoles: map[string]helpline.Console{},
		staff: map[string]helpline.Adviser{}, versions: map[string]int64{},
	}
}

var _ model.Router = (*extras)(nil)

var ctx = context.Background()

// in draws an instant at most so many s from now.
func (x *extras) in(now int64, most float64) int64 { return now + int64(x.rnd.Float64()*most*1000) }

func (x *extras) plan(at int64, name string, do func() ([]helpline.Event, error)) {
	i, _ := slices.BinarySearchFunc(x.agenda, at+1, func(e extra, at int64) int { return cmp.Compare(e.at, at) })
	x.agenda = slices.Insert(x.agenda, i, extra{at, name, do})
}

func (x *extras) chance(p float64) bool { return x.rnd.Float64() < p }

// Next is the first timer or deed.
func (x *extras) Next() (int64, error) {
	at, err := x.q.next()
	if len(x.agenda) > 0 {
		at = min(at, x.agenda[0].at)
	}
	return at, err
}

// Sweep handles timers, then deeds.
func (x *extras) Sweep(at int64) ([]helpline.Event, error) {
	all, err := x.q.sweep(at)
	x.see(at, all)
	for err == nil && len(x.agenda) > 0 && x.agenda[0].at <= at {
		e := x.agenda[0]
		x.agenda = x.agenda[1:]
		events, fault := e.do()
		x.log = append(x.log, fmt.Sprint(at, " ", e.name, ": ", fault))
		if fault != nil && !slices.ContainsFunc(refusals, func(r error) bool { return errors.Is(fault, r) }) {
			return all, fmt.Errorf("%s: %w", e.name, fault)
		}
		all = append(all, x.see(at, events)...)
	}
	return all, err
}

// refusals are what any deed may hear.
var refusals = []error{
	helpline.ErrNotFound, helpline.ErrOfferGone, helpline.ErrConsoleReplaced, helpline.ErrNotFree, helpline.ErrTooSoon,
	helpline.ErrTooMany, helpline.ErrStaleDraft, helpline.ErrLastReady,
}

// see draws what follows from events.
func (x *extras) see(at int64, events []helpline.Event) []helpline.Event {
	for _, e := range events {
		switch e.Kind {
		case helpline.Enqueued:
			x.entered(at, e)
		case helpline.OfferAccepted:
			x.accepted(at, e.Contact, e.Adviser)
		case helpline.LegParked:
			c, a := e.Contact, e.Adviser
			if x.chance(0.3) {
				x.plan(x.in(at, 900), "take "+c, func() ([]helpline.Event, error) { return two3(x.q.Take(ctx, x.consoles[a], c)) })
			}
			x.plan(x.in(at, 3000), "up "+c, func() ([]helpline.Event, error) { return x.up(c) })
		case helpline.DangerIsOpen:
			c, a := e.Contact, x.anybody()
			if x.chance(0.5) {
				x.plan(x.in(at, 1500), "up "+c, func() ([]helpline.Event, error) { return x.up(c) })
			}
			x.plan(x.in(at, 3000), "close "+c, func() ([]helpline.Event, error) { return x.q.CloseDanger(ctx, x.consoles[a], c, "no_place") })
		}
	}
	return events
}

func two3[A any](_ A, e []helpline.Event, err error) ([]helpline.Event, error) { return e, err }

func (x *extras) entered(at int64, e helpline.Event) {
	c := e.Contact
	if x.chance(x.odds.fall) {
		x.plan(x.in(at, 240), "down "+c, func() ([]helpline.Event, error) { return x.q.ContactDown(ctx, c, "s"+c, 0) })
		if x.chance(0.6) {
			x.plan(x.in(at, 3000), "up "+c, func() ([]helpline.Event, error) { return x.up(c) })
		}
	}
	if a := x.anybody(); x.chance(x.odds.take) {
		x.plan(x.in(at, 60), "take "+c, func() ([]helpline.Event, error) { return two3(x.q.Take(ctx, x.consoles[a], c)) })
	}
}

func (x *extras) accepted(at int64, c, a string) {
	if to := x.anybody(); x.chance(x.odds.transfer) {
		x.plan(x.in(at, 600), "transfer "+c+" "+a+" "+to, func() ([]helpline.Event, error) {
			return x.q.Transfer(ctx, x.consoles[a], c, to)
		})
	}
	if x.chance(x.odds.requeue) {
		language := x.odds.languages[x.rnd.IntN(len(x.odds.languages))]
		x.plan(x.in(at, 600), "requeue "+c+" "+a, func() ([]helpline.Event, error) {
			return x.q.Requeue(ctx, x.consoles[a], c, language)
		})
	}
	if x.chance(x.odds.park) {
		down := x.in(at, 300)
		x.plan(down, "down "+c, func() ([]helpline.Event, error) { return x.q.ContactDown(ctx, c, "s"+c, 0) })
		x.plan(down+595_000+x.rnd.Int64N(10_000), "park "+c, func() ([]helpline.Event, error) { return x.q.Park(ctx, x.consoles[a], c) })
	}
}

func (x *extras) anybody() string {
	if len(x.ids) == 0 {
		return "nobody"
	}
	return x.ids[x.rnd.IntN(len(x.ids))]
}

func (x *extras) up(c string) ([]helpline.Event, error) {
	return two3(x.q.ContactUp(ctx, c, x.versions[c], "s"+c))
}

// rounds of an adviser: now and then a console is lost, a break taken, or everything handed over.
func (x *extras) rounds(at int64, id string, every float64, name string) {
	if every == 0 {
		return
	}
	at += int64(x.rnd.ExpFloat64() * every * 1000)
	x.plan(at, name+" "+id, func() (events []helpline.Event, err error) {
		x.rounds(at, id, every, name)
		back := at + 1000 + int64(x.rnd.ExpFloat64()*40_000)
		x.plan(back, "back "+id, func() ([]helpline.Event, error) { return x.back(id, name == "lost") })
		switch name {
		case "lost":
			return x.q.ConsoleDown(ctx, x.consoles[id])
		case "handover":
			return x.q.Handover(ctx, x.consoles[id])
		default:
			return two3(x.q.Duty(ctx, x.consoles[id], helpline.DutyWish{State: "paused", Reason: "break", Confirmed: true}))
		}
	})
}

func (x *extras) back(id string, up bool) ([]helpline.Event, error) {
	var all []helpline.Event
	if up {
		desk, events, err := x.q.ConsoleUp(ctx, x.staff[id])
		if err != nil {
			return events, err
		}
		all, x.consoles[id] = events, desk.Console
	}
	_, events, err := x.q.Duty(ctx, x.consoles[id], helpline.DutyWish{State: "ready", Audible: true})
	return append(all, events...), err
}

// Enqueue lets a contact in, whose page opens at once.
func (x *extras) Enqueue(at int64, e helpline.Entry) ([]helpline.Event, error) {
	if err := x.q.put(at); err != nil {
		return nil, err
	}
	in, events, err := x.q.Enqueue(ctx, e)
	if err != nil {
		return nil, err
	}
	x.versions[e.Contact] = in.Version
	more, err := x.up(e.Contact)
	return x.see(at, append(events, more...)), err
}

// Leave takes a contact out.
func (x *extras) Leave(at int64, c string) ([]helpline.Event, error) {
	return x.at(at, func() ([]helpline.Event, error) { return x.q.Leave(ctx, c, x.versions[c], "cancel") })
}

func (x *extras) at(at int64, do func() ([]helpline.Event, error)) ([]helpline.Event, error) {
	if err := x.q.put(at); err != nil {
		return nil, err
	}
	events, err := do()
	return x.see(at, events), err
}

// Duty opens a console at an adviser's first.
func (x *extras) Duty(at int64, a helpline.Adviser, state string) ([]helpline.Event, error) {
	return x.at(at, func() ([]helpline.Event, error) {
		if _, known := x.staff[a.ID]; !known {
			desk, _, err := x.q.ConsoleUp(ctx, a)
			if err != nil {
				return nil, err
			}
			x.staff[a.ID], x.consoles[a.ID] = a, desk.Console
			x.ids = append(x.ids, a.ID)
			x.rounds(at, a.ID, x.odds.lost, "lost")
			x.rounds(at, a.ID, x.odds.pause, "pause")
			x.rounds(at, a.ID, x.odds.handover, "handover")
		}
		return two3(x.q.Duty(ctx, x.consoles[a.ID], helpline.DutyWish{State: state, Audible: state == "ready", Confirmed: true}))
	})
}

// Accept takes the live offer of a contact.
func (x *extras) Accept(at int64, a, c string) ([]helpline.Event, error) {
	return x.at(at, func() ([]helpline.Event, error) { return two3(x.q.Accept(ctx, x.consoles[a], x.q.offerOf(c))) })
}

// Decline hands it back.
func (x *extras) Decline(at int64, a, c string) ([]helpline.Event, error) {
	return x.at(at, func() ([]helpline.Event, error) { return x.q.Decline(ctx, x.consoles[a], x.q.offerOf(c), "other") })
}

// End closes a conversation.
func (x *extras) End(at int64, a, c string) ([]helpline.Event, error) {
	return x.at(at, func() ([]helpline.Event, error) { return x.q.End(ctx, x.consoles[a], c, "done") })
}

// Record says that the outcome stands.
func (x *extras) Record(at int64, a, c string) ([]helpline.Event, error) {
	return x.at(at, func() ([]helpline.Event, error) { return x.q.Record(ctx, x.consoles[a], c, helpline.Staged{}) })
}
