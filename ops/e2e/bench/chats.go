package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"adviceline/e2e/rig"
)

// chats are conversations whose contacts are on one node and whose advisers are on another.
type chats struct {
	base  time.Time // the clock of all stamps
	from  time.Time // arrivals before it do not count for the rate
	until time.Time
	desks []*desk
	pairs []*pair

	mu     sync.Mutex
	opened map[string]chan *desk // by contact

	sent, got, inTime, refused atomic.Int64
}

// desk is a console. Its latencies are its reader's until it is closed.
type desk struct {
	*line
	took  latencies
	stuck atomic.Bool
	free  chan struct{} // closed at the end: a stuck reader goes on
}

// pair is a contact in a conversation with an adviser. Only one goroutine sends.
type pair struct {
	*line
	desk  *desk
	frame []byte
	cid   []byte // where the frame's cid counts
	stamp []byte // where its time stands
	count int
	acked chan struct{}
}

// talking opens n conversations with so many advisers.
func (s *stage) talking(ctx context.Context, n, advisers int) (*chats, error) {
	nodes, err := s.fresh(ctx, 2)
	if err != nil {
		return nil, err
	}
	c := &chats{base: time.Now(), opened: map[string]chan *desk{}}
	if err := each(advisers, 8, func(i int) error {
		d := &desk{free: make(chan struct{})}
		var err error
		d.line, err = nodes[1].desk(ctx, s.advisers[i], func(l *line, kind string, frame []byte) { c.atDesk(d, l, kind, frame) })
		if err == nil {
			c.mu.Lock()
			c.desks = append(c.desks, d)
			c.mu.Unlock()
		}
		return err
	}); err != nil {
		return c, err
	}
	c.pairs = make([]*pair, n)
	posters := make(chan *poster, 32)
	for range cap(posters) {
		p, err := dial(nodes[0].Addr)
		if err != nil {
			return c, err
		}
		defer p.close()
		posters <- p
	}
	return c, each(n, cap(posters), func(i int) error {
		p := <-posters
		a, err := p.admit(rig.UUID())
		posters <- p
		if err != nil {
			return err
		}
		c.pairs[i], err = c.join(ctx, nodes[0], a)
		return err
	})
}

// each runs n jobs, so many at once, and gives the first error.
func each(n, atOnce int, job func(i int) error) error {
	var next atomic.Int64
	var work sync.WaitGroup
	failed := make([]error, atOnce)
	for w := range atOnce {
		work.Go(func() {
			for i := next.Add(1) - 1; i < int64(n) && failed[w] == nil; i = next.Add(1) - 1 {
				failed[w] = job(int(i))
			}
		})
	}
	work.Wait()
	return cmp.Or(failed...)
}

// waiting gives the channel on which a contact's adviser comes.
func (c *chats) waiting(contact string) chan *desk {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.opened[contact] == nil {
		c.opened[contact] = make(chan *desk, 1)
	}
	return c.opened[contact]
}

// atDesk accepts every offer and times every message.
func (c *chats) atDesk(d *desk, l *line, kind string, frame []byte) {
	if d.stuck.Load() {
		<-d.free
	}
	switch kind {
	case "message":
		if stamp, ok := stampOf(frame); ok {
			now := time.Now()
			d.took.add(now.Sub(c.base) - stamp)
			c.got.Add(1)
			if now.After(c.from) && now.Before(c.until) {
				c.inTime.Add(1)
			}
		}
	case "offer", "opened":
		var f struct{ Offer, Contact string }
		if json.Unmarshal(frame, &f) != nil {
			return
		}
		if kind == "opened" {
			c.waiting(f.Contact) <- d
			return
		}
		_ = l.write(`{"type":"accept","ref":"` + rig.UUID() + `","offer":"` + f.Offer + `"}`)
	}
}

// stampOf finds the time that a message carries.
func stampOf(frame []byte) (time.Duration, bool) {
	_, rest, ok := bytes.Cut(frame, []byte(`ts=`))
	if !ok || len(rest) < stampDigits {
		return 0, false
	}
	n, err := strconv.ParseInt(string(rest[:stampDigits]), 10, 64)
	return time.Duration(n), err == nil
}

const stampDigits = 15

// join opens the contact's socket once an adviser has accepted.
func (c *chats) join(ctx context.Context, n *node, a admission) (*pair, error) {
	p := &pair{acked: make(chan struct{}, 64)}
	select {
	case p.desk = <-c.waiting(a.Contact):
	case <-time.After(20 * time.Second):
		return nil, errors.New("no adviser within 20 s")
	}
	var err error
	p.line, err = n.connect(ctx, "/api/v1/contact/socket", `{"type":"hello","v":1,"token":"`+a.Token+`","after":0}`, func(kind string, _ []byte) {
		switch kind {
		case "error":
			c.refused.Add(1)
			fallthrough
		case "said":
			select {
			case p.acked <- struct{}{}:
			default: // nobody counts them
			}
		}
	})
	p.write0("hello, are you still there?")
	return p, err
}

// write0 makes the frame of the pair, padded to 512 bytes or the next step as a page pads it; cid and
// time are filled in for each message.
func (p *pair) write0(text string) {
	cid := rig.UUID()
	f := `{"type":"say","cid":"` + cid + `","text":"ts=` + strings.Repeat("0", stampDigits) + `; ` + text + `","pad":"`
	size := 512
	for size < len(f)+2 {
		size *= 4
	}
	p.frame = []byte(f + strings.Repeat("0", size-len(f)-2) + `"}`)
	at := bytes.Index(p.frame, []byte(cid))
	p.cid = p.frame[at+24 : at+36]
	at = bytes.Index(p.frame, []byte("ts=")) + 3
	p.stamp = p.frame[at : at+stampDigits]
}

// say sends the pair's next message with its time.
func (c *chats) say(p *pair, due time.Time) error {
	p.count++
	count(p.cid, int64(p.count))
	count(p.stamp, int64(due.Sub(c.base)))
	c.sent.Add(1)
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.conn.WriteMessage(1, p.frame); err != nil {
		return fmt.Errorf("say: %w", err)
	}
	return nil
}

// count writes a number in decimal digits over a fixed place.
func count(place []byte, n int64) {
	for i := len(place) - 1; i >= 0; i-- {
		place[i] = byte('0' + n%10)
		n /= 10
	}
}

// settle waits for what is on its way, 3 s at most.
func (c *chats) settle() {
	for end := time.Now().Add(3 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if c.got.Load()+c.refused.Load() >= c.sent.Load() {
			return
		}
	}
}

// close closes all sockets; the latencies are everybody's from then on.
func (c *chats) close() {
	if c == nil {
		return
	}
	for _, d := range c.desks {
		close(d.free)
		d.close()
	}
	for _, p := range c.pairs {
		if p != nil && p.line != nil {
			p.close()
		}
	}
}

// figures of messages to the given desks; call it after close.
func (c *chats) figures(desks []*desk) figures {
	var all latencies
	for _, d := range desks {
		all = append(all, d.took...)
	}
	f := figures{
		"n": float64(len(all)), "p50_us": all.at(0.5), "p99_us": all.at(0.99), "refused": float64(c.refused.Load()),
		"lost": float64(c.sent.Load() - c.refused.Load() - c.got.Load()),
	}
	if span := c.until.Sub(c.from); span > 0 {
		f["ops_s"] = float64(c.inTime.Load()) / span.Seconds()
	}
	return f
}

func (c *chats) without(d *desk) []*desk {
	return slices.DeleteFunc(slices.Clone(c.desks), func(o *desk) bool { return o == d })
}
