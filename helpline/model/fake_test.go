package model

import (
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"adviceline/helpline"
)

var (
	_ helpline.Queue         = (*Fake)(nil)
	_ helpline.TransferQueue = (*Fake)(nil)
	_ helpline.DangerQueue   = (*Fake)(nil)
)

func TestFakeCarriesAContactThrough(t *testing.T) {
	t.Parallel()
	now := time.UnixMilli(start)
	f := NewFake(helpline.DefaultRule(), helpline.DefaultTiming(), func() time.Time { return now })
	ctx := t.Context()
	desk, _, err := f.ConsoleUp(ctx, helpline.Adviser{ID: "a", Alias: "Anna", Languages: []string{"fi"}, Capacity: 2})
	if err != nil || desk.Duty.State != "off" {
		t.Fatal(desk, err)
	}
	k := desk.Console
	if d, _, err := f.Duty(ctx, k, helpline.DutyWish{State: "ready", Audible: true}); err != nil || !d.Audible || d.State != "ready" {
		t.Fatal(d, err)
	}
	status, _ := f.Status(ctx)
	if want := (helpline.Status{Open: true, Languages: []string{"fi"}}); !reflect.DeepEqual(status, want) {
		t.Errorf("%+v", status)
	}
	e := helpline.Entry{Facts: helpline.Facts{Contact: "c", Channel: "chat", Language: "fi", Lane: helpline.Ordinary}, Print: "p", Key: "key", Numbers: []string{"n"}}
	in, events, err := f.Enqueue(ctx, e)
	if err != nil || in.State != helpline.Offered || told(events) != "enqueued c, offered c a" {
		t.Fatal(in, told(events), err)
	}
	desk, _, err = f.ConsoleUp(ctx, helpline.Adviser{ID: "a", Alias: "Anna", Languages: []string{"fi"}, Capacity: 2})
	if err != nil || len(desk.Offers) != 1 {
		t.Fatal(desk, err)
	}
	if told(events) != "enqueued c, offered c a" {
		t.Error("events of a step changed with the next")
	}
	if _, _, err := f.Accept(ctx, k, desk.Offers[0].Offer); !errors.Is(err, helpline.ErrConsoleReplaced) {
		t.Error(err)
	}
	k = desk.Console
	if _, _, err := f.Accept(ctx, k, desk.Offers[0].Offer); err != nil {
		t.Fatal(err)
	}
	talks(t, f, k, &now)
	if events, err := f.End(ctx, k, "c", "done"); err != nil || told(events) != "ended c a" {
		t.Error(told(events), err)
	}
	if err := f.Draft(ctx, k, "c", 2, "draft"); err != nil {
		t.Error(err)
	}
	if err := f.Draft(ctx, k, "c", 1, "older"); !errors.Is(err, helpline.ErrStaleDraft) {
		t.Error(err)
	}
	now = now.Add(5 * time.Minute)
	if n, events, _ := f.Expire(ctx); n == 0 || told(events) != "owed c a" {
		t.Error(n, told(events))
	}
	if owed, _ := f.Owed(ctx, k); len(owed) != 1 || owed[0].Draft != "draft" || len(owed[0].History) > 0 {
		t.Errorf("%+v", owed)
	}
	if events, err := f.Record(ctx, k, "c", helpline.Staged{Generation: "g"}); err != nil || events[0].Staged.Generation != "g" {
		t.Error(events, err)
	}
}

// talks writes from both sides: numbered, once per cid, at most five a second, private to the two.
func talks(t *testing.T, f *Fake, k helpline.Console, now *time.Time) {
	t.Helper()
	ctx := t.Context()
	contact := helpline.Saying{Contact: "c", From: helpline.FromContact, Version: 1, CID: "1", Sealed: "hello"}
	adviser := helpline.Saying{Contact: "c", From: helpline.FromAdviser, Console: k, CID: "1", Sealed: "hi"}
	for range 2 {
		if said, err := f.Say(ctx, contact); err != nil || said.Seq != 1_000_001 {
			t.Error(said, err)
		}
	}
	if said, err := f.Say(ctx, adviser); err != nil || said.Seq != 1_000_002 {
		t.Error(said, err)
	}
	for i := range 5 {
		contact.CID = fmt.Sprint("more", i)
		if _, err := f.Say(ctx, contact); errors.Is(err, helpline.ErrTooMany) != (i == 4) {
			t.Error(i, err)
		}
	}
	if said, _ := f.History(ctx, "c", 1_000_001); len(said) != 5 || said[0].Sealed != "hi" {
		t.Errorf("%+v", said)
	}
	for _, s := range []helpline.Saying{
		{Contact: "c", From: helpline.FromContact, Version: 2, CID: "x"},
		{Contact: "c", From: helpline.FromAdviser, Console: helpline.Console{Adviser: "b", Epoch: 1}, CID: "x"},
		{Contact: "d", From: helpline.FromContact, Version: 1, CID: "x"},
	} {
		if _, err := f.Say(ctx, s); !errors.Is(err, helpline.ErrNotFound) {
			t.Errorf("%+v: %v", s, err)
		}
	}
	if f.Typing(ctx, k, "c") != nil || !errors.Is(f.Typing(ctx, k, "d"), helpline.ErrNotFound) {
		t.Error("typing")
	}
	// Four hours after the last message its text is over; here it ends the conversation later.
	*now = now.Add(4*time.Hour - time.Millisecond)
	if _, events, _ := f.Expire(ctx); len(events) > 0 {
		t.Error(told(events))
	}
}

func TestFakeIsForManyAtOnce(t *testing.T) {
	t.Parallel()
	f := NewFake(helpline.DefaultRule(), helpline.DefaultTiming(), time.Now)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			id := fmt.Sprint("c", i)
			e := helpline.Entry{Facts: helpline.Facts{Contact: id, Channel: "chat", Language: "fi", Lane: helpline.Ordinary}, Print: "p", Key: "k", Numbers: []string{id}}
			if _, _, err := f.Enqueue(t.Context(), e); err != nil {
				t.Error(err)
			}
			_, _ = f.View(t.Context(), id, 1)
		})
	}
	wg.Wait()
	ids := []string{"c0", "c1", "c2", "c3", "c4", "c5", "c6", "c7", "none"}
	places, _ := f.Positions(t.Context(), ids)
	seen := map[int]bool{}
	for _, ahead := range places {
		seen[ahead.Ahead] = true
	}
	if len(places) != 8 || len(seen) != 8 {
		t.Errorf("%v", places)
	}
}
