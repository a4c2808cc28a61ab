package agents

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"adviceline/helpline"
	"adviceline/helpline/socket"
)

func TestWelcome(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	mine, gone := b.leg(), uuid.NewString()
	offer := b.offer(uuid.NewString(), 1)
	draft, _ := sealer{}.Seal("k", gone, "draft", 7, []byte(`{"outcome":[]}`))
	b.queue.set(func() {
		b.queue.offers[offer.Offer] = offer
		b.queue.owed = []helpline.Leg{{Facts: helpline.Facts{Contact: gone, Channel: "chat", Language: "so", Lane: helpline.Present}, Draft: "k " + draft, DraftVersion: 7}}
	})
	p, w := b.console(object{"holds": []object{{"contact": gone, "epoch": 2}, {"contact": mine, "epoch": 3}}})
	p.shows(p.want("lost"), object{"contact": gone, "reason": "moved"})
	p.shows(w, object{"v": 1.0, "duty": "off", "used": 0.0, "capacity": 2.0, "list": []any{}, "parked": []any{}, "danger": []any{}, "bytes": 2048})
	leg, _ := first(w, "legs").(object)
	p.shows(leg, object{
		"contact": mine, "channel": "chat", "language": "fi", "asks": "worried", "lane": "ordinary", "child": true,
		"waited_seconds": 61.0, "epoch": 3.0, "seq": 1_000_001.0, "state": "active",
	})
	p.shows(first(leg, "history"), object{
		"text": "hello", "from": "contact", "at": "2023-11-14T22:13:20.001Z", "seq": 1_000_001.0,
	})
	p.shows(first(w, "offers"), object{"waited_seconds": 12.0, "expires_in_ms": 30_000.0, "offer": offer.Offer})
	p.shows(first(w, "owed"), object{
		"contact": gone, "draft_version": 7.0, "lane": "present", "draft": object{"outcome": []any{}},
	})
}

func TestHelloAfterLeavesOutWhatWasSeen(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.leg()
	p, w := b.console(object{"after": object{id: 1_000_001}})
	p.shows(first(w, "legs"), object{"history": []any{}, "seq": 1_000_001.0})
}

func TestBadHello(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for name, c := range map[string]struct {
		hello string
		code  int
	}{
		"not JSON":     {`hello`, 4400},
		"another type": {`{"type":"duty","v":1,"ticket":"x"}`, 4400},
		"unknown key":  {`{"type":"hello","v":1,"ticket":"x","name":"anna"}`, 4400},
		"bad ref":      {`{"type":"hello","v":1,"ticket":"x","ref":"1"}`, 4400},
		"no ticket":    {`{"type":"hello","v":1}`, 4505},
		"wrong ticket": {`{"type":"hello","v":1,"ticket":"` + strings.Repeat("A", 43) + `"}`, 4505},
	} {
		p := b.dial()
		p.raw(c.hello)
		t.Log(name)
		p.closed(c.code)
	}
	for _, v := range []int{0, socket.Version + 1} {
		p := b.dial()
		p.send(object{"type": "hello", "v": v, "ticket": b.ticket()})
		if f := p.want("error"); f["code"] != "unsupported_version" {
			t.Errorf("version %d: %v", v, f)
		}
		p.closed(4400)
	}
	ticket := b.ticket()
	for _, code := range []int{0, 4505} {
		p := b.dial()
		p.send(object{"type": "hello", "v": 1, "ticket": ticket})
		if code == 0 {
			p.want("welcome")
		} else {
			p.closed(code)
		}
	}
	b.people.people["anna"] = helpline.Person{ID: "p9", Roles: []string{helpline.RoleSupervisor}}
	p := b.dial()
	p.send(object{"type": "hello", "v": 1, "ticket": b.ticket()})
	p.closed(4505)
	p = b.dial()
	ticket = b.ticket()
	b.cache.fail(true)
	p.send(object{"type": "hello", "v": 1, "ticket": ticket})
	p.closed(4400)
}

func TestQueueAwayAtHello(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.queue.set(func() { b.queue.err = helpline.ErrQueueUnavailable })
	p := b.dial()
	p.send(object{"type": "hello", "v": 1, "ticket": b.ticket()})
	if f := p.want("error"); f["code"] != "queue_unavailable" || f["retry"] != true {
		t.Errorf("%v", f)
	}
	if f := p.want("reconnect"); f["after_ms"].(float64) < 500 {
		t.Errorf("%v", f)
	}
	p.closed(1001)
}

func TestDuty(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p, _ := b.console()
	d := p.ask(object{"type": "duty", "state": "ready"}, "duty")
	if d["state"] != "ready" || d["audible"] != false || d["capacity"] != 2.0 || d["until"] != "2023-11-14T22:13:20.123Z" {
		t.Errorf("%v", d)
	}
	if d = p.ask(object{"type": "audible", "pad": "000"}, "duty"); d["audible"] != true || d["state"] != "ready" {
		t.Errorf("%v", d)
	}
	p.refused(object{"type": "duty", "state": "paused", "reason": "meal"}, "last_ready")
	if d = p.ask(object{"type": "duty", "state": "paused", "reason": "meal", "confirm": true}, "duty"); d["reason"] != "meal" {
		t.Errorf("%v", d)
	}
	if d = p.ask(object{"type": "duty", "state": "draining"}, "duty"); d["state"] != "off" {
		t.Errorf("draining is the queue's word for off with legs: %v", d)
	}
	for _, bad := range []object{{"state": "lost"}, {"state": "asleep"}, {}, {"state": "paused", "reason": "x"}, {"state": "ready", "reason": "meal"}} {
		bad["type"] = "duty"
		p.refused(bad, "invalid_value")
	}
}

func TestOfferAcceptDecline(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p, _ := b.console()
	id := b.leg()
	first, second := b.offer(id, 1), b.offer(uuid.NewString(), 1)
	b.queue.set(func() { b.queue.offers[first.Offer], b.queue.offers[second.Offer] = first, second })
	b.hub.Deliver(first)
	if o := p.want("offer"); o["offer"] != first.Offer || o["lane"] != "danger" {
		t.Errorf("%v", o)
	}
	if d := p.want("duty"); d["used"] != 1.0 {
		t.Errorf("%v", d)
	}
	ref := uuid.NewString()
	for range 2 { // a repetition asks the queue again: the answer holds text and is not kept
		o := p.ask(object{"type": "accept", "offer": first.Offer, "ref": ref}, "opened")
		if o["contact"] != id || len(o["history"].([]any)) != 1 || o["bytes"] != 512 && o["bytes"] != 2048 {
			t.Errorf("%v", o)
		}
	}
	if n := b.queue.count("accept"); n != 2 {
		t.Errorf("asked %d times", n)
	}
	p.refused(object{"type": "accept", "offer": second.Offer, "ref": ref}, "request_reused")
	p.refused(object{"type": "decline", "offer": second.Offer, "reason": "bored"}, "invalid_value")
	p.refused(object{"type": "decline", "offer": "x", "reason": "other"}, "invalid_value")
	p.refused(object{"type": "accept", "offer": "x"}, "invalid_value")
	if d := p.ask(object{"type": "decline", "offer": second.Offer, "reason": "own_safety"}, "declined"); d["offer"] != second.Offer {
		t.Errorf("%v", d)
	}
	p.refused(object{"type": "decline", "offer": second.Offer, "reason": "own_safety"}, "offer_gone")
	p.refused(object{"type": "accept", "offer": second.Offer}, "offer_gone")
}

func TestSayTypingEnd(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.leg()
	p, _ := b.console()
	say := func(text string) object {
		return object{"type": "say", "contact": id, "cid": uuid.NewString(), "text": text}
	}
	f := say("moi")
	if a := p.ask(f, "said"); a["cid"] != f["cid"] || a["contact"] != id || a["seq"] != 1_000_100.0 || a["at"] != "2001-09-09T01:46:40.000Z" {
		t.Errorf("%v", a)
	}
	if e := p.refused(say(""), "invalid_value"); e["cid"] == nil || e["retry"] != false {
		t.Errorf("%v", e)
	}
	p.refused(say(strings.Repeat("ä", 2001)), "invalid_value")
	p.ask(say(strings.Repeat("ä", 2000)), "said")
	bad := say("x")
	bad["cid"] = "X"
	p.refused(bad, "invalid_value")
	other := say("x")
	other["contact"] = uuid.NewString()
	p.refused(other, "not_found")
	p.send(object{"type": "typing", "contact": id, "ref": uuid.NewString()})
	p.send(object{"type": "typing", "contact": uuid.NewString(), "ref": uuid.NewString()})
	p.refused(object{"type": "end", "contact": id, "reason": "bored"}, "invalid_value")
	p.refused(object{"type": "end", "contact": uuid.NewString(), "reason": "done"}, "not_found")
	if n := b.queue.count("typing"); n != 1 {
		t.Errorf("typing told %d times", n)
	}
	b.queue.set(func() { b.queue.err = helpline.ErrTooMany })
	if e := p.refused(say("x"), "too_many"); e["retry"] != true || e["cid"] == nil {
		t.Errorf("%v", e)
	}
	b.queue.set(func() { b.queue.err = nil })
	if a := p.ask(object{"type": "end", "contact": id, "reason": "done"}, "ended"); a["contact"] != id {
		t.Errorf("%v", a)
	}
	p.refused(say("late"), "not_found")
}

func TestDraftAndOutcome(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.leg()
	p, _ := b.console()
	frame := func(kind string, version int, outcome any) object {
		f := object{"type": kind, "contact": id, "outcome": outcome}
		if version != 0 {
			f["version"] = version
		}
		return f
	}
	if a := p.ask(frame("draft", 2, object{"topic": "is_it_trafficking"}), "drafted"); a["version"] != 2.0 || a["contact"] != id {
		t.Errorf("%v", a)
	}
	p.refused(frame("draft", 1, object{}), "stale_draft")
	p.refused(frame("draft", 0, object{}), "invalid_value")
	if e := p.refused(frame("draft", 3, object{"forms": []string{"x"}}), "invalid_value"); e["field"] != "forms" {
		t.Errorf("%v", e)
	}
	p.refused(frame("draft", 3, object{"note": "free text"}), "invalid_value")
	p.refused(frame("draft", 3, nil), "malformed")
	p.refused(object{"type": "draft", "contact": "x", "version": 1, "outcome": object{}}, "invalid_value")
	p.refused(frame("outcome", 1, object{"outcome": []string{"misuse"}}), "malformed")
	if e := p.refused(frame("outcome", 0, object{}), "invalid_value"); e["field"] != "outcome" {
		t.Errorf("%v", e)
	}
	p.refused(object{"type": "outcome", "contact": id}, "invalid_value")
	p.refused(object{"type": "outcome", "contact": uuid.NewString(), "outcome": object{"outcome": []string{"misuse"}}}, "not_found")
	if a := p.ask(frame("outcome", 0, object{"outcome": []string{"misuse"}}), "recorded"); a["contact"] != id {
		t.Errorf("%v", a)
	}
	if !b.queue.recorded[id] {
		t.Error("not recorded")
	}
}

func TestBadFrames(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p, _ := b.console()
	for kind := range steps {
		p.refused(object{"type": kind, "anything": 1}, "malformed")
	}
	p.refused(object{"type": "sing"}, "unknown_type")
	p.refused(object{"type": 7}, "malformed")
	p.refused(object{"type": "hello"}, "unknown_type")
	for _, text := range []string{`{}`, `{"type":"audible"}`, `{"type":"audible","ref":"A"}`} {
		p.raw(text)
		if e := p.want("error"); e["code"] != "malformed" || e["ref"] != nil {
			t.Errorf("%s: %v", text, e)
		}
	}
	for _, text := range []string{`x`, `[]`, `null`, `{"type":"audible"`} {
		q, _ := b.console()
		q.raw(text)
		q.closed(1007)
	}
}

func TestRepeatedRefGetsItsAnswerAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.leg()
	_, session := signedIn(t, b.signIn, b.people)
	p, _ := b.console(object{"ticket": b.ticketFor(session)})
	say := object{"type": "say", "ref": uuid.NewString(), "contact": id, "cid": uuid.NewString(), "text": "moi", "pad": "1"}
	first := p.ask(say, "said")
	again, _ := b.console(object{"ticket": b.ticketFor(session)}) // after a reconnect
	say["pad"] = "22"
	if second := again.ask(say, "said"); second["seq"] != first["seq"] {
		t.Errorf("%v, then %v", first, second)
	}
	if n := b.queue.count("say"); n != 2 { // what Redis lost has to be stored again: it knows by the cid
		t.Errorf("said %d times", n)
	}
	ready := object{"type": "duty", "ref": uuid.NewString(), "state": "paused", "reason": "break"}
	again.ask(ready, "duty")
	before := b.queue.count("duty")
	if again.ask(ready, "duty"); b.queue.count("duty") != before || before == 0 {
		t.Errorf("a pause was done %d times, then %d", before, b.queue.count("duty"))
	}
	say["text"] = "other"
	again.refused(say, "request_reused")
	b.queue.set(func() { b.queue.err = errors.New("a bug") })
	ref := uuid.NewString()
	if e := again.refused(object{"type": "audible", "ref": ref}, "busy"); e["retry"] != true {
		t.Errorf("%v", e)
	}
	b.queue.set(func() { b.queue.err = nil })
	again.ask(object{"type": "audible", "ref": ref}, "duty") // what may be tried again is not remembered
	stranger, _ := b.console()
	say["cid"] = uuid.NewString()
	stranger.ask(say, "said") // another sign-in has refs of its own
}

func TestTooFast(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p, _ := b.console()
	limited := 0
	for range 150 {
		p.send(object{"type": "audible", "ref": uuid.NewString()})
	}
	for range 150 {
		f, err := p.read()
		if err != nil {
			t.Fatal(err)
		}
		if f["code"] == "rate_limited" && f["retry"] == true && f["ref"] != nil {
			limited++
		}
	}
	if limited == 0 || limited > 50 {
		t.Errorf("%d of 150 were refused", limited)
	}
}

// A step that began is finished though its connection ends meanwhile, and its answer is kept for the
// console that comes back.
func TestStepOutlivesItsConnection(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, session := signedIn(t, b.signIn, b.people)
	p, _ := b.console(object{"ticket": b.ticketFor(session)})
	b.queue.set(func() {
		b.queue.on = func(verb string, _ helpline.Console) {
			if verb == "duty" {
				conn := b.hub.of("p1")[0].conn
				conn.Close(1001, "node_stops")
				<-conn.Context().Done()
			}
		}
	})
	frame := object{"type": "audible", "ref": uuid.NewString()}
	p.send(frame)
	p.closed(1001)
	select {
	case <-b.queue.downs:
	case <-time.After(10 * time.Second):
		t.Fatal("not taken down")
	}
	p, _ = b.console(object{"ticket": b.ticketFor(session)})
	if d := p.ask(frame, "duty"); d["audible"] != true {
		t.Errorf("%v", d)
	}
	if n := b.queue.count("duty"); n != 1 {
		t.Errorf("ran %d times", n)
	}
}

// After a message that has to come again, later ones wait for it: the sender's order is the order.
func TestRefusedMessageHoldsUpLaterOnes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.leg()
	p, _ := b.console()
	say := func(text string) object {
		return object{"type": "say", "contact": id, "cid": uuid.NewString(), "text": text}
	}
	first, second := say("1"), say("2")
	b.queue.set(func() { b.queue.err = helpline.ErrTooMany })
	p.refused(first, "too_many")
	b.queue.set(func() { b.queue.err = nil })
	if e := p.refused(second, "too_many"); e["retry"] != true || e["cid"] != second["cid"] {
		t.Errorf("a later message overtook: %v", e)
	}
	again := object{"type": "say", "contact": id, "cid": first["cid"], "text": "1"}
	p.ask(again, "said")
	p.ask(object{"type": "say", "contact": id, "cid": second["cid"], "text": "2"}, "said")
}
