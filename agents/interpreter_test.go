package agents

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"adviceline/helpline"
)

// booth notes what was told of interpreters.
type booth struct{ told []string }

func (b *booth) Interpreter(_ context.Context, _ helpline.Console, contact, state string) error {
	b.told = append(b.told, contact+" "+state)
	return nil
}

func TestPersonIsGreetedInTheirOwnLanguage(t *testing.T) {
	t.Parallel()
	told := &booth{}
	b := newBench(t, func(o *Options) {
		o.Line.Interpreters = told
		o.Line.Tokens = helpline.NewTokens(func(purpose string) []byte { return []byte(purpose) })
		o.Line.FirstLine = func(languages ...string) string { return "Salaan " + languages[0] }
	})
	p, _ := b.console()
	id := b.leg()
	offer := b.offer(id, 1)
	b.queue.set(func() {
		l := b.queue.legs[id]
		l.Group, l.Language, l.Interpreter = "interpreter", "so", "asked"
		b.queue.legs[id] = l
		b.queue.offers[offer.Offer] = offer
	})
	o := p.ask(object{"type": "accept", "offer": offer.Offer}, "opened")
	p.shows(o, object{"interpreted": true, "interpreter": "asked", "language": "so"})
	line := p.want("message")
	p.shows(line, object{"contact": id, "from": "adviser", "text": "Salaan so"})
	m := b.message(id, 1, 1_000_050, "written meanwhile")
	b.hub.Deliver(m)
	p.shows(p.want("message"), object{"text": "written meanwhile"})
	f := p.ask(object{"type": "interpreter", "contact": id, "state": "joined"}, "interpreter")
	p.shows(f, object{"contact": id, "state": "joined"})
	p.refused(object{"type": "interpreter", "contact": id, "state": "asleep"}, "invalid_value")
	p.refused(object{"type": "interpreter", "contact": "x", "state": "joined"}, "invalid_value")
	if len(told.told) != 1 {
		t.Errorf("%v", told.told)
	}
	p.refused(object{"type": "accept", "offer": uuid.NewString()}, "offer_gone")
}
