package queue

import (
	"context"
	"crypto/rand"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"adviceline/helpline"
	"adviceline/ops/servicetest"
)

// bench is one line of its own under a frozen clock, seen from one or more nodes.
type bench struct {
	*testing.T
	*Queue
	url  string
	line string
	now  int64
}

func newBench(t *testing.T) *bench {
	t.Helper()
	return newBenchOn(t, servicetest.Redis(t))
}

func newBenchOn(t *testing.T, url string) *bench {
	t.Helper()
	b := &bench{T: t, url: url, now: 1_700_000_000_000, line: servicetest.Prefix(t)}
	b.Queue = b.node("n1")
	if err := b.SetLife(t.Context(), "test", 1); err != nil {
		t.Fatal(err)
	}
	b.at(0)
	b.lease("n1")
	return b
}

func (b *bench) node(name string) *Queue {
	b.Helper()
	return b.nodeWith(name, helpline.DefaultTiming())
}

func (b *bench) nodeWith(name string, timing helpline.Timing) *Queue {
	b.Helper()
	q, err := Open(Options{URL: b.url, Line: b.line, Node: name, Salt: rand.Text(), Pool: 16, Timing: timing})
	if err != nil {
		b.Fatal(err)
	}
	q.Use(func() int64 { return 1 })
	b.Cleanup(func() { _ = q.Close() })
	return q
}

// lease lets a node live until a test's own heartbeat says otherwise.
func (b *bench) lease(node string) {
	b.Helper()
	far := redis.Z{Member: "node|" + node, Score: float64(b.now) + 1e12}
	if err := b.rdb.ZAdd(context.Background(), b.key(":timers"), far).Err(); err != nil {
		b.Fatal(err)
	}
}

// at moves the frozen clock on.
func (b *bench) at(d time.Duration) {
	b.Helper()
	b.now += d.Milliseconds()
	if err := b.rdb.HSet(context.Background(), b.key(":meta"), "clock", b.now).Err(); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) adviser(languages ...string) helpline.Console {
	b.Helper()
	id := uuid.NewString()
	desk, _, err := b.ConsoleUp(b.Context(), helpline.Adviser{ID: id, Alias: "A", Languages: languages, Capacity: 2})
	if err != nil {
		b.Fatal(err)
	}
	b.duty(desk.Console, "ready")
	return desk.Console
}

func (b *bench) duty(c helpline.Console, state string) helpline.Duty {
	b.Helper()
	d, _, err := b.Duty(b.Context(), c, helpline.DutyWish{State: state, Audible: state == "ready", Confirmed: true})
	if err != nil {
		b.Fatal(err)
	}
	return d
}

func entry(language string, lane helpline.Lane) helpline.Entry {
	id := uuid.NewString()
	return helpline.Entry{
		Facts: helpline.Facts{
			Contact: id, Channel: "chat", PageLanguage: "fi", Language: language, Asks: "help", Lane: lane,
		},
		Print: "p", Key: "k", Numbers: []string{id + "1", id + "2", id + "3"},
	}
}

func (b *bench) enter(language string, lane helpline.Lane) string {
	b.Helper()
	e := entry(language, lane)
	if _, _, err := b.Enqueue(b.Context(), e); err != nil {
		b.Fatal(err)
	}
	return e.Contact
}

func (b *bench) field(contact, name string) string {
	b.Helper()
	return b.rdb.HGet(context.Background(), b.key(":c:"+contact), name).Val()
}

func (b *bench) wantState(contact string, want helpline.State) {
	b.Helper()
	if got := b.field(contact, "state"); got != string(want) {
		b.Fatalf("contact is %q, want %q", got, want)
	}
}

func (b *bench) accept(c helpline.Console, contact string) helpline.Leg {
	b.Helper()
	leg, _, err := b.Accept(b.Context(), c, b.field(contact, "offer"))
	if err != nil {
		b.Fatal(err)
	}
	return leg
}

// sweep runs everything that is due and gives the kinds of its events.
func (b *bench) sweep() []string {
	b.Helper()
	var kinds []string
	for {
		n, events, err := b.Expire(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		for _, e := range events {
			kinds = append(kinds, e.Kind)
		}
		if n == 0 {
			return kinds
		}
	}
}

// invariants checks I1 and I2 as far as they hold for one adviser: load = offers + legs <= capacity.
func (b *bench) invariants(advisers ...helpline.Console) {
	b.Helper()
	ctx := context.Background()
	for _, a := range advisers {
		used, _ := strconv.Atoi(b.rdb.HGet(ctx, b.key(":a:"+a.Adviser), "used").Val())
		offers := b.rdb.SCard(ctx, b.key(":offers:"+a.Adviser)).Val()
		legs := b.rdb.SCard(ctx, b.key(":legs:"+a.Adviser)).Val()
		if int64(used) != offers+legs || used > 2 {
			b.Fatalf("adviser uses %d with %d offers and %d legs", used, offers, legs)
		}
	}
}
