package helpline

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// ledgerOf answers each Submit with what the test says, when it says it.
type ledgerOf struct {
	mu   sync.Mutex
	got  []Event
	done chan error
}

func (l *ledgerOf) Submit(events []Event) <-chan error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.got = append(l.got, events...)
	return l.done
}

// queueOf is the one step that this test needs; the others are not called.
type queueOf struct {
	Queue
	events []Event
}

func (q queueOf) Leave(context.Context, string, int64, string) ([]Event, error) { return q.events, nil }

func lineWith(l Ledger) *Line {
	return &Line{
		Queue: queueOf{events: []Event{{Number: 1, Kind: Left}}}, Ledger: l, Tokens: testTokens("a"),
		Timing: DefaultTiming(), Log: slog.New(slog.DiscardHandler), Observe: func(Event) {},
	}
}

func TestDurableFactsWaitForTheLedger(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ledger := &ledgerOf{done: make(chan error)}
		line := lineWith(ledger)
		token := line.Tokens.Sign(Claim{Contact: line.Tokens.ContactID("x"), Version: 1})
		answered := make(chan time.Time, 1)
		begin := time.Now()
		go func() {
			if err := line.Leave(t.Context(), token, "done"); err != nil {
				t.Error(err)
			}
			answered <- time.Now()
		}()
		<-time.After(100 * time.Millisecond)
		ledger.done <- nil
		if took := (<-answered).Sub(begin); took != 100*time.Millisecond {
			t.Fatalf("answered after %v, the commit came after 100ms", took)
		}
	})
}

func TestDurableFactsFallBackToTheSpool(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		line := lineWith(&ledgerOf{done: make(chan error)})
		token := line.Tokens.Sign(Claim{Contact: line.Tokens.ContactID("x"), Version: 1})
		begin := time.Now()
		if err := line.Leave(t.Context(), token, "done"); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begin); took != DefaultTiming().DurableWait {
			t.Fatalf("waited %v for a ledger that is away", took)
		}
	})
}

// lives is both sides of the incarnation in memory.
type lives struct {
	runID, redisRun, pgRun string
	redis, pg              int64
	spool                  []Event
	drainedUnder           int64
}

func (l *lives) Life(context.Context) (string, string, int64, error) {
	return l.runID, l.redisRun, l.redis, nil
}
func (l *lives) SetLife(_ context.Context, run string, n int64) error {
	l.redisRun, l.redis = run, n
	return nil
}
func (l *lives) Overdue(context.Context, int64, int) ([]Event, error) { return l.spool, nil }
func (l *lives) Hold(ctx context.Context, _ string, f func(context.Context) error) error {
	return f(ctx)
}
func (l *lives) Incarnation(context.Context, string) (int64, string, error) {
	return l.pg, l.pgRun, nil
}
func (l *lives) SetIncarnation(_ context.Context, _ string, n int64, run string) error {
	l.pg, l.pgRun = n, run
	return nil
}
func (l *lives) Submit([]Event) <-chan error {
	l.spool, l.drainedUnder = nil, l.pg
	done := make(chan error, 1)
	done <- nil
	return done
}

func TestEnterRaisesTheIncarnationOnlyForAnotherServer(t *testing.T) {
	t.Parallel()
	l := &lives{runID: "one"}
	for range 2 {
		if n, err := Enter(t.Context(), "main", l, l, l); err != nil || n != 1 {
			t.Fatalf("incarnation %d, %v", n, err)
		}
	}
	l.runID, l.spool = "two", []Event{{Incarnation: 1, Number: 5}}
	n, err := Enter(t.Context(), "main", l, l, l)
	if err != nil || n != 2 || l.redis != 2 || l.pg != 2 || l.drainedUnder != 1 {
		t.Fatalf("incarnation %d, %+v, %v", n, l, err)
	}
	l.redis, l.redisRun = 0, "" // Redis came back empty under the same process
	if n, err := Enter(t.Context(), "main", l, l, l); err != nil || n != 3 {
		t.Fatalf("incarnation %d, %v", n, err)
	}
}

func TestEnterStopsWhenTheSpoolCannotBeCommitted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &lives{runID: "two", redisRun: "one", redis: 4, pg: 4, spool: []Event{{Number: 1}}}
		if _, err := Enter(t.Context(), "main", l, l, refuses{}); err == nil || l.pg != 4 || l.redis != 4 {
			t.Fatalf("entered over an uncommitted spool: %+v %v", l, err)
		}
	})
}

// refuses is a ledger that is away.
type refuses struct{}

func (refuses) Submit([]Event) <-chan error {
	done := make(chan error, 1)
	done <- errors.New("away")
	return done
}
