package model

import (
	"cmp"
	"slices"

	"adviceline/helpline"
)

// passes is how many excluded heads of a class a decision may pass over.
const passes = 8

// choose orders advisers for a contact: who has a slot first, then who cools down, then who is full;
// among them the least loaded, the least flexible, the longest idle, the id.
func (m *Model) choose(a, b *adviser) int {
	if n := cmp.Compare(m.hindered(a), m.hindered(b)); n != 0 {
		return n
	}
	if n := cmp.Compare(a.used, b.used); n != 0 {
		return n
	}
	if n := cmp.Compare(a.flex, b.flex); n != 0 {
		return n
	}
	if n := cmp.Compare(a.idle, b.idle); n != 0 {
		return n
	}
	return cmp.Compare(a.ID, b.ID)
}

func (m *Model) hindered(a *adviser) int {
	switch {
	case a.used >= a.Capacity:
		return 2
	case a.cool > m.now:
		return 1
	default:
		return 0
	}
}

func (c *contact) isExcluded(a *adviser, now int64) bool {
	for _, x := range c.excluded {
		if x.adviser == a && x.until > now {
			return true
		}
	}
	return false
}

// stands tells whether the exclusions of a contact count: while somebody else serves.
func (m *Model) stands(c *contact) bool {
	if len(c.excluded) == 0 {
		return false
	}
	return slices.ContainsFunc(c.group.advisers, func(a *adviser) bool {
		return a.serving() && !c.isExcluded(a, m.now)
	})
}

// exclude keeps a contact from an adviser for a while; when that is over, it seeks again.
func (m *Model) exclude(c *contact, a *adviser) {
	until := m.now + m.timing.Exclusion.Milliseconds()
	c.excluded = slices.DeleteFunc(c.excluded, func(x exclusion) bool { return x.adviser == a || x.until <= m.now })
	c.excluded = append(c.excluded, exclusion{a, until})
	if c.timers[timerSeek].place == 0 {
		m.armSeek(c)
	}
}

// armSeek wakes the contact at the end of its first exclusion.
func (m *Model) armSeek(c *contact) {
	first := int64(0)
	for _, x := range c.excluded {
		if x.until > m.now && (first == 0 || x.until < first) {
			first = x.until
		}
	}
	if first > 0 {
		m.arm(c, timerSeek, first)
	}
}

// seek offers a waiting contact to the first free adviser; a call that finds none reserves one.
func (m *Model) seek(c *contact) {
	if m.now < m.held || c.state != helpline.Waiting {
		return
	}
	if a := m.first(c); a != nil {
		m.offer(c, a, "arrival", "")
	} else if c.call() {
		m.reserve(c)
	}
}

func (m *Model) first(c *contact) (best *adviser) {
	stands := m.stands(c)
	for _, a := range c.group.advisers {
		if !a.free(m.now, c.call()) || stands && c.isExcluded(a, m.now) || reservedAgainst(a, c) {
			continue
		}
		if best == nil || m.choose(a, best) < 0 {
			best = a
		}
	}
	return best
}

// feed gives an adviser contacts while a slot is free.
func (m *Model) feed(a *adviser) {
	for m.now >= m.held && a.free(m.now, false) {
		m.keep(a)
		c := m.next(a)
		if c == nil {
			return
		}
		m.offer(c, a, "slot", "")
	}
}

// next is the contact that the rule gives a free adviser: one candidate per class, the best of them.
func (m *Model) next(a *adviser) (best *contact) {
	var room [32]*contact
	found, pressed := room[:0], false
	for _, g := range a.groups {
		if g.waiting == 0 {
			continue
		}
		for kind := range g.classes {
			if kind == 1 && a.used > 0 {
				continue
			}
			for l := range g.classes[kind] {
				if c := m.candidate(&g.classes[kind][l], a); c != nil {
					found = append(found, c)
					pressed = pressed || m.isOverdue(c)
				}
			}
		}
	}
	for _, c := range found {
		if best == nil || m.before(c, best, pressed) {
			best = c
		}
	}
	return best
}

// candidate is the first of a class whom the adviser may be offered.
func (m *Model) candidate(cl *class, a *adviser) *contact {
	passed := 0
	for _, c := range cl.list {
		if reservedAgainst(a, c) {
			if !c.call() {
				return nil
			}
			continue
		}
		if !c.isExcluded(a, m.now) || !m.stands(c) {
			return c
		}
		if passed++; passed > passes {
			return nil
		}
	}
	return nil
}

// offer takes a slot of the adviser for the contact until it is answered.
func (m *Model) offer(c *contact, a *adviser, rule, reason string) {
	m.unqueue(c)
	c.epoch++
	if c.state != helpline.Active {
		c.state = helpline.Offered
	} else {
		c.state = helpline.Transferring
	}
	wait := m.timing.Offer
	if c.call() {
		wait = m.timing.OfferCall
	}
	c.offered, c.expires = a, m.now+wait.Milliseconds()
	c.asked = c.weightFor(a)
	a.used += c.asked
	a.idle = m.now
	a.offers = append(a.offers, c)
	m.arm(c, timerOffer, c.expires)
	m.event(helpline.OfferMade, c, a, reason).Why = `{"rule":"` + rule + `"}`
}

// release gives slots back, without feeding, so that the caller may queue a contact first.
func (m *Model) release(a *adviser, weight int) {
	a.used = max(a.used-weight, 0)
	if a.duty == "draining" && a.used == 0 {
		a.duty, a.reason = "off", ""
	}
}

// withdraw takes an offer back from its adviser, to whom blame gives a cooldown.
func (m *Model) withdraw(c *contact, kind, reason string) *adviser {
	a := c.offered
	a.offers = remove(a.offers, c)
	m.disarm(c, timerOffer)
	if c.state == helpline.Transferring {
		c.state = helpline.Active
	} else {
		c.state = helpline.Waiting
	}
	c.offered, c.expires = nil, 0
	m.release(a, c.asked)
	m.event(kind, c, a, reason)
	return a
}

// blame makes an adviser pause for a moment and last in line, and keeps the contact from them.
func (m *Model) blame(c *contact, a *adviser, cooldown int64) {
	a.idle = m.now
	if cooldown > 0 {
		a.cool = max(a.cool, m.now+cooldown)
		m.armAdviser(a, timerCool, a.cool)
	}
	m.exclude(c, a)
}

// back puts a contact whose offer ended where it belongs: a transferred leg stays with its owner.
func (m *Model) back(c *contact) {
	if c.state == helpline.Waiting {
		m.queue(c)
		m.seek(c)
	}
}

// revokeAll takes every offer of an adviser back without blame, then puts each contact back.
func (m *Model) revokeAll(a *adviser, reason string) {
	offers := sorted(a.offers)
	for _, c := range offers {
		m.withdraw(c, helpline.OfferRevoked, reason)
	}
	for _, c := range offers {
		m.back(c)
	}
}

// rematch looks at everybody in the groups of an adviser who stopped serving: an exclusion may count
// no more, a call may need another adviser.
func (m *Model) rematch(a *adviser) {
	for _, g := range a.groups {
		free := slices.DeleteFunc(slices.Clone(g.advisers), func(b *adviser) bool { return !b.free(m.now, false) })
		slices.SortFunc(free, func(x, y *adviser) int { return m.choose(x, y) })
		for _, b := range free {
			m.feed(b)
		}
	}
	calls := sorted(m.adrift)
	m.adrift = m.adrift[:0]
	for _, c := range calls {
		m.seek(c)
	}
}
