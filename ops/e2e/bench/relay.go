package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"time"
)

// A person may send five messages a second, by the clock's seconds.
const perSecond = 5

// relayPaced is G10: 1,000 messages a second over 250 conversations, contact to adviser, timed from the
// moment when each was due.
func relayPaced(ctx context.Context, s *stage) (figures, error) {
	c, err := s.talking(ctx, 250, 50)
	defer s.halt()
	if err != nil {
		c.close()
		return nil, err
	}
	err = c.paced(c.pairs, 1000, 8*time.Second)
	c.settle()
	c.close()
	return c.figures(c.desks), err
}

// paced lets pairs take turns at a rate.
func (c *chats) paced(pairs []*pair, rate int, long time.Duration) error {
	c.from = time.Now().Add(20 * time.Millisecond)
	c.until = c.from.Add(long)
	due := pace(len(pairs), rate, c.from, long)
	return each(len(pairs), len(pairs), func(i int) error {
		for at := range due[i] {
			if err := c.say(pairs[i], at); err != nil {
				for range due[i] { // the pace goes on
				}
				return err
			}
		}
		return nil
	})
}

// relayMost is G11: 8,000 contacts send as fast as they may, one message at a time each. A sixth within
// a second is sent a second after the answer to the first, so that none is refused.
func relayMost(ctx context.Context, s *stage) (figures, error) {
	c, err := s.talking(ctx, staff*places, staff)
	defer s.halt()
	if err != nil {
		c.close()
		return nil, err
	}
	begun := time.Now()
	c.from, c.until = begun.Add(1500*time.Millisecond), begun.Add(5*time.Second)
	before := s.cpu()
	err = each(len(c.pairs), len(c.pairs), func(i int) error {
		time.Sleep(rand.N(time.Second)) // #nosec G404 -- they do not all begin at once
		return c.closed(c.pairs[i])
	})
	used := s.cpu() - before
	c.settle()
	c.close()
	f := c.figures(c.desks)
	f["srv_cpu_us_op"] = float64(used.Microseconds()) / max(float64(c.got.Load()), 1)
	return f, err
}

// cpu is what all nodes have used.
func (s *stage) cpu() (all time.Duration) {
	for _, n := range s.nodes {
		all += n.child.CPU()
	}
	return all
}

// closed sends one message after the other until the time is over.
func (c *chats) closed(p *pair) error {
	var answered [perSecond]time.Time
	for k := 0; time.Now().Before(c.until); k++ {
		time.Sleep(time.Until(answered[k%perSecond].Add(time.Second)))
		if !time.Now().Before(c.until) {
			return nil
		}
		if err := c.say(p, time.Now()); err != nil {
			return err
		}
		select {
		case <-p.acked:
			answered[k%perSecond] = time.Now()
		case <-time.After(10 * time.Second):
			return errors.New("a message has no answer within 10 s")
		}
	}
	return nil
}

// readers is G17: 100 conversations with an adviser each; in one the contact writes long lines, five a
// second, to an adviser who reads as the others do, or not at all. The figures are those of the others.
func readers(stuck bool) func(context.Context, *stage) (figures, error) {
	return func(ctx context.Context, s *stage) (figures, error) {
		c, err := s.talking(ctx, 100, 100)
		defer s.halt()
		if err != nil {
			c.close()
			return nil, err
		}
		one := c.pairs[0]
		one.desk.stuck.Store(stuck)
		one.write0(strings.Repeat("long ", 380))
		var work sync.WaitGroup
		work.Go(func() {
			for end := time.Now().Add(6 * time.Second); time.Now().Before(end); {
				if c.say(one, time.Now()) != nil {
					return
				}
				time.Sleep(time.Second/perSecond + 10*time.Millisecond)
			}
		})
		err = c.paced(c.pairs[1:], 396, 6*time.Second)
		work.Wait()
		if !stuck {
			c.settle()
		}
		c.close()
		f := c.figures(c.without(one.desk))
		delete(f, "lost") // what nobody read
		return f, err
	}
}
