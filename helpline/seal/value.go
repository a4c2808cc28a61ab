package seal

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"
)

// encoding is the text form of everything sealed.
var encoding = base64.RawURLEncoding.Strict()

// NewDataKey makes a random data key and gives it wrapped under the key of the day on which what
// it seals must be gone (lastDay: any instant of that day, UTC): "live-2026-11-25.<base64url>".
// The key of the day is made, and is on disk, before NewDataKey returns. Errors: ErrClass,
// ErrDay, ErrKeyGone for a day that is over, ErrKeyDir, ErrKeyFile.
func (k *Keys) NewDataKey(class string, lastDay time.Time) (wrapped string, err error) {
	wrapped, _, err = k.newDataKey(class, lastDay)
	return wrapped, err
}

func (k *Keys) newDataKey(class string, lastDay time.Time) (wrapped string, raw []byte, err error) {
	if !dayClass(class) {
		return "", nil, fmt.Errorf("make data key: %w", ErrClass)
	}
	if lastDay.Sub(k.now()) > farthest {
		return "", nil, fmt.Errorf("make data key: %w", ErrDay)
	}
	f, err := k.file(dayID(class, lastDay), true)
	if err != nil {
		return "", nil, fmt.Errorf("make data key: %w", err)
	}
	return f.newDataKey()
}

// SealAnew is NewDataKey and Seal in one, without a way back through the wrapping: what an intake
// tells is seldom opened by the node that took it.
func (k *Keys) SealAnew(class string, lastDay time.Time, contact, field string, version int64, plain []byte) (wrapped, sealed string, err error) {
	wrapped, raw, err := k.newDataKey(class, lastDay)
	if err != nil {
		return "", "", err
	}
	aead, err := subtle.NewXChaCha20Poly1305(raw)
	if err != nil {
		return "", "", fmt.Errorf("make data key: %w", err)
	}
	sealed, err = sealValue(aead, contact, field, version, plain)
	return wrapped, sealed, err
}

func (f *fileKey) newDataKey() (wrapped string, raw []byte, err error) {
	raw = make([]byte, KeySize)
	_, _ = rand.Read(raw) // never fails: the program stops instead
	box, err := f.wrap.Encrypt(raw, bind("data-key", f.id.text))
	if err != nil {
		return "", nil, fmt.Errorf("wrap data key: %w", err)
	}
	return f.id.text + "." + encoding.EncodeToString(box), raw, nil
}

// unwrap opens a data key, from memory if it was opened within the last ten minutes.
func (k *Keys) unwrap(wrapped string) (*subtle.XChaCha20Poly1305, error) {
	now := k.now()
	if key, ok := k.cache.get(wrapped, now); ok {
		return key.aead, nil
	}
	id, _, ok := splitWrapped(wrapped)
	if !ok || !dayClass(id.class()) {
		return nil, fmt.Errorf("unwrap data key: %w", ErrSealBroken)
	}
	f, err := k.file(id, false)
	if err != nil {
		return nil, fmt.Errorf("unwrap data key: %w", err)
	}
	aead, err := f.openDataKey(wrapped)
	if err != nil {
		return nil, err
	}
	// Never longer than the key of the day itself was read for.
	k.cache.put(wrapped, dataKey{aead: aead, until: f.until}, now)
	return aead, nil
}

func (f *fileKey) openDataKey(wrapped string) (*subtle.XChaCha20Poly1305, error) {
	id, text, ok := splitWrapped(wrapped)
	if !ok || id != f.id {
		return nil, fmt.Errorf("unwrap data key: %w", ErrSealBroken)
	}
	box, err := encoding.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("unwrap data key: %w", ErrSealBroken)
	}
	raw, err := f.wrap.Decrypt(box, bind("data-key", id.text))
	if err != nil {
		return nil, fmt.Errorf("unwrap data key: %w", ErrSealBroken)
	}
	aead, err := subtle.NewXChaCha20Poly1305(raw)
	if err != nil {
		return nil, fmt.Errorf("unwrap data key: %w", ErrSealBroken)
	}
	return aead, nil
}

func splitWrapped(wrapped string) (id keyID, box string, ok bool) {
	name, box, ok := strings.Cut(wrapped, ".")
	if !ok {
		return keyID{}, "", false
	}
	id, ok = parseID(name)
	return id, box, ok
}

// Seal seals plain under a wrapped data key and binds it to contact, field and version: it opens
// under the same three only. The text is base64url, 54 characters and a third longer than plain.
// Errors: ErrKeyGone, ErrSealBroken for a wrapped key that is none, ErrKeyDir, ErrKeyFile.
func (k *Keys) Seal(wrapped, contact, field string, version int64, plain []byte) (string, error) {
	aead, err := k.unwrap(wrapped)
	if err != nil {
		return "", fmt.Errorf("seal value: %w", err)
	}
	return sealValue(aead, contact, field, version, plain)
}

func sealValue(aead *subtle.XChaCha20Poly1305, contact, field string, version int64, plain []byte) (string, error) {
	box, err := aead.Encrypt(plain, bindValue(contact, field, version))
	if err != nil {
		return "", fmt.Errorf("seal value: %w", err)
	}
	return encoding.EncodeToString(box), nil
}

// Open opens what Seal sealed. It fails closed: ErrSealBroken for anything changed, swapped
// or bound to something else, ErrKeyGone once the day is over; ErrKeyDir and ErrKeyFile say
// that the folder is at fault and another try may succeed.
func (k *Keys) Open(wrapped, contact, field string, version int64, sealed string) ([]byte, error) {
	aead, err := k.unwrap(wrapped)
	if err != nil {
		return nil, fmt.Errorf("open value: %w", err)
	}
	box, err := encoding.DecodeString(sealed)
	if err != nil {
		return nil, fmt.Errorf("open value: %w", ErrSealBroken)
	}
	plain, err := aead.Decrypt(box, bindValue(contact, field, version))
	if err != nil {
		return nil, fmt.Errorf("open value: %w", ErrSealBroken)
	}
	return plain, nil
}

// bindValue gives the associated data of a sealed value.
func bindValue(contact, field string, version int64) []byte {
	return binary.BigEndian.AppendUint64(bind("value", contact, field), uint64(version)) // #nosec G115 -- bits, not a count
}

// bind gives associated data that no other list of parts can give: each part goes with its
// length. The first part says what kind of thing is bound.
func bind(parts ...string) []byte {
	n := 8 // room for a version
	for _, p := range parts {
		n += 4 + len(p)
	}
	b := make([]byte, 0, n)
	for _, p := range parts {
		b = binary.BigEndian.AppendUint32(b, uint32(len(p))) // #nosec G115 -- ids and codes, at most 16 KiB
		b = append(b, p...)
	}
	return b
}
