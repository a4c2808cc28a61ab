package theory

import "fmt"

// Skills is a line whose servers do not serve everybody. Arrivals are per class; each server has the
// classes that it serves and is one slot. One mean service for all.
type Skills struct {
	Arrivals []float64
	Service  float64
	Servers  [][]int // per server: indexes into Arrivals
}

// Served is what one class meets.
type Served struct {
	Probability float64 // that a contact of the class waits
	Mean        float64 // wait of all contacts of the class
}

// maxSkilled bounds the sum over all orders of servers: 9! x 10 terms.
const maxSkilled = 9

// LongestIdle gives the waits per class when a freed server takes the longest waiting contact that
// it serves and a contact takes the longest idle server that serves it (FCFS-ALIS). The steady state
// has a product form: with S_1..S_i busy in the order in which their contacts arrived, n_j waiting
// between S_j and S_(j+1), and S_(i+1)..S_J idle with the longest idle last,
//
//	pi = const x prod_(j<=i) lambda(U_j)^n_j / mu(j)^(n_j+1) x prod_(j>i) 1 / lambda(C_j)
//
// where U_j are the classes that S_1..S_j alone serve, mu(j) the rate of those servers, and C_j the
// classes that some of S_j..S_J serve. Each of the n_j is of a class in U_j in proportion to its
// arrivals. Stable exactly if lambda(U) < mu for each set of servers, else ErrOverload.
// Source: Adan, Weiss 2014, A skill based parallel service system under FCFS-ALIS.
func (s Skills) LongestIdle() ([]Served, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	w := walk{Skills: s, queue: make([]float64, len(s.Arrivals)), wait: make([]float64, len(s.Arrivals))}
	for k := range s.Servers {
		w.reach = append(w.reach, s.mask(1<<k))
	}
	if err := w.stable(); err != nil {
		return nil, err
	}
	w.busy(0, 1, nil)
	served := make([]Served, len(s.Arrivals))
	for k, a := range s.Arrivals {
		served[k] = Served{Probability: w.wait[k] / w.total, Mean: w.queue[k] / w.total / a}
	}
	return served, nil
}

func (s Skills) check() error {
	if err := positive("service", s.Service); err != nil {
		return err
	}
	if n := len(s.Arrivals); n < 1 || n > 32 {
		return fmt.Errorf("arrivals: %d classes are not within 1 and 32", n)
	}
	for k, a := range s.Arrivals {
		if err := positive(fmt.Sprintf("arrivals of class %d", k), a); err != nil {
			return err
		}
	}
	if n := len(s.Servers); n < 1 || n > maxSkilled {
		return fmt.Errorf("servers: %d are not within 1 and %d", n, maxSkilled)
	}
	for j, classes := range s.Servers {
		if len(classes) == 0 {
			return fmt.Errorf("server %d serves no class", j)
		}
		for _, k := range classes {
			if k < 0 || k >= len(s.Arrivals) {
				return fmt.Errorf("server %d serves class %d, which is not there", j, k)
			}
		}
	}
	return nil
}

// set is a set of servers or of classes, one bit each.
type set uint32

func (s set) has(k int) bool { return s>>k&1 == 1 }

// mask gives the classes that some of these servers serve.
func (s Skills) mask(servers set) (classes set) {
	for j, list := range s.Servers {
		for _, k := range list {
			if servers.has(j) {
				classes |= 1 << k
			}
		}
	}
	return classes
}

// walk sums the product form over all orders of servers.
type walk struct {
	Skills
	reach       []set // per server: its classes
	total       float64
	queue, wait []float64 // per class: sums of queue length and of finding no free server
}

// only gives the arrivals of classes that no server outside these serves, and the set of them.
func (w *walk) only(servers set) (rate float64, classes set) {
	others := set(0)
	for j, r := range w.reach {
		if !servers.has(j) {
			others |= r
		}
	}
	for k, a := range w.Arrivals {
		if !others.has(k) {
			rate += a
			classes |= 1 << k
		}
	}
	return rate, classes
}

func (w *walk) stable() error {
	for servers := set(1); servers < 1<<len(w.Servers); servers++ {
		rate, _ := w.only(servers)
		n := 0
		for j := range w.Servers {
			if servers.has(j) {
				n++
			}
		}
		if rate*w.Service >= float64(n) {
			return fmt.Errorf("servers %b: %w", servers, ErrOverload)
		}
	}
	return nil
}

// block is a set of waiting contacts behind the same busy servers.
type block struct {
	mean    float64 // expected number
	rate    float64
	classes set
}

// busy takes every order of busy servers that starts with the given ones; the idle ones follow.
func (w *walk) busy(servers set, weight float64, blocks []block) {
	w.add(servers, weight, blocks)
	for j := range w.Servers {
		if servers.has(j) {
			continue
		}
		with := servers | 1<<j
		rate, classes := w.only(with)
		finish := float64(len(blocks)+1) / w.Service
		full := rate / finish
		next := append(blocks[:len(blocks):len(blocks)], block{full / (1 - full), rate, classes})
		w.busy(with, weight/finish/(1-full), next)
	}
}

// add counts the states in which exactly these servers are busy, whatever the order of the idle.
func (w *walk) add(servers set, weight float64, blocks []block) {
	weight *= w.idle(servers, 0)
	w.total += weight
	for k, a := range w.Arrivals {
		if !w.free(servers).has(k) {
			w.wait[k] += weight
		}
		for _, b := range blocks {
			if b.classes.has(k) {
				w.queue[k] += weight * b.mean * a / b.rate
			}
		}
	}
}

// free gives the classes that some server outside busy serves.
func (w *walk) free(busy set) (classes set) {
	for j, r := range w.reach {
		if !busy.has(j) {
			classes |= r
		}
	}
	return classes
}

// idle sums prod 1 / lambda(C_j) over the orders of the idle servers, the longest idle taken first.
func (w *walk) idle(taken set, classes set) float64 {
	sum, rest := 0.0, false
	for j, r := range w.reach {
		if taken.has(j) {
			continue
		}
		rest = true
		reached, rate := classes|r, 0.0
		for k, a := range w.Arrivals {
			if reached.has(k) {
				rate += a
			}
		}
		sum += w.idle(taken|1<<j, reached) / rate
	}
	if !rest {
		return 1
	}
	return sum
}
