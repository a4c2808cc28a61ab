// Package seal holds the key tree that makes text, numbers, letters, cards and staged outcomes
// unreadable when their day is over, even to one who has the root key and every backup.
//
// The tree has three levels. The root key (32 bytes, the same on all nodes, never in a database)
// seals the files of the key folder. There each class of sealed things has one small file per
// day of death, a random key that is unlinked once that day is over. Under the key of the day
// lies a data key per contact, which travels wrapped beside what it seals: any node can open it
// while the day lasts, and no one afterwards.
//
// What destroys is the unlinking. Overwriting first would be theatre: flash, journals and
// snapshots keep old blocks wherever they like. So the folder must be in no backup and no
// snapshot, and its disk is as precious as Postgres' own.
//
// Keys in memory: a day key or a data key is used for at most ten minutes after it was read, and
// never past its day. Go gives no means to wipe it from the heap earlier than the collector does.
package seal

import (
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"
)

const (
	// KeySize is the size of every key, in bytes.
	KeySize = 32
	// hold is how long a node may go on using a key that it has read.
	hold = 10 * time.Minute
)

// Code is a stable error, compared with errors.Is; it holds no input and no path.
type Code string

// Error gives the code.
func (c Code) Error() string { return string(c) }

const (
	// ErrSealBroken says that a sealed value or wrapped key was changed, swapped or is no such thing.
	ErrSealBroken Code = "seal_broken"
	// ErrKeyGone says that the day of the key is over, or its file is not in the folder.
	ErrKeyGone Code = "key_gone"
	// ErrKeyFile says that a key file does not open: another root key, another name, or damage.
	ErrKeyFile Code = "key_file_broken"
	// ErrKeyDir says that the key folder is missing or cannot be read or written.
	ErrKeyDir Code = "key_dir_unavailable"
	// ErrClass says that a class of keys does not exist.
	ErrClass Code = "unknown_key_class"
	// ErrDay says that a day of death is more than a year away.
	ErrDay Code = "bad_key_day"
	// ErrGeneration says that a staging generation is malformed, or may not be dropped.
	ErrGeneration Code = "bad_generation"
	// ErrRootMissing says that the root key file is not there.
	ErrRootMissing Code = "root_key_missing"
	// ErrRootSize says that the root key is not exactly 32 bytes.
	ErrRootSize Code = "root_key_size"
	// ErrRootMode says that the root key file is no regular file or wider than mode 0600.
	ErrRootMode Code = "root_key_mode"
)

// Options are what Open needs.
type Options struct {
	Root []byte           // KeySize bytes, copied
	Dir  string           // the key folder; it must exist
	Now  func() time.Time // the node's clock; nil means time.Now
}

// Keys is one node's view of the key folder. Safe for concurrent use.
type Keys struct {
	root []byte
	seal *subtle.XChaCha20Poly1305 // opens and seals the files
	dir  string
	now  func() time.Time

	mu    sync.Mutex // guards files and trips; never held across I/O
	files map[string]*fileKey
	trips map[trip]*flight

	cache dataCache
}

// Open checks root key and folder. It makes neither: a folder that is missing may be one that
// was not mounted, and keys made beside it would be lost with the node.
func Open(o Options) (*Keys, error) {
	if len(o.Root) != KeySize {
		return nil, fmt.Errorf("open keys: %w", ErrRootSize)
	}
	if info, err := os.Stat(o.Dir); err != nil {
		return nil, fmt.Errorf("open keys: %w: %w", ErrKeyDir, err)
	} else if !info.IsDir() {
		return nil, fmt.Errorf("open keys: %w: not a folder", ErrKeyDir)
	}
	k := &Keys{
		root: append([]byte(nil), o.Root...), dir: o.Dir, now: o.Now,
		files: map[string]*fileKey{}, trips: map[trip]*flight{},
	}
	if k.now == nil {
		k.now = time.Now
	}
	var err error
	if k.seal, err = subtle.NewXChaCha20Poly1305(k.Derive("key-files")); err != nil {
		return nil, fmt.Errorf("open keys: %w", err)
	}
	return k, nil
}

// Derive gives the 32-byte key of a purpose: HKDF-SHA256 (RFC 5869) of the root key with the
// purpose as its info. Equal purposes give equal keys on every node.
func (k *Keys) Derive(purpose string) []byte { return derive(k.root, purpose) }

// Derive is Keys.Derive for who has the root alone and no folder of keys.
func Derive(root []byte) func(purpose string) []byte {
	return func(purpose string) []byte { return derive(root, purpose) }
}

func derive(key []byte, purpose string) []byte {
	out, err := hkdf.Key(sha256.New, key, nil, "adviceline/1/"+purpose, KeySize)
	if err != nil { // only an output over 8,160 bytes can fail
		panic(fmt.Errorf("derive key: %w", err))
	}
	return out
}

// Sweep forgets keys that were read more than ten minutes ago or whose day is over. Calls do so
// by themselves; a node without traffic needs a tick of about a minute.
func (k *Keys) Sweep() {
	now := k.now()
	k.mu.Lock()
	for name, f := range k.files {
		if !now.Before(f.until) {
			delete(k.files, name)
		}
	}
	k.mu.Unlock()
	k.cache.turn(now)
}

// forget drops every cached key.
func (k *Keys) forget() {
	k.mu.Lock()
	clear(k.files)
	k.mu.Unlock()
	k.cache.drop()
}
