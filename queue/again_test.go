package queue

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"adviceline/helpline"
)

func (b *bench) admit(e helpline.Entry) {
	b.Helper()
	if _, _, err := b.Enqueue(b.Context(), e); err != nil {
		b.Fatal(err)
	}
}

// talk brings a contact with a live socket into a conversation.
func (b *bench) talk() (helpline.Console, string) {
	b.Helper()
	a := b.adviser("fi")
	c := b.enter("fi", helpline.Ordinary)
	b.up(c, 1, "s")
	b.accept(a, c)
	return a, c
}

func (b *bench) end(a helpline.Console, contact string) {
	b.Helper()
	if _, err := b.End(b.Context(), a, contact, "done"); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) say(s helpline.Saying) int64 {
	b.Helper()
	s.CID, s.Sealed = "cid", "s"
	said, err := b.Say(b.Context(), s)
	if err != nil {
		b.Fatal(err)
	}
	return said.Seq
}

func (b *bench) down(c helpline.Console) {
	b.Helper()
	if _, err := b.ConsoleDown(b.Context(), c); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) resume(index string) helpline.Entered {
	b.Helper()
	in, _, err := b.Resume(b.Context(), helpline.Return{
		RequestID: "r", Index: index, Next: func(c string, version int64) string { return fmt.Sprint(c, "/", version) },
	})
	if err != nil {
		b.Fatal(err)
	}
	return in
}

func (b *bench) timed(member string) bool {
	b.Helper()
	_, err := b.rdb.ZScore(b.Context(), b.key(":timers"), member).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		b.Fatal(err)
	}
	return err == nil
}

// From 12 h on everybody may fill an owed form in, and may repeat that.
func TestOutcomeByAnotherAdviserMayBeRepeated(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a, c := b.talk()
	b.end(a, c)
	b.at(13 * time.Hour)
	b.sweep()
	b.wantState(c, helpline.Owed)
	other := b.adviser("en")
	for _, want := range []string{"recorded", "corrected"} {
		events, err := b.Record(t.Context(), other, c, helpline.Staged{Generation: "1", Key: []byte{1}})
		if err != nil || !slices.Equal(kinds(events), []string{want}) {
			t.Fatalf("%v %v, want %s", kinds(events), err, want)
		}
	}
	b.wantState(c, helpline.Completed)
	third := b.adviser("en")
	if _, err := b.Record(t.Context(), third, c, helpline.Staged{Generation: "1"}); !errors.Is(err, helpline.ErrNotFound) {
		t.Fatalf("a third adviser overwrote it: %v", err)
	}
}

func TestDeclineMayBeRepeated(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a, other := b.adviser("fi"), b.adviser("en")
	c := b.enter("fi", helpline.Ordinary)
	offer := b.field(c, "offer")
	if _, err := b.Decline(t.Context(), a, offer, "other"); err != nil {
		t.Fatal(err)
	}
	before := b.duty(other, "ready")
	events, err := b.Decline(t.Context(), a, offer, "other")
	if err != nil || len(events) != 0 {
		t.Fatalf("repeated: %v %v", kinds(events), err)
	}
	if _, err := b.Decline(t.Context(), other, offer, "other"); !errors.Is(err, helpline.ErrOfferGone) {
		t.Fatalf("by somebody else: %v", err)
	}
	if d := b.duty(other, "ready"); d != before {
		t.Fatalf("somebody else's duty is %+v, was %+v", d, before)
	}
	b.wantState(c, helpline.Waiting)
	b.invariants(a, other)
}

func TestMessageMayBeRepeatedAfterTheEnd(t *testing.T) {
	t.Parallel()
	for _, side := range []helpline.Side{helpline.FromContact, helpline.FromAdviser} {
		t.Run(string(side), func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			a, c := b.talk()
			s := helpline.Saying{Contact: c, From: side, Version: 1, Console: a}
			seq := b.say(s)
			b.end(a, c)
			if again := b.say(s); again != seq {
				t.Fatalf("seq %d, was %d", again, seq)
			}
			s.CID = "new"
			if _, err := b.Say(t.Context(), s); !errors.Is(err, helpline.ErrNotFound) {
				t.Fatalf("a new message after the end: %v", err)
			}
			if n := b.rdb.XLen(t.Context(), b.key(":s:"+c)).Val(); n != 1 {
				t.Fatalf("%d messages", n)
			}
		})
	}
}

func TestAcceptMayBeRepeatedWhenTheContactLeftMeanwhile(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.adviser("fi")
	c := b.enter("fi", helpline.Ordinary)
	offer := b.field(c, "offer")
	b.accept(a, c)
	if _, err := b.Leave(t.Context(), c, 1, "done"); err != nil {
		t.Fatal(err)
	}
	b.wantState(c, helpline.Wrapping)
	leg, events, err := b.Accept(t.Context(), a, offer)
	if err != nil || leg.Contact != c || leg.State != helpline.Wrapping || len(events) != 0 {
		t.Fatalf("repeated: %+v %v %v", leg, kinds(events), err)
	}
	b.invariants(a)
}

// A console whose page never heard its epoch is known by its socket when the page is closed.
func TestConsoleWhoseReplyWasLostGoesDownByItsSocket(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a, c := b.talk()
	b.down(a)
	if _, _, err := b.ConsoleUp(t.Context(), helpline.Adviser{ID: a.Adviser, Alias: "A", Languages: []string{"fi"}, Capacity: 2, Socket: "new"}); err != nil {
		t.Fatal(err)
	}
	for _, socket := range []string{"", "old"} {
		if _, err := b.ConsoleDown(t.Context(), helpline.Console{Adviser: a.Adviser, Socket: socket}); !errors.Is(err, helpline.ErrNotFound) {
			t.Fatalf("another's socket %q: %v", socket, err)
		}
	}
	b.down(helpline.Console{Adviser: a.Adviser, Socket: "new"})
	b.at(time.Minute)
	b.sweep()
	b.wantState(c, helpline.Waiting)
	if lane := b.field(c, "lane"); lane != string(helpline.Continuation) {
		t.Fatalf("lane is %q", lane)
	}
	b.invariants(a)
}

// The old socket is dropped by a return: should the new page never open one, nobody is left to say
// that the person is gone.
func TestReturnWhileAnOfferIsOutKeepsAnAwayTimer(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.adviser("fi")
	e := entry("fi", helpline.Ordinary)
	b.admit(e)
	b.up(e.Contact, 1, "s")
	b.wantState(e.Contact, helpline.Offered)
	if in := b.resume(e.Numbers[0]); in.State != helpline.Offered {
		t.Fatalf("resume: %+v", in)
	}
	b.duty(a, "paused")
	b.wantState(e.Contact, helpline.Waiting)
	b.at(15 * time.Minute)
	b.sweep()
	b.wantState(e.Contact, helpline.Abandoned)
}

func TestWhoCameBackLateIsNotExpiredAMinuteLater(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := entry("fi", helpline.Ordinary)
	b.admit(e)
	b.up(e.Contact, 1, "s1")
	b.say(helpline.Saying{Contact: e.Contact, From: helpline.FromContact, Version: 1})
	if _, err := b.ContactDown(t.Context(), e.Contact, "s1", 0); err != nil {
		t.Fatal(err)
	}
	b.at(15 * time.Minute)
	b.sweep()
	b.wantState(e.Contact, helpline.Abandoned)
	b.at(3*time.Hour + 44*time.Minute) // the text's idle time is nearly over
	b.resume(e.Numbers[0])
	b.up(e.Contact, 2, "s2")
	b.at(time.Minute)
	b.sweep()
	b.wantState(e.Contact, helpline.Waiting)
	if n := b.rdb.XLen(t.Context(), b.key(":s:"+e.Contact)).Val(); n != 1 {
		t.Fatalf("%d messages", n)
	}
}

// Only the text has a time limit; a live place has none of its own until the text's whole life is over.
func TestLivePlaceOutlivesItsText(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	c := b.enter("fi", helpline.Ordinary)
	b.up(c, 1, "s")
	say := helpline.Saying{Contact: c, From: helpline.FromContact, Version: 1}
	b.say(say)
	arrival := b.field(c, "arrival")
	b.at(4 * time.Hour)
	b.sweep()
	b.wantState(c, helpline.Waiting)
	if n := b.rdb.Exists(t.Context(), b.key(":s:"+c), b.key(":m:"+c)).Val(); n != 0 || b.field(c, "arrival") != arrival {
		t.Fatal("the text is still there, or the wait clock started again")
	}
	b.say(say) // the place can be spoken from
	if !b.timed("life|" + c) {
		t.Fatal("new text without an end")
	}
}

func TestPollerIsNotAbandonedAfterItsAdviserWasLost(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.adviser("fi")
	c := b.enter("fi", helpline.Ordinary)
	b.accept(a, c)
	b.down(a)
	b.at(time.Minute)
	b.sweep()
	for range 16 {
		if _, err := b.View(t.Context(), c, 1); err != nil {
			t.Fatal(err)
		}
		b.wantState(c, helpline.Waiting)
		b.at(time.Minute)
		b.sweep()
	}
	b.wantState(c, helpline.Waiting)
}

func TestUnknownTimerIsKeptAndHurtsNobody(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	c := b.enter("fi", helpline.Ordinary)
	if err := b.rdb.ZAdd(t.Context(), b.key(":timers"), redis.Z{Member: "newer|x", Score: float64(b.now - 1)}).Err(); err != nil {
		t.Fatal(err)
	}
	b.at(15 * time.Minute)
	b.sweep()
	b.wantState(c, helpline.Abandoned)
	if !b.timed("newer|x") {
		t.Fatal("a newer version's timer is lost")
	}
}

func TestNumberThatIsAnothersByNowIsNotDeleted(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"done", "cancel", "exit"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			e := entry("fi", helpline.Ordinary)
			b.admit(e)
			key := b.key(":number:" + e.Numbers[0])
			if err := b.rdb.Set(t.Context(), key, "other", 0).Err(); err != nil {
				t.Fatal(err)
			}
			if _, err := b.Leave(t.Context(), e.Contact, 1, kind); err != nil {
				t.Fatal(err)
			}
			b.at(73 * time.Hour)
			b.sweep()
			b.at(73 * time.Hour) // what went away by the first sweep is forgotten by the second
			b.sweep()
			if b.rdb.Exists(t.Context(), b.key(":c:"+e.Contact)).Val() != 0 {
				t.Fatal("contact is still known")
			}
			if got := b.rdb.Get(t.Context(), key).Val(); got != "other" {
				t.Fatalf("number belongs to %q", got)
			}
		})
	}
}

func TestReturnToAConversationTellsTheAdviser(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	notices := b.listen(nil)
	a := b.adviser("fi")
	e := entry("fi", helpline.Ordinary)
	b.admit(e)
	b.up(e.Contact, 1, "s")
	b.accept(a, e.Contact)
	if in := b.resume(e.Numbers[0]); in.State != helpline.Active || in.Version != 2 {
		t.Fatalf("resume: %+v", in)
	}
	for {
		m := soon(t, notices, "word of the return")
		if m.Kind != helpline.NoticeContact {
			continue
		}
		if m.To != "a:"+a.Adviser || m.Contact != e.Contact || m.State != "resumed" {
			t.Fatalf("notice: %+v", m)
		}
		return
	}
}
