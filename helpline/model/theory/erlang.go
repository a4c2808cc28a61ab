package theory

import (
	"errors"
	"fmt"
	"math"
)

// ErrOverload says that more work comes than can be done: no steady state exists.
var ErrOverload = errors.New("load is not below capacity")

// Load is a line with one class: arrivals per unit of time, the mean service, and the servers.
type Load struct {
	Arrivals float64
	Service  float64
	Servers  int
}

// offered is the work that comes, in servers (erlang).
func (l Load) offered() float64 { return l.Arrivals * l.Service }

// capacity is the rate at which all servers together finish.
func (l Load) capacity() float64 { return float64(l.Servers) / l.Service }

// Occupancy is the share of the slots' time that the arrivals ask for; at 1 and above the line has
// no steady state unless contacts lose patience.
func (l Load) Occupancy() float64 { return l.offered() / float64(l.Servers) }

func (l Load) check() error {
	if err := positive("arrivals", l.Arrivals); err != nil {
		return err
	}
	if err := positive("service", l.Service); err != nil {
		return err
	}
	if l.Servers < 1 || l.Servers > maxServers {
		return fmt.Errorf("servers: %d is not within 1 and %d", l.Servers, maxServers)
	}
	return positive("offered load", l.offered())
}

const maxServers = 1_000_000

func positive(name string, v float64) error {
	if !(v > 0) || v > 1e15 || v < 1e-15 {
		return fmt.Errorf("%s: %v is not a positive number of ordinary size", name, v)
	}
	return nil
}

func notNegative(name string, v float64) error {
	if v == 0 {
		return nil
	}
	return positive(name, v)
}

// Blocked is Erlang's loss formula B: the share of contacts who find every server busy when nobody
// may wait. Valid at any load. Source: Erlang 1917, by the recursion
// B(0) = 1, B(k) = a B(k-1) / (k + a B(k-1)) with a the offered load.
func (l Load) Blocked() (float64, error) {
	if err := l.check(); err != nil {
		return 0, err
	}
	return l.blocked(), nil
}

func (l Load) blocked() float64 {
	a, b := l.offered(), 1.0
	for k := 1; k <= l.Servers; k++ {
		b = a * b / (float64(k) + a*b)
	}
	return b
}

// Waiting is the wait in the order of arrival of contacts who never lose patience.
type Waiting struct {
	Probability float64 // that a contact waits at all
	Mean        float64 // wait of all contacts, those who did not wait too
	drain       float64 // rate of the exponential wait of those who wait
}

// Over gives P(W > t), t not negative.
func (w Waiting) Over(t float64) float64 { return w.Probability * math.Exp(-w.drain*max(t, 0)) }

// Within gives P(W <= t), t not negative: the service level at target t.
func (w Waiting) Within(t float64) float64 { return 1 - w.Over(t) }

// Wait is M/M/c in the order of arrival (Erlang C): P(wait) = B / (1 - rho (1 - B)),
// E[W] = P(wait) / (c mu - lambda), P(W > t) = P(wait) exp(-(c mu - lambda) t). It wants an
// occupancy below 1, else ErrOverload. Source: Erlang 1917; Kleinrock, Queueing Systems I, 3.5.
func (l Load) Wait() (Waiting, error) {
	if err := l.check(); err != nil {
		return Waiting{}, err
	}
	if l.Occupancy() >= 1 {
		return Waiting{}, fmt.Errorf("occupancy %.4g: %w", l.Occupancy(), ErrOverload)
	}
	b := l.blocked()
	w := Waiting{Probability: b / (1 - l.Occupancy()*(1-b)), drain: l.capacity() - l.Arrivals}
	w.Mean = w.Probability / w.drain
	return w, nil
}
