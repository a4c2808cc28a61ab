package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"adviceline/e2e/rig"
)

// intakeBody is a chat that a page asks for; limits puts a fresh UUID in it for every request.
const intakeBody = `{"request_id":"{{uuid}}","channel":"chat","page_language":"fi","talk_language":"fi","asks":"help"}`

const intakeNote = "a real intake (chat, no adviser ready) whose 201 waits for the commit that it shares; the load is made by `limits`, for both sides alike. G4 is the node's user and system time over the contacts that it accepted meanwhile."

// intakeLoad is G1 to G4: limits posts to one node, 1,000 a second and then by 64 connections as fast
// as it can. Its reference has a new server for either, so the paced case comes first: the other one
// leaves work behind.
func intakeLoad(ctx context.Context, s *stage) (figures, error) {
	nodes, err := s.fresh(ctx, 1)
	if err != nil {
		return nil, err
	}
	defer s.halt()
	n := nodes[0]
	if err := n.warm(64, 300*time.Millisecond); err != nil {
		return nil, err
	}
	paced, err := s.post(ctx, n, nil, "-d", "6s", "-run", "rate1000")
	if err != nil {
		return nil, err
	}
	type reading struct {
		cpu      time.Duration
		accepted float64
	}
	read := func() (reading, error) {
		v, err := n.metric(ctx, "adviceline_contacts_accepted_total")
		return reading{n.child.CPU(), v}, err
	}
	before, err := read()
	if err != nil {
		return nil, err
	}
	var after reading
	var failed error
	done := func(line string) { // after the first of the two cases
		if strings.Contains(line, " post/conns64 ") && after.accepted == 0 {
			after, failed = read()
		}
	}
	f, err := s.post(ctx, n, done, "-d", "2s", "-run", "conns64")
	if err = errors.Join(err, failed); err != nil {
		return nil, err
	}
	maps.Copy(f, paced)
	f["cpu_us_op"] = float64((after.cpu - before.cpu).Microseconds()) / max(after.accepted-before.accepted, 1)
	return f, nil
}

// intakeAOF is G15: 64 connections, with the append-only file off, or on and synced before every answer.
func intakeAOF(on string) func(context.Context, *stage) (figures, error) {
	return func(ctx context.Context, s *stage) (figures, error) {
		set := func(key, value string) error {
			if err := s.ours.rdb.ConfigSet(ctx, key, value).Err(); err != nil {
				return fmt.Errorf("set append-only file: %w", err)
			}
			return nil
		}
		if err := errors.Join(s.ours.rdb.FlushAll(ctx).Err(), set("appendfsync", "always"), set("appendonly", on)); err != nil {
			return nil, err
		}
		defer func() { _ = set("appendonly", "no") }()
		err := rig.Wait(10*time.Second, "the append-only file is there", func() (bool, error) {
			info, err := s.ours.rdb.Info(ctx, "persistence").Result()
			return strings.Contains(info, "aof_rewrite_in_progress:0") && strings.Contains(info, "aof_rewrite_scheduled:0"), err
		})
		if err != nil {
			return nil, err
		}
		nodes, err := s.fresh(ctx, 1)
		if err != nil {
			return nil, err
		}
		defer s.halt()
		if err := nodes[0].warm(64, 300*time.Millisecond); err != nil {
			return nil, err
		}
		return s.post(ctx, nodes[0], nil, "-run", "conns64")
	}
}

// post lets limits post intakes to a node.
func (s *stage) post(ctx context.Context, n *node, progress func(string), args ...string) (figures, error) {
	body := filepath.Join(s.dir, "intake.json")
	if err := os.WriteFile(body, []byte(intakeBody), 0o600); err != nil {
		return nil, fmt.Errorf("write body: %w", err)
	}
	return s.reference(ctx, progress, append(args, "-body", body, n.origin()+"/api/v1/contacts")...)
}

// warm opens connections, loads scripts and makes keys: what a node does once in its life.
func (n *node) warm(callers int, long time.Duration) error {
	var work sync.WaitGroup
	failed := make([]error, callers)
	end := time.Now().Add(long)
	for i := range callers {
		work.Go(func() {
			p, err := dial(n.Addr)
			if err != nil {
				failed[i] = err
				return
			}
			defer p.close()
			for time.Now().Before(end) && failed[i] == nil {
				_, failed[i] = p.admit(rig.UUID())
			}
		})
	}
	work.Wait()
	return errors.Join(failed...)
}
