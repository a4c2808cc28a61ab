package model

import "adviceline/helpline"

// Record says that the outcome stands: the text is gone, the slot free. Without End it ends too; again
// it corrects. Errors: ErrNotFound, ErrConsoleReplaced.
func (m *Model) Record(now int64, k helpline.Console, contact string, s helpline.Staged) ([]helpline.Event, error) {
	m.step(now)
	a, err := m.console(k)
	if err != nil {
		return nil, err
	}
	c := m.contacts[contact]
	if c == nil || !m.mayRecord(c, a) {
		return nil, helpline.ErrNotFound
	}
	if c.state == helpline.Completed && c.recorded > 0 {
		if c.correct > 0 && m.now > c.correct {
			return nil, helpline.ErrNotFound
		}
		m.event(helpline.OutcomeChanged, c, a, c.reason).Staged = &s
		return m.end(), nil
	}
	if c.talking() {
		m.revokeTransfer(c, "superseded")
		m.wrap(c, "done")
	}
	if c.state == helpline.Parked {
		m.endParked(c, "done")
	}
	if c.state != helpline.Wrapping && c.state != helpline.Owed {
		return nil, helpline.ErrNotFound
	}
	held := c.state == helpline.Wrapping
	m.disarm(c, timerWrap, timerDue)
	m.owed = remove(m.owed, c)
	m.erase(c)
	c.draft = ""
	c.state, c.recorded, c.recorder = helpline.Completed, m.now, a
	if !s.Until.IsZero() {
		c.correct = s.Until.UnixMilli()
	}
	m.arm(c, timerGone, m.now+m.timing.OutcomeDue.Milliseconds())
	m.event(helpline.OutcomeRecorded, c, a, c.reason).Staged = &s
	if held {
		m.letGo(c)
		m.feed(c.owner)
	}
	return m.end(), nil
}

// mayRecord: the owner, who recorded it, and everybody where a form is everybody's.
func (m *Model) mayRecord(c *contact, a *adviser) bool {
	return c.owner == a || c.recorder == a || m.everybodys(c)
}

// everybodys is the form of somebody who is off duty, and any other 12 h after the end.
func (m *Model) everybodys(c *contact) bool {
	return c.state == helpline.Owed && (m.now-c.ended >= later || c.owner.duty == "off")
}

// letGo gives an owned leg's slots back; the owner stays named.
func (m *Model) letGo(c *contact) {
	c.owner.legs = remove(c.owner.legs, c)
	m.release(c.owner, c.weight)
	c.weight = 0
}

// wrapDue frees the slot of a form that was not written in time; the form is owed.
func (m *Model) wrapDue(c *contact) {
	if c.state != helpline.Wrapping {
		return
	}
	m.owe(c)
	m.feed(c.owner)
}

func (m *Model) owe(c *contact) {
	m.disarm(c, timerWrap)
	m.erase(c)
	c.state = helpline.Owed
	m.owed = append(m.owed, c)
	m.arm(c, timerDue, c.ended+m.timing.OutcomeDue.Milliseconds())
	m.event(helpline.OutcomeIsOwed, c, c.owner, c.reason)
	if c.weight > 0 {
		m.letGo(c)
	}
}

// neverRecorded closes a form that nobody wrote.
func (m *Model) neverRecorded(c *contact) {
	if c.state != helpline.Owed {
		return
	}
	m.owed = remove(m.owed, c)
	c.state = helpline.Completed
	m.event(helpline.OutcomeMissing, c, c.owner, "not_recorded")
	m.forget(c)
}

// Draft keeps an unfinished form. Errors: ErrStaleDraft, ErrNotFound, ErrConsoleReplaced.
func (m *Model) Draft(now int64, k helpline.Console, contact string, version int64, draft string) error {
	m.step(now)
	a, err := m.console(k)
	if err != nil {
		return err
	}
	c := m.contacts[contact]
	if c == nil || !c.talking() && c.state != helpline.Parked && c.state != helpline.Wrapping && c.state != helpline.Owed {
		return helpline.ErrNotFound
	}
	if c.owner != a && !m.everybodys(c) {
		return helpline.ErrNotFound
	}
	if version < c.draftVersion {
		return helpline.ErrStaleDraft
	}
	c.draft, c.draftVersion = draft, version
	return nil
}

// Owed lists the forms that this adviser owes, and those that are everybody's by now.
func (m *Model) Owed(now int64, k helpline.Console) []helpline.Leg {
	m.step(now)
	var legs []helpline.Leg
	for _, c := range m.owed {
		if c.owner.name() == k.Adviser || m.everybodys(c) {
			legs = append(legs, m.leg(c))
		}
	}
	return legs
}
