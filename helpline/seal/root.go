package seal

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// LoadRoot reads the root key: exactly 32 bytes in a regular file of mode 0600 or narrower. With
// create, a missing file is made first, whole and on disk before it is used; of several nodes
// that race to make it all read the one that won. The folder must exist.
func LoadRoot(path string, create bool) ([]byte, error) {
	key, err := readRoot(path)
	if !create || !errors.Is(err, ErrRootMissing) {
		return key, err
	}
	fresh := make([]byte, KeySize)
	_, _ = rand.Read(fresh) // never fails: the program stops instead
	if err := publish(filepath.Dir(path), filepath.Base(path), fresh); err != nil {
		return nil, fmt.Errorf("make root key: %w", err)
	}
	return readRoot(path)
}

func readRoot(path string) ([]byte, error) {
	f, err := os.Open(path) // #nosec G304 -- the operator names the file
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read root key: %w: %w", ErrRootMissing, err)
	}
	if err != nil {
		return nil, fmt.Errorf("read root key: %w", err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("read root key: %w", err)
	}
	if !info.Mode().IsRegular() || info.Mode().Perm()&^0o600 != 0 {
		return nil, fmt.Errorf("read root key: %w: mode %v, want 0600", ErrRootMode, info.Mode())
	}
	if info.Size() != KeySize {
		return nil, fmt.Errorf("read root key: %w: %d bytes, want %d", ErrRootSize, info.Size(), KeySize)
	}
	key := make([]byte, KeySize)
	if _, err := io.ReadFull(f, key); err != nil {
		return nil, fmt.Errorf("read root key: %w: %w", ErrRootSize, err)
	}
	return key, nil
}

// publish makes dir/name with that content unless it is there already: written beside it, synced,
// linked into place, and the folder synced, so that a file of that name is never half a file and
// is on disk when publish returns.
func publish(dir, name string, content []byte) error {
	f, err := os.CreateTemp(dir, "."+name+".*") // mode 0600
	if err != nil {
		return fmt.Errorf("create file: %w", err)
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write file: %w", err)
	}
	err = os.Link(f.Name(), filepath.Join(dir, name))
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("link file: %w", err)
	}
	return syncDir(dir)
}

func syncDir(dir string) error {
	d, err := os.Open(dir) // #nosec G304 -- the operator names the folder
	if err != nil {
		return fmt.Errorf("open folder: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("sync folder: %w", err)
	}
	return nil
}
