package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"adviceline/helpline"
)

const mobile = "+358401234567"

// One number asked for twice, and nothing readable.
func TestSameNumberTwiceAndNothingReadable(t *testing.T) {
	t.Parallel()
	h := newCallHouse(t)
	day := []helpline.Window{h.window(2*time.Hour, 4*time.Hour)}
	first := h.request("040 123 4567", "Sentinelname", day...)
	second := h.request(mobile, "", h.window(time.Hour, 9*time.Hour))
	if first.Contact == second.Contact || first.Token == second.Token || first.State != second.State {
		t.Errorf("%+v and %+v", first, second)
	}
	for _, a := range []helpline.Admission{first, second} {
		if v, err := h.Look(t.Context(), a.Token); err != nil || v.State != helpline.Scheduled {
			t.Errorf("look: %+v %v", v, err)
		}
	}
	all := h.stored() + h.log.String()
	for _, private := range []string{"401234567", "1234567", "Sentinelname", "sentinelword"} {
		if strings.Contains(all, private) {
			t.Errorf("%q stands in clear", private)
		}
	}
	a := h.adviser()
	h.pass(90 * time.Minute) // inside the second's windows, not the first's
	if s := h.field(second.Contact, "state"); s != "scheduled" {
		t.Errorf("the second widened the first: %s", s)
	}
	h.pass(30 * time.Minute)
	list, err := h.DueCalls(t.Context(), a)
	if err != nil || len(list) != 1 || list[0].Linked != 1 {
		t.Errorf("list %+v %v", list, err)
	}
	n := h.dial(a, first.Contact)
	if n.Number.Reveal() != mobile || n.CodeWord.Reveal() != "sentinelword" || n.AskFor.Reveal() != "Sentinelname" {
		t.Error("the number is not what was asked for")
	}
	h.finish(a, first.Contact)
	if _, err := h.rows.Callback(t.Context(), first.Contact); !errors.Is(err, helpline.ErrNotFound) {
		t.Errorf("the number outlived its end: %v", err)
	}
	if err := h.Rebook(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s := h.field(second.Contact, "state"); s != string(helpline.Review) {
		t.Errorf("the second is %s: a person has to look before it is dialled again", s)
	}
}

// Whoever stands behind a request that its person takes back is called in the first one's windows.
func TestSecondRequestOutlivesTheFirst(t *testing.T) {
	t.Parallel()
	h := newCallHouse(t)
	first := h.request(mobile, "", h.window(2*time.Hour, 4*time.Hour))
	second := h.request(mobile, "", h.window(5*time.Hour, 6*time.Hour))
	if err := h.Leave(t.Context(), first.Token, "cancel"); err != nil {
		t.Fatal(err)
	}
	if v, err := h.Look(t.Context(), second.Token); err != nil || v.State != helpline.Scheduled {
		t.Errorf("the first's end is seen at the second: %+v %v", v, err)
	}
	if err := h.Rebook(t.Context()); err != nil {
		t.Fatal(err)
	}
	a := h.adviser()
	h.pass(2 * time.Hour)
	h.dial(a, second.Contact)
	h.finish(a, second.Contact)
}

// Five days of stop: every callback that is open can be dialled, what is over cannot be read.
func TestFiveDaysOfStop(t *testing.T) {
	t.Parallel()
	h := newCallHouse(t)
	soon := h.request(mobile, "", h.window(time.Hour, 2*time.Hour))
	later := h.request("+46701234567", "", h.window(time.Hour, 2*time.Hour), h.window(6*24*time.Hour, 6*24*time.Hour+2*time.Hour))
	kept, err := h.rows.Callback(t.Context(), soon.Contact)
	if err != nil {
		t.Fatal(err)
	}
	h.ms.Add((5 * 24 * time.Hour).Milliseconds()) // nobody sweeps
	if _, err := h.keys.Purge(h.now(), h.now()); err != nil {
		t.Fatal(err)
	}
	h.empty() // and Redis came back so
	if err := h.Rebook(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.pass(24 * time.Hour)
	h.pass(0)
	a := h.adviser()
	if n := h.dial(a, later.Contact); n.Number.Reveal() != "+46701234567" {
		t.Error("another number")
	}
	h.attempt(a, later.Contact, "no_answer")
	if _, err := h.keys.Open(kept.Wrapped, kept.Contact, "callback", 0, kept.Sealed); err == nil {
		t.Error("a number can be read after its day")
	}
	if s := h.field(soon.Contact, "state"); s != string(helpline.Expired) {
		t.Errorf("the callback whose number is over is %q", s)
	}
}

// A request that came while Redis was away waits in Postgres and is queued when Redis is back.
func TestCallbackWhileRedisIsAway(t *testing.T) {
	t.Parallel()
	h := newCallHouse(t)
	h.queue.Use(func() int64 { return 2 }) // a life of Redis that this node may not use
	id := uuid.NewString()
	w := h.window(time.Hour, 3*time.Hour)
	first, err := h.ask(id, mobile, "", w)
	if err != nil || first.State != "scheduled" {
		t.Fatalf("%+v %v", first, err)
	}
	h.queue.Use(func() int64 { return 1 })
	if again, err := h.ask(id, mobile, "", w); err != nil || again != first {
		t.Errorf("%+v %v", again, err)
	}
	h.raw.Del(context.Background(), h.key(":c:"+first.Contact))
	if err := h.Rebook(t.Context()); err != nil {
		t.Fatal(err)
	}
	a := h.adviser()
	h.pass(time.Hour)
	h.dial(a, first.Contact)
	h.finish(a, first.Contact)
	if _, err := h.ask(id, mobile, "", w); err != nil {
		t.Error(err)
	}
	if _, err := h.rows.Callback(t.Context(), first.Contact); !errors.Is(err, helpline.ErrNotFound) {
		t.Errorf("a repeated request stored the number of one that is over: %v", err)
	}
}

// A chat that waits becomes a callback; the number is dialled at the chat's place.
func TestChatToCallback(t *testing.T) {
	t.Parallel()
	h := newCallHouse(t)
	arrival := h.now()
	chat, err := h.Admit(t.Context(), helpline.Intake{
		RequestID: uuid.NewString(), Channel: "chat", PageLanguage: "fi", Language: "fi", Asks: "worried", Body: []byte("{}"),
	})
	if err != nil {
		t.Fatal(err)
	}
	h.pass(5 * time.Minute)
	in := helpline.Intake{Body: []byte("c"), Callback: &helpline.CallbackWish{
		Number: helpline.NewText(mobile), Windows: []helpline.Window{h.window(3*24*time.Hour, 3*24*time.Hour+2*time.Hour)},
	}}
	for range 2 {
		if a, err := h.ToCallback(t.Context(), chat.Token, in); err != nil || a.State != "scheduled" || a.Token != chat.Token {
			t.Fatalf("%+v %v", a, err)
		}
	}
	a := h.adviser()
	h.pass(3 * 24 * time.Hour)
	leg, err := h.Accept(t.Context(), a, h.field(chat.Contact, "offer"))
	if err != nil || !leg.Arrival.Equal(arrival) || leg.Asks != "worried" {
		t.Errorf("%+v %v", leg.Facts, err)
	}
	if _, err := h.Reveal(t.Context(), a, chat.Contact, uuid.NewString()); err != nil {
		t.Error(err)
	}
}

// Somebody who is to be called comes by chat: the number goes at once, and a repeated request does not
// bring it back. Whoever asked behind comes forward.
func TestCallbackToChat(t *testing.T) {
	t.Parallel()
	h := newCallHouse(t)
	id, w := uuid.NewString(), h.window(2*time.Hour, 4*time.Hour)
	asked, err := h.ask(id, mobile, "", w)
	if err != nil {
		t.Fatal(err)
	}
	behind := h.request(mobile, "", w)
	a, err := h.ToChat(t.Context(), asked.Token)
	if err != nil || a.State != "waiting" || a.Token != asked.Token {
		t.Fatalf("%+v %v", a, err)
	}
	if _, err := h.rows.Callback(t.Context(), asked.Contact); !errors.Is(err, helpline.ErrNotFound) {
		t.Errorf("the number outlived its callback: %v", err)
	}
	if again, err := h.ask(id, mobile, "", w); err != nil || again != asked {
		t.Errorf("the request again: %+v %v", again, err)
	}
	if _, err := h.rows.Callback(t.Context(), asked.Contact); !errors.Is(err, helpline.ErrNotFound) {
		t.Errorf("a repeated request stored the number again: %v", err)
	}
	if row, err := h.rows.Callback(t.Context(), behind.Contact); err != nil || row.First != "" || row.Review != "" {
		t.Errorf("who stood behind: %+v %v", row, err)
	}
	c := h.adviser()
	leg, err := h.Accept(t.Context(), c, h.field(asked.Contact, "offer"))
	if err != nil || leg.Channel != "chat" || leg.Asks != "work" {
		t.Errorf("%+v %v", leg.Facts, err)
	}
	h.record(c, asked.Contact)
}

// A time that was agreed far behind the windows: number, fingerprint and what was told live as long as it.
func TestAgreedTimeKeepsWhatItNeeds(t *testing.T) {
	t.Parallel()
	h := newCallHouse(t)
	a := h.adviser()
	k := h.request(mobile, "Officer", h.window(0, 2*time.Hour))
	h.pass(0)
	h.dial(a, k.Contact)
	next := h.now().Add(10 * 24 * time.Hour)
	due, err := h.Attempt(t.Context(), a, helpline.Attempt{ID: uuid.NewString(), Contact: k.Contact, Result: "reached_later", Next: next})
	if err != nil || !due.Equal(next) {
		t.Fatal(due, err)
	}
	h.pass(9 * 24 * time.Hour)
	if _, err := h.keys.Purge(h.now(), h.now()); err != nil {
		t.Fatal(err)
	}
	if again := h.request(mobile, "", h.window(time.Hour, 30*time.Hour)); h.field(again.Contact, "linked") != "1" {
		t.Error("the number is not known again")
	}
	h.pass(24 * time.Hour)
	leg, err := h.Accept(t.Context(), a, h.field(k.Contact, "offer"))
	if err != nil || leg.Asks != "work" {
		t.Errorf("what was told is gone: %+v %v", leg.Facts, err)
	}
	if n, err := h.Reveal(t.Context(), a, k.Contact, uuid.NewString()); err != nil || n.Number.Reveal() != mobile {
		t.Error(err)
	}
}

// countedCalls notes what is asked of Postgres, and countedSeals what is sealed and opened.
type countedCalls struct {
	helpline.CallbackStore
	work []string
}

func (c *countedCalls) First(ctx context.Context, contact string, marks []string) (helpline.Callback, error) {
	c.work = append(c.work, "first")
	return c.CallbackStore.First(ctx, contact, marks)
}

func (c *countedCalls) Keep(ctx context.Context, row helpline.Callback, marks []string) (helpline.Callback, error) {
	c.work = append(c.work, "keep")
	return c.CallbackStore.Keep(ctx, row, marks)
}

type countedSeals struct {
	helpline.Sealer
	work *[]string
}

func (c countedSeals) SealAnew(class string, day time.Time, contact, field string, version int64, plain []byte) (string, string, error) {
	*c.work = append(*c.work, "seal "+field)
	return c.Sealer.SealAnew(class, day, contact, field, version, plain)
}

func (c countedSeals) Open(wrapped, contact, field string, version int64, sealed string) ([]byte, error) {
	*c.work = append(*c.work, "open "+field)
	return c.Sealer.Open(wrapped, contact, field, version, sealed)
}

// The time of the answer tells nothing either: a number that asked before makes the same work.
func TestKnownAndUnknownNumbersAreTheSameWork(t *testing.T) {
	t.Parallel()
	h := newCallHouse(t)
	store := &countedCalls{CallbackStore: h.Calls.Store}
	h.Calls.Store, h.Seal = store, countedSeals{h.Seal, &store.work}
	w := h.window(time.Hour, 3*time.Hour)
	var work [2]string
	for i := range work {
		store.work = nil
		h.request(mobile, "", w)
		work[i] = strings.Join(store.work, ", ")
	}
	if work[0] != work[1] || work[0] == "" {
		t.Errorf("unknown: %s\nknown: %s", work[0], work[1])
	}
}

// Redis loses everything: due, attempts and what a person has to look at come back from Postgres.
func TestCallbacksComeBackFromPostgres(t *testing.T) {
	t.Parallel()
	h := newCallHouse(t)
	a := h.adviser()
	tried := h.request(mobile, "", h.window(0, 5*time.Hour))
	h.pass(0)
	h.dial(a, tried.Contact)
	due := h.attempt(a, tried.Contact, "no_answer")
	held := h.request("+46701234567", "", h.window(0, 5*time.Hour))
	h.pass(0)
	h.dial(a, held.Contact)
	h.attempt(a, held.Contact, "not_safe")
	h.empty()
	if err := h.Rebook(t.Context()); err != nil {
		t.Fatal(err)
	}
	a = h.adviser()
	h.pass(due.Sub(h.now()) - time.Millisecond)
	if s := h.field(tried.Contact, "state"); s != "scheduled" || h.field(tried.Contact, "attempts") != "1" {
		t.Errorf("state %s", s)
	}
	h.pass(time.Millisecond)
	h.dial(a, tried.Contact)
	if s := h.field(held.Contact, "state"); s != string(helpline.Review) || h.field(held.Contact, "reason") != "not_safe" {
		t.Errorf("state %s", s)
	}
}
