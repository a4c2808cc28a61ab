package queue

import (
	"errors"
	"testing"
	"time"

	"adviceline/helpline"
)

// An account speaks Somali, and tonight nobody of the roster does: after the first step that finds nobody,
// whoever is on duty is asked, with an interpreter.
func TestLanguageThatNobodyOfTheRosterSpeaksIsAnybodys(t *testing.T) {
	t.Parallel()
	p := newPaging(t)
	if _, err := p.SetServed(t.Context(), []string{"fi", "so"}); err != nil {
		t.Fatal(err)
	}
	p.roster(p.watch(1, -time.Hour, 8*time.Hour, "fi"))
	a := p.adviser("fi")
	contact := p.enter("so", helpline.Ordinary)
	p.wantState(contact, helpline.Waiting)
	p.want(time.Minute, "nobody", "")
	p.wantState(contact, helpline.Offered)
	leg := p.accept(a, contact)
	if !leg.Interpreted() || leg.Language != "so" {
		t.Errorf("group %q", leg.Group)
	}
}

// Who speaks it is paged first; only when nobody has come in three rounds is the contact anybody's.
func TestWhoSpeaksTheLanguageIsWokenFirst(t *testing.T) {
	t.Parallel()
	p := newPaging(t)
	if _, err := p.SetServed(t.Context(), []string{"fi", "so"}); err != nil {
		t.Fatal(err)
	}
	so, fi := p.watch(1, -time.Hour, 8*time.Hour, "so"), p.watch(1, -time.Hour, 8*time.Hour, "fi")
	p.roster(so, fi)
	p.adviser("fi")
	contact := p.enter("so", helpline.Ordinary)
	p.want(time.Minute, "unserved", so.Person)
	for range 2 {
		p.want(2*time.Minute, "unserved", so.Person)
	}
	p.wantState(contact, helpline.Waiting)
	p.want(2*time.Minute, "")
	p.wantState(contact, helpline.Offered)
}

func TestInterpreterStaysWithTheLeg(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if _, err := b.SetServed(t.Context(), []string{"fi"}); err != nil {
		t.Fatal(err)
	}
	a := b.adviser("fi")
	id := b.enter("so", helpline.Ordinary)
	if leg := b.accept(a, id); !leg.Interpreted() || leg.Interpreter != "" {
		t.Errorf("%+v", leg)
	}
	for _, s := range []string{"asked", "joined", "joined"} {
		if err := b.Interpreter(t.Context(), a, id, s); err != nil {
			t.Fatal(err)
		}
	}
	other := b.adviser("sv")
	if err := b.Interpreter(t.Context(), other, id, "failed"); !errors.Is(err, helpline.ErrNotFound) {
		t.Errorf("of a colleague's leg: %v", err)
	}
	if _, _, err := b.ContactUp(t.Context(), id, 1, "s"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Handover(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	if leg := b.accept(other, id); leg.Interpreter != "joined" {
		t.Errorf("the next adviser is told %q", leg.Interpreter)
	}
}

// The on-call is woken 20 min before a callback's window closes untried, though somebody is on duty; and no
// more once somebody tried.
func TestWindowThatClosesUntriedWakesTheOnCall(t *testing.T) {
	t.Parallel()
	p := newPaging(t)
	first, second := p.watch(1, -time.Hour, 8*time.Hour, "fi"), p.watch(2, -time.Hour, 8*time.Hour, "fi")
	p.roster(first, second)
	a := p.adviser("fi")
	chat := p.enter("fi", helpline.Ordinary)
	p.accept(a, chat) // busy for long
	k := p.book(p.hours(1, 2))
	p.want(time.Hour, "")
	p.want(39*time.Minute, "")
	events := p.want(time.Minute, "window", first.Person)
	for _, e := range events {
		if e.Kind == helpline.Paged && e.Page.Waited != 40*time.Minute {
			t.Errorf("waited %s since due", e.Page.Waited)
		}
	}
	p.want(2*time.Minute, "window", second.Person)
	p.record(a, chat)
	p.accept(a, k.Contact)
	p.want(2*time.Minute, "")
	p.try(a, k.Contact, "no_answer", time.Time{})
	p.want(5*time.Minute, "")
}
