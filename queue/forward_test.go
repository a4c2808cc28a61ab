package queue

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"

	"adviceline/helpline"
)

// What is posted at one node is told to the node that holds the stream, as long as it has its place.
func TestForward(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	other := b.node("n2")
	ear := b.rdb.Subscribe(t.Context(), b.key(":node:n1"))
	t.Cleanup(func() { _ = ear.Close() })
	if _, err := ear.Receive(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, mark := helpline.NewStream("")
	adviser := helpline.Adviser{ID: uuid.NewString(), Alias: "A", Languages: []string{"fi"}, Capacity: 2, Socket: mark}
	contact := b.enter("fi", helpline.Ordinary)
	c := helpline.Posted{To: "c:" + contact, Version: 1, Mark: mark, Key: "key", Sealed: "sealed"}
	a := helpline.Posted{To: "a:" + adviser.ID, Mark: mark, Key: "key", Sealed: "sealed"}
	want := func(what string, p helpline.Posted, code error) {
		t.Helper()
		if err := other.Forward(t.Context(), p); !errors.Is(err, code) {
			t.Errorf("%s: %v, want %v", what, err, code)
		}
	}
	want("a contact without a stream", c, helpline.ErrNotFound)
	want("an adviser without a stream", a, helpline.ErrNotFound)
	if _, _, err := b.ContactUp(t.Context(), contact, 1, mark); err != nil {
		t.Fatal(err)
	}
	desk, _, err := b.ConsoleUp(t.Context(), adviser)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []helpline.Posted{c, a} {
		want("a post", p, nil)
		m, err := ear.ReceiveMessage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var n helpline.Notice
		if err := json.Unmarshal([]byte(m.Payload), &n); err != nil || n.Kind != helpline.NoticeFrames || n.To != p.To || n.State != mark || n.Key != "key" || n.Sealed != "sealed" || n.Version != p.Version {
			t.Errorf("told %+v, %v", n, err)
		}
		p.Mark = "another"
		want("another's stream", p, helpline.ErrConsoleReplaced)
	}
	old := c
	old.Version = 2
	want("another token", old, helpline.ErrNotFound)
	want("nobody", helpline.Posted{To: "a:", Mark: mark}, helpline.ErrNotFound)
	if _, err := b.ContactDown(t.Context(), contact, mark, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := b.ConsoleDown(t.Context(), desk.Console); err != nil {
		t.Fatal(err)
	}
	want("a contact that is gone", c, helpline.ErrNotFound)
	want("an adviser who is gone", a, helpline.ErrNotFound)
	for _, key := range b.rdb.Keys(t.Context(), b.key(":*")).Val() {
		if text, _ := b.rdb.Dump(t.Context(), key).Result(); len(text) > 0 && strings.Contains(text, "sealed") {
			t.Errorf("%s keeps what was posted", key)
		}
	}
}
