package socket

import (
	"context"
	"sync"
	"time"
)

// linger is how long a peer has to answer our close before the connection is cut.
const linger = time.Second

// carrier is what a connection travels on: a WebSocket, or a streamed answer with requests beside it.
// Each half has one user, reader or writer; alive and shut may be called beside both.
type carrier interface {
	// read hands frames to c until the peer has gone, a deadline has passed or shut was called.
	read(c *Conn)
	alive(until time.Time) // puts off the deadline of reading
	write(frame []byte, deadline time.Time) error
	ping(deadline time.Time) error
	part(stop Stop, deadline time.Time) error // tells how it ends; nothing is written after it
	linger(c *Conn)                           // gives the peer a moment to hear part
	shut()
}

// Conn is one connection. Its methods are safe for concurrent use and never block.
type Conn struct {
	on      carrier
	up      *Upgrader
	handler Handler
	ctx     context.Context
	cancel  context.CancelFunc
	wake    chan struct{} // holds one token while there may be something to write
	read    chan struct{} // closed by the reader as it ends

	greeted bool // the first frame came; the reader's own

	mu      sync.Mutex
	queue   [][]byte
	head    int // queue[:head] is written
	closing bool
	stop    Stop
	closeBy time.Time // when closing: nothing is written after it
}

// connect makes a connection known; the caller starts its reader and its writer.
func (u *Upgrader) connect(on carrier, h Handler) *Conn {
	c := &Conn{on: on, up: u, handler: h, wake: make(chan struct{}, 1), read: make(chan struct{})}
	// Not the request's context: that ends when the HTTP handler returns, and holds the request.
	c.ctx, c.cancel = context.WithCancel(context.Background())
	if u.o.Registry.add(c) {
		c.Close(CodeNodeStops, "node_stops")
	}
	return c
}

// Context ends when the connection does.
func (c *Conn) Context() context.Context { return c.ctx }

// Send queues a frame, which must not be changed afterwards. False means that it will not be
// written: the connection is closing, or the peer reads too slowly, in which case the queue is
// dropped and the connection closes with CodeTooSlow; the peer comes back and resumes.
func (c *Conn) Send(frame []byte) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing {
		return false
	}
	if len(c.queue)-c.head >= c.up.o.Queue {
		c.queue, c.head = nil, 0
		c.closeLocked(Stop{Code: CodeTooSlow, Reason: "too_slow"})
		return false
	}
	if c.head > 0 && len(c.queue) == cap(c.queue) {
		c.queue, c.head = c.queue[:copy(c.queue, c.queue[c.head:])], 0
	}
	c.queue = append(c.queue, frame)
	c.poke()
	return true
}

// Close asks for the end: frames queued before it are still written, within the write wait, then
// the close frame with that code and reason, a fixed code word (anything else is left out). Only
// the first call counts. Frames that the peer sends afterwards are not handled.
func (c *Conn) Close(code int, reason string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closeLocked(Stop{Code: code, Reason: codeWord(reason)})
}

func (c *Conn) closeLocked(stop Stop) {
	if c.closing {
		return
	}
	c.closing, c.stop, c.closeBy = true, stop, time.Now().Add(c.up.o.WriteWait)
	c.poke()
}

func (c *Conn) poke() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

func (c *Conn) isClosing() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closing
}

// alive puts off the peer's death, unless the connection is closing: then the writer has set
// the last deadline.
func (c *Conn) alive() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closing {
		c.on.alive(time.Now().Add(c.up.o.DeadAfter))
	}
}

// what the writer is to do next.
type errand int

const (
	rest  errand = iota // wait for the next wake
	write               // the frame
	part                // the close frame
)

// next gives the writer's errand, the frame if it is to write one, and the deadline. The frame
// is not taken off the queue before written is called: it counts until it is gone.
func (c *Conn) next() (do errand, frame []byte, deadline time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	deadline = time.Now().Add(c.up.o.WriteWait)
	if c.closing && c.closeBy.Before(deadline) {
		deadline = c.closeBy
	}
	if c.head < len(c.queue) {
		return write, c.queue[c.head], deadline
	}
	c.queue, c.head = nil, 0 // an idle connection holds no queue
	if c.closing {
		return part, nil, deadline
	}
	return rest, nil, deadline
}

// written takes the frame that next gave off the queue, unless the queue was dropped meanwhile.
func (c *Conn) written() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.head < len(c.queue) {
		c.queue[c.head] = nil
		c.head++
	}
}
