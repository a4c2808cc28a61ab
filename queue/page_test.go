package queue

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"adviceline/helpline"
)

// paging is a line that pages, seen from two nodes.
type paging struct {
	*bench
	other *Queue
}

func newPaging(t *testing.T) *paging {
	t.Helper()
	b := newBench(t)
	open := func(name string) *Queue {
		q, err := Open(Options{URL: b.url, Line: b.line, Node: name, Salt: name, Pool: 16, Timing: helpline.DefaultTiming(),
			Paging: helpline.DefaultPaging()})
		if err != nil {
			t.Fatal(err)
		}
		q.Use(func() int64 { return 1 })
		t.Cleanup(func() { _ = q.Close() })
		return q
	}
	p := &paging{bench: b, other: open("n2")}
	b.Queue = open("n1")
	b.lease("n2")
	return p
}

func (p *paging) watch(tier int, from, until time.Duration, languages ...string) helpline.Watch {
	at := time.UnixMilli(p.now)
	return helpline.Watch{Person: uuid.NewString(), Tier: tier, From: at.Add(from), Until: at.Add(until), Languages: languages}
}

func (p *paging) roster(list ...helpline.Watch) {
	p.Helper()
	if err := p.Roster(context.Background(), list); err != nil {
		p.Fatal(err)
	}
}

// steps lets both nodes sweep at once until nothing is due and gives the events of paging.
func (p *paging) steps() []helpline.Event {
	p.Helper()
	var all []helpline.Event
	for {
		type got struct {
			n      int64
			events []helpline.Event
			err    error
		}
		other := make(chan got, 1)
		go func() {
			n, events, err := p.other.Expire(context.Background())
			other <- got{n, events, err}
		}()
		n, events, err := p.Expire(context.Background())
		g := <-other
		if err = errors.Join(err, g.err); err != nil {
			p.Fatal(err)
		}
		for _, e := range append(events, g.events...) {
			if e.Page != nil {
				all = append(all, e)
			}
		}
		if n+g.n == 0 {
			return all
		}
	}
}

// want holds the pages of one instant to who was paged and why.
func (p *paging) want(d time.Duration, reason string, whom ...string) []helpline.Event {
	p.Helper()
	p.at(d)
	var got []string
	events := p.steps()
	for _, e := range events {
		if e.Kind == helpline.Paged {
			got = append(got, e.Adviser)
			if e.Reason != reason {
				p.Errorf("paged for %s, want %s", e.Reason, reason)
			}
		}
	}
	if !slices.Equal(got, whom) {
		p.Fatalf("paged %v, want %v", got, whom)
	}
	return events
}

// enter lets somebody wait with a live page.
func (p *paging) enter(language string, lane helpline.Lane) string {
	p.Helper()
	contact := p.bench.enter(language, lane)
	if _, _, err := p.ContactUp(context.Background(), contact, 1, contact); err != nil {
		p.Fatal(err)
	}
	return contact
}

// unmanned holds what the heartbeat says of the line.
func (p *paging) unmanned(want bool) {
	p.Helper()
	f, err := p.Heartbeat(context.Background())
	if err != nil || f.Unmanned != want {
		p.Errorf("figures %+v, %v", f, err)
	}
	p.lease("n1")
}

func (p *paging) waking(contact string) bool {
	p.Helper()
	v, err := p.View(context.Background(), contact, 1)
	if err != nil {
		p.Fatal(err)
	}
	places, err := p.Positions(context.Background(), []string{contact})
	if err != nil {
		p.Fatal(err)
	}
	if place, waits := places[contact]; waits && place.Waking != v.Place.Waking {
		p.Fatal("position and view differ in what they tell")
	}
	return v.Place.Waking
}

func TestNobodyOnDutyIsPagedInRoundsOncePerStep(t *testing.T) {
	t.Parallel()
	p := newPaging(t)
	first, second, swedish := p.watch(1, -time.Hour, 8*time.Hour, "fi"), p.watch(2, -time.Hour, 8*time.Hour, "fi", "sv"), p.watch(1, -time.Hour, 8*time.Hour, "sv")
	later := p.watch(1, time.Hour, 9*time.Hour, "fi")
	p.roster(first, swedish, later, second)
	contact := p.enter("fi", helpline.Ordinary)
	p.want(59*time.Second, "")
	if p.waking(contact) {
		t.Error("told that somebody is woken before anybody was paged")
	}
	events := p.want(time.Second, "unserved", first.Person)
	if s := events[0].Page; s.Step != 1 || s.Waited != time.Minute || s.ID == "" || events[0].Contact != "" {
		t.Errorf("step %+v of contact %q", s, events[0].Contact)
	}
	if !p.waking(contact) {
		t.Error("the person is not told")
	}
	p.want(119*time.Second, "")
	p.want(time.Second, "unserved", second.Person)
	if v, err := p.View(t.Context(), contact, 1); err != nil || v.Place.Woken != 2 {
		t.Errorf("told for how long somebody is woken: %+v %v", v.Place, err)
	}
	for range 2 {
		p.want(2*time.Minute, "unserved", first.Person)
		p.want(2*time.Minute, "unserved", second.Person)
	}
	p.want(2*time.Minute, "") // three rounds
	p.want(9*time.Minute, "")
	p.want(time.Minute, "unserved", first.Person) // nobody came: from the beginning
}

func TestOnlyWhoSpeaksTheLanguageIsPaged(t *testing.T) {
	t.Parallel()
	p := newPaging(t)
	fi, sv := p.watch(1, 0, time.Hour, "fi"), p.watch(1, 0, time.Hour, "sv")
	p.roster(fi, sv)
	p.enter("sv", helpline.Danger)
	p.want(time.Minute, "unserved", sv.Person)
	p.enter("en", helpline.Ordinary)
	p.want(59*time.Second, "")
	events := p.want(time.Second, "nobody", "")
	if len(events) != 1 {
		t.Errorf("%d events", len(events))
	}
	p.want(time.Minute, "unserved", sv.Person)
	p.want(time.Minute, "") // nobody is told once
	en := p.watch(1, -time.Minute, time.Hour, "en")
	p.roster(fi, sv, en)
	p.want(time.Minute, "unserved", sv.Person)
	p.want(time.Minute, "unserved", en.Person)
}

func TestAnAdviserWhoIsReadyStopsTheRounds(t *testing.T) {
	t.Parallel()
	p := newPaging(t)
	w := p.watch(1, 0, time.Hour, "fi")
	p.roster(w)
	contact := p.enter("fi", helpline.Ordinary)
	p.want(time.Minute, "unserved", w.Person)
	a := p.adviser("fi")
	p.wantState(contact, helpline.Offered)
	p.want(10*time.Second, "")
	p.duty(a, "paused") // it waits again, for more than a minute already
	p.want(0, "unserved", w.Person)
	if _, err := p.Leave(t.Context(), contact, 1, "cancel"); err != nil {
		t.Fatal(err)
	}
	events := p.want(2*time.Minute, "")
	if len(events) != 1 || events[0].Kind != helpline.PageOver {
		t.Errorf("events %+v", events)
	}
	p.want(time.Hour, "")
}

func TestAnIntakeWithAFreeAdviserPagesNobody(t *testing.T) {
	t.Parallel()
	p := newPaging(t)
	p.roster(p.watch(1, 0, time.Hour, "fi"))
	a := p.adviser("fi")
	contact := p.enter("fi", helpline.Ordinary)
	if n := p.rdb.ZScore(t.Context(), p.key(":timers"), "page|fi").Val(); n != 0 {
		t.Errorf("a step is due at %v", n)
	}
	p.accept(a, contact)
	p.want(time.Minute, "")
}

// The scenario of the only adviser who sleeps: the first miss pages, the line rings on.
func TestTheOnlyAdviserWhoMissesIsPagedAtOnceAndStillOffered(t *testing.T) {
	t.Parallel()
	p := newPaging(t)
	w := p.watch(1, 0, time.Hour, "fi")
	p.roster(w)
	a := p.adviser("fi")
	contact := p.enter("fi", helpline.Ordinary)
	paged := 0
	for miss := 1; miss <= 3; miss++ {
		p.wantState(contact, helpline.Offered)
		p.at(30*time.Second + time.Millisecond)
		for _, e := range p.steps() {
			if e.Kind == helpline.Paged && e.Adviser == w.Person && e.Reason == "missed" {
				paged++
			}
		}
		p.wantState(contact, helpline.Waiting)
		if !p.waking(contact) {
			t.Error("the person is not told")
		}
		if miss == 1 && paged != 1 {
			t.Fatalf("paged %d times at the first miss", paged)
		}
		p.at(30 * time.Second)
		p.steps()
	}
	if paged != 2 { // at 30 s, and the second step at 150 s
		t.Errorf("paged %d times in three misses", paged)
	}
	if d := p.duty(a, ""); d.State != "ready" {
		t.Errorf("the last one on duty was set to %s", d.State)
	}
	p.accept(a, contact)
	for _, e := range append(p.steps(), p.want(time.Hour, "")...) {
		if e.Kind == helpline.Paged {
			t.Error("paged after the contact was answered")
		}
	}
}

func TestAnAcknowledgedPageRestsAndBeginsAnew(t *testing.T) {
	t.Parallel()
	p := newPaging(t)
	first, second := p.watch(1, 0, 8*time.Hour, "fi"), p.watch(2, 0, 8*time.Hour, "fi")
	p.roster(first, second)
	p.enter("fi", helpline.Ordinary)
	id := p.want(time.Minute, "unserved", first.Person)[0].Page.ID
	for i, want := range []int{1, 0} {
		open, events, err := p.Acknowledge(t.Context(), id, first.Person)
		if err != nil || !open || len(events) != want {
			t.Fatalf("%d: open %t, %d events, %v", i, open, len(events), err)
		}
	}
	p.want(9*time.Minute, "")
	p.want(time.Minute, "unserved", first.Person) // nobody came after all
	if _, _, err := p.Acknowledge(t.Context(), "nothing", first.Person); !errors.Is(err, helpline.ErrNotFound) {
		t.Errorf("a page that never was: %v", err)
	}
	if _, _, err := p.ConsoleUp(t.Context(), helpline.Adviser{ID: first.Person, Languages: []string{"fi"}, Capacity: 2}); err != nil {
		t.Fatal(err)
	}
	p.want(9*time.Minute, "") // signing in says the same as the link
	p.adviser("fi")
	open, _, err := p.Acknowledge(t.Context(), id, first.Person)
	if err != nil || open {
		t.Errorf("a round that is over: open %t, %v", open, err)
	}
}

// A shift has begun: nobody ready and audible is paged within three minutes, with an empty queue.
func TestAnUnmannedLineIsPagedWithAnEmptyQueue(t *testing.T) {
	t.Parallel()
	p := newPaging(t)
	duty, call := p.watch(0, time.Hour, 9*time.Hour, "fi"), p.watch(1, 0, 9*time.Hour, "sv")
	p.roster(duty, call)
	p.want(time.Hour, "")
	p.want(179*time.Second, "")
	p.want(time.Second, "unmanned", duty.Person)
	p.unmanned(true)
	p.want(2*time.Minute, "unmanned", call.Person)
	desk, _, err := p.ConsoleUp(t.Context(), helpline.Adviser{ID: uuid.NewString(), Languages: []string{"fi"}, Capacity: 2})
	if err != nil {
		t.Fatal(err)
	}
	a := desk.Console
	if _, _, err := p.Duty(t.Context(), a, helpline.DutyWish{State: "ready"}); err != nil { // and nobody has heard it
		t.Fatal(err)
	}
	p.want(2*time.Minute, "unmanned", duty.Person)
	if _, _, err := p.Duty(t.Context(), a, helpline.DutyWish{Audible: true}); err != nil {
		t.Fatal(err)
	}
	p.want(2*time.Minute, "")
	p.unmanned(false)
	for range 20 {
		p.want(15*time.Second, "")
	}
	// The page is loaded anew and nobody clicks: within three minutes, not before 165 s.
	if _, _, err := p.ConsoleUp(t.Context(), helpline.Adviser{ID: a.Adviser, Languages: []string{"fi"}, Capacity: 2}); err != nil {
		t.Fatal(err)
	}
	for range 10 {
		p.want(15*time.Second, "")
	}
	p.at(30 * time.Second)
	if events := p.steps(); len(events) != 1 || events[0].Adviser != duty.Person || events[0].Page.Waited < 165*time.Second {
		t.Errorf("events %+v", events)
	}
	p.at(9 * time.Hour) // the shift is over
	for _, e := range p.steps() {
		if e.Kind == helpline.Paged {
			t.Error("paged after the shift")
		}
	}
}

func TestShiftsThatFollowEachOtherAreOne(t *testing.T) {
	t.Parallel()
	p := newPaging(t)
	p.roster(p.watch(0, -time.Hour, time.Minute, "fi"), p.watch(0, time.Minute, time.Hour, "fi"))
	p.steps()
	p.at(179 * time.Second)
	if events := p.steps(); len(events) != 0 {
		t.Fatalf("events %+v", events)
	}
	p.at(time.Second)
	if events := p.steps(); len(events) != 1 {
		t.Errorf("%d events three minutes after nobody was there", len(events))
	}
}

// Who waited behind a busy adviser is left alone when that adviser stops: paged at once, after so long a wait.
func TestTheLastBusyAdviserWhoStopsLeavesSomebodyToBePagedFor(t *testing.T) {
	t.Parallel()
	p := newPaging(t)
	w := p.watch(1, 0, time.Hour, "fi")
	p.roster(w)
	a := p.adviser("fi")
	for range 2 {
		p.accept(a, p.enter("fi", helpline.Ordinary))
	}
	contact := p.enter("fi", helpline.Ordinary)
	p.want(5*time.Minute, "")
	p.duty(a, "paused")
	p.wantState(contact, helpline.Waiting)
	if events := p.want(0, "unserved", w.Person); events[0].Page.Waited != 5*time.Minute {
		t.Errorf("waited %s", events[0].Page.Waited)
	}
}
