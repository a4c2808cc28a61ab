package agents

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"adviceline/helpline"
	"adviceline/helpline/socket"
)

// Sessions is what the hub needs of signing in. helpline.ErrSignedOut is a decision; any other error
// says that nobody could decide.
type Sessions interface {
	Redeem(ctx context.Context, ticket string) (s helpline.Session, number int64, err error)
	Recheck(ctx context.Context, sessionHash string) (helpline.Session, error)
}

// Options is what a Hub needs.
type Options struct {
	Line   *helpline.Line
	SignIn Sessions
	Log    *slog.Logger
	// Socket: zero pings and queue take a console's values. A Registry that is given may hold others'
	// sockets too, so its owner closes it and awaits in it those that have not said hello.
	Socket  socket.Options
	Sockets func(delta int)  // the gauge of open consoles; nil: nobody counts
	Now     func() time.Time // nil: time.Now
	Recheck time.Duration    // how often sessions are looked at; 0: a minute
	// Referrals and Register: nil where none are kept; their frames are not available then.
	Referrals *helpline.Referrals
	Register  *helpline.Disclosures
	List      time.Duration // how often consoles hear who else is ready, at most; 0: 5 s
}

// Hub is the node's consoles: one live console per adviser. It is the http.Handler of the console's
// socket; the hello carries a ticket, so no cookie is looked at. Safe for concurrent use.
type Hub struct {
	Options
	up      *socket.Upgrader
	own     *socket.Registry // nil when the registry is somebody else's
	stop    context.CancelFunc
	leaving <-chan struct{} // closed by stop
	rounds  chan struct{}   // closed when the rechecks and the lists have ended

	mu       sync.Mutex
	advisers map[string][]*console // the slices are never changed, only replaced
	memories map[string]*memory    // by session
	open     int                   // registered consoles whose end is not over
	closing  bool
	empty    chan struct{} // closed once closing and nothing is open
}

// NewHub checks the options and begins the rechecks, which Close ends.
func NewHub(o Options) (*Hub, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sockets == nil {
		o.Sockets = func(int) {}
	}
	if o.Recheck <= 0 {
		o.Recheck = time.Minute
	}
	if o.List <= 0 {
		o.List = 5 * time.Second
	}
	h := &Hub{
		advisers: map[string][]*console{}, memories: map[string]*memory{},
		empty: make(chan struct{}), rounds: make(chan struct{}),
	}
	if o.Socket.PingEvery <= 0 && o.Socket.DeadAfter <= 0 {
		o.Socket.PingEvery, o.Socket.DeadAfter = 5*time.Second, 12*time.Second
	}
	if o.Socket.Queue <= 0 {
		o.Socket.Queue = 512 // what was held back during hello comes at once
	}
	if o.Socket.Registry == nil {
		h.own = socket.NewRegistry(0)
		o.Socket.Registry = h.own
	}
	up, err := socket.New(o.Socket)
	if err != nil {
		return nil, fmt.Errorf("make hub: %w", err)
	}
	h.Options, h.up = o, up
	ctx, cancel := context.WithCancel(context.Background())
	h.stop, h.leaving = cancel, ctx.Done()
	go h.run(ctx)
	return h, nil
}

// ServeHTTP upgrades GET /api/v1/console/socket and returns at once. To a POST, whose body is the
// hello, it answers with a stream and returns when that is over.
func (h *Hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h.stopping() {
		http.Error(w, "", http.StatusServiceUnavailable)
		return
	}
	h.Sockets(1)
	if err := h.connect(w, r); err != nil {
		h.Sockets(-1)
		if _, refused := errors.AsType[socket.Refused](err); !refused {
			h.Log.DebugContext(r.Context(), "console handshake broke")
		}
	}
}

func (h *Hub) connect(w http.ResponseWriter, r *http.Request) error {
	if r.Method != http.MethodPost {
		return h.up.Upgrade(w, r, &console{hub: h})
	}
	hello, err := io.ReadAll(r.Body) // its length was looked at before
	if err != nil {
		return fmt.Errorf("read hello: %w", err)
	}
	return h.up.Stream(w, r, hello, &console{hub: h, streams: true})
}

// Deliver takes a notice to an adviser, or to all of them ("a:*"). It never blocks; others' notices are
// read over.
func (h *Hub) Deliver(n helpline.Notice) {
	adviser, ok := strings.CutPrefix(n.To, "a:")
	if !ok {
		return
	}
	consoles := h.of(adviser)
	if adviser == "*" {
		consoles = h.all()
	}
	for _, c := range consoles {
		c.deliver(n)
	}
}

// Revoke closes this node's sockets of one session at once, though Redis be away. Those of other nodes
// are told by a notice.
func (h *Hub) Revoke(_, sessionHash string) {
	for _, c := range h.all() {
		if c.session.Hash == sessionHash {
			c.conn.Close(socket.CodeSignedOut, "signed_out")
		}
	}
}

// Recall asks every console to come back: notices may have been missed, or the node's lease was over.
func (h *Hub) Recall() {
	for _, c := range h.all() {
		c.send(comeBack())
		c.conn.Close(socket.CodeNodeStops, "reconnect")
	}
}

// Close sends everybody away, revokes nothing, and waits until the last console is gone or ctx ends.
func (h *Hub) Close(ctx context.Context) error {
	h.mu.Lock()
	h.closing = true
	h.settle()
	h.mu.Unlock()
	h.stop()
	h.Recall()
	if h.own != nil {
		h.own.CloseAll(socket.CodeNodeStops, "node_stops")
	}
	for _, done := range []<-chan struct{}{h.rounds, h.empty} {
		select {
		case <-done:
		case <-ctx.Done():
			return fmt.Errorf("close consoles: %w", ctx.Err())
		}
	}
	if h.own == nil {
		return nil
	}
	if err := h.own.Wait(ctx); err != nil {
		return fmt.Errorf("close consoles: %w", err)
	}
	return nil
}

func (h *Hub) stopping() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.closing
}

// leave is the last act of a registered console.
func (h *Hub) leave() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.open--
	h.settle()
}

// settle closes empty, once: nothing registers after closing. The caller holds mu.
func (h *Hub) settle() {
	if !h.closing || h.open > 0 {
		return
	}
	select {
	case <-h.empty:
	default:
		close(h.empty)
	}
}

// register makes the console known and gives it the memory of its session; false when the hub closes.
func (h *Hub) register(c *console) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closing {
		return false
	}
	adviser, session := c.session.Person.ID, c.session.Hash
	h.forget()
	if h.memories[session] == nil {
		h.memories[session] = &memory{used: h.Now()}
	}
	c.memory = h.memories[session]
	h.advisers[adviser] = append(slices.Clone(h.advisers[adviser]), c)
	h.open++
	return true
}

// forget drops memories that nothing can ask for. The caller holds mu.
func (h *Hub) forget() {
	live := make(map[*memory]bool)
	for _, cs := range h.advisers {
		for _, c := range cs {
			live[c.memory] = true
		}
	}
	now := h.Now()
	for session, m := range h.memories {
		if !live[m] && m.idle(now) {
			delete(h.memories, session)
		}
	}
}

// unregister takes a registered console out: no notice reaches it any more.
func (h *Hub) unregister(c *console) {
	h.mu.Lock()
	defer h.mu.Unlock()
	adviser := c.session.Person.ID
	rest := slices.DeleteFunc(slices.Clone(h.advisers[adviser]), func(x *console) bool { return x == c })
	if len(rest) == 0 {
		delete(h.advisers, adviser)
	} else {
		h.advisers[adviser] = rest
	}
}

func (h *Hub) of(adviser string) []*console {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.advisers[adviser]
}

func (h *Hub) all() []*console {
	h.mu.Lock()
	defer h.mu.Unlock()
	var all []*console
	for _, cs := range h.advisers {
		all = append(all, cs...)
	}
	return all
}

// supersede closes the same adviser's older consoles here; it tells whether c is itself an older one,
// and closed. Whichever of two comes last sees both epochs.
func (h *Hub) supersede(c *console) (old bool) {
	mine := c.seat().Epoch
	for _, other := range h.of(c.session.Person.ID) {
		switch epoch := other.seat().Epoch; {
		case epoch > mine:
			old = true
		case epoch > 0 && epoch < mine:
			other.replace()
		}
	}
	if old {
		c.replace()
	}
	return old
}

// run is what the hub does by the clock, until ctx ends.
func (h *Hub) run(ctx context.Context) {
	defer close(h.rounds)
	var both sync.WaitGroup
	both.Go(func() { h.recheck(ctx) })
	both.Go(func() { h.colleagues(ctx) })
	both.Wait()
}

// recheck looks at every console's session again and again until ctx ends.
func (h *Hub) recheck(ctx context.Context) {
	ticker := time.NewTicker(h.Recheck)
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

// round closes consoles whose session has ended. When the stores do not answer, all stay open. A
// session that only grew old does not close a console that holds a leg: the page asks for the
// password in place.
func (h *Hub) round(ctx context.Context) {
	for _, c := range h.all() {
		_, err := h.SignIn.Recheck(ctx, c.session.Hash)
		switch {
		case err == nil:
		case !errors.Is(err, helpline.ErrSignedOut):
			h.Log.WarnContext(ctx, "sessions cannot be rechecked", "error", err)
			return
		case h.Now().Before(c.session.Expires) || !c.holdsLegs():
			c.conn.Close(socket.CodeSignedOut, "signed_out")
		}
	}
}
