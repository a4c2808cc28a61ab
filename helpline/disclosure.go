package helpline

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// Disclosure is one disclosure without consent, of the closed list of grounds (domain.md 2.3). It holds
// nothing of the person.
type Disclosure struct {
	ID       string
	At       time.Time // when it was made: the adviser's hour, at most a day back
	Ground   string    // disclosure_ground
	Receiver string    // destination_kind: the authority that was told
	Receipt  string    // the authority's own reference
	Adviser  string
	Alias    string    // of the adviser, or the name, as it is now; empty: the account is gone
	Seen     time.Time // zero: no supervisor has noted it yet
	SeenBy   string
	SeenWho  string // the same of who saw it
}

// DisclosureStore keeps the register. AddDisclosure is idempotent by id and lets the supervisors be told in
// the same transaction; its clock fills At where none is given.
type DisclosureStore interface {
	AddDisclosure(ctx context.Context, d Disclosure) error
	Disclosures(ctx context.Context, before time.Time, n int) ([]Disclosure, error)
	SeeDisclosure(ctx context.Context, id, supervisor string) error
	UnseenDisclosures(ctx context.Context) (int, error)
}

// Disclosures are the steps of the register. Nothing here waits for anybody: the adviser acts, and records.
type Disclosures struct {
	Store  DisclosureStore
	Audit  Auditor
	Tokens Tokens
	Screen func(text string) (redacted string, types []string)
}

// Record keeps a disclosure that was made. Errors: ErrInvalid for a receipt that is none or that looks like
// something of a person, or for an hour more than a day back or ahead.
func (s *Disclosures) Record(ctx context.Context, d Disclosure, now time.Time) error {
	d.Receipt = strings.TrimSpace(d.Receipt)
	if utf8.RuneCountInString(d.Receipt) > 40 || strings.ContainsFunc(d.Receipt, func(r rune) bool { return r < ' ' }) {
		return ErrInvalid
	}
	if _, types := s.Screen(d.Receipt); len(types) > 0 {
		return ErrInvalid
	}
	if !d.At.IsZero() && (d.At.After(now.Add(time.Hour)) || d.At.Before(now.Add(-24*time.Hour))) {
		return ErrInvalid
	}
	return s.Store.AddDisclosure(ctx, d)
}

// Read gives a supervisor the register, latest first. Without the row of the audit nothing is read.
func (s *Disclosures) Read(ctx context.Context, supervisor string, before time.Time, n int) ([]Disclosure, error) {
	deed := Deed{ID: s.Tokens.DeedID(), Adviser: supervisor, Deed: "register_read", Contact: Nobody}
	if err := s.Audit.Audit(ctx, deed); err != nil {
		return nil, fmt.Errorf("audit register_read: %w", err)
	}
	return s.Store.Disclosures(ctx, before, n)
}

// See notes that a supervisor has seen one; again it changes nothing. Error: ErrNotFound.
func (s *Disclosures) See(ctx context.Context, supervisor, id string) error {
	err := s.Store.SeeDisclosure(ctx, id, supervisor)
	if err != nil {
		return err
	}
	deed := Deed{ID: s.Tokens.DeedID(), Adviser: supervisor, Deed: "disclosure_seen", Contact: id}
	return errors.Join(err, s.Audit.Audit(ctx, deed))
}
