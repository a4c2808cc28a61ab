package main

import (
	"context"
	"errors"
	"time"

	"adviceline/agents"
	"adviceline/helpline"
	"adviceline/helpline/web"
	"adviceline/storage"
)

// supervision is what the board sees and does on this node.
func (n *node) supervision() *helpline.Supervision {
	return &helpline.Supervision{Line: n.line, Queue: n.queue, Now: n.now(), Forms: n.queue, Screen: n.clean}
}

// boardHours counts the ledger's chats by the hour, against the target that supervisors have set.
func (n *node) boardHours(ctx context.Context, from, until time.Time, target time.Duration) ([]helpline.BoardHour, error) {
	return n.store.BoardHours(ctx, n.cfg.Line, from, until, target)
}

// receivers is the directory, with the audit of this line.
func (n *node) receivers() storage.Directory { return storage.NewDirectory(n.store, n.cfg.Line) }

// deeds lets supervisors read the audit.
func (n *node) deeds() *helpline.Deeds {
	rows := storage.NewCallbacks(n.store, n.cfg.Line)
	return &helpline.Deeds{Store: rows, Audit: rows, Tokens: n.line.Tokens}
}

// listening lets supervisors listen in on chats, with the audit of this line.
func (n *node) listening() *helpline.Listening {
	return &helpline.Listening{Line: n.line, Queue: n.queue, Audit: storage.NewCallbacks(n.store, n.cfg.Line)}
}

// missedMost is how many missed windows the board shows.
const missedMost = 100

func (n *node) missedWindows(ctx context.Context, since time.Time) ([]helpline.MissedWindow, error) {
	return n.store.MissedWindows(ctx, n.cfg.Line, since, missedMost)
}

func (n *node) unanswered(ctx context.Context) (all, late int, err error) {
	return storage.NewReferrals(n.store, n.cfg.Line, nil).Unanswered(ctx)
}

func (n *node) happened(ctx context.Context, from, until time.Time) (map[string]int, error) {
	return n.store.Happened(ctx, n.cfg.Line, from, until)
}

// accounts keeps the people of the house for the board, as the account commands do.
type accounts struct{ house }

// People implements web.Accounts.
func (a accounts) People(ctx context.Context) ([]web.Account, error) {
	all, err := a.store.ListPeople(ctx)
	out := make([]web.Account, 0, len(all))
	for _, p := range all {
		out = append(out, web.Account{Person: p.Person, Disabled: p.Disabled})
	}
	return out, err
}

// Add implements web.Accounts. The same id again is the same request.
func (a accounts) Add(ctx context.Context, p helpline.Person, password string) error {
	hash, err := hashed(password)
	if err != nil {
		return err
	}
	err = a.store.AddPerson(ctx, p, hash)
	if !errors.Is(err, helpline.ErrExists) {
		return err
	}
	all, late := a.store.ListPeople(ctx)
	for _, other := range all {
		if other.ID == p.ID && other.Name == p.Name {
			return nil
		}
	}
	return errors.Join(err, late)
}

// Disable implements web.Accounts.
func (a accounts) Disable(ctx context.Context, name string) error {
	p, hashes, err := a.store.DisablePerson(ctx, name)
	if err != nil {
		return err
	}
	return a.signOut(ctx, p.ID, hashes)
}

// SetPassword implements web.Accounts.
func (a accounts) SetPassword(ctx context.Context, name, password string) error {
	hash, err := hashed(password)
	if err != nil {
		return err
	}
	p, hashes, err := a.store.SetPassword(ctx, name, hash)
	if err != nil {
		return err
	}
	return a.signOut(ctx, p.ID, hashes)
}

func hashed(password string) (string, error) {
	hash, err := agents.HashPassword(password)
	if errors.Is(err, agents.ErrPasswordShort) {
		return "", helpline.ErrWeakPassword
	}
	return hash, err
}

// sheets keeps the small tables.
type sheets struct{ store *storage.Store }

// Sheet implements web.Sheets.
func (s sheets) Sheet(ctx context.Context, name string) ([][]string, error) {
	table, err := s.store.Sheet(ctx, name)
	return table, away(err)
}

// SetSheet implements web.Sheets.
func (s sheets) SetSheet(ctx context.Context, name string, table [][]string) error {
	return away(s.store.SetSheet(ctx, name, table))
}
