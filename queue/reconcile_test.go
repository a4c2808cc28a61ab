package queue

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"adviceline/helpline"
)

// everything lists what the reconciler goes through.
func (b *bench) everything() (members []string) {
	b.Helper()
	b.Bind("any")
	for cursor := uint64(0); ; {
		page, next, err := b.page(context.Background(), cursor)
		if err != nil {
			b.Fatal(err)
		}
		members = append(members, page...)
		if cursor = next; cursor == 0 {
			b.bound.Store("")
			return members
		}
	}
}

// reconcile goes through everything once.
func (b *bench) reconcile() map[string]int {
	b.Helper()
	found, _, err := b.Reconcile(context.Background(), b.everything())
	if err != nil {
		b.Fatal(err)
	}
	return found
}

// TestReconcilerRepairsWhatBreaksAnInvariant: a line with a leg in every state is sound; each planted breach is
// found, counted under its kind, repaired in that step, and gone with all that hangs on it.
func TestReconcilerRepairsWhatBreaksAnInvariant(t *testing.T) {
	t.Parallel()
	type line struct {
		*bench
		a, other                                                               helpline.Console
		waiting, offered, active, parked, away, danger, wrapping, owed, called string
	}
	is := func(id *string, state helpline.State) func(l *line) bool {
		return func(l *line) bool { return l.field(*id, "state") == string(state) }
	}
	raw := func(l *line, args ...any) {
		l.Helper()
		args[1] = l.key(args[1].(string))
		if err := l.rdb.Do(context.Background(), args...).Err(); err != nil {
			l.Fatal(err)
		}
	}
	timed := func(kind string, of func(*line) string) func(*line) {
		return func(l *line) { raw(l, "ZREM", ":timers", kind+"|"+of(l)) }
	}
	var l line
	cases := []struct {
		name, kind string
		plant      func(l *line)
		sound      func(l *line) bool
	}{
		{"a waiting leg in no class", "place", func(l *line) { raw(l, "ZREM", ":w:sv|ordinary", l.waiting) },
			func(l *line) bool {
				return l.rdb.ZScore(context.Background(), l.key(":w:sv|ordinary"), l.waiting).Err() == nil
			}},
		{"a waiting leg at another arrival", "place", func(l *line) { raw(l, "ZADD", ":w:sv|ordinary", 5, l.waiting) },
			func(l *line) bool {
				return l.rdb.ZScore(context.Background(), l.key(":w:sv|ordinary"), l.waiting).Val() > 5
			}},
		{"a leg in a class that does not wait", "stray", func(l *line) {
			raw(l, "ZADD", ":w:sv|ordinary", 5, l.active)
			raw(l, "HINCRBY", ":classes", "sv|ordinary", 1)
		}, is(&l.active, helpline.Active)},
		{"a class that counts wrong", "count", func(l *line) { raw(l, "HINCRBY", ":classes", "sv|ordinary", 3) }, is(&l.waiting, helpline.Waiting)},
		{"an offered leg without its offer", "place", func(l *line) { raw(l, "SREM", ":offers:"+l.other.Adviser, l.offered) }, is(&l.offered, helpline.Offered)},
		{"an offered leg of nobody", "place", func(l *line) { raw(l, "HSET", ":c:"+l.offered, "offered", "") }, nil},
		{"an offer of a leg that is elsewhere", "stray", func(l *line) { raw(l, "SADD", ":offers:"+l.other.Adviser, l.away) }, is(&l.away, helpline.Away)},
		{"an active leg that its owner lacks", "place", func(l *line) { raw(l, "SREM", ":legs:"+l.a.Adviser, l.active) }, is(&l.active, helpline.Active)},
		{"an active leg without owner", "place", func(l *line) { raw(l, "HSET", ":c:"+l.active, "owner", "") }, nil},
		{"a leg at another owner too", "stray", func(l *line) { raw(l, "SADD", ":legs:"+l.other.Adviser, l.active) }, is(&l.active, helpline.Active)},
		{"a parked leg in no list", "place", func(l *line) { raw(l, "SREM", ":parked:"+l.a.Adviser, l.parked) }, is(&l.parked, helpline.Parked)},
		{"danger in no list", "place", func(l *line) { raw(l, "ZREM", ":danger", l.danger) }, is(&l.danger, helpline.DangerOpen)},
		{"a wrapping leg that its owner lacks", "place", func(l *line) { raw(l, "SREM", ":legs:"+l.a.Adviser, l.wrapping) }, is(&l.wrapping, helpline.Wrapping)},
		{"a form in no list", "place", func(l *line) { raw(l, "ZREM", ":owed", l.owed) }, is(&l.owed, helpline.Owed)},
		{"a booked call in no list", "place", func(l *line) { raw(l, "ZREM", ":calls", l.called) }, is(&l.called, helpline.Scheduled)},
		{"too little load", "load", func(l *line) { raw(l, "HSET", ":a:"+l.a.Adviser, "used", 0) }, is(&l.active, helpline.Active)},
		{"too much load", "load", func(l *line) { raw(l, "HSET", ":a:"+l.a.Adviser, "used", 9) }, is(&l.active, helpline.Active)},
		{"more than an adviser can have", "capacity", func(l *line) { raw(l, "HSET", ":a:"+l.other.Adviser, "capacity", 0) }, nil},
		{"nobody finds an adviser", "serving", func(l *line) { raw(l, "ZREM", ":serve:fi", l.other.Adviser) }, is(&l.offered, helpline.Offered)},
		{"an adviser is found who is off", "serving", func(l *line) { raw(l, "ZADD", ":serve:interpreter", 1, l.a.Adviser) }, is(&l.active, helpline.Active)},
		{"active without lease: the console's node is gone", "lease", func(l *line) {
			raw(l, "SREM", ":n:n1", "a|"+l.a.Adviser+"|"+l.field2(":a:"+l.a.Adviser, "conn"))
			l.reconcile() // doubts
			l.at(6 * time.Second)
		}, is(&l.active, helpline.Active)},
		{"active without lease: the owner is gone and no grace runs", "lease", func(l *line) {
			raw(l, "HSET", ":a:"+l.a.Adviser, "up", "0")
		}, is(&l.active, helpline.Active)},
		{"a contact's socket on a node that is gone", "lease", func(l *line) {
			raw(l, "SREM", ":n:n1", "c|"+l.waiting+"|s")
			l.reconcile()
			l.at(6 * time.Second)
		}, is(&l.waiting, helpline.Away)},
		{"an offer without timer", "timer", timed("offer", func(l *line) string { return l.offered }), is(&l.offered, helpline.Offered)},
		{"an absence without timer", "timer", timed("away", func(l *line) string { return l.away }), is(&l.away, helpline.Away)},
		{"a conversation without timer", "timer", timed("life", func(l *line) string { return l.active }), is(&l.active, helpline.Active)},
		{"danger without timer", "timer", timed("danger", func(l *line) string { return l.danger }), is(&l.danger, helpline.DangerOpen)},
		{"a wrap-up without timer", "timer", timed("wrap", func(l *line) string { return l.wrapping }), is(&l.wrapping, helpline.Wrapping)},
		{"an owed form without timer", "timer", timed("due", func(l *line) string { return l.owed }), is(&l.owed, helpline.Owed)},
		{"a booked call without timer", "timer", timed("call", func(l *line) string { return l.called }), is(&l.called, helpline.Scheduled)},
	}
	for _, c := range cases {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			l = line{bench: newBench(t)}
			l.a = l.adviserOf(6, "fi")
			take := func() string {
				id := l.enter("fi", helpline.Ordinary)
				l.accept(l.a, id)
				return id
			}
			l.active, l.parked, l.owed = take(), take(), take()
			if _, err := l.End(t.Context(), l.a, l.owed, "done"); err != nil {
				t.Fatal(err)
			}
			l.at(10 * time.Minute)
			l.sweep()
			if _, err := l.Park(t.Context(), l.a, l.parked); err != nil {
				t.Fatal(err)
			}
			l.wrapping = take()
			if _, err := l.End(t.Context(), l.a, l.wrapping, "done"); err != nil {
				t.Fatal(err)
			}
			l.duty(l.a, "paused")
			l.other = l.adviserOf(1, "fi")
			l.offered, l.waiting, l.away = l.enter("fi", helpline.Ordinary), l.enter("sv", helpline.Ordinary), l.enter("en", helpline.Ordinary)
			l.danger = l.enter("sv", helpline.Danger)
			for _, id := range []string{l.waiting, l.away, l.danger} {
				if _, _, err := l.ContactUp(t.Context(), id, 1, "s"); err != nil {
					t.Fatal(err)
				}
			}
			for _, id := range []string{l.away, l.danger} {
				if _, err := l.ContactDown(t.Context(), id, "s", 0); err != nil {
					t.Fatal(err)
				}
			}
			raw(&l, "ZADD", ":timers", l.now, "away|"+l.danger)
			l.sweep()
			from := time.UnixMilli(l.now).Add(time.Hour)
			l.called = l.book(helpline.Window{From: from, To: from.Add(2 * time.Hour)}).Contact
			if found := l.reconcile(); len(found) > 0 {
				t.Fatalf("a sound line is repaired: %v", found)
			}
			c.plant(&l)
			if found := l.reconcile(); found[c.kind] == 0 {
				t.Fatalf("found %v, want %s", found, c.kind)
			}
			l.reconcile() // what hangs on the breach may have been looked at before it
			if again := l.reconcile(); len(again) > 0 {
				t.Fatalf("found again: %v", again)
			}
			if c.sound != nil && !c.sound(&l) {
				t.Fatal("the leg is not where it was")
			}
		})
	}
}

// adviserOf is an adviser who is ready, with so many slots.
func (b *bench) adviserOf(capacity int, languages ...string) helpline.Console {
	b.Helper()
	desk, _, err := b.ConsoleUp(b.Context(), helpline.Adviser{ID: uuid.NewString(), Alias: "A", Languages: languages, Capacity: capacity})
	if err != nil {
		b.Fatal(err)
	}
	b.duty(desk.Console, "ready")
	return desk.Console
}

func (b *bench) field2(key, name string) string {
	return b.rdb.HGet(context.Background(), b.key(key), name).Val()
}

// TestReconcilerIsQuietOnANodeOfItsOwn: it runs by itself, and finds nothing to do.
func TestReconcilerIsQuietOnANodeOfItsOwn(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.adviser("fi")
	for range 20 {
		b.enter("sv", helpline.Ordinary)
	}
	if found := b.reconcile(); len(found) > 0 {
		t.Fatalf("repaired %v", found)
	}
	if n := b.rdb.ZCard(context.Background(), b.key(":w:sv|ordinary")).Val(); n != 20 {
		t.Fatalf("%d wait", n)
	}
}

// TestReconcilerGivesWayWithinAPage: whoever asks Redis for something waits behind a step of a page, not behind all of it,
// and no member of it is left out.
func TestReconcilerGivesWayWithinAPage(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for range 60 {
		b.enter("sv", helpline.Ordinary)
	}
	page := b.everything()
	last := b.enter("sv", helpline.Ordinary)
	page = append(page, "c|"+last)
	if err := b.rdb.ZRem(t.Context(), b.key(":w:sv|ordinary"), last).Err(); err != nil {
		t.Fatal(err)
	}
	var r rounds
	b.writer.rdb.AddHook(&r)
	repaired := map[string]int{}
	n := &Node{Queue: b.Queue, Events: func([]helpline.Event) {}, Repaired: func(kind string, count int) { repaired[kind] += count }, Log: slog.New(slog.DiscardHandler)}
	if err := n.reconcile(t.Context(), page); err != nil {
		t.Fatal(err)
	}
	if trips, want := r.trips.Load(), int64((len(page)+24)/25); trips != want || repaired["place"] != 1 {
		t.Errorf("%d members in %d scripts, want %d; repaired %v", len(page), trips, want, repaired)
	}
}
