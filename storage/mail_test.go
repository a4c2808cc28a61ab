package storage

import (
	"context"
	"testing"
	"time"
)

// A mailer that has nothing to do holds up nobody's stop.
func TestMailerStopsAtOnce(t *testing.T) {
	t.Parallel()
	m, err := NewMailer(open(t, database(t)), func(context.Context, MailAbout) error { return nil }, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- m.Run(ctx) }()
	cancel()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(4 * time.Second):
		t.Error("it does not stop")
	}
}
