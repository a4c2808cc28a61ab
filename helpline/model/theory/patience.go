package theory

import (
	"fmt"
	"math"
)

// Leaving is a line whose contacts lose patience: figures of all contacts, however they ended.
type Leaving struct {
	Probability float64 // that a contact waits at all
	Mean        float64 // wait of all, until answered or gone
	Abandoned   float64 // share who leave unanswered
	Answered    float64 // mean wait of those who are answered (ASA)
	Occupancy   float64 // share of the slots' time in use
	Within      float64 // share of all who are answered within the target
}

// Leave is M/M/c+M in the order of arrival (Erlang A): a contact leaves after an exponential time
// of mean patience unless answered before; target is the service level's, both in units of time.
// Valid at any load.
//
// The birth-death chain is summed, not approximated: with n contacts in the line the next one goes
// at rate min(n, c) mu + max(n - c, 0) theta. Whoever finds j before them in the queue is answered
// after V = sum over k = 0..j of Exp(c mu + k theta), if they stay; exp(-theta V) is
// Beta(c mu / theta, j + 1), so P(V <= T, still there) is a finite sum of positive terms
// (a negative binomial tail), and so is E[V, still there]. Source: Palm 1957; Garnett,
// Mandelbaum, Reiman 2002; Riordan, Stochastic Service Systems, for the order statistics.
func (l Load) Leave(patience, target float64) (Leaving, error) {
	if err := l.check(); err != nil {
		return Leaving{}, err
	}
	if err := positive("patience", patience); err != nil {
		return Leaving{}, err
	}
	if err := notNegative("target", target); err != nil {
		return Leaving{}, err
	}
	return l.leave(1/patience, target)
}

// maxQueue bounds the sum over the chain; a queue so long is an argument that was not meant.
const maxQueue = 5_000_000

// leave sums the chain upwards from the state in which all servers are busy and nobody waits,
// whose weight is 1; the states below weigh 1/B - 1 together.
func (l Load) leave(theta, target float64) (Leaving, error) {
	drain := l.capacity()
	below := 1/max(l.blocked(), 1e-300) - 1
	var busy, queue, within, kept, waits float64 // sums of weights, of queue lengths, of what becomes of an arrival
	still := newStaying(drain, theta, target)
	weight := 1.0
	for j := 0; ; j++ {
		answered, mean := still.answered()
		busy += weight
		queue += weight * float64(j)
		within += weight * still.within()
		kept += weight * answered
		waits += weight * mean
		weight *= l.Arrivals / (drain + float64(j+1)*theta)
		if weight*float64(j+2) < 1e-17*(busy+below) && l.Arrivals < drain+float64(j)*theta {
			break
		}
		if j == maxQueue {
			return Leaving{}, fmt.Errorf("patience: the queue would be longer than %d", maxQueue)
		}
		if weight > 1e250 {
			const down = 1e-250
			weight, busy, queue, within, kept, waits, below = weight*down, busy*down, queue*down, within*down, kept*down, waits*down, below*down
		}
		still.next()
	}
	all := busy + below
	return Leaving{
		Probability: busy / all, Mean: queue / all / l.Arrivals, Abandoned: theta * queue / all / l.Arrivals,
		Answered: waits / (below + kept), Occupancy: l.Occupancy() * (below + kept) / all, Within: (below + within) / all,
	}, nil
}

// staying is the lot of a contact with j before it in a queue that drains at rate drain + k theta
// while k are before it, and who leaves at rate theta.
type staying struct {
	j                    float64
	drain, theta, target float64
	term, early          float64 // log of the last term and the sum of the negative binomial tail
	mean                 float64 // sum over i = 0..j of 1 / (drain + (i+1) theta)
}

func newStaying(drain, theta, target float64) *staying {
	first := -(drain + theta) * target
	return &staying{drain: drain, theta: theta, target: target, term: first, early: math.Exp(first), mean: 1 / (drain + theta)}
}

// answered gives P(answered) and E[wait, answered].
func (s *staying) answered() (share, mean float64) {
	share = s.drain / (s.drain + (s.j+1)*s.theta)
	return share, share * s.mean
}

// within gives P(answered within the target).
func (s *staying) within() float64 {
	share, _ := s.answered()
	return share * max(1-s.early, 0)
}

func (s *staying) next() {
	// (r+1+j)/(j+1) (1 - e^(-theta T)) with r = drain/theta, in the logarithm: r may be huge.
	s.term += math.Log((s.drain/s.theta+1+s.j)/(s.j+1)) + math.Log(-math.Expm1(-s.theta*s.target))
	s.early += math.Exp(s.term)
	s.j++
	s.mean += 1 / (s.drain + (s.j+1)*s.theta)
}
