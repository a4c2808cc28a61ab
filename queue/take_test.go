package queue

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"adviceline/helpline"
)

// Parallel takes of one contact over three nodes: exactly one of them wins, 1,000 times.
func TestParallelTakesHaveOneWinner(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	nodes := []*Queue{b.node("n1"), b.node("n2"), b.node("n3")}
	owner, thief := b.adviser("fi"), b.adviser("en")
	for range 1000 {
		c := b.enter("fi", helpline.Ordinary)
		offer := b.field(c, "offer")
		var won atomic.Int32
		var wg sync.WaitGroup
		for i := range 6 {
			wg.Add(1)
			go func() {
				defer wg.Done()
				who := owner
				if i%2 == 1 {
					who = thief
				}
				_, events, err := nodes[i%3].Accept(context.Background(), who, offer)
				if err == nil && len(events) > 0 {
					won.Add(1)
				}
			}()
		}
		wg.Wait()
		if won.Load() != 1 || b.field(c, "owner") != owner.Adviser {
			t.Fatalf("%d winners", won.Load())
		}
		if _, err := b.Record(t.Context(), owner, c, helpline.Staged{Generation: "1"}); err != nil {
			t.Fatal(err)
		}
	}
	b.invariants(owner, thief)
}

// A thousand hands of fifty advisers take one contact in danger at once, over three nodes: one adviser has
// it, by one event.
func TestThousandTakesAtOnceHaveOneWinner(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	nodes := []*Queue{b.node("n1"), b.node("n2"), b.node("n3")}
	var advisers []helpline.Console
	for range 50 {
		advisers = append(advisers, b.adviser("en"))
	}
	c := b.enter("fi", helpline.Danger)
	var mu sync.Mutex
	winners, made := map[string]int{}, 0
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range 1000 {
		wg.Go(func() {
			<-start
			_, events, err := nodes[i%3].Take(context.Background(), advisers[i%50], c)
			mu.Lock()
			defer mu.Unlock()
			made += len(events)
			if err == nil {
				winners[advisers[i%50].Adviser]++
			} else if !errors.Is(err, helpline.ErrNotFound) {
				t.Error(err)
			}
		})
	}
	close(start)
	wg.Wait()
	if len(winners) != 1 || winners[b.field(c, "owner")] != 20 || made != 1 {
		t.Fatalf("winners %v, owner %s, %d events", winners, b.field(c, "owner"), made)
	}
	b.invariants(advisers...)
}

// Assignments by many hands at once never load an adviser over capacity: 10,000 of them, or as many as
// ASSIGNMENTS says. The check is inside Redis time: after every step of every hand, load = offers + legs
// <= capacity.
func TestCapacityIsNeverExceeded(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	atOnce := helpline.DefaultTiming()
	atOnce.DeclineCooldown, atOnce.Exclusion, atOnce.SpoolMax = 0, 0, 10_000_000 // nobody commits here
	nodes := []*Queue{b.nodeWith("n1", atOnce), b.nodeWith("n2", atOnce), b.nodeWith("n3", atOnce)}
	var advisers []helpline.Console
	for i := range 6 {
		advisers = append(advisers, b.adviser([]string{"fi", "sv", "en"}[i%3], []string{"en", "fi", "sv"}[i%3]))
	}
	want := int64(10_000)
	if n := number(os.Getenv("ASSIGNMENTS")); n > 0 {
		want = n
	}
	var assigned atomic.Int64
	var wg sync.WaitGroup
	for hand := range 12 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			a, q := advisers[hand%6], nodes[hand%3]
			for assigned.Load() < want && !t.Failed() {
				if err := oneAssignment(b, q, a, &assigned); err != nil {
					t.Error(err)
				}
			}
		}()
	}
	wg.Wait()
	b.invariants(advisers...)
	t.Logf("%d assignments", assigned.Load())
}

var checkLoad = `
for i, a in ipairs(ARGV) do
  local used, cap = unpack(redis.call('HMGET', KEYS[1]..':a:'..a, 'used', 'capacity'))
  local held = redis.call('SCARD', KEYS[1]..':offers:'..a) + redis.call('SCARD', KEYS[1]..':legs:'..a)
  if tonumber(used) > tonumber(cap) or tonumber(used) ~= held then return 0 end
end
return 1`

func oneAssignment(b *bench, q *Queue, a helpline.Console, assigned *atomic.Int64) error {
	ctx := context.Background()
	languages := []string{"fi", "sv", "en"}
	if _, _, err := q.Enqueue(ctx, entry(languages[rand.IntN(3)], helpline.Ordinary)); err != nil {
		return err
	}
	for _, c := range q.rdb.SMembers(ctx, q.key(":offers:"+a.Adviser)).Val() {
		offer := q.rdb.HGet(ctx, q.key(":c:"+c), "offer").Val()
		var err error
		if rand.IntN(8) == 0 {
			_, err = q.Decline(ctx, a, offer, "other")
		} else {
			_, _, err = q.Accept(ctx, a, offer)
		}
		if err == nil {
			assigned.Add(1)
		} else if !errors.Is(err, helpline.ErrOfferGone) {
			return err
		}
	}
	for _, c := range q.rdb.SMembers(ctx, q.key(":legs:"+a.Adviser)).Val() {
		_, err := q.Record(ctx, a, c, helpline.Staged{Generation: "1"})
		if err != nil && !errors.Is(err, helpline.ErrNotFound) {
			return err
		}
	}
	if ok, err := q.rdb.Eval(ctx, checkLoad, []string{q.tag}, a.Adviser).Int(); err != nil || ok != 1 {
		return errors.Join(errors.New("load is not offers + legs, or over capacity"), err)
	}
	return nil
}

// A leave in the same instant as the accept: the person is never both gone and answered.
func TestScenario03ContactLeavesAsTheOfferIsAccepted(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.adviser("fi")
	other := b.node("n2")
	for range 200 {
		c := b.enter("fi", helpline.Ordinary)
		offer := b.field(c, "offer")
		var wg sync.WaitGroup
		wg.Add(2)
		go func() { defer wg.Done(); _, _, _ = b.Accept(context.Background(), a, offer) }()
		go func() { defer wg.Done(); _, _ = other.Leave(context.Background(), c, 1, "done") }()
		wg.Wait()
		switch s := helpline.State(b.field(c, "state")); s {
		case helpline.Cancelled:
		case helpline.Wrapping:
			if _, err := b.Record(t.Context(), a, c, helpline.Staged{Generation: "1"}); err != nil {
				t.Fatal(err)
			}
		default:
			t.Fatalf("contact is %q", s)
		}
		b.invariants(a)
	}
	b.at(time.Second)
}
