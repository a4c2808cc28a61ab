package helpline

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"time"
)

// PageCall is one page on its way to one person: that somebody waits and for how long, or that the line is
// unmanned. Nothing else of a contact is in it.
type PageCall struct {
	ID     string // the same for every try
	Step   int
	Cause  string
	Waited time.Duration
	Link   string // acknowledges; empty: none
	Mail   string // of who is paged; empty: unknown
}

// PageWay is one way to reach people. Send is one try with a deadline; ErrNotFound says that this way cannot
// reach the person, which no further try changes.
type PageWay struct {
	Name string
	Send func(ctx context.Context, c PageCall) error
}

// PagerOptions are what a pager works with.
type PagerOptions struct {
	Queue   PageQueue
	Watches func(ctx context.Context, from, until time.Time) ([]Watch, error) // of Postgres
	Ways    []PageWay
	Link    func(page, adviser string) string // an address that acknowledges
	Result  func(way, result string)          // metrics: sent, failed, no_address, nobody
	Now     func() time.Time
	Log     *slog.Logger
	Pauses  []time.Duration // between tries; empty: 2, 6 and 18 s
}

// Pager sends the steps that this node took, and keeps the roster where paging needs it: in the live state
// (who and when) and in its own memory (where). So it works while Postgres is away.
type Pager struct {
	opt  PagerOptions
	work chan Event

	mu   sync.Mutex
	mail map[string]string // by person
	list []Watch           // as last read
}

const (
	pageBacklog  = 64 // steps that wait to be sent; more than a roster has in ten minutes
	pageSenders  = 4
	pageTry      = 10 * time.Second
	rosterEvery  = 15 * time.Second
	rosterBefore = 24 * time.Hour
	rosterAhead  = 8 * 24 * time.Hour
)

// NewPager makes a pager; Run sends.
func NewPager(o PagerOptions) *Pager {
	if len(o.Pauses) == 0 {
		o.Pauses = []time.Duration{2 * time.Second, 6 * time.Second, 18 * time.Second}
	}
	return &Pager{opt: o, work: make(chan Event, pageBacklog), mail: map[string]string{}}
}

// Take notes the steps of paging among events that this node made. It never blocks: a step that finds the
// backlog full is logged, and the next one comes.
func (p *Pager) Take(events []Event) {
	for _, e := range events {
		if e.Kind != Paged || e.Page == nil {
			continue
		}
		if e.Adviser == "" {
			p.opt.Log.Error("nobody on the roster can be paged", "step", e.Page.Step)
			p.opt.Result("none", "nobody")
			continue
		}
		select {
		case p.work <- e:
		default:
			p.opt.Log.Error("page not sent: too many at once", "step", e.Page.Step)
			p.opt.Result("none", "failed")
		}
	}
}

// Run reads the roster every 15 s and sends pages until ctx ends.
func (p *Pager) Run(ctx context.Context) {
	var senders sync.WaitGroup
	for range pageSenders {
		senders.Go(func() {
			for {
				select {
				case e := <-p.work:
					p.send(ctx, e)
				case <-ctx.Done():
					return
				}
			}
		})
	}
	for ctx.Err() == nil {
		if err := p.Refresh(ctx); err != nil {
			p.opt.Log.WarnContext(ctx, "roster not read again, the last one holds", "error", err)
		}
		pause(ctx, rosterEvery)
	}
	senders.Wait()
}

// Refresh reads the roster from Postgres and gives it to the live state; without Postgres the last one
// that was read is given again, as Redis may have lost it.
func (p *Pager) Refresh(ctx context.Context) error {
	bound, cancel := context.WithTimeout(ctx, pageTry)
	defer cancel()
	now := p.opt.Now()
	watches, late := p.opt.Watches(bound, now.Add(-rosterBefore), now.Add(rosterAhead))
	p.mu.Lock()
	if late == nil {
		p.list = watches
		clear(p.mail)
		for _, w := range watches {
			p.mail[w.Person] = w.Mail
		}
	}
	watches = p.list
	p.mu.Unlock()
	if watches == nil {
		return late
	}
	return errors.Join(late, p.opt.Queue.Roster(bound, watches))
}

// send takes one step on every way at once.
func (p *Pager) send(ctx context.Context, e Event) {
	p.mu.Lock()
	to := p.mail[e.Adviser]
	p.mu.Unlock()
	c := PageCall{
		ID: e.Page.ID + "." + strconv.FormatInt(e.Number, 10), Step: e.Page.Step,
		Cause: e.Reason, Waited: e.Page.Waited, Link: p.opt.Link(e.Page.ID, e.Adviser), Mail: to,
	}
	if len(p.opt.Ways) == 0 {
		p.opt.Log.ErrorContext(ctx, "page not sent: no way is set", "step", c.Step)
		p.opt.Result("none", "failed")
		return
	}
	var ways sync.WaitGroup
	for _, way := range p.opt.Ways {
		ways.Go(func() {
			result := p.try(ctx, way, c)
			p.opt.Result(way.Name, result)
			p.opt.Log.InfoContext(ctx, "paged", "way", way.Name, "step", c.Step, "cause", c.Cause, "result", result)
		})
	}
	ways.Wait()
}

// try repeats until it is sent, cannot be, or the pauses are used up: all before the next step.
func (p *Pager) try(ctx context.Context, way PageWay, c PageCall) (result string) {
	for _, rest := range append(slices.Clone(p.opt.Pauses), 0) {
		bound, cancel := context.WithTimeout(ctx, pageTry)
		err := way.Send(bound, c)
		cancel()
		switch {
		case err == nil:
			return "sent"
		case errors.Is(err, ErrNotFound):
			return "no_address"
		case ctx.Err() != nil:
			return "failed"
		}
		p.opt.Log.WarnContext(ctx, "page not sent yet", "way", way.Name, "step", c.Step, "error", err)
		pause(ctx, rest)
	}
	return "failed"
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// Acknowledge takes the word of whoever holds a page's link that they come. ErrNotFound for a link that this
// house did not make or that is older than a day; open is false for a round that is over.
func (l *Line) Acknowledge(ctx context.Context, token string) (open bool, err error) {
	page, adviser, err := l.Tokens.OpenPage(token)
	if err != nil {
		return false, err
	}
	if l.Paging == nil {
		return false, ErrNotFound
	}
	open, events, err := l.Paging.Acknowledge(ctx, page, adviser)
	l.Note(events)
	return open, err
}
