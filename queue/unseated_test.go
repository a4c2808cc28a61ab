package queue

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"adviceline/helpline"
)

// TestOnlyANewerConsoleReplaces: a node has entered a new life of a Redis that was lost, and has not asked its
// consoles back yet. What they do is refused as in a life that is over, so that their pages come back; that
// they are replaced they hear once a newer console is there, and not before.
func TestOnlyANewerConsoleReplaces(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	old := b.adviser("fi")
	if err := b.rdb.Del(t.Context(), b.rdb.Keys(t.Context(), b.tag+"*").Val()...).Err(); err != nil {
		t.Fatal(err)
	}
	leg := b.standingAt(helpline.Active, old.Adviser)
	if lost := b.rebuilt(leg); lost != 1 {
		t.Fatalf("text of %d conversations counted as lost", lost)
	}
	verbs := seated(t)
	if len(verbs) != 23 {
		t.Errorf("%d verbs ask whose console it is: %v", len(verbs), verbs)
	}
	want := func(what string, code error) {
		t.Helper()
		for _, verb := range verbs {
			args := []any{old.Adviser, old.Epoch, leg.Contact, "", "", "", "", "", "", "", "", ""}
			if verb == "say" {
				args = append([]any{leg.Contact, string(helpline.FromAdviser)}, args...)
			}
			if _, _, err := b.run(t.Context(), verb, args...); !errors.Is(err, code) {
				t.Errorf("%s: %s is answered %v, want %v", what, verb, err, code)
			}
		}
	}
	want("nobody is back", ErrIncarnation)
	newer := helpline.Adviser{ID: old.Adviser, Alias: "A", Languages: []string{"fi"}, Capacity: 2}
	if _, _, err := b.ConsoleUp(t.Context(), newer); err != nil {
		t.Fatal(err)
	}
	want("a newer one is there", helpline.ErrConsoleReplaced)
}

// seated are the verbs that only an adviser's own console may call.
func seated(t *testing.T) (verbs []string) {
	t.Helper()
	files, err := lua.ReadDir("lua")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		verb := strings.TrimSuffix(f.Name(), ".lua")
		text, err := lua.ReadFile("lua/" + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(shared, verb) && strings.Contains(string(text), "return unseated(") {
			verbs = append(verbs, verb)
		}
	}
	return verbs
}
