package storage

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"adviceline/helpline"
	"adviceline/ops/embedded"
)

// durable gives a store on a server that syncs, as in production: the database of BENCH_DATABASE, so
// that others can be measured on the same one, or a server of its own.
func durable(b *testing.B) *Store {
	b.Helper()
	if url := os.Getenv("BENCH_DATABASE"); url != "" {
		if err := Migrate(b.Context(), url); err != nil {
			b.Fatal(err)
		}
		return open(b, url)
	}
	dir, err := os.MkdirTemp("", "adviceline-bench-")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil { // #nosec G302 -- the service's user has to pass
		b.Fatal(err)
	}
	s, err := embedded.Start(b.Context(), embedded.Options{Dir: filepath.Join(dir, "data"), Postgres: true})
	if err != nil {
		b.Skip("no Postgres: ", err)
	}
	b.Cleanup(func() { _ = s.Stop(context.Background()) })
	if err := Migrate(b.Context(), s.DatabaseURL()); err != nil {
		b.Fatal(err)
	}
	return open(b, s.DatabaseURL())
}

// BenchmarkOutcomes gives outcomes per second of one writer, each three rows: event, contact, staged.
// BenchmarkCopy100 is what it is measured against: rows per second of committed COPYs of 100,
// into a table without and with a primary key.
func BenchmarkOutcomes(b *testing.B) {
	s := durable(b)
	l := writing(b, s, LedgerOptions{})
	events := make([]helpline.Event, b.N)
	for i := range events {
		events[i] = step(uuid.NewString(), int64(i+1), helpline.OutcomeRecorded)
	}
	b.ReportAllocs()
	b.ResetTimer()
	answers := make(chan (<-chan error), 160)
	go func() {
		defer close(answers)
		for ; len(events) > 0; events = events[min(100, len(events)):] {
			answers <- l.Submit(events[:min(100, len(events))])
		}
	}()
	for a := range answers {
		if err := <-a; err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "outcomes/s")
	b.ReportMetric(float64(3*b.N)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64(b.N)/float64(l.Commits()), "outcomes/commit")
}

func BenchmarkCopy100(b *testing.B) {
	for name, key := range map[string]string{"bare": "", "keyed": "PRIMARY KEY"} {
		b.Run(name, func(b *testing.B) { copy100(b, key) })
	}
}

func copy100(b *testing.B, key string) {
	s := durable(b)
	execute(b, s.pool.Config().ConnString(), "DROP TABLE IF EXISTS copied; CREATE TABLE copied (key bytea "+key+", generation text, wrapped text, sealed text)")
	rows := make([][]any, b.N)
	for i := range rows {
		id := uuid.New()
		rows[i] = []any{id[:], "g1", "w", "sealed"}
	}
	b.ResetTimer()
	for ; len(rows) > 0; rows = rows[min(100, len(rows)):] {
		_, err := s.pool.CopyFrom(b.Context(), pgx.Identifier{"copied"}, []string{"key", "generation", "wrapped", "sealed"},
			pgx.CopyFromRows(rows[:min(100, len(rows))]))
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkIntakes gives what intakes with their offers cost, so many of them in a commit: two events and a row of a
// contact each.
func BenchmarkIntakes(b *testing.B) {
	const why = `{"rule":"arrival","passed":[{"adviser":"6f1c9e44-0f3a-4b77-9c1f-b7e6c1f00001","code":"full"},{"adviser":"6f1c9e44-0f3a-4b77-9c1f-b7e6c1f00002","code":"paused"}]}`
	for _, many := range []int{1, 30} {
		b.Run(strconv.Itoa(many), func(b *testing.B) {
			s := durable(b)
			l := writing(b, s, LedgerOptions{})
			events := make([]helpline.Event, 0, 2*b.N)
			at := int64(b.N) * 1_000_000
			for i := range int64(b.N) {
				came := step(uuid.NewString(), at+2*i, helpline.Enqueued)
				offered := step(came.Contact, at+2*i+1, helpline.OfferMade)
				offered.Adviser, offered.Why = uuid.NewString(), why
				events = append(events, came, offered)
			}
			b.ResetTimer()
			for ; len(events) > 0; events = events[min(2*many, len(events)):] {
				if err := <-l.Submit(events[:min(2*many, len(events))]); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "intakes/s")
		})
	}
}
