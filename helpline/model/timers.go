package model

import "strings"

// kind is what a timer is for; the kinds stand in the order of their names, which is their order
// among timers of one instant.
type kind uint8

const (
	timerAway kind = iota
	timerCool
	timerDanger
	timerDue
	timerGone
	timerLife
	timerLost
	timerOffer
	timerQuiet
	timerSeek
	timerWrap
	kinds
)

// timer is one of a contact or of an adviser; place is its index in the heap plus one, 0 while it is
// not armed.
type timer struct {
	at    int64
	place int
	kind  kind
	c     *contact
	a     *adviser
}

func (t *timer) owner() string {
	if t.c != nil {
		return t.c.id
	}
	return t.a.ID
}

func (t *timer) before(u *timer) bool {
	if t.at != u.at {
		return t.at < u.at
	}
	if t.kind != u.kind {
		return t.kind < u.kind
	}
	return strings.Compare(t.owner(), u.owner()) < 0
}

// heap holds the armed timers, the first one in front.
type heap []*timer

func (h *heap) add(t *timer) {
	*h = append(*h, t)
	t.place = len(*h)
	h.up(t.place - 1)
}

func (h *heap) drop(t *timer) {
	i, last := t.place-1, len(*h)-1
	h.swap(i, last)
	(*h)[last] = nil
	*h = (*h)[:last]
	t.place = 0
	if i < last {
		h.down(i)
		h.up(i)
	}
}

func (h *heap) swap(i, j int) {
	(*h)[i], (*h)[j] = (*h)[j], (*h)[i]
	(*h)[i].place, (*h)[j].place = i+1, j+1
}

func (h *heap) up(i int) {
	for i > 0 && (*h)[i].before((*h)[(i-1)/2]) {
		h.swap(i, (i-1)/2)
		i = (i - 1) / 2
	}
}

func (h *heap) down(i int) {
	for {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(*h); child++ {
			if (*h)[child].before((*h)[least]) {
				least = child
			}
		}
		if least == i {
			return
		}
		h.swap(i, least)
		i = least
	}
}

func (m *Model) set(t *timer, at int64) {
	if t.place > 0 {
		m.timers.drop(t)
	}
	t.at = at
	m.timers.add(t)
}

// arm sets a contact's timer, an armed one anew.
func (m *Model) arm(c *contact, k kind, at int64) {
	t := &c.timers[k]
	t.kind, t.c = k, c
	m.set(t, at)
}

func (m *Model) armAdviser(a *adviser, k kind, at int64) {
	t := &a.timers[k]
	t.kind, t.a = k, a
	m.set(t, at)
}

func (m *Model) disarm(c *contact, ks ...kind) {
	for _, k := range ks {
		if t := &c.timers[k]; t.place > 0 {
			m.timers.drop(t)
		}
	}
}
