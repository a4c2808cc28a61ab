package model

import (
	"math"

	"adviceline/helpline"
)

// Router is what Simulate drives: a Model (Routed), or a real queue under a frozen clock. Instants
// are ms and never go back; each call gives the events of its step. Offers are named by contact and
// adviser: at most one is live.
type Router interface {
	ContactRouter
	AdviserRouter
	// Next is the instant of the first timer, MaxInt64 when there is none.
	Next() (int64, error)
	// Sweep handles what is due until nothing is.
	Sweep(at int64) ([]helpline.Event, error)
}

// ContactRouter is what contacts do.
type ContactRouter interface {
	Enqueue(at int64, e helpline.Entry) ([]helpline.Event, error)
	Leave(at int64, contact string) ([]helpline.Event, error)
}

// AdviserRouter is what advisers do. Duty opens a console at its first call for an adviser.
type AdviserRouter interface {
	Duty(at int64, a helpline.Adviser, state string) ([]helpline.Event, error)
	Accept(at int64, adviser, contact string) ([]helpline.Event, error)
	Decline(at int64, adviser, contact string) ([]helpline.Event, error)
	End(at int64, adviser, contact string) ([]helpline.Event, error)
	Record(at int64, adviser, contact string) ([]helpline.Event, error)
}

// Routed makes a Router of a model. Events are valid until the next call.
func Routed(m *Model) Router { return &routed{m: m, consoles: map[string]helpline.Console{}} }

type routed struct {
	m        *Model
	consoles map[string]helpline.Console
	swept    []helpline.Event
}

func (r *routed) Enqueue(at int64, e helpline.Entry) ([]helpline.Event, error) {
	_, events, err := r.m.Enqueue(at, e)
	return events, err
}

func (r *routed) Leave(at int64, contact string) ([]helpline.Event, error) {
	c := r.m.contacts[contact]
	if c == nil {
		return nil, helpline.ErrNotFound
	}
	return r.m.Leave(at, contact, c.version, "cancel")
}

func (r *routed) Duty(at int64, a helpline.Adviser, state string) ([]helpline.Event, error) {
	k, open := r.consoles[a.ID]
	if !open {
		desk, _, err := r.m.ConsoleUp(at, a)
		if err != nil {
			return nil, err
		}
		k = desk.Console
		r.consoles[a.ID] = k
	}
	_, events, err := r.m.Duty(at, k, helpline.DutyWish{State: state, Audible: true, Confirmed: true})
	return events, err
}

func (r *routed) offer(contact string) string {
	if c := r.m.contacts[contact]; c != nil {
		return c.offerID()
	}
	return ""
}

func (r *routed) Accept(at int64, adviser, contact string) ([]helpline.Event, error) {
	_, events, err := r.m.Accept(at, r.consoles[adviser], r.offer(contact))
	return events, err
}

func (r *routed) Decline(at int64, adviser, contact string) ([]helpline.Event, error) {
	return r.m.Decline(at, r.consoles[adviser], r.offer(contact), "other")
}

func (r *routed) End(at int64, adviser, contact string) ([]helpline.Event, error) {
	return r.m.End(at, r.consoles[adviser], contact, "done")
}

func (r *routed) Record(at int64, adviser, contact string) ([]helpline.Event, error) {
	return r.m.Record(at, r.consoles[adviser], contact, helpline.Staged{})
}

func (r *routed) Next() (int64, error) {
	if at, armed := r.m.Next(); armed {
		return at, nil
	}
	return math.MaxInt64, nil
}

func (r *routed) Sweep(at int64) ([]helpline.Event, error) {
	r.swept = r.swept[:0]
	for {
		n, events := r.m.Sweep(at)
		if n == 0 {
			return r.swept, nil
		}
		r.swept = append(r.swept, events...)
	}
}
