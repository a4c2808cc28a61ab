package agents

import (
	"context"

	"adviceline/helpline"
)

// leave takes a leg from the one adviser of the fake.
func (q *queueFake) leave(verb string, c helpline.Console, contact string, fits func(helpline.Leg) error) ([]helpline.Event, error) {
	return nil, q.step(verb, c, func() error {
		l, ok := q.legs[contact]
		if !ok {
			return helpline.ErrNotFound
		}
		if err := fits(l); err != nil {
			return err
		}
		delete(q.legs, contact)
		return nil
	})
}

func fits(helpline.Leg) error { return nil }

func (q *queueFake) Transfer(_ context.Context, c helpline.Console, contact, target string) ([]helpline.Event, error) {
	return nil, q.step("transfer", c, func() error {
		l, ok := q.legs[contact]
		if !ok {
			return helpline.ErrNotFound
		}
		for _, x := range q.ready {
			if x.ID == target && x.Free {
				l.State = helpline.Transferring
				q.legs[contact] = l
				return nil
			}
		}
		return helpline.ErrNotFree
	})
}

func (q *queueFake) Requeue(_ context.Context, c helpline.Console, contact, _ string) ([]helpline.Event, error) {
	return q.leave("requeue", c, contact, fits)
}

func (q *queueFake) Handover(_ context.Context, c helpline.Console) ([]helpline.Event, error) {
	return nil, q.step("handover", c, func() error {
		clear(q.legs)
		q.duties[c.Adviser] = helpline.Duty{State: "off"}
		return nil
	})
}

func (q *queueFake) Park(_ context.Context, c helpline.Console, contact string) ([]helpline.Event, error) {
	return q.leave("park", c, contact, func(l helpline.Leg) error {
		if l.Lane == helpline.Danger { // stands for one who has been gone for a short time
			return helpline.ErrTooSoon
		}
		q.parked = append(q.parked, l)
		return nil
	})
}

func (q *queueFake) Take(_ context.Context, c helpline.Console, contact string) (l helpline.Leg, _ []helpline.Event, err error) {
	err = q.step("take", c, func() error {
		for _, p := range q.parked {
			if p.Contact == contact {
				l, q.legs[contact] = p, p
				return nil
			}
		}
		return helpline.ErrNotFound
	})
	return l, nil, err
}

func (q *queueFake) CloseDanger(_ context.Context, c helpline.Console, contact, _ string) ([]helpline.Event, error) {
	return nil, q.step("danger", c, func() error {
		for _, a := range q.danger {
			if a.Contact == contact && a.State == "open" {
				return nil
			}
		}
		return helpline.ErrNotFound
	})
}

func (q *queueFake) Colleagues(context.Context) ([]helpline.Colleague, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.ready, q.err
}
