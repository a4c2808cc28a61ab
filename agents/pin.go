package agents

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"adviceline/helpline"
)

// Pins keeps the PIN of a sign-in beside it: Postgres. It sees prints alone.
type Pins interface {
	// SetPin gives a live sign-in a PIN and all its tries. helpline.ErrSignedOut.
	SetPin(ctx context.Context, hash, pin string) error
	// TryPin takes one try and gives how many are left. helpline.ErrWrongPin; helpline.ErrPinSpent: there was none.
	TryPin(ctx context.Context, hash, pin string) (left int, err error)
}

const pinDigits = 6

// SetPin gives the sign-in behind a cookie the PIN that opens its locked screen: six digits, neither all alike nor
// in a row. The audit comes first. Errors: helpline.ErrInvalid, helpline.ErrSignedOut.
func (s *SignIn) SetPin(ctx context.Context, id, pin string) error {
	if !soundPin(pin) {
		return helpline.ErrInvalid
	}
	session, err := s.Session(ctx, id)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, storeWait)
	defer cancel()
	if err := s.Audit.Audit(ctx, helpline.SignInDeed(session.Person.ID, "pin_set")); err != nil {
		return fmt.Errorf("audit pin: %w", err)
	}
	if err := s.Pins.SetPin(ctx, session.Hash, printOf(id, pin)); err != nil {
		return fmt.Errorf("set pin: %w", err)
	}
	return nil
}

// Unlock tells whether a PIN opens the locked screen of the sign-in behind a cookie. Each wrong one costs a try; the
// fifth is noted in the audit, and then only the password opens. Errors: helpline.ErrWrongPin, helpline.ErrPinSpent,
// helpline.ErrSignedOut.
func (s *SignIn) Unlock(ctx context.Context, id, pin string) error {
	session, err := s.Session(ctx, id)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, storeWait)
	defer cancel()
	left, err := s.Pins.TryPin(ctx, session.Hash, printOf(id, pin))
	if !errors.Is(err, helpline.ErrWrongPin) {
		return err
	}
	if left > 0 {
		return helpline.ErrWrongPin
	}
	if err := s.Audit.Audit(ctx, helpline.SignInDeed(session.Person.ID, "pin_spent")); err != nil {
		s.Log.ErrorContext(ctx, "spent pin not audited", "error", err)
	}
	return helpline.ErrPinSpent
}

// printOf is the PIN under the sign-in's own secret: a million guesses at what Postgres has lead nowhere without it.
func printOf(id, pin string) string {
	mac := hmac.New(sha256.New, []byte(id))
	_, _ = mac.Write([]byte("pin/" + pin)) // never fails
	return hex.EncodeToString(mac.Sum(nil))
}

// soundPin refuses what is guessed first.
func soundPin(pin string) bool {
	if len(pin) != pinDigits || strings.Trim(pin, "0123456789") != "" {
		return false
	}
	return strings.Trim(pin, pin[:1]) != "" && !strings.Contains("01234567890 09876543210", pin)
}
