package agents

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"adviceline/helpline"
)

// drawer keeps cards and what legs know of them in memory; one adviser has every leg.
type drawer struct {
	mu    sync.Mutex
	legs  map[string]helpline.MatterLeg
	cards map[string]helpline.KeptCard
	deeds []helpline.Deed
}

func (d *drawer) WantMatter(_ context.Context, contact string, _ int64, number string) (helpline.MatterLeg, error) {
	return d.change(contact, func(m *helpline.MatterLeg) { m.Number, m.Wanted = number, true })
}

func (d *drawer) Matter(_ context.Context, c helpline.Console, contact string) (helpline.MatterLeg, error) {
	return d.SetMatter(context.Background(), c, contact, "", "")
}

func (d *drawer) SetMatter(_ context.Context, _ helpline.Console, contact, number, what string) (helpline.MatterLeg, error) {
	return d.change(contact, func(m *helpline.MatterLeg) {
		if m.Number == "" || what == "continued" {
			m.Number = number
		}
		m.Carded, m.Continued = m.Carded || what == "carded", m.Continued || what == "continued"
	})
}

func (d *drawer) change(contact string, f func(*helpline.MatterLeg)) (helpline.MatterLeg, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	m, known := d.legs[contact]
	if !known {
		return m, helpline.ErrNotFound
	}
	f(&m)
	d.legs[contact] = m
	return m, nil
}

func (d *drawer) Try(ctx context.Context, deed helpline.Deed, marks []string, most int) (helpline.KeptCard, error) {
	d.mu.Lock()
	d.deeds = append(d.deeds, deed)
	tries := 0
	for _, x := range d.deeds {
		if x.Deed == "matter" {
			tries++
		}
	}
	d.mu.Unlock()
	if tries > most {
		return helpline.KeptCard{}, helpline.ErrTriesUsed
	}
	return d.Card(ctx, marks)
}

func (d *drawer) Card(_ context.Context, marks []string) (helpline.KeptCard, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, m := range marks {
		if k, ok := d.cards[m]; ok {
			return k, nil
		}
	}
	return helpline.KeptCard{}, helpline.ErrNotFound
}

func (d *drawer) KeepCard(_ context.Context, k helpline.KeptCard, _ []string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cards[k.Mark] = k
	return nil
}

func (d *drawer) Audit(_ context.Context, deed helpline.Deed) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.deeds = append(d.deeds, deed)
	return nil
}

func (d *drawer) Ping(context.Context) error { return nil }

func (d *drawer) Mark(_ string, _ time.Time, value []byte) (string, error) {
	return "m" + string(value), nil
}

func (d *drawer) Marks(_ string, value []byte) ([]string, error) {
	return []string{"m" + string(value)}, nil
}

// carding gives a bench whose adviser has one leg.
func carding(t *testing.T) (*bench, *drawer, string) {
	t.Helper()
	d := &drawer{legs: map[string]helpline.MatterLeg{}, cards: map[string]helpline.KeptCard{}}
	b := newBench(t, func(o *Options) {
		screen := func(note string) (string, bool) {
			if note == "Matti, 040 123 4567" {
				return "[name], [phone]", true
			}
			return note, false
		}
		o.Line.Matters = &helpline.Matters{Queue: d, Store: d, Audit: d, Marks: d, Screen: screen}
		o.Line.Tokens = helpline.NewTokens(func(purpose string) []byte { return []byte(purpose) })
	})
	id := b.leg()
	d.legs[id] = helpline.MatterLeg{}
	return b, d, id
}

func TestCardIsWrittenAndFound(t *testing.T) {
	t.Parallel()
	b, d, id := carding(t)
	p, _ := b.console()
	codes := object{"topic": "is_it_trafficking", "outcome": []any{"advice_given"}}
	f := p.ask(object{"type": "card", "contact": id, "codes": codes, "note": "Matti, 040 123 4567"}, "carded")
	p.shows(f, object{"contact": id, "redacted": true, "bytes": 512})
	number, _ := f["number"].(string)
	again := p.ask(object{"type": "card", "contact": id, "codes": codes, "note": "calls again"}, "carded")
	p.shows(again, object{"number": number, "redacted": false})
	got := p.ask(object{"type": "matter", "number": number, "contact": id}, "card")
	p.shows(got, object{"note": "calls again", "contact": id, "codes": codes, "bytes": 512})
	if m := d.legs[id]; !m.Continued || !m.Carded {
		t.Errorf("%+v", m)
	}
	p.ask(object{"type": "outcome", "contact": id, "outcome": object{"outcome": []any{"advice_given"}}}, "recorded")
	for _, bad := range []object{
		{"type": "matter", "number": "1234"}, {"type": "matter", "number": "12 34 56 78"}, {"type": "matter", "number": number, "contact": "x"},
		{"type": "card", "contact": id, "codes": object{"topic": "gossip"}}, {"type": "card", "contact": "x", "codes": codes},
		{"type": "card", "contact": id, "codes": object{"name": "Matti"}},
	} {
		p.refused(bad, "invalid_value")
	}
	p.ask(object{"type": "card", "contact": uuid.NewString(), "codes": codes}, "error")
	p.refused(object{"type": "matter", "number": "00000000", "contact": uuid.NewString()}, "not_found")
	for range 4 {
		p.refused(object{"type": "matter", "number": "00000000"}, "not_found")
	}
	if f := p.refused(object{"type": "matter", "number": number}, "tries_used"); f["retry"] != false {
		t.Errorf("%v", f)
	}
}

// Whoever took the number finds a card tomorrow, also when the adviser wrote none but the form.
func TestFormBecomesTheCardOfATakenNumber(t *testing.T) {
	t.Parallel()
	b, d, id := carding(t)
	p, _ := b.console()
	claim := b.hub.Line.Tokens.Sign(helpline.Claim{Contact: id, Version: 1})
	number, err := b.hub.Line.TakeMatter(t.Context(), claim)
	if err != nil {
		t.Fatal(err)
	}
	b.hub.Deliver(helpline.Notice{To: "a:p1", Kind: helpline.NoticeContact, Epoch: 1, Contact: id, State: "matter"})
	p.shows(p.want("contact"), object{"contact": id, "state": "matter"})
	form := object{"topic": "residence", "exploitation_form": "labour", "age_group": "a18_29", "outcome": []any{"advice_given"}}
	p.ask(object{"type": "outcome", "contact": id, "outcome": form}, "recorded")
	if !d.legs[id].Carded {
		t.Fatal("no card")
	}
	f := p.ask(object{"type": "matter", "number": number}, "card")
	p.shows(f, object{"codes": object{"topic": "residence", "outcome": []any{"advice_given"}}})
}
