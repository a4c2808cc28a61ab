package agents

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"adviceline/helpline"
)

// pins keeps prints in memory, and notes what is audited.
type pins struct {
	prints map[string]string
	tries  int
	deeds  []string
	deaf   error // of the audit
}

func (p *pins) SetPin(_ context.Context, hash, pin string) error {
	p.prints[hash], p.tries = pin, 0
	return nil
}

func (p *pins) TryPin(_ context.Context, hash, pin string) (int, error) {
	if p.prints[hash] == "" || p.tries >= helpline.PinTries {
		return 0, helpline.ErrPinSpent
	}
	if p.prints[hash] == pin {
		p.tries = 0
		return helpline.PinTries, nil
	}
	p.tries++
	return helpline.PinTries - p.tries, helpline.ErrWrongPin
}

func (p *pins) Audit(_ context.Context, d helpline.Deed) error {
	if p.deaf == nil {
		p.deeds = append(p.deeds, d.Deed+" of "+d.Adviser)
	}
	return p.deaf
}

func (p *pins) Ping(context.Context) error { return nil }

// A PIN belongs to one sign-in: what is stored is neither it nor the same for another, and without audit none is set.
func TestPinOpensOneSignIn(t *testing.T) {
	t.Parallel()
	people, cache := withAccount(t)
	s := newSignIn(t, people, cache)
	kept := &pins{prints: map[string]string{}}
	s.Pins, s.Audit = kept, kept
	id, _, err := s.SignIn(t.Context(), "anna", goodPassword)
	if err != nil {
		t.Fatal(err)
	}
	other, _, err := s.SignIn(t.Context(), "anna", goodPassword)
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"", "12345", "1234567", "12345a", "１２３４５６", "111111", "123456", "654321", "234567"} {
		if err := s.SetPin(t.Context(), id, bad); !errors.Is(err, helpline.ErrInvalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	kept.deaf = errDown
	if err := s.SetPin(t.Context(), id, "204816"); !errors.Is(err, errDown) || len(kept.prints) > 0 {
		t.Errorf("unaudited: %v, %v", err, kept.prints)
	}
	kept.deaf = nil
	for _, each := range []string{id, other} {
		if err := s.SetPin(t.Context(), each, "204816"); err != nil {
			t.Fatal(err)
		}
	}
	first, second := kept.prints[hashSecret(id)], kept.prints[hashSecret(other)]
	if first == second || strings.Contains(first, "204816") || strings.Contains(first, id) {
		t.Errorf("prints %q and %q", first, second)
	}
	if err := s.Unlock(t.Context(), id, "204816"); err != nil {
		t.Errorf("the right one: %v", err)
	}
	for n := 1; n <= helpline.PinTries+1; n++ {
		want := helpline.ErrWrongPin
		if n >= helpline.PinTries {
			want = helpline.ErrPinSpent
		}
		if err := s.Unlock(t.Context(), id, "204817"); !errors.Is(err, want) {
			t.Errorf("wrong one %d: %v", n, err)
		}
	}
	if err := s.Unlock(t.Context(), id, "204816"); !errors.Is(err, helpline.ErrPinSpent) {
		t.Errorf("the right one too late: %v", err)
	}
	if want := []string{"pin_set of p1", "pin_set of p1", "pin_spent of p1"}; !slices.Equal(kept.deeds, want) {
		t.Errorf("audited %v", kept.deeds)
	}
	if err := s.SignOut(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	for _, gone := range []string{id, "x", ""} {
		if err := s.Unlock(t.Context(), gone, "204816"); !errors.Is(err, helpline.ErrSignedOut) {
			t.Errorf("unlock of %q: %v", gone, err)
		}
		if err := s.SetPin(t.Context(), gone, "204816"); !errors.Is(err, helpline.ErrSignedOut) {
			t.Errorf("set of %q: %v", gone, err)
		}
	}
}
