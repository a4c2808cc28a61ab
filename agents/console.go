package agents

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"adviceline/helpline"
	"adviceline/helpline/socket"
)

const (
	// stepWait bounds a step; its connection's end does not cut it short, so that its answer can
	// be remembered for the console that comes back.
	stepWait  = 3 * time.Second
	helloWait = 5 * time.Second
	downWait  = 5 * time.Second
	// maxHeld is how many notices a console may hold back before it is cut as too slow.
	maxHeld = 256
)

// What a console holds back: all while it is brought up, what belongs to legs that it does not know
// while it accepts one.
const (
	holdNone = iota
	holdLegs
	holdAll
)

// console is one connection. Frame and what it calls run on the socket's reader, deliver on the
// queue's subscriber; mu guards what both use and is never held while sending.
type console struct {
	hub     *Hub
	conn    *socket.Conn // set once, before the console is registered
	session helpline.Session
	ticket  int64   // number of the ticket that it came with
	streams bool    // comes as a stream, not by a WebSocket
	mark    string  // of the stream; set by hello, before the console is registered
	memory  *memory // given as the console is registered
	pace    pace
	greeted bool

	mu       sync.Mutex
	me       helpline.Console // epoch 0 until the queue has brought it up
	replaced bool
	hold     int
	held     []helpline.Notice
	legs     map[string]*leg
	parked   map[string]bool
	list     []colleague // as last told; nil until the welcome
}

// leg is a contact at this console.
type leg struct {
	key   string
	seq   int64 // the last message of the contact that the console was sent
	fresh bool  // accepted, but what was held back for it is not out yet
	// stuck is the cid of a message that has to come again first. A later one, stored now, would
	// stand before it for ever.
	stuck string
}

// Frame implements socket.Handler.
func (c *console) Frame(ctx context.Context, conn *socket.Conn, data []byte) error {
	wait, take := stepWait, c.answer
	if !c.greeted {
		c.greeted, c.conn = true, conn
		wait, take = helloWait, c.hello
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), wait)
	defer cancel()
	return take(ctx, data)
}

// Closed implements socket.Handler: offers return, legs are kept for the grace. A node that stops
// revokes nothing: its consoles move to another within its lease.
func (c *console) Closed(*socket.Conn) {
	defer c.hub.Sockets(-1)
	if c.memory == nil {
		return // never registered
	}
	defer c.hub.leave()
	c.hub.unregister(c)
	c.mu.Lock()
	me, replaced := c.me, c.replaced
	c.legs, c.held = nil, nil
	c.mu.Unlock()
	if me.Adviser == "" || replaced {
		return
	}
	for !c.hub.stopping() {
		err := c.down(me)
		if err == nil || errors.Is(err, helpline.ErrNotFound) {
			return
		}
		c.hub.Log.Warn("console not taken down yet", "error", err)
		c.hub.pause(downPause)
	}
}

// downPause is between two tries to take a console down while Redis is away.
const downPause = time.Second

// pause waits, at most until the hub closes.
func (h *Hub) pause(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-h.leaving:
	}
}

func (c *console) down(me helpline.Console) error {
	ctx, cancel := context.WithTimeout(context.Background(), downWait)
	defer cancel()
	return c.hub.Line.ConsoleDown(ctx, me)
}

// seat is what the queue knows this console by.
func (c *console) seat() helpline.Console {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.me
}

// replace closes this console for a newer one: it has taken everything over.
func (c *console) replace() {
	c.mu.Lock()
	c.replaced = true
	c.mu.Unlock()
	c.conn.Close(socket.CodeReplaced, "replaced")
}

// key gives the wrapped key of a leg that this console holds.
func (c *console) key(contact string) (string, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l, ok := c.legs[contact]
	if !ok {
		return "", false
	}
	return l.key, true
}

func (c *console) holdsLegs() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.legs) > 0
}

// holdLegs begins to hold back what belongs to a leg that is being accepted.
func (c *console) holdLegs() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hold = max(c.hold, holdLegs)
}

func (c *console) addLeg(o helpline.Opened) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.legs == nil {
		c.legs = make(map[string]*leg)
	}
	c.legs[o.Contact] = &leg{key: o.Key, seq: lastSeq(o), fresh: true}
}

// dropLeg forgets a leg's key; it tells whether there was one.
func (c *console) dropLeg(contact string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, ok := c.legs[contact]
	delete(c.legs, contact)
	return ok
}

// dropAll forgets every leg and gives their contacts, in order.
func (c *console) dropAll() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	gone := slices.Sorted(maps.Keys(c.legs))
	clear(c.legs)
	return gone
}

// parkLeg makes a leg one that waits for its person.
func (c *console) parkLeg(contact string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.legs, contact)
	if c.parked == nil {
		c.parked = make(map[string]bool)
	}
	c.parked[contact] = true
}

// dropParked tells whether a leg was parked here; it is not any more.
func (c *console) dropParked(contact string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	was := c.parked[contact]
	delete(c.parked, contact)
	return was
}

// release hands out what was held back, in order, and what comes in meanwhile. Offers in skip are
// on the console's screen already.
func (c *console) release(skip map[string]bool) {
	for {
		c.mu.Lock()
		held := c.held
		c.held = nil
		if len(held) == 0 {
			c.hold = holdNone
			for _, l := range c.legs {
				l.fresh = false
			}
			c.mu.Unlock()
			return
		}
		c.mu.Unlock()
		for _, n := range held {
			if n.Kind != helpline.NoticeOffer || !skip[n.Offer] {
				c.tell(n)
			}
		}
	}
}
