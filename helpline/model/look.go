package model

import (
	"cmp"
	"slices"

	"adviceline/helpline"
)

// Standing is where a leg stands, for those who compare the model with another router.
type Standing struct {
	State   helpline.State
	Lane    helpline.Lane
	Owner   string // adviser, "" for nobody
	Asked   string // adviser with the live offer
	Offer   string // its id in this model
	Expires int64  // of the offer, ms; 0 for none
	Kept    string // adviser reserved for this call
	Epoch   int64
	Version int64
	Arrival int64 // ms
}

// Standing gives where a contact stands, false when it is unknown or forgotten.
func (m *Model) Standing(contact string) (Standing, bool) {
	c := m.contacts[contact]
	if c == nil {
		return Standing{}, false
	}
	s := Standing{
		State: c.state, Lane: laneNames[c.lane], Owner: c.owner.name(), Asked: c.offered.name(), Expires: c.expires,
		Kept: c.reserver.name(), Epoch: c.epoch, Version: c.version, Arrival: c.arrival,
	}
	if c.offered != nil {
		s.Offer = c.offerID()
	}
	return s, true
}

// Standby gives an adviser's duty at the instant of the last step, false when no console was ever open.
func (m *Model) Standby(adviser string) (helpline.Duty, bool) {
	a := m.advisers[adviser]
	if a == nil {
		return helpline.Duty{}, false
	}
	return m.dutyOf(a), true
}

// Colleagues lists who is ready, by alias.
func (m *Model) Colleagues(now int64) []helpline.Colleague {
	m.step(now)
	var list []helpline.Colleague
	for _, a := range m.advisers {
		if a.serving() {
			list = append(list, helpline.Colleague{ID: a.ID, Alias: a.Alias, Languages: a.Languages, Free: a.free(m.now, false)})
		}
	}
	slices.SortFunc(list, func(x, y helpline.Colleague) int {
		return cmp.Or(cmp.Compare(x.Alias, y.Alias), cmp.Compare(x.ID, y.ID))
	})
	return list
}
