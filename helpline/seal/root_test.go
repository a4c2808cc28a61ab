package seal_test

import (
	"bytes"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"adviceline/helpline/seal"
)

func TestLoadRoot(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "root.key")
	_, err := seal.LoadRoot(path, false)
	want(t, err, seal.ErrRootMissing)

	var wg sync.WaitGroup
	keys := make([][]byte, 8)
	for i := range keys {
		wg.Go(func() {
			var err error
			if keys[i], err = seal.LoadRoot(path, true); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, k := range keys {
		if len(k) != seal.KeySize || !bytes.Equal(k, keys[0]) {
			t.Fatal("racing nodes made different root keys")
		}
	}
	if files := must[[]os.DirEntry](t)(os.ReadDir(dir)); len(files) != 1 {
		t.Fatalf("left over: %v", files)
	}
	for _, mode := range []os.FileMode{0o640, 0o604, 0o700} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		_, err = seal.LoadRoot(path, true)
		want(t, err, seal.ErrRootMode)
	}
	if err := os.Chmod(path, 0o400); err != nil {
		t.Fatal(err)
	}
	must[[]byte](t)(seal.LoadRoot(path, false))
	_, err = seal.LoadRoot(dir, false)
	want(t, err, seal.ErrRootMode)
	for _, size := range []int{0, 31, 33} {
		short := filepath.Join(dir, "short.key")
		if err := os.WriteFile(short, make([]byte, size), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err = seal.LoadRoot(short, true)
		want(t, err, seal.ErrRootSize)
	}
	if _, err := seal.LoadRoot(filepath.Join(dir, "none", "root.key"), true); err == nil {
		t.Fatal("made a folder")
	}
}
