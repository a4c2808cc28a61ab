package model

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"adviceline/helpline"
)

// call is the channel whose legs take the whole of an adviser.
const call = "callback"

// The scripts' fixed times, in ms.
const (
	quiet  = 20_000     // an active contact without a socket, until the adviser is told
	linger = 600_000    // what ended can still be looked at, what was declined declined again
	reTell = 600_000    // danger that is open is told again
	later  = 43_200_000 // an owed form is everybody's
)

// Model is one line. Verbs are its exported methods; events that they return are valid until the
// next verb. Not safe for concurrent use.
type Model struct {
	rule   [lanes]priority
	late   int64 // overdue age of a chat
	timing helpline.Timing

	// Closed and Full stand for the line's closing and for a spool that takes no more.
	Closed, Full bool

	now      int64
	held     int64 // matching is held until then
	contacts map[string]*contact
	numbers  map[string]*contact
	advisers map[string]*adviser
	groups   map[string]*group
	served   []string // languages of accounts; nil: not told
	owed     []*contact

	timers heap
	events []helpline.Event
	number int64
	freed  []*adviser // to be fed at the end of the step
	adrift []*contact // calls whose reserved adviser stopped serving
	blank  []*contact // whose rare language is forgotten at the end of the step
	spare  []*contact // forgotten ones, to be used again
}

// New makes an empty line.
func New(r helpline.Rule, t helpline.Timing) *Model {
	m := &Model{
		late: r.Overdue.Milliseconds(), timing: t, contacts: map[string]*contact{}, numbers: map[string]*contact{},
		advisers: map[string]*adviser{}, groups: map[string]*group{},
	}
	for i, name := range laneNames {
		p := r.Lanes[name]
		m.rule[i] = priority{credit: p.Credit.Milliseconds(), slope: p.Slope}
	}
	return m
}

// contact is one leg.
type contact struct {
	id, channel, language, skill, told, key, print string

	state  helpline.State
	lane   lane
	group  *group
	class  *class // while it waits in one
	asked  int    // slots that its live offer holds
	weight int    // slots that it holds at its owner

	arrival, overdue, accepted, ended, recorded, expires, correct int64
	epoch, version, dead                                          int64

	offered, owner, recorder, closer *adviser
	took                             string // the offer that was accepted
	reserver                         *adviser
	excluded                         []exclusion
	refused                          []refusal

	up, aware, exit         bool // a socket; the adviser knows that there is none; left by exit
	socket                  string
	down                    int64 // since when there is no socket
	index, before, request  string
	seq, floor, last, count int64
	wrote                   int64      // when the owner joined or was last heard to write
	got                     int64      // up to where its page says that it has received
	held                    [][2]int64 // ranges (from, to] that no page has shown since a return by number
	said                    []helpline.SealedMessage
	cids                    map[string]helpline.Said
	rate                    [2]struct{ second, sent int64 }
	draft                   string
	draftVersion            int64
	reason                  string

	timers [kinds]timer
}

// exclusion keeps a contact from an adviser who declined or missed it.
type exclusion struct {
	adviser *adviser
	until   int64
}

// refusal remembers a decline for those who send it again.
type refusal struct {
	epoch   int64
	adviser *adviser
	until   int64
}

// adviser is one console and what it holds.
type adviser struct {
	helpline.Adviser
	duty, reason string
	up, audible  bool
	conn         int64
	used         int
	idle, cool   int64
	misses       int
	flex         int
	groups       []*group
	offers, legs []*contact
	reserved     *contact

	timers [kinds]timer
}

func (a *adviser) serving() bool { return a.up && a.audible && a.duty == "ready" }

// free tells whether the adviser can take that many slots now; a call wants all of them.
func (a *adviser) free(now int64, call bool) bool {
	if !a.serving() || a.cool > now || a.used >= a.Capacity {
		return false
	}
	return !call || a.used == 0
}

func (c *contact) call() bool { return c.channel == call }

// weightFor is how many slots the contact takes at this adviser.
func (c *contact) weightFor(a *adviser) int {
	if c.call() {
		return a.Capacity
	}
	return 1
}

func (c *contact) offerID() string { return c.id + "." + strconv.FormatInt(c.epoch, 10) }

// talking tells whether the leg has an owner and a conversation.
func (c *contact) talking() bool {
	return c.state == helpline.Active || c.state == helpline.Transferring
}

// bearer tells whether a token of this version still opens the contact.
func (c *contact) bearer(version int64) bool { return c.version == version && c.dead < version }

// older orders by arrival, then id.
func older(a, b *contact) int {
	if a.arrival != b.arrival {
		if a.arrival < b.arrival {
			return -1
		}
		return 1
	}
	return strings.Compare(a.id, b.id)
}

// step begins a verb at its instant.
func (m *Model) step(now int64) {
	m.now = max(m.now, now)
	m.events = m.events[:0]
}

// end finishes a verb: whoever became free on the way is fed.
func (m *Model) end() []helpline.Event {
	for len(m.freed) > 0 {
		a := m.freed[0]
		m.freed = m.freed[1:]
		m.feed(a)
	}
	for _, c := range m.blank {
		c.language = "other"
	}
	m.freed, m.blank = m.freed[:0], m.blank[:0]
	return m.events
}

func instant(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

func (a *adviser) name() string {
	if a == nil {
		return ""
	}
	return a.ID
}

func (m *Model) event(kind string, c *contact, who *adviser, reason string) *helpline.Event {
	m.number++
	m.events = append(m.events, helpline.Event{
		Incarnation: 1, Number: m.number, Kind: kind, At: instant(m.now), Reason: reason, Adviser: who.name(),
		Contact: c.id, Channel: c.channel, Language: c.language, Lane: laneNames[c.lane], Arrival: instant(c.arrival),
		State: c.state, Owner: c.owner.name(), Epoch: c.epoch, Version: c.version, Accepted: instant(c.accepted),
		Ended: instant(c.ended), Recorded: instant(c.recorded),
	})
	return &m.events[len(m.events)-1]
}

// console gives the adviser whose live console this is. ErrConsoleReplaced: a newer one has its place;
// ErrQueueUnavailable: nobody has, the queue that it came up in is lost.
func (m *Model) console(c helpline.Console) (*adviser, error) {
	a := m.advisers[c.Adviser]
	switch {
	case a != nil && a.conn == c.Epoch:
		return a, nil
	case c.Epoch > 0 && (a == nil || a.conn < c.Epoch):
		return nil, helpline.ErrQueueUnavailable
	}
	return nil, helpline.ErrConsoleReplaced
}

func remove[T comparable](from []T, what T) []T {
	if i := slices.Index(from, what); i >= 0 {
		return slices.Delete(from, i, i+1)
	}
	return from
}

// sorted gives a copy by arrival, then id.
func sorted(cs []*contact) []*contact {
	cs = slices.Clone(cs)
	slices.SortFunc(cs, older)
	return cs
}
