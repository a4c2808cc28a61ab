package storage

import (
	"context"
	"errors"
	"time"

	"adviceline/helpline"
)

// The pauses after a failure: each twice the last.
const (
	firstPause = 20 * time.Millisecond
	lastPause  = 500 * time.Millisecond
)

// writer is the state of the goroutine that commits.
type writer struct {
	ledger *Ledger
	down   bool // the last transaction failed for a reason that was not its events
	pause  time.Duration
}

// process commits a batch and answers everybody in it.
func (w *writer) process(ctx context.Context, batch []*submission) {
	var entries []*entry
	for _, s := range batch {
		entries = append(entries, s.entries...)
	}
	var stored []string
	err := w.write(ctx, entries, &stored)
	for _, s := range batch {
		s.done <- s.err
	}
	w.ledger.news.committed(stored)
	w.note(err, len(entries)-len(stored))
}

// write commits entries, in halves where one of them spoils the transaction. stored gets the spool's
// entries of those that Postgres has. The error is that of the service; entries keep theirs.
func (w *writer) write(ctx context.Context, entries []*entry, stored *[]string) error {
	l := w.ledger
	live, old, err := l.store.commit(ctx, l.line, entries)
	switch {
	case err == nil:
		l.commits.Add(1)
		w.refuse(old, helpline.ErrOldIncarnation, "")
		for _, e := range live {
			*stored = append(*stored, e.SpoolID)
		}
		return nil
	case ofData(err) && len(entries) > 1:
		half := len(entries) / 2
		if err := w.write(ctx, entries[:half], stored); err != nil {
			fail(entries[half:], err)
			return err
		}
		return w.write(ctx, entries[half:], stored)
	case ofData(err):
		var r Refusal
		_ = errors.As(err, &r)
		w.refuse(entries, ErrMalformed, r.State)
		return nil
	default:
		if ctx.Err() != nil {
			err = ErrLedgerStopped
		}
		fail(entries, err)
		return err
	}
}

func (w *writer) refuse(entries []*entry, reason helpline.Code, state string) {
	if len(entries) == 0 {
		return
	}
	fail(entries, reason)
	ids := make([]string, len(entries))
	for i, e := range entries {
		ids[i] = e.SpoolID
	}
	w.ledger.refuse(reason, state, ids)
}

// fail gives the error to those who wait for the entries; the first one stands.
func fail(entries []*entry, err error) {
	for _, e := range entries {
		if e.from.err == nil {
			e.from.err = err
		}
	}
}

// note logs when commits begin to fail and when they go on again, not what happens between.
func (w *writer) note(err error, lost int) {
	log := w.ledger.opt.Log
	switch {
	case err != nil && !w.down:
		log.Warn("ledger cannot commit, spool keeps the events", "error", err, "events", lost)
	case err == nil && w.down:
		log.Info("ledger commits again")
	}
	w.down = err != nil
}

// rest waits a moment after a failure, each time longer, until ctx ends.
func (w *writer) rest(ctx context.Context) {
	if !w.down {
		w.pause = firstPause
		return
	}
	timer := time.NewTimer(w.pause)
	defer timer.Stop()
	w.pause = min(2*w.pause, lastPause)
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
