package agents

import (
	"testing"

	"github.com/google/uuid"
)

// On the phone is one frame: the duty answers, and behind it comes the call with its clock and form.
func TestOnThePhoneOpensACall(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p, _ := b.console()
	if d := p.ask(object{"type": "duty", "state": "on_phone"}, "duty"); d["state"] != "on_phone" {
		t.Errorf("%v", d)
	}
	call := p.want("external")
	id := call["contact"].(string)
	if call["channel"] != "phone" || call["state"] != "open" || call["since"] != "2023-11-14T22:13:20.000Z" || call["ref"] != nil {
		t.Errorf("%v", call)
	}
	p.ask(object{"type": "draft", "contact": id, "version": 1, "outcome": object{"topic": "make_proposal"}}, "drafted")
	again, w := b.console()
	if list := w["external"].([]any); len(list) != 1 || list[0].(object)["contact"] != id || len(w["legs"].([]any)) != 0 {
		t.Errorf("%v", w)
	}
	again.ask(object{"type": "outcome", "contact": id, "outcome": object{"outcome": []string{"advice_given"}}}, "recorded")
	if !b.queue.recorded[id] {
		t.Error("not recorded")
	}
}

// A visit is told with its form in one frame; what is refused stores nothing.
func TestExternal(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p, _ := b.console()
	for _, bad := range []object{
		{"channel": "chat"}, {}, {"channel": "phone", "contact": "x"}, {"channel": "phone", "language": "und"},
		{"channel": "phone", "outcome": object{"outcome": []string{"nothing"}}},
	} {
		bad["type"] = "external"
		p.refused(bad, "invalid_value")
	}
	p.refused(object{"type": "external", "channel": "phone", "callback": object{"number": "1", "windows": []object{{"from": "x", "to": "y"}}}}, "windows_refused")
	p.refused(object{"type": "external", "channel": "phone", "callback": object{"number": "1", "windows": []object{}}}, "callback_unavailable")
	p.refused(object{"type": "external", "channel": "phone", "contact": uuid.NewString()}, "not_found")
	if n := len(b.queue.external); n != 0 {
		t.Fatalf("%d legs of what was refused", n)
	}
	a := p.ask(object{"type": "external", "channel": "in_person"}, "external")
	if a["state"] != "open" || a["channel"] != "in_person" {
		t.Errorf("%v", a)
	}
	a = p.ask(object{"type": "external", "channel": "in_person", "contact": a["contact"], "outcome": object{"outcome": []string{"advice_given"}}}, "external")
	if a["state"] != "recorded" || len(b.queue.external) != 1 || !b.queue.recorded[a["contact"].(string)] {
		t.Errorf("%v", a)
	}
	if a = p.ask(object{"type": "external", "channel": "phone", "outcome": object{"outcome": []string{"misuse"}}}, "external"); a["state"] != "recorded" {
		t.Errorf("%v", a)
	}
}

func TestOverviewAndHeavy(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p, _ := b.console()
	p.ask(object{"type": "heavy"}, "counted")
	o := p.ask(object{"type": "overview"}, "overview")
	if o["waiting"] != 3.0 || o["counts"].(object)["heavy"] != 1.0 || len(o["legs"].([]any)) != 0 || o["confirmed"] != nil {
		t.Errorf("%v", o)
	}
	if f := o["owed"].([]any)[0].(object); f["at"] != "2023-11-14T22:13:20.000Z" || f["channel"] != "phone" || f["state"] != "owed" {
		t.Errorf("%v", f)
	}
	o = p.ask(object{"type": "overview", "confirm": true}, "overview")
	if c := o["confirmed"].(object); c["alias"] != "A" || c["at"] != "2023-11-14T22:13:20.123Z" {
		t.Errorf("%v", c)
	}
}
