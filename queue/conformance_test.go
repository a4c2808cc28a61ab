package queue

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"adviceline/helpline"
	"adviceline/helpline/model"
	"adviceline/ops/servicetest"
)

// One suite for both that stand behind helpline.Queue: the scripts, and the model's fake by which other
// rooms test. What a room may rely on is here; what the rule decides is held by the oracle and the walk.

var (
	_ helpline.Queue = (*Queue)(nil)
	_ helpline.Queue = (*model.Fake)(nil)
)

// rig is one of the two under test.
type rig struct {
	*testing.T
	stage
	now int64
}

func TestQueueAndFakeConform(t *testing.T) {
	t.Parallel()
	conform(t, map[string]func(*rig){
		"intake": (*rig).intake, "offers": (*rig).offers, "conversation": (*rig).conversation, "outcome": (*rig).outcome,
		"return": (*rig).comesBack, "release": (*rig).releases, "consoles": (*rig).consoles, "transfer": (*rig).transfer, "danger": (*rig).danger, "status": (*rig).status,
		"unsound": (*rig).unsound,
	})
}

// conform lets the scripts and the fake go through the same checks.
func conform(t *testing.T, checks map[string]func(*rig)) {
	t.Helper()
	for name, check := range checks {
		for side, open := range map[string]func(*testing.T) stage{
			"scripts": func(t *testing.T) stage {
				return frozenStage(t, servicetest.Redis(t), helpline.DefaultRule(), helpline.DefaultTiming())
			},
			"fake": func(*testing.T) stage { return newModelStage(helpline.DefaultRule(), helpline.DefaultTiming()) },
		} {
			t.Run(name+"/"+side, func(t *testing.T) {
				t.Parallel()
				r := &rig{T: t, stage: open(t), now: 1_700_000_000_000}
				r.pass(0)
				check(r)
			})
		}
	}
}

func (r *rig) pass(d time.Duration) string {
	r.Helper()
	r.now += d.Milliseconds()
	if err := r.put(r.now); err != nil {
		r.Fatal(err)
	}
	events, err := r.sweep(r.now)
	return r.kinds(events, err)
}

func (r *rig) kinds(events []helpline.Event, err error) string {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
	return strings.Join(kindsOf(events), ", ")
}

func (r *rig) want(got, want string) {
	r.Helper()
	if got != want {
		r.Fatalf("got  %s\nwant %s", got, want)
	}
}

func (r *rig) refused(err, want error) {
	r.Helper()
	if !errors.Is(err, want) {
		r.Fatalf("got %v, want %v", err, want)
	}
}

func person(id string, lane helpline.Lane) helpline.Entry {
	return helpline.Entry{
		Facts: helpline.Facts{Contact: id, Channel: "chat", Language: "fi", Lane: lane},
		Print: "p", Key: "k", Told: "t", Numbers: []string{id + "/1", id + "/2"},
	}
}

func (r *rig) enter(id string, lane helpline.Lane) string {
	r.Helper()
	_, events, err := r.Enqueue(ctx, person(id, lane))
	return r.kinds(events, err)
}

func (r *rig) ready(id string, capacity int) helpline.Console {
	r.Helper()
	desk, _, err := r.ConsoleUp(ctx, helpline.Adviser{ID: id, Alias: "A", Languages: []string{"fi"}, Capacity: capacity, Socket: "s" + id})
	if err != nil {
		r.Fatal(err)
	}
	if d, _, err := r.Duty(ctx, desk.Console, helpline.DutyWish{State: "ready", Audible: true}); err != nil || d.State != "ready" || !d.Audible {
		r.Fatal(d, err)
	}
	return desk.Console
}

func (r *rig) accepted(k helpline.Console, contact string) {
	r.Helper()
	leg, _, err := r.Accept(ctx, k, r.offerOf(contact))
	if err != nil || leg.Contact != contact || leg.State != helpline.Active || leg.Key != "k" || leg.Told != "t" {
		r.Fatalf("%+v %v", leg, err)
	}
}

func (r *rig) intake() {
	in, events, err := r.Enqueue(ctx, person("c1", helpline.Ordinary))
	if r.want(r.kinds(events, err), "enqueued c1 "); in.State != helpline.Waiting || in.Version != 1 || in.Arrival.UnixMilli() != r.now {
		r.Fatalf("%+v", in)
	}
	r.want(r.enter("c1", helpline.Ordinary), "")
	other := person("c1", helpline.Ordinary)
	other.Print = "q"
	_, _, err = r.Enqueue(ctx, other)
	r.refused(err, helpline.ErrRequestReused)
	r.pass(time.Second)
	r.want(r.enter("c2", helpline.Danger), "enqueued c2 ")
	places, err := r.Positions(ctx, []string{"c1", "c2", "nobody"})
	if err != nil || len(places) != 2 || places["c1"].Ahead != 1 || places["c2"].Ahead != 0 {
		r.Fatal(places, err)
	}
	v, err := r.View(ctx, "c1", 1)
	if err != nil || v.State != helpline.Waiting || v.Place.Ahead != 1 {
		r.Fatalf("%+v %v", v, err)
	}
	_, err = r.View(ctx, "c1", 2)
	r.refused(err, helpline.ErrNotFound)
	events, err = r.Leave(ctx, "c1", 1, "cancel")
	r.want(r.kinds(events, err), "left c1 ")
	r.want(r.pass(30*time.Minute), "danger_open c2 ")
}

func (r *rig) offers() {
	a, b := r.ready("a", 1), r.ready("b", 2)
	r.want(r.enter("c1", helpline.Ordinary), "enqueued c1 , offered c1 a")
	offer := r.offerOf("c1")
	_, _, err := r.Accept(ctx, b, offer)
	r.refused(err, helpline.ErrOfferGone)
	_, _, err = r.Accept(ctx, a, "none")
	r.refused(err, helpline.ErrOfferGone)
	for i := range 2 {
		events, err := r.Decline(ctx, a, offer, "other")
		r.want(r.kinds(events, err), []string{"declined c1 a, offered c1 b", ""}[i])
	}
	r.pass(30 * time.Second)
	second := r.offerOf("c1")
	r.accepted(b, "c1")
	leg, events, err := r.Accept(ctx, b, second)
	if r.want(r.kinds(events, err), ""); leg.Contact != "c1" {
		r.Fatalf("%+v", leg)
	}
	r.want(r.enter("c2", helpline.Ordinary), "enqueued c2 , offered c2 a")
	r.want(r.pass(30*time.Second), "")
	r.want(r.pass(time.Millisecond), "timed_out c2 a, offered c2 b")
	stale := a
	stale.Epoch--
	_, _, err = r.Accept(ctx, stale, r.offerOf("c2"))
	r.refused(err, helpline.ErrConsoleReplaced)
	stale.Epoch += 2 // came up in a queue that is lost
	_, _, err = r.Accept(ctx, stale, r.offerOf("c2"))
	r.refused(err, helpline.ErrQueueUnavailable)
}

func (r *rig) conversation() {
	a := r.ready("a", 1)
	r.enter("c1", helpline.Ordinary)
	r.accepted(a, "c1")
	said := helpline.Saying{Contact: "c1", From: helpline.FromContact, Version: 1, CID: "1", Sealed: "x"}
	first, err := r.Say(ctx, said)
	again, err2 := r.Say(ctx, said)
	if err := errors.Join(err, err2); err != nil || first != again || first.Seq <= 0 {
		r.Fatal(first, again, err)
	}
	reply := helpline.Saying{Contact: "c1", From: helpline.FromAdviser, Console: a, CID: "1", Sealed: "y"}
	if second, err := r.Say(ctx, reply); err != nil || second.Seq != first.Seq+1 {
		r.Fatal(second, err)
	}
	history, err := r.History(ctx, "c1", 0)
	if err != nil || len(history) != 2 || !history[0].At.Equal(first.At) || history[0].Sealed != "x" || history[1].From != helpline.FromAdviser {
		r.Fatalf("%+v %v", history, err)
	}
	for i := range 5 {
		said.CID = fmt.Sprint("more", i)
		if _, err := r.Say(ctx, said); errors.Is(err, helpline.ErrTooMany) != (i == 4) {
			r.Fatal(i, err)
		}
	}
	if err := r.Typing(ctx, a, "c1"); err != nil {
		r.Fatal(err)
	}
	r.refused(r.Typing(ctx, a, "c2"), helpline.ErrNotFound)
	for i := range 2 {
		events, err := r.End(ctx, a, "c1", "done")
		r.want(r.kinds(events, err), []string{"ended c1 a", ""}[i])
	}
	_, err = r.Say(ctx, helpline.Saying{Contact: "c1", From: helpline.FromContact, Version: 1, CID: "late", Sealed: "x"})
	r.refused(err, helpline.ErrNotFound)
}

func (r *rig) outcome() {
	a := r.ready("a", 1)
	r.enter("c1", helpline.Ordinary)
	r.accepted(a, "c1")
	r.refused(r.Draft(ctx, a, "c2", 1, "d"), helpline.ErrNotFound)
	if err := errors.Join(r.Draft(ctx, a, "c1", 2, "d"), r.Draft(ctx, a, "c1", 2, "d")); err != nil {
		r.Fatal(err)
	}
	r.refused(r.Draft(ctx, a, "c1", 1, "older"), helpline.ErrStaleDraft)
	events, err := r.End(ctx, a, "c1", "done")
	r.want(r.kinds(events, err), "ended c1 a")
	r.want(r.pass(5*time.Minute), "owed c1 a")
	if owed, err := r.Owed(ctx, a); err != nil || len(owed) != 1 || owed[0].Draft != "d" {
		r.Fatalf("%+v %v", owed, err)
	}
	for i := range 2 {
		events, err := r.Record(ctx, a, "c1", helpline.Staged{Generation: "g"})
		if r.want(r.kinds(events, err), []string{"recorded c1 a", "corrected c1 a"}[i]); events[0].Staged.Generation != "g" {
			r.Fatalf("%+v", events[0])
		}
	}
	_, err = r.Record(ctx, a, "c2", helpline.Staged{})
	r.refused(err, helpline.ErrNotFound)
	r.want(r.pass(72*time.Hour), "")
	_, err = r.Record(ctx, a, "c1", helpline.Staged{})
	r.refused(err, helpline.ErrNotFound)
	r.enter("c3", helpline.Ordinary)
	r.accepted(a, "c3")
	until := time.UnixMilli(r.now).Add(8 * time.Hour)
	for range 2 { // a correction moves nothing: the first end of its time stands
		if _, err := r.Record(ctx, a, "c3", helpline.Staged{Until: until}); err != nil {
			r.Fatal(err)
		}
		until = until.Add(24 * time.Hour)
	}
	r.want(r.pass(8*time.Hour+time.Millisecond), "")
	_, err = r.Record(ctx, a, "c3", helpline.Staged{Until: until})
	r.refused(err, helpline.ErrNotFound)
}
