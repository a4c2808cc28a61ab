package main

import (
	"adviceline/helpline"
	"adviceline/helpline/codes"
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

// matters joins what the step matter needs.
func (n *node) matters() *helpline.Matters {
	rows := storage.NewMatters(n.store, n.cfg.Line)
	return &helpline.Matters{Queue: n.queue, Store: rows, Audit: rows, Marks: n.keys, Screen: n.masked}
}

// firstLine greets a person whom nobody on duty can talk to, in the first of the languages that has a line.
func firstLine(languages ...string) string {
	_, line := codes.FirstLineIn(languages...)
	return line.Text
}
