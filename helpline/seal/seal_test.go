package seal_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"adviceline/helpline/seal"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// clock is a clock that a test moves.
type clock struct{ at atomic.Int64 }

func newClock(t time.Time) *clock {
	c := &clock{}
	c.set(t)
	return c
}
func (c *clock) set(t time.Time) { c.at.Store(t.UnixNano()) }
func (c *clock) now() time.Time  { return time.Unix(0, c.at.Load()) }

var root = bytes.Repeat([]byte{7}, seal.KeySize)

func open(t testing.TB, dir string, c *clock) *seal.Keys {
	t.Helper()
	k, err := seal.Open(seal.Options{Root: root, Dir: dir, Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func want(t testing.TB, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Fatalf("got %v, want %v", err, target)
	}
}

func TestSealOpensOnAnyNode(t *testing.T) {
	t.Parallel()
	dir, c := t.TempDir(), newClock(noon)
	one, two := open(t, dir, c), open(t, dir, c)
	wrapped := must[string](t)(one.NewDataKey(seal.Live, seal.LiveDay(c.now())))
	if !strings.HasPrefix(wrapped, "live-2026-11-25.") {
		t.Fatalf("wrapped as %s", wrapped)
	}
	for _, plain := range []string{"", "Hyvää päivää", strings.Repeat("x", 8000)} {
		sealed := must[string](t)(one.Seal(wrapped, "contact", "text", 3, []byte(plain)))
		got := must[[]byte](t)(two.Open(wrapped, "contact", "text", 3, sealed))
		if string(got) != plain {
			t.Fatalf("got %q", got)
		}
		if again := must[string](t)(one.Seal(wrapped, "contact", "text", 3, []byte(plain))); again == sealed {
			t.Fatal("the same text sealed twice looks the same")
		}
	}
	if !bytes.Equal(one.Derive("token"), two.Derive("token")) || bytes.Equal(one.Derive("token"), one.Derive("contact-id")) {
		t.Fatal("derived keys")
	}
}

func TestSealAnewOpensOnAnyNode(t *testing.T) {
	t.Parallel()
	dir, c := t.TempDir(), newClock(noon)
	one, two := open(t, dir, c), open(t, dir, c)
	wrapped, sealed, err := one.SealAnew(seal.Live, seal.LiveDay(c.now()), "contact", "told", 0, []byte("help"))
	want(t, err, nil)
	for _, node := range []*seal.Keys{one, two} {
		if got := must[[]byte](t)(node.Open(wrapped, "contact", "told", 0, sealed)); string(got) != "help" {
			t.Fatalf("got %q", got)
		}
		_, err := node.Open(wrapped, "another", "told", 0, sealed)
		want(t, err, seal.ErrSealBroken)
	}
	more := must[string](t)(two.Seal(wrapped, "contact", "text", 1, []byte("hello")))
	must[[]byte](t)(one.Open(wrapped, "contact", "text", 1, more))
	again, _, err := one.SealAnew(seal.Live, seal.LiveDay(c.now()), "contact", "told", 0, []byte("help"))
	if err != nil || again == wrapped {
		t.Fatalf("the same data key twice, %v", err)
	}
	_, _, err = one.SealAnew("other", c.now(), "contact", "told", 0, nil)
	want(t, err, seal.ErrClass)
}

func TestBoundToContactFieldAndVersion(t *testing.T) {
	t.Parallel()
	c := newClock(noon)
	k := open(t, t.TempDir(), c)
	mine := must[string](t)(k.NewDataKey(seal.Number, noon.AddDate(0, 0, 9)))
	other := must[string](t)(k.NewDataKey(seal.Number, noon.AddDate(0, 0, 9)))
	sealed := must[string](t)(k.Seal(mine, "ab", "c", 1, []byte("040")))
	flip := func(s string, i int) string {
		b := []byte(s)
		if b[i]++; b[i] == '{' || b[i] == '[' || b[i] == ':' {
			b[i] = 'A'
		}
		return string(b)
	}
	for name, try := range map[string]func() ([]byte, error){
		"contact":    func() ([]byte, error) { return k.Open(mine, "ax", "c", 1, sealed) },
		"field":      func() ([]byte, error) { return k.Open(mine, "ab", "d", 1, sealed) },
		"version":    func() ([]byte, error) { return k.Open(mine, "ab", "c", 2, sealed) },
		"boundary":   func() ([]byte, error) { return k.Open(mine, "a", "bc", 1, sealed) },
		"key":        func() ([]byte, error) { return k.Open(other, "ab", "c", 1, sealed) },
		"cut":        func() ([]byte, error) { return k.Open(mine, "ab", "c", 1, sealed[:8]) },
		"empty":      func() ([]byte, error) { return k.Open(mine, "ab", "c", 1, "") },
		"no base64":  func() ([]byte, error) { return k.Open(mine, "ab", "c", 1, sealed+"*") },
		"no wrapped": func() ([]byte, error) { return k.Open("", "ab", "c", 1, sealed) },
		"path":       func() ([]byte, error) { return k.Open("live-../../x.AAAA", "ab", "c", 1, sealed) },
		"staging":    func() ([]byte, error) { return k.Open("staging-1.AAAA", "ab", "c", 1, sealed) },
		"class": func() ([]byte, error) {
			return k.Open(strings.Replace(mine, "number", "other", 1), "ab", "c", 1, sealed)
		},
	} {
		if plain, err := try(); !errors.Is(err, seal.ErrSealBroken) || plain != nil {
			t.Errorf("%s: %q, %v", name, plain, err)
		}
	}
	for i := range sealed {
		if _, err := k.Open(mine, "ab", "c", 1, flip(sealed, i)); !errors.Is(err, seal.ErrSealBroken) {
			t.Fatalf("flip at %d: %v", i, err)
		}
	}
	for i := len("number-2026-12-02."); i < len(mine); i++ {
		if _, err := k.Open(flip(mine, i), "ab", "c", 1, sealed); !errors.Is(err, seal.ErrSealBroken) {
			t.Fatalf("flip of the wrapped key at %d: %v", i, err)
		}
	}
	must[string](t)(k.NewDataKey(seal.Letter, noon.AddDate(0, 0, 9)))
	_, err := k.Open(strings.Replace(mine, "number", "letter", 1), "ab", "c", 1, sealed)
	want(t, err, seal.ErrSealBroken)
	_, err = k.Open(strings.Replace(mine, "12-02", "12-03", 1), "ab", "c", 1, sealed)
	want(t, err, seal.ErrKeyGone)
}

func TestRacingNodesAgree(t *testing.T) {
	t.Parallel()
	dir, c := t.TempDir(), newClock(noon)
	nodes := []*seal.Keys{open(t, dir, c), open(t, dir, c)}
	var wg sync.WaitGroup
	type made struct{ wrapped, sealed string }
	out := make([]made, 24)
	for i := range out {
		wg.Go(func() {
			k := nodes[i%2]
			w, err := k.NewDataKey(seal.Live, seal.LiveDay(noon))
			if err != nil {
				t.Error(err)
				return
			}
			s, err := k.Seal(w, "c", "text", 1, []byte("x"))
			if err != nil {
				t.Error(err)
			}
			out[i] = made{w, s}
			if _, _, _, _, err := k.Stage("c", []byte("{}")); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	fresh := open(t, dir, c)
	for i, m := range out {
		for _, k := range []*seal.Keys{nodes[(i+1)%2], fresh} {
			if _, err := k.Open(m.wrapped, "c", "text", 1, m.sealed); err != nil {
				t.Fatal(err)
			}
		}
	}
	files := must[[]os.DirEntry](t)(os.ReadDir(dir))
	if len(files) != 2 {
		t.Fatalf("%d files, want one key each and nothing left over: %v", len(files), files)
	}
}

func TestDayOver(t *testing.T) {
	t.Parallel()
	dir, c := t.TempDir(), newClock(noon)
	k := open(t, dir, c)
	wrapped := must[string](t)(k.NewDataKey(seal.Live, seal.LiveDay(noon)))
	sealed := must[string](t)(k.Seal(wrapped, "c", "text", 1, []byte("x")))
	over := time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC)

	c.set(over.Add(-time.Millisecond))
	must[[]byte](t)(k.Open(wrapped, "c", "text", 1, sealed)) // now cached a blink before midnight
	c.set(over)
	_, err := k.Open(wrapped, "c", "text", 1, sealed)
	want(t, err, seal.ErrKeyGone)
	_, err = k.NewDataKey(seal.Live, seal.LiveDay(noon))
	want(t, err, seal.ErrKeyGone)

	for _, clocks := range [][2]time.Time{{over, over.Add(-1)}, {over.Add(-1), over}, {{}, over}, {over, {}}} {
		if n := must[int](t)(k.Purge(clocks[0], clocks[1])); n != 0 {
			t.Fatalf("purged by one clock of %v", clocks)
		}
	}
	// A node that died between link and clean-up leaves a second name of the same key.
	name := filepath.Join(dir, "live-2026-11-25.key")
	if err := os.Link(name, filepath.Join(dir, ".live-2026-11-25.key.123")); err != nil {
		t.Fatal(err)
	}
	if n := must[int](t)(k.Purge(over, over)); n != 1 {
		t.Fatalf("purged %d", n)
	}
	if left := must[[]os.DirEntry](t)(os.ReadDir(dir)); len(left) != 0 {
		t.Fatalf("left: %v", left)
	}
	// With the root key, and even with the clock turned back, it stays shut.
	c.set(noon)
	_, err = open(t, dir, c).Open(wrapped, "c", "text", 1, sealed)
	want(t, err, seal.ErrKeyGone)
	_, err = k.Open(wrapped, "c", "text", 1, sealed)
	want(t, err, seal.ErrKeyGone)
}

func TestCacheLivesTenMinutes(t *testing.T) {
	t.Parallel()
	dir, c := t.TempDir(), newClock(noon)
	k := open(t, dir, c)
	wrapped := must[string](t)(k.NewDataKey(seal.Card, noon.AddDate(0, 0, 14)))
	sealed := must[string](t)(k.Seal(wrapped, "c", "card", 1, []byte("x")))
	if err := os.Remove(filepath.Join(dir, "card-2026-12-07.key")); err != nil {
		t.Fatal(err)
	}
	c.set(noon.Add(10*time.Minute - 1))
	k.Sweep()
	must[[]byte](t)(k.Open(wrapped, "c", "card", 1, sealed))
	c.set(noon.Add(10 * time.Minute))
	_, err := k.Open(wrapped, "c", "card", 1, sealed)
	want(t, err, seal.ErrKeyGone)
}

func TestFilesHoldNoPlainKeyAndNoWideMode(t *testing.T) {
	t.Parallel()
	dir, c := t.TempDir(), newClock(noon)
	k := open(t, dir, c)
	wrapped := must[string](t)(k.NewDataKey(seal.Live, noon))
	info := must[os.FileInfo](t)(os.Stat(filepath.Join(dir, "live-2026-11-23.key")))
	if info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v", info.Mode())
	}
	thief, err := seal.Open(seal.Options{Root: bytes.Repeat([]byte{8}, seal.KeySize), Dir: dir, Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	_, err = thief.Seal(wrapped, "c", "text", 1, nil)
	want(t, err, seal.ErrKeyFile)
	_, err = thief.NewDataKey(seal.Live, noon)
	want(t, err, seal.ErrKeyFile)
	// A file under another's name does not open either.
	if err := os.Rename(filepath.Join(dir, "live-2026-11-23.key"), filepath.Join(dir, "live-2026-11-24.key")); err != nil {
		t.Fatal(err)
	}
	_, err = k.NewDataKey(seal.Live, noon.AddDate(0, 0, 1))
	want(t, err, seal.ErrKeyFile)
}

func TestFolderFaults(t *testing.T) {
	t.Parallel()
	c := newClock(noon)
	gone := filepath.Join(t.TempDir(), "keys")
	_, err := seal.Open(seal.Options{Root: root, Dir: gone})
	want(t, err, seal.ErrKeyDir)
	_, err = seal.Open(seal.Options{Root: root[:31], Dir: t.TempDir()})
	want(t, err, seal.ErrRootSize)
	if err := os.Mkdir(gone, 0o700); err != nil {
		t.Fatal(err)
	}
	k := open(t, gone, c)
	wrapped := must[string](t)(k.NewDataKey(seal.Live, noon))
	if err := os.RemoveAll(gone); err != nil {
		t.Fatal(err)
	}
	c.set(noon.Add(time.Hour))
	_, err = k.NewDataKey(seal.Live, noon)
	want(t, err, seal.ErrKeyDir)
	_, err = k.Seal(wrapped, "c", "text", 1, nil)
	want(t, err, seal.ErrKeyDir)
	_, _, _, _, err = k.Stage("c", nil)
	want(t, err, seal.ErrKeyDir)
	_, err = k.Purge(noon, noon)
	want(t, err, seal.ErrKeyDir)
	_, err = k.NewDataKey("staging", noon)
	want(t, err, seal.ErrClass)
	_, err = k.NewDataKey(seal.Live, noon.AddDate(2, 0, 0))
	want(t, err, seal.ErrDay)
}

func TestMarks(t *testing.T) {
	t.Parallel()
	dir, c := t.TempDir(), newClock(noon)
	k := open(t, dir, c)
	early := must[string](t)(k.Mark(seal.Number, noon, []byte("+35840")))
	late := must[string](t)(open(t, dir, c).Mark(seal.Number, noon.AddDate(0, 0, 3), []byte("+35840")))
	if marks := must[[]string](t)(k.Marks(seal.Number, []byte("+35840"))); len(marks) != 2 || marks[0] != early || marks[1] != late || early == late {
		t.Fatalf("%v; %s, %s", marks, early, late)
	}
	c.set(noon.AddDate(0, 0, 1))
	if marks := must[[]string](t)(k.Marks(seal.Number, []byte("+35840"))); len(marks) != 1 || marks[0] != late {
		t.Fatalf("%v", marks)
	}
}
