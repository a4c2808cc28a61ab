package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"

	"adviceline/agents"
	"adviceline/helpline"
	"adviceline/helpline/seal"
	"adviceline/helpline/socket"
	"adviceline/helpline/web"
	"adviceline/ops"
	"adviceline/queue"
	"adviceline/storage"
)

// node is one serving process: what serve opened, for the steps that wire it further.
type node struct {
	cfg         ops.Config
	log         *slog.Logger
	at          place
	stops       *stops
	metrics     *ops.Metrics
	health      *ops.Health
	store       *storage.Store
	queue       *queue.Queue
	ledger      *storage.Ledger
	keys        *seal.Keys
	line        *helpline.Line
	signIn      *agents.SignIn
	hub         *agents.Hub
	pager       *helpline.Pager
	referrals   *helpline.Referrals
	register    *helpline.Disclosures
	contacts    *web.Contacts
	listeners   *web.Listeners
	sockets     *socket.Registry
	serving     atomic.Bool // the public side is open
	incarnation atomic.Int64
	demo        string // what greet says of demo accounts
	fatal       chan error
}

// serve runs a node until SIGINT or SIGTERM; a second signal ends it at once.
func serve(ctx context.Context, t terminal, args []string) error {
	f := flags(t, "serve", "adviceline serve: run a node. Settings come from the environment, see README.")
	if err := parse(f, args); err != nil {
		return err
	}
	if f.NArg() > 0 {
		return bad("serve takes no words; settings come from the environment")
	}
	cfg, err := settings(t)
	if err != nil {
		return err
	}
	log := ops.NewLogger(t.err, cfg.LogLevel)
	ctx, release := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer release()

	n := &node{cfg: cfg, log: log, stops: &stops{log: log}, fatal: make(chan error, 4)}
	err = n.open(ctx, t)
	if err == nil {
		select {
		case <-ctx.Done():
			log.Info("stopping")
		case err = <-n.fatal:
			log.Error("stopping", "error", err)
		}
	}
	release() // from here on a second signal ends the process
	bound, cancel := context.WithTimeout(context.Background(), cfg.Timing.Term)
	defer cancel()
	return errors.Join(err, n.stops.all(bound))
}

// open is the straight list: each thing that is opened pushes its stop at once.
func (n *node) open(ctx context.Context, t terminal) error {
	steps := []func(context.Context) error{
		n.openServices, n.openStorage, n.openKeys, n.openQueue, n.openLine, n.openPeople, n.openPager, n.openReferrals,
		n.openLoops, n.openOps, n.openWeb, n.openDoors,
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return n.greet(t)
}

func (n *node) openServices(ctx context.Context) error {
	at, failed, err := services(ctx, n.cfg, n.log, n.stops)
	if err != nil {
		return err
	}
	n.at = at
	if failed != nil {
		n.stops.goes("watch of embedded services", func(ctx context.Context) {
			select {
			case err := <-failed:
				n.fatal <- fmt.Errorf("embedded service ended: %w", err)
			case <-ctx.Done():
			}
		})
	}
	n.metrics, n.health = ops.NewMetrics(metricLabels()), new(ops.Health)
	return nil
}

func (n *node) openStorage(ctx context.Context) error {
	if n.cfg.Migrate {
		if err := storage.Migrate(ctx, n.at.databaseURL); err != nil {
			return err
		}
	}
	store, err := storage.Open(ctx, storage.Options{URL: n.at.databaseURL, Pool: int32(n.cfg.DatabasePool), Log: n.log}) // #nosec G115 -- bounded by settings
	if err != nil {
		return err
	}
	n.stops.push("storage", closing(store.Close))
	n.store = store
	n.health.Check("postgres", false, store.Ping)
	return nil
}

func (n *node) openKeys(context.Context) error {
	postgres, redis := n.cfg.Embedded()
	root, err := seal.LoadRoot(n.cfg.RootKeyFile, postgres && redis)
	if err != nil {
		return err
	}
	// Only the default folder is made here: a missing KEY_DIR may be one that is not mounted.
	if n.cfg.KeyDir == filepath.Join(n.cfg.DataDir, "keys") {
		if err := os.MkdirAll(n.cfg.KeyDir, 0o700); err != nil {
			return fmt.Errorf("make key folder: %w", err)
		}
	}
	if n.keys, err = seal.Open(seal.Options{Root: root, Dir: n.cfg.KeyDir, Now: n.now()}); err != nil {
		return err
	}
	_, err = n.keys.NewDataKey(seal.Live, seal.LiveDay(n.now()())) // tells a wrong root key now
	n.health.Check("keys", true, func(context.Context) error {
		_, err := n.keys.NewDataKey(seal.Live, seal.LiveDay(n.now()()))
		return err
	})
	return err
}

// now is the clock of keys: the wall's, or the one that a test fixed.
func (n *node) now() func() time.Time {
	if n.cfg.KeyNow.IsZero() {
		return time.Now
	}
	begin, at := time.Now(), n.cfg.KeyNow
	return func() time.Time { return at.Add(time.Since(begin)) }
}

func (n *node) openQueue(ctx context.Context) error {
	q, err := openQueue(n.cfg, n.at, hostname())
	if err != nil {
		return err
	}
	n.stops.push("queue", func(context.Context) error { return q.Close() })
	n.queue = q
	n.health.Check("redis", true, q.Ping)
	n.ledger = storage.NewLedger(n.store, n.cfg.Line, storage.LedgerOptions{
		Committed: n.discard, Refused: n.setAside, Log: n.log,
	})
	n.stops.goes("ledger", n.ledger.Run)
	q.Use(n.incarnation.Load)
	return nil
}

// discard forgets committed events; what it cannot reach the drainers commit again, to no effect.
func (n *node) discard(ids []string) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if err := n.queue.Discard(ctx, ids); err != nil {
		n.log.Warn("spool entries not discarded", "entries", len(ids), "error", err)
	}
}

// setAside keeps events that the ledger can never take, out of the way of the others.
func (n *node) setAside(ids []string, reason helpline.Code) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	n.log.Error("events refused by the ledger, kept aside", "entries", len(ids), "code", string(reason))
	if err := n.queue.SetAside(ctx, ids); err != nil {
		n.log.Warn("spool entries not set aside", "error", err)
	}
}

func (n *node) openLine(ctx context.Context) error {
	n.line = &helpline.Line{
		Queue: n.queue, Ledger: n.ledger, Seal: n.keys, Tokens: helpline.NewTokens(n.keys.Derive),
		Timing: timing(n.cfg), Now: n.now(), Log: n.log, Observe: observe(n.metrics), Over: n.queue.Over, Calls: n.callbacks(),
		Paging: n.queue, Ratings: n.queue, Matters: n.matters(),
		Interpreters: n.queue, FirstLine: firstLine,
		External: n.queue, Shifts: n.queue, Watches: n.store.Watches,
	}
	return n.enter(ctx)
}

func (n *node) openPeople(ctx context.Context) (err error) {
	n.signIn, err = agents.NewSignIn(agents.SignInOptions{
		People: n.store, Cache: n.queue, Pins: n.store, Audit: storage.NewCallbacks(n.store, n.cfg.Line), Log: n.log,
		Revoked: func(person, session string) {
			n.hub.Revoke(person, session)
			ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
			defer cancel()
			if err := n.queue.SignOut(ctx, person); err != nil {
				n.log.Warn("console not closed, the recheck will", "error", err)
			}
		},
	})
	if err == nil && n.cfg.Demo {
		n.demo, err = n.demoAccounts(ctx)
	}
	return err
}

// openLoops starts what a node does for the line: subscriber, heartbeat, sweep, drainer, purge.
func (n *node) openLoops(ctx context.Context) error {
	n.sockets = socket.NewRegistry(n.cfg.Limits.SocketsTotal)
	n.contacts = web.NewContacts(n.line, n.log)
	n.listeners = web.NewListeners(n.listening(), n.log)
	if err := n.openHub(); err != nil {
		return err
	}
	loops := &queue.Node{
		Queue: n.queue, Events: n.note, Log: n.log, Every: n.cfg.Timing.NodeHeartbeat, Sweep: n.cfg.Timing.Sweep,
		Deliver: func(notice helpline.Notice) {
			n.contacts.Deliver(notice)
			n.listeners.Deliver(notice)
			if notice.Kind == helpline.NoticeOffer {
				notice = n.line.OpenOffer(notice)
			}
			n.hub.Deliver(notice)
		},
		Beat: func(f queue.Figures) {
			n.metrics.SetQueue(f.Waiting, float64(f.OldestMS)/1000)
			n.metrics.LedgerPending(f.Spool)
			n.metrics.LedgerRefused(f.Refused)
			n.contacts.Changed(f.Changes)
			n.metrics.Unmanned(f.Unmanned)
		},
		Stale: n.again, Repaired: n.metrics.Repaired,
		Missed: func() {
			n.log.Warn("notices were missed: every socket reads again")
			n.contacts.Refresh()
			n.listeners.Cut()
			n.hub.Recall()
		},
		Evicted: func() {
			n.log.Error("lease was over: every socket is asked to come back")
			n.contacts.Recall()
			n.listeners.Cut()
			n.hub.Recall()
		},
	}
	read, err := loops.Subscribe(ctx)
	if err != nil {
		return err
	}
	n.stops.goes("subscriber", read)
	if _, err := n.queue.Heartbeat(ctx); err != nil {
		return err
	}
	n.stops.goes("heartbeat", loops.RunHeartbeat)
	n.stops.goes("sweep", loops.RunSweep)
	n.stops.goes("reconciler", loops.RunReconcile)
	n.stops.goes("drainer", func(ctx context.Context) { helpline.Drain(ctx, n.queue, n.ledger, n.log) })
	n.stops.goes("callbacks", n.line.RunRebook)
	n.stops.goes("purge", n.purge)
	n.stops.goes("flush", n.flush)
	n.stops.goes("release", n.publish)
	n.stops.goes("positions", n.contacts.Run)
	n.tellServed(ctx)
	n.stops.goes("served languages", n.keepServed)
	n.stops.goes("pager", n.pager.Run)
	return nil
}

// purge unlinks the keys of days that are over on both stores' clocks and lets every store forget what its time is
// over for, now and every hour, and makes an idle node forget expired keys every minute.
func (n *node) purge(ctx context.Context) {
	for minute := 0; ctx.Err() == nil; minute++ {
		n.keys.Sweep()
		if minute%60 == 0 {
			if err := n.purgeOnce(ctx); err != nil {
				n.log.WarnContext(ctx, "not everything was purged", "error", err)
			}
		}
		wait(ctx, time.Minute)
	}
}

func (n *node) purgeOnce(ctx context.Context) error {
	bound, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	redis, err := n.queue.Time(bound)
	if err != nil {
		return err
	}
	postgres, err := n.store.Time(bound)
	if err != nil {
		return err
	}
	removed, err := n.keys.Purge(redis, postgres)
	n.metrics.Purged("keys", int64(removed))
	gone, late := n.store.Purge(bound)
	for name, rows := range gone {
		n.metrics.Purged(name, rows)
	}
	refused, stayed := n.queue.ForgetRefused(bound, helpline.LedgerLife)
	n.metrics.Purged("spool", refused)
	return errors.Join(err, late, stayed)
}

func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// listen serves handler at addr until its stop, which lets running requests end.
func (n *node) listen(name, addr string, server *http.Server) error {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", addr)
	if err != nil {
		return fmt.Errorf("listen for %s: %w", name, err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		var err error
		if n.cfg.TLSCertFile != "" && name == "pages" {
			err = server.ServeTLS(l, n.cfg.TLSCertFile, n.cfg.TLSKeyFile)
		} else {
			err = server.Serve(l)
		}
		if !errors.Is(err, http.ErrServerClosed) {
			n.fatal <- fmt.Errorf("serve %s: %w", name, err)
		}
	}()
	n.stops.push(name, func(ctx context.Context) error {
		err := server.Shutdown(ctx)
		<-done
		return err
	})
	return nil
}
