package model

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"adviceline/helpline"
)

// offered finds the contact of an offer id.
func (m *Model) offered(offer string) (*contact, int64) {
	i := strings.LastIndexByte(offer, '.')
	if i < 0 {
		return nil, 0
	}
	epoch, err := strconv.ParseInt(offer[i+1:], 10, 64)
	if err != nil {
		return nil, 0
	}
	return m.contacts[offer[:i]], epoch
}

// live tells whether that offer is this adviser's and in time: one millisecond late is late.
func (m *Model) live(c *contact, epoch int64, a *adviser) bool {
	return c.offered == a && c.epoch == epoch && m.now <= c.expires
}

// Accept makes the adviser the owner. Idempotent by offer. Errors: ErrOfferGone, ErrConsoleReplaced.
func (m *Model) Accept(now int64, k helpline.Console, offer string) (helpline.Leg, []helpline.Event, error) {
	m.step(now)
	a, err := m.console(k)
	if err != nil {
		return helpline.Leg{}, nil, err
	}
	c, epoch := m.offered(offer)
	if c == nil {
		return helpline.Leg{}, nil, helpline.ErrOfferGone
	}
	if c.took == offer && c.owner == a && (c.talking() || c.state == helpline.Wrapping) {
		return m.leg(c), nil, nil
	}
	if !m.live(c, epoch, a) {
		return helpline.Leg{}, nil, helpline.ErrOfferGone
	}
	before, reason := c.owner, ""
	if before != nil {
		reason = "transferred"
		before.legs = remove(before.legs, c)
		m.release(before, c.weight)
	}
	a.offers = remove(a.offers, c)
	m.own(c, a, c.asked)
	c.took, c.offered, c.expires = offer, nil, 0
	m.event(helpline.OfferAccepted, c, a, reason)
	if before != nil {
		m.feed(before)
	}
	events := m.end()
	return m.leg(c), events, nil
}

// own makes an adviser the owner of a leg that holds so many slots. Who was excluded before is not any
// more: a leg that comes back begins anew.
func (m *Model) own(c *contact, a *adviser, weight int) {
	m.disarm(c, timerOffer, timerAway, timerSeek)
	c.excluded, a.misses = c.excluded[:0], 0
	c.state, c.owner, c.weight, c.aware = helpline.Active, a, weight, !c.up
	c.wrote = m.now
	a.legs = append(a.legs, c)
	if c.accepted == 0 {
		c.accepted = m.now
	}
}

// Decline hands an offer back; the contact keeps its original arrival, the adviser cools down. A
// repetition is answered alike. Errors: ErrOfferGone, ErrConsoleReplaced.
func (m *Model) Decline(now int64, k helpline.Console, offer, reason string) ([]helpline.Event, error) {
	m.step(now)
	a, err := m.console(k)
	if err != nil {
		return nil, err
	}
	c, epoch := m.offered(offer)
	if c == nil {
		return nil, helpline.ErrOfferGone
	}
	if slices.ContainsFunc(c.refused, func(r refusal) bool {
		return r.epoch == epoch && r.adviser == a && r.until > m.now
	}) {
		return nil, nil
	}
	if !m.live(c, epoch, a) {
		return nil, helpline.ErrOfferGone
	}
	c.refused = slices.DeleteFunc(c.refused, func(r refusal) bool { return r.until <= m.now })
	c.refused = append(c.refused, refusal{epoch, a, m.now + linger})
	a.misses = 0
	m.blame(c, a, m.timing.DeclineCooldown.Milliseconds())
	m.withdraw(c, helpline.OfferDeclined, reason)
	m.back(c)
	m.feed(a)
	return m.end(), nil
}

// offerDue is an offer that nobody answered in time. Who misses two in a row pauses, while another
// serves each of their classes.
func (m *Model) offerDue(c *contact) {
	a := c.offered
	if a == nil {
		return
	}
	if m.now <= c.expires {
		m.arm(c, timerOffer, c.expires+1)
		return
	}
	a.misses++
	m.blame(c, a, m.timing.MissCooldown.Milliseconds())
	m.withdraw(c, helpline.OfferTimedOut, "timed_out")
	if a.misses < 2 || !a.serving() || !m.replaceable(a) {
		m.back(c)
		m.feed(a)
		return
	}
	a.duty, a.reason, a.misses = "paused", "missed", 0
	m.unready(a)
	m.back(c)
	m.rematch(a)
}

// replaceable tells whether somebody else serves each class of an adviser: language, skill, interpreter.
func (m *Model) replaceable(a *adviser) bool {
	for _, g := range a.groups {
		if !slices.ContainsFunc(g.advisers, func(b *adviser) bool { return b != a && b.serving() }) {
			return false
		}
	}
	return true
}

// leg is a contact as its adviser gets it.
func (m *Model) leg(c *contact) helpline.Leg {
	until := m.now
	if c.accepted > 0 {
		until = c.accepted
	}
	return helpline.Leg{
		Facts: helpline.Facts{
			Contact: c.id, Channel: c.channel, Language: c.language, Skill: c.skill, Lane: laneNames[c.lane],
			Arrival: instant(c.arrival),
		},
		State: c.state, Epoch: c.epoch, Seq: c.seq, Waited: time.Duration(until-c.arrival) * time.Millisecond,
		Key: c.key, Told: c.told, Draft: c.draft, DraftVersion: c.draftVersion, History: c.said,
	}
}
