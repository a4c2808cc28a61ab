package queue

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"adviceline/helpline"
	"adviceline/ops/servicetest"
)

func due(member string, at int64) redis.Z { return redis.Z{Member: member, Score: float64(at)} }

// The events of a step stand in the spool before its answer goes out: when the node dies before the ledger
// has them, another node finds them there, in their order, and nothing of the next steps is missing.
func TestScenario11NodeDiesBetweenScriptAndLedger(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.adviser("fi")
	dies := b.node("n2")
	e := entry("fi", helpline.Ordinary)
	if _, _, err := dies.Enqueue(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	if _, _, err := dies.Accept(t.Context(), a, b.field(e.Contact, "offer")); err != nil {
		t.Fatal(err)
	}
	if err := dies.Close(); err != nil {
		t.Fatal(err)
	}
	found, err := b.Overdue(t.Context(), 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	var kinds, ids []string
	for i, event := range found {
		if kinds, ids = append(kinds, event.Kind), append(ids, event.SpoolID); event.Number != int64(i)+1 || event.Contact != e.Contact {
			t.Fatalf("event %d: %+v", i, event)
		}
	}
	if strings.Join(kinds, " ") != "enqueued offered accepted" {
		t.Fatalf("in the spool: %v", kinds)
	}
	if err := b.Discard(t.Context(), ids); err != nil {
		t.Fatal(err)
	}
	if left, err := b.Overdue(t.Context(), 0, 10); err != nil || len(left) > 0 {
		t.Fatalf("after the commit: %v %v", left, err)
	}
	b.end(a, e.Contact)
}

// Redis has no memory left: a script is refused before its first write, so there is no half of it, and
// the request that is sent again is the first that counts.
func TestScenario16ScriptIsRefusedForWantOfMemory(t *testing.T) {
	t.Parallel()
	b := newBenchOn(t, servicetest.OwnServices(t).RedisURL())
	a := b.adviser("fi")
	first := b.enter("fi", helpline.Ordinary)
	offer := b.field(first, "offer")
	before := b.rdb.Keys(t.Context(), b.tag+"*").Val()
	limit := func(bytes string) {
		if err := b.rdb.ConfigSet(t.Context(), "maxmemory", bytes).Err(); err != nil {
			t.Fatal(err)
		}
	}
	limit("1")
	e := entry("fi", helpline.Ordinary)
	for range 2 {
		if _, _, err := b.Enqueue(t.Context(), e); err == nil {
			t.Fatal("somebody entered a Redis without memory")
		}
		if _, _, err := b.Accept(t.Context(), a, offer); err == nil {
			t.Fatal("somebody was accepted in a Redis without memory")
		}
	}
	if after := b.rdb.Keys(t.Context(), b.tag+"*").Val(); len(after) != len(before) {
		t.Fatalf("%d keys, before them %d", len(after), len(before))
	}
	b.wantState(first, helpline.Offered)
	limit("0")
	if in, events, err := b.Enqueue(t.Context(), e); err != nil || in.State != helpline.Offered || len(events) != 2 {
		t.Fatalf("with memory: %+v %v %v", in, events, err)
	}
	b.accept(a, first)
	b.invariants(a)
}

// A step that fails at its end keeps what it wrote: sent again it gives the answer that was lost, and the
// next event carries the row that the lost one had.
func TestScenario16ScriptFailsHalfWay(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.adviser("fi")
	c := b.enter("fi", helpline.Ordinary)
	offer, spool := b.field(c, "offer"), b.rdb.Dump(t.Context(), b.key(":spool")).Val()
	b.rdb.Set(t.Context(), b.key(":spool"), "not a stream", 0)
	b.at(time.Second)
	accepted := b.now
	_, _, err := b.Accept(t.Context(), a, offer)
	if err == nil || errors.Is(err, helpline.ErrOfferGone) {
		t.Fatalf("a script that failed: %v", err)
	}
	if err := b.rdb.RestoreReplace(t.Context(), b.key(":spool"), 0, spool).Err(); err != nil {
		t.Fatal(err)
	}
	b.at(time.Second)
	if leg, events, err := b.Accept(t.Context(), a, offer); err != nil || leg.Contact != c || len(events) != 0 {
		t.Fatalf("sent again: %+v %v %v", leg, events, err)
	}
	b.invariants(a)
	events, err := b.End(t.Context(), a, c, "done")
	if err != nil || len(events) != 1 || events[0].Owner != a.Adviser || since1970(events[0].Accepted) != accepted {
		t.Fatalf("the next event: %+v %v", events, err)
	}
}
