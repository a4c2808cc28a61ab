package storage

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"adviceline/ops/embedded"
	"adviceline/ops/servicetest"
)

func TestMain(m *testing.M) { servicetest.Main(m) }

// database gives the address of a fresh database with the schema.
func database(tb testing.TB) string {
	tb.Helper()
	url := servicetest.Postgres(tb)
	if err := Migrate(tb.Context(), url); err != nil {
		tb.Fatal(err)
	}
	return url
}

// own gives a server that the test may stop, with the schema.
func own(tb testing.TB) *embedded.Services {
	tb.Helper()
	s := servicetest.OwnServices(tb)
	if err := Migrate(tb.Context(), s.DatabaseURL()); err != nil {
		tb.Fatal(err)
	}
	return s
}

func execute(tb testing.TB, url, text string) {
	tb.Helper()
	conn, err := pgx.Connect(tb.Context(), url)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	if _, err := conn.Exec(tb.Context(), text); err != nil {
		tb.Fatal(err)
	}
}

// open gives a store on the database of an address.
func open(tb testing.TB, url string) *Store {
	tb.Helper()
	s, err := Open(context.Background(), Options{URL: url, Pool: 4})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(s.Close)
	return s
}

// writing gives a ledger that runs until the test ends.
func writing(tb testing.TB, s *Store, o LedgerOptions) *Ledger {
	tb.Helper()
	l := NewLedger(s, "main", o)
	run(tb, l)
	return l
}

// run starts a ledger that was filled before, until the test ends.
func run(tb testing.TB, l *Ledger) {
	tb.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		l.Run(ctx)
	}()
	tb.Cleanup(func() {
		cancel()
		<-done
	})
}
