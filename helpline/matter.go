package helpline

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// CardSheet is what the next adviser is told of a matter: codes as canonical JSON, and a short note
// without identity.
type CardSheet struct {
	Codes []byte
	Note  Text
}

// MaxNote is the longest note of a card, in characters.
const MaxNote = 300

// KeptCard is a card as Postgres keeps it. Nothing in it tells whose it is: Mark is the keyed fingerprint
// of its number under the key of the day on which both can be read no more.
type KeptCard struct {
	Mark    string
	Day     time.Time
	Wrapped string
	Sealed  string
}

// MatterStore keeps cards in Postgres. Try notes a look-up in the audit and gives the card that has one
// of the marks: ErrNotFound when none has, ErrTriesUsed when the adviser has used up the tries of an
// hour; the same deed is one try. KeepCard puts a card in the place of the one that has one of the marks.
type MatterStore interface {
	Try(ctx context.Context, d Deed, marks []string, most int) (KeptCard, error)
	Card(ctx context.Context, marks []string) (KeptCard, error)
	KeepCard(ctx context.Context, k KeptCard, marks []string) error
}

// MatterLeg is what the live state knows of a contact's matter. Number is sealed, "" before there is one.
type MatterLeg struct {
	Number    string
	Wanted    bool // its person took the number
	Carded    bool // a card was written
	Continued bool // it was linked by the number of an earlier contact
}

// MatterQueue keeps that with the contact until its outcome is recorded. Number stands unless there is one
// already, but for a link: that brings its own. ErrNotFound for another's contact, and for one whose
// outcome stands and that has no card.
type MatterQueue interface {
	WantMatter(ctx context.Context, contact string, version int64, number string) (MatterLeg, error)
	Matter(ctx context.Context, c Console, contact string) (MatterLeg, error)
	SetMatter(ctx context.Context, c Console, contact, number, what string) (MatterLeg, error)
}

// What SetMatter notes.
const (
	matterCarded    = "carded"
	matterContinued = "continued"
)

// Matters is what the step matter needs beside the queue. Screen takes out of a note what looks like an
// identity and tells whether it found any; nil: notes are kept as they are.
type Matters struct {
	Queue  MatterQueue
	Store  MatterStore
	Audit  Auditor
	Marks  NumberMarker
	Screen func(note string) (clean string, found bool)
}

const (
	cardClass   = "card"
	cardField   = "card"
	matterField = "matter"
	cardLives   = 14 * 24 * time.Hour // from the last use
	matterTries = 5                   // of an adviser, in an hour
	cardSize    = 4096                // of what is sealed: its length tells nothing
)

// sheet is what is sealed as a card.
type sheet struct {
	Contact string          `json:"of"` // who got the number: it tells a drawn one from a taken one
	Codes   json.RawMessage `json:"codes"`
	Note    string          `json:"note,omitempty"`
	Words   []string        `json:"words,omitempty"` // of the matter's referrals
	Pad     string          `json:"pad"`
}

// TakeMatter gives a contact the number by which the matter goes on within 14 days, the same at every
// repetition; whoever has the leg is told to write a card. It is another number than the one for coming
// back, as advisers are told it. Errors: ErrNotFound, ErrBusy, ErrKeysGone.
func (l *Line) TakeMatter(ctx context.Context, token string) (number string, err error) {
	claim, err := l.Tokens.Claim(token)
	if err != nil {
		return "", err
	}
	if l.Matters == nil {
		return "", ErrNotFound
	}
	sealed, err := l.drawMatter(ctx, claim.Contact)
	if err != nil {
		return "", err
	}
	leg, err := l.Matters.Queue.WantMatter(ctx, claim.Contact, claim.Version, sealed)
	if err != nil {
		return "", fmt.Errorf("take matter number: %w", err)
	}
	return l.openMatter(claim.Contact, leg.Number)
}

// Card writes the card of a leg, over an earlier one, and gives the number that opens it; redacted tells
// that something was taken out of the note. A contact that was linked keeps the number of its matter.
// Errors: ErrInvalid, ErrNotFound, ErrBusy (Postgres is away), ErrKeysGone.
func (l *Line) Card(ctx context.Context, c Console, contact, id string, card CardSheet) (number string, redacted bool, err error) {
	if l.Matters == nil {
		return "", false, ErrNotFound
	}
	if !brief(card.Note.s, MaxNote) {
		return "", false, ErrInvalid
	}
	if l.Matters.Screen != nil {
		card.Note.s, redacted = l.Matters.Screen(card.Note.s)
	}
	leg, err := l.Matters.Queue.Matter(ctx, c, contact)
	if err != nil {
		return "", false, fmt.Errorf("write card: %w", err)
	}
	if leg.Number == "" {
		if leg.Number, err = l.drawMatter(ctx, contact); err != nil {
			return "", false, err
		}
	}
	// The number stands with the leg before its card is stored, so that no step between leaves a card
	// that nobody finds.
	if leg, err = l.Matters.Queue.SetMatter(ctx, c, contact, leg.Number, ""); err != nil {
		return "", false, fmt.Errorf("write card: %w", err)
	}
	if number, err = l.openMatter(contact, leg.Number); err != nil {
		return "", false, err
	}
	deed := Deed{ID: id, Adviser: c.Adviser, Deed: "card", Contact: contact}
	if err := l.Matters.Audit.Audit(ctx, deed); err != nil {
		return "", false, busy("write card", err)
	}
	if err := l.keepCard(ctx, number, sheet{Contact: contact, Codes: card.Codes, Note: card.Note.s}, leg.Continued); err != nil {
		return "", false, err
	}
	if _, err := l.Matters.Queue.SetMatter(ctx, c, contact, leg.Number, matterCarded); err != nil {
		return "", false, fmt.Errorf("write card: %w", err)
	}
	return number, redacted, nil
}

// Matter opens the card of a number for an adviser, who has five tries an hour; it lives 14 days from
// now on. contact, unless empty, is the leg whose person told the number: it is linked. A wrong number
// and one that is over are the same ErrNotFound after the same work. Other errors: ErrTriesUsed, ErrBusy,
// ErrKeysGone.
func (l *Line) Matter(ctx context.Context, c Console, number, contact, id string) (CardSheet, error) {
	if l.Matters == nil {
		return CardSheet{}, ErrNotFound
	}
	if contact != "" {
		if _, err := l.Matters.Queue.Matter(ctx, c, contact); err != nil {
			return CardSheet{}, fmt.Errorf("open card: %w", err)
		}
	}
	marks, err := l.Matters.Marks.Marks(cardClass, []byte(number))
	if err != nil {
		return CardSheet{}, ErrKeysGone
	}
	kept, err := l.Matters.Store.Try(ctx, Deed{ID: id, Adviser: c.Adviser, Deed: "matter", Contact: contact}, marks, matterTries)
	if err != nil {
		return CardSheet{}, busy("open card", err)
	}
	s, err := l.openCard(number, kept)
	if err != nil {
		return CardSheet{}, ErrNotFound // its day was over between the two looks
	}
	if err := l.keepCard(ctx, number, s, true); err != nil {
		return CardSheet{}, err
	}
	if contact != "" {
		sealed, err := l.sealMatter(contact, number)
		if err == nil {
			_, err = l.Matters.Queue.SetMatter(ctx, c, contact, sealed, matterContinued)
		}
		if err != nil {
			return CardSheet{}, fmt.Errorf("link matter: %w", err)
		}
	}
	return CardSheet{Codes: s.Codes, Note: NewText(s.Note)}, nil
}

// MatterOf tells how a leg stands to its matter before its outcome is recorded; nothing where the line
// keeps no cards or the leg is not this adviser's.
func (l *Line) MatterOf(ctx context.Context, c Console, contact string) MatterLeg {
	if l.Matters == nil {
		return MatterLeg{}
	}
	leg, err := l.Matters.Queue.Matter(ctx, c, contact)
	if err != nil {
		return MatterLeg{}
	}
	return leg
}

// keepCard seals a card for its next 14 days and stores it. continued: the card may be another contact's.
func (l *Line) keepCard(ctx context.Context, number string, s sheet, continued bool) error {
	marks, err := l.Matters.Marks.Marks(cardClass, []byte(number))
	if err != nil {
		return ErrKeysGone
	}
	old, err := l.Matters.Store.Card(ctx, marks)
	if err == nil {
		before, err := l.openCard(number, old)
		if !continued && (err != nil || before.Contact != s.Contact) {
			return fmt.Errorf("keep card: number is taken: %w", ErrBusy)
		}
		s.Words = joined(before.Words, s.Words)
	} else if !errors.Is(err, ErrNotFound) {
		return busy("keep card", err)
	}
	s.Pad = ""
	plain, err := json.Marshal(s)
	if err == nil && len(plain) < cardSize {
		s.Pad = strings.Repeat("0", cardSize-len(plain))
		plain, err = json.Marshal(s)
	}
	if err != nil {
		return fmt.Errorf("write card: %w", err)
	}
	k := KeptCard{Day: l.Now().UTC().Add(cardLives)}
	if k.Wrapped, k.Sealed, err = l.Seal.SealAnew(cardClass, k.Day, number, cardField, 0, plain); err != nil {
		return ErrKeysGone
	}
	if k.Mark, err = l.Matters.Marks.Mark(cardClass, k.Day, []byte(number)); err != nil {
		return ErrKeysGone
	}
	if err := l.Matters.Store.KeepCard(ctx, k, marks); err != nil {
		return busy("keep card", err)
	}
	return nil
}

func (l *Line) openCard(number string, k KeptCard) (s sheet, err error) {
	plain, err := l.Seal.Open(k.Wrapped, number, cardField, 0, k.Sealed)
	if err != nil {
		return s, err
	}
	return s, json.Unmarshal(plain, &s)
}

// drawMatter gives a free number, sealed for the contact. It is drawn, not derived: who has the root key
// and the ledger cannot tell it.
func (l *Line) drawMatter(ctx context.Context, contact string) (sealed string, err error) {
	for range 3 {
		var b [8]byte
		_, _ = rand.Read(b[:]) // never fails: the program stops instead
		number := strconv.FormatUint(100_000_000+binary.BigEndian.Uint64(b[:])%100_000_000, 10)[1:]
		marks, err := l.Matters.Marks.Marks(cardClass, []byte(number))
		if err != nil {
			return "", ErrKeysGone
		}
		_, err = l.Matters.Store.Card(ctx, marks)
		if errors.Is(err, ErrNotFound) {
			return l.sealMatter(contact, number)
		}
		if err != nil {
			return "", busy("draw matter number", err)
		}
	}
	return "", ErrBusy
}

// sealMatter seals a number like a draft, as long as a form may be owed.
func (l *Line) sealMatter(contact, number string) (string, error) {
	day := l.Now().UTC().Add(l.Timing.OutcomeDue).AddDate(0, 0, 1)
	key, sealed, err := l.Seal.SealAnew("live", day, contact, matterField, 0, []byte(number))
	if err != nil {
		return "", ErrKeysGone
	}
	return key + " " + sealed, nil
}

func (l *Line) openMatter(contact, sealed string) (string, error) {
	key, box, ok := strings.Cut(sealed, " ")
	if !ok {
		return "", ErrNotFound
	}
	plain, err := l.Seal.Open(key, contact, matterField, 0, box)
	if err != nil || !utf8.Valid(plain) {
		return "", ErrKeysGone
	}
	return string(plain), nil
}
