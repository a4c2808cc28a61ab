package socket

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// The lengths that padded frames have, in bytes. The wire names the first three; the last is for
// a message of 2,000 characters that take four bytes and more each.
var padSizes = [...]int{512, 2048, 8192, 16384}

// ErrTooLong says that a frame does not fit the largest padded length: send less at a time.
var ErrTooLong = errors.New("frame too long to pad")

var errNoObject = errors.New("frame is not a JSON object")

const padOpen, padEnd = `,"pad":"`, `"}`

// Pad encodes a struct or map that carries text as a JSON object with a last member "pad", a
// string of zeros that fills the object to exactly 512, 2,048, 8,192 or 16,384 bytes, so that
// its length on the network tells little of the text's. The value must have no member pad of
// its own.
func Pad(frame any) ([]byte, error) {
	object, err := json.Marshal(frame)
	if err != nil {
		return nil, fmt.Errorf("encode frame: %w", err)
	}
	return Fill(object)
}

// Fill does the same with an object that is encoded already and ends with its "}". The result
// shares no memory with object.
func Fill(object []byte) ([]byte, error) {
	end := len(object) - 1
	if end < 1 || object[0] != '{' || object[end] != '}' {
		return nil, fmt.Errorf("pad frame: %w", errNoObject)
	}
	open := padOpen
	if len(bytes.TrimSpace(object[1:end])) == 0 {
		open = padOpen[1:] // "{}" needs no comma
	}
	least := end + len(open) + len(padEnd)
	for _, size := range padSizes {
		if least > size {
			continue
		}
		b := make([]byte, 0, size)
		b = append(b, object[:end]...)
		b = append(b, open...)
		for range size - least {
			b = append(b, '0')
		}
		return append(b, padEnd...), nil
	}
	return nil, fmt.Errorf("pad frame: %w", ErrTooLong)
}
