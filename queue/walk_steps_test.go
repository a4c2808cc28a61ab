package queue

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"adviceline/helpline"
	"adviceline/helpline/model"
)

// What a request is when it is sent again: at once it changes nothing; with a name of its own it changes
// nothing later either; or it is not made to be sent again (a console that opens, a form that corrects).
const (
	atOnce = iota
	anyTime
	notAgain
)

// walkSteps are what people, pages and time do; what comes up more often stands there more often.
var walkSteps []struct {
	name string
	kind int
	do   func(*walk) act
}

func init() {
	add := func(times int, name string, kind int, do func(*walk) act) {
		for range times {
			walkSteps = append(walkSteps, struct {
				name string
				kind int
				do   func(*walk) act
			}{name, kind, do})
		}
	}
	add(4, "enter", anyTime, (*walk).enters)
	add(3, "open page", atOnce, (*walk).opens)
	add(2, "close page", atOnce, (*walk).closes)
	add(1, "poll", atOnce, (*walk).polls)
	add(1, "exit", anyTime, func(w *walk) act { return w.leaves("exit") })
	add(1, "cancel", anyTime, func(w *walk) act { return w.leaves("cancel") })
	add(1, "done", anyTime, func(w *walk) act { return w.leaves("done") })
	add(1, "return", anyTime, (*walk).returns)
	add(1, "write", anyTime, (*walk).writes)
	add(1, "answer", anyTime, (*walk).answers)
	add(1, "release", atOnce, (*walk).releases)
	add(1, "draft", atOnce, (*walk).drafts)
	add(9, "accept", anyTime, (*walk).accepts)
	add(1, "decline", anyTime, (*walk).declines)
	add(1, "end", anyTime, func(w *walk) act {
		k, c := w.a.console, w.held()
		return func(s walkSide) ([]helpline.Event, error) { return s.End(ctx, k, c, "done") }
	})
	add(1, "record", notAgain, func(w *walk) act {
		k, c := w.a.console, w.held()
		return func(s walkSide) ([]helpline.Event, error) {
			return s.Record(ctx, k, c, helpline.Staged{Generation: "1", Key: []byte{1}})
		}
	})
	add(2, "transfer", atOnce, func(w *walk) act {
		k, c, to := w.a.console, w.held(), pick(w, w.advisers).ID
		return func(s walkSide) ([]helpline.Event, error) { return s.Transfer(ctx, k, c, to) }
	})
	add(1, "requeue", atOnce, func(w *walk) act {
		k, c, language := w.a.console, w.held(), pick(w, []string{"", "sv", "ru"})
		return func(s walkSide) ([]helpline.Event, error) { return s.Requeue(ctx, k, c, language) }
	})
	add(1, "hand over", atOnce, func(w *walk) act {
		k := w.a.console
		return func(s walkSide) ([]helpline.Event, error) { return s.Handover(ctx, k) }
	})
	add(2, "park", atOnce, func(w *walk) act {
		k, c := w.a.console, w.held()
		return func(s walkSide) ([]helpline.Event, error) { return s.Park(ctx, k, c) }
	})
	add(1, "gone for long", notAgain, (*walk).goneForLong)
	add(2, "take", atOnce, func(w *walk) act {
		k, c := w.a.console, w.v.id
		return func(s walkSide) ([]helpline.Event, error) { return two3(s.Take(ctx, k, c)) }
	})
	add(1, "close danger", atOnce, func(w *walk) act {
		k, c := w.a.console, w.silent()
		return func(s walkSide) ([]helpline.Event, error) { return s.CloseDanger(ctx, k, c, "no_place") }
	})
	heard := helpline.DutyWish{State: "ready", Audible: true}
	add(6, "ready", atOnce, func(w *walk) act { return w.wishes(heard) })
	add(1, "ready, not heard", atOnce, func(w *walk) act { return w.wishes(helpline.DutyWish{State: "ready"}) })
	add(1, "heard", atOnce, func(w *walk) act { return w.wishes(helpline.DutyWish{Audible: true}) })
	add(1, "paused", atOnce, func(w *walk) act { return w.stops("paused") })
	add(1, "off", atOnce, func(w *walk) act { return w.stops("off") })
	add(1, "on the phone", atOnce, func(w *walk) act { return w.stops("on_phone") })
	add(4, "open console", notAgain, (*walk).opensConsole)
	add(1, "open console, reply lost", notAgain, (*walk).opensConsoleUnheard)
	add(1, "close console", atOnce, func(w *walk) act {
		k := w.a.console
		return func(s walkSide) ([]helpline.Event, error) { return s.ConsoleDown(ctx, k) }
	})
	add(1, "serve", atOnce, func(w *walk) act {
		languages := pick(w, [][]string{{"fi", "sv"}, {"fi", "sv", "ru"}})
		return func(s walkSide) ([]helpline.Event, error) { return s.served(languages) }
	})
	add(1, "hold", notAgain, (*walk).holds)
	add(3, "seconds", notAgain, func(w *walk) act { return w.pass(20_000) })
	add(2, "seconds", notAgain, func(w *walk) act { return w.pass(45_000) })
	add(1, "minutes", notAgain, func(w *walk) act { return w.pass(900_000) })
	add(1, "hours", notAgain, func(w *walk) act { return w.pass(7_200_000) })
	add(1, "node dies", notAgain, (*walk).nodeDies)
}

// held gives a leg of the step's adviser; where there is none, anybody.
func (w *walk) held() string { return w.among(":legs:" + w.a.ID) }

func (w *walk) among(set string) string {
	members := w.rdb.SMembers(w.Context(), w.key(set)).Val()
	if len(members) > 0 {
		slices.Sort(members)
		id := pick(w, members)
		w.v = w.contacts[slices.IndexFunc(w.contacts, func(v *visitor) bool { return v.id == id })]
	}
	return w.v.id
}

// silent gives danger that is open, where there is any.
func (w *walk) silent() string {
	for _, v := range w.contacts {
		if w.field(v.id, "state") == string(helpline.DangerOpen) {
			w.v = v
		}
	}
	return w.v.id
}

// enters forgets whom the queue has forgotten, to make room.
func (w *walk) enters() act {
	w.contacts = slices.DeleteFunc(w.contacts, func(v *visitor) bool { return w.field(v.id, "state") == "" })
	if len(w.contacts) >= 20 {
		return nil
	}
	c := w.name("c")
	e := helpline.Entry{
		Facts: helpline.Facts{
			Contact: c, Language: pick(w, []string{"fi", "fi", "sv", "ru"}), Lane: pick(w, helpline.Lanes()),
			Channel: pick(w, []string{"chat", "chat", "chat", "callback"}), Skill: pick(w, []string{"", "", "", "child"}),
		},
		Print: "PRINT", Key: "KEY", Told: "TOLD", Numbers: []string{numbered(c, 1), numbered(c, 2), numbered(c, 3)},
	}
	if e.Channel == "callback" {
		e.Overdue = time.UnixMilli(w.now + w.rnd.Int64N(600_000))
	}
	w.v = &visitor{id: c, version: 1}
	if w.model != nil || w.calls {
		w.v.arrival = w.now
	}
	w.contacts = append(w.contacts, w.v)
	return func(s walkSide) ([]helpline.Event, error) { return two3(s.Enqueue(ctx, e)) }
}

func numbered(contact string, version int64) string {
	return fmt.Sprint("NUMBER", contact, "/", version)
}

func (w *walk) opens() act {
	w.v.socket = w.name("s")
	v := *w.v
	return func(s walkSide) ([]helpline.Event, error) { return two3(s.ContactUp(ctx, v.id, v.version, v.socket)) }
}

func (w *walk) closes() act {
	v, got := *w.v, w.received()
	return func(s walkSide) ([]helpline.Event, error) { return s.ContactDown(ctx, v.id, v.socket, got) }
}

func (w *walk) polls() act {
	v := *w.v
	return func(s walkSide) ([]helpline.Event, error) {
		_, err := s.View(ctx, v.id, v.version)
		return nil, err
	}
}

func (w *walk) leaves(way string) act {
	v := *w.v
	return func(s walkSide) ([]helpline.Event, error) { return s.Leave(ctx, v.id, v.version, way) }
}

func (w *walk) returns() act {
	v := w.v
	r := helpline.Return{RequestID: w.name("r"), Index: numbered(v.id, v.version), Next: numbered}
	return func(s walkSide) ([]helpline.Event, error) {
		in, events, err := s.Resume(ctx, r)
		if err == nil {
			v.version = in.Version
		}
		return events, err
	}
}

func (w *walk) writes() act {
	say := helpline.Saying{Contact: w.v.id, From: helpline.FromContact, Version: w.v.version, CID: w.name("m"), Sealed: "TEXT"}
	say.Got = w.received()
	return func(s walkSide) ([]helpline.Event, error) { return nil, two(s.Say(ctx, say)) }
}

func (w *walk) answers() act {
	c := w.held()
	say := helpline.Saying{Contact: c, From: helpline.FromAdviser, Console: w.a.console, CID: w.name("m"), Sealed: "TEXT"}
	return func(s walkSide) ([]helpline.Event, error) { return nil, two(s.Say(ctx, say)) }
}

// received is up to where the page of the step's contact says that it has received.
func (w *walk) received() int64 {
	return max(number(w.field(w.v.id, "seq"))-w.rnd.Int64N(3), 0)
}

// releases compares how many messages went out, and how the conversation stands then.
func (w *walk) releases() act {
	k, c, heard := w.a.console, w.held(), ""
	return func(s walkSide) ([]helpline.Event, error) {
		n, err := s.Release(ctx, k, c)
		if err != nil {
			return nil, err
		}
		said, err := s.History(ctx, c, 0)
		if err != nil {
			return nil, err
		}
		var told strings.Builder
		for _, m := range said {
			fmt.Fprintln(&told, m.Seq, m.From, m.CID)
		}
		if s.number == 0 {
			heard = told.String()
		} else if told.String() != heard {
			return nil, fmt.Errorf("%d released: the queue has\n%s, the model\n%s", n, heard, told.String())
		}
		return nil, nil
	}
}

func (w *walk) drafts() act {
	k, c, version := w.a.console, w.held(), w.rnd.Int64N(4)
	return func(s walkSide) ([]helpline.Event, error) { return nil, s.Draft(ctx, k, c, version, "DRAFT") }
}

func (w *walk) accepts() act {
	w.among(":offers:" + w.a.ID)
	k, offer := w.a.console, w.v.offer
	return func(s walkSide) ([]helpline.Event, error) { return two3(s.Accept(ctx, k, offer[s.number])) }
}

func (w *walk) declines() act {
	w.among(":offers:" + w.a.ID)
	k, offer := w.a.console, w.v.offer
	if w.field(w.v.id, "offered") == "" {
		offer = [2]string{"none", "none"} // Redis remembers a decline by its own clock, the model by the frozen one
	}
	return func(s walkSide) ([]helpline.Event, error) { return s.Decline(ctx, k, offer[s.number], "other") }
}

func (w *walk) wishes(wish helpline.DutyWish) act {
	k := w.a.console
	return func(s walkSide) ([]helpline.Event, error) { return two3(s.Duty(ctx, k, wish)) }
}

// stops says twice, or once, that somebody wants nothing new.
func (w *walk) stops(state string) act {
	return w.wishes(helpline.DutyWish{State: state, Confirmed: pick(w, []bool{true, true, false})})
}

func (w *walk) opensConsole() act {
	w.a.Socket = w.name("s")
	a := w.a
	return func(s walkSide) ([]helpline.Event, error) {
		desk, events, err := s.ConsoleUp(ctx, a.Adviser)
		a.console = desk.Console
		return events, err
	}
}

func (w *walk) opensConsoleUnheard() act {
	up, a := w.opensConsole(), w.a
	return func(s walkSide) ([]helpline.Event, error) {
		events, err := up(s)
		a.console.Epoch = 0
		return events, err
	}
}

// goneForLong lets a conversation's person be away until the leg may be parked.
func (w *walk) goneForLong() act {
	w.held()
	_ = w.both(w.closes())
	return w.pass(660_000)
}

// holds stops matching, lets some enter, plans, applies the plan, and goes on.
func (w *walk) holds() act {
	_ = w.both(func(s walkSide) ([]helpline.Event, error) { return nil, s.hold(10_000) })
	for range 3 {
		if enter := w.enters(); enter != nil {
			_ = w.both(enter)
		}
	}
	var plan []model.Pair
	if w.model != nil {
		plan = w.model.m.Plan(w.now)
	}
	for _, p := range plan {
		if err := w.both(func(s walkSide) ([]helpline.Event, error) { return s.assign(p.Contact, p.Adviser) }); err != nil {
			w.Fatalf("pair %v of the plan: %v", p, err)
		}
	}
	return func(s walkSide) ([]helpline.Event, error) { return s.unhold() }
}

// pass lets time go by, timer by timer; any node sweeps.
func (w *walk) pass(most int64) act {
	if w.model == nil && !w.calls {
		return w.sweeps()
	}
	for until := w.now + w.rnd.Int64N(most); ; {
		first := w.rdb.ZRangeWithScores(w.Context(), w.key(":timers"), 0, 0).Val()
		if len(first) == 0 || int64(first[0].Score) > until {
			w.at(time.Duration(until-w.now) * time.Millisecond)
			return w.sweeps()
		}
		w.at(time.Duration(max(int64(first[0].Score)-w.now, 0)) * time.Millisecond)
		_ = w.both(w.sweeps())
		if w.model != nil {
			w.look().beside(w)
		}
	}
}

func (w *walk) sweeps() act {
	return func(s walkSide) ([]helpline.Event, error) {
		var all []helpline.Event
		for {
			var n int64
			var events []helpline.Event
			var err error
			if q, real := s.Queue.(*Queue); real {
				n, events, err = q.Expire(ctx)
			} else {
				n, events, err = w.model.Expire(ctx)
			}
			all = append(all, events...)
			if n == 0 || err != nil {
				return all, err
			}
		}
	}
}

// nodeDies lets a node's lease be over: its sockets go one by one, in an order that the model can follow.
func (w *walk) nodeDies() act {
	_ = w.both(w.sweeps())
	dead := w.q.opt.Node
	c := context.Background()
	w.rdb.ZAdd(c, w.key(":timers"), redis.Z{Member: "node|" + dead, Score: float64(w.now)})
	if n, _, err := w.nodes[0].Expire(c); err != nil || n != 1 {
		w.Fatal(n, err)
	}
	aside := fmt.Sprint(dead, "/", w.now)
	sockets := w.rdb.SMembers(c, w.key(":n:"+aside)).Val()
	slices.Sort(sockets)
	w.rdb.Del(c, w.key(":n:"+aside))
	for _, socket := range sockets {
		w.rdb.SAdd(c, w.key(":n:"+aside), socket)
		w.rdb.ZAdd(c, w.key(":timers"), redis.Z{Member: "evicted|" + aside, Score: float64(w.now)})
		_ = w.both(func(s walkSide) ([]helpline.Event, error) {
			if s.number == 0 {
				return w.sweeps()(s)
			}
			part := strings.SplitN(socket, "|", 3)
			var events []helpline.Event
			if part[0] == "a" {
				events, _ = s.ConsoleDown(ctx, helpline.Console{Adviser: part[1], Epoch: number(part[2])})
			} else {
				events, _ = s.ContactDown(ctx, part[1], part[2], 0)
			}
			return events, nil
		})
	}
	w.rdb.ZRem(c, w.key(":timers"), "evicted|"+aside)
	w.lease(dead)
	return nil
}

func two[A any](_ A, err error) error { return err }
