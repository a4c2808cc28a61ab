package web

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"adviceline/helpline"
	"adviceline/helpline/socket"
)

const (
	// positionEvery is how often waiting contacts hear of a changed place, at most.
	positionEvery = 10 * time.Second
	// positionChunk is how many contacts one question about places holds.
	positionChunk = 500
	// callTimeout bounds every call of a socket into the line.
	callTimeout = 10 * time.Second
)

// Contacts is the hub of this node's contact sockets: it gets the node's notices and hands each to
// the seats of its contact. Safe for concurrent use.
type Contacts struct {
	line *helpline.Line
	log  *slog.Logger

	stopped chan struct{} // closed once the node stops: places and offers stay as they are
	once    sync.Once
	changes atomic.Int64 // of the line, as its heartbeat told last
	asked   int64        // of Run: the changes at which it asked for places

	mu    sync.RWMutex
	seats map[string][]*seat // by contact; more than one only while a newer replaces an older
}

// NewContacts makes an empty hub. The line may get its queue later, but before the first socket.
func NewContacts(line *helpline.Line, log *slog.Logger) *Contacts {
	return &Contacts{line: line, log: log, seats: map[string][]*seat{}, stopped: make(chan struct{}), asked: -1}
}

// Deliver takes a notice for a contact ("c:" + id); others are ignored. It never blocks: a seat
// keeps a bounded number of notices and is cut when it falls behind.
func (h *Contacts) Deliver(n helpline.Notice) {
	contact, ok := strings.CutPrefix(n.To, "c:")
	if !ok {
		return
	}
	for _, s := range h.at(contact) {
		s.push(item{Notice: n})
	}
}

// Refresh makes every seat read again what it may have missed; the queue calls it after it lost
// its subscription or saw a gap.
func (h *Contacts) Refresh() {
	for _, s := range h.all() {
		s.push(item{refresh: true})
	}
}

// Reconnect asks every page to come back, each after a time of its own within the given one; a
// node calls it before it closes its sockets.
func (h *Contacts) Reconnect(within time.Duration) {
	for _, s := range h.all() {
		after := rand.N(max(within.Milliseconds(), 1)) //nolint:gosec // spreads load, guards nothing
		s.send(reconnectFrame{Type: "reconnect", AfterMS: after})
	}
}

// Recall makes every page come back now: the line counts those who were here as gone.
func (h *Contacts) Recall() {
	h.Reconnect(2 * time.Second)
	for _, s := range h.all() {
		s.wire.Close(socket.CodeNodeStops, "reconnect")
	}
}

// Stop says that this node goes: sockets that close from now on change nothing, their pages move to
// another node within the lease of this one (routing.md, transition 10).
func (h *Contacts) Stop() { h.once.Do(func() { close(h.stopped) }) }

// Stopped is closed once Stop was called.
func (h *Contacts) Stopped() <-chan struct{} { return h.stopped }

// Open counts the seats.
func (h *Contacts) Open() int { return len(h.all()) }

// Changed tells how often the line has changed; places are asked for only when that moved.
func (h *Contacts) Changed(times int64) { h.changes.Store(times) }

// Run sends places until ctx ends.
func (h *Contacts) Run(ctx context.Context) {
	ticker := time.NewTicker(positionEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			h.round(ctx)
		case <-ctx.Done():
			return
		}
	}
}

// round asks for places unless nothing has changed since it last did.
func (h *Contacts) round(ctx context.Context) {
	if now := h.changes.Load(); now != h.asked && h.positions(ctx) {
		h.asked = now
	}
}

// positions asks for the places of this node's waiting contacts and tells the changed ones; it tells
// whether it got them all.
func (h *Contacts) positions(ctx context.Context) bool {
	var waiting []string
	for _, s := range h.all() {
		if s.waits() {
			waiting = append(waiting, s.contact)
		}
	}
	for len(waiting) > 0 {
		n := min(positionChunk, len(waiting))
		call, cancel := context.WithTimeout(ctx, callTimeout)
		places, err := h.line.Queue.Positions(call, waiting[:n])
		cancel()
		if err != nil {
			h.log.WarnContext(ctx, "places cannot be read", "error", outline(err))
			return false
		}
		for contact, place := range places {
			for _, s := range h.at(contact) {
				s.push(item{place: &place})
			}
		}
		waiting = waiting[n:]
	}
	return true
}

func (h *Contacts) add(s *seat) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seats[s.contact] = append(h.seats[s.contact], s)
}

func (h *Contacts) remove(s *seat) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var rest []*seat
	for _, other := range h.seats[s.contact] {
		if other != s {
			rest = append(rest, other)
		}
	}
	h.seats[s.contact] = rest
	if len(rest) == 0 {
		delete(h.seats, s.contact)
	}
}

// at gives a contact's seats; the slice is never written again.
func (h *Contacts) at(contact string) []*seat {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.seats[contact]
}

func (h *Contacts) all() []*seat {
	h.mu.RLock()
	defer h.mu.RUnlock()
	out := make([]*seat, 0, len(h.seats))
	for _, seats := range h.seats {
		out = append(out, seats...)
	}
	return out
}
