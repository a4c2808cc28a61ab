package seal

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"
)

// stagePad is what staged content is filled up to a multiple of, in bytes: else the length of a
// row would tell how much an adviser had to record.
const stagePad = 1024

// Stage seals one contact's answers for the wait until their flush. It gives the generation whose
// key was used (the newest; the first one is made), the row's primary key HMAC-SHA256(generation
// key, contact), the sealed {contact, plain}, and the data key wrapped by the generation key.
//
// The newest generation is looked up in the folder every time, never remembered: a node that
// went on with an old one would write rows whose key is about to be unlinked. Between Stage and
// the commit of the row the flush must be kept out by the caller (its advisory lock, shared).
func (k *Keys) Stage(contact string, plain []byte) (generation string, key []byte, sealed, wrapped string, err error) {
	f, err := k.current()
	if err != nil {
		return "", nil, "", "", fmt.Errorf("stage outcome: %w", err)
	}
	wrapped, raw, err := f.newDataKey()
	if err != nil {
		return "", nil, "", "", fmt.Errorf("stage outcome: %w", err)
	}
	aead, err := subtle.NewXChaCha20Poly1305(raw)
	if err != nil {
		return "", nil, "", "", fmt.Errorf("stage outcome: %w", err)
	}
	generation, key = f.id.generation(), f.stagingKey(contact)
	box, err := aead.Encrypt(pack(contact, plain), bind("staged", generation, string(key)))
	if err != nil {
		return "", nil, "", "", fmt.Errorf("stage outcome: %w", err)
	}
	return generation, key, encoding.EncodeToString(box), wrapped, nil
}

// current gives the key of the newest generation. Only the very first is made here: one that a
// flush drops between the look and the reading must not rise again, so then it looks anew.
func (k *Keys) current() (*fileKey, error) {
	var failed error
	for range 3 {
		n, err := k.newest()
		if err != nil {
			return nil, err
		}
		f, err := k.file(generationID(strconv.FormatUint(max(n, 1), 10)), n == 0)
		if err == nil || !errors.Is(err, ErrKeyGone) {
			return f, err
		}
		failed = err
	}
	return nil, failed
}

// Unstage opens a staged row and gives the plain that was staged. ErrSealBroken if anything of
// the row was changed or belongs to another; ErrKeyGone once the generation was dropped.
func (k *Keys) Unstage(generation, wrapped, sealed string, key []byte) (plain []byte, err error) {
	_, plain, err = k.unstage(generation, wrapped, sealed, key)
	return plain, err
}

// Restage seals a row that is carried over again, under the newest generation. The contact that
// the row is of never leaves this package. Results and errors are those of Stage and Unstage.
func (k *Keys) Restage(generation, wrapped, sealed string, key []byte) (newGeneration string, newKey []byte, newSealed, newWrapped string, err error) {
	contact, plain, err := k.unstage(generation, wrapped, sealed, key)
	if err != nil {
		return "", nil, "", "", err
	}
	return k.Stage(contact, plain)
}

// Look opens a staged row as Unstage does, and gives beside it a mark of the contact that is the same in every
// generation: rows of one contact are known by it. The mark is for the flush's memory; it is stored nowhere.
func (k *Keys) Look(generation, wrapped, sealed string, key []byte) (mark string, plain []byte, err error) {
	contact, plain, err := k.unstage(generation, wrapped, sealed, key)
	if err != nil {
		return "", nil, err
	}
	h := hmac.New(sha256.New, k.Derive("staged-contact"))
	h.Write([]byte(contact))
	return string(h.Sum(nil)), plain, nil
}

// RestageAs is Restage with other content for the same contact.
func (k *Keys) RestageAs(generation, wrapped, sealed string, key, plain []byte) (newGeneration string, newKey []byte, newSealed, newWrapped string, err error) {
	contact, _, err := k.unstage(generation, wrapped, sealed, key)
	if err != nil {
		return "", nil, "", "", err
	}
	return k.Stage(contact, plain)
}

// Generations lists the staging generations that have a key, the oldest first, and when the newest was made.
func (k *Keys) Generations() (all []string, newest time.Time, err error) {
	entries, err := os.ReadDir(k.dir)
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("list generations: %w: %w", ErrKeyDir, err)
	}
	var numbers []uint64
	for _, e := range entries {
		id, temp, ok := parseFile(e.Name())
		if !ok || temp || id.class() != Staging {
			continue
		}
		n, _ := parseGeneration(id.generation())
		if numbers = append(numbers, n); n == slices.Max(numbers) {
			info, err := e.Info()
			if err != nil {
				return nil, time.Time{}, fmt.Errorf("list generations: %w: %w", ErrKeyDir, err)
			}
			newest = info.ModTime()
		}
	}
	slices.Sort(numbers)
	for _, n := range numbers {
		all = append(all, strconv.FormatUint(n, 10))
	}
	return all, newest, nil
}

// StagingKey gives the primary key that a contact's row has in a generation, for finding a row
// to correct that an older generation still holds.
func (k *Keys) StagingKey(generation, contact string) ([]byte, error) {
	if _, ok := parseGeneration(generation); !ok {
		return nil, fmt.Errorf("find staged outcome: %w", ErrGeneration)
	}
	f, err := k.file(generationID(generation), false)
	if err != nil {
		return nil, fmt.Errorf("find staged outcome: %w", err)
	}
	return f.stagingKey(contact), nil
}

// NextGeneration makes the key after the newest one, on disk when it returns. From then on every
// node stages under it. Only the flush, under its lock, may call it.
func (k *Keys) NextGeneration() (string, error) {
	n, err := k.newest()
	if err != nil {
		return "", fmt.Errorf("make generation: %w", err)
	}
	next := strconv.FormatUint(n+1, 10)
	if _, err := k.file(generationID(next), true); err != nil {
		return "", fmt.Errorf("make generation: %w", err)
	}
	return next, nil
}

// DropGeneration unlinks a generation's key, after which its rows cannot be read by anyone; other
// nodes forget it within ten minutes. It refuses the newest generation (ErrGeneration). Dropping
// one that is gone is no error.
func (k *Keys) DropGeneration(generation string) error {
	n, ok := parseGeneration(generation)
	newest, err := k.newest()
	if err != nil {
		return fmt.Errorf("drop generation: %w", err)
	}
	if !ok || n >= newest {
		return fmt.Errorf("drop generation: %w", ErrGeneration)
	}
	defer k.forget()
	id := generationID(generation)
	if _, err := k.unlink(func(other keyID) bool { return other == id }); err != nil {
		return fmt.Errorf("drop generation: %w", err)
	}
	return nil
}

func (k *Keys) unstage(generation, wrapped, sealed string, key []byte) (contact string, plain []byte, err error) {
	if _, ok := parseGeneration(generation); !ok {
		return "", nil, fmt.Errorf("open staged outcome: %w", ErrSealBroken)
	}
	f, err := k.file(generationID(generation), false)
	if err != nil {
		return "", nil, fmt.Errorf("open staged outcome: %w", err)
	}
	aead, err := f.openDataKey(wrapped)
	if err != nil {
		return "", nil, fmt.Errorf("open staged outcome: %w", err)
	}
	box, err := encoding.DecodeString(sealed)
	if err != nil {
		return "", nil, fmt.Errorf("open staged outcome: %w", ErrSealBroken)
	}
	content, err := aead.Decrypt(box, bind("staged", generation, string(key)))
	if err != nil {
		return "", nil, fmt.Errorf("open staged outcome: %w", ErrSealBroken)
	}
	contact, plain, ok := unpack(content)
	if !ok || !hmac.Equal(key, f.stagingKey(contact)) {
		return "", nil, fmt.Errorf("open staged outcome: %w", ErrSealBroken)
	}
	return contact, plain, nil
}

func generationID(generation string) keyID { return keyID{text: Staging + "-" + generation} }

// generation of a staging key: what follows its class.
func (id keyID) generation() string { return id.text[len(Staging)+1:] }

func (f *fileKey) stagingKey(contact string) []byte {
	h := hmac.New(sha256.New, f.raw)
	h.Write([]byte(contact))
	return h.Sum(nil)
}

// newest gives the highest generation in the folder, 0 when there is none.
func (k *Keys) newest() (uint64, error) {
	entries, err := os.ReadDir(k.dir)
	if err != nil {
		return 0, fmt.Errorf("list keys: %w: %w", ErrKeyDir, err)
	}
	var newest uint64
	for _, e := range entries {
		if id, temp, ok := parseFile(e.Name()); ok && !temp && id.class() == Staging {
			n, _ := parseGeneration(id.generation())
			newest = max(newest, n)
		}
	}
	return newest, nil
}

// pack gives contact and plain, each after its length, filled with zeros to a multiple of stagePad.
func pack(contact string, plain []byte) []byte {
	n := 8 + len(contact) + len(plain)
	b := make([]byte, 0, (n+stagePad-1)/stagePad*stagePad)
	b = binary.BigEndian.AppendUint32(b, uint32(len(contact))) // #nosec G115 -- an id
	b = append(b, contact...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(plain))) // #nosec G115 -- a form, at most 16 KiB
	b = append(b, plain...)
	return b[:cap(b)]
}

func unpack(b []byte) (contact string, plain []byte, ok bool) {
	first, b, ok := part(b)
	if !ok {
		return "", nil, false
	}
	plain, _, ok = part(b)
	return string(first), plain, ok
}

func part(b []byte) (head, rest []byte, ok bool) {
	if len(b) < 4 {
		return nil, nil, false
	}
	n := int64(binary.BigEndian.Uint32(b))
	if n > int64(len(b)-4) {
		return nil, nil, false
	}
	return b[4 : 4+n], b[4+n:], true
}
