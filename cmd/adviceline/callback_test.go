package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"adviceline/helpline"
	"adviceline/helpline/phone"
	"adviceline/helpline/seal"
	"adviceline/ops/servicetest"
	"adviceline/queue"
	"adviceline/storage"
)

// callHouse is a line over a real queue and real stores, under one clock for all of them.
type callHouse struct {
	*testing.T
	*helpline.Line
	queue *queue.Queue
	rows  storage.Callbacks
	raw   *redis.Client
	keys  *seal.Keys
	dir   string
	line  string
	pg    string
	log   *bytes.Buffer
	ms    atomic.Int64
}

func newCallHouse(t *testing.T) *callHouse {
	t.Helper()
	h := &callHouse{T: t, dir: t.TempDir(), line: servicetest.Prefix(t), pg: servicetest.Postgres(t), log: new(bytes.Buffer)}
	h.ms.Store(time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC).UnixMilli())
	if err := storage.Migrate(t.Context(), h.pg); err != nil {
		t.Fatal(err)
	}
	store, err := storage.Open(context.Background(), storage.Options{URL: h.pg, Pool: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	h.rows = storage.NewCallbacks(store, h.line)
	if h.keys, err = seal.Open(seal.Options{Root: bytes.Repeat([]byte{1}, 32), Dir: h.dir, Now: h.now}); err != nil {
		t.Fatal(err)
	}
	url := servicetest.Redis(t)
	o, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	h.raw = redis.NewClient(o)
	t.Cleanup(func() { _ = h.raw.Close() })
	h.queue, err = queue.Open(queue.Options{URL: url, Line: h.line, Node: "n", Salt: rand.Text(), Pool: 4, Timing: helpline.DefaultTiming()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.queue.Close() })
	h.queue.Use(func() int64 { return 1 })
	h.begin()
	log := slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	h.Line = &helpline.Line{
		Queue: h.queue, Ledger: h.ledger(store), Seal: h.keys, Tokens: helpline.NewTokens(h.keys.Derive),
		Timing: helpline.DefaultTiming(), Now: h.now, Log: log, Observe: func(helpline.Event) {},
		Calls: &helpline.Callbacks{
			Queue: h.queue, Look: h.queue, Store: h.rows, Audit: h.rows, Marks: h.keys,
			Read: phone.NewRule(nil, "+358 295 463 177").Read,
		},
	}
	cards := storage.NewMatters(store, h.line)
	h.Matters = &helpline.Matters{Queue: h.queue, Store: cards, Audit: cards, Marks: h.keys}
	return h
}

// ledger runs until the test ends.
func (h *callHouse) ledger(store *storage.Store) *storage.Ledger {
	l := storage.NewLedger(store, h.line, storage.LedgerOptions{})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		l.Run(ctx)
	}()
	h.Cleanup(func() {
		cancel()
		<-done
	})
	return l
}

func (h *callHouse) now() time.Time { return time.UnixMilli(h.ms.Load()).UTC() }

// begin makes the line usable in a Redis that has nothing of it.
func (h *callHouse) begin() {
	h.Helper()
	if err := h.queue.SetLife(h.Context(), "x", 1); err != nil {
		h.Fatal(err)
	}
	far := redis.Z{Member: "node|n", Score: 1e15} // nobody beats in this test
	if err := h.raw.ZAdd(h.Context(), h.key(":timers"), far).Err(); err != nil {
		h.Fatal(err)
	}
	h.pass(0)
}

// empty loses everything of the line that Redis has.
func (h *callHouse) empty() {
	h.Helper()
	keys, err := h.raw.Keys(h.Context(), h.key("*")).Result()
	if err == nil {
		err = h.raw.Del(h.Context(), keys...).Err()
	}
	if err != nil {
		h.Fatal(err)
	}
	h.begin()
}

// pass moves the one clock on and sweeps.
func (h *callHouse) pass(d time.Duration) {
	h.Helper()
	h.ms.Add(d.Milliseconds())
	if err := h.raw.HSet(context.Background(), h.key(":meta"), "clock", h.ms.Load()).Err(); err != nil {
		h.Fatal(err)
	}
	for n := int64(1); n > 0; {
		var events []helpline.Event
		var err error
		if n, events, err = h.queue.Expire(context.Background()); err != nil {
			h.Fatal(err)
		}
		if h.Line != nil {
			h.Note(events)
		}
	}
}

func (h *callHouse) key(suffix string) string { return "{line:" + h.line + "}" + suffix }

func (h *callHouse) window(from, to time.Duration) helpline.Window {
	return helpline.Window{From: h.now().Add(from), To: h.now().Add(to)}
}

func (h *callHouse) request(number, askFor string, windows ...helpline.Window) helpline.Admission {
	h.Helper()
	a, err := h.ask(uuid.NewString(), number, askFor, windows...)
	if err != nil {
		h.Fatal(err)
	}
	return a
}

func (h *callHouse) ask(request, number, askFor string, windows ...helpline.Window) (helpline.Admission, error) {
	return h.Admit(h.Context(), helpline.Intake{
		RequestID: request, Channel: "callback", PageLanguage: "fi", Language: "fi", Asks: "work", Body: []byte(request),
		Callback: &helpline.CallbackWish{
			Number: helpline.NewText(number), AskFor: helpline.NewText(askFor), CodeWord: helpline.NewText("sentinelword"), Windows: windows,
		},
	})
}

func (h *callHouse) adviser() helpline.Console {
	h.Helper()
	w, err := h.ConsoleUp(h.Context(), helpline.Adviser{ID: uuid.NewString(), Alias: "A", Languages: []string{"fi"}, Capacity: 2}, nil)
	if err != nil {
		h.Fatal(err)
	}
	if _, err := h.Duty(h.Context(), w.Console, helpline.DutyWish{State: "ready", Audible: true}); err != nil {
		h.Fatal(err)
	}
	return w.Console
}

func (h *callHouse) field(contact, name string) string {
	return h.raw.HGet(context.Background(), h.key(":c:"+contact), name).Val()
}

// dial accepts the offer of a callback and reveals its number.
func (h *callHouse) dial(c helpline.Console, contact string) helpline.Number {
	h.Helper()
	if _, err := h.Accept(h.Context(), c, h.field(contact, "offer")); err != nil {
		h.Fatalf("accept in state %s: %v", h.field(contact, "state"), err)
	}
	n, err := h.Reveal(h.Context(), c, contact, uuid.NewString())
	if err != nil {
		h.Fatal(err)
	}
	return n
}

func (h *callHouse) attempt(c helpline.Console, contact, result string) time.Time {
	h.Helper()
	due, err := h.Attempt(h.Context(), c, helpline.Attempt{ID: uuid.NewString(), Contact: contact, Result: result})
	if err != nil {
		h.Fatal(err)
	}
	return due
}

// finish ends a call whose person was reached.
func (h *callHouse) finish(c helpline.Console, contact string) {
	h.Helper()
	h.attempt(c, contact, "reached")
	if err := h.Record(h.Context(), c, contact, []byte(`{"outcome":["advice_given"]}`)); err != nil {
		h.Fatal(err)
	}
}

// stored gives everything that Postgres and Redis hold, as text.
func (h *callHouse) stored() string {
	h.Helper()
	dump, err := exec.CommandContext(h.Context(), servicetest.PgDump(h.T), "--dbname="+h.pg, "--inserts").Output()
	if err != nil {
		h.Fatal(err)
	}
	var b strings.Builder
	b.Write(dump)
	ctx := context.Background()
	keys, err := h.raw.Keys(ctx, h.key("*")).Result()
	if err != nil || len(keys) == 0 {
		h.Fatalf("%d keys, %v", len(keys), err)
	}
	for _, k := range keys {
		raw, err := h.raw.Dump(ctx, k).Result()
		if err != nil {
			h.Fatal(err)
		}
		fmt.Fprintf(&b, "%s\n%s\n%v\n%v\n", k, raw, h.raw.HGetAll(ctx, k).Val(), h.raw.XRange(ctx, k, "-", "+").Val())
	}
	return b.String()
}
