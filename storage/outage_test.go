package storage

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"adviceline/helpline"
)

// eventually calls f until it gives nil.
func eventually(t *testing.T, f func() error) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		err := f()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

func TestPostgresGoesAndReturns(t *testing.T) {
	t.Parallel()
	server := own(t)
	s := open(t, server.DatabaseURL())
	var log strings.Builder
	var mu sync.Mutex
	l := writing(t, s, LedgerOptions{Log: slog.New(slog.NewTextHandler(locked{&mu, &log}, nil))})
	lasting := step(uuid.NewString(), 1, helpline.Enqueued)
	if err := submit(t, l, lasting); err != nil {
		t.Fatal(err)
	}
	if err := server.StopPostgres(); err != nil {
		t.Fatal(err)
	}
	late := step(uuid.NewString(), 2, helpline.Enqueued)
	for range 3 {
		if err := submit(t, l, late); !errors.Is(err, ErrUnavailable) {
			t.Errorf("while Postgres is away: %v", err)
		}
	}
	if err := s.Ping(t.Context()); !errors.Is(err, ErrUnavailable) {
		t.Errorf("ping: %v", err)
	}
	if err := server.StartPostgres(); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() error { return submit(t, l, lasting, late) })
	if got := len(dump(t, s)); got != 4 {
		t.Errorf("%d rows, want 4", got)
	}
	mu.Lock()
	defer mu.Unlock()
	if n := strings.Count(log.String(), "cannot commit"); n != 1 || !strings.Contains(log.String(), "commits again") {
		t.Errorf("log:\n%s", log.String())
	}
}

type locked struct {
	mu *sync.Mutex
	to *strings.Builder
}

func (l locked) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.to.Write(b)
}

func TestStopWithoutPostgresAnswersEverybody(t *testing.T) {
	t.Parallel()
	server := own(t)
	if err := server.StopPostgres(); err != nil {
		t.Fatal(err)
	}
	l := NewLedger(open(t, server.DatabaseURL()), "main", LedgerOptions{MaxBatch: 1})
	var answers []<-chan error
	for n := range int64(50) {
		answers = append(answers, l.Submit([]helpline.Event{step(uuid.NewString(), n+1, helpline.Enqueued)}))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	l.Run(ctx)
	for _, a := range answers {
		if err := <-a; err == nil {
			t.Error("committed without Postgres")
		}
	}
}

func TestHoldEndsWithItsConnection(t *testing.T) {
	t.Parallel()
	server := own(t)
	s := open(t, server.DatabaseURL())
	err := s.Hold(t.Context(), "main", func(ctx context.Context) error {
		if err := server.StopPostgres(); err != nil {
			return err
		}
		<-ctx.Done()
		return ctx.Err()
	})
	if !errors.Is(err, ErrUnavailable) {
		t.Errorf("lock lost: %v", err)
	}
}
