package queue

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"adviceline/helpline"
)

// Held matching: after a moment at which many contacts meet many advisers,
// nobody is offered anything until a plan is made. The plan is made here, outside Redis, and applied pair
// by pair; whatever fails, the hold ends by its own timer.

// planWait bounds one plan: the hold ends by itself 5 s after the plan was due.
const planWait = 4 * time.Second

// Hold stops matching for a time; then a node plans.
func (q *Queue) Hold(ctx context.Context, d time.Duration) error {
	_, _, err := q.run(ctx, "hold", ms(d))
	return err
}

// Plan matches who waits with who is free, as many as can be, and ends the hold. A pair that does not fit
// any more drops the rest of the plan: the ordinary rule goes on from there.
func (q *Queue) Plan(ctx context.Context) ([]helpline.Event, error) {
	pairs, err := q.pairs(ctx)
	events, late := q.apply(ctx, pairs)
	return events, errors.Join(err, late)
}

func (q *Queue) apply(ctx context.Context, pairs []pair) (events []helpline.Event, err error) {
	for _, p := range pairs {
		_, made, refused := q.run(ctx, "assign", p.contact, p.adviser)
		events = append(events, made...)
		if errors.Is(refused, helpline.ErrNotFree) {
			break
		}
		if err = refused; err != nil {
			break
		}
	}
	_, fed, end := q.run(ctx, "unhold")
	return append(events, fed...), errors.Join(err, end)
}

type pair struct{ contact, adviser string }

// pairs asks who is there and plans.
func (q *Queue) pairs(ctx context.Context) ([]pair, error) {
	var s situation
	if _, err := q.into(ctx, &s, "plan"); err != nil {
		return nil, err
	}
	return s.plan(q.opt.Rule), nil
}

// situation is what a plan is made of.
type situation struct {
	Now      int64      `json:"now"`
	Advisers []*planned `json:"advisers"`
	Waiting  []*waiting `json:"waiting"`
}

// planned is an adviser who is free, and whom the plan gives them.
type planned struct {
	ID       string `json:"id"`
	Groups   string `json:"groups"`
	Used     int    `json:"used"`
	Capacity int    `json:"capacity"`
	Flex     int    `json:"flex"`
	Idle     int64  `json:"idle"`
	Reserved string `json:"reserved"` // the call that they keep free for
	given    []*waiting
}

// waiting is a contact in its class.
type waiting struct {
	ID    string   `json:"id"`
	Lane  string   `json:"lane"`
	Group string   `json:"group"`
	At    int64    `json:"at"`
	Call  bool     `json:"call"`
	Late  bool     `json:"late"`
	Out   []string `json:"out"` // advisers whom it is not to be offered to
}

// plan matches as many as can be: contacts in the order of the rule, each by an augmenting path (Kuhn
// 1955), trying advisers in the order of choice.
func (s *situation) plan(r helpline.Rule) []pair {
	late := slices.ContainsFunc(s.Waiting, func(w *waiting) bool { return w.Late })
	slices.SortFunc(s.Waiting, func(x, y *waiting) int { return before(r, s.Now, x, y, late) })
	for _, w := range s.Waiting {
		s.place(w, map[*planned]bool{})
	}
	var pairs []pair
	for _, w := range s.Waiting {
		for _, a := range s.Advisers {
			if slices.Contains(a.given, w) {
				pairs = append(pairs, pair{w.ID, a.ID})
			}
		}
	}
	return pairs
}

// before is the comparison of lua/feed.lua: once anybody is late, danger and the late by static keys, all
// others by priority.
func before(r helpline.Rule, now int64, x, y *waiting, late bool) int {
	static := func(w *waiting) bool { return late && (w.Late || w.Lane == string(helpline.Danger)) }
	key := func(w *waiting) int64 {
		if w.Lane == string(helpline.Danger) {
			return w.At - r.Lanes[helpline.Danger].Credit.Milliseconds()
		}
		return w.At
	}
	priority := func(w *waiting) int64 {
		p := r.Lanes[helpline.Lane(w.Lane)]
		return p.Credit.Milliseconds() + p.Slope*(now-w.At)
	}
	switch xs, ys := static(x), static(y); {
	case xs && !ys:
		return -1
	case ys && !xs:
		return 1
	case xs:
		return cmp.Or(cmp.Compare(key(x), key(y)), cmp.Compare(x.ID, y.ID))
	}
	return cmp.Or(cmp.Compare(priority(y), priority(x)), cmp.Compare(x.At, y.At), cmp.Compare(x.ID, y.ID))
}

// place gives a contact to an adviser who has room, or to one from whom another contact can move on.
func (s *situation) place(w *waiting, seen map[*planned]bool) bool {
	choice := s.choice(w)
	for _, a := range choice {
		if a.room(w) {
			a.given = append(a.given, w)
			return true
		}
	}
	for _, a := range choice {
		if seen[a] {
			continue
		}
		seen[a] = true
		had := slices.Clone(a.given)
		for i, other := range had {
			a.given = slices.Delete(slices.Clone(had), i, i+1)
			if a.room(w) {
				a.given = append(a.given, w)
				if s.place(other, seen) {
					return true
				}
			}
		}
		a.given = had
	}
	return false
}

// choice is who may have a contact, in the order of choice; what is planned counts as load.
func (s *situation) choice(w *waiting) []*planned {
	var list []*planned
	for _, a := range s.Advisers {
		kept := a.Reserved != "" && a.Reserved != w.ID && (w.Call || w.Lane == string(helpline.Ordinary))
		if a.serves(w.Group) && !slices.Contains(w.Out, a.ID) && !kept {
			list = append(list, a)
		}
	}
	slices.SortFunc(list, func(x, y *planned) int {
		return cmp.Or(cmp.Compare(x.load(), y.load()), cmp.Compare(x.Flex, y.Flex), cmp.Compare(x.Idle, y.Idle), cmp.Compare(x.ID, y.ID))
	})
	return list
}

func (a *planned) serves(group string) bool {
	return slices.Contains(strings.Split(a.Groups, ","), group)
}

func (a *planned) load() int { return a.Used + len(a.given) }

// room tells whether an adviser has slots for a contact beside those that are planned: a call wants all.
func (a *planned) room(w *waiting) bool {
	if w.Call {
		return a.load() == 0
	}
	return a.load() < a.Capacity && !slices.ContainsFunc(a.given, func(x *waiting) bool { return x.Call })
}
