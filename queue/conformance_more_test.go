package queue

import (
	"slices"
	"time"

	"adviceline/helpline"
)

func (r *rig) comesBack() {
	r.enter("c1", helpline.Ordinary)
	_, events, err := r.ContactUp(ctx, "c1", 1, "s1")
	r.want(r.kinds(events, err), "")
	events, err = r.ContactDown(ctx, "c1", "s1", 0)
	r.want(r.kinds(events, err), "away c1 ")
	_, err = r.ContactDown(ctx, "c1", "s1", 0)
	r.refused(err, helpline.ErrNotFound)
	v, events, err := r.ContactUp(ctx, "c1", 1, "s2")
	if r.want(r.kinds(events, err), "returned c1 "); v.State != helpline.Waiting {
		r.Fatalf("%+v", v)
	}
	events, err = r.Leave(ctx, "c1", 1, "exit")
	r.want(r.kinds(events, err), "away c1 , left c1 ")
	_, err = r.View(ctx, "c1", 1)
	r.refused(err, helpline.ErrNotFound)
	arrival := r.now
	r.pass(10 * time.Minute)
	next := func(c string, version int64) string { return c + "/" + string(rune('0'+version)) }
	for i := range 2 {
		in, events, err := r.Resume(ctx, helpline.Return{RequestID: "r", Index: "c1/1", Next: next})
		if r.want(r.kinds(events, err), []string{"resumed c1 ", ""}[i]); in.Version != 2 || in.Arrival.UnixMilli() != arrival {
			r.Fatalf("%+v", in)
		}
	}
	_, _, err = r.Resume(ctx, helpline.Return{RequestID: "other", Index: "c1/1", Next: next})
	r.refused(err, helpline.ErrNotFound)
	r.want(r.pass(15*time.Minute), "left c1 ")
	_, events, err = r.Resume(ctx, helpline.Return{RequestID: "late", Index: "c1/2", Next: next})
	r.want(r.kinds(events, err), "resumed c1 ")
}

// releases: who comes back by number sees nothing earlier; what no page had shown goes out when the
// adviser lets it, once.
func (r *rig) releases() {
	a := r.ready("a", 1)
	r.enter("c1", helpline.Ordinary)
	r.accepted(a, "c1")
	_, _, err := r.ContactUp(ctx, "c1", 1, "s1")
	r.want(r.kinds(nil, err), "")
	write := func(cid string, got int64) int64 {
		r.Helper()
		s := helpline.Saying{Contact: "c1", From: helpline.FromAdviser, Console: a, CID: cid, Sealed: "to " + cid}
		if got > 0 {
			s = helpline.Saying{Contact: "c1", From: helpline.FromContact, Version: 1, CID: cid, Sealed: "of " + cid, Got: got}
		}
		said, err := r.Say(ctx, s)
		if err != nil {
			r.Fatal(err)
		}
		return said.Seq
	}
	first := write("1", 0)
	write("mine", first)
	seen := write("2", 0)
	write("3", 0)
	r.pass(time.Second)
	last := write("4", 0)
	events, err := r.ContactDown(ctx, "c1", "s1", seen)
	r.want(r.kinds(events, err), "")
	next := func(c string, version int64) string { return c + "/" + string(rune('0'+version)) }
	_, _, err = r.Resume(ctx, helpline.Return{RequestID: "r", Index: "c1/1", Next: next})
	r.want(r.kinds(nil, err), "")
	v, _, err := r.ContactUp(ctx, "c1", 2, "s2")
	if r.want(r.kinds(nil, err), ""); v.Floor != last {
		r.Fatalf("the floor is %d, the last message %d", v.Floor, last)
	}
	asked := write("who are you", 0)
	stale := a
	stale.Epoch--
	_, err = r.Release(ctx, stale, "c1")
	r.refused(err, helpline.ErrConsoleReplaced)
	_, err = r.Release(ctx, a, "c2")
	r.refused(err, helpline.ErrNotFound)
	for i := range 2 {
		if n, err := r.Release(ctx, a, "c1"); err != nil || n != int64(2-2*i) {
			r.Fatal(n, err)
		}
	}
	said, err := r.History(ctx, "c1", v.Floor)
	if err != nil || len(said) != 3 || said[0].Seq != asked || said[1].Sealed != "to 3" || said[2].Sealed != "to 4" || said[2].Seq != asked+2 {
		r.Fatalf("%+v %v", said, err)
	}
	if again := write("4", 0); again != asked+2 {
		r.Fatalf("sent again it is %d", again)
	}
}

func (r *rig) consoles() {
	a := r.ready("a", 2)
	r.enter("c1", helpline.Ordinary)
	r.accepted(a, "c1")
	_, _, err := r.ContactUp(ctx, "c1", 1, "s")
	r.want(r.kinds(nil, err), "")
	r.enter("c2", helpline.Ordinary)
	desk, events, err := r.ConsoleUp(ctx, helpline.Adviser{ID: "a", Alias: "A", Languages: []string{"fi"}, Capacity: 2, Socket: "new"})
	if r.want(r.kinds(events, err), ""); len(desk.Legs) != 1 || len(desk.Offers) != 1 || desk.Duty.Used != 2 || desk.Console.Epoch != 2 {
		r.Fatalf("%+v", desk)
	}
	_, _, err = r.Duty(ctx, a, helpline.DutyWish{State: "off", Confirmed: true})
	r.refused(err, helpline.ErrConsoleReplaced)
	_, err = r.ConsoleDown(ctx, a)
	r.refused(err, helpline.ErrNotFound)
	unheard := helpline.Console{Adviser: "a", Socket: "new"}
	events, err = r.ConsoleDown(ctx, unheard) // the answer of ConsoleUp was lost
	r.want(r.kinds(events, err), "revoked c2 a")
	r.want(r.pass(time.Minute), "requeued c1 a")
	d, events, err := r.Duty(ctx, desk.Console, helpline.DutyWish{})
	if r.want(r.kinds(events, err), ""); d.State != "lost" {
		r.Fatalf("%+v", d)
	}
	b := r.ready("b", 1)
	if r.offerOf("c1") == "" || r.offerOf("c2") != "" {
		r.Fatal("who had talked is not the next")
	}
	r.accepted(b, "c1")
	d, _, err = r.Duty(ctx, b, helpline.DutyWish{State: "off", Confirmed: true})
	if r.want(r.kinds(nil, err), ""); d.State != "draining" {
		r.Fatalf("%+v", d)
	}
	events, err = r.Handover(ctx, b)
	r.want(r.kinds(events, err), "requeued c1 b")
}

func (r *rig) transfer() {
	a, b := r.ready("a", 1), r.ready("b", 1)
	r.enter("c1", helpline.Ordinary)
	_, _, err := r.ContactUp(ctx, "c1", 1, "s")
	r.want(r.kinds(nil, err), "")
	r.accepted(a, "c1")
	_, err = r.Transfer(ctx, a, "c1", "a")
	r.refused(err, helpline.ErrNotFree)
	_, err = r.Transfer(ctx, a, "c2", "b")
	r.refused(err, helpline.ErrNotFound)
	for i := range 2 {
		events, err := r.Transfer(ctx, a, "c1", "b")
		r.want(r.kinds(events, err), []string{"offered c1 b", ""}[i])
	}
	events, err := r.Decline(ctx, b, r.offerOf("c1"), "other")
	r.want(r.kinds(events, err), "declined c1 b")
	r.pass(10 * time.Second)
	events, err = r.Transfer(ctx, a, "c1", "b")
	r.want(r.kinds(events, err), "offered c1 b")
	_, events, err = r.Accept(ctx, b, r.offerOf("c1"))
	r.want(r.kinds(events, err), "accepted c1 b")
	_, err = r.End(ctx, a, "c1", "done")
	r.refused(err, helpline.ErrNotFound)
	_, err = r.Park(ctx, b, "c1")
	r.refused(err, helpline.ErrTooSoon)
	_, err = r.ContactDown(ctx, "c1", "s", 0)
	r.want(r.kinds(nil, err), "")
	r.pass(10 * time.Minute)
	for i := range 2 {
		events, err = r.Park(ctx, b, "c1")
		r.want(r.kinds(events, err), []string{"parked c1 b", ""}[i])
	}
	_, _, err = r.Take(ctx, a, "c1")
	r.refused(err, helpline.ErrNotFound)
	for i := range 2 {
		_, events, err = r.Take(ctx, b, "c1")
		r.want(r.kinds(events, err), []string{"accepted c1 b", ""}[i])
	}
	_, _, err = r.ContactUp(ctx, "c1", 1, "s2")
	r.want(r.kinds(nil, err), "")
	events, err = r.Requeue(ctx, b, "c1", "")
	r.want(r.kinds(events, err), "requeued c1 b, offered c1 a")
}

func (r *rig) danger() {
	r.enter("c1", helpline.Danger)
	r.want(r.pass(30*time.Minute), "danger_open c1 ")
	r.want(r.pass(24*time.Hour), "")
	a := r.ready("a", 1)
	_, err := r.CloseDanger(ctx, a, "c2", "no_place")
	r.refused(err, helpline.ErrNotFound)
	_, _, err = r.Take(ctx, a, "c1")
	r.refused(err, helpline.ErrNotFound)
	for i := range 2 {
		events, err := r.CloseDanger(ctx, a, "c1", "no_place")
		r.want(r.kinds(events, err), []string{"left c1 ", ""}[i])
	}
	_, _, err = r.Duty(ctx, a, helpline.DutyWish{State: "paused", Confirmed: true})
	r.want(r.kinds(nil, err), "")
	r.enter("c2", helpline.Danger)
	_, events, err := r.Take(ctx, a, "c2")
	r.want(r.kinds(events, err), "accepted c2 a")
	r.enter("c3", helpline.Danger)
	_, _, err = r.Take(ctx, a, "c3")
	r.refused(err, helpline.ErrNotFree)
}

func (r *rig) status() {
	s, err := r.Status(ctx)
	if err != nil || !s.Open || len(s.Languages) != 0 {
		r.Fatalf("%+v %v", s, err)
	}
	a := r.ready("a", 1)
	if s, err = r.Status(ctx); err != nil || !slices.Equal(s.Languages, []string{"fi"}) {
		r.Fatalf("%+v %v", s, err)
	}
	events, err := r.Handover(ctx, a)
	r.want(r.kinds(events, err), "")
	if s, err = r.Status(ctx); err != nil || len(s.Languages) != 0 {
		r.Fatalf("%+v %v", s, err)
	}
}

// unsound: what no code list has is refused by a code, and nothing is changed by it.
func (r *rig) unsound() {
	a := r.ready("a", 1)
	for _, f := range []helpline.Facts{
		{Language: "fi", Lane: "urgent"}, {Language: "fi", Lane: ""}, {Language: "fi|danger", Lane: helpline.Ordinary},
		{Language: "", Lane: helpline.Ordinary}, {Language: "FI", Lane: helpline.Ordinary}, {Language: "fi", Lane: helpline.Ordinary, Skill: "a+b"},
	} {
		e := person("c1", f.Lane)
		e.Language, e.Skill = f.Language, f.Skill
		_, events, err := r.Enqueue(ctx, e)
		if r.refused(err, helpline.ErrInvalid); len(events) > 0 {
			r.Fatalf("%+v made %v", f, events)
		}
	}
	_, err := r.View(ctx, "c1", 1)
	r.refused(err, helpline.ErrNotFound)
	r.want(r.enter("c1", helpline.Ordinary), "enqueued c1 , offered c1 a") // its number is free, and so is the adviser
	r.accepted(a, "c1")
	_, err = r.Requeue(ctx, a, "c1", "fi+x")
	r.refused(err, helpline.ErrInvalid)
	_, err = r.Transfer(ctx, a, "c1", "nobody")
	r.refused(err, helpline.ErrNotFree)
	_, err = r.Transfer(ctx, a, "nobody", "a")
	r.refused(err, helpline.ErrNotFound)
	_, _, err = r.Take(ctx, helpline.Console{Adviser: "nobody", Epoch: 1}, "c1")
	r.refused(err, helpline.ErrQueueUnavailable)
	desk, _, err := r.ConsoleUp(ctx, helpline.Adviser{ID: "a", Alias: "A", Languages: []string{"fi"}, Capacity: 1, Socket: "new"})
	if err != nil || len(desk.Legs) != 1 || desk.Legs[0].State != helpline.Active || desk.Duty.Used != 1 {
		r.Fatalf("%+v %v", desk, err)
	}
}
