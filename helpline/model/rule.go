package model

import (
	"slices"
	"sort"
	"strings"

	"adviceline/helpline"
)

// lane counts the lanes as laneNames lists them.
type lane int

const (
	danger lane = iota
	continuation
	present
	sameDay
	ordinary
	lanes
)

var laneNames = [lanes]helpline.Lane{
	helpline.Danger, helpline.Continuation, helpline.Present, helpline.SameDay, helpline.Ordinary,
}

func laneOf(l helpline.Lane) lane {
	for i, name := range laneNames {
		if name == l {
			return lane(i)
		}
	}
	return ordinary
}

// sound tells whether these may name a class: codes, and a lane that the rule knows.
func sound(language string, l helpline.Lane, skill string) bool {
	code := func(s, more string) bool {
		return strings.Trim(s, "abcdefghijklmnopqrstuvwxyz"+more) == ""
	}
	return slices.Contains(laneNames[:], l) && language != "" && code(language, "") && code(skill, "0123456789_")
}

// priority of a lane: ms of credit, and slope.
type priority struct{ credit, slope int64 }

func (m *Model) priority(c *contact) int64 {
	p := m.rule[c.lane]
	return p.credit + p.slope*(m.now-c.arrival)
}

// isOverdue: from then on nobody but danger goes before.
func (m *Model) isOverdue(c *contact) bool {
	if c.lane == danger {
		return false
	}
	if c.call() {
		return c.overdue > 0 && c.overdue <= m.now
	}
	return m.now-c.arrival >= m.late
}

// key orders danger and overdue contacts among each other; it never changes.
func (m *Model) key(c *contact) int64 {
	if c.lane == danger {
		return c.arrival - m.rule[danger].credit
	}
	return c.arrival
}

// before tells whether the rule takes a first. pressed says that one of those it chooses among is
// overdue: then danger and overdue go first, by their keys.
func (m *Model) before(a, b *contact, pressed bool) bool {
	if pressed {
		first, second := a.lane == danger || m.isOverdue(a), b.lane == danger || m.isOverdue(b)
		if first != second {
			return first
		}
		if first {
			if ka, kb := m.key(a), m.key(b); ka != kb {
				return ka < kb
			}
			return a.id < b.id
		}
	}
	if pa, pb := m.priority(a), m.priority(b); pa != pb {
		return pa > pb
	}
	return older(a, b) < 0
}

// group is everybody who may serve and who waits for one language and skill.
type group struct {
	advisers []*adviser // by id
	classes  [2][lanes]class
	waiting  int
}

// class is who waits of a group, lane and channel, by original arrival, then id.
type class struct {
	group *group
	list  []*contact
}

func groupName(language, skill string) string {
	if skill == "" {
		return language
	}
	return language + "+" + skill
}

func (m *Model) group(name string) *group {
	g := m.groups[name]
	if g == nil {
		g = &group{}
		for i := range g.classes {
			for j := range g.classes[i] {
				g.classes[i][j].group = g
			}
		}
		m.groups[name] = g
	}
	return g
}

// interpreter is the language of a group that every adviser serves.
const interpreter = "interpreter"

// groupOf gives the group of a contact by what it speaks and who is served.
func (m *Model) groupOf(c *contact) *group {
	language := c.language
	if m.served != nil && !slices.Contains(m.served, language) {
		language = interpreter
	}
	return m.group(groupName(language, c.skill))
}

func calls(call bool) int {
	if call {
		return 1
	}
	return 0
}

// queue puts a waiting contact into its class at its original arrival.
func (m *Model) queue(c *contact) {
	cl := &c.group.classes[calls(c.call())][c.lane]
	i, found := slices.BinarySearchFunc(cl.list, c, older)
	if found {
		return
	}
	cl.list = slices.Insert(cl.list, i, c)
	cl.group.waiting++
	c.class = cl
}

// unqueue takes it out; an adviser who was reserved for it is free again at the end of the step.
func (m *Model) unqueue(c *contact) {
	if c.class == nil {
		return
	}
	cl := c.class
	if cl.list[0] == c {
		cl.list[0] = nil
		cl.list = cl.list[1:]
	} else if i, found := slices.BinarySearchFunc(cl.list, c, older); found {
		cl.list = slices.Delete(cl.list, i, i+1)
	}
	cl.group.waiting--
	c.class = nil
	if a := c.reserver; a != nil {
		a.reserved, c.reserver = nil, nil
		m.freed = append(m.freed, a)
	}
}

// pressed tells whether somebody in the group is overdue.
func (m *Model) pressed(g *group) bool {
	for l := range g.classes[0] {
		if list := g.classes[0][l].list; len(list) > 0 && m.isOverdue(list[0]) {
			return true
		}
	}
	for l := range g.classes[1] {
		if slices.ContainsFunc(g.classes[1][l].list, m.isOverdue) {
			return true
		}
	}
	return false
}

// ahead counts who of its group the rule takes before this contact now.
func (m *Model) ahead(c *contact) (n int) {
	if c.state != helpline.Waiting || c.group.waiting < 2 {
		return 0
	}
	pressed := m.pressed(c.group)
	for l := range lanes {
		chats := c.group.classes[0][l].list
		n += sort.Search(len(chats), func(i int) bool { return !m.before(chats[i], c, pressed) })
		for _, x := range c.group.classes[1][l].list {
			if x != c && m.before(x, c, pressed) {
				n++
			}
		}
	}
	return n
}
