package model

import (
	"cmp"
	"slices"

	"adviceline/helpline"
)

// ConsoleUp makes this the adviser's one live console: an older one is replaced, what it had comes
// along. ErrConsoleReplaced: one with a later ticket is live.
func (m *Model) ConsoleUp(now int64, who helpline.Adviser) (helpline.Desk, []helpline.Event, error) {
	m.step(now)
	a := m.advisers[who.ID]
	if a != nil && a.up && who.Ticket > 0 && who.Ticket < a.Ticket {
		return helpline.Desk{}, nil, helpline.ErrConsoleReplaced
	}
	if a == nil {
		a = &adviser{duty: "off", idle: m.now}
		m.advisers[who.ID] = a
	}
	if served := a.serving(); served { // until somebody has heard the new one
		a.audible = false
		m.unready(a)
		m.rematch(a)
	}
	a.conn++
	a.up, a.audible, a.misses = true, false, 0
	who.Ticket = cmp.Or(who.Ticket, a.Ticket)
	m.enrol(a, who)
	if t := &a.timers[timerLost]; t.place > 0 {
		m.timers.drop(t)
	}
	events := m.end()
	return m.desk(a), events, nil
}

// enrol puts an adviser into the groups that they serve: each language and the interpreter's, without
// and with each skill.
func (m *Model) enrol(a *adviser, who helpline.Adviser) {
	for _, g := range a.groups {
		g.advisers = remove(g.advisers, a)
	}
	a.Adviser, a.groups = who, a.groups[:0]
	a.flex = len(who.Languages) + len(who.Skills)
	for _, l := range append(slices.Clone(who.Languages), interpreter) {
		for _, skill := range append([]string{""}, who.Skills...) {
			g := m.group(groupName(l, skill))
			a.groups = append(a.groups, g)
			i, _ := slices.BinarySearchFunc(g.advisers, a, func(x, y *adviser) int { return cmp.Compare(x.ID, y.ID) })
			g.advisers = slices.Insert(g.advisers, i, a)
		}
	}
}

func (m *Model) desk(a *adviser) helpline.Desk {
	d := helpline.Desk{
		Console: helpline.Console{Adviser: a.ID, Epoch: a.conn, Socket: a.Socket}, Duty: m.dutyOf(a),
	}
	for _, c := range sorted(a.legs) {
		d.Legs = append(d.Legs, m.leg(c))
	}
	for _, c := range sorted(a.offers) {
		d.Offers = append(d.Offers, m.notice(c))
	}
	for _, c := range m.owed {
		if c.owner == a || m.everybodys(c) {
			d.Owed = append(d.Owed, m.leg(c))
		}
	}
	return d
}

// notice is what an adviser is told of an offer.
func (m *Model) notice(c *contact) helpline.Notice {
	return helpline.Notice{
		Kind: helpline.NoticeOffer, Contact: c.id, Offer: c.offerID(), Channel: c.channel, Language: c.language, Told: c.told,
		Key: c.key, Lane: laneNames[c.lane], Arrival: c.arrival, Now: m.now, Expires: c.expires,
	}
}

func (m *Model) dutyOf(a *adviser) helpline.Duty {
	d := helpline.Duty{State: a.duty, Audible: a.audible, Reason: a.reason, Used: a.used, Capacity: a.Capacity}
	switch {
	case !a.up:
		d.State = "lost"
	case a.duty == "ready" && !a.audible:
		d.State = "paused"
	}
	if a.cool > m.now {
		d.Until = a.cool
	}
	return d
}

// ConsoleDown says that a console is gone: offers come back without blame, legs keep the grace.
// Epoch 0: the answer of ConsoleUp was lost, the socket names the console. Errors: ErrNotFound.
func (m *Model) ConsoleDown(now int64, k helpline.Console) ([]helpline.Event, error) {
	m.step(now)
	a := m.advisers[k.Adviser]
	if a == nil || !a.up || a.conn != k.Epoch && (k.Epoch != 0 || a.Socket != k.Socket) {
		return nil, helpline.ErrNotFound
	}
	a.up = false
	m.unready(a)
	m.armAdviser(a, timerLost, m.now+m.timing.AdviserGrace.Milliseconds())
	m.revokeAll(a, "adviser_lost")
	m.rematch(a)
	return m.end(), nil
}

// lostDue is an adviser who did not come back: off duty, conversations go on with somebody else.
func (m *Model) lostDue(a *adviser) {
	if a.up {
		return
	}
	a.duty, a.reason = "off", ""
	m.giveBack(a, "adviser_lost")
}

// giveBack requeues every conversation of an adviser, then each seeks.
func (m *Model) giveBack(a *adviser, reason string) {
	var legs []*contact
	for _, c := range sorted(a.legs) {
		if c.talking() {
			legs = append(legs, c)
			m.revokeTransfer(c, "adviser_lost")
			m.requeue(c, reason)
		}
	}
	for _, c := range legs {
		m.wait(c)
	}
}

// Duty changes what an adviser takes. Leaving ready gives live offers back without blame; off while
// holding legs drains. Ready counts once the console was heard. An empty state takes note of Audible
// only. Errors: ErrConsoleReplaced, ErrLastReady.
func (m *Model) Duty(now int64, k helpline.Console, wish helpline.DutyWish) (helpline.Duty, []helpline.Event, error) {
	m.step(now)
	a, err := m.console(k)
	if err != nil {
		return helpline.Duty{}, nil, err
	}
	stops := wish.State == "paused" || wish.State == "off"
	if stops && !wish.Confirmed && a.serving() && !m.replaceable(a) {
		return helpline.Duty{}, nil, helpline.ErrLastReady
	}
	served := a.serving()
	a.audible = a.audible || wish.Audible
	if wish.State != "" {
		a.duty, a.reason = wish.State, wish.Reason
	}
	if a.serving() {
		m.feed(a)
	}
	if wish.State != "" && wish.State != "ready" {
		m.stop(a, wish.State, served)
	}
	events := m.end()
	return m.dutyOf(a), events, nil
}

// stop is an adviser who wants nothing new.
func (m *Model) stop(a *adviser, state string, served bool) {
	reason := "superseded"
	if state == "on_phone" {
		reason = state
	}
	m.unready(a)
	m.revokeAll(a, reason)
	if state == "off" && a.used > 0 {
		a.duty = "draining"
	}
	if served {
		m.rematch(a)
	}
}
