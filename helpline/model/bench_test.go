package model

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"adviceline/helpline"
)

// bench is a line with a clock and short words for what people do. A step gives its events as
// "kind contact adviser" words.
type bench struct {
	*testing.T
	*Model
	clock    int64
	consoles map[string]helpline.Console
}

func newBench(t *testing.T) *bench {
	t.Helper()
	return &bench{T: t, Model: New(helpline.DefaultRule(), helpline.DefaultTiming()), clock: start, consoles: map[string]helpline.Console{}}
}

func (b *bench) pass(d time.Duration) string {
	b.Helper()
	b.clock += d.Milliseconds()
	return b.sweep()
}

func (b *bench) sweep() string {
	b.Helper()
	var all []string
	for {
		n, e := b.Sweep(b.clock)
		if n == 0 {
			return strings.Join(all, ", ")
		}
		if len(e) > 0 {
			all = append(all, told(e))
		}
	}
}

func told(events []helpline.Event) string {
	var words []string
	for _, e := range events {
		words = append(words, strings.TrimSpace(fmt.Sprint(e.Kind, " ", e.Contact, " ", e.Adviser)))
	}
	return strings.Join(words, ", ")
}

// seat opens an adviser's console; "fi,sv+child" are languages and skills.
func (b *bench) seat(id, serves string, slots int) string {
	b.Helper()
	languages, skills, skilled := strings.Cut(serves, "+")
	a := helpline.Adviser{ID: id, Alias: "alias of " + id, Languages: strings.Split(languages, ","), Capacity: slots}
	if skilled {
		a.Skills = strings.Split(skills, ",")
	}
	desk, e, err := b.ConsoleUp(b.clock, a)
	b.ok(err)
	b.consoles[id] = desk.Console
	return told(e)
}

func (b *bench) duty(id, state string) string {
	b.Helper()
	_, e, err := b.Duty(b.clock, b.consoles[id], helpline.DutyWish{State: state, Audible: true, Confirmed: true})
	b.ok(err)
	return told(e)
}

// on seats an adviser who is ready.
func (b *bench) on(id, serves string, slots int) string {
	b.Helper()
	b.seat(id, serves, slots)
	return b.duty(id, "ready")
}

func (b *bench) ok(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// enter lets a contact come with its page open; "fi|danger", "fi+child|ordinary", "fi|ordinary|call".
func (b *bench) enter(id, what string) string {
	b.Helper()
	parts := strings.Split(what, "|")
	e := helpline.Entry{Facts: helpline.Facts{Contact: id, Channel: "chat", Lane: helpline.Lane(parts[1])}, Print: "p", Key: "k", Numbers: []string{id + "/1"}}
	e.Language, e.Skill, _ = strings.Cut(parts[0], "+")
	if len(parts) > 2 {
		e.Channel = call
	}
	_, events, err := b.Enqueue(b.clock, e)
	b.ok(err)
	words := told(events)
	_, _, err = b.ContactUp(b.clock, id, 1, "s")
	b.ok(err)
	return words
}

func (b *bench) accept(adviser, contact string) string {
	b.Helper()
	_, e, err := b.Accept(b.clock, b.consoles[adviser], b.contacts[contact].offerID())
	b.ok(err)
	return told(e)
}

func (b *bench) decline(adviser, contact string) string {
	b.Helper()
	e, err := b.Decline(b.clock, b.consoles[adviser], b.contacts[contact].offerID(), "busy")
	b.ok(err)
	return told(e)
}

func (b *bench) record(adviser, contact string) string {
	b.Helper()
	e, err := b.Record(b.clock, b.consoles[adviser], contact, helpline.Staged{})
	b.ok(err)
	return told(e)
}

func (b *bench) want(got, want string) {
	b.Helper()
	if got != want {
		b.Fatalf("got  %q\nwant %q", got, want)
	}
}

func (b *bench) wantState(contact string, want helpline.State) {
	b.Helper()
	if got := b.contacts[contact].state; got != want {
		b.Fatalf("%s is %s, want %s", contact, got, want)
	}
}

func (b *bench) refused(err, want error) {
	b.Helper()
	if !errors.Is(err, want) {
		b.Fatalf("got %v, want %v", err, want)
	}
}
