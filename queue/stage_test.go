package queue

import (
	"context"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"adviceline/helpline"
	"adviceline/helpline/model"
)

// stage is the live state under a clock that a test puts: the queue's scripts, or the model.
type stage interface {
	helpline.Queue
	Expire(ctx context.Context) (int64, []helpline.Event, error)
	put(at int64) error
	next() (int64, error)
	sweep(at int64) ([]helpline.Event, error)
	offerOf(contact string) string // the live offer's id
}

type queueStage struct{ *Frozen }

func (s queueStage) put(at int64) error                       { return s.At(at) }
func (s queueStage) next() (int64, error)                     { return s.Next() }
func (s queueStage) sweep(at int64) ([]helpline.Event, error) { return s.Sweep(at) }

func (s queueStage) offerOf(contact string) string {
	offer, _ := s.field(contact, "offer")
	return offer
}

type modelStage struct {
	*model.Fake
	m     *model.Model
	clock int64
}

func newModelStage(r helpline.Rule, timing helpline.Timing) *modelStage {
	s := &modelStage{}
	s.Fake = model.NewFake(r, timing, func() time.Time { return time.UnixMilli(s.clock) })
	s.With(func(m *model.Model, _ int64) { s.m = m })
	return s
}

func (s *modelStage) put(at int64) error {
	s.clock = at
	return nil
}

func (s *modelStage) next() (int64, error) { return model.Routed(s.m).Next() }

func (s *modelStage) sweep(at int64) (all []helpline.Event, err error) {
	s.clock = at
	for {
		n, events, _ := s.Expire(context.Background())
		if n == 0 {
			return all, nil
		}
		all = append(all, events...)
	}
}

func (s *modelStage) offerOf(contact string) string {
	at, _ := s.m.Standing(contact)
	return at.Offer
}

var (
	_ stage = queueStage{}
	_ stage = (*modelStage)(nil)
)

// frozenStage is a line of its own on the shared Redis, gone with the test.
func frozenStage(t *testing.T, url string, r helpline.Rule, timing helpline.Timing) queueStage {
	t.Helper()
	f, err := Freeze(t.Context(), Options{URL: url, Timing: timing, Rule: r})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return queueStage{f}
}

// unsynced spares a shared Redis of tests what it need not survive: many steps, not many writes to disk.
func unsynced(t *testing.T, url string) {
	t.Helper()
	o, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	rdb := redis.NewClient(o)
	defer func() { _ = rdb.Close() }()
	if err := rdb.ConfigSet(t.Context(), "appendfsync", "no").Err(); err != nil {
		t.Fatal(err)
	}
}
