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

	standings, rebuilt []Standing
	bound              string
	cleared, lost      int
	halted             time.Duration
}

func (l *lives) door() Door {
	return Door{
		Line: "main", Live: l, Lives: l, Ledger: l, Dress: func(context.Context, *Standing) {}, Reclaim: 10 * time.Second,
		Lost: func(n int) { l.lost += n }, Log: slog.New(slog.DiscardHandler),
	}
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

func (l *lives) Bind(run string) { l.bound = run }
func (l *lives) Clear(context.Context) (int, error) {
	l.cleared++
	return 0, nil
}
func (l *lives) Rebuild(_ context.Context, n int64, legs []Standing) (int, error) {
	if n != l.pg || l.redisRun != "" {
		return 0, errors.New("rebuilt while others may write")
	}
	l.rebuilt = append(l.rebuilt, legs...)
	return len(legs), nil
}
func (l *lives) Forget(context.Context, int64) error { return nil }
func (l *lives) Halt(_ context.Context, _ int64, d time.Duration) error {
	l.halted += d
	return nil
}
func (l *lives) Standings(_ context.Context, _, after string, _ int) ([]Standing, error) {
	if after != "" {
		return nil, nil
	}
	return l.standings, nil
}

func TestEnterRaisesTheIncarnationOnlyForAnotherServer(t *testing.T) {
	t.Parallel()
	l := &lives{runID: "one"}
	for range 2 {
		if n, err := l.door().Enter(t.Context()); err != nil || n != 1 {
			t.Fatalf("incarnation %d, %v", n, err)
		}
	}
	l.runID, l.spool = "two", []Event{{Incarnation: 1, Number: 5}}
	n, err := l.door().Enter(t.Context())
	if err != nil || n != 2 || l.redis != 2 || l.pg != 2 || l.drainedUnder != 1 {
		t.Fatalf("incarnation %d, %+v, %v", n, l, err)
	}
	l.redis, l.redisRun = 0, "" // Redis came back empty under the same process
	if n, err := l.door().Enter(t.Context()); err != nil || n != 3 || l.cleared != 3 || l.bound != "two" {
		t.Fatalf("incarnation %d, %+v, %v", n, l, err)
	}
}

// TestEnterRebuildsFromTheLedger: chats and running calls take their places before anybody may write; booked
// calls come by themselves; matching is held only when there is somebody to come back.
func TestEnterRebuildsFromTheLedger(t *testing.T) {
	t.Parallel()
	l := &lives{runID: "one"}
	if _, err := l.door().Enter(t.Context()); err != nil || l.halted != 0 {
		t.Fatalf("an empty line is held for %v, %v", l.halted, err)
	}
	l.runID = "two"
	l.standings = []Standing{
		{Contact: "a", Channel: "chat", State: Active}, {Contact: "b", Channel: "callback", State: Scheduled},
		{Contact: "c", Channel: "callback", State: Active, Call: &Callback{}},
	}
	_, err := l.door().Enter(t.Context())
	if err != nil || len(l.rebuilt) != 2 || l.rebuilt[1].Contact != "c" || l.halted != 10*time.Second || l.lost != 2 {
		t.Fatalf("%+v, %v", l, err)
	}
}

func TestEnterStopsWhenTheSpoolCannotBeCommitted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &lives{runID: "two", redisRun: "one", redis: 4, pg: 4, spool: []Event{{Number: 1}}}
		d := l.door()
		d.Ledger = refuses{}
		if _, err := d.Enter(t.Context()); err == nil || l.pg != 4 || l.redis != 4 {
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
