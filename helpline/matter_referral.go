package helpline

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// LinkReferral writes a referral's reference word on the card of a leg's matter and gives the number that
// opens it: by that number the person takes the referral back. Neither row names the other. A leg without
// a card gets one without codes. Errors: ErrNotFound, ErrBusy, ErrKeysGone.
func (l *Line) LinkReferral(ctx context.Context, c Console, contact, word string) (number string, err error) {
	if l.Matters == nil {
		return "", ErrNotFound
	}
	leg, err := l.Matters.Queue.Matter(ctx, c, contact)
	if err != nil {
		return "", fmt.Errorf("link referral: %w", err)
	}
	if leg.Number == "" {
		if leg.Number, err = l.drawMatter(ctx, contact); err != nil {
			return "", err
		}
	}
	if leg, err = l.Matters.Queue.SetMatter(ctx, c, contact, leg.Number, ""); err != nil {
		return "", fmt.Errorf("link referral: %w", err)
	}
	if number, err = l.openMatter(contact, leg.Number); err != nil {
		return "", err
	}
	marks, err := l.Matters.Marks.Marks(cardClass, []byte(number))
	if err != nil {
		return "", ErrKeysGone
	}
	s := sheet{Contact: contact, Codes: []byte("{}")}
	old, err := l.Matters.Store.Card(ctx, marks)
	switch {
	case err == nil:
		if s, err = l.openCard(number, old); err != nil {
			return "", ErrKeysGone
		}
	case !errors.Is(err, ErrNotFound):
		return "", busy("link referral", err)
	}
	s.Words = joined(s.Words, []string{word})
	return number, l.keepCard(ctx, number, s, leg.Continued)
}

// OwnMatter tells whether a leg is this adviser's, also after its end: ErrNotFound when not.
func (l *Line) OwnMatter(ctx context.Context, c Console, contact string) error {
	if l.Matters == nil {
		return ErrNotFound
	}
	_, err := l.Matters.Queue.Matter(ctx, c, contact)
	return err
}

// ReferralsOf gives the reference words on the card of a matter number that a person tells. It is a look-up
// like Matter: one of an adviser's five tries an hour, noted in the audit under id. Errors: as of Matter.
func (l *Line) ReferralsOf(ctx context.Context, c Console, number, id string) ([]string, error) {
	if l.Matters == nil {
		return nil, ErrNotFound
	}
	marks, err := l.Matters.Marks.Marks(cardClass, []byte(number))
	if err != nil {
		return nil, ErrKeysGone
	}
	kept, err := l.Matters.Store.Try(ctx, Deed{ID: id, Adviser: c.Adviser, Deed: "matter"}, marks, matterTries)
	if err != nil {
		return nil, busy("find referrals", err)
	}
	s, err := l.openCard(number, kept)
	if err != nil || len(s.Words) == 0 {
		return nil, ErrNotFound
	}
	return s.Words, l.keepCard(ctx, number, s, true)
}

// maxWords is how many referrals a card names: the last ones.
const maxWords = 8

// joined gives both lists, each word once.
func joined(old, more []string) []string {
	all := slices.Clone(old)
	for _, w := range more {
		if !slices.Contains(all, w) {
			all = append(all, w)
		}
	}
	return all[max(0, len(all)-maxWords):]
}
