// Package web is the house's front: routes, handlers and pages, and the contact's socket. It is
// the only package that knows echo. A handler decodes, calls one step of helpline.Line and
// renders; codes at the edge are in problem.go, who may call what in routes.go.
package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"adviceline/helpline"
	"adviceline/helpline/socket"

	"github.com/labstack/echo/v4"
)

const (
	maxBody      = 16 << 10
	routeTimeout = 10 * time.Second
)

// Options are what the edge needs of the rest of the house.
type Options struct {
	Line       *helpline.Line
	Contacts   *Contacts // the hub that also gets this node's notices
	Pages      *Pages
	SignIn     SignIn
	Pins       Pins   // nil: only the password opens a locked screen
	Roster     Roster // nil: none is kept here
	Board      Board  // nil: no board is shown here, nor with any of the next three missing
	Accounts   Accounts
	Hours      BoardHours
	Happened   Happened
	Sheets     Sheets              // nil: none are kept here
	Screen     func(string) string // masks what looks like an identifier; nil: nothing does
	Directory  Directory           // nil, as the next two: nothing of the kind is kept here
	Referrals  *helpline.Referrals
	Register   *helpline.Disclosures
	Deeds      *helpline.Deeds // nil: no audit is read here
	Listeners  *Listeners      // nil: nobody listens in here
	Reports    Reports         // nil: none are kept here
	Prover     Prover          // nil: nothing is proved here
	Forms      Forms           // nil, as the next two: nothing that is left undone is shown here
	Missed     MissedWindows
	Staffing   Staffing
	Unanswered UnansweredReferrals // nil: no referrals are counted here
	Console    http.Handler        // the adviser's socket, after Origin and rate were checked
	Sockets    *socket.Registry    // closes contact sockets at the end; nil: one of its own

	Origins        []string // as browsers write them, exactly
	TrustedProxies []netip.Prefix
	Phone          string // of the line, for people: on every page and every 503
	Mail           string // where people write about accessibility; empty: they call
	Limits         Limits // zero fields take the defaults

	// Of contact sockets; zero takes the default of package socket.
	FirstFrame time.Duration // until hello must have come: 10 s
	PingEvery  time.Duration // 20 s
	DeadAfter  time.Duration // 60 s without a sign of life
	// SocketsOpen is told +1 and -1 as contact sockets come and go; nil: nobody counts.
	SocketsOpen func(delta int)
	Decided     Decisions // nil: no contact has any
	Secure      bool      // served over TLS: the cookie is a __Host- one

	Log *slog.Logger
	Now func() time.Time // limits and caches only; nil: time.Now
}

// Server is the edge of one node.
type Server struct {
	line       *helpline.Line
	contacts   *Contacts
	pages      *Pages
	signer     SignIn
	pins       Pins
	console    http.Handler
	roster     Roster
	board      Board
	accounts   Accounts
	hours      BoardHours
	happened   Happened
	sheets     Sheets
	screen     func(string) string
	boards     chan struct{} // streams of the board that are open
	directory  Directory
	referrals  *helpline.Referrals
	register   *helpline.Disclosures
	deeds      *helpline.Deeds
	listeners  *Listeners
	reports    Reports
	prover     Prover
	forms      Forms
	missed     MissedWindows
	staffing   Staffing
	unanswered UnansweredReferrals
	origins    origins
	phone      string
	mail       string
	cookie     string
	secure     bool
	log        *slog.Logger

	networks *networks
	intakes  *buckets
	resumes  *buckets
	signIns  *buckets
	upgrades *buckets
	posts    *buckets
	caps     *caps
	opened   func(delta int)
	decided  Decisions
	routes   map[string]bool // by template
	inside   map[string]bool // those of the house's own people
	frames   Rate
	lately   lately
	sockets  *socket.Upgrader
	now      func() time.Time

	echo *echo.Echo
}

// New checks the options and lays out the routes.
func New(o Options) (*Server, error) {
	if o.Line == nil || o.Contacts == nil || o.Pages == nil || o.SignIn == nil || o.Console == nil || o.Log == nil {
		return nil, errors.New("web options are incomplete")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.SocketsOpen == nil {
		o.SocketsOpen = func(int) {}
	}
	l := o.Limits.orDefaults()
	s := &Server{
		line: o.Line, contacts: o.Contacts, pages: o.Pages, signer: o.SignIn, pins: o.Pins, console: o.Console, roster: o.Roster,
		board: o.Board, accounts: o.Accounts, hours: o.Hours, happened: o.Happened, sheets: o.Sheets, screen: o.Screen, boards: make(chan struct{}, boardsAtOne),
		directory: o.Directory, referrals: o.Referrals, register: o.Register, deeds: o.Deeds, listeners: o.Listeners, reports: o.Reports, prover: o.Prover,
		forms: o.Forms, missed: o.Missed, staffing: o.Staffing, unanswered: o.Unanswered,
		phone: o.Phone, mail: o.Mail, cookie: "adviceline", secure: o.Secure, log: o.Log,
		networks: &networks{now: o.Now},
		intakes:  newBuckets(l.Intake, o.Now), resumes: newBuckets(l.Resume, o.Now),
		signIns: newBuckets(l.SignIn, o.Now), upgrades: newBuckets(l.Upgrade, o.Now), posts: newBuckets(l.Post, o.Now),
		caps:   newCaps(l.Sockets, l.Total),
		opened: o.SocketsOpen, decided: o.Decided,
		routes: map[string]bool{},
		inside: map[string]bool{},
		frames: l.Frames,
		lately: lately{now: o.Now},
		now:    o.Now,
		echo:   echo.New(),
	}
	var err error
	if s.sockets, err = s.upgrader(o); err != nil {
		return nil, fmt.Errorf("make contact sockets: %w", err)
	}
	if s.origins, err = newOrigins(o.Origins, s.sockets.Allowed); err != nil {
		return nil, err
	}
	if o.Secure {
		s.cookie = "__Host-adviceline"
	}
	s.echo.IPExtractor = addressOf(o.TrustedProxies)
	s.echo.HTTPErrorHandler = s.fail
	s.echo.Use(s.record, recovered, plain)
	for _, r := range s.table() {
		s.routes[r.path] = true
		s.inside[r.path] = r.path == sessionPath || r.allow != public && r.allow != token
		s.echo.Add(r.method, r.path, s.guard(r, s.admit(r, s.bound(r, r.handler))))
	}
	return s, nil
}

// Handler is the whole edge. The server around it sets the header timeouts.
func (s *Server) Handler() http.Handler { return s.echo }

// bound gives a route its time and the size of its body; what stays open lives as long as it likes.
func (s *Server) bound(r route, next echo.HandlerFunc) echo.HandlerFunc {
	if r.stays != "" {
		return next
	}
	most := int64(maxBody)
	if r.name == directoryRoute {
		most = maxDirectory
	}
	return func(c echo.Context) error {
		if c.Request().ContentLength > most {
			return codeTooLarge
		}
		ctx, cancel := context.WithTimeout(c.Request().Context(), routeTimeout)
		defer cancel()
		c.SetRequest(c.Request().WithContext(ctx))
		return next(c)
	}
}

// network names the caller's network for today.
func (s *Server) network(c echo.Context) network { return s.networks.name(c.RealIP()) }
