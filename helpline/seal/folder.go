package seal

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"
)

// fileKey is a key of the folder, read and ready.
type fileKey struct {
	id    keyID
	raw   []byte
	wrap  *subtle.XChaCha20Poly1305
	until time.Time // not used from this instant on
}

// trip is one journey to the folder: for reading a key, or for making it if need be.
type trip struct {
	id   keyID
	make bool
}

// flight lets those who want the same key at once share one trip to the disk.
type flight struct {
	done chan struct{} // closed by the one who flies, after key and err are set
	key  *fileKey
	err  error
}

// file gives a key of the folder, from memory if it was read within the last ten minutes. With
// make a missing file is made. ErrKeyGone when the key's day is over or there is no file.
func (k *Keys) file(id keyID, create bool) (*fileKey, error) {
	now := k.now()
	if id.dead(now) {
		return nil, fmt.Errorf("read key %s: %w", id.text, ErrKeyGone)
	}
	way := trip{id: id, make: create}
	k.mu.Lock()
	if f := k.files[id.text]; f != nil && now.Before(f.until) {
		k.mu.Unlock()
		return f, nil
	}
	if other := k.trips[way]; other != nil {
		k.mu.Unlock()
		<-other.done
		return other.key, other.err
	}
	own := &flight{done: make(chan struct{})}
	k.trips[way] = own
	k.mu.Unlock()

	own.key, own.err = k.fetch(way, now)

	k.mu.Lock()
	delete(k.trips, way)
	if own.err == nil {
		k.files[id.text] = own.key
	}
	k.mu.Unlock()
	close(own.done)
	return own.key, own.err
}

func (k *Keys) fetch(way trip, now time.Time) (*fileKey, error) {
	f, err := k.read(way.id, now)
	if !way.make {
		return f, err
	}
	if err == nil {
		// Another node may have linked it a moment ago: nothing is sealed under a key that a
		// power cut could still take back.
		if err := syncDir(k.dir); err != nil {
			return nil, fmt.Errorf("make key %s: %w: %w", way.id.text, ErrKeyDir, err)
		}
		return f, nil
	}
	// Twice, because a purge may sweep up the file that is being written.
	for range 2 {
		if !errors.Is(err, ErrKeyGone) {
			break
		}
		if err = k.create(way.id); err == nil || errors.Is(err, fs.ErrNotExist) {
			f, err = k.read(way.id, now)
		}
	}
	return f, err
}

// create makes the file of a key, random and sealed; it is content to find another's there.
func (k *Keys) create(id keyID) error {
	raw := make([]byte, KeySize)
	_, _ = rand.Read(raw) // never fails: the program stops instead
	sealed, err := k.seal.Encrypt(raw, bind("key-file", id.file()))
	if err != nil {
		return fmt.Errorf("seal key %s: %w", id.text, err)
	}
	if err := publish(k.dir, id.file(), sealed); err != nil {
		return fmt.Errorf("make key %s: %w: %w", id.text, ErrKeyDir, err)
	}
	return nil
}

func (k *Keys) read(id keyID, now time.Time) (*fileKey, error) {
	sealed, err := os.ReadFile(filepath.Join(k.dir, id.file())) // #nosec G304 -- the name is parsed
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(k.dir); err == nil {
			return nil, fmt.Errorf("read key %s: %w", id.text, ErrKeyGone)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("read key %s: %w: %w", id.text, ErrKeyDir, err)
	}
	raw, err := k.seal.Decrypt(sealed, bind("key-file", id.file()))
	if err != nil || len(raw) != KeySize {
		return nil, fmt.Errorf("read key %s: %w", id.text, ErrKeyFile)
	}
	wrap, err := subtle.NewXChaCha20Poly1305(raw)
	if err != nil {
		return nil, fmt.Errorf("read key %s: %w", id.text, err)
	}
	return &fileKey{id: id, raw: raw, wrap: wrap, until: earlier(now.Add(hold), id.over)}, nil
}

// earlier gives the first of two instants; a zero one never comes.
func earlier(a, b time.Time) time.Time {
	if b.IsZero() || a.Before(b) {
		return a
	}
	return b
}

// Purge unlinks the day keys whose day is over on both clocks, Redis' and Postgres', and drops
// this node's cached keys. It gives how many keys it unlinked itself: nodes may purge at once.
// A zero clock (its server is down) purges nothing. Staging keys are not its business.
func (k *Keys) Purge(redisNow, postgresNow time.Time) (removed int, err error) {
	defer k.forget()
	return k.unlink(func(id keyID) bool { return id.dead(redisNow) && id.dead(postgresNow) })
}

// unlink removes the keys that are doomed, with what half-made copies of them lie about, and
// syncs the folder. It goes on after an error: one stubborn file must not keep others alive.
func (k *Keys) unlink(doomed func(keyID) bool) (removed int, err error) {
	entries, err := os.ReadDir(k.dir)
	if err != nil {
		return 0, fmt.Errorf("list keys: %w: %w", ErrKeyDir, err)
	}
	touched := false
	for _, e := range entries {
		id, temp, ok := parseFile(e.Name())
		if !ok || !doomed(id) {
			continue
		}
		touched = true
		switch failed := os.Remove(filepath.Join(k.dir, e.Name())); {
		case failed == nil && !temp:
			removed++
		case failed != nil && !errors.Is(failed, fs.ErrNotExist):
			err = errors.Join(err, failed)
		}
	}
	if touched {
		err = errors.Join(err, syncDir(k.dir))
	}
	if err != nil {
		return removed, fmt.Errorf("unlink keys: %w: %w", ErrKeyDir, err)
	}
	return removed, nil
}

// Days counts the keys that lie in the folder by class and day of death, and those of staged outcomes under "".
func (k *Keys) Days() (map[string]map[string]int, error) {
	entries, err := os.ReadDir(k.dir)
	if err != nil {
		return nil, fmt.Errorf("list keys: %w: %w", ErrKeyDir, err)
	}
	out := map[string]map[string]int{}
	for _, e := range entries {
		id, temp, ok := parseFile(e.Name())
		if !ok || temp {
			continue
		}
		day := ""
		if id.class() != Staging {
			_, day, _ = strings.Cut(id.text, "-")
		}
		if out[id.class()] == nil {
			out[id.class()] = map[string]int{}
		}
		out[id.class()][day]++
	}
	return out, nil
}
