package queue

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"adviceline/helpline"
)

// heard is one line with a chat, and a supervisor who may listen in from a node of their own.
type heard struct {
	*bench
	a       helpline.Console
	contact string
	l       helpline.Listener
	far     *Queue // the supervisor's node
	near    chan helpline.Notice
	there   chan helpline.Notice
}

func newHeard(t *testing.T) *heard {
	t.Helper()
	h := &heard{bench: newBench(t)}
	h.far = h.node("n2")
	h.lease("n2")
	h.near, h.there = h.hear("n1"), h.hear("n2")
	h.a = h.adviser("fi")
	h.contact = h.enter("fi", helpline.Ordinary)
	h.up(h.contact, 1, "s")
	h.accept(h.a, h.contact)
	h.l = helpline.Listener{Contact: h.contact, Supervisor: uuid.NewString(), Alias: "Saara", Socket: "mark"}
	return h
}

func (h *heard) listen() {
	h.Helper()
	if err := h.far.Listen(h.Context(), h.l); err != nil {
		h.Fatal(err)
	}
}

// says is one message of a side; a text that it may not say any more fails.
func (h *heard) says(from helpline.Side) error {
	_, err := h.Say(h.Context(), helpline.Saying{
		Contact: h.contact, From: from, Version: 1, Console: h.a, CID: uuid.NewString(), Sealed: "sealed", Key: "k",
	})
	return err
}

// until reads a node's notices up to the first of a kind for somebody.
func (h *heard) until(from chan helpline.Notice, to, kind string) helpline.Notice {
	h.Helper()
	for {
		if n := next(h.T, from); n.To == to && n.Kind == kind {
			return n
		}
	}
}

// Both sides are told who listens in before anything that is said goes there; what was said before does not come, and
// afterwards nothing does.
func TestBothSidesAreToldBeforeAnythingIsHeard(t *testing.T) {
	t.Parallel()
	h := newHeard(t)
	if err := h.says(helpline.FromContact); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the same socket again is the same listener
		if err := h.far.CanListen(t.Context(), h.l); err != nil {
			t.Fatal(err)
		}
		h.listen()
	}
	for _, from := range []helpline.Side{helpline.FromContact, helpline.FromAdviser} {
		if err := h.says(from); err != nil {
			t.Fatal(err)
		}
	}
	joined := map[string]int{}
	for said := false; !said; { // up to the adviser's message, which is at the same node
		n := next(t, h.near)
		if n.Kind == helpline.NoticeListener {
			if n.State != "joined" || n.Alias != "Saara" || n.Sealed != "" {
				t.Errorf("told %+v", n)
			}
			joined[n.To]++
		}
		said = n.Kind == helpline.NoticeMessage && n.From == helpline.FromAdviser
		if n.Kind == helpline.NoticeMessage && n.Seq > 1_000_001 && len(joined) != 2 {
			t.Errorf("said before both were told: %v", joined)
		}
	}
	if joined["c:"+h.contact] != 1 || joined["a:"+h.a.Adviser] != 1 {
		t.Errorf("told %v", joined)
	}
	for i, from := range []helpline.Side{helpline.FromContact, helpline.FromAdviser} {
		n := next(t, h.there)
		if n.To != "l:"+h.contact || n.Kind != helpline.NoticeMessage || n.From != from || n.State != "mark" || n.Seq != int64(1_000_002+i) || n.Key == "" {
			t.Errorf("heard %+v", n)
		}
	}
	v, err := h.View(t.Context(), h.contact, 1)
	if err != nil || v.Listener != "Saara" {
		t.Errorf("a page that comes back reads %q, %v", v.Listener, err)
	}
	if desk := h.desk(h.a.Adviser, "fi"); len(desk.Legs) != 1 || desk.Legs[0].Listener != "Saara" {
		t.Errorf("a console that comes back reads %+v", desk.Legs)
	}
	board, err := h.Board(t.Context(), []string{h.a.Adviser})
	if err != nil || len(board.Talks) != 1 || board.Talks[0].Contact != h.contact || board.Talks[0].Listener != "Saara" {
		t.Errorf("the board has %+v, %v", board.Talks, err)
	}
	if err := h.Unlisten(t.Context(), h.contact, "another"); !errors.Is(err, helpline.ErrNotFound) {
		t.Errorf("another's socket stops it: %v", err)
	}
}

// Only a chat with both its people there is listened in on, by one supervisor, and never by the adviser who has it.
func TestListeningIsBoundToOneAndToALiveChat(t *testing.T) {
	t.Parallel()
	h := newHeard(t)
	other := helpline.Listener{Contact: h.contact, Supervisor: uuid.NewString(), Alias: "Sanna", Socket: "other"}
	may := func(l helpline.Listener, want error) {
		t.Helper()
		if got := h.far.CanListen(t.Context(), l); !errors.Is(got, want) {
			t.Errorf("may: %v, want %v", got, want)
		}
		if want == nil {
			return
		}
		if got := h.far.Listen(t.Context(), l); !errors.Is(got, want) {
			t.Errorf("listens: %v, want %v", got, want)
		}
	}
	own := other
	own.Supervisor = h.a.Adviser
	may(own, helpline.ErrNotFound)
	may(helpline.Listener{Contact: h.enter("sv", helpline.Ordinary), Socket: "x"}, helpline.ErrNotFound)
	may(helpline.Listener{Contact: "nobody", Socket: "x"}, helpline.ErrNotFound)
	may(other, nil)
	if h.field(h.contact, "listener") != "" {
		t.Error("who only asked listens in")
	}
	h.listen()
	may(other, helpline.ErrListened)
	may(h.l, nil)
	if err := h.Unlisten(t.Context(), h.contact, "mark"); err != nil {
		t.Fatal(err)
	}
	may(other, nil)
	if _, err := h.ContactDown(t.Context(), h.contact, "s", 0); err != nil {
		t.Fatal(err)
	}
	may(other, helpline.ErrNotFound) // the person could not be told
	h.up(h.contact, 1, "s2")
	if _, err := h.ConsoleDown(t.Context(), h.a); err != nil {
		t.Fatal(err)
	}
	may(other, helpline.ErrNotFound)
}

// However the leg ends, or the listener, both sides are told, nobody is named any more, and what is said goes nowhere else.
func TestListeningEndsWithTheLegAndWithTheListener(t *testing.T) {
	t.Parallel()
	must := func(h *heard, _ []helpline.Event, err error) {
		h.Helper()
		if err != nil {
			h.Fatal(err)
		}
	}
	leaves := func(kind string) func(*heard) {
		return func(h *heard) {
			events, err := h.Leave(h.Context(), h.contact, 1, kind)
			must(h, events, err)
		}
	}
	after := func(d time.Duration) func(*heard) {
		return func(h *heard) {
			h.at(d)
			h.sweep()
		}
	}
	gone := func(h *heard) {
		events, err := h.ContactDown(h.Context(), h.contact, "s", 0)
		must(h, events, err)
	}
	for name, end := range map[string]func(*heard){
		"the adviser ends it": func(h *heard) {
			events, err := h.End(h.Context(), h.a, h.contact, "done")
			must(h, events, err)
		},
		"the person is done": leaves("done"), "the person exits": leaves("exit"), "the person cancels": leaves("cancel"),
		"back to the queue": func(h *heard) {
			events, err := h.Requeue(h.Context(), h.a, h.contact, "")
			must(h, events, err)
		},
		"handed over": func(h *heard) {
			events, err := h.Handover(h.Context(), h.a)
			must(h, events, err)
		},
		"transferred": func(h *heard) {
			b := h.adviser("fi")
			events, err := h.Transfer(h.Context(), h.a, h.contact, b.Adviser)
			must(h, events, err)
			if h.field(h.contact, "listener") == "" {
				h.Error("it is over before the colleague accepts")
			}
			h.accept(b, h.contact)
		},
		"parked": func(h *heard) {
			gone(h)
			h.at(10 * time.Minute)
			events, err := h.Park(h.Context(), h.a, h.contact)
			must(h, events, err)
		},
		"the adviser is lost": func(h *heard) {
			events, err := h.ConsoleDown(h.Context(), h.a)
			must(h, events, err)
			after(2 * time.Minute)(h)
		},
		"the text is over": after(25 * time.Hour),
		"the supervisor stops": func(h *heard) {
			must(h, nil, h.Unlisten(h.Context(), h.contact, "mark"))
		},
		"the supervisor's node is gone": func(h *heard) {
			must(h, nil, h.rdb.ZAdd(h.Context(), h.key(":timers"), redis.Z{Member: "node|n2", Score: float64(h.now)}).Err())
			after(time.Second)(h)
			if nodes, err := h.rdb.HKeys(h.Context(), h.key(":nodes")).Result(); err != nil || len(nodes) > 1 {
				h.Errorf("a node that is gone is told: %v, %v", nodes, err)
			}
		},
		"nobody keeps its lease": func(h *heard) {
			must(h, nil, h.rdb.SRem(h.Context(), h.key(":n:n2"), "l|"+h.contact+"|mark").Err())
			h.reconcile()
			h.at(6 * time.Second)
			if found := h.reconcile(); found["lease"] != 1 {
				h.Errorf("repaired %v", found)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHeard(t)
			h.listen()
			h.until(h.near, "c:"+h.contact, helpline.NoticeListener)
			end(h)
			if got, _ := h.rdb.HMGet(t.Context(), h.key(":c:"+h.contact), "listener", "listenalias", "listennode", "listenmark").Result(); got[0] != nil || got[1] != nil || got[2] != nil || got[3] != nil {
				t.Errorf("still named: %v", got)
			}
			if h.rdb.SIsMember(t.Context(), h.key(":n:n2"), "l|"+h.contact+"|mark").Val() {
				t.Error("its node still has it")
			}
			if n := h.until(h.near, "a:"+h.a.Adviser, helpline.NoticeListener); n.State != "joined" {
				t.Fatalf("the adviser is told %+v first", n)
			}
			if n := h.until(h.near, "a:"+h.a.Adviser, helpline.NoticeListener); n.State != "left" || n.Alias != "Saara" {
				t.Errorf("the adviser is told %+v", n)
			}
			_, _ = h.says(helpline.FromContact), h.says(helpline.FromAdviser)
			if err := h.rdb.Publish(t.Context(), h.key(":node:n2"), `{"n":99,"to":"l:","kind":"last"}`).Err(); err != nil {
				t.Fatal(err)
			}
			for n := next(t, h.there); n.Kind != "last"; n = next(t, h.there) {
				if n.Kind == helpline.NoticeMessage {
					t.Errorf("heard %+v", n)
				}
			}
		})
	}
}

// A life of the queue that is over takes its listeners with it: no socket outlives it.
func TestARebuiltLegIsListenedToByNobody(t *testing.T) {
	t.Parallel()
	h := newHeard(t)
	h.listen()
	s := h.standingAt(helpline.Active, h.a.Adviser)
	s.Contact = h.contact
	h.rebuilt(s)
	if got := h.field(h.contact, "listener") + h.field(h.contact, "listenalias"); got != "" {
		t.Errorf("still named: %q", got)
	}
	if v, err := h.View(t.Context(), h.contact, 1); err != nil || v.State != helpline.Active || v.Listener != "" {
		t.Errorf("its page reads %+v, %v", v, err)
	}
}

// Who signs out has no socket left anywhere: every node that beats is told, since a supervisor listens in from any.
func TestSigningOutReachesEveryNode(t *testing.T) {
	t.Parallel()
	h := newHeard(t)
	if _, err := h.far.Heartbeat(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := h.SignOut(t.Context(), h.l.Supervisor); err != nil {
		t.Fatal(err)
	}
	for _, node := range []chan helpline.Notice{h.near, h.there} {
		h.until(node, "a:"+h.l.Supervisor, helpline.NoticeSignOut)
	}
}
