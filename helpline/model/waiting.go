package model

import (
	"slices"

	"adviceline/helpline"
)

// ContactUp opens a contact's socket: an older one is replaced, a place that was kept is live again.
// Errors: ErrNotFound.
func (m *Model) ContactUp(now int64, contact string, version int64, socket string) (helpline.View, []helpline.Event, error) {
	m.step(now)
	c := m.contacts[contact]
	if !m.looks(c, version) {
		return helpline.View{}, nil, helpline.ErrNotFound
	}
	if c.ended > 0 {
		return m.view(c), nil, nil
	}
	c.up, c.socket = true, socket
	m.disarm(c, timerAway, timerQuiet)
	switch c.state {
	case helpline.Away, helpline.DangerOpen:
		c.exit = false
		m.returns(c, helpline.CameBack)
	case helpline.Parked:
		m.unpark(c, helpline.CameBack)
	case helpline.Active, helpline.Transferring:
		c.aware = false
	}
	events := m.end()
	return m.view(c), events, nil
}

// looks tells whether a token may see how its contact stands.
func (m *Model) looks(c *contact, version int64) bool {
	return c != nil && c.bearer(version) && (c.ended == 0 || m.now-c.ended <= linger)
}

// returns brings a contact that was away, or silent in danger, back into its class.
func (m *Model) returns(c *contact, kind string) {
	m.disarm(c, timerDanger)
	c.state, c.owner = helpline.Waiting, nil
	m.event(kind, c, nil, "")
	m.queue(c)
	m.seek(c)
}

func (m *Model) view(c *contact) helpline.View {
	v := helpline.View{
		State: c.state, Seq: c.seq, Floor: c.floor, Place: helpline.Position{Ahead: m.ahead(c)}, Key: c.key, Version: c.version,
	}
	if c.owner != nil && c.key != "" {
		v.Alias = c.owner.Alias
	}
	return v
}

// ContactDown says that a contact's socket is gone. Waiting: away, place kept, an offer comes back
// without blame. got is the last message that its page received. Errors: ErrNotFound.
func (m *Model) ContactDown(now int64, contact, socket string, got int64) ([]helpline.Event, error) {
	m.step(now)
	c := m.contacts[contact]
	if c == nil {
		return nil, helpline.ErrNotFound
	}
	c.shown(got)
	if c.socket == "" || c.socket != socket {
		return nil, helpline.ErrNotFound
	}
	m.goAway(c, m.grace(c))
	return m.end(), nil
}

// goAway takes the socket from a contact; a waiting one keeps its place for the grace (ms).
func (m *Model) goAway(c *contact, grace int64) {
	c.up, c.socket, c.down = false, "", m.now
	if c.talking() {
		m.arm(c, timerQuiet, m.now+quiet)
	}
	if c.state != helpline.Waiting && c.state != helpline.Offered {
		return
	}
	a := m.giveUp(c)
	m.unqueue(c)
	c.state = helpline.Away
	m.arm(c, timerAway, m.now+grace)
	m.event(helpline.WentAway, c, nil, "")
	if a != nil {
		m.feed(a)
	}
}

// View is how a contact stands, for its own page; without a socket it counts as presence.
// Errors: ErrNotFound.
func (m *Model) View(now int64, contact string, version int64) (helpline.View, []helpline.Event, error) {
	m.step(now)
	c := m.contacts[contact]
	if !m.looks(c, version) {
		return helpline.View{}, nil, helpline.ErrNotFound
	}
	if (c.state == helpline.Away || c.state == helpline.DangerOpen) && !c.exit {
		m.returns(c, helpline.CameBack)
	}
	if c.state == helpline.Parked {
		m.unpark(c, helpline.CameBack)
	}
	if (c.state == helpline.Waiting || c.state == helpline.Offered) && !c.up {
		m.arm(c, timerAway, m.now+m.grace(c))
	}
	events := m.end()
	return m.view(c), events, nil
}

// Leave takes a contact out: exit keeps the place for the return number, done and cancel are final.
// Errors: ErrNotFound.
func (m *Model) Leave(now int64, contact string, version int64, way string) ([]helpline.Event, error) {
	m.step(now)
	c := m.contacts[contact]
	if c == nil || !c.bearer(version) {
		return nil, helpline.ErrNotFound
	}
	if c.ended > 0 {
		return nil, nil
	}
	switch {
	case way == "exit":
		m.exit(c)
	case c.talking():
		m.revokeTransfer(c, "superseded")
		m.wrap(c, leftBy(way))
		m.erase(c)
	case c.state == helpline.Parked:
		m.endParked(c, leftBy(way))
	default:
		m.close(c, helpline.Cancelled, way)
		m.unnumber(c)
		m.erase(c)
		m.arm(c, timerGone, m.now+m.timing.TextIdle.Milliseconds())
	}
	return m.end(), nil
}

func leftBy(way string) string {
	if way == "done" {
		return "contact_done"
	}
	return "contact_cancelled"
}

// exit blanks the page and keeps the place for who comes back by number.
func (m *Model) exit(c *contact) {
	talking, keep := c.talking(), m.timing.Exit.Milliseconds()
	m.goAway(c, keep)
	c.dead, c.exit = c.version, true
	if c.state == helpline.Parked {
		c.state, c.owner = helpline.Away, nil
	}
	m.event(helpline.Left, c, c.owner, "exit")
	if talking {
		m.disarm(c, timerQuiet)
		c.aware = true
		return
	}
	if c.state == helpline.Away {
		m.arm(c, timerAway, m.now+keep)
	}
}

// Positions counts, for those of the contacts that wait, who is served before them. Ranges of waits are
// not the model's.
func (m *Model) Positions(now int64, contacts []string) map[string]helpline.Position {
	m.step(now)
	places := map[string]helpline.Position{}
	for _, id := range contacts {
		if c := m.contacts[id]; c != nil && c.state == helpline.Waiting {
			places[id] = helpline.Position{Ahead: m.ahead(c)}
		}
	}
	return places
}

// Status is whether the line takes contacts, and the languages that somebody serving speaks.
func (m *Model) Status(now int64) helpline.Status {
	m.step(now)
	s := helpline.Status{Open: !m.Closed}
	for _, a := range m.advisers {
		if !a.serving() {
			continue
		}
		for _, l := range a.Languages {
			if !slices.Contains(s.Languages, l) {
				s.Languages = append(s.Languages, l)
			}
		}
	}
	slices.Sort(s.Languages)
	return s
}
