package queue

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/redis/go-redis/v9"

	"adviceline/helpline"
	"adviceline/ops/servicetest"
)

// BenchmarkEnqueueAndOffer takes contacts in who are offered at once: the heaviest of the frequent
// scripts. Run it with -benchtime=10000x: every contact stays in Redis.
func BenchmarkEnqueueAndOffer(b *testing.B) { compare(b, "enqueue", intake) }

// BenchmarkStatus reads the line's status: a light script.
func BenchmarkStatus(b *testing.B) { compare(b, "status", head) }

// compare runs a verb with a round trip for each call, and by the writer; AOF off.
func compare(b *testing.B, verb string, args func(*Queue) []any) {
	for _, callers := range []int{1, 64, 512} {
		b.Run("percall/"+strconv.Itoa(callers), func(b *testing.B) { drive(b, verb, args, callers, true) })
		b.Run("batched/"+strconv.Itoa(callers), func(b *testing.B) { drive(b, verb, args, callers, false) })
	}
}

func drive(b *testing.B, verb string, args func(*Queue) []any, callers int, alone bool) {
	ctx := context.Background()
	timing := helpline.DefaultTiming()
	timing.SpoolMax = 1 << 40
	q, err := Open(Options{URL: server(b), Line: servicetest.Prefix(b), Node: "n1", Salt: rand.Text(), Pool: 24, Timing: timing})
	if err != nil {
		b.Fatal(err)
	}
	q.Use(func() int64 { return 1 })
	var r rounds
	send := q.eval
	if alone {
		send = perCall(q)
		q.rdb.AddHook(&r)
	} else {
		q.writer.rdb.AddHook(&r)
	}
	if err := ready(ctx, q); err != nil {
		b.Fatal(err)
	}
	calls := make([][]any, b.N)
	for i := range calls {
		calls[i] = args(q)
	}
	if _, err := send(ctx, q.scripts[verb], args(q)); err != nil {
		b.Fatal(err)
	}
	r.trips.Store(0)
	before := busy(ctx, b, q)
	var next, failed atomic.Int64
	var wg sync.WaitGroup
	b.ReportAllocs()
	b.ResetTimer()
	for range callers {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(b.N); i = next.Add(1) - 1 {
				reply, err := send(ctx, q.scripts[verb], calls[i])
				if err != nil || reply[0] != int64(0) {
					failed.Add(1)
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "scripts/s")
	b.ReportMetric((busy(ctx, b, q)-before)*1e6/float64(b.N), "redis-us/script")
	b.ReportMetric(float64(r.trips.Load())*1000/float64(b.N), "trips/1000")
	waiting, err := q.rdb.HLen(ctx, q.key(":classes")).Result()
	if err != nil || waiting != 0 || failed.Load() > 0 {
		b.Fatalf("%d failed, %d were not offered, %v", failed.Load(), waiting, err)
	}
	if err := errors.Join(q.rdb.FlushDB(ctx).Err(), q.Close()); err != nil {
		b.Fatal(err)
	}
}

// server is the Redis of BENCH_REDIS, so that others can be measured on the same one, or the tests' own.
func server(b *testing.B) string {
	b.Helper()
	if url := os.Getenv("BENCH_REDIS"); url != "" {
		return url
	}
	return servicetest.Redis(b)
}

// busy gives the seconds of processor that Redis has used.
func busy(ctx context.Context, b *testing.B, q *Queue) float64 {
	text, err := q.rdb.Info(ctx, "cpu").Result()
	if err != nil {
		b.Fatal(err)
	}
	var sum float64
	for _, name := range []string{"used_cpu_user_main_thread:", "used_cpu_sys_main_thread:"} {
		_, rest, _ := strings.Cut(text, name)
		seconds, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
		if err != nil {
			b.Fatal(err)
		}
		sum += seconds
	}
	return sum
}

// ready turns the append-only file off and seats one adviser who takes everybody.
func ready(ctx context.Context, q *Queue) error {
	if err := q.rdb.ConfigSet(ctx, "appendonly", "no").Err(); err != nil {
		return err
	}
	if err := q.SetLife(ctx, "bench", 1); err != nil {
		return err
	}
	desk, _, err := q.ConsoleUp(ctx, helpline.Adviser{ID: "a", Alias: "A", Languages: []string{"fi"}, Capacity: 1 << 30})
	if err == nil {
		_, _, err = q.Duty(ctx, desk.Console, helpline.DutyWish{State: "ready", Audible: true})
	}
	return err
}

// head gives the arguments that run puts before every script's own.
func head(q *Queue) []any {
	return []any{q.incarnation(), q.opt.Salt, q.opt.Node}
}

// intake gives the arguments of one enqueue, as Enqueue makes them.
func intake(q *Queue) []any {
	e := entry("fi", helpline.Ordinary)
	return append(head(q),
		e.Contact, e.Print, e.Key, e.Channel, e.Language, e.Told, string(e.Lane), "", 0, e.Numbers[0], e.Numbers[1],
		e.Numbers[2],
	)
}

// perCall sends each script as a command of its own, on a connection of the pool.
func perCall(q *Queue) func(context.Context, script, []any) ([]any, error) {
	return func(ctx context.Context, s script, args []any) ([]any, error) {
		again := func() ([]any, error) {
			cmd := once{redis.NewCmd(ctx, append([]any{"fcall", s.function, 1, q.tag}, args...)...)}
			_ = q.rdb.Process(ctx, cmd)
			return cmd.Slice()
		}
		reply, err := again()
		if missing(err) {
			if err = q.rdb.FunctionLoadReplace(ctx, s.library).Err(); err == nil {
				reply, err = again()
			}
		}
		return reply, err
	}
}
