package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"adviceline/helpline"
	"adviceline/ops"
	"adviceline/ops/embedded"
	"adviceline/queue"
	"adviceline/storage"
)

// place is where Postgres and Redis of this line are.
type place struct {
	databaseURL, redisURL string
}

// settings reads the environment; each fault names its variable and never its value.
func settings(t terminal) (ops.Config, error) {
	cfg, err := ops.Load(t.env)
	if err != nil {
		return cfg, exit{2, err}
	}
	return cfg, nil
}

// services starts what no URL was given for. Its stop is pushed at once.
func services(ctx context.Context, cfg ops.Config, log *slog.Logger, stopping *stops) (place, <-chan error, error) {
	p := place{cfg.DatabaseURL, cfg.RedisURL}
	if p.databaseURL != "" && p.redisURL != "" {
		return p, nil, nil
	}
	s, err := embedded.Start(ctx, embedded.Options{
		Dir: cfg.DataDir, Postgres: p.databaseURL == "", Redis: p.redisURL == "", Log: log,
	})
	if err != nil {
		return p, nil, fmt.Errorf("start embedded services: %w", err)
	}
	stopping.push("embedded services", s.Stop)
	if p.databaseURL == "" {
		p.databaseURL = s.DatabaseURL()
	}
	if p.redisURL == "" {
		p.redisURL = s.RedisURL()
	}
	return p, s.Failed(), nil
}

// visit finds the services for a sub-command: by URL, of the node that runs on the data folder, or
// started for this command alone.
func visit(ctx context.Context, cfg ops.Config, log *slog.Logger, stopping *stops) (place, error) {
	p, _, err := services(ctx, cfg, log, stopping)
	if !errors.Is(err, embedded.ErrInUse) {
		return p, err
	}
	running, err := embedded.Running(cfg.DataDir)
	if err != nil {
		return p, err
	}
	p = place{cfg.DatabaseURL, cfg.RedisURL}
	if p.databaseURL == "" {
		p.databaseURL = running.DatabaseURL
	}
	if p.redisURL == "" {
		p.redisURL = running.RedisURL
	}
	return p, nil
}

// house is what the account commands work on.
type house struct {
	store *storage.Store
	queue *queue.Queue
}

// signOut drops the copies of sessions and closes the account's console.
func (h house) signOut(ctx context.Context, person string, hashes []string) error {
	var failed []error
	for _, hash := range hashes {
		failed = append(failed, h.queue.DropSession(ctx, hash))
	}
	failed = append(failed, h.queue.SignOut(ctx, person))
	if err := errors.Join(failed...); err != nil {
		return fmt.Errorf("the account is changed, but its console may stay open for a minute: %w", err)
	}
	return nil
}

func withStore(ctx context.Context, t terminal, f func(*storage.Store) error) error {
	return withHouse(ctx, t, func(h house) error { return f(h.store) })
}

// withHouse opens the stores for one command and closes them after it.
func withHouse(ctx context.Context, t terminal, f func(house) error) (err error) {
	cfg, err := settings(t)
	if err != nil {
		return err
	}
	log := ops.NewLogger(io.Discard, slog.LevelError)
	stopping := stops{log: log}
	defer func() {
		bound, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
		defer cancel()
		err = errors.Join(err, stopping.all(bound))
	}()
	at, err := visit(ctx, cfg, log, &stopping)
	if err != nil {
		return err
	}
	if err := storage.Migrate(ctx, at.databaseURL); err != nil {
		return err
	}
	store, err := storage.Open(ctx, storage.Options{URL: at.databaseURL, Pool: 2, Log: log})
	if err != nil {
		return err
	}
	stopping.push("storage", closing(store.Close))
	live, err := openQueue(cfg, at, "command")
	if err != nil {
		return err
	}
	stopping.push("queue", func(context.Context) error { return live.Close() })
	return f(house{store, live})
}

func closing(f func()) func(context.Context) error {
	return func(context.Context) error {
		f()
		return nil
	}
}

func openQueue(cfg ops.Config, at place, node string) (*queue.Queue, error) {
	return queue.Open(queue.Options{
		URL: at.redisURL, Nodes: cfg.RedisNodes, Master: cfg.RedisMaster, SentinelPassword: cfg.RedisSentinel, Line: cfg.Line, Node: node + "-" + strings.ToLower(rand.Text()), Salt: rand.Text(),
		Pool: cfg.RedisPool, Timing: timing(cfg), Rule: rule(cfg), Paging: helpline.Paging{
			After: cfg.Paging.After, Next: cfg.Paging.Next, Rounds: cfg.Paging.Rounds, Unmanned: cfg.Paging.Unmanned, Rest: cfg.Paging.Rest,
		},
	})
}

func timing(cfg ops.Config) helpline.Timing {
	return helpline.Timing{
		Offer: cfg.Timing.Offer, OfferCall: cfg.Timing.OfferCall, DeclineCooldown: cfg.Timing.DeclineCooldown,
		MissCooldown: cfg.Timing.MissCooldown, Exclusion: cfg.Timing.Exclusion, Park: cfg.Timing.Park,
		NodeLease: cfg.Timing.NodeLease, AdviserGrace: cfg.Timing.AdviserGrace, Away: cfg.Timing.Away, AwayDanger: cfg.Timing.AwayDanger,
		Exit: cfg.Timing.Exit, Wrap: cfg.Timing.Wrap, TextIdle: cfg.Timing.TextIdle, TextLife: cfg.Timing.TextLife,
		OutcomeDue: cfg.Timing.OutcomeDue, DurableWait: cfg.Timing.DurableWait, SpoolMax: cfg.Timing.SpoolMax,
	}
}

func rule(cfg ops.Config) helpline.Rule {
	r := helpline.Rule{Lanes: map[helpline.Lane]helpline.Priority{}, Overdue: cfg.Rule.Overdue}
	for lane, p := range cfg.Rule.Lanes {
		r.Lanes[helpline.Lane(lane)] = helpline.Priority{Credit: p.Credit, Slope: p.Slope}
	}
	return r
}

// migrate brings the schema up to date, for operators who run nodes with MIGRATE=off.
func migrate(ctx context.Context, t terminal, args []string) error {
	f := flags(t, "migrate", "adviceline migrate: bring the database to this program's schema")
	if err := parse(f, args); err != nil {
		return err
	}
	return withStore(ctx, t, func(*storage.Store) error {
		_, err := fmt.Fprintln(t.out, "the schema is up to date")
		return err
	})
}

// hostname names a node for people; the queue adds what makes it unique.
func hostname() string {
	name, err := os.Hostname()
	if err != nil {
		return "node"
	}
	return name
}
