package storage

import (
	"errors"
	"slices"
	"testing"

	"adviceline/helpline"
)

func TestSheetIsReplacedWhole(t *testing.T) {
	t.Parallel()
	s := open(t, database(t))
	for _, want := range [][][]string{{{"fi", "Hei", "Hei! Miten voin auttaa?"}, {"en", "Hi", "Hello!"}}, {{"sv", "Hej", "Hej!"}}, {}} {
		if err := s.SetSheet(t.Context(), "canned", want); err != nil {
			t.Fatal(err)
		}
		got, err := s.Sheet(t.Context(), "canned")
		if err != nil || !slices.EqualFunc(got, want, slices.Equal) {
			t.Errorf("%v, want %v; %v", got, want, err)
		}
	}
	if err := s.SetSheet(t.Context(), "canned", [][]string{{"fi", "x", "a\x00b"}}); !errors.Is(err, helpline.ErrInvalid) {
		t.Errorf("NUL is taken: %v", err)
	}
	if other, err := s.Sheet(t.Context(), "targets"); err != nil || len(other) > 0 {
		t.Errorf("another sheet has %v, %v", other, err)
	}
}
