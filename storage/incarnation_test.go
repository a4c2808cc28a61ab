package storage

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"adviceline/helpline"
)

func TestIncarnationNeverGoesBack(t *testing.T) {
	t.Parallel()
	s := open(t, database(t))
	if n, run, err := s.Incarnation(t.Context(), "main"); n != 0 || run != "" || err != nil {
		t.Errorf("before the first: %d %q %v", n, run, err)
	}
	for _, step := range []struct {
		number int64
		run    string
		want   error
	}{{1, "a", nil}, {1, "a", nil}, {1, "b", helpline.ErrOldIncarnation}, {3, "b", nil}, {2, "c", helpline.ErrOldIncarnation}} {
		if err := s.SetIncarnation(t.Context(), "main", step.number, step.run); !errors.Is(err, step.want) {
			t.Errorf("set %v: %v", step, err)
		}
	}
	if n, run, err := s.Incarnation(t.Context(), "main"); n != 3 || run != "b" || err != nil {
		t.Errorf("at the end: %d %q %v", n, run, err)
	}
}

func TestIncarnationDoesNotRiseDuringACommit(t *testing.T) {
	t.Parallel()
	s := open(t, database(t))
	if err := s.SetIncarnation(t.Context(), "main", 1, "a"); err != nil {
		t.Fatal(err)
	}
	err := s.within(t.Context(), func(ctx context.Context, tx pgx.Tx) error {
		if n, err := fence(ctx, tx, "main"); n != 1 || err != nil {
			t.Errorf("fence: %d, %v", n, err)
		}
		err := s.within(ctx, func(ctx context.Context, other pgx.Tx) error { // another node commits beside it
			_, err := fence(ctx, other, "main")
			return err
		})
		if err != nil {
			t.Errorf("fence of another node: %v", err)
		}
		if err := s.SetIncarnation(ctx, "main", 2, "b"); !errors.Is(err, Refusal{lockNotAvailable}) {
			t.Errorf("raised during a commit: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SetIncarnation(t.Context(), "main", 2, "b"); err != nil {
		t.Errorf("after the commit: %v", err)
	}
}

func TestHoldLetsOneAtATime(t *testing.T) {
	t.Parallel()
	url := database(t)
	var inside, most, entered atomic.Int64
	var g errgroup.Group
	for range 6 {
		s := open(t, url)
		g.Go(func() error {
			return s.Hold(t.Context(), "main", func(ctx context.Context) error {
				most.Store(max(most.Load(), inside.Add(1)))
				defer inside.Add(-1)
				entered.Add(1)
				_, _, err := s.Incarnation(ctx, "main")
				return err
			})
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	if most.Load() != 1 || entered.Load() != 6 {
		t.Errorf("%d entered, %d at once", entered.Load(), most.Load())
	}
	s := open(t, url)
	if err := s.Hold(t.Context(), "main", func(context.Context) error { return helpline.ErrBusy }); !errors.Is(err, helpline.ErrBusy) {
		t.Errorf("error of f: %v", err)
	}
}

func TestHoldWaitsNoLongerThanItsContext(t *testing.T) {
	t.Parallel()
	s := open(t, database(t))
	err := s.Hold(t.Context(), "main", func(ctx context.Context) error {
		short, cancel := context.WithTimeout(ctx, 0)
		defer cancel()
		return s.Hold(short, "main", func(context.Context) error { return nil })
	})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("held twice: %v", err)
	}
}
