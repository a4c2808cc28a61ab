package model

import "adviceline/helpline"

// silent keeps danger open that would have ended by silence, until a person closes it or the person
// in danger comes back.
func (m *Model) silent(c *contact, reason string) {
	m.giveUp(c)
	m.unqueue(c)
	m.disarm(c, timerAway, timerLife)
	c.state = helpline.DangerOpen
	m.event(helpline.DangerIsOpen, c, nil, reason)
	m.arm(c, timerDanger, m.now+reTell)
}

func (m *Model) dangerDue(c *contact) {
	if c.state == helpline.DangerOpen {
		m.arm(c, timerDanger, m.now+reTell)
	}
}

// CloseDanger ends danger that fell silent, by a person and a code.
// Errors: ErrNotFound, ErrConsoleReplaced.
func (m *Model) CloseDanger(now int64, k helpline.Console, contact, code string) ([]helpline.Event, error) {
	m.step(now)
	if _, err := m.console(k); err != nil {
		return nil, err
	}
	c := m.contacts[contact]
	if c == nil || c.state != helpline.DangerOpen {
		return nil, helpline.ErrNotFound
	}
	if c.exit {
		m.exited(c, code)
	} else {
		m.abandoned(c, code)
	}
	return m.end(), nil
}
