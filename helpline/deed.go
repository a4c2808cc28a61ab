package helpline

import (
	"context"
	"fmt"
	"time"
)

// The deeds that change the directory of receivers.
const (
	DeedDirectory = "directory_set" // all of it by a file; its code says from where
	DeedReceiver  = "receiver_set"  // one receiver; its code is the receiver's id
	DeedPartner   = "partner_set"   // a key for a receiver's own system, or that it was taken away
	DeedNoPartner = "partner_removed"
)

// Nobody stands in the audit where no account did something: a receiver, or who runs the program.
const Nobody = "00000000-0000-0000-0000-000000000000"

// Deeds lets supervisors read the audit.
type Deeds struct {
	Store interface {
		Deeds(ctx context.Context, before time.Time, n int) ([]Noted, error)
	}
	Audit  Auditor
	Tokens Tokens
}

// Read gives what was noted, latest first, before an instant unless that is zero. That it is read is noted first;
// without that nothing is read.
func (s *Deeds) Read(ctx context.Context, supervisor string, before time.Time, n int) ([]Noted, error) {
	deed := Deed{ID: s.Tokens.DeedID(), Adviser: supervisor, Deed: "audit_read", Contact: Nobody}
	if err := s.Audit.Audit(ctx, deed); err != nil {
		return nil, fmt.Errorf("audit audit_read: %w", err)
	}
	return s.Store.Deeds(ctx, before, n)
}
