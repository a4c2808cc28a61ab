package queue

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"adviceline/helpline"
)

// Frozen is a line of its own whose clock stands where each step puts it: the scripts of a real line,
// for simulations and for holding them to the model. Instants are ms. Nobody else can name the line, so
// a line that takes contacts is never touched. For one goroutine.
type Frozen struct {
	*Queue
	ctx      context.Context
	clock    int64
	steps    int
	consoles map[string]helpline.Console
}

// Freeze makes an empty line on a Redis, by the timing and rule of the options; Close takes it away.
// The context is the one of every step.
func Freeze(ctx context.Context, o Options) (*Frozen, error) {
	o.Line, o.Node, o.Salt = "frozen-"+strings.ToLower(rand.Text()), "n1", rand.Text()
	o.Pool, o.Timing.SpoolMax = 4, math.MaxInt32
	q, err := Open(o)
	if err != nil {
		return nil, err
	}
	q.Use(func() int64 { return 1 })
	f := &Frozen{Queue: q, ctx: ctx, consoles: map[string]helpline.Console{}}
	if err := errors.Join(q.SetLife(ctx, "frozen", 1), f.Lease("n1")); err != nil {
		return nil, errors.Join(err, q.Close())
	}
	return f, nil
}

// Lease lets a node live for as long as the line.
func (f *Frozen) Lease(node string) error {
	return f.rdb.ZAdd(f.ctx, f.key(":timers"), redis.Z{Member: "node|" + node, Score: 1 << 52}).Err()
}

// Close deletes the line and ends the connections.
func (f *Frozen) Close() error {
	ctx := context.WithoutCancel(f.ctx)
	keys := f.rdb.Scan(ctx, 0, f.tag+"*", 1000).Iterator()
	var batch []string
	for keys.Next(ctx) {
		if batch = append(batch, keys.Val()); len(batch) == 1000 {
			_ = f.rdb.Unlink(ctx, batch...).Err()
			batch = batch[:0]
		}
	}
	err := keys.Err()
	if len(batch) > 0 {
		err = errors.Join(err, f.rdb.Unlink(ctx, batch...).Err())
	}
	return errors.Join(err, f.Queue.Close())
}

// At puts the clock, and now and then empties the spool, which nobody drains.
func (f *Frozen) At(at int64) error {
	if f.steps++; f.steps%1000 == 0 {
		if err := f.rdb.XTrimMaxLen(f.ctx, f.key(":spool"), 0).Err(); err != nil {
			return fmt.Errorf("empty spool: %w", err)
		}
	}
	if at == f.clock {
		return nil
	}
	f.clock = at
	if err := f.rdb.HSet(f.ctx, f.key(":meta"), "clock", at).Err(); err != nil {
		return fmt.Errorf("put clock: %w", err)
	}
	return nil
}

// Next is the instant of the first timer, MaxInt64 when there is none.
func (f *Frozen) Next() (int64, error) {
	first, err := f.rdb.ZRangeWithScores(f.ctx, f.key(":timers"), 0, 0).Result()
	if err != nil {
		return 0, fmt.Errorf("read timers: %w", err)
	}
	if len(first) == 0 || first[0].Score >= 1<<52 {
		return math.MaxInt64, nil
	}
	return int64(first[0].Score), nil
}

// Sweep handles what is due until nothing is.
func (f *Frozen) Sweep(at int64) (all []helpline.Event, err error) {
	if err := f.At(at); err != nil {
		return nil, err
	}
	for {
		n, events, err := f.Expire(f.ctx)
		all = append(all, events...)
		if n == 0 || err != nil {
			return all, err
		}
	}
}

// Router is what model.Simulate drives.
func (f *Frozen) Router() *FrozenRouter { return &FrozenRouter{f} }

// FrozenRouter names offers by contact and adviser and opens an adviser's console at their first duty.
type FrozenRouter struct{ f *Frozen }

// Next is the instant of the first timer.
func (r *FrozenRouter) Next() (int64, error) { return r.f.Next() }

// Sweep handles what is due until nothing is.
func (r *FrozenRouter) Sweep(at int64) ([]helpline.Event, error) { return r.f.Sweep(at) }

// Enqueue lets a contact in.
func (r *FrozenRouter) Enqueue(at int64, e helpline.Entry) ([]helpline.Event, error) {
	if err := r.f.At(at); err != nil {
		return nil, err
	}
	_, events, err := r.f.Enqueue(r.f.ctx, e)
	return events, err
}

// Leave takes a contact out for good.
func (r *FrozenRouter) Leave(at int64, contact string) ([]helpline.Event, error) {
	if err := r.f.At(at); err != nil {
		return nil, err
	}
	version, err := r.f.field(contact, "version")
	if err != nil {
		return nil, err
	}
	n, _ := strconv.ParseInt(version, 10, 64)
	return r.f.Leave(r.f.ctx, contact, n, "cancel")
}

// Duty changes what an adviser takes.
func (r *FrozenRouter) Duty(at int64, a helpline.Adviser, state string) ([]helpline.Event, error) {
	if err := r.f.At(at); err != nil {
		return nil, err
	}
	k, open := r.f.consoles[a.ID]
	if !open {
		desk, _, err := r.f.ConsoleUp(r.f.ctx, a)
		if err != nil {
			return nil, err
		}
		k = desk.Console
		r.f.consoles[a.ID] = k
	}
	_, events, err := r.f.Duty(r.f.ctx, k, helpline.DutyWish{State: state, Audible: true, Confirmed: true})
	return events, err
}

// Accept takes the contact's live offer.
func (r *FrozenRouter) Accept(at int64, adviser, contact string) ([]helpline.Event, error) {
	offer, err := r.f.offerAt(at, contact)
	if err != nil {
		return nil, err
	}
	_, events, err := r.f.Accept(r.f.ctx, r.f.consoles[adviser], offer)
	return events, err
}

// Decline hands the contact's live offer back.
func (r *FrozenRouter) Decline(at int64, adviser, contact string) ([]helpline.Event, error) {
	offer, err := r.f.offerAt(at, contact)
	if err != nil {
		return nil, err
	}
	return r.f.Decline(r.f.ctx, r.f.consoles[adviser], offer, "other")
}

// End closes a conversation.
func (r *FrozenRouter) End(at int64, adviser, contact string) ([]helpline.Event, error) {
	if err := r.f.At(at); err != nil {
		return nil, err
	}
	return r.f.End(r.f.ctx, r.f.consoles[adviser], contact, "done")
}

// Record says that the outcome stands.
func (r *FrozenRouter) Record(at int64, adviser, contact string) ([]helpline.Event, error) {
	if err := r.f.At(at); err != nil {
		return nil, err
	}
	return r.f.Record(r.f.ctx, r.f.consoles[adviser], contact, helpline.Staged{})
}

func (f *Frozen) offerAt(at int64, contact string) (string, error) {
	if err := f.At(at); err != nil {
		return "", err
	}
	return f.field(contact, "offer")
}

func (f *Frozen) field(contact, name string) (string, error) {
	v, err := f.rdb.HGet(f.ctx, f.key(":c:"+contact), name).Result()
	if errors.Is(err, redis.Nil) {
		return "", helpline.ErrNotFound
	}
	return v, err
}
