package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// stops is what has to be stopped, each pushed as soon as it runs: last in, first out.
type stops struct {
	list []stop
	log  *slog.Logger
}

type stop struct {
	name string
	f    func(context.Context) error
}

func (s *stops) push(name string, f func(context.Context) error) {
	s.list = append(s.list, stop{name, f})
}

// all runs every stop within the bound of ctx; a late one does not keep the next from its turn.
func (s *stops) all(ctx context.Context) error {
	var failed []error
	for i := len(s.list) - 1; i >= 0; i-- {
		begin := time.Now()
		if err := s.list[i].f(ctx); err != nil {
			failed = append(failed, fmt.Errorf("stop %s: %w", s.list[i].name, err))
		}
		s.log.Debug("stopped", "what", s.list[i].name, "ms", time.Since(begin).Milliseconds())
	}
	s.list = nil
	return errors.Join(failed...)
}

// goes starts f and pushes its stop: cancel, then wait for its end within the bound.
func (s *stops) goes(name string, f func(context.Context)) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(ctx)
	}()
	s.push(name, func(bound context.Context) error {
		cancel()
		select {
		case <-done:
			return nil
		case <-bound.Done():
			return bound.Err()
		}
	})
}
