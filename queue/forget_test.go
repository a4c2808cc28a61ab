package queue

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"adviceline/helpline"
)

var (
	kept  = regexp.MustCompile(`(?m)^local ([a-z][A-Za-z_, ]*?) *(?:=|--|$)`)
	probe = `
local function holds(v, seen)
  if type(v) == 'string' then return v:find('%s', 1, true) ~= nil end
  if type(v) ~= 'table' or seen[v] then return false end
  seen[v] = true
  for a, b in pairs(v) do if holds(a, seen) or holds(b, seen) then return true end end
  return false
end
redis.register_function('forgets_%s', function(k, v)
  begin(k, v)
  collectgarbage()
  local found = {}
%s  return {0, table.concat(found, ' '), {}}
end)
redis.register_function('keeps_%s', function(k, v)
  waiter.key = '%s'
  return {0, '', {}}
end)
`
)

// TestTheLibraryForgetsKeys: no table that outlives a script still has the wrapped key of a chat, or what was told at its
// intake, once the next script begins: a key is gone for good when Redis deletes it.
func TestTheLibraryForgetsKeys(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	secret, own := rand.Text(), make([]byte, 8)
	_, _ = rand.Read(own)
	look := probed(t, b.Queue, secret, hex.EncodeToString(own))
	waits, comes := entry("fi", helpline.Ordinary), entry("fi", helpline.Ordinary)
	waits.Key, waits.Told, comes.Key, comes.Told = secret, secret, secret, secret
	if _, _, err := b.Enqueue(t.Context(), waits); err != nil {
		t.Fatal(err)
	}
	look("after an intake")
	a := b.adviser("fi")
	b.wantState(waits.Contact, helpline.Offered)
	look("after an offer to who waited")
	if _, _, err := b.Enqueue(t.Context(), comes); err != nil {
		t.Fatal(err)
	}
	b.wantState(comes.Contact, helpline.Offered)
	look("after an offer at the intake")
	b.accept(a, waits.Contact)
	look("after the accept")
	if _, _, err := b.run(t.Context(), "keeps"); err != nil {
		t.Fatal(err)
	}
	if found, _, err := b.run(t.Context(), "forgets"); err != nil || !strings.Contains(fmt.Sprint(found), "waiter") {
		t.Fatalf("what is kept is not found: %v, %v", found, err)
	}
}

// probed gives a queue's scripts a library of their own with two verbs more: one tells which of its tables still hold the
// secret, the other leaves it in one.
func probed(t *testing.T, q *Queue, secret, own string) (look func(when string)) {
	t.Helper()
	var names []string
	for _, part := range shared {
		text, err := lua.ReadFile("lua/" + part + ".lua")
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range kept.FindAllStringSubmatch(string(text), -1) {
			names = append(names, strings.Split(m[1], ", ")...)
		}
	}
	if !slices.Contains(names, "waiter") || !slices.Contains(names, "contacts") {
		t.Fatalf("tables of the library: %v", names)
	}
	var asks strings.Builder
	for _, name := range names {
		fmt.Fprintf(&asks, "  if holds(%s, {}) then found[#found + 1] = '%s' end\n", name, name)
	}
	scripts := maps.Clone(q.scripts)
	print := strings.TrimPrefix(scripts["enqueue"].function, "enqueue_")
	library := strings.ReplaceAll(scripts["enqueue"].library, print, own) + fmt.Sprintf(probe, secret, own, asks.String(), own, secret)
	for _, verb := range append(slices.Collect(maps.Keys(scripts)), "forgets", "keeps") {
		scripts[verb] = script{function: verb + "_" + own, library: library}
	}
	q.scripts = scripts
	return func(when string) {
		t.Helper()
		if found, _, err := q.run(t.Context(), "forgets"); err != nil || found != "" {
			t.Errorf("%s the library still has it in %v, %v", when, found, err)
		}
	}
}
