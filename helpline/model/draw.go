package model

import (
	"math"
	"math/rand/v2"
)

// Everything by chance is drawn from streams of its own, each seeded by the scenario's seed and by
// what it is for: the times between arrivals of a class, what a contact brings along, what becomes of
// its n-th offer. So every router meets the same contacts, in whatever order it serves them.

// stream is a source of chance for one purpose.
func stream(seed uint64, purpose, class, contact, n uint64) *rand.Rand {
	a := mix(seed ^ mix(purpose<<56^class<<40^n))
	return rand.New(rand.NewPCG(a, mix(a^mix(contact+1)))) // #nosec G404 -- a simulation, to be repeated
}

// The purposes.
const (
	forArrivals = iota + 1
	forContact
	forOffer
)

// mix spreads the bits of a number (the finaliser of SplitMix64; Steele, Lea, Flood 2014).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// draw gives a length in whole ms.
func (d *Span) draw(r *rand.Rand) int64 {
	switch d.Kind {
	case "exponential":
		return millis(r.ExpFloat64() * d.Mean)
	case "lognormal":
		v := math.Log1p(d.SD * d.SD / (d.Mean * d.Mean))
		return millis(math.Exp(math.Log(d.Mean) - v/2 + math.Sqrt(v)*r.NormFloat64()))
	default:
		return millis(d.Mean)
	}
}

// coming gives the arrivals of one class, one after the other.
type coming struct {
	class *Class
	rand  *rand.Rand
	at    float64 // s
}

const day = 24 * 3600

// next is the instant of the next arrival in ms since the start. Rates that change by the hour are
// thinned from the highest (Lewis, Shedler 1979).
func (c *coming) next() int64 {
	top := c.class.top()
	for {
		c.at += c.rand.ExpFloat64() * 3600 / top
		if c.class.ByHour == nil {
			return millis(c.at)
		}
		hour := int(math.Mod(c.at, day) / 3600)
		if c.rand.Float64()*top < c.class.ByHour[hour%24] {
			return millis(c.at)
		}
	}
}

// brought is what a contact brings along, in ms; patience below 0 is endless.
type brought struct{ service, wrapUp, patience int64 }

func (c *Class) brought(seed, class, contact uint64) brought {
	r := stream(seed, forContact, class, contact, 0)
	b := brought{service: c.Service.draw(r), patience: -1}
	if c.WrapUp != nil {
		b.wrapUp = c.WrapUp.draw(r)
	}
	if c.Patience != nil {
		b.patience = c.Patience.draw(r)
	}
	return b
}

// answer is what becomes of a contact's n-th offer if this adviser gets it: accept or decline after a
// delay in ms, or nothing.
func (w *Answer) answer(seed, contact, n uint64) (verb string, delay int64) {
	if w == nil {
		return "accept", 0
	}
	r := stream(seed, forOffer, 0, contact, n)
	chance := r.Float64()
	if w.Delay != nil {
		delay = w.Delay.draw(r)
	}
	switch {
	case chance < w.Miss:
		return "miss", 0
	case chance < w.Miss+w.Decline:
		return "decline", delay
	default:
		return "accept", delay
	}
}
