package storage

import (
	"context"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"adviceline/helpline"
)

// LedgerOptions of a ledger; zero values give the defaults. Both callbacks get entries of the spool,
// in a goroutine of their own, so that they may take their time; either may be nil.
type LedgerOptions struct {
	// Committed gets entries that Postgres has, now or since before: they may be discarded.
	Committed func(spoolIDs []string)
	// Refused gets entries that Postgres can never take: ErrMalformed or ErrOldIncarnation. They stay
	// in the spool until somebody sets them aside.
	Refused  func(spoolIDs []string, reason helpline.Code)
	MaxBatch int // events in one transaction, about: a submission is not divided (2,000)
	Queue    int // events that may wait for the writer (20,000)
	Log      *slog.Logger
}

// Ledger makes the events of one line durable. One goroutine writes, without a timer: it commits what
// came while the last commit ran. Safe for concurrent use.
type Ledger struct {
	store   *Store
	line    string
	opt     LedgerOptions
	commits atomic.Int64
	wake    chan struct{}
	news    *reports

	mu      sync.Mutex
	waiting []*submission
	events  int // in waiting
	closed  bool
}

var _ helpline.Ledger = (*Ledger)(nil)

// submission is what one call of Submit brought; err is the writer's alone.
type submission struct {
	entries []*entry
	err     error
	done    chan error
}

// NewLedger makes the ledger of a line. Nothing is written before Run.
func NewLedger(store *Store, line string, o LedgerOptions) *Ledger {
	if o.MaxBatch <= 0 {
		o.MaxBatch = 2000
	}
	if o.Queue <= 0 {
		o.Queue = 20_000
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Ledger{store: store, line: line, opt: o, wake: make(chan struct{}, 1), news: newReports(o)}
}

// Commits tells how many transactions the ledger has committed.
func (l *Ledger) Commits() int64 { return l.commits.Load() }

// Submit implements helpline.Ledger. The channel gives one value: nil once all events are committed,
// else why one of them is not: ErrLedgerFull, ErrLedgerStopped, ErrMalformed, ErrOldIncarnation,
// ErrUnavailable or another failure of the transaction. The other events are not held up by that one.
func (l *Ledger) Submit(events []helpline.Event) <-chan error {
	s := &submission{done: make(chan error, 1), entries: make([]*entry, 0, len(events))}
	var malformed []string
	for _, e := range events {
		if entry, err := read(e, s); err != nil {
			malformed = append(malformed, e.SpoolID)
		} else {
			s.entries = append(s.entries, entry)
		}
	}
	if len(malformed) > 0 {
		s.err = ErrMalformed
		l.refuse(ErrMalformed, "", malformed)
	}
	if err := l.enqueue(s); err != nil || len(s.entries) == 0 {
		if s.err == nil {
			s.err = err
		}
		s.done <- s.err
	}
	return s.done
}

func (l *Ledger) enqueue(s *submission) error {
	if len(s.entries) == 0 {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return ErrLedgerStopped
	}
	if l.events+len(s.entries) > l.opt.Queue {
		return ErrLedgerFull
	}
	l.waiting = append(l.waiting, s)
	l.events += len(s.entries)
	signal(l.wake)
	return nil
}

// take gives the oldest submissions of at most MaxBatch events together, or a single larger one.
func (l *Ledger) take() (batch []*submission) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n, events := 0, 0
	for n < len(l.waiting) && (n == 0 || events+len(l.waiting[n].entries) <= l.opt.MaxBatch) {
		events += len(l.waiting[n].entries)
		n++
	}
	batch = l.waiting[:n:n]
	l.waiting = l.waiting[n:]
	if len(l.waiting) == 0 {
		l.waiting = nil
	}
	l.events -= events
	return batch
}

// stopTime bounds what is still committed after the end of Run's context.
const stopTime = 5 * time.Second

// Run is the writer. It ends once ctx has ended and what was submitted before is committed or, after
// 5 s or the first failure, answered with an error. Run it once; whoever starts it waits for it.
func (l *Ledger) Run(ctx context.Context) {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	bound := make(chan struct{})
	var helpers sync.WaitGroup
	helpers.Go(func() { l.news.run(bound) })
	helpers.Go(func() { bounded(ctx, bound, cancel) })
	defer helpers.Wait()
	defer close(bound)

	w := writer{ledger: l, pause: firstPause}
	for ctx.Err() == nil {
		runtime.Gosched() // those whom one batch of scripts woke together share a commit
		batch := l.take()
		if len(batch) == 0 {
			select {
			case <-l.wake:
			case <-ctx.Done():
			}
			continue
		}
		w.process(work, batch)
		w.rest(ctx)
	}
	l.close()
	for batch := l.take(); len(batch) > 0; batch = l.take() {
		w.process(work, batch)
		if w.down {
			cancel() // nobody waits for what cannot be
		}
	}
}

// bounded cancels the writer's work when ctx ended longer ago than stopTime.
func bounded(ctx context.Context, ended <-chan struct{}, cancel context.CancelFunc) {
	select {
	case <-ended:
		return
	case <-ctx.Done():
	}
	timer := time.NewTimer(stopTime)
	defer timer.Stop()
	select {
	case <-ended:
	case <-timer.C:
		cancel()
	}
}

func (l *Ledger) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
}

// refuse reports events that Postgres can never take, by code only.
func (l *Ledger) refuse(reason helpline.Code, state string, spoolIDs []string) {
	l.opt.Log.Error("event refused", "code", string(reason), "sqlstate", state, "events", len(spoolIDs))
	l.news.refused(reason, spoolIDs)
}

// signal wakes whoever waits on c, or leaves the mark for the next who does.
func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
