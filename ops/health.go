package ops

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

const (
	checkWithin = time.Second            // deadline of one check
	checkKept   = 500 * time.Millisecond // how long an answer is given again
)

// Health answers whether this node lives and can serve. Register the checks before it serves.
type Health struct {
	checks   []check
	draining atomic.Bool

	mu   sync.Mutex
	last *round
}

type check struct {
	name     string
	critical bool
	run      func(context.Context) error
}

// round is one run of all checks; several requests may wait for it.
type round struct {
	done     chan struct{}
	at       time.Time // when it ended; read after done, like all below
	degraded []string
	broken   bool
}

// Check registers a check under a name that readers see. A critical check that fails makes the
// node unready; the others only name it as degraded. f gets one second.
func (h *Health) Check(name string, critical bool, f func(ctx context.Context) error) {
	h.checks = append(h.checks, check{name, critical, f})
}

// Drain makes the node unready for good: balancers send nobody new.
func (h *Health) Drain() { h.draining.Store(true) }

// Handler is the private listener: /healthz says 200 while the process lives, /readyz says 200 or
// 503 with {"degraded":[...]}, /metrics gives what metrics serves.
func (h *Health) Handler(metrics http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		_, _ = w.Write([]byte("ok\n"))
	})
	mux.HandleFunc("GET /readyz", h.ready)
	mux.Handle("GET /metrics", metrics)
	return mux
}

func (h *Health) ready(w http.ResponseWriter, r *http.Request) {
	now, err := h.state(r.Context())
	if err != nil {
		return // nobody reads the answer any more
	}
	degraded, broken := now.degraded, now.broken
	if h.draining.Load() {
		degraded, broken = append([]string{"draining"}, degraded...), true
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if broken {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(struct {
		Degraded []string `json:"degraded"`
	}{degraded})
}

// state gives the last round while it is fresh or still runs, and begins a new one otherwise: many
// requests at once run each check once.
func (h *Health) state(ctx context.Context) (*round, error) {
	h.mu.Lock()
	now := h.last
	if now == nil || now.stale() {
		now = &round{done: make(chan struct{})}
		h.last = now
		go h.run(now) // #nosec G118 -- for all who ask; ends at the latest after checkWithin
	}
	h.mu.Unlock()
	select {
	case <-now.done:
		return now, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (r *round) stale() bool {
	select {
	case <-r.done:
		return time.Since(r.at) > checkKept
	default:
		return false
	}
}

// run runs all checks side by side. A check that ignores its deadline counts as failed.
func (h *Health) run(r *round) {
	ctx, cancel := context.WithTimeout(context.Background(), checkWithin)
	defer cancel()
	results := make([]chan error, len(h.checks))
	for i, c := range h.checks {
		results[i] = make(chan error, 1)
		go func() { results[i] <- c.run(ctx) }()
	}
	r.degraded = []string{}
	for i, c := range h.checks {
		var err error
		select {
		case err = <-results[i]:
		case <-ctx.Done():
			select {
			case err = <-results[i]: // it was in time, another was not
			default:
				err = ctx.Err()
			}
		}
		if err != nil {
			r.degraded = append(r.degraded, c.name)
			r.broken = r.broken || c.critical
		}
	}
	r.at = time.Now()
	close(r.done)
}
