package main

import (
	"context"
	"errors"

	"adviceline/helpline"
	"adviceline/helpline/phone"
	"adviceline/storage"
)

// callbacks joins what the step callback needs.
func (n *node) callbacks() *helpline.Callbacks {
	rows := storage.NewCallbacks(n.store, n.cfg.Line)
	return &helpline.Callbacks{
		Queue: n.queue, Look: n.queue, Store: rows, Audit: rows, Marks: n.keys, Read: phone.NewRule(nil, n.cfg.Phone).Read,
	}
}

// purgeCallbacks deletes what nobody can use any more.
func (n *node) purgeCallbacks(ctx context.Context) error {
	_, err := n.store.PurgeCallbacks(ctx)
	_, late := n.store.PurgeAudit(ctx)
	return errors.Join(err, late)
}
