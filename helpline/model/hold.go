package model

import (
	"slices"

	"adviceline/helpline"
)

// Hold stops matching until an instant: contacts queue, slots stay free.
func (m *Model) Hold(now, until int64) {
	m.step(now)
	m.held = until
}

// Pair is one match of a plan.
type Pair struct{ Contact, Adviser string }

// Plan matches who waits to free slots as widely as possible: contacts in the order of the rule, each
// by an augmenting path (Kuhn 1955) over advisers in the order of choice. A call wants an adviser of
// its own. Nothing changes; the pairs are for Assign, in the order of the contacts.
func (m *Model) Plan(now int64) []Pair {
	m.step(now)
	p := plan{m: m, by: map[*adviser][]*contact{}}
	var all []*contact
	for _, c := range m.contacts {
		if c.class != nil {
			all = append(all, c)
		}
	}
	pressed := slices.ContainsFunc(all, m.isOverdue)
	slices.SortFunc(all, func(a, b *contact) int {
		if m.before(a, b, pressed) {
			return -1
		}
		return 1
	})
	for _, c := range all {
		p.place(c, map[*adviser]bool{})
	}
	var pairs []Pair
	for _, c := range all {
		for _, a := range c.group.advisers {
			if slices.Contains(p.by[a], c) {
				pairs = append(pairs, Pair{c.id, a.ID})
			}
		}
	}
	return pairs
}

type plan struct {
	m  *Model
	by map[*adviser][]*contact
}

// room tells whether the adviser has slots for the contact beside those that are planned.
func (p *plan) room(a *adviser, c *contact) bool {
	used := a.used
	for _, x := range p.by[a] {
		used += x.weightFor(a)
	}
	if c.call() {
		return used == 0
	}
	return used < a.Capacity
}

// place finds the contact an adviser, moving others along if need be.
func (p *plan) place(c *contact, seen map[*adviser]bool) bool {
	for _, a := range p.order(c) {
		if p.room(a, c) {
			p.by[a] = append(p.by[a], c)
			return true
		}
	}
	for _, a := range p.order(c) {
		if seen[a] {
			continue
		}
		seen[a] = true
		before := slices.Clone(p.by[a])
		for _, x := range before {
			if p.by[a] = remove(p.by[a], x); p.room(a, c) {
				p.by[a] = append(p.by[a], c)
				if p.place(x, seen) {
					return true
				}
			}
			p.by[a] = slices.Clone(before)
		}
	}
	return false
}

// order lists the advisers who may have the contact, in the order of choice, planned load counted.
func (p *plan) order(c *contact) []*adviser {
	m, stands := p.m, p.m.stands(c)
	order := slices.DeleteFunc(slices.Clone(c.group.advisers), func(a *adviser) bool {
		return !a.free(m.now, c.call()) || stands && c.isExcluded(a, m.now) || reservedAgainst(a, c)
	})
	slices.SortFunc(order, func(a, b *adviser) int {
		if d := a.used + len(p.by[a]) - b.used - len(p.by[b]); d != 0 {
			return d
		}
		return m.choose(a, b)
	})
	return order
}

// Assign applies one pair while matching is held. Errors: ErrNotFree (they do not fit any more: the
// rest of the plan is to be dropped).
func (m *Model) Assign(now int64, contact, who string) ([]helpline.Event, error) {
	m.step(now)
	c, a := m.contacts[contact], m.advisers[who]
	if c == nil || a == nil || c.class == nil || !a.free(m.now, c.call()) || !slices.Contains(a.groups, c.group) {
		return nil, helpline.ErrNotFree
	}
	m.offer(c, a, "plan", "")
	return m.end(), nil
}

// Unhold lets matching go on and feeds every free adviser, in the order of their ids.
func (m *Model) Unhold(now int64) []helpline.Event {
	m.step(now)
	m.held = 0
	for _, a := range m.order() {
		m.feed(a)
	}
	return m.end()
}
