package main

import (
	"context"
	"time"
)

// lookAgain is between two looks at the accounts: they change in other processes too.
const lookAgain = 15 * time.Second

// keepServed tells the queue which languages accounts serve, until ctx ends. A language that none of them
// serves is anybody's, with an interpreter.
func (n *node) keepServed(ctx context.Context) {
	for wait(ctx, lookAgain); ctx.Err() == nil; wait(ctx, lookAgain) {
		n.tellServed(ctx)
	}
}

// tellServed is one look. While Postgres is away what was told last stands.
func (n *node) tellServed(ctx context.Context) {
	bound, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	languages, err := n.store.ServedLanguages(bound)
	if err == nil {
		err = n.setServed(bound, languages)
	}
	if err != nil {
		n.log.WarnContext(ctx, "served languages not looked at", "error", err)
	}
}

func (n *node) setServed(ctx context.Context, languages []string) error {
	events, err := n.queue.SetServed(ctx, languages)
	n.line.Note(events)
	return err
}
