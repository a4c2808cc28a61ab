package model

import (
	"slices"

	"adviceline/helpline"
)

func (w *walk) check() {
	w.Helper()
	for id, c := range w.contacts {
		if c.id != id || c.arrival != w.came[id] {
			w.Fatalf("I8: %s came at %d, not at %d", id, w.came[id], c.arrival)
		}
		w.onePlace(c)
		w.neverForgotten(c)
		w.reservation(c)
	}
	for _, a := range w.advisers {
		w.load(a)
		w.atRest(a)
	}
	waiting := 0
	for _, g := range w.groups {
		n := 0
		for k := range g.classes {
			for l := range g.classes[k] {
				n += len(g.classes[k][l].list)
			}
		}
		if n != g.waiting {
			w.Fatalf("a group counts %d, holds %d", g.waiting, n)
		}
		waiting += n
	}
	for _, c := range w.contacts {
		if c.class != nil {
			waiting--
		}
	}
	if waiting != 0 || len(w.freed) > 0 || len(w.adrift) > 0 {
		w.Fatalf("I1: %d stand in a class that is not theirs; %d, %d left over", waiting, len(w.freed), len(w.adrift))
	}
}

// I1: a leg is in exactly one place, the one of its state; I3: at most one live offer; I4: one owner.
func (w *walk) onePlace(c *contact) {
	w.Helper()
	queued := c.class != nil && slices.Contains(c.class.list, c)
	offers, legs := 0, 0
	for _, a := range w.advisers {
		if slices.Contains(a.offers, c) {
			offers++
		}
		if slices.Contains(a.legs, c) {
			legs++
		}
	}
	type places struct {
		queued       bool
		offers, legs int
	}
	want := map[helpline.State]places{
		helpline.Waiting: {queued: true}, helpline.Offered: {offers: 1}, helpline.Active: {legs: 1},
		helpline.Transferring: {offers: 1, legs: 1}, helpline.Wrapping: {legs: 1},
	}[c.state]
	if got := (places{queued, offers, legs}); got != want {
		w.Fatalf("I1: %s is %s in %+v", c.id, c.state, got)
	}
	if offers == 1 && (c.offered == nil || !slices.Contains(c.offered.offers, c) || c.expires == 0) {
		w.Fatalf("I3: the offer of %s is nobody's", c.id)
	}
	early := c.state == helpline.Waiting || c.state == helpline.Offered || c.state == helpline.Away
	if early && c.owner != nil {
		w.Fatalf("I4: %s is %s and owned", c.id, c.state)
	}
	if legs == 1 && (c.owner == nil || !slices.Contains(c.owner.legs, c)) {
		w.Fatalf("I4: %s has another owner", c.id)
	}
	if queued && (c.class != &c.group.classes[calls(c.call())][c.lane] || c.group != w.groupOf(c) || !slices.IsSortedFunc(c.class.list, older)) {
		w.Fatalf("I7: %s stands in the wrong class or order", c.id)
	}
}

// I2: used is what offers and legs hold, never over capacity.
func (w *walk) load(a *adviser) {
	w.Helper()
	used := 0
	for _, c := range a.offers {
		used += c.asked
	}
	for _, c := range a.legs {
		used += c.weight
	}
	if a.used != used || used > a.Capacity {
		w.Fatalf("I2: %s uses %d of %d, holds %d", a.ID, a.used, a.Capacity, used)
	}
	unheard := a.up && a.duty == "ready" // a newer console takes the offers over before anybody has heard it
	if !a.serving() && len(a.offers) > 0 && !unheard && !(a.up && a.reason == "missed") {
		w.Fatalf("%s has offers and does not serve", a.ID)
	}
	if a.duty == "draining" && used == 0 {
		w.Fatalf("%s drains and holds nothing", a.ID)
	}
}

// I6: nobody waits for an adviser who is free, but for exclusions and reservations.
func (w *walk) atRest(a *adviser) {
	w.Helper()
	if a.free(w.now, false) && w.next(a) != nil {
		w.Fatalf("I6: %s is free and %s waits", a.ID, w.next(a).id)
	}
	for _, g := range a.groups {
		for k := range g.classes {
			for l := range g.classes[k] {
				w.nobodyFor(a, g.classes[k][l].list)
			}
		}
	}
}

// nobodyFor looks at each waiting contact, not at heads: the same said in another way.
func (w *walk) nobodyFor(a *adviser, list []*contact) {
	w.Helper()
	passed := 0
	for _, c := range list {
		if c.isExcluded(a, w.now) {
			passed++
		}
		keptFrom := w.stands(c) && c.isExcluded(a, w.now) || reservedAgainst(a, c) || passed > passes
		if a.free(w.now, c.call()) && !keptFrom {
			w.Fatalf("I6: %s is free for %s", a.ID, c.id)
		}
	}
}

func (w *walk) reservation(c *contact) {
	w.Helper()
	if c.reserver == nil {
		return
	}
	if !c.call() || c.class == nil || c.reserver.reserved != c || !c.reserver.serving() {
		w.Fatalf("%s holds a reservation of %s", c.id, c.reserver.ID)
	}
}

// I9: every state that is not final has a timer that ends it, or a page that is open.
func (w *walk) neverForgotten(c *contact) {
	w.Helper()
	timed := func(ks ...kind) bool {
		return !slices.ContainsFunc(ks, func(k kind) bool { return c.timers[k].place == 0 })
	}
	var ok bool
	switch c.state {
	case helpline.Waiting:
		ok = timed(timerLife) && (c.up || timed(timerAway))
	case helpline.Offered:
		ok = timed(timerLife, timerOffer) && (c.up || timed(timerAway))
	case helpline.Transferring:
		ok = timed(timerLife, timerOffer)
	case helpline.Active, helpline.Parked:
		ok = timed(timerLife)
	case helpline.Away:
		ok = timed(timerLife, timerAway)
	case helpline.DangerOpen:
		ok = timed(timerDanger, timerLife)
	case helpline.Wrapping:
		ok = timed(timerWrap)
	case helpline.Owed:
		ok = timed(timerDue)
	default:
		ok = timed(timerGone)
	}
	if !ok {
		w.Fatalf("I9: %s is %s without its timer", c.id, c.state)
	}
	if c.ended == 0 && c.key != "" && w.numbers[c.index] != c {
		w.Fatalf("I9: the number of %s finds nobody", c.id)
	}
	owned := c.talking() && !c.owner.up && c.owner.timers[timerLost].place == 0
	if owned {
		w.Fatalf("I9: %s is owned by %s, who is down for good", c.id, c.owner.ID)
	}
	for _, x := range c.excluded {
		if c.state == helpline.Waiting && x.until > w.now && !timed(timerSeek) {
			w.Fatalf("I9: %s would never seek again", c.id)
		}
	}
}
