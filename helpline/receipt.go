package helpline

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"math/big"
	"strings"
	"time"
)

// Receipt is what a receiver says: received, info_needed, accepted, declined with a reason, connected (the
// person arrived), not_connected; and the way it came, of receipt_via.
type Receipt struct {
	State  ReferralState
	Reason string
	Via    string
}

// Take keeps a receipt that came to the duty: by telephone, secure mail, in person. Errors: ErrInvalid,
// ErrForbiddenMove, ErrClaimed, ErrNotFound.
func (s *Referrals) Take(ctx context.Context, adviser, id string, x Receipt) (Referral, error) {
	return s.change(ctx, adviser, id, func(r *Referral, now time.Time) error { return s.receipt(r, x, now) })
}

// receipt moves the hop in work. What comes again changes nothing; what implies receiving receives first.
func (s *Referrals) receipt(r *Referral, x Receipt, now time.Time) error { //nolint:gocyclo // one receipt a case
	h := r.hop()
	if (x.State == ReferralDeclined) != strings.HasPrefix(x.Reason, "r_") || x.State != ReferralDeclined && x.Reason != "" {
		return ErrInvalid
	}
	if h.State == x.State && x.State.Open() {
		return nil
	}
	if h.State == ReferralSent && x.State != ReferralReceived && ReferralReceived.May(x.State) {
		if err := h.move(ReferralReceived, now); err != nil {
			return err
		}
	}
	if err := h.move(x.State, now); err != nil {
		return err
	}
	h.Via, h.Reason = x.Via, x.Reason
	switch x.State {
	case ReferralReceived:
		r.then("chase", now.Add(chaseAfter))
	case ReferralInfoNeeded:
		r.then("answer", now)
	case ReferralAccepted:
		r.then("ask_arrival", now.Add(arrivalAsked))
		return s.shorten(r, now)
	case ReferralDeclined:
		return s.onward(r, now)
	case ReferralConnected, ReferralNotConnected:
		r.end(now, "")
	}
	return nil
}

// shorten lets a letter be read 72 hours more, at most its expiry.
func (s *Referrals) shorten(r *Referral, now time.Time) error {
	if until := now.Add(letterStays); until.Before(r.Letter.Until) {
		return s.relock(r, until, now)
	}
	return nil
}

// onward goes to the next receiver that consent was given for, at once; where there is none the referral
// ends and the duty tells the person.
func (s *Referrals) onward(r *Referral, now time.Time) error {
	r.Code, r.Key, r.Tries, r.CodeTill, r.KeyTill = "", "", 0, time.Time{}, time.Time{}
	for i := range r.Hops {
		if r.Hops[i].State != ReferralReady {
			continue
		}
		r.At = i
		if r.Hops[i].Kind == kindNAS {
			r.then("send", now) // a person enters it into the register
			return nil
		}
		return s.send(r, now)
	}
	if err := s.shorten(r, now); err != nil {
		return err
	}
	r.end(now, "tell_person")
	return nil
}

// MakeCode makes the one-time code that an adviser tells by telephone to the number that the directory
// has, and gives both. An older code is dead from now on. Errors: ErrForbiddenMove, ErrClaimed, ErrNotFound.
func (s *Referrals) MakeCode(ctx context.Context, adviser, id string) (code, phone string, err error) {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return "", "", fmt.Errorf("make code: %w", err)
	}
	code = fmt.Sprintf("%06d", n.Int64())
	r, err := s.change(ctx, adviser, id, func(r *Referral, now time.Time) error {
		if h := r.hop(); h.Kind == kindNAS || h.Sent.IsZero() || !h.State.Open() {
			return ErrForbiddenMove
		}
		r.Code, r.CodeTill, r.Tries = s.Tokens.ReferralPrint("code", r.ID, r.At, code), now.Add(codeLasts), 0
		return nil
	})
	if err != nil {
		return "", "", err
	}
	x, err := s.Directory.Receiver(ctx, r.hop().Receiver)
	if err != nil {
		return "", "", err
	}
	s.audit(ctx, adviser, "code_made", id, "")
	return code, x.Phone, nil
}

// Handed is what a receiver sees. Letter and Safe are there only once it is opened.
type Handed struct {
	Word     string
	Language string
	State    ReferralState
	Safe     *Safe
	Letter   Text
	Gone     bool   // there was a letter: it can be read no more
	Key      string // what an opened letter is read by, given once
}

// linked finds the referral of a link. A link of a hop that is over is dead.
func (s *Referrals) linked(token string) (id string, hop int, err error) {
	id, hop, err = s.Tokens.OpenReferral(token)
	if err != nil {
		return "", 0, ErrNotFound
	}
	return id, hop, nil
}

// alive holds the link against the hop in work.
func (r *Referral) alive(hop int) error {
	if hop != r.At || r.hop().Sent.IsZero() || !r.hop().State.Open() && r.hop().State != ReferralConnected {
		return ErrNotFound
	}
	return nil
}

// Show gives what a link tells by itself: the word, and no more. It changes nothing.
func (s *Referrals) Show(ctx context.Context, token string) (Handed, error) {
	id, hop, err := s.linked(token)
	if err != nil {
		return Handed{}, err
	}
	r, err := s.Store.Referral(ctx, id)
	if err != nil {
		return Handed{}, err
	}
	if err := r.alive(hop); err != nil {
		return Handed{}, err
	}
	return Handed{Word: r.Word, State: r.State()}, nil
}

// Unlock opens the letter by the one-time code, which is used up, and gives the key that reads it for some
// hours. A wrong code counts; after five nothing opens until the duty makes another. Error: ErrWrongCode.
func (s *Referrals) Unlock(ctx context.Context, token, code string) (out Handed, err error) {
	id, hop, err := s.linked(token)
	if err != nil {
		return out, err
	}
	var raw [16]byte
	_, _ = rand.Read(raw[:]) // never fails: the program stops instead
	key, right := hex.EncodeToString(raw[:]), false
	_, err = s.Store.ChangeReferral(ctx, id, func(r *Referral, now time.Time) error {
		if err := r.alive(hop); err != nil {
			return err
		}
		if r.Code == "" || r.Tries >= codeTries || !now.Before(r.CodeTill) {
			return nil
		}
		r.Tries++ // kept whatever comes of it
		if !Same(r.Code, s.Tokens.ReferralPrint("code", r.ID, r.At, code)) {
			return nil
		}
		right, r.Code, r.Tries = true, "", 0
		r.Key, r.KeyTill = s.Tokens.ReferralPrint("key", r.ID, r.At, key), now.Add(keyLasts)
		out, err = s.handed(r, now)
		return err
	})
	if err == nil && !right {
		err = ErrWrongCode
	}
	if err != nil {
		return Handed{}, err
	}
	out.Key = key
	s.audit(ctx, Nobody, "letter_opened", id, "link")
	return out, nil
}

// handed gives what an opened letter shows: how to reach the person first.
func (s *Referrals) handed(r *Referral, now time.Time) (Handed, error) {
	out := Handed{Word: r.Word, Language: r.Language, State: r.State(), Safe: r.Safe}
	plain, err := s.unlock(r.Letter, r.ID, letterField, now)
	if err != nil {
		return Handed{}, err
	}
	out.Letter, out.Gone = NewText(string(plain)), plain == nil
	return out, nil
}

// Say takes a receipt by the link, with the key of an opened letter, and shows the letter again. An empty
// state reads alone. Errors: ErrNotOpened, ErrForbiddenMove, ErrInvalid, ErrNotFound.
func (s *Referrals) Say(ctx context.Context, token, key string, x Receipt) (out Handed, err error) {
	id, hop, err := s.linked(token)
	if err != nil {
		return out, err
	}
	x.Via = "link"
	_, err = s.changed(ctx, id, func(r *Referral, now time.Time) error {
		if err := r.alive(hop); err != nil {
			return err
		}
		if r.Key == "" || !now.Before(r.KeyTill) || !Same(r.Key, s.Tokens.ReferralPrint("key", r.ID, r.At, key)) {
			return ErrNotOpened
		}
		out, err = s.said(r, x, now)
		return err
	})
	out.Key = key
	return out, err
}

// Partner is the same for a receiver's own system, which shows its key instead of a code.
func (s *Referrals) Partner(ctx context.Context, token, partnerKey string, x Receipt) (out Handed, err error) {
	id, hop, err := s.linked(token)
	if err != nil {
		return out, err
	}
	receiver, err := s.Directory.PartnerOf(ctx, s.Tokens.ReferralPrint("partner", "", 0, partnerKey))
	if err != nil {
		return out, ErrNotFound
	}
	x.Via = "partner"
	_, err = s.changed(ctx, id, func(r *Referral, now time.Time) error {
		if err := r.alive(hop); err != nil || r.hop().Receiver != receiver {
			return ErrNotFound
		}
		out, err = s.said(r, x, now)
		return err
	})
	if err == nil {
		s.audit(ctx, Nobody, "letter_opened", id, "partner")
	}
	return out, err
}

// said applies a receipt and gives what may be seen afterwards: who declined sees nothing more.
func (s *Referrals) said(r *Referral, x Receipt, now time.Time) (Handed, error) {
	if x.State == "" {
		return s.handed(r, now)
	}
	if err := s.receipt(r, x, now); err != nil {
		return Handed{}, err
	}
	if x.State == ReferralDeclined {
		return Handed{Word: r.Word, State: ReferralDeclined, Gone: true}, nil
	}
	return s.handed(r, now)
}
