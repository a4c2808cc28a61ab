package helpline

import "time"

// lock seals a text under the key of the day on which it must be gone.
func (s *Referrals) lock(l *Locked, id, field string, until time.Time, plain []byte) error {
	wrapped, sealed, err := s.Seal.SealAnew(letterClass, until, id, field, 0, plain)
	if err != nil {
		s.Log.Error("letter cannot be sealed", "error", err)
		return ErrKeysGone
	}
	*l = Locked{wrapped, sealed, until}
	return nil
}

// unlock opens what is sealed; nil when it is not there or its time is over.
func (s *Referrals) unlock(l Locked, id, field string, now time.Time) ([]byte, error) {
	if l.Sealed == "" || !now.Before(l.Until) {
		return nil, nil
	}
	plain, err := s.Seal.Open(l.Wrapped, id, field, 0, l.Sealed)
	if err != nil {
		s.Log.Error("letter cannot be opened", "error", err)
		return nil, ErrKeysGone
	}
	return plain, nil
}

// relock gives a letter another end.
func (s *Referrals) relock(r *Referral, until, now time.Time) error {
	plain, err := s.unlock(r.Letter, r.ID, letterField, now)
	if err != nil {
		return err
	}
	if plain == nil {
		r.Letter = Locked{}
		return nil
	}
	return s.lock(&r.Letter, r.ID, letterField, until, plain)
}
