package strict

import (
	"bytes"
	"unicode/utf8"
)

// outline is what one pass over the bytes tells before any decoding: enough to refuse what the
// JSON library would let through (depth, NUL, null) and to find a frame's type.
type outline struct {
	null  bool   // a null stands somewhere
	kind  []byte // the raw value of the outer member "type"
	kinds int    // how often that member came
}

// scanner walks an object once, by bytes; inside strings it knows only quotes and escapes.
type scanner struct {
	data   []byte
	at     int
	depth  int
	arrays uint16 // bit d is set when the bracket at depth d is a '['
	last   byte   // the last byte of structure at depth 1: '{', ',' or ':'
	typing bool   // the key before last was "type"
	out    outline
}

// look refuses what is too large, too deep, no object, not balanced, not followed by its end,
// not UTF-8, or holds a NUL. All else is the JSON library's to judge.
func look(data []byte) (outline, error) {
	if len(data) > MaxBytes {
		return outline{}, ErrTooLarge
	}
	s := scanner{data: data}
	s.space()
	if s.at == len(data) || data[s.at] != '{' || !utf8.Valid(data) {
		return outline{}, ErrMalformed
	}
	for {
		if err := s.step(); err != nil {
			return outline{}, err
		}
		if s.depth == 0 {
			break
		}
	}
	s.space()
	if s.at != len(data) {
		return outline{}, ErrMalformed
	}
	return s.out, nil
}

func (s *scanner) space() {
	for s.at < len(s.data) {
		switch s.data[s.at] {
		case ' ', '\t', '\r', '\n':
			s.at++
		default:
			return
		}
	}
}

// step takes one string, bracket or other byte.
func (s *scanner) step() error {
	if s.at == len(s.data) {
		return ErrMalformed
	}
	c := s.data[s.at]
	switch c {
	case '"':
		return s.text()
	case '{', '[':
		return s.open(c)
	case '}', ']':
		return s.close(c)
	case ',', ':':
		if s.depth == 1 {
			s.last = c
		}
	case 'n':
		s.out.null = true
	case 0:
		return ErrMalformed
	}
	s.at++
	return nil
}

func (s *scanner) open(c byte) error {
	s.at++
	s.depth++
	if s.depth > MaxDepth {
		return ErrTooDeep
	}
	s.arrays &^= 1 << s.depth
	if c == '[' {
		s.arrays |= 1 << s.depth
	}
	if s.depth == 1 {
		s.last = '{'
	}
	return nil
}

func (s *scanner) close(c byte) error {
	if (s.arrays&(1<<s.depth) != 0) != (c == ']') {
		return ErrMalformed
	}
	s.at++
	s.depth--
	return nil
}

// text takes a whole string and, at depth 1, notes the member "type".
func (s *scanner) text() error {
	start := s.at + 1
	for i := start; ; {
		n := bytes.IndexByte(s.data[i:], '"')
		if n < 0 {
			return ErrMalformed
		}
		if escape := bytes.IndexByte(s.data[i:i+n], '\\'); escape >= 0 {
			i += escape + 2
			if bytes.HasPrefix(s.data[i-1:], []byte("u0000")) {
				return ErrMalformed
			}
			continue
		}
		s.at = i + n + 1
		break
	}
	if s.depth == 1 {
		s.member(s.data[start : s.at-1])
	}
	return nil
}

func (s *scanner) member(raw []byte) {
	switch {
	case s.last != ':':
		s.typing = string(raw) == "type"
		if s.typing {
			s.out.kinds++
		}
	case s.typing:
		s.out.kind = raw
		s.typing = false
	}
}

// Type reads the member "type" of a frame without decoding the rest: 1 to 32 of a-z and _. The
// frame must be one balanced object within the limits; whether its other members are sound is
// for Decode to say. A key that spells type by escapes is not found. The error is a Problem.
func Type(data []byte) (string, error) {
	o, err := look(data)
	if err != nil {
		return "", err
	}
	if o.kinds > 1 {
		return "", Problem{Code: ErrDuplicateField.Code, Field: "type"}
	}
	if len(o.kind) == 0 || len(o.kind) > 32 {
		return "", Problem{Code: ErrWrongType.Code, Field: "type"}
	}
	for _, c := range o.kind {
		if (c < 'a' || c > 'z') && c != '_' {
			return "", Problem{Code: ErrWrongType.Code, Field: "type"}
		}
	}
	return string(o.kind), nil
}
