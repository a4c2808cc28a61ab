package web

import (
	"encoding/binary"
	"errors"
	"fmt"
	"testing"
	"time"

	"adviceline/helpline"
)

func TestBuckets(t *testing.T) {
	t.Parallel()
	now := time.UnixMilli(1e12)
	b := newBuckets(Rate{Burst: 2, Every: time.Minute}, func() time.Time { return now })
	one, other := network{1}, network{2}
	for range 2 {
		if err := b.take(one); err != nil {
			t.Fatal(err)
		}
	}
	var over tooMany
	if err := b.take(one); !errors.As(err, &over) || over.after != time.Minute || !errors.Is(err, helpline.ErrTooMany) {
		t.Errorf("third: %v", err)
	}
	if b.take(other) != nil {
		t.Error("networks share a bucket")
	}
	b.give(one)
	if b.take(one) != nil {
		t.Error("what was given back does not count")
	}
	now = now.Add(61 * time.Second)
	if b.take(one) != nil || b.take(one) == nil {
		t.Error("one a minute comes back, not more")
	}
}

func TestBucketsAreBounded(t *testing.T) {
	t.Parallel()
	now := time.UnixMilli(1e12)
	b := newBuckets(Rate{Burst: 1, Every: time.Minute}, func() time.Time { return now })
	name := func(i int) (n network) {
		binary.BigEndian.PutUint64(n[:], uint64(i)+1)
		return n
	}
	for i := range maxNetworks {
		if b.take(name(i)) != nil {
			t.Fatal("refused below the bound")
		}
	}
	if err := b.take(name(maxNetworks)); err != nil {
		t.Fatal("the shared bucket refuses its first")
	}
	if err := b.take(name(maxNetworks + 1)); err == nil {
		t.Error("the shared bucket is no bucket")
	}
	if len(b.full) > maxNetworks+1 {
		t.Errorf("%d buckets", len(b.full))
	}
	now = now.Add(2 * time.Minute)
	if b.take(name(maxNetworks+2)) != nil || len(b.full) != 1 {
		t.Errorf("full buckets are kept: %d", len(b.full))
	}
}

func TestNetworks(t *testing.T) {
	t.Parallel()
	now := time.UnixMilli(1e12)
	n := &networks{now: func() time.Time { return now }}
	for _, same := range [][2]string{
		{"192.0.2.1", "192.0.2.254"}, {"192.0.2.1", "::ffff:192.0.2.9"}, {"2001:db8:1:2::3", "2001:db8:1:ffff::1"},
		{"fe80::1%eth0", "fe80::2"}, {"", "junk"},
	} {
		if n.name(same[0]) != n.name(same[1]) {
			t.Errorf("%v differ", same)
		}
	}
	if n.name("192.0.2.1") == n.name("192.0.3.1") || n.name("2001:db8:1::1") == n.name("2001:db8:2::1") {
		t.Error("two networks share a name")
	}
	before := n.name("192.0.2.1")
	now = now.Add(24 * time.Hour)
	if n.name("192.0.2.1") == before {
		t.Error("the salt outlives its day")
	}
}

func TestCaps(t *testing.T) {
	t.Parallel()
	c := newCaps(2, 3)
	one, other := network{1}, network{2}
	for _, n := range []network{one, one, other} {
		if err := c.enter(n); err != nil {
			t.Fatalf("refused below the caps: %v", err)
		}
	}
	if err := c.enter(one); err == nil {
		t.Error("no cap for a network")
	}
	if err := c.enter(other); !errors.Is(err, helpline.ErrBusy) {
		t.Errorf("no cap in total: %v", err)
	}
	c.leave(one)
	if c.enter(other) != nil {
		t.Error("a place is not given back")
	}
}

func TestLimitsAreHeld(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(o *Options) {
		o.Limits = Limits{Intake: Rate{Burst: 1, Every: time.Hour}, SignIn: Rate{Burst: 1, Every: time.Hour}}
	})
	a := h.intake(t, reqA)
	limited := func(c call) bool {
		r := h.do(t, c)
		return r.status == 429 && r.field(t, "code") == "too_many" && r.header.Get("Retry-After") != ""
	}
	if !limited(call{"POST", "/api/v1/contacts", intakeOf(), nil}) {
		t.Error("intake is not limited")
	}
	resume := func(number string) call {
		return call{"POST", "/api/v1/contact/resume", fmt.Sprintf(`{"request_id":%q,"return_number":%q}`, reqB, number), nil}
	}
	wrong := "00000000"
	for range 4 {
		if r := h.do(t, resume(wrong)); r.status != 404 {
			t.Errorf("wrong number: %d", r.status)
		}
	}
	if r := h.do(t, resume(a.ReturnNumber)); r.status != 200 {
		t.Errorf("right number: %d", r.status)
	}
	if r := h.do(t, resume(wrong)); r.status != 404 {
		t.Errorf("the right number counted: %d", r.status)
	}
	if !limited(resume(wrong)) || !limited(resume(a.ReturnNumber)) {
		t.Error("guessing is not limited")
	}
	signIn := call{"POST", "/api/v1/session", `{"name":"adviser","password":"wrong"}`, nil}
	if r := h.do(t, signIn); r.status != 401 {
		t.Errorf("sign in: %d", r.status)
	}
	if !limited(signIn) {
		t.Error("sign-in is not limited")
	}
}
