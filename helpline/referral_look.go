package helpline

import (
	"context"
	"errors"
	"time"
)

// ReferralChase is when the duty first asks after a referral that has no receipt.
const ReferralChase = chaseAfter

// Find gives the open referrals of some reference words; ErrNotFound where none is open.
func (s *Referrals) Find(ctx context.Context, words ...string) ([]Referral, error) {
	var all []Referral
	for _, word := range words {
		id, err := s.Store.ReferralByWord(ctx, word)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		r, err := s.Store.Referral(ctx, id)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	if len(all) == 0 {
		return nil, ErrNotFound
	}
	return all, nil
}

// Look gives one referral with its note, and the letter too where that is asked: that reading is audited.
func (s *Referrals) Look(ctx context.Context, adviser, id string, letter bool) (r Referral, note, text Text, err error) {
	if letter {
		if err := s.audited(ctx, adviser, "letter_read", id, ""); err != nil {
			return r, note, text, err
		}
	}
	r, err = s.Store.ChangeReferral(ctx, id, func(r *Referral, now time.Time) error {
		plain, err := s.unlock(r.Note, r.ID, noteField, now)
		if err != nil {
			return err
		}
		note = NewText(string(plain))
		if !letter {
			return nil
		}
		plain, err = s.unlock(r.Letter, r.ID, letterField, now)
		text = NewText(string(plain))
		return err
	})
	return r, note, text, err
}

// All gives the open referrals and those that still ask for something, those due first.
func (s *Referrals) All(ctx context.Context) ([]Referral, error) { return s.Store.Referrals(ctx) }
