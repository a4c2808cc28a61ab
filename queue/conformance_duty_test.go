package queue

import (
	"errors"
	"testing"
	"time"

	"adviceline/helpline"
)

func (r *rig) wish(k helpline.Console, w helpline.DutyWish) helpline.Duty {
	r.Helper()
	d, _, err := r.Duty(ctx, k, w)
	if err != nil {
		r.Fatal(err)
	}
	return d
}

func (r *rig) wantDuty(d helpline.Duty, state string, audible bool) {
	r.Helper()
	if d.State != state || d.Audible != audible {
		r.Fatalf("duty %+v, want %s", d, state)
	}
}

// Ready means audible: without a click nobody is offered to this console, and a page that was loaded anew
// needs another one. Its offers stay, who waits goes to somebody else.
func (r *rig) audible() {
	up := func(id, socket string) helpline.Console {
		desk, _, err := r.ConsoleUp(ctx, helpline.Adviser{ID: id, Alias: "A", Languages: []string{"fi"}, Capacity: 2, Socket: socket})
		if err != nil {
			r.Fatal(err)
		}
		return desk.Console
	}
	a := up("a", "s1")
	r.wantDuty(r.wish(a, helpline.DutyWish{State: "ready"}), "paused", false)
	r.want(r.enter("c1", helpline.Ordinary), "enqueued c1 ")
	d, events, err := r.Duty(ctx, a, helpline.DutyWish{Audible: true})
	r.want(r.kinds(events, err), "offered c1 a")
	r.wantDuty(d, "ready", true)
	r.accepted(a, "c1")
	r.want(r.enter("c2", helpline.Ordinary), "enqueued c2 , offered c2 a")
	r.enter("c3", helpline.Ordinary)
	anew := up("a", "s2")
	r.wantDuty(r.wish(anew, helpline.DutyWish{}), "paused", false)
	r.accepted(anew, "c2") // the offer came along
	_, err = r.End(ctx, anew, "c2", "done")
	r.want(r.kinds(nil, err), "")
	if events, err = r.Record(ctx, anew, "c2", helpline.Staged{}); err != nil || len(events) != 1 {
		r.Fatal(kindsOf(events), err) // and no other one
	}
	r.wantDuty(r.wish(anew, helpline.DutyWish{State: "paused", Reason: "meal"}), "paused", false)
	_, events, err = r.Duty(ctx, anew, helpline.DutyWish{State: "ready", Audible: true})
	r.want(r.kinds(events, err), "offered c3 a")
}

// A hello that one with a later ticket has overtaken takes nothing from it; where nobody is, it is taken.
func (r *rig) overtaken() {
	up := func(ticket int64) (helpline.Console, error) {
		desk, _, err := r.ConsoleUp(ctx, helpline.Adviser{ID: "a", Alias: "A", Languages: []string{"fi"}, Capacity: 2, Socket: "s", Ticket: ticket})
		return desk.Console, err
	}
	comes := func(ticket int64) helpline.Console {
		k, err := up(ticket)
		if err != nil {
			r.Fatal(err)
		}
		return k
	}
	k := comes(2)
	r.wish(k, helpline.DutyWish{State: "ready", Audible: true})
	r.want(r.enter("c1", helpline.Ordinary), "enqueued c1 , offered c1 a")
	_, err := up(1)
	r.refused(err, helpline.ErrConsoleReplaced)
	r.wantDuty(r.wish(k, helpline.DutyWish{}), "ready", true)
	r.accepted(k, "c1")
	k = comes(0) // of a node that knows no numbers
	_, err = up(1)
	r.refused(err, helpline.ErrConsoleReplaced)
	_, err = r.ConsoleDown(ctx, k)
	r.want(r.kinds(nil, err), "")
	comes(1)
	comes(2)
}

// The last one ready for a language stops when they say so twice; who is one of two is not asked.
func (r *rig) lastReady() {
	a := r.ready("a", 2)
	r.enter("c1", helpline.Ordinary)
	for _, state := range []string{"paused", "off"} {
		_, events, err := r.Duty(ctx, a, helpline.DutyWish{State: state})
		r.refused(err, helpline.ErrLastReady)
		if len(events) > 0 || r.wish(a, helpline.DutyWish{}).State != "ready" {
			r.Fatal("the question changed something")
		}
	}
	b := r.ready("b", 2)
	_, events, err := r.Duty(ctx, a, helpline.DutyWish{State: "paused"})
	r.want(r.kinds(events, err), "revoked c1 a, offered c1 b")
	_, events, err = r.Duty(ctx, b, helpline.DutyWish{State: "off", Confirmed: true})
	r.want(r.kinds(events, err), "revoked c1 b")
}

// The telephone rings while an offer rings: it goes back without blame at its original arrival.
func (r *rig) onPhone() {
	a := r.ready("a", 2)
	arrival := r.now
	r.enter("c1", helpline.Ordinary)
	r.pass(20 * time.Second)
	_, events, err := r.Duty(ctx, a, helpline.DutyWish{State: "on_phone"})
	r.want(r.kinds(events, err), "revoked c1 a")
	if e := events[0]; e.Reason != "on_phone" || e.State != helpline.Waiting || e.Arrival.UnixMilli() != arrival {
		r.Fatalf("%+v", e)
	}
	r.enter("c2", helpline.Ordinary)
	r.want(r.pass(30*time.Second), "")
	d, events, err := r.Duty(ctx, a, helpline.DutyWish{State: "ready"})
	r.want(r.kinds(events, err), "offered c1 a, offered c2 a") // no cooldown, and heard already
	r.wantDuty(d, "ready", true)
}

// A form that is owed is its adviser's alone, until they are off duty or 12 h have passed.
func (r *rig) forms() {
	for i, wait := range []time.Duration{0, 12 * time.Hour} {
		c := []string{"c1", "c2"}[i]
		a, b := r.ready("a", 1), r.ready("b", 1)
		r.enter(c, helpline.Ordinary)
		who, other := a, b
		if r.offerOf(c) != "" {
			if _, _, err := r.Accept(ctx, a, r.offerOf(c)); errors.Is(err, helpline.ErrOfferGone) {
				who, other = b, a
				r.accepted(b, c)
			}
		}
		_, err := r.End(ctx, who, c, "done")
		r.want(r.kinds(nil, err), "")
		r.pass(6 * time.Minute)
		if owed, err := r.Owed(ctx, other); err != nil || len(owed) != 0 {
			r.Fatalf("%+v %v", owed, err)
		}
		r.refused(r.Draft(ctx, other, c, 1, "d"), helpline.ErrNotFound)
		_, err = r.Record(ctx, other, c, helpline.Staged{})
		r.refused(err, helpline.ErrNotFound)
		if wait == 0 {
			r.wish(who, helpline.DutyWish{State: "off", Confirmed: true})
		}
		r.pass(wait)
		if owed, err := r.Owed(ctx, other); err != nil || len(owed) != 1 {
			r.Fatalf("%+v %v", owed, err)
		}
		if err := r.Draft(ctx, other, c, 1, "d"); err != nil {
			r.Fatal(err)
		}
		events, err := r.Record(ctx, other, c, helpline.Staged{Generation: "g"})
		r.want(r.kinds(events, err), "recorded "+c+" "+other.Adviser)
	}
}

// keptAnew: who keeps free for a call stops, and whoever holds something keeps for it before they are fed.
// The chat that waits had excluded them until then, and would have had their last slot.
func keptAnew(stops func(*rig, helpline.Console) ([]helpline.Event, error)) func(*rig) {
	return func(r *rig) {
		a, b := r.ready("a", 2), r.ready("b", 2)
		r.want(r.enter("c1", helpline.Ordinary), "enqueued c1 , offered c1 a")
		r.accepted(a, "c1")
		r.pass(time.Second)
		r.want(r.enter("c2", helpline.Ordinary), "enqueued c2 , offered c2 b")
		r.accepted(b, "c2")
		call := person("call", helpline.Ordinary)
		call.Channel = "callback"
		_, events, err := r.Enqueue(ctx, call)
		r.want(r.kinds(events, err), "enqueued call ")
		r.want(r.enter("c3", helpline.Ordinary), "enqueued c3 , offered c3 b") // a keeps free for the call
		events, err = r.Decline(ctx, b, r.offerOf("c3"), "other")
		r.want(r.kinds(events, err), "declined c3 b")
		r.want(r.pass(10*time.Second), "") // b is free again, and excluded while a serves
		events, err = stops(r, a)
		r.want(r.kinds(events, err), "")
		events, err = r.End(ctx, b, "c2", "done")
		r.want(r.kinds(events, err), "ended c2 b")
		events, err = r.Record(ctx, b, "c2", helpline.Staged{Generation: "g"})
		r.want(r.kinds(events, err), "recorded c2 b, offered call b")
	}
}

func TestCallIsKeptForAnewConforms(t *testing.T) {
	t.Parallel()
	conform(t, map[string]func(*rig){
		"pauses": keptAnew(func(r *rig, k helpline.Console) ([]helpline.Event, error) {
			_, events, err := r.Duty(ctx, k, helpline.DutyWish{State: "paused"})
			return events, err
		}),
		"opens a console": keptAnew(func(r *rig, k helpline.Console) ([]helpline.Event, error) {
			_, events, err := r.ConsoleUp(ctx, helpline.Adviser{ID: k.Adviser, Alias: "A", Languages: []string{"fi"}, Capacity: 2, Socket: "new"})
			return events, err
		}),
		"is lost": keptAnew(func(r *rig, k helpline.Console) ([]helpline.Event, error) { return r.ConsoleDown(ctx, k) }),
	})
}

func TestDutyConforms(t *testing.T) {
	t.Parallel()
	conform(t, map[string]func(*rig){
		"audible": (*rig).audible, "last ready": (*rig).lastReady, "on the phone": (*rig).onPhone, "forms": (*rig).forms,
		"overtaken": (*rig).overtaken,
	})
}
