package main

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"sync"
)

// keys wraps data keys under one key and keeps the opened ones.
type keys struct {
	day    cipher.AEAD
	mu     sync.RWMutex
	opened map[string]cipher.AEAD
}

func newKeys(day []byte) (*keys, error) {
	a, err := aead(day)
	return &keys{day: a, opened: map[string]cipher.AEAD{}}, err
}

func aead(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("read key: %w", err)
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// fresh makes the data key of a contact and seals what it told.
func (k *keys) fresh(contact string, told []byte) (sealed, wrapped string, err error) {
	key := make([]byte, 32)
	_, _ = rand.Read(key)
	a, err := aead(key)
	if err != nil {
		return "", "", err
	}
	return shut(a, told, contact+"|told"), shut(k.day, key, contact+"|key"), nil
}

func shut(a cipher.AEAD, text []byte, about string) string {
	return base64.RawStdEncoding.EncodeToString(a.Seal(nil, nil, text, []byte(about))) // #nosec G407 -- the cipher draws it
}

// of opens a wrapped data key.
func (k *keys) of(contact, wrapped string) (cipher.AEAD, error) {
	k.mu.RLock()
	a := k.opened[wrapped]
	k.mu.RUnlock()
	if a != nil {
		return a, nil
	}
	key, err := undo(k.day, wrapped, contact+"|key")
	if err != nil {
		return nil, err
	}
	if a, err = aead(key); err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.opened) > 20_000 {
		clear(k.opened)
	}
	k.opened[wrapped] = a
	return a, nil
}

func undo(a cipher.AEAD, sealed, about string) ([]byte, error) {
	b, err := base64.RawStdEncoding.DecodeString(sealed)
	if err != nil {
		return nil, errors.New("not sealed")
	}
	return a.Open(nil, nil, b, []byte(about))
}
