package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

// outbox keeps what was not answered with `said`, in order. The mutex is its owner's.
type outbox struct {
	waiting []*saying
	all     []*saying
	life    int64 // the highest incarnation of the server's memory that was seen
	held    bool  // a refusal has to pass before anything more is sent
	slow    bool  // catching up: one at a time, since what is refused may be overtaken by the next
}

type saying struct {
	cid   string
	frame map[string]any
	out   bool
}

func (o *outbox) add(f map[string]any) string {
	cid := uuid.NewString()
	f["type"], f["cid"] = "say", cid
	s := &saying{cid: cid, frame: f}
	o.waiting, o.all = append(o.waiting, s), append(o.all, s)
	return cid
}

// life is the incarnation that a number belongs to.
func life(seq int64) int64 { return seq / 1_000_000 }

// seen takes any number of the conversation: in a new incarnation everything is said again, with its old cids.
func (o *outbox) seen(seq int64) {
	if now := life(seq); now > o.life {
		lost := o.life > 0
		o.life = now
		if lost {
			o.waiting = slices.Clone(o.all)
			o.again()
		}
	}
}

func (o *outbox) said(cid string) {
	o.waiting = slices.DeleteFunc(o.waiting, func(s *saying) bool { return s.cid == cid })
	o.slow = o.slow && len(o.waiting) > 0
}

// again makes everything unsent: after a reconnect, or an error that may be retried.
func (o *outbox) again() {
	for _, s := range o.waiting {
		s.out = false
	}
	o.slow = len(o.waiting) > 0
}

// refused takes an error about a message. Where a retry may help, later is called with what to do
// once a moment has passed.
func (o *outbox) refused(cid string, retry bool, later func(func())) {
	if !retry {
		o.said(cid)
		return
	}
	o.again()
	if !o.held {
		o.held = true
		later(func() { o.held = false })
	}
}

func (o *outbox) flush(send func(any)) {
	if o.held {
		return
	}
	most := window
	if o.slow {
		most = 1
	}
	for _, s := range o.waiting[:min(most, len(o.waiting))] {
		if !s.out {
			s.out = true
			send(s.frame)
		}
	}
}

// soon is how long a client waits after a refusal.
const soon = 400 * time.Millisecond

// transcript is what one side has received of one conversation, own lines included after a resume.
type transcript struct {
	after int64
	got   []frame
	bad   []string // what may never happen
}

// take notes a message: seq only rises.
func (x *transcript) take(m frame) {
	if m.Seq <= x.after {
		x.bad = append(x.bad, "seq "+strconvI(m.Seq)+" after "+strconvI(x.after))
		return
	}
	x.after = m.Seq
	for _, known := range x.got { // shown once, however often it was said to a server that had lost it
		if known.CID != "" && known.CID == m.CID && known.From == m.From && life(known.Seq) < life(m.Seq) {
			return
		}
	}
	x.got = append(x.got, m)
}

// from gives the texts of one side in the order of their coming.
func (x *transcript) from(side string) []string {
	var out []string
	for _, m := range x.got {
		if m.From == side {
			out = append(out, m.Text)
		}
	}
	return out
}

// difference shows two lists of texts from where they part.
func difference(got, want []string) string {
	at := 0
	for at < min(len(got), len(want)) && got[at] == want[at] {
		at++
	}
	show := func(list []string) string { return strings.Join(list[min(at, len(list)):min(at+8, len(list))], " | ") }
	return fmt.Sprintf(" equal up to %d\n got %s\nwant %s", at, show(got), show(want))
}

// checkHeard fails the test unless the texts of a side were received exactly once, in order.
func checkHeard(t *testing.T, who string, x transcript, side string, want []string) {
	t.Helper()
	for _, bad := range x.bad {
		t.Errorf("%s: %s", who, bad)
	}
	if got := x.from(side); !slices.Equal(got, want) {
		t.Errorf("%s heard of the %s %d messages of %d:%s", who, side, len(got), len(want), difference(got, want))
	}
	cids := map[string]bool{}
	for _, m := range x.got {
		if m.CID != "" && cids[m.CID] {
			t.Errorf("%s: a message came twice", who)
		}
		cids[m.CID] = true
	}
}
