package helpline

import (
	"context"
	"fmt"
)

// Listener is a supervisor who listens in on one leg, by one socket. Alias is what both sides are told.
type Listener struct {
	Contact    string
	Supervisor string
	Alias      string
	Socket     string
}

// ErrListened says that another supervisor listens in on the leg.
const ErrListened Code = "listened"

// ListenQueue keeps who listens in. Listen tells both sides in the same step, and from then on what is said goes to
// the listener's node too, until Unlisten, the end of the leg, or that of the node. CanListen changes nothing.
// Errors: ErrNotFound (no chat with both its people there, or the supervisor's own), ErrListened.
type ListenQueue interface {
	CanListen(ctx context.Context, l Listener) error
	Listen(ctx context.Context, l Listener) error
	Unlisten(ctx context.Context, contact, socket string) error
}

// Listening lets supervisors listen in on chats: from now on, never to what was said before, and never unseen.
type Listening struct {
	Line  *Line
	Queue ListenQueue
	Audit Auditor
}

// Begin notes in the audit that the supervisor listens in, then tells both sides, then lets what is said from now on
// come. Without the row nobody is told and nothing comes. Errors: those of ListenQueue, ErrBusy, ErrForbidden (an account
// without an alias: nobody listens in unnamed).
func (s *Listening) Begin(ctx context.Context, l Listener) error {
	if l.Alias == "" {
		return ErrForbidden
	}
	if err := s.Queue.CanListen(ctx, l); err != nil {
		return fmt.Errorf("listen in: %w", err)
	}
	deed := Deed{ID: s.Line.Tokens.DeedID(), Adviser: l.Supervisor, Deed: "listened", Contact: l.Contact}
	if err := s.Audit.Audit(ctx, deed); err != nil {
		return busy("audit listened", err)
	}
	if err := s.Queue.Listen(ctx, l); err != nil {
		return fmt.Errorf("listen in: %w", err)
	}
	return nil
}

// End stops listening in and tells both sides. Error: ErrNotFound where it is over already.
func (s *Listening) End(ctx context.Context, contact, socket string) error {
	if err := s.Queue.Unlisten(ctx, contact, socket); err != nil {
		return fmt.Errorf("stop listening in: %w", err)
	}
	return nil
}

// Heard opens what was said, for the listener whom its two people know of.
func (s *Listening) Heard(ctx context.Context, contact string, n Notice) Message {
	return s.Line.OpenMessage(ctx, contact, n.Key, n.Said())
}
