package main

import (
	"context"
	"errors"
	"time"

	"adviceline/e2e/rig"
)

// offerLoad is G5: POST on one node, offer on a console of another, one at a time. The contact leaves
// before the next one comes, so the adviser is idle every time.
func offerLoad(ctx context.Context, s *stage) (figures, error) {
	nodes, err := s.fresh(ctx, 2)
	if err != nil {
		return nil, err
	}
	defer s.halt()
	offered, revoked := make(chan time.Time, 4), make(chan struct{}, 4)
	desk, err := nodes[1].desk(ctx, s.advisers[0], func(_ *line, kind string, _ []byte) {
		switch kind {
		case "offer":
			offered <- time.Now()
		case "revoked":
			revoked <- struct{}{}
		}
	})
	if err != nil {
		return nil, err
	}
	defer desk.close()
	p, err := dial(nodes[0].Addr)
	if err != nil {
		return nil, err
	}
	defer p.close()
	var offers, answers latencies
	for begun := time.Now(); time.Since(begun) < 2500*time.Millisecond; {
		request, due := rig.UUID(), time.Now()
		a, err := p.admit(request)
		if err != nil {
			return nil, err
		}
		answered := time.Now()
		select {
		case at := <-offered:
			if time.Since(begun) > 500*time.Millisecond { // what came before was warming
				offers.add(at.Sub(due))
				answers.add(answered.Sub(due))
			}
		case <-time.After(5 * time.Second):
			return nil, errors.New("no offer within 5 s")
		}
		if err := p.leave(a); err != nil {
			return nil, err
		}
		select {
		case <-revoked:
		case <-time.After(5 * time.Second):
			return nil, errors.New("offer not revoked within 5 s")
		}
	}
	f := figures{"n": float64(len(offers)), "p50_us": offers.at(0.5), "p99_us": offers.at(0.99), "answer_p50_us": answers.at(0.5)}
	return f, nil
}
