package seal_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"adviceline/helpline/seal"
)

func TestStage(t *testing.T) {
	t.Parallel()
	dir, c := t.TempDir(), newClock(noon)
	k, other := open(t, dir, c), open(t, dir, c)
	generation, key, sealed, wrapped, err := k.Stage("contact", []byte(`{"outcome":["misuse"]}`))
	if err != nil || generation != "1" || len(key) != 32 || !strings.HasPrefix(wrapped, "staging-1.") {
		t.Fatalf("%s %x %s %v", generation, key, wrapped, err)
	}
	if _, again, longer, _, _ := other.Stage("contact", []byte(`{"outcome":["misuse","info_given"]}`)); !bytes.Equal(again, key) || len(longer) != len(sealed) {
		t.Fatal("the same contact has another row, or the length tells the answers")
	}
	if got := must[[]byte](t)(other.Unstage(generation, wrapped, sealed, key)); string(got) != `{"outcome":["misuse"]}` {
		t.Fatalf("%s", got)
	}
	_, key2, sealed2, wrapped2, err := k.Stage("contact-2", nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string][4]string{
		"key": {"1", wrapped, sealed, string(key2)}, "sealed": {"1", wrapped, sealed2, string(key)},
		"wrapped": {"1", wrapped2, sealed, string(key)}, "generation": {"01", wrapped, sealed, string(key)},
		"day key": {"1", "live-2026-11-25.AAAA", sealed, string(key)}, "text": {"1", wrapped, sealed + "*", string(key)},
	} {
		_, err := k.Unstage(row[0], row[1], row[2], []byte(row[3]))
		if err == nil {
			t.Errorf("%s: opened", name)
			continue
		}
		want(t, err, seal.ErrSealBroken)
	}
}

func TestGenerations(t *testing.T) {
	t.Parallel()
	dir, c := t.TempDir(), newClock(noon)
	k, flush := open(t, dir, c), open(t, dir, c)
	generation, key, sealed, wrapped, err := k.Stage("contact", []byte("{}"))
	if err != nil {
		t.Fatal(err)
	}
	want(t, flush.DropGeneration("1"), seal.ErrGeneration)
	want(t, flush.DropGeneration("x"), seal.ErrGeneration)
	for i, next := range []string{"2", "3", "4", "5", "6", "7", "8", "9", "10"} {
		if got := must[string](t)(flush.NextGeneration()); got != next {
			t.Fatalf("generation %s after %d", got, i+1)
		}
	}
	if g, _, _, _, err := k.Stage("contact", nil); err != nil || g != "10" {
		t.Fatalf("another node stages under %s, %v", g, err)
	}
	generation2, key2, sealed2, wrapped2, err := flush.Restage(generation, wrapped, sealed, key)
	if err != nil || generation2 != "10" || bytes.Equal(key, key2) {
		t.Fatalf("%s %v", generation2, err)
	}
	if direct := must[[]byte](t)(k.StagingKey("10", "contact")); !bytes.Equal(direct, key2) {
		t.Fatal("the row carried over is not the contact's")
	}
	if err := flush.DropGeneration("1"); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "staging-1.key")); err == nil {
		t.Fatal("key still there")
	}
	_, err = flush.Unstage(generation, wrapped, sealed, key)
	want(t, err, seal.ErrKeyGone)
	must[[]byte](t)(k.Unstage(generation2, wrapped2, sealed2, key2))
	want(t, flush.DropGeneration("1"), nil) // again
	// Day keys and clocks do not touch generations.
	if n := must[int](t)(k.Purge(noon.AddDate(9, 0, 0), noon.AddDate(9, 0, 0))); n != 0 {
		t.Fatalf("purged %d", n)
	}
}
