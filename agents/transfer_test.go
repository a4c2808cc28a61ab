package agents

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"adviceline/helpline"
)

const target = "7b5e1a52-7f4a-4c52-9d0e-0a3a8f1d2c11"

func (b *bench) ready(free bool) {
	b.queue.set(func() {
		b.queue.ready = []helpline.Colleague{
			{ID: "p1", Alias: "A", Languages: []string{"fi"}, Free: true}, {ID: target, Alias: "B", Languages: []string{"sv", "en"}, Free: free},
		}
	})
}

// The owner keeps the leg, and may go on writing, until the target has accepted.
func TestTransferToColleague(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.ready(true)
	id := b.leg()
	p, w := b.console()
	if list, _ := w["list"].([]any); len(list) != 1 {
		t.Errorf("list: %v", w["list"])
	}
	p.shows(first(w, "list"), object{"adviser": target, "alias": "B", "languages": []any{"sv", "en"}, "free": true})
	f := p.ask(object{"type": "transfer", "contact": id, "to": object{"adviser": target}}, "transferring")
	p.shows(f, object{"contact": id})
	to := func(n helpline.Notice) {
		n.To, n.Contact = "a:p1", id
		b.hub.Deliver(n)
	}
	to(helpline.Notice{Kind: helpline.NoticeTransferFailed, Reason: "declined", Epoch: 1})
	p.shows(p.want("transfer_failed"), object{"contact": id, "reason": "declined"})
	b.queue.set(func() { l := b.queue.legs[id]; l.State = helpline.Active; b.queue.legs[id] = l })
	p.ask(object{"type": "say", "contact": id, "cid": uuid.NewString(), "text": "x"}, "said")
	to(helpline.Notice{Kind: helpline.NoticeLost, Reason: "transferred", Duty: &helpline.Duty{State: "ready", Capacity: 2}})
	p.shows(p.want("transferred"), object{"contact": id})
	p.shows(p.want("lost"), object{"contact": id, "reason": "transferred"})
	p.want("duty")
	p.refused(object{"type": "say", "contact": id, "cid": uuid.NewString(), "text": "x"}, "not_found")
	to(helpline.Notice{Kind: helpline.NoticeTransferFailed, Reason: "declined", Epoch: 1}) // not its any more
	p.ask(object{"type": "audible"}, "duty")
	// A console that comes back meanwhile sees that the leg is on offer.
	other := b.leg()
	b.queue.set(func() {
		l := b.queue.legs[other]
		l.State = helpline.Transferring
		b.queue.legs = map[string]helpline.Leg{other: l}
	})
	_, w = b.console()
	p.shows(first(w, "legs"), object{"contact": other, "state": "transferring"})
}

func TestTransferRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.ready(false)
	id := b.leg()
	p, _ := b.console()
	p.refused(object{"type": "transfer", "contact": id, "to": object{"adviser": target}}, "not_free")
	p.refused(object{"type": "transfer", "contact": uuid.NewString(), "to": object{"adviser": target}}, "not_found")
	for _, to := range []object{
		{}, {"adviser": target, "queue": true}, {"adviser": target, "language": "fi"}, {"queue": true, "language": "mul"},
		{"queue": true, "language": "x"}, {"adviser": "p1"}, {"language": "fi"},
	} {
		p.refused(object{"type": "transfer", "contact": id, "to": to}, "invalid_value")
	}
	p.refused(object{"type": "transfer", "contact": "x", "to": object{"queue": true}}, "invalid_value")
}

func TestTransferToQueue(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.leg()
	p, _ := b.console()
	ref := uuid.NewString()
	frame := object{"type": "transfer", "ref": ref, "contact": id, "to": object{"queue": true, "language": "sv"}}
	p.shows(p.ask(frame, "transferring"), object{"contact": id})
	p.shows(p.want("transferred"), object{"contact": id})
	p.shows(p.want("lost"), object{"contact": id, "reason": "transferred"})
	p.want("duty")
	p.ask(frame, "transferring") // the same answer, and the step is not taken again
	if n := b.queue.count("requeue"); n != 1 {
		t.Errorf("requeued %d times", n)
	}
	p.refused(object{"type": "transfer", "contact": id, "to": object{"queue": true}}, "not_found")
}

func TestHandoverLosesEveryLeg(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	one, two := b.leg(), b.leg()
	p, _ := b.console()
	d := p.ask(object{"type": "handover"}, "duty")
	p.shows(d, object{"state": "off"})
	lost := []any{p.want("lost")["contact"], p.want("lost")["contact"]}
	if want := []any{min(one, two), max(one, two)}; lost[0] != want[0] || lost[1] != want[1] {
		t.Errorf("lost %v, want %v", lost, want)
	}
	p.refused(object{"type": "say", "contact": one, "cid": uuid.NewString(), "text": "x"}, "not_found")
}

func TestParkAndTake(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id, soon := b.leg(), b.leg()
	b.queue.set(func() { l := b.queue.legs[soon]; l.Lane = helpline.Danger; b.queue.legs[soon] = l })
	p, _ := b.console()
	p.refused(object{"type": "park", "contact": soon}, "too_soon")
	p.refused(object{"type": "park", "contact": "x"}, "invalid_value")
	p.shows(p.ask(object{"type": "park", "contact": id}, "parked"), object{"contact": id})
	p.want("duty")
	b.hub.Deliver(helpline.Notice{To: "a:p1", Kind: helpline.NoticeContact, Contact: id, State: "active", Epoch: 1}) // not on the desk
	p, w := b.console()
	p.shows(first(w, "parked"), object{"contact": id, "channel": "chat", "language": "fi", "lane": "ordinary"})
	o := p.ask(object{"type": "take", "contact": id}, "opened")
	p.shows(o, object{"contact": id, "state": "active"})
	p.want("duty")
	p.ask(object{"type": "say", "contact": id, "cid": uuid.NewString(), "text": "x"}, "said")
	p.refused(object{"type": "take", "contact": uuid.NewString()}, "not_found")
	p.refused(object{"type": "take", "contact": "x"}, "invalid_value")
	p.ask(object{"type": "park", "contact": id}, "parked")
	p.want("duty")
	for range 2 { // once is told, twice is not its any more
		b.hub.Deliver(helpline.Notice{To: "a:p1", Kind: helpline.NoticeLost, Contact: id, Reason: "returned"})
	}
	p.shows(p.want("lost"), object{"contact": id, "reason": "returned"})
	p.ask(object{"type": "audible"}, "duty")
}

// A leg whose person came back by number says how much is held; what is let out is held no more.
func TestRelease(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.leg()
	b.queue.set(func() { l := b.queue.legs[id]; l.Held, l.Earlier = 3, 1; b.queue.legs[id] = l })
	p, w := b.console()
	p.shows(first(w, "legs"), object{"contact": id, "held": 3.0, "earlier_legs": 1.0})
	b.hub.Deliver(helpline.Notice{To: "a:p1", Kind: helpline.NoticeContact, Contact: id, State: "resumed", Held: 3, Epoch: 1})
	p.shows(p.want("contact"), object{"contact": id, "state": "resumed", "held": 3.0})
	frame := object{"type": "release", "ref": uuid.NewString(), "contact": id}
	for range 2 {
		p.shows(p.ask(frame, "released"), object{"contact": id, "count": 3.0})
	}
	if n := b.queue.count("release"); n != 1 {
		t.Errorf("released %d times", n)
	}
	p.shows(p.ask(object{"type": "release", "contact": id}, "released"), object{"count": 0.0})
	p.refused(object{"type": "release", "contact": uuid.NewString()}, "not_found")
	p.refused(object{"type": "release", "contact": "x"}, "invalid_value")
}

// Every console of the node hears of danger, whatever its epoch; a console that comes finds it.
func TestDangerIsToldToEverybody(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	open, waits := uuid.NewString(), uuid.NewString()
	b.queue.set(func() {
		b.queue.danger = []helpline.Alarm{
			{Contact: open, State: "open", Language: "fi", Waited: 90 * time.Second}, {Contact: waits, State: "waiting"},
		}
	})
	b.people.people["bert"] = helpline.Person{ID: "p2", Name: "bert", Capacity: 2, Roles: []string{helpline.RoleAdviser}}
	p, w := b.console()
	p.shows(first(w, "danger"), object{"contact": open, "state": "open", "language": "fi", "waited_seconds": 90.0})
	session := helpline.Session{Hash: hashSecret("bert"), Person: b.people.people["bert"], Expires: time.Now().Add(time.Hour)}
	if err := b.people.PutSession(t.Context(), session); err != nil {
		t.Fatal(err)
	}
	other, _ := b.console(object{"ticket": b.ticketFor(session)})
	for _, state := range []string{"waiting", "open", "taken", "closed"} {
		b.hub.Deliver(helpline.Notice{To: "a:*", Kind: helpline.NoticeDanger, Contact: waits, State: state, Language: "sv", Arrival: 1_000, Now: 63_500})
		for _, c := range []*page{p, other} {
			c.shows(c.want("danger"), object{"contact": waits, "state": state, "language": "sv", "waited_seconds": 62.0})
		}
	}
	p.shows(p.ask(object{"type": "danger", "contact": open, "code": "no_place"}, "danger"), object{"contact": open, "state": "closed"})
	p.refused(object{"type": "danger", "contact": waits, "code": "no_place"}, "not_found")
	p.refused(object{"type": "danger", "contact": open, "code": "x"}, "invalid_value")
}

// A console hears of colleagues when something changed, and only then.
func TestListIsKeptFresh(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(o *Options) { o.List = time.Millisecond })
	b.ready(true)
	p, _ := b.console()
	b.ready(false)
	f := p.want("list")
	p.shows(first(f, "list"), object{"adviser": target, "free": false})
	b.queue.set(func() { b.queue.ready = nil })
	if f = p.want("list"); len(f["list"].([]any)) != 0 {
		t.Errorf("%v", f)
	}
	p.ask(object{"type": "audible"}, "duty")
}
