package storage

import (
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"adviceline/helpline"
)

// BenchmarkOutcomes gives outcomes per second of one writer, each three rows: event, contact, staged.
// BenchmarkCopy100 is what it is measured against: rows per second of committed COPYs of 100.
func BenchmarkOutcomes(b *testing.B) {
	s := open(b, database(b))
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
	s := open(b, database(b))
	execute(b, s.pool.Config().ConnString(), "CREATE TABLE copied (key bytea, generation text, wrapped text, sealed text)")
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
