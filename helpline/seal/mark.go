package seal

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"os"
	"time"
)

// Mark gives a keyed fingerprint of a value, such as a telephone number, under the key of a day:
// "number-2026-11-25.<base64url>". It is how equal values are found without keeping any digit,
// and it means nothing once the key is gone. Errors as NewDataKey.
func (k *Keys) Mark(class string, lastDay time.Time, value []byte) (string, error) {
	if !dayClass(class) {
		return "", fmt.Errorf("mark value: %w", ErrClass)
	}
	if lastDay.Sub(k.now()) > farthest {
		return "", fmt.Errorf("mark value: %w", ErrDay)
	}
	f, err := k.file(dayID(class, lastDay), true)
	if err != nil {
		return "", fmt.Errorf("mark value: %w", err)
	}
	return f.mark(value), nil
}

// Marks gives the marks that the value has under each key of the class that lives: what to look
// for when it may have been marked on an earlier day.
func (k *Keys) Marks(class string, value []byte) ([]string, error) {
	if !dayClass(class) {
		return nil, fmt.Errorf("mark value: %w", ErrClass)
	}
	entries, err := os.ReadDir(k.dir)
	if err != nil {
		return nil, fmt.Errorf("mark value: %w: %w", ErrKeyDir, err)
	}
	var marks []string
	now := k.now()
	for _, e := range entries {
		id, temp, ok := parseFile(e.Name())
		if !ok || temp || id.class() != class || id.dead(now) {
			continue
		}
		f, err := k.file(id, false)
		if err != nil {
			return nil, fmt.Errorf("mark value: %w", err)
		}
		marks = append(marks, f.mark(value))
	}
	return marks, nil
}

func (f *fileKey) mark(value []byte) string {
	h := hmac.New(sha256.New, derive(f.raw, "mark"))
	h.Write(value)
	return f.id.text + "." + encoding.EncodeToString(h.Sum(nil))
}
