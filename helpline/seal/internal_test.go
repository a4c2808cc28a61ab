package seal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestCacheIsBoundedAndTurns(t *testing.T) {
	t.Parallel()
	var c dataCache
	start := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	key := dataKey{until: start.Add(time.Hour)}
	for i := range 3 * cacheSize {
		c.put(fmt.Sprint(i), key, start)
		if n := len(c.young) + len(c.old); n > cacheSize {
			t.Fatalf("%d keys", n)
		}
	}
	if _, ok := c.get(fmt.Sprint(3*cacheSize-1), start); !ok {
		t.Fatal("the newest is gone")
	}
	if _, ok := c.get("0", start); ok {
		t.Fatal("the oldest is there")
	}
	c.drop()
	c.put("a", key, start)
	c.turn(start.Add(hold / 2))
	c.put("b", key, start.Add(hold-1))
	if _, ok := c.get("a", start.Add(hold-1)); !ok {
		t.Fatal("dropped too early")
	}
	c.turn(start.Add(hold))
	if len(c.young)+len(c.old) != 1 {
		t.Fatal("a key is held over ten minutes")
	}
	c.turn(start.Add(3 * hold))
	if len(c.young)+len(c.old) != 0 {
		t.Fatal("keys outlive a pause")
	}
}

// BenchmarkSealOpen is one message's share: sealed by one side, opened by the other.
func BenchmarkSealOpen(b *testing.B) {
	k, wrapped := benchKeys(b)
	plain := []byte(strings.Repeat("x", 200))
	b.ReportAllocs()
	for b.Loop() {
		sealed, err := k.Seal(wrapped, "7c9e6679-7425-40de-944b-e07fc1f90ae7", "text", 1_000_001, plain)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := k.Open(wrapped, "7c9e6679-7425-40de-944b-e07fc1f90ae7", "text", 1_000_001, sealed); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSealOpenParallel(b *testing.B) {
	k, wrapped := benchKeys(b)
	plain := []byte(strings.Repeat("x", 200))
	b.ReportAllocs()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			sealed, _ := k.Seal(wrapped, "7c9e6679-7425-40de-944b-e07fc1f90ae7", "text", 1_000_001, plain)
			if _, err := k.Open(wrapped, "7c9e6679-7425-40de-944b-e07fc1f90ae7", "text", 1_000_001, sealed); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkNewDataKey(b *testing.B) {
	k, _ := benchKeys(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := k.NewDataKey(Live, LiveDay(time.Now())); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkStage(b *testing.B) {
	k, _ := benchKeys(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, _, _, err := k.Stage("7c9e6679-7425-40de-944b-e07fc1f90ae7", make([]byte, 300)); err != nil {
			b.Fatal(err)
		}
	}
}

func benchKeys(b testing.TB) (*Keys, string) {
	b.Helper()
	k, err := Open(Options{Root: make([]byte, KeySize), Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	wrapped, err := k.NewDataKey(Live, LiveDay(time.Now()))
	if err != nil {
		b.Fatal(err)
	}
	return k, wrapped
}

func FuzzOpen(f *testing.F) {
	k, wrapped := benchKeys(f)
	sealed, err := k.Seal(wrapped, "c", "text", 1, []byte("x"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(wrapped, sealed)
	f.Add("live-2026-02-30.AAAA", sealed)
	f.Add("staging-1."+wrapped, "")
	f.Add("../../x", "\n")
	f.Fuzz(func(t *testing.T, w, s string) {
		plain, err := k.Open(w, "c", "text", 1, s)
		if err == nil && string(plain) != "x" {
			t.Fatalf("opened to %q", plain)
		}
		if err != nil && !errors.Is(err, ErrSealBroken) && !errors.Is(err, ErrKeyGone) {
			t.Fatalf("%v", err)
		}
		if id, temp, ok := parseFile(w); ok && !temp && id.file() != w {
			t.Fatalf("%q reads as %q", w, id.file())
		}
		if id, _, _ := splitWrapped(w); filepath.Base(id.file()) != id.file() {
			t.Fatalf("%q leaves the folder", w)
		}
		if entries, err := os.ReadDir(k.dir); err != nil || len(entries) != 1 {
			t.Fatalf("opening made files: %v", entries)
		}
	})
}

// BenchmarkSealAnew is an intake's share.
func BenchmarkSealAnew(b *testing.B) {
	k, _ := benchKeys(b)
	plain := []byte(strings.Repeat("x", 40))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := k.SealAnew(Live, LiveDay(time.Now()), "7c9e6679-7425-40de-944b-e07fc1f90ae7", "told", 0, plain); err != nil {
			b.Fatal(err)
		}
	}
}
