package main

import (
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"slices"
	"strings"
	"time"

	"adviceline/agents"
	"adviceline/helpline"
	"adviceline/helpline/socket"
	"adviceline/helpline/web"
	"adviceline/ops"
	"adviceline/queue"
)

// openHub makes the consoles' side.
func (n *node) openHub() (err error) {
	n.hub, err = agents.NewHub(agents.Options{
		Line: n.line, SignIn: n.signIn, Log: n.log, Referrals: n.referrals, Register: n.register,
		Socket: socket.Options{
			Origins: n.cfg.PublicOrigins, PingEvery: n.cfg.Timing.ConsolePing, DeadAfter: n.cfg.Timing.ConsoleDead,
			Registry: n.sockets,
		},
		Sockets: func(delta int) { n.metrics.Sockets("adviser", delta) },
	})
	return err
}

// openWeb opens the public side. Its stop runs first of all: sockets are asked to come back
// elsewhere, then closed, while everything that they need still runs.
func (n *node) openWeb(context.Context) error {
	pages, err := web.NewPages(n.cfg.Drafts, n.cfg.PublicOrigins...)
	if err != nil {
		return err
	}
	front, err := web.New(web.Options{
		Line: n.line, Contacts: n.contacts, Pages: pages, SignIn: n.signIn, Pins: n.signIn, Roster: shifts{n.store},
		Board: n.supervision(), Accounts: accounts{house{n.store, n.queue}}, Hours: n.boardHours, Happened: n.happened, Sheets: sheets{n.store}, Screen: n.clean,
		Directory: n.receivers(), Referrals: n.referrals, Register: n.register, Deeds: n.deeds(), Listeners: n.listeners, Reports: n.store, Prover: prover{n.store, n.keys, n.queue},
		Forms: n.supervision(), Missed: n.missedWindows, Staffing: n.staffed, Unanswered: n.unanswered,
		Console: n.hub, Sockets: n.sockets,
		Origins: n.cfg.PublicOrigins, TrustedProxies: n.cfg.TrustedProxies, Phone: n.cfg.Phone, Mail: n.cfg.Mail,
		Limits: limits(n.cfg), Secure: slices.ContainsFunc(n.cfg.PublicOrigins, overTLS), Log: n.log,
		PingEvery: n.cfg.Timing.ContactPing, DeadAfter: n.cfg.Timing.ContactDead,
		SocketsOpen: func(delta int) { n.metrics.Sockets("contact", delta) },
		Decided: func(ctx context.Context, contact string) ([]helpline.Decision, error) {
			return n.store.Decisions(ctx, n.cfg.Line, contact)
		},
	})
	if err != nil {
		return err
	}
	if err := n.listen("pages", n.cfg.Addr, server(front.Handler())); err != nil {
		return err
	}
	n.stops.push("sockets", func(ctx context.Context) error {
		n.contacts.Stop()
		n.contacts.Reconnect(2 * time.Second)
		err := n.hub.Close(ctx)
		n.sockets.CloseAll(socket.CodeNodeStops, "node_stops")
		if late := n.sockets.Wait(ctx); err == nil {
			err = late
		}
		return err
	})
	return nil
}

func overTLS(origin string) bool { return strings.HasPrefix(origin, "https://") }

func server(h http.Handler) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second,
		WriteTimeout: 15 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: log.New(io.Discard, "", 0), // it would name addresses of people
	}
}

func limits(cfg ops.Config) web.Limits {
	return web.Limits{
		Intake:  web.Rate{Burst: cfg.Limits.Intake, Every: 10 * time.Minute / time.Duration(cfg.Limits.Intake)},
		Resume:  web.Rate{Burst: cfg.Limits.Resume, Every: time.Hour / time.Duration(cfg.Limits.Resume)},
		SignIn:  web.Rate{Burst: cfg.Limits.SignIn, Every: 10 * time.Minute / time.Duration(cfg.Limits.SignIn)},
		Sockets: cfg.Limits.Sockets, Total: cfg.Limits.SocketsTotal,
	}
}

// openOps opens the private listener before the public one, so that it goes after it: whoever watches
// a node that stops can ask until its sockets are gone.
func (n *node) openOps(context.Context) error {
	n.health.Check("pages", true, func(context.Context) error {
		if !n.serving.Load() {
			return errStarting
		}
		return nil
	})
	handler := n.health.Handler(n.metrics.Handler())
	return n.listen("health", n.cfg.OpsAddr, server(handler))
}

var errStarting = errors.New("the node is starting")

// openDoors is the last step: the node is ready. Its stop, which comes first, makes it unready.
func (n *node) openDoors(context.Context) error {
	n.serving.Store(true)
	n.stops.push("readiness", func(context.Context) error {
		n.health.Drain()
		return nil
	})
	return nil
}

// metricLabels closes the sets that labels can take.
func metricLabels() ops.Labels {
	return ops.Labels{
		EndReasons: []string{
			"done", "silent", "misuse", "failed_by_us", "handed_over", "not_ours", "contact_done",
			"contact_cancelled", "abandoned", "exit", "cancel", "expired_by_policy", "not_recorded",
		},
		OfferResults: []string{"accepted", "declined", "timed_out", "revoked"},
		Sides:        []string{"contact", "adviser"},
		PageWays:     []string{"webhook", "mail", "none"},
		PageResults:  []string{"sent", "failed", "no_address", "nobody"},
		Repairs:      queue.RepairKinds,
		Stores:       stores(),
	}
}

// observe counts events. A conversation counts as ended once, at "ended"; one that no adviser had, at
// "left" when that was final.
func observe(m *ops.Metrics) func(helpline.Event) {
	return func(e helpline.Event) {
		switch e.Kind {
		case helpline.Enqueued:
			m.Accepted()
		case helpline.OfferAccepted:
			m.Offer("accepted")
			m.Waited(e.At.Sub(e.Arrival).Seconds())
		case helpline.OfferDeclined, helpline.OfferTimedOut, helpline.OfferRevoked:
			m.Offer(e.Kind)
		case helpline.ConversationEnd:
			if !slices.Contains(helpline.Externals(), e.Channel) {
				m.Ended(e.Reason)
			}
		case helpline.Left:
			if !e.Ended.IsZero() {
				m.Ended(e.Reason)
			}
		case helpline.OutcomeRecorded:
			m.Recorded()
		case helpline.OutcomeMissing:
			m.NotRecorded()
		case helpline.WindowMissed:
			m.WindowMissed()
		case helpline.TextLost:
			m.TextLost(1)
		}
	}
}
