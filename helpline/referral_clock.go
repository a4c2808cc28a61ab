package helpline

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

const (
	referralRound = time.Minute
	mostDue       = 100
)

// Run looks at what is due about every minute until ctx ends. Any node may: each row is changed under its
// lock by what its own times say.
func (s *Referrals) Run(ctx context.Context) {
	for {
		timer := time.NewTimer(referralRound/2 + rand.N(referralRound)) // #nosec G404 -- spreads nodes, no secret
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
		if err := s.Round(ctx); err != nil && ctx.Err() == nil {
			s.Log.WarnContext(ctx, "referrals not looked at", "error", err)
		}
	}
}

// Round does what the clock asks for now: lapses, sets not_connected, erases letters whose time is over,
// and turns what ended 30 days ago into counts.
func (s *Referrals) Round(ctx context.Context) error {
	due, err := s.Clock.DueReferrals(ctx, mostDue)
	if err != nil {
		return err
	}
	var failed error
	for _, id := range due {
		if _, err := s.changed(ctx, id, s.tick); err != nil && !errors.Is(err, ErrNotFound) {
			failed = errors.Join(failed, err)
		}
	}
	_, err = s.Clock.SettleReferrals(ctx)
	return errors.Join(failed, err)
}

func (s *Referrals) tick(r *Referral, now time.Time) error {
	if r.Letter.Sealed != "" && !now.Before(r.Letter.Until) {
		r.Letter, r.Code, r.Key = Locked{}, "", ""
	}
	if !r.Ended.IsZero() {
		return nil
	}
	h := r.hop()
	switch h.State {
	case ReferralSent, ReferralReceived, ReferralInfoNeeded:
		if now.Before(h.Sent.Add(lapseAfter)) {
			return nil
		}
		if err := h.move(ReferralLapsed, now); err != nil {
			return err
		}
		return s.onward(r, now)
	case ReferralAccepted:
		if now.Before(h.Decided.Add(arrivalOver)) {
			return nil
		}
		if err := h.move(ReferralNotConnected, now); err != nil {
			return err
		}
		r.end(now, "tell_person")
	}
	return nil
}
