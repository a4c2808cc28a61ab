package theory

import (
	"fmt"
	"math"
)

// Classes is a line whose contacts differ in urgency alone: arrivals per class, one mean service.
type Classes struct {
	Arrivals []float64
	Service  float64
	Servers  int
}

// fifo gives the load of each class (its share of all slots' time), the wait in the order of
// arrival, and W0 = P(wait) / (c mu), the mean time until a server is free.
func (c Classes) fifo() (loads []float64, w Waiting, w0 float64, err error) {
	all := Load{Service: c.Service, Servers: c.Servers}
	if len(c.Arrivals) == 0 || len(c.Arrivals) > 1000 {
		return nil, w, 0, fmt.Errorf("arrivals: %d classes are not within 1 and 1000", len(c.Arrivals))
	}
	for i, a := range c.Arrivals {
		if err := positive(fmt.Sprintf("arrivals of class %d", i), a); err != nil {
			return nil, w, 0, err
		}
		all.Arrivals += a
	}
	if w, err = all.Wait(); err != nil {
		return nil, w, 0, err
	}
	for _, a := range c.Arrivals {
		loads = append(loads, a*c.Service/float64(c.Servers))
	}
	return loads, w, w.Probability / all.capacity(), nil
}

// Strict gives the mean wait of each class when a freed server always takes the most urgent class,
// most urgent first, and never interrupts: W_k = W0 / ((1 - s_(k-1)) (1 - s_k)), s_k the load of
// classes up to k. Occupancy below 1, else ErrOverload. Source: Cobham 1954; Kella, Yechiali 1985.
func (c Classes) Strict() ([]float64, error) {
	loads, _, w0, err := c.fifo()
	if err != nil {
		return nil, err
	}
	var waits []float64
	before := 0.0
	for _, load := range loads {
		waits = append(waits, w0/((1-before)*(1-before-load)))
		before += load
	}
	return waits, nil
}

// Accumulating gives the mean wait of each class when a freed server takes whoever has the largest
// slope x wait. Slopes are positive and rise with the class (equal ones are one class in all but
// name). With i < p the slower classes:
//
//	W_p = [W0/(1-rho) - sum_(i<p) rho_i W_i (1 - b_i/b_p)] / [1 - sum_(i>p) rho_i (1 - b_p/b_i)]
//
// Occupancy below 1, else ErrOverload. Source: Kleinrock 1964; Stanford, Taylor, Ziedins 2014.
func (c Classes) Accumulating(slopes []float64) ([]float64, error) {
	loads, fifo, _, err := c.fifo()
	if err != nil {
		return nil, err
	}
	if len(slopes) != len(loads) {
		return nil, fmt.Errorf("slopes: %d for %d classes", len(slopes), len(loads))
	}
	if err := rising(slopes); err != nil {
		return nil, err
	}
	waits := make([]float64, len(loads))
	for p, b := range slopes {
		above, below := fifo.Mean, 1.0
		for i, other := range slopes {
			if i < p {
				above -= loads[i] * waits[i] * (1 - other/b)
			}
			if i > p {
				below -= loads[i] * (1 - b/other)
			}
		}
		waits[p] = above / below
	}
	return waits, nil
}

func rising(slopes []float64) error {
	before := 0.0
	for i, b := range slopes {
		if err := positive(fmt.Sprintf("slope of class %d", i), b); err != nil {
			return err
		}
		if b < before {
			return fmt.Errorf("slope of class %d: %v is less than the one before", i, b)
		}
		before = b
	}
	return nil
}

// Credit gives the mean waits of two classes, the urgent one first, when a freed server takes whoever
// has the largest credit + wait and the urgent class alone has a credit (units of time, zero and
// more). Exact: whoever has no credit finds the whole queue before them and is then passed by the
// urgent who come within the credit, so
//
//	W_low = W_fifo + rho_high E[min(tau, credit); wait]
//
// with tau the time that a queue of geometric length takes to empty when only urgent contacts join
// it; E[min(tau, credit)] is computed by uniformisation. W_high follows by the conservation law.
// Occupancy below 1, else ErrOverload. Source: the rule is Jackson's (1960, dynamic priorities);
// the derivation is ours, and the simulated row of the tests agrees.
func (c Classes) Credit(credit float64) (high, low float64, err error) {
	loads, fifo, _, err := c.fifo()
	if err != nil {
		return 0, 0, err
	}
	if len(loads) != 2 {
		return 0, 0, fmt.Errorf("arrivals: credit is known for 2 classes, not for %d", len(loads))
	}
	if err := notNegative("credit", credit); err != nil {
		return 0, 0, err
	}
	capacity := float64(c.Servers) / c.Service
	passed, err := emptied(c.Arrivals[0], capacity, loads[0]+loads[1], credit)
	if err != nil {
		return 0, 0, err
	}
	low = fifo.Mean + loads[0]*fifo.Probability*passed
	high = ((loads[0]+loads[1])*fifo.Mean - loads[1]*low) / loads[0]
	return high, low, nil
}

// maxSteps bounds the uniformised chain.
const maxSteps = 200_000

// emptied gives E[min(tau, t)]: tau is when a queue that holds n >= 1 with probability
// (1 - rho) rho^(n-1), grows at rate join and shrinks at rate leave, is empty first. The chain is
// looked at in the instants of a Poisson process of rate join + leave: the k-th look adds the
// probability to be alive then, times P(more than k looks within t) / rate.
func emptied(join, leave, rho, t float64) (float64, error) {
	rate := join + leave
	steps := int(rate*t + 12*math.Sqrt(rate*t) + 60)
	if steps > maxSteps {
		return 0, fmt.Errorf("credit: %v is longer than %d arrivals and services", t, maxSteps)
	}
	up, down := join/rate, leave/rate
	size := steps + int(40/-math.Log(rho)) + 2
	if size > 10*maxSteps {
		return 0, fmt.Errorf("occupancy %.6g is too near 1 for the sum", rho)
	}
	alive, next := make([]float64, size+1), make([]float64, size+1)
	weight := 1 - rho
	for n := 1; n <= size; n++ {
		alive[n] = weight
		weight *= rho
	}
	var mean, looks float64
	logTerm := -rate * t // log of P(k looks)
	for k := 0; k <= steps; k++ {
		looks += math.Exp(logTerm)
		sum := 0.0
		for n := 1; n <= size; n++ {
			sum += alive[n]
		}
		mean += sum * max(1-looks, 0) / rate
		logTerm += math.Log(rate*t) - math.Log(float64(k+1))
		for n := 1; n < size; n++ {
			next[n] = up*alive[n-1] + down*alive[n+1]
		}
		alive, next = next, alive
		alive[0] = 0
	}
	return mean, nil
}

// Conserved gives sum rho_i W_i / rho, which is the same for every rule that never idles a server
// while somebody waits, never interrupts and does not look at service times: the wait in the order
// of arrival. Source: Kleinrock 1965.
func (c Classes) Conserved(waits []float64) (float64, error) {
	loads, _, _, err := c.fifo()
	if err != nil {
		return 0, err
	}
	if len(waits) != len(loads) {
		return 0, fmt.Errorf("waits: %d for %d classes", len(waits), len(loads))
	}
	var sum, all float64
	for i, w := range waits {
		if err := notNegative(fmt.Sprintf("wait of class %d", i), w); err != nil {
			return 0, err
		}
		sum += loads[i] * w
		all += loads[i]
	}
	return sum / all, nil
}
