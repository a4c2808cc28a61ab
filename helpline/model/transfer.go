package model

import (
	"slices"

	"adviceline/helpline"
)

// mine gives a leg that this console's adviser owns. Errors: ErrConsoleReplaced, ErrNotFound.
func (m *Model) mine(k helpline.Console, contact string) (*contact, *adviser, error) {
	a, err := m.console(k)
	if err != nil {
		return nil, nil, err
	}
	c := m.contacts[contact]
	if c == nil || c.owner != a {
		return nil, nil, helpline.ErrNotFound
	}
	return c, a, nil
}

// Transfer offers a leg to another adviser, whatever they speak; the owner keeps it until they accept.
// Errors: ErrNotFree, ErrNotFound, ErrConsoleReplaced.
func (m *Model) Transfer(now int64, k helpline.Console, contact, target string) ([]helpline.Event, error) {
	m.step(now)
	c, a, err := m.mine(k, contact)
	if err != nil {
		return nil, err
	}
	to := m.advisers[target]
	if c.state == helpline.Transferring && c.offered == to {
		return nil, nil
	}
	if c.state != helpline.Active {
		return nil, helpline.ErrNotFound
	}
	if to == nil || to == a || !to.free(m.now, c.call()) {
		return nil, helpline.ErrNotFree
	}
	m.offer(c, to, "transfer", "transfer")
	return m.end(), nil
}

// Requeue gives a leg back to the queue at its original arrival, on top, in another language when one
// is given. Errors: ErrNotFound, ErrConsoleReplaced.
func (m *Model) Requeue(now int64, k helpline.Console, contact, language string) ([]helpline.Event, error) {
	m.step(now)
	c, a, err := m.mine(k, contact)
	if err != nil {
		return nil, err
	}
	if c.state != helpline.Active {
		return nil, helpline.ErrNotFound
	}
	if language != "" && !sound(language, laneNames[c.lane], "") {
		return nil, helpline.ErrInvalid
	}
	if language != "" {
		c.language = language
		c.group = m.groupOf(c)
	}
	m.requeue(c, "transferred")
	m.exclude(c, a)
	m.wait(c)
	m.feed(a)
	return m.end(), nil
}

// requeue takes a conversation from its owner: it goes on as continuation, danger stays danger.
func (m *Model) requeue(c *contact, reason string) {
	a := c.owner
	m.disarm(c, timerQuiet)
	m.letGo(c)
	if c.lane != danger {
		c.lane = continuation
	}
	c.state = helpline.Away
	if c.up {
		c.state = helpline.Waiting
	}
	c.owner = nil
	c.epoch++
	m.event(helpline.Requeued, c, a, reason)
}

// wait puts a requeued leg into its class, or keeps the place of who is not there.
func (m *Model) wait(c *contact) {
	if c.state == helpline.Away {
		m.arm(c, timerAway, m.now+m.timing.Away.Milliseconds())
		return
	}
	m.queue(c)
	m.seek(c)
}

// Handover gives everything back at once: offers without blame, conversations on top, forms as owed.
// The adviser is off duty. Errors: ErrConsoleReplaced.
func (m *Model) Handover(now int64, k helpline.Console) ([]helpline.Event, error) {
	m.step(now)
	a, err := m.console(k)
	if err != nil {
		return nil, err
	}
	a.duty, a.reason = "off", ""
	m.unready(a)
	m.revokeAll(a, "superseded")
	for _, c := range sorted(a.legs) {
		if c.state == helpline.Wrapping {
			m.owe(c)
		}
	}
	m.giveBack(a, "handover")
	m.rematch(a)
	return m.end(), nil
}

// Park frees the slot of a leg whose person has been gone for long; the owner is asked first when they
// come back. Errors: ErrTooSoon, ErrNotFound, ErrConsoleReplaced.
func (m *Model) Park(now int64, k helpline.Console, contact string) ([]helpline.Event, error) {
	m.step(now)
	c, a, err := m.mine(k, contact)
	if err != nil {
		return nil, err
	}
	if c.state == helpline.Parked {
		return nil, nil
	}
	if c.state != helpline.Active {
		return nil, helpline.ErrNotFound
	}
	if c.up || m.now-c.down < m.timing.Park.Milliseconds() {
		return nil, helpline.ErrTooSoon
	}
	m.disarm(c, timerQuiet)
	c.state = helpline.Parked
	m.letGo(c)
	m.event(helpline.LegParked, c, a, "")
	m.feed(a)
	return m.end(), nil
}

// endParked ends a leg without a slot: its form is owed at once.
func (m *Model) endParked(c *contact, reason string) {
	m.disarm(c, timerLife)
	m.unnumber(c)
	c.state, c.ended, c.reason = helpline.Wrapping, m.now, reason
	m.event(helpline.ConversationEnd, c, c.owner, reason)
	m.owe(c)
}

// unpark brings a parked leg back: to its owner if they are free, else to anybody, on top.
func (m *Model) unpark(c *contact, kind string) {
	a := c.owner
	c.state, c.owner, c.exit = helpline.Waiting, nil, false
	if c.lane != danger {
		c.lane = continuation
	}
	m.event(kind, c, nil, "")
	if m.now >= m.held && a.free(m.now, c.call()) {
		m.offer(c, a, "owner", "")
		return
	}
	m.queue(c)
	m.seek(c)
}

// taken stands where an offer's id stands in a leg that was accepted.
const taken = "taken"

// Take opens danger that waits, or a leg that this adviser parked, without an offer.
// Errors: ErrNotFree, ErrNotFound, ErrConsoleReplaced.
func (m *Model) Take(now int64, k helpline.Console, contact string) (helpline.Leg, []helpline.Event, error) {
	m.step(now)
	a, err := m.console(k)
	if err != nil {
		return helpline.Leg{}, nil, err
	}
	c := m.contacts[contact]
	if c == nil {
		return helpline.Leg{}, nil, helpline.ErrNotFound
	}
	if c.state == helpline.Active && c.owner == a && c.took == taken {
		return m.leg(c), nil, nil
	}
	waits := c.state == helpline.Waiting && c.lane == danger
	if !waits && (c.state != helpline.Parked || c.owner != a) {
		return helpline.Leg{}, nil, helpline.ErrNotFound
	}
	weight := c.weightFor(a)
	if !a.up || a.duty == "off" || a.used+weight > a.Capacity {
		return helpline.Leg{}, nil, helpline.ErrNotFree
	}
	m.unqueue(c)
	c.epoch++
	m.own(c, a, weight)
	c.took = taken
	a.idle = m.now
	a.used += weight
	m.event(helpline.OfferAccepted, c, a, taken).Why = `{"rule":"taken"}`
	events := m.end()
	return m.leg(c), events, nil
}

// Relane changes how urgent one who waits is; the arrival stays. ErrNotFound for who does not wait.
func (m *Model) Relane(now int64, contact string, lane helpline.Lane) ([]helpline.Event, error) {
	m.step(now)
	c := m.contacts[contact]
	if c == nil || c.state != helpline.Waiting && c.state != helpline.Offered && c.state != helpline.Away {
		return nil, helpline.ErrNotFound
	}
	if c.lane == laneOf(lane) {
		return nil, nil
	}
	waits := c.state == helpline.Waiting
	if waits {
		m.unqueue(c)
	}
	c.lane = laneOf(lane)
	m.event(helpline.Relaned, c, nil, "")
	if waits {
		m.queue(c)
		m.seek(c)
	}
	return m.end(), nil
}

// order gives the free advisers of the line by id.
func (m *Model) order() []*adviser {
	var free []*adviser
	for _, a := range m.advisers {
		if a.free(m.now, false) {
			free = append(free, a)
		}
	}
	slices.SortFunc(free, func(x, y *adviser) int {
		if x.ID < y.ID {
			return -1
		}
		return 1
	})
	return free
}
