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
