package model

import (
	"slices"

	"adviceline/helpline"
)

// Enqueue takes a contact in and offers it at once if somebody is free; a repetition gives the same
// answer. Errors: ErrRequestReused, ErrInvalid (no code, or no lane of the rule), ErrLineClosed, ErrQueueUnavailable.
func (m *Model) Enqueue(now int64, e helpline.Entry) (helpline.Entered, []helpline.Event, error) {
	m.step(now)
	if c := m.contacts[e.Contact]; c != nil {
		if c.print != e.Print {
			return helpline.Entered{}, nil, helpline.ErrRequestReused
		}
		return m.entered(c), nil, nil
	}
	if !sound(e.Language, e.Lane, e.Skill) {
		return helpline.Entered{}, nil, helpline.ErrInvalid
	}
	if m.Closed {
		return helpline.Entered{}, nil, helpline.ErrLineClosed
	}
	version := slices.IndexFunc(e.Numbers, func(n string) bool { return m.numbers[n] == nil })
	if m.Full || version < 0 {
		return helpline.Entered{}, nil, helpline.ErrQueueUnavailable
	}
	c := m.blankContact()
	*c = contact{
		id: e.Contact, print: e.Print, key: e.Key, told: e.Told, channel: e.Channel, language: e.Language,
		skill: e.Skill, lane: laneOf(e.Lane), state: helpline.Waiting, arrival: m.now, down: m.now,
		version: int64(version + 1), index: e.Numbers[version], excluded: c.excluded, refused: c.refused,
	}
	if !e.Overdue.IsZero() {
		c.overdue = e.Overdue.UnixMilli()
	}
	c.group = m.groupOf(c)
	m.contacts[c.id], m.numbers[c.index] = c, c
	m.arm(c, timerAway, m.now+m.grace(c))
	m.lives(c, m.now+m.timing.TextIdle.Milliseconds())
	m.event(helpline.Enqueued, c, nil, "")
	m.queue(c)
	m.seek(c)
	events := m.end()
	return m.entered(c), events, nil
}

func (m *Model) blankContact() *contact {
	if n := len(m.spare); n > 0 {
		c := m.spare[n-1]
		m.spare = m.spare[:n-1]
		return c
	}
	return &contact{}
}

// grace is how long a waiting person may be away.
func (m *Model) grace(c *contact) int64 {
	if c.lane == danger {
		return m.timing.AwayDanger.Milliseconds()
	}
	return m.timing.Away.Milliseconds()
}

func (m *Model) entered(c *contact) helpline.Entered {
	return helpline.Entered{
		Contact: c.id, State: c.state, Version: c.version, Arrival: instant(c.arrival), Ahead: m.ahead(c),
	}
}

// Resume gives place and conversation back to who knows the return number; idempotent by request.
// Errors: ErrNotFound, ErrQueueUnavailable.
func (m *Model) Resume(now int64, r helpline.Return) (helpline.Entered, []helpline.Event, error) {
	m.step(now)
	none := helpline.Entered{}
	c := m.numbers[r.Index]
	if c == nil {
		return none, nil, helpline.ErrNotFound
	}
	if c.request == r.RequestID && c.before == r.Index {
		return m.entered(c), nil, nil
	}
	if c.index != r.Index || c.key == "" || c.ended > 0 && c.state != helpline.Abandoned {
		return none, nil, helpline.ErrNotFound
	}
	version, index := c.version, ""
	for v := c.version + 1; v <= c.version+3 && index == ""; v++ {
		if n := r.Next(c.id, v); m.numbers[n] == nil {
			version, index = v, n
		}
	}
	if index == "" {
		return none, nil, helpline.ErrQueueUnavailable
	}
	m.resume(c, r, version, index)
	events := m.end()
	return m.entered(c), events, nil
}

func (m *Model) resume(c *contact, r helpline.Return, version int64, index string) {
	m.disarm(c, timerGone)
	if m.numbers[c.before] == c {
		delete(m.numbers, c.before)
	}
	m.numbers[index] = c
	if c.up {
		c.down = m.now
	}
	c.keepBack()
	c.version, c.index, c.before, c.request = version, index, r.Index, r.RequestID
	c.floor, c.got, c.exit, c.socket, c.up, c.ended = c.seq, c.seq, false, "", false, 0
	switch c.state {
	case helpline.Parked:
		m.freshen(c)
		m.unpark(c, helpline.Resumed)
	case helpline.Away, helpline.Abandoned, helpline.DangerOpen:
		m.freshen(c)
		m.returns(c, helpline.Resumed)
	default:
		m.event(helpline.Resumed, c, c.owner, "")
	}
	if c.state == helpline.Waiting || c.state == helpline.Offered {
		m.arm(c, timerAway, m.now+m.grace(c))
	}
	if c.talking() {
		m.arm(c, timerQuiet, m.now+quiet)
	}
}

// freshen lets a text's idle time begin anew.
func (m *Model) freshen(c *contact) {
	c.last = m.now
	m.arm(c, timerLife, m.now+60_000)
}

// Serve tells which languages accounts serve: who speaks another waits for an interpreter. Who waits
// changes class with it, at the original arrival, and seeks again.
func (m *Model) Serve(now int64, languages []string) []helpline.Event {
	m.step(now)
	m.served = slices.Clone(languages)
	if len(languages) == 0 {
		m.served = nil // nobody knows
	}
	var moved []*contact
	for _, c := range m.contacts {
		if g := m.groupOf(c); g != c.group && c.class != nil {
			moved = append(moved, c)
		} else {
			c.group = g
		}
	}
	moved = sorted(moved)
	for _, c := range moved {
		m.unqueue(c)
		c.group = m.groupOf(c)
	}
	for _, c := range moved {
		m.queue(c)
	}
	for _, c := range moved {
		m.seek(c)
	}
	return m.end()
}
