package helpline

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"strconv"
	"strings"
	"sync"
)

// Tokens derives what a contact's answers are made of, so that a repeated request gets the same
// answer though nothing was remembered: contact id, token and return number. Safe for
// concurrent use.
type Tokens struct {
	contact, token, number, print, page, referral *macs
}

// NewTokens takes a function that derives a 32-byte key per purpose from the root key.
func NewTokens(derive func(purpose string) []byte) Tokens {
	return Tokens{
		contact: newMacs(derive("contact-id")), token: newMacs(derive("contact-token")),
		number: newMacs(derive("return-number")), print: newMacs(derive("request-print")), page: newMacs(derive("page-link")),
		referral: newMacs(derive("referral")),
	}
}

// macs makes HMACs under one key. Their states go round: to set one up costs more than to use it.
type macs struct{ states sync.Pool }

type macState struct {
	hash.Hash
	text []byte // what is hashed, then the sum
}

func newMacs(key []byte) *macs {
	return &macs{sync.Pool{New: func() any { return &macState{Hash: hmac.New(sha256.New, key)} }}}
}

// sum gives the first 16 bytes; each part goes with its length.
func (m *macs) sum(parts ...string) (sum [16]byte) {
	s := m.states.Get().(*macState)
	for _, p := range parts {
		s.text = binary.BigEndian.AppendUint32(s.text, uint32(len(p))) // #nosec G115 -- parts are at most 16 KiB
		s.text = append(s.text, p...)
	}
	s.Write(s.text)
	clear(s.text) // a state keeps nothing of a contact
	s.text = s.Sum(s.text[:0])
	copy(sum[:], s.text)
	clear(s.text)
	s.text = s.text[:0]
	s.Reset()
	m.states.Put(s)
	return sum
}

// ContactID is HMAC(key, request id) in the shape of a canonical UUIDv4.
func (t Tokens) ContactID(requestID string) string {
	b := t.contact.sum(requestID)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	s := hex.EncodeToString(b[:])
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}

// Print is a keyed fingerprint of a request's body: it tells "same body" and nothing else.
func (t Tokens) Print(body []byte) string {
	b := t.print.sum(string(body))
	return hex.EncodeToString(b[:])
}

// ReturnNumber gives the 8 digits of a contact and version.
func (t Tokens) ReturnNumber(contact string, version int64) string {
	b := t.number.sum(contact, strconv.FormatInt(version, 10))
	digits := strconv.FormatUint(100_000_000+binary.BigEndian.Uint64(b[:])%100_000_000, 10)
	return digits[1:]
}

// NumberIndex is the name under which the queue finds a return number: keyed, so that a dump of
// Redis holds no number that opens a conversation.
func (t Tokens) NumberIndex(number string) string {
	b := t.number.sum("index", number)
	return hex.EncodeToString(b[:])
}

// Claim is what a token says of its bearer: which contact, and how often it came back by number.
// Neither arrival nor lane nor language: a watched phone may hold the token while the page is hidden.
type Claim struct {
	Contact string
	Version int64
}

// Sign makes the bearer token of a claim.
func (t Tokens) Sign(c Claim) string {
	body := "1." + c.Contact + "." + strconv.FormatInt(c.Version, 10)
	sum := t.token.sum(body)
	return base64.RawURLEncoding.EncodeToString(append(sum[:], body...))
}

// Claim opens a token: ErrNotFound for anything that this house did not sign.
func (t Tokens) Claim(token string) (Claim, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) < 17 || len(raw) > 256 {
		return Claim{}, ErrNotFound
	}
	body := string(raw[16:])
	if sum := t.token.sum(body); !hmac.Equal(raw[:16], sum[:]) {
		return Claim{}, ErrNotFound
	}
	parts := strings.Split(body, ".")
	if len(parts) != 3 || parts[0] != "1" {
		return Claim{}, ErrNotFound
	}
	version, err := strconv.ParseInt(parts[2], 10, 64)
	if err != nil {
		return Claim{}, ErrNotFound
	}
	return Claim{Contact: parts[1], Version: version}, nil
}

// SignPage makes what the link of one page to one person ends in.
func (t Tokens) SignPage(page, adviser string) string {
	body := page + "." + adviser
	sum := t.page.sum(body)
	return base64.RawURLEncoding.EncodeToString(append(sum[:], body...))
}

// OpenPage opens it: ErrNotFound for anything that this house did not sign.
func (t Tokens) OpenPage(token string) (page, adviser string, err error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) < 17 || len(raw) > 256 || !t.page.made(raw) {
		return "", "", ErrNotFound
	}
	page, adviser, ok := strings.Cut(string(raw[16:]), ".")
	if !ok {
		return "", "", ErrNotFound
	}
	return page, adviser, nil
}

// made tells whether a mac stands in front of what it was made of.
func (m *macs) made(raw []byte) bool {
	sum := m.sum(string(raw[16:]))
	return hmac.Equal(raw[:16], sum[:])
}
