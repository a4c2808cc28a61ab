package model

import (
	"slices"
	"strings"

	"adviceline/helpline"
)

// Limits of a conversation: messages a second and side, and messages in all.
const (
	perSecond = 5
	perLeg    = 2_000
)

// Say numbers a message of the contact or of the owner, once per cid. Errors: ErrNotFound,
// ErrConsoleReplaced, ErrTooMany.
func (m *Model) Say(now int64, s helpline.Saying) (helpline.Said, error) {
	m.step(now)
	c := m.contacts[s.Contact]
	if c == nil || c.key == "" {
		return helpline.Said{}, helpline.ErrNotFound
	}
	live, side, err := m.speaks(c, s)
	if err != nil {
		return helpline.Said{}, err
	}
	if said, ok := c.cids[string(s.From)+s.CID]; ok {
		return said, nil
	}
	if !live {
		return helpline.Said{}, helpline.ErrNotFound
	}
	r := &c.rate[side]
	if r.second != m.now/1000 {
		r.second, r.sent = m.now/1000, 0
	}
	if r.sent >= perSecond || c.count >= perLeg {
		return helpline.Said{}, helpline.ErrTooMany
	}
	r.sent++
	c.seq = max(c.seq+1, 1_000_001)
	c.count, c.last, c.got = c.count+1, m.now, max(c.got, min(s.Got, c.seq))
	c.said = append(c.said, helpline.SealedMessage{Seq: c.seq, CID: s.CID, From: s.From, Sealed: s.Sealed, At: instant(m.now)})
	if c.cids == nil {
		c.cids = map[string]helpline.Said{}
	}
	said := helpline.Said{Seq: c.seq, At: instant(m.now)}
	c.cids[string(s.From)+s.CID] = said
	return said, nil
}

// speaks tells whether a side may write now, and counts the sides: 0 the contact, 1 the owner.
func (m *Model) speaks(c *contact, s helpline.Saying) (live bool, side int, err error) {
	if s.From == helpline.FromContact {
		if !c.bearer(s.Version) {
			return false, 0, helpline.ErrNotFound
		}
		early := c.state == helpline.Waiting || c.state == helpline.Offered || c.state == helpline.Away
		return early || c.talking(), 0, nil
	}
	if c.owner == nil || c.owner.ID != s.Console.Adviser {
		return false, 1, helpline.ErrNotFound
	}
	_, err = m.console(s.Console)
	return c.talking(), 1, err
}

// History gives the messages after a seq.
func (m *Model) History(contact string, after int64) []helpline.SealedMessage {
	c := m.contacts[contact]
	if c == nil {
		return nil
	}
	for i, s := range c.said {
		if s.Seq > after {
			return c.said[i:]
		}
	}
	return nil
}

// keepBack holds what the owner wrote and no page has shown, for the adviser to look who comes back.
func (c *contact) keepBack() {
	r := [2]int64{max(c.got, c.floor), c.seq}
	if len(c.unseen([][2]int64{r})) > 0 {
		c.held = append(c.held, r)
	}
}

// shown is up to where a page has received; below the floor, the last word of one that a return by number
// has replaced.
func (c *contact) shown(got int64) {
	if got > c.got {
		c.got = min(got, c.seq)
		return
	}
	if got > c.floor {
		return
	}
	for i, r := range c.held {
		if got > r[0] && got <= r[1] {
			c.held[i][0] = got
		}
	}
}

// unseen gives what the owner wrote in these ranges.
func (c *contact) unseen(ranges [][2]int64) (list []helpline.SealedMessage) {
	for _, r := range ranges {
		for _, s := range c.said {
			if s.Seq > r[0] && s.Seq <= r[1] && s.From == helpline.FromAdviser {
				list = append(list, s)
			}
		}
	}
	return list
}

// Release lets out what is held since a return by number: it is numbered anew. It gives how many
// messages. Errors: ErrNotFound, ErrConsoleReplaced.
func (m *Model) Release(now int64, k helpline.Console, contact string) (int64, error) {
	m.step(now)
	a, err := m.console(k)
	if err != nil {
		return 0, err
	}
	c := m.contacts[contact]
	if c == nil || c.owner != a || !c.talking() || c.key == "" {
		return 0, helpline.ErrNotFound
	}
	list := c.unseen(c.held)
	c.held = nil
	c.seq = max(c.seq, 1_000_000)
	for _, s := range list {
		c.said = slices.DeleteFunc(c.said, func(o helpline.SealedMessage) bool { return o.Seq == s.Seq })
		c.seq++
		s.Seq = c.seq
		c.said = append(c.said, s)
		c.cids[string(s.From)+s.CID] = helpline.Said{Seq: c.seq, At: s.At}
	}
	return int64(len(list)), nil
}

// Typing notes when an adviser was heard to write: nothing ends meanwhile.
// Errors: ErrNotFound, ErrConsoleReplaced.
func (m *Model) Typing(now int64, k helpline.Console, contact string) error {
	m.step(now)
	c := m.contacts[contact]
	if c == nil || c.owner.name() != k.Adviser || !c.talking() {
		return helpline.ErrNotFound
	}
	if _, err := m.console(k); err != nil {
		return err
	}
	c.wrote = m.now
	return nil
}

// Forward checks that a stream has its place. Errors: ErrNotFound, ErrConsoleReplaced (another socket
// has it).
func (m *Model) Forward(now int64, p helpline.Posted) error {
	m.step(now)
	side, id, _ := strings.Cut(p.To, ":")
	up, socket := false, ""
	if a := m.advisers[id]; side == "a" && a != nil {
		up, socket = a.up, a.Socket
	} else if c := m.contacts[id]; side == "c" && c != nil && c.bearer(p.Version) {
		up, socket = c.up, c.socket
	}
	if !up {
		return helpline.ErrNotFound
	}
	if socket != p.Mark {
		return helpline.ErrConsoleReplaced
	}
	return nil
}

// End closes a conversation; the slot is held for the outcome. Idempotent by state.
// Errors: ErrNotFound, ErrConsoleReplaced.
func (m *Model) End(now int64, k helpline.Console, contact, reason string) ([]helpline.Event, error) {
	m.step(now)
	a, err := m.console(k)
	if err != nil {
		return nil, err
	}
	c := m.contacts[contact]
	if c == nil || c.owner != a {
		return nil, helpline.ErrNotFound
	}
	if c.state == helpline.Wrapping || c.state == helpline.Owed {
		return nil, nil
	}
	switch {
	case c.talking():
		m.revokeTransfer(c, "superseded")
		m.wrap(c, reason)
	case c.state == helpline.Parked:
		m.endParked(c, reason)
	default:
		return nil, helpline.ErrNotFound
	}
	return m.end(), nil
}

// revokeTransfer takes an open transfer's offer back without blame; its target is fed at the end of
// the step.
func (m *Model) revokeTransfer(c *contact, reason string) {
	if c.state == helpline.Transferring {
		m.freed = append(m.freed, m.withdraw(c, helpline.OfferRevoked, reason))
	}
}

// wrap cuts the person's side off; the slot stays taken until the outcome or the limit.
func (m *Model) wrap(c *contact, reason string) {
	m.disarm(c, timerQuiet, timerLife)
	m.unnumber(c)
	c.state, c.ended, c.reason = helpline.Wrapping, m.now, reason
	m.arm(c, timerWrap, m.now+m.timing.Wrap.Milliseconds())
	m.event(helpline.ConversationEnd, c, c.owner, reason)
}
