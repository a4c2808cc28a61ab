package queue

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"adviceline/helpline"
)

// TestHeldCountsWhatIsThere: contacts, their texts and drafts, return numbers and events, and since when by the hour;
// nothing of it tells whose.
func TestHeldCountsWhatIsThere(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	held := func() map[string]helpline.LiveCount {
		t.Helper()
		list, err := b.Held(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		by := map[string]helpline.LiveCount{}
		for _, h := range list {
			by[h.Kind] = h
		}
		if len(by) != 7 || len(list) != 7 {
			t.Fatalf("%+v", list)
		}
		return by
	}
	for kind, h := range held() {
		if h.N != 0 || !h.Oldest.IsZero() {
			t.Errorf("%s of an empty line: %+v", kind, h)
		}
	}
	first := time.UnixMilli(b.now).UTC().Truncate(time.Hour)
	a := b.adviser("fi")
	b.enter("sv", helpline.Ordinary)
	b.at(3 * time.Hour)
	later := time.UnixMilli(b.now).UTC().Truncate(time.Hour)
	contact := b.enter("fi", helpline.Ordinary)
	b.accept(a, contact)
	if _, err := b.Say(t.Context(), helpline.Saying{Contact: contact, From: helpline.FromAdviser, Console: a, CID: uuid.NewString(), Sealed: "s"}); err != nil {
		t.Fatal(err)
	}
	if err := b.Draft(t.Context(), a, contact, 1, "d"); err != nil {
		t.Fatal(err)
	}
	got := held()
	for kind, want := range map[string]helpline.LiveCount{
		"contacts": {N: 2, Oldest: first}, "drafts": {N: 1, Oldest: later}, "texts": {N: 1, Oldest: later}, "numbers": {N: 2},
	} {
		if h := got[kind]; h.N != want.N || !h.Oldest.Equal(want.Oldest) {
			t.Errorf("%s: %+v, want %+v", kind, h, want)
		}
	}
	if n := b.rdb.XLen(context.Background(), b.key(":spool")).Val(); got["spool"].N != n || n == 0 || got["spool"].Oldest.IsZero() {
		t.Errorf("%d in the spool, told %+v", n, got["spool"])
	}
}
