package agents

import (
	"fmt"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"

	"adviceline/helpline"
)

// The bounds of a password, in characters (code points).
const (
	MinPassword = 15
	MaxPassword = 256
)

// ErrPasswordShort says that a new password has fewer than MinPassword or more than MaxPassword
// characters, or is not UTF-8.
const ErrPasswordShort helpline.Code = "password_short"

// cost of one hash: 19 MiB and two passes (OWASP), some 35 ms of one core.
var cost = &argon2id.Params{Memory: 19 << 10, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// HashPassword makes the argon2id text that an account keeps. Error: ErrPasswordShort.
func HashPassword(password string) (string, error) {
	if !passable(password) {
		return "", ErrPasswordShort
	}
	hash, err := argon2id.CreateHash(password, cost)
	if err != nil {
		return "", fmt.Errorf("hash password: %w", err)
	}
	return hash, nil
}

func passable(password string) bool {
	n := utf8.RuneCountInString(password)
	return n >= MinPassword && n <= MaxPassword && utf8.ValidString(password)
}

// comparePassword hashes the password once, whatever the stored text is: one that cannot be read
// is replaced by the dummy, and then nothing matches. Only a broken store makes unread true.
func comparePassword(password, stored, dummy string) (match, unread bool) {
	if _, _, _, err := argon2id.DecodeHash(stored); err != nil {
		_, _ = argon2id.ComparePasswordAndHash(password, dummy) // for its duration alone
		return false, true
	}
	match, err := argon2id.ComparePasswordAndHash(password, stored)
	return match && err == nil, err != nil
}
