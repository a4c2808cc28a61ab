package model

import "adviceline/helpline"

// silent keeps danger open that would have ended by silence, until a person closes it or the person
// in danger comes back.
func (m *Model) silent(c *contact, reason string) {
	a := m.giveUp(c)
	m.unqueue(c)
	m.disarm(c, timerAway)
	c.state, c.owner = helpline.DangerOpen, nil // who had parked it has it no more
	m.event(helpline.DangerIsOpen, c, nil, reason)
	m.arm(c, timerDanger, m.now+reTell)
	if a != nil {
		m.feed(a)
	}
}

func (m *Model) dangerDue(c *contact) {
	if c.state == helpline.DangerOpen {
		m.arm(c, timerDanger, m.now+reTell)
	}
}

// CloseDanger ends danger that fell silent, by a person and a code; a repetition is answered alike.
// Errors: ErrNotFound, ErrConsoleReplaced.
func (m *Model) CloseDanger(now int64, k helpline.Console, contact, code string) ([]helpline.Event, error) {
	m.step(now)
	a, err := m.console(k)
	if err != nil {
		return nil, err
	}
	c := m.contacts[contact]
	if c != nil && c.ended > 0 && c.closer == a {
		return nil, nil
	}
	if c == nil || c.state != helpline.DangerOpen {
		return nil, helpline.ErrNotFound
	}
	c.closer = a
	if c.exit {
		m.exited(c, code)
	} else {
		m.close(c, helpline.Abandoned, code)
		day := max(c.arrival+m.timing.TextLife.Milliseconds(), m.now) // no text outlives it
		m.arm(c, timerGone, min(m.now+m.timing.TextIdle.Milliseconds(), day))
	}
	return m.end(), nil
}
