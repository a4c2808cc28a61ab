// Package strict reads JSON objects as the wire protocol demands: what a client sends is either
// exactly one of our structs or is refused as a whole.
//
// Refused are unknown, repeated and case-different keys, wrong types (null too: an absent value
// is an absent key), nesting over MaxDepth, lone surrogates, invalid UTF-8, NUL in either
// spelling, trailing data, anything but an object, and more than MaxBytes. An error names at
// most a field of our own struct; no byte of the input is ever part of it, so an error may be
// logged or answered as it is.
package strict

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

const (
	// MaxBytes is the largest frame or body, in bytes.
	MaxBytes = 16 << 10
	// MaxDepth is the deepest nesting; the outermost object is depth 1.
	MaxDepth = 8
)

// options is built once: joining options on every call would allocate.
var options = json.JoinOptions(
	json.RejectUnknownMembers(true),
	json.MatchCaseInsensitiveNames(false),
	jsontext.AllowDuplicateNames(false),
	jsontext.AllowInvalidUTF8(false),
)

// Decode reads data, one JSON object, into the struct that into points at, which should be zero:
// members that are absent leave their field as it was. The error is a Problem. After an error
// the struct may hold a part of the input and must not be used. Nothing of data is kept.
func Decode(data []byte, into any) error {
	o, err := look(data)
	if err != nil {
		return err
	}
	if o.null {
		return nullProblem(data, into)
	}
	if err := json.Unmarshal(data, into, options); err != nil {
		return explain(err, into)
	}
	return nil
}

// explain turns the library's error, which quotes the input, into a Problem, which does not.
func explain(err error, into any) error {
	if v := reflect.ValueOf(into); v.Kind() != reflect.Pointer || v.IsNil() {
		return fmt.Errorf("decode object: cannot fill a %T", into)
	}
	if syntax, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		if errors.Is(syntax.Err, jsontext.ErrDuplicateName) {
			return Problem{Code: ErrDuplicateField.Code, Field: fieldOf(into, syntax.JSONPointer)}
		}
		return ErrMalformed
	}
	semantic, ok := errors.AsType[*json.SemanticError](err)
	if !ok {
		return ErrMalformed
	}
	code := ErrWrongType.Code
	if errors.Is(semantic.Err, json.ErrUnknownName) {
		code = ErrUnknownField.Code
	}
	return Problem{Code: code, Field: fieldOf(into, semantic.JSONPointer)}
}

// nullProblem finds which field of ours holds the null that look saw. It runs on refused input
// only, so it may walk the tokens at leisure.
func nullProblem(data []byte, into any) error {
	if err := json.Unmarshal(data, into, options); err != nil {
		return explain(err, into)
	}
	d := jsontext.NewDecoder(bytes.NewReader(data), options)
	for {
		token, err := d.ReadToken()
		if err != nil {
			return ErrWrongType
		}
		if token.Kind() == 'n' {
			return Problem{Code: ErrWrongType.Code, Field: fieldOf(into, d.StackPointer())}
		}
	}
}

// Pad is the type of a frame's "pad" member: any string, ignored and not kept.
type Pad struct{}

var errPad = errors.New("pad is not a string")

// UnmarshalJSONFrom skips a string.
func (*Pad) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	if d.PeekKind() != '"' {
		return errPad
	}
	if err := d.SkipValue(); err != nil {
		return fmt.Errorf("skip pad: %w", err)
	}
	return nil
}

// MarshalJSONTo writes an empty string; tag the field omitzero to write nothing.
func (Pad) MarshalJSONTo(e *jsontext.Encoder) error {
	if err := e.WriteToken(jsontext.String("")); err != nil {
		return fmt.Errorf("write pad: %w", err)
	}
	return nil
}
