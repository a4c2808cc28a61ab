package web

import (
	"crypto/rand"
	"crypto/sha256"
	"net/netip"
	"sync"
	"time"

	"adviceline/helpline"
)

// Rate is a token bucket: Burst at once, then one more every Every. Zero values take the default:
// no setting lifts a limit.
type Rate struct {
	Burst int
	Every time.Duration
}

// Limits are the LIMIT_* settings, each per network prefix (IPv4 /24, IPv6 /48) unless it says
// otherwise. They are raised by number and never lifted for an address: many people share one.
type Limits struct {
	Intake  Rate // new contacts
	Resume  Rate // wrong return numbers
	SignIn  Rate // sign-ins
	Upgrade Rate // sockets and streams opened; zero: twice Sockets at once, then as many as Sockets a minute
	Sockets int  // contact sockets open at once
	Total   int  // contact sockets open at once on this node, all networks together
	Post    Rate // posts to streams; zero: twice Sockets at once, then as many as Sockets in 4 s
	Frames  Rate // frames of one contact socket
}

// DefaultLimits gives the defaults: a reception centre behind one address gets through.
func DefaultLimits() Limits {
	return Limits{
		Intake:  Rate{Burst: 30, Every: 5 * time.Second},
		Resume:  Rate{Burst: 5, Every: 12 * time.Minute},
		SignIn:  Rate{Burst: 20, Every: 10 * time.Second},
		Sockets: 200,
		Total:   20_000,
		Frames:  Rate{Burst: 40, Every: 200 * time.Millisecond},
	}
}

// orDefaults fills what is not set.
func (l Limits) orDefaults() Limits {
	d := DefaultLimits()
	for _, r := range []struct{ own, standard *Rate }{
		{&l.Intake, &d.Intake}, {&l.Resume, &d.Resume}, {&l.SignIn, &d.SignIn},
		{&l.Frames, &d.Frames},
	} {
		if r.own.Burst <= 0 || r.own.Every <= 0 {
			*r.own = *r.standard
		}
	}
	if l.Sockets <= 0 {
		l.Sockets = d.Sockets
	}
	if l.Total <= 0 {
		l.Total = d.Total
	}
	if l.Upgrade.Burst <= 0 || l.Upgrade.Every <= 0 {
		l.Upgrade = Rate{Burst: 2 * l.Sockets, Every: time.Minute / time.Duration(l.Sockets)}
	}
	if l.Post.Burst <= 0 || l.Post.Every <= 0 {
		l.Post = Rate{Burst: 2 * l.Sockets, Every: 4 * time.Second / time.Duration(l.Sockets)}
	}
	return l
}

// network names a network prefix for a day: a keyed hash, so that memory holds no address.
type network [16]byte

// networks makes the names. The salt lives in memory and is replaced every day.
type networks struct {
	now  func() time.Time
	mu   sync.Mutex
	salt [32]byte
	till time.Time
}

// name gives the prefix of an address its name; what is no address shares one name.
func (n *networks) name(address string) network {
	salt := n.daily()
	sum := sha256.Sum256(append(salt[:], prefixOf(address)...)) // of one length, and cut: no need of an HMAC
	return network(sum[:16])
}

func (n *networks) daily() [32]byte {
	n.mu.Lock()
	defer n.mu.Unlock()
	if at := n.now(); !at.Before(n.till) {
		_, _ = rand.Read(n.salt[:]) // never fails: crypto/rand ends the process instead
		n.till = at.Add(24 * time.Hour)
	}
	return n.salt
}

func prefixOf(address string) []byte {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return nil
	}
	ip = ip.Unmap().WithZone("")
	bits := 48
	if ip.Is4() {
		bits = 24
	}
	prefix, err := ip.Prefix(bits)
	if err != nil {
		return nil
	}
	return prefix.Addr().AsSlice()
}

// maxNetworks bounds the memory of one limit; beyond it new networks share one bucket.
const maxNetworks = 1 << 16

// buckets is one limit over all networks. A bucket is the instant at which it will be full again,
// so a full one needs no memory.
type buckets struct {
	rate Rate
	now  func() time.Time

	mu    sync.Mutex
	full  map[network]time.Time
	swept time.Time
}

func newBuckets(r Rate, now func() time.Time) *buckets {
	return &buckets{rate: r, now: now, full: map[network]time.Time{}}
}

// take takes one token, or says with a tooMany when the next one comes.
func (b *buckets) take(n network) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	n = b.room(n, now)
	next, ok := fill(b.rate, b.full[n], now)
	if !ok {
		return tooMany{next}
	}
	b.full[n] = now.Add(next)
	return nil
}

// give takes a token back that turned out not to count.
func (b *buckets) give(n network) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if full, ok := b.full[n]; ok {
		b.full[n] = full.Add(-b.rate.Every)
	}
}

// fill adds one to a bucket that will be full again at the given instant. It gives the time until
// full, or the time until the next token when there is none.
func fill(r Rate, full, now time.Time) (time.Duration, bool) {
	debt := max(0, full.Sub(now))
	if over := debt - time.Duration(r.Burst-1)*r.Every; over > 0 {
		return over, false
	}
	return debt + r.Every, true
}

// room forgets full buckets when there are too many, at most once a second, and gives the network
// whose bucket counts.
func (b *buckets) room(n network, now time.Time) network {
	if _, ok := b.full[n]; ok || len(b.full) < maxNetworks {
		return n
	}
	if now.Sub(b.swept) >= time.Second {
		b.swept = now
		for k, full := range b.full {
			if !full.After(now) {
				delete(b.full, k)
			}
		}
	}
	if len(b.full) < maxNetworks {
		return n
	}
	return network{}
}

// caps counts what is open at once: per network and in total.
type caps struct {
	each, total int

	mu   sync.Mutex
	open map[network]int
	all  int
}

func newCaps(each, total int) *caps {
	return &caps{each: each, total: total, open: map[network]int{}}
}

// enter counts one more, unless a cap is met; leave must follow exactly once.
func (c *caps) enter(n network) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all >= c.total {
		return helpline.ErrBusy
	}
	if c.open[n] >= c.each {
		return tooMany{10 * time.Second}
	}
	c.all++
	c.open[n]++
	return nil
}

func (c *caps) leave(n network) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all--
	if c.open[n]--; c.open[n] <= 0 {
		delete(c.open, n)
	}
}
