package helpline

import (
	"fmt"
	"log/slog"
)

// hidden is what a private text prints as, wherever it is printed.
const hidden = "[private]"

// Text is what a person wrote. It prints as "[private]" in logs, errors, formats and JSON;
// only Reveal gives it, and only frames for the two people of a conversation call that.
type Text struct{ s string }

// NewText holds s as private.
func NewText(s string) Text { return Text{s: s} }

// Reveal gives the text itself.
func (t Text) Reveal() string { return t.s }

// Format hides the text from every verb of fmt.
func (t Text) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(hidden)) }

// LogValue hides the text from slog.
func (t Text) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalJSON hides the text from encoders that were not meant to see it.
func (t Text) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }
