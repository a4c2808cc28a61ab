package agents

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"adviceline/helpline"
)

// callbook is one callback at one adviser's desk, and what was noted of it.
type callbook struct {
	helpline.CallbackQueue
	helpline.CallbackStore
	helpline.NumberMarker

	mu      sync.Mutex
	row     helpline.Callback
	owner   string
	deeds   []helpline.Deed
	tries   []helpline.Attempt
	due     time.Time
	noAudit bool
}

func (c *callbook) do(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f()
}

func (c *callbook) Chat(context.Context, string) (helpline.Chat, error) {
	return helpline.Chat{}, helpline.ErrNotFound
}

func (c *callbook) Gone(context.Context, []helpline.Callback) ([]helpline.Callback, error) {
	return nil, nil
}

func (c *callbook) Owner(_ context.Context, contact string) (h helpline.Held, err error) {
	c.do(func() { h = helpline.Held{Adviser: c.owner, Windows: c.row.Windows, Now: time.Now()} })
	if contact != c.row.Contact {
		return h, helpline.ErrNotFound
	}
	return h, nil
}

func (c *callbook) Callback(context.Context, string) (row helpline.Callback, _ error) {
	c.do(func() { row = c.row })
	return row, nil
}

func (c *callbook) Rebook(_ context.Context, row helpline.Callback) error {
	c.do(func() { c.row = row })
	return nil
}

func (c *callbook) Ping(context.Context) error { return nil }

func (c *callbook) Audit(_ context.Context, d helpline.Deed) (err error) {
	c.do(func() {
		if c.noAudit {
			err = errDown
			return
		}
		c.deeds = append(c.deeds, d)
	})
	return err
}

func (c *callbook) Attempt(_ context.Context, _ helpline.Console, a helpline.Attempt) (due time.Time, _ []helpline.Event, _ error) {
	c.do(func() {
		c.tries = append(c.tries, a)
		due = c.due
	})
	return due, nil, nil
}

func (c *callbook) Stop(_ context.Context, _ helpline.Console, _ string) (string, []helpline.Event, error) {
	return c.row.Contact, nil, nil
}

// listed keeps apart the two lists that have one name.
type listed struct{ *callbook }

func (l listed) Callbacks(context.Context, helpline.Console) ([]helpline.DueCall, error) {
	return []helpline.DueCall{{
		Contact: l.row.Contact, State: helpline.Review, Language: "fi", Lane: helpline.Ordinary,
		Due: l.row.Windows[0].From, Till: l.row.Windows[0].To, Attempts: 3, Reason: "unreached",
	}}, nil
}

func same(number string) (string, bool, error) { return number, false, nil }

func (c *callbook) Mark(string, time.Time, []byte) (string, error) { return "mark", nil }

const dialled = `{"number":"+358401234567","ask_for":"Officer","code_word":"library","message_allowed":true}`

// calling gives a bench whose adviser has a callback that may be dialled now.
func calling(t *testing.T) (*bench, *callbook) {
	t.Helper()
	id := uuid.NewString()
	sealed, _ := sealer{}.Seal("k", id, "callback", 0, []byte(dialled))
	now := time.Now().UTC().Truncate(time.Millisecond)
	c := &callbook{owner: "p1", row: helpline.Callback{
		Contact: id, Wrapped: "k", Sealed: sealed, Linked: 1,
		Windows: []helpline.Window{{From: now.Add(-time.Hour), To: now.Add(time.Hour)}},
	}}
	b := newBench(t, func(o *Options) {
		o.Line.Calls = &helpline.Callbacks{Queue: listed{c}, Look: c, Store: c, Audit: c, Marks: c, Read: same}
		o.Line.Tokens = helpline.NewTokens(func(purpose string) []byte { return []byte(purpose) })
	})
	return b, c
}

func TestReveal(t *testing.T) {
	t.Parallel()
	b, c := calling(t)
	p, _ := b.console()
	id := c.row.Contact
	f := p.ask(object{"type": "reveal", "contact": id}, "number")
	p.shows(f, object{"number": "+358401234567", "ask_for": "Officer", "code_word": "library", "message_allowed": true, "bytes": 512})
	c.do(func() {
		if len(c.deeds) != 1 || c.deeds[0] != (helpline.Deed{ID: f["ref"].(string), Adviser: "p1", Deed: "reveal", Contact: id}) {
			t.Errorf("audit %+v", c.deeds)
		}
		c.noAudit = true
	})
	p.refused(object{"type": "reveal", "contact": id}, "busy") // no number without audit
	p.refused(object{"type": "reveal", "contact": uuid.NewString()}, "not_found")
	p.refused(object{"type": "reveal", "contact": "1"}, "invalid_value")
	c.do(func() { c.noAudit, c.owner = false, "another" })
	p.refused(object{"type": "reveal", "contact": id}, "not_found")
	c.do(func() { c.owner, c.row.Windows[0].To = "p1", time.Now().Add(-time.Minute) })
	p.refused(object{"type": "reveal", "contact": id}, "windows_refused")
}

func TestAttempt(t *testing.T) {
	t.Parallel()
	b, c := calling(t)
	p, _ := b.console()
	id := c.row.Contact
	f := p.ask(object{"type": "attempt", "contact": id, "result": "not_safe"}, "attempted")
	if _, planned := f["due"]; planned || f["attempt"] != f["ref"] {
		t.Errorf("attempted %v", f)
	}
	due := time.Now().UTC().Add(30 * time.Minute).Truncate(time.Millisecond)
	c.do(func() { c.due = due })
	again := object{"type": "attempt", "contact": id, "result": "no_answer", "next": instant(due)}
	p.shows(p.ask(again, "attempted"), object{"due": instant(due)})
	p.ask(again, "attempted") // the same ref
	c.do(func() {
		if len(c.tries) != 2 || !c.tries[1].Next.Equal(due) || len(c.tries[1].Windows) != 0 {
			t.Errorf("tries %+v", c.tries)
		}
	})
	far := instant(time.Now().UTC().Add(26 * time.Hour))
	p.refused(object{"type": "attempt", "contact": id, "result": "no_answer", "next": far}, "windows_refused")
	p.ask(object{"type": "attempt", "contact": id, "result": "reached_later", "next": far}, "attempted")
	c.do(func() {
		last := c.tries[len(c.tries)-1]
		if len(last.Windows) != 2 || !last.Keep.After(last.Next.Add(72*time.Hour)) || len(c.row.Windows) != 2 {
			t.Errorf("agreed %+v, row %+v", last, c.row)
		}
	})
	for _, bad := range []object{
		{"result": "reached_later"}, {"result": "no_answer", "next": "tomorrow"},
		{"result": "reached_later", "next": instant(time.Now().UTC().Add(15 * 24 * time.Hour))},
	} {
		bad["type"], bad["contact"] = "attempt", id
		p.refused(bad, "windows_refused")
	}
	p.refused(object{"type": "attempt", "contact": id, "result": "expired"}, "invalid_value")
	p.refused(object{"type": "attempt", "contact": "1", "result": "no_answer"}, "invalid_value")
}

func TestCallbackListAndStop(t *testing.T) {
	t.Parallel()
	b, c := calling(t)
	p, _ := b.console()
	f := p.ask(object{"type": "callbacks"}, "callbacks")
	p.shows(first(f, "list"), object{"contact": c.row.Contact, "state": "review", "attempts": 3.0, "reason": "unreached", "linked": 1.0})
	p.ask(object{"type": "stop", "number": "12345678"}, "stopped")
	p.refused(object{"type": "stop", "number": "1234"}, "invalid_value")
	b.hub.Deliver(helpline.Notice{To: "a:*", Kind: helpline.NoticeCallback, Contact: c.row.Contact, State: "at_risk", Language: "fi", Lane: helpline.Ordinary, Arrival: 1000})
	p.shows(p.want("callback"), object{"state": "at_risk", "due": "1970-01-01T00:00:01.000Z"})
}
