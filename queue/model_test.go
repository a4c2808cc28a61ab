package queue

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"adviceline/helpline"
	"adviceline/helpline/model"
)

// twins are the queue and the model of its rule under one clock. Whatever people and time do to them at
// random, both make the same events and give the same codes.
type twins struct {
	*bench
	model    *model.Fake
	rnd      *rand.Rand
	staff    []helpline.Adviser
	consoles map[string]helpline.Console
	ids      []string
	versions map[string]int64
	names    int
	log      []string
}

// A failure prints its seed; TWIN_SEED walks that one again, TWIN_STEPS further or less far.
func TestQueueFollowsTheModel(t *testing.T) {
	t.Parallel()
	seeds, steps := strings.Fields(os.Getenv("TWIN_SEED")), 250
	for again := len(seeds) > 0; !again && len(seeds) < 6; {
		seeds = append(seeds, fmt.Sprint(rand.Uint32()))
	}
	if more := os.Getenv("TWIN_STEPS"); more != "" {
		steps = int(number(more))
	}
	for _, seed := range seeds {
		t.Run(seed, func(t *testing.T) {
			t.Parallel()
			w := newTwins(t, seed)
			for range steps {
				w.step()
			}
		})
	}
}

func newTwins(t *testing.T, seed string) *twins {
	t.Helper()
	w := &twins{bench: newBench(t), rnd: rand.New(rand.NewPCG(uint64(number(seed)), 1)), consoles: map[string]helpline.Console{}, versions: map[string]int64{}}
	w.model = model.NewFake(helpline.DefaultRule(), helpline.DefaultTiming(), func() time.Time { return time.UnixMilli(w.now) })
	for i, languages := range [][]string{{"fi"}, {"fi", "sv"}, {"sv"}, {"sv", "ru", "fi"}} {
		a := helpline.Adviser{ID: fmt.Sprint("a", i+1), Alias: "A", Languages: languages, Capacity: 1 + i%3}
		if i == 1 {
			a.Skills = []string{"child"}
		}
		w.staff = append(w.staff, a)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("again: TWIN_SEED=%s. Step %d, up to it:\n%s", seed, len(w.log), strings.Join(w.log[max(0, len(w.log)-40):], "\n"))
		}
	})
	w.serves("fi", "sv")
	return w
}

// side is one of the two. Offers have other names in each.
type side struct {
	helpline.Queue
	offer func(contact string) string
}

// both does a step to the queue and to the model, and compares.
func (w *twins) both(what string, do func(side) ([]helpline.Event, error)) {
	w.Helper()
	real, realErr := do(side{w.Queue, func(c string) string { return w.field(c, "offer") }})
	ours, err := do(side{w.model, func(c string) (offer string) {
		w.model.With(func(m *model.Model, _ int64) {
			s, _ := m.Standing(c)
			offer = s.Offer
		})
		return offer
	}})
	w.same(what, real, realErr, ours, err)
}

func (w *twins) same(what string, real []helpline.Event, realErr error, ours []helpline.Event, err error) {
	w.Helper()
	got, want := rows(real), rows(ours)
	w.log = append(w.log, fmt.Sprint(what, " at ", w.now, ": ", err, " ", want))
	if !slices.Equal(got, want) || (realErr == nil) != (err == nil) || err != nil && !errors.Is(realErr, err) {
		w.Fatalf("%s\nqueue %v %s\nmodel %v %s", what, realErr, strings.Join(got, "\n      "), err, strings.Join(want, "\n      "))
	}
}

// rows are events without what differs by nature: numbers in the spool, reasons of decisions.
func rows(events []helpline.Event) (out []string) {
	for _, e := range events {
		out = append(out, fmt.Sprint(e.Kind, " ", e.Contact, " ", e.Adviser, " ", e.Reason, " ", e.State, " ", e.Lane, " ", e.Language, " ", e.Epoch, " ",
			e.Version, " ", e.Owner, " ", e.At.UnixMilli(), " ", e.Arrival.UnixMilli(), " ", e.Accepted.UnixMilli(), " ", e.Ended.UnixMilli(), " ", e.Recorded.UnixMilli()))
	}
	return out
}

func (w *twins) serves(languages ...string) {
	w.Helper()
	events, err := w.SetServed(w.Context(), languages)
	var ours []helpline.Event
	w.model.With(func(m *model.Model, now int64) { ours = m.Serve(now, languages) })
	w.same(fmt.Sprint("served ", languages), events, err, ours, nil)
}

func pickOf[T any](w *twins, from []T) T { return from[w.rnd.IntN(len(from))] }

// of gives one of an adviser's offers or legs; where there is none, any contact.
func (w *twins) of(set, adviser string) string {
	members := w.rdb.SMembers(w.Context(), w.key(set+adviser)).Val()
	if len(members) == 0 {
		return pickOf(w, w.ids)
	}
	slices.Sort(members)
	return pickOf(w, members)
}

func (w *twins) step() {
	w.Helper()
	if len(w.ids) == 0 || w.rnd.IntN(10) == 0 {
		w.enters()
	}
	a := pickOf(w, w.staff)
	k := w.consoles[a.ID]
	k.Adviser = a.ID
	d := pickOf(w, twinDeeds)
	c := pickOf(w, w.ids)
	if d.of != "" {
		c = w.of(d.of, a.ID)
	}
	switch d.name {
	case "console":
		w.names++
		a.Socket = fmt.Sprint("k", w.names)
		w.both("console "+a.ID, func(s side) ([]helpline.Event, error) {
			desk, events, err := s.ConsoleUp(w.Context(), a)
			w.consoles[a.ID] = desk.Console
			return events, err
		})
	case "served":
		w.serves(pickOf(w, [][]string{{"fi", "sv"}, {"fi", "sv", "ru"}, {"sv"}})...)
	case "time":
		w.pass(pickOf(w, []int64{20_000, 45_000, 900_000, 7_200_000}))
	default:
		x := twinStep{d.name, k, c, w.versions[c], pickOf(w, w.staff).ID, pickOf(w, []string{"", "sv"}), w}
		w.both(fmt.Sprint(d.name, " ", c, " ", a.ID, " ", x.to, " ", x.word), func(s side) ([]helpline.Event, error) {
			return d.do(w.Context(), s, x)
		})
	}
}

// twinStep is what a deed is done with.
type twinStep struct {
	name    string
	k       helpline.Console
	c       string
	version int64
	to      string
	word    string
	w       *twins
}

func (w *twins) enters() {
	w.Helper()
	w.names++
	id := fmt.Sprintf("c%05d", w.names)
	e := helpline.Entry{
		Facts: helpline.Facts{
			Contact: id, Language: pickOf(w, []string{"fi", "fi", "sv", "ru"}), Lane: pickOf(w, helpline.Lanes()),
			Channel: pickOf(w, []string{"chat", "chat", "chat", "callback"}), Skill: pickOf(w, []string{"", "", "", "child"}),
		},
		Print: "p", Key: "k", Numbers: []string{w.index(id, 1)},
	}
	if e.Channel == "callback" {
		e.Overdue = time.UnixMilli(w.now + w.rnd.Int64N(600_000))
	}
	w.ids = append(w.ids, id)
	w.ids = w.ids[max(0, len(w.ids)-25):]
	w.versions[id] = 1
	what := fmt.Sprint("enter ", id, " ", e.Channel, " ", e.Language, "+", e.Skill, " ", e.Lane)
	w.both(what, func(s side) ([]helpline.Event, error) { return last(s.Enqueue(w.Context(), e)) })
}

func (w *twins) index(contact string, version int64) string {
	return fmt.Sprint(w.line, contact, "/", version)
}

// pass lets time go by, from timer to timer: both look at them at the same instants.
func (w *twins) pass(most int64) {
	w.Helper()
	for until := w.now + w.rnd.Int64N(most); w.now < until; {
		next := until
		w.model.With(func(m *model.Model, now int64) {
			if at, armed := m.Next(); armed {
				next = max(min(next, at), now)
			}
		})
		w.at(time.Duration(next-w.now) * time.Millisecond)
		w.lease("n1")
		for range 100 {
			n, events, err := w.Expire(w.Context())
			m, ours, _ := w.model.Expire(w.Context())
			w.same("sweep", events, err, ours, nil)
			if n == 0 && m == 0 {
				break
			}
		}
	}
}

func last[A any](_ A, events []helpline.Event, err error) ([]helpline.Event, error) {
	return events, err
}

// twinDeeds are what people and time do; what comes up more often stands there more often.
var twinDeeds = []struct {
	name, of string
	do       func(context.Context, side, twinStep) ([]helpline.Event, error)
}{
	{"console", "", nil}, {"console", "", nil}, {"served", "", nil}, {"time", "", nil}, {"time", "", nil}, {"time", "", nil},
	{"page", "", page}, {"page", "", page}, {"page", "", page},
	{"page gone", "", func(ctx context.Context, s side, x twinStep) ([]helpline.Event, error) {
		return s.ContactDown(ctx, x.c, "s"+x.c, 0)
	}},
	{"look", "", func(ctx context.Context, s side, x twinStep) ([]helpline.Event, error) {
		_, err := s.View(ctx, x.c, x.version)
		return nil, err
	}},
	{"exit", "", leaves}, {"done", "", leaves}, {"cancel", "", leaves},
	{"return", "", func(ctx context.Context, s side, x twinStep) ([]helpline.Event, error) {
		in, events, err := s.Resume(ctx, helpline.Return{RequestID: fmt.Sprint("r", len(x.w.log)), Index: x.w.index(x.c, x.version), Next: x.w.index})
		if err == nil {
			x.w.versions[x.c] = in.Version
		}
		return events, err
	}},
	{"accept", ":offers:", accepts}, {"accept", ":offers:", accepts}, {"accept", ":offers:", accepts}, {"accept", ":offers:", accepts},
	{"decline", ":offers:", func(ctx context.Context, s side, x twinStep) ([]helpline.Event, error) {
		return s.Decline(ctx, x.k, s.offer(x.c), "other")
	}},
	{"end", ":legs:", func(ctx context.Context, s side, x twinStep) ([]helpline.Event, error) {
		return s.End(ctx, x.k, x.c, "done")
	}},
	{"record", ":legs:", func(ctx context.Context, s side, x twinStep) ([]helpline.Event, error) {
		return s.Record(ctx, x.k, x.c, helpline.Staged{Generation: "1", Key: []byte{1}})
	}},
	{"transfer", ":legs:", func(ctx context.Context, s side, x twinStep) ([]helpline.Event, error) {
		return s.Transfer(ctx, x.k, x.c, x.to)
	}},
	{"requeue", ":legs:", func(ctx context.Context, s side, x twinStep) ([]helpline.Event, error) {
		return s.Requeue(ctx, x.k, x.c, x.word)
	}},
	{"park", ":legs:", func(ctx context.Context, s side, x twinStep) ([]helpline.Event, error) { return s.Park(ctx, x.k, x.c) }},
	{"take", "", takes}, {"take", ":parked:", takes},
	{"relane", "", func(ctx context.Context, s side, x twinStep) ([]helpline.Event, error) {
		lanes, _ := s.Queue.(interface {
			Relane(ctx context.Context, contact string, lane helpline.Lane) ([]helpline.Event, error)
		})
		return lanes.Relane(ctx, x.c, helpline.Lanes()[len(x.w.log)%5])
	}},
	{"close danger", "", func(ctx context.Context, s side, x twinStep) ([]helpline.Event, error) {
		return s.CloseDanger(ctx, x.k, x.c, "no_place")
	}},
	{"hand over", "", func(ctx context.Context, s side, x twinStep) ([]helpline.Event, error) { return s.Handover(ctx, x.k) }},
	{"ready", "", duties}, {"ready", "", duties}, {"ready", "", duties}, {"paused", "", duties}, {"off", "", duties}, {"on_phone", "", duties},
	{"", "", duties},
	{"console gone", "", func(ctx context.Context, s side, x twinStep) ([]helpline.Event, error) {
		return s.ConsoleDown(ctx, x.k)
	}},
}

func page(ctx context.Context, s side, x twinStep) ([]helpline.Event, error) {
	return last(s.ContactUp(ctx, x.c, x.version, "s"+x.c))
}

func accepts(ctx context.Context, s side, x twinStep) ([]helpline.Event, error) {
	return last(s.Accept(ctx, x.k, s.offer(x.c)))
}

func takes(ctx context.Context, s side, x twinStep) ([]helpline.Event, error) {
	return last(s.Take(ctx, x.k, x.c))
}

func leaves(ctx context.Context, s side, x twinStep) ([]helpline.Event, error) {
	return s.Leave(ctx, x.c, x.version, x.name)
}

func duties(ctx context.Context, s side, x twinStep) ([]helpline.Event, error) {
	return last(s.Duty(ctx, x.k, helpline.DutyWish{State: x.name, Audible: x.name == "ready" || x.name == "", Confirmed: x.word == ""}))
}

// Whom a transfer had asked is free for others when its owner, who takes nothing new, hands over.
func TestHandoverFeedsWhomItsTransferHadAsked(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	owner, _, err := b.ConsoleUp(t.Context(), helpline.Adviser{ID: "a", Alias: "A", Languages: []string{"fi"}, Capacity: 1})
	if err != nil {
		t.Fatal(err)
	}
	b.duty(owner.Console, "ready")
	first := b.enter("fi", helpline.Ordinary)
	b.accept(owner.Console, first)
	asked, _, err := b.ConsoleUp(t.Context(), helpline.Adviser{ID: "b", Alias: "B", Languages: []string{"sv"}, Capacity: 1})
	if err != nil {
		t.Fatal(err)
	}
	b.duty(asked.Console, "ready")
	if _, err := b.Transfer(t.Context(), owner.Console, first, "b"); err != nil {
		t.Fatal(err)
	}
	second := b.enter("sv", helpline.Ordinary)
	b.duty(owner.Console, "paused")
	b.wantState(second, helpline.Waiting)
	if _, err := b.Handover(t.Context(), owner.Console); err != nil {
		t.Fatal(err)
	}
	b.wantState(second, helpline.Offered)
}

// A call that came while nobody was on duty is kept for as soon as an adviser holds something else.
func TestCallThatNobodyWasThereForIsKeptFor(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	first := b.enter("fi", helpline.Ordinary)
	b.at(time.Second)
	e := entry("fi", helpline.Ordinary)
	e.Channel = "callback"
	if _, _, err := b.Enqueue(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	b.at(time.Second)
	second := b.enter("fi", helpline.Ordinary)
	a := b.adviser("fi")
	b.wantState(first, helpline.Offered)
	b.wantState(second, helpline.Waiting)
	b.accept(a, first)
	if _, err := b.Record(t.Context(), a, first, helpline.Staged{Generation: "1", Key: []byte{1}}); err != nil {
		t.Fatal(err)
	}
	b.wantState(e.Contact, helpline.Offered)
}
