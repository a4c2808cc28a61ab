package socket

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
)

// Registry knows the live connections of a node: it caps them, and at the end closes and awaits
// them, which http.Server.Shutdown does not. One serves any number of Upgraders. Safe for
// concurrent use.
type Registry struct {
	most int

	mu      sync.Mutex
	count   int // connections and upgrades under way
	conns   map[*Conn]struct{}
	closing bool
	empty   chan struct{} // closed once closing and count is 0
}

// NewRegistry makes a registry that takes at most so many connections at once; 0 means no cap.
func NewRegistry(most int) *Registry {
	return &Registry{most: most, conns: map[*Conn]struct{}{}, empty: make(chan struct{})}
}

// Live gives the number of connections, those under way included.
func (r *Registry) Live() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.count
}

// enter takes a place before the upgrade; false when full or closing.
func (r *Registry) enter() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closing || (r.most > 0 && r.count >= r.most) {
		return false
	}
	r.count++
	return true
}

// add notes a connection that has its place; a registry that has begun to close meanwhile tells
// so, and the connection is to close with it.
func (r *Registry) add(c *Conn) (closing bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.conns[c] = struct{}{}
	return r.closing
}

// leave gives the place back; c is nil when the upgrade failed.
func (r *Registry) leave(c *Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.conns, c)
	r.count--
	r.settle()
}

// settle closes empty, once: after closing begins count only falls.
func (r *Registry) settle() {
	if !r.closing || r.count > 0 {
		return
	}
	select {
	case <-r.empty:
	default:
		close(r.empty)
	}
}

// CloseAll closes every connection with that code and takes no new ones from now on. It does
// not wait. Frames that are queued go out first.
func (r *Registry) CloseAll(code int, reason string) {
	r.mu.Lock()
	r.closing = true
	conns := slices.Collect(maps.Keys(r.conns))
	r.settle()
	r.mu.Unlock()
	for _, c := range conns {
		c.Close(code, reason)
	}
}

// Wait returns when CloseAll was called and the last connection is gone, its Closed included, or
// with the context's error.
func (r *Registry) Wait(ctx context.Context) error {
	select {
	case <-r.empty:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("await sockets: %w", ctx.Err())
	}
}
