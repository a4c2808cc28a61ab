package storage

import (
	"errors"
	"sync"
	"testing"

	"adviceline/helpline"
)

// Five wrong ones in a row are all that a PIN takes, however many are tried at once; a right one begins anew.
func TestPinTakesFiveWrongTries(t *testing.T) {
	t.Parallel()
	s := open(t, database(t))
	signedIn(t, s)
	try := func(pin string, want error) int {
		t.Helper()
		left, err := s.TryPin(t.Context(), "h", pin)
		if !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", pin, err, want)
		}
		return left
	}
	has := func(want bool) {
		t.Helper()
		if x, err := s.SessionByHash(t.Context(), "h"); err != nil || x.Pin != want {
			t.Errorf("the session has a PIN: %v, %v", x.Pin, err)
		}
	}
	has(false)
	try("", helpline.ErrPinSpent)
	try("right", helpline.ErrPinSpent)
	if err := s.SetPin(t.Context(), "gone", "right"); !errors.Is(err, helpline.ErrSignedOut) {
		t.Errorf("of no session: %v", err)
	}
	if err := s.SetPin(t.Context(), "h", "right"); err != nil {
		t.Fatal(err)
	}
	has(true)
	for left := 4; left >= 1; left-- {
		if got := try("wrong", helpline.ErrWrongPin); got != left {
			t.Errorf("%d tries are left, want %d", got, left)
		}
	}
	if got := try("right", nil); got != helpline.PinTries {
		t.Errorf("%d tries after a right one", got)
	}
	var all sync.WaitGroup
	answers := make(chan error, 20)
	for range cap(answers) {
		all.Go(func() {
			_, err := s.TryPin(t.Context(), "h", "wrong")
			answers <- err
		})
	}
	all.Wait()
	close(answers)
	taken := 0
	for err := range answers {
		if errors.Is(err, helpline.ErrWrongPin) {
			taken++
		} else if !errors.Is(err, helpline.ErrPinSpent) {
			t.Error(err)
		}
	}
	if taken != helpline.PinTries {
		t.Errorf("%d wrong ones were looked at, want %d", taken, helpline.PinTries)
	}
	try("right", helpline.ErrPinSpent)
	has(false)
	if err := s.SetPin(t.Context(), "h", "other"); err != nil {
		t.Fatal(err)
	}
	try("other", nil)
	execute(t, s.pool.Config().ConnString(), "UPDATE session SET expires = now()")
	try("other", helpline.ErrPinSpent)
}
