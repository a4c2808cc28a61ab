package queue

import (
	"context"
	"log/slog"
	"slices"
	"testing"
	"time"

	"adviceline/helpline"
)

// listening gives what the node of the bench is told, until the test ends.
func (b *bench) listening() chan helpline.Notice {
	b.Helper()
	notices := make(chan helpline.Notice, 256)
	ctx, cancel := context.WithCancel(b.Context())
	n := &Node{Queue: b.Queue, Log: slog.New(slog.DiscardHandler), Deliver: func(m helpline.Notice) {
		select {
		case notices <- m:
		case <-ctx.Done():
		}
	}}
	run, err := n.Subscribe(ctx)
	if err != nil {
		b.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); run(ctx) }()
	b.Cleanup(func() { cancel(); <-done })
	return notices
}

// told sweeps and gives who is told of an end, with the time until it. A notice of the line's own marks the end of
// what the sweep told.
func (b *bench) told(notices chan helpline.Notice) (out []string) {
	b.Helper()
	b.sweep()
	if err := b.TellConsoles(b.Context(), helpline.Notice{Kind: "mark"}); err != nil {
		b.Fatal(err)
	}
	for {
		n := next(b.T, notices)
		if n.Kind == "mark" {
			return out
		}
		if n.Kind == helpline.NoticeEnding {
			out = append(out, n.To[:1]+" "+time.Duration((n.Expires-n.Now)*int64(time.Millisecond)).String()+" "+n.State)
		}
	}
}

func (b *bench) says(contact, cid string) {
	b.Helper()
	s := helpline.Saying{Contact: contact, From: helpline.FromContact, Version: 1, CID: cid, Sealed: "s"}
	if _, err := b.Say(b.Context(), s); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) wantTold(notices chan helpline.Notice, want ...string) {
	b.Helper()
	if got := b.told(notices); !slices.Equal(got, want) {
		b.Fatalf("told %q, want %q", got, want)
	}
}

// Both sides hear ten minutes before a silent conversation ends; a message puts the end off by four hours, and the
// next silence is told as the first was.
func TestBothSidesHearBeforeATextEnds(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	notices := b.listening()
	a, c := b.talk()
	b.says(c, "one")
	b.at(4*time.Hour - 10*time.Minute - time.Millisecond)
	b.wantTold(notices)
	b.at(time.Millisecond)
	b.wantTold(notices, "c 10m0s ", "a 10m0s ")
	b.wantTold(notices) // once
	v, err := b.View(t.Context(), c, 1)
	if err != nil || v.Ending.In != 10*time.Minute || v.Ending.PlaceKept || v.Ending.At != b.now+600_000 {
		t.Fatalf("a page that comes back sees %+v %v", v.Ending, err)
	}
	if _, _, err := b.ConsoleUp(t.Context(), helpline.Adviser{ID: a.Adviser, Alias: "A", Languages: []string{"fi"}, Capacity: 2}); err != nil {
		t.Fatal(err)
	}
	b.wantTold(notices, "a 10m0s ") // so does a console
	b.at(9 * time.Minute)
	b.says(c, "two")
	if v, err := b.View(t.Context(), c, 1); err != nil || v.Ending.At != 0 {
		t.Fatalf("somebody wrote, and still %+v %v", v.Ending, err)
	}
	b.at(time.Hour)
	b.wantTold(notices)
	b.wantState(c, helpline.Active)
	b.at(2*time.Hour + 50*time.Minute)
	b.wantTold(notices, "c 10m0s ", "a 10m0s ")
	b.at(10*time.Minute - time.Millisecond)
	b.wantTold(notices)
	b.wantState(c, helpline.Active)
	b.at(time.Millisecond)
	b.sweep()
	b.wantState(c, helpline.Wrapping)
	if b.rdb.Exists(t.Context(), b.key(":s:"+c)).Val() != 0 || b.field(c, "key") != "" || b.field(c, "wrote") != "" {
		t.Fatal("text is still there")
	}
}

// The day is over in the middle of a conversation: it goes on while somebody writes, ten minutes at a time, each
// told, and ends when nobody does; at the latest after a second day, when its key is over too.
func TestNothingIsCutWhileSomebodyWrites(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	notices := b.listening()
	a, c := b.talk()
	for h := range 12 { // somebody writes every two hours
		b.says(c, "early"+time.Duration(h).String())
		b.at(2 * time.Hour)
		if h < 11 {
			b.wantTold(notices)
		}
	}
	b.at(-5 * time.Minute)
	b.says(c, "late")
	b.wantTold(notices, "c 10m0s ", "a 10m0s ") // 24 h were five minutes on
	b.at(8 * time.Minute)
	if err := b.Typing(t.Context(), a, c); err != nil {
		t.Fatal(err)
	}
	b.at(2 * time.Minute)
	b.wantTold(notices, "c 8m0s ", "a 8m0s ")
	b.wantState(c, helpline.Active)
	b.at(8*time.Minute - time.Millisecond)
	b.wantTold(notices)
	b.wantState(c, helpline.Active)
	b.at(time.Millisecond)
	b.sweep()
	b.wantState(c, helpline.Wrapping)

	a, c = b.talk() // of people who never stop
	end := b.now + (48 * time.Hour).Milliseconds()
	for b.now < end {
		b.wantState(c, helpline.Active)
		if err := b.Typing(t.Context(), a, c); err != nil {
			t.Fatal(err)
		}
		b.at(9 * time.Minute)
		b.sweep()
	}
	b.wantState(c, helpline.Wrapping)
}

// Who waits with an open page loses the text alone, and is told that the place stays; an adviser who takes the leg
// meanwhile has the time to write.
func TestWhoWaitsIsToldThatThePlaceStays(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	notices := b.listening()
	c, taken := b.enter("fi", helpline.Ordinary), b.enter("fi", helpline.Ordinary)
	for _, id := range []string{c, taken} {
		if _, _, err := b.ContactUp(t.Context(), id, 1, "s"); err != nil {
			t.Fatal(err)
		}
	}
	b.says(c, "one")
	b.at(time.Minute)
	b.says(taken, "one")
	b.at(4*time.Hour - 11*time.Minute)
	b.wantTold(notices, "c 10m0s waiting")
	b.at(time.Minute)
	b.wantTold(notices, "c 10m0s waiting")
	if v, err := b.View(t.Context(), taken, 1); err != nil || !v.Ending.PlaceKept {
		t.Fatalf("%+v %v", v.Ending, err)
	}
	b.at(9 * time.Minute)
	b.sweep()
	b.wantState(c, helpline.Waiting)
	if b.rdb.Exists(t.Context(), b.key(":s:"+c)).Val() != 0 || b.field(c, "key") == "" {
		t.Fatal("the text stays, or the conversation cannot go on")
	}
	a := b.adviser("fi")
	for _, id := range []string{c, taken} {
		b.accept(a, id)
	}
	b.wantTold(notices, "c 10m0s ", "a 10m0s ") // of the one whose text is old: time to write begins with the joining
	b.at(9 * time.Minute)
	b.wantTold(notices, "c 1m0s ", "a 1m0s ")
	b.wantState(taken, helpline.Active)
	b.says(taken, "still here")
	b.at(5 * time.Hour)
	b.sweep()
	b.wantState(taken, helpline.Wrapping)

	late := b.enter("fi", helpline.Ordinary) // writes for the first time after hours of waiting
	b.duty(a, "paused")
	if _, _, err := b.ContactUp(t.Context(), late, 1, "s"); err != nil {
		t.Fatal(err)
	}
	b.at(5 * time.Hour)
	b.wantTold(notices)
	b.says(late, "at last")
	b.at(4*time.Hour - 10*time.Minute)
	b.wantTold(notices, "c 10m0s waiting")
}
