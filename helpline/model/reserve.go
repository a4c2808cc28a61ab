package model

import "adviceline/helpline"

// reservedAgainst tells whether an adviser is kept for a call that this contact may not pass: another
// call and an ordinary chat wait, everybody more urgent goes on.
func reservedAgainst(a *adviser, c *contact) bool {
	return a.reserved != nil && a.reserved != c && (c.call() || c.lane == ordinary)
}

// reserve keeps the first serving adviser for a call that found none whose slots are all free, whether
// they are excluded from it for a while or not.
func (m *Model) reserve(c *contact) {
	if c.reserver != nil {
		return
	}
	var best *adviser
	for _, a := range c.group.advisers {
		if !a.serving() || a.reserved != nil {
			continue
		}
		if best == nil || m.choose(a, best) < 0 {
			best = a
		}
	}
	if best != nil {
		best.reserved, c.reserver = c, best
	}
}

// keep reserves an adviser who holds something for the oldest call that nobody is kept for: one that came
// while nobody served, or while everybody was kept for another. With no slot in use the call competes
// with the others by itself.
func (m *Model) keep(a *adviser) {
	if a.used == 0 || a.reserved != nil {
		return
	}
	var first *contact
	for _, g := range a.groups {
		for l := range g.classes[1] {
			for _, c := range g.classes[1][l].list {
				if c.reserver == nil && (first == nil || older(c, first) < 0) {
					first = c
				}
				if c.reserver == nil {
					break
				}
			}
		}
	}
	if first != nil {
		a.reserved, first.reserver = first, a
	}
}

// unready notes that an adviser stopped serving: the call that they were kept for seeks again when
// the step rematches.
func (m *Model) unready(a *adviser) {
	c := a.reserved
	if c == nil {
		return
	}
	a.reserved, c.reserver = nil, nil
	if c.state == helpline.Waiting {
		m.adrift = append(m.adrift, c)
	}
}
