package model

import (
	"math"

	"adviceline/helpline"
)

// run is how many timers one sweep handles at most.
const run = 64

// Next is the instant of the first timer, false when none is armed.
func (m *Model) Next() (int64, bool) {
	if len(m.timers) == 0 {
		return math.MaxInt64, false
	}
	return m.timers[0].at, true
}

// Sweep handles what is due at now, at most 64 timers in the order of instant and name, and says how
// many it were. Timers that this arms wait for the next sweep. Each timer checks again the state that
// it guards.
func (m *Model) Sweep(now int64) (int, []helpline.Event) {
	m.step(now)
	var batch [run]timer
	n := 0
	for n < run && len(m.timers) > 0 && m.timers[0].at <= m.now {
		batch[n] = *m.timers[0]
		m.timers.drop(m.timers[0])
		n++
	}
	for _, t := range batch[:n] {
		m.again(t)
		m.due(t)
		m.end()
	}
	return n, m.events
}

// again takes a timer out that one before it in the batch has armed: the script does so too.
func (m *Model) again(t timer) {
	if t.c != nil {
		m.disarm(t.c, t.kind)
	} else if u := &t.a.timers[t.kind]; u.place > 0 {
		m.timers.drop(u)
	}
}

func (m *Model) due(t timer) {
	switch t.kind {
	case timerOffer:
		m.offerDue(t.c)
	case timerCool:
		m.coolDue(t.a)
	case timerAway:
		m.awayDue(t.c)
	case timerQuiet:
		if t.c.talking() && !t.c.up {
			t.c.aware = true
		}
	case timerLife:
		m.lifeDue(t.c)
	case timerWrap:
		m.wrapDue(t.c)
	case timerDue:
		m.neverRecorded(t.c)
	case timerGone:
		m.forget(t.c)
	case timerLost:
		m.lostDue(t.a)
	case timerSeek:
		m.armSeek(t.c)
		m.seek(t.c)
	case timerDanger:
		m.dangerDue(t.c)
	}
}

func (m *Model) coolDue(a *adviser) {
	if a.cool > m.now {
		m.armAdviser(a, timerCool, a.cool)
		return
	}
	m.feed(a)
}

// awayDue closes a person who did not come back; the number takes them in again while their text lives.
// Where they spoke of danger, somebody has to close it.
func (m *Model) awayDue(c *contact) {
	switch c.state {
	case helpline.Away, helpline.Waiting, helpline.Offered:
	default:
		return
	}
	reason := "abandoned"
	if c.exit {
		reason = "exit"
	}
	switch {
	case c.lane == danger:
		m.silent(c, reason)
	case c.exit:
		m.exited(c, reason)
	default:
		m.close(c, helpline.Abandoned, reason)
		m.arm(c, timerGone, min(m.now+m.timing.TextIdle.Milliseconds(), max(m.textEnd(c), m.now)))
	}
}

// exited closes for good who left by exit.
func (m *Model) exited(c *contact, reason string) {
	m.close(c, helpline.Exited, reason)
	m.unnumber(c)
	m.erase(c)
	m.arm(c, timerGone, m.now+m.timing.TextIdle.Milliseconds())
}

// textEnd is when a contact's text has lived long enough: not while somebody writes, and never past two lives.
func (m *Model) textEnd(c *contact) int64 {
	life, told := m.timing.TextLife.Milliseconds(), m.timing.TextTold().Milliseconds()
	last := c.arrival + life
	end := last
	if c.last > 0 {
		end = min(end, c.last+m.timing.TextIdle.Milliseconds())
	}
	return max(end, min(max(c.last, c.wrote)+told, last+life))
}

// lives looks at a text again before anything that is said meanwhile can end untold.
func (m *Model) lives(c *contact, end int64) {
	at := min(end, m.now+m.timing.TextIdle.Milliseconds()) - m.timing.TextTold().Milliseconds()
	m.arm(c, timerLife, max(at, m.now))
}

// lifeDue ends what has lasted too long: the text, and with it the leg. A person who waits with an open
// page keeps the place until the longest life is over; danger keeps it whatever happens.
func (m *Model) lifeDue(c *contact) {
	if c.state == "" || c.ended > 0 {
		return
	}
	switch end := m.textEnd(c); {
	case m.now < end-m.timing.TextTold().Milliseconds():
		m.lives(c, end)
		return
	case m.now < end: // both sides are told here
		m.arm(c, timerLife, end)
		return
	}
	last := c.arrival + m.timing.TextLife.Milliseconds()
	stays := (c.state == helpline.Waiting || c.state == helpline.Offered) && c.up && m.now < last
	switch {
	case stays:
		c.said, c.cids, c.held, c.last = nil, nil, nil, 0
		m.lives(c, last)
	case c.talking():
		m.revokeTransfer(c, "superseded")
		m.wrap(c, "expired_by_policy")
		m.erase(c)
	case c.lane == danger:
		c.said, c.cids, c.held, c.last = nil, nil, nil, 0
		if c.state != helpline.DangerOpen {
			m.silent(c, "expired_by_policy")
		}
		m.arm(c, timerLife, m.now+m.timing.TextLife.Milliseconds())
	case c.state == helpline.Parked:
		m.endParked(c, "expired_by_policy")
	default:
		m.close(c, helpline.Expired, "expired_by_policy")
		m.unnumber(c)
		m.arm(c, timerGone, m.now+linger)
		m.erase(c)
	}
}

// close ends a leg that no adviser will have.
func (m *Model) close(c *contact, state helpline.State, reason string) {
	a := m.giveUp(c)
	m.unqueue(c)
	m.disarm(c, timerAway, timerLife, timerDanger)
	c.state, c.ended, c.reason = state, m.now, reason
	m.event(helpline.Left, c, nil, reason)
	if a != nil {
		m.feed(a)
	}
}

// giveUp takes a live offer back whose contact is gone; the adviser is the caller's to feed.
func (m *Model) giveUp(c *contact) *adviser {
	if c.state != helpline.Offered {
		return nil
	}
	return m.withdraw(c, helpline.OfferRevoked, "contact_left")
}

// common are the languages that name nobody.
func common(language string) bool { return language == "fi" || language == "sv" || language == "en" }

// erase destroys what was said and told, and forgets a rare language when the step is over.
func (m *Model) erase(c *contact) {
	c.said, c.cids, c.held, c.last, c.wrote, c.count, c.key, c.told = nil, nil, nil, 0, 0, 0, "", ""
	if !common(c.language) {
		m.blank = append(m.blank, c)
	}
}

func (m *Model) unnumber(c *contact) {
	if m.numbers[c.index] == c {
		delete(m.numbers, c.index)
	}
}

// forget deletes a contact; its memory serves another.
func (m *Model) forget(c *contact) {
	if c.state == "" {
		return
	}
	m.unnumber(c)
	if m.numbers[c.before] == c {
		delete(m.numbers, c.before)
	}
	for k := range kinds {
		m.disarm(c, k)
	}
	delete(m.contacts, c.id)
	id := c.id
	*c = contact{id: id, excluded: c.excluded[:0], refused: c.refused[:0]}
	m.spare = append(m.spare, c)
}
