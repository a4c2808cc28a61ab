package queue

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"adviceline/helpline"
	"adviceline/ops/servicetest"
)

// TestLittleMemoryLetsNobodyNewIn: above four fifths of maxmemory new chats and calls are refused; who is in
// goes on; below it the line is open again once the mark is over.
func TestLittleMemoryLetsNobodyNewIn(t *testing.T) {
	t.Parallel()
	s := servicetest.OwnServices(t) // maxmemory is the server's
	b := newBenchOn(t, s.RedisURL())
	a := b.adviser("fi")
	in := b.enter("fi", helpline.Ordinary)
	set := func(v string) {
		if err := b.rdb.ConfigSet(context.Background(), "maxmemory", v).Err(); err != nil {
			t.Fatal(err)
		}
		b.looked = time.Time{}
		if _, err := b.Heartbeat(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.lease("n1")
	}
	used := memory(b.rdb.Info(context.Background(), "memory").Val(), "used_memory")
	set(strconv.FormatInt(used*23/20, 10))
	if _, _, err := b.Enqueue(t.Context(), entry("fi", helpline.Ordinary)); !errors.Is(err, helpline.ErrQueueUnavailable) {
		t.Fatalf("a chat is let in: %v", err)
	}
	b.accept(a, in)
	if _, err := b.Say(t.Context(), helpline.Saying{Contact: in, From: helpline.FromContact, Version: 1, CID: "c", Sealed: "x"}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.End(t.Context(), a, in, "done"); err != nil {
		t.Fatal(err)
	}
	set("0")
	b.at(11 * time.Second)
	b.enter("fi", helpline.Ordinary)
}
