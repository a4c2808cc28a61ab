package main

import (
	"context"
	"sync"
	"time"

	"adviceline/e2e/rig"
)

const idleSockets = 10_000

// idleMemory is G13: what resident memory of a node grows by for each contact who waits with an open
// socket and nothing to say. They are taken in by another node, so that only sockets are counted.
func idleMemory(ctx context.Context, s *stage) (figures, error) {
	nodes, err := s.fresh(ctx, 2)
	if err != nil {
		return nil, err
	}
	defer s.halt()
	people := make([]admission, idleSockets+100)
	var mu sync.Mutex
	posters := map[int]*poster{}
	defer func() {
		for _, p := range posters {
			p.close()
		}
	}()
	slots := make(chan int, 64)
	for i := range cap(slots) {
		p, err := dial(nodes[0].Addr)
		if err != nil {
			return nil, err
		}
		posters[i] = p
		slots <- i
	}
	if err := each(len(people), cap(slots), func(i int) (err error) {
		slot := <-slots
		defer func() { slots <- slot }()
		people[i], err = posters[slot].admit(rig.UUID())
		return err
	}); err != nil {
		return nil, err
	}
	var open []*line
	connect := func(people []admission) error {
		return each(len(people), 32, func(i int) error {
			l, err := nodes[1].connect(ctx, "/api/v1/contact/socket", `{"type":"hello","v":1,"token":"`+people[i].Token+`","after":0}`, func(string, []byte) {})
			if err == nil {
				mu.Lock()
				open = append(open, l)
				mu.Unlock()
			}
			return err
		})
	}
	defer func() {
		for _, l := range open {
			l.close()
		}
	}()
	if err := connect(people[idleSockets:]); err != nil { // the node has met sockets before
		return nil, err
	}
	time.Sleep(300 * time.Millisecond)
	before, begun := nodes[1].child.Resident(), time.Now()
	if err := connect(people[:idleSockets]); err != nil {
		return nil, err
	}
	took := time.Since(begun)
	time.Sleep(3 * time.Second)
	grown := nodes[1].child.Resident() - before
	return figures{"kib_conn": float64(grown) / idleSockets / 1024, "conn_s": idleSockets / took.Seconds()}, nil
}
