package helpline

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// Tokens derives what a contact's answers are made of, so that a repeated request gets the same
// answer though nothing was remembered: contact id, token and return number. Safe for
// concurrent use.
type Tokens struct {
	contact, token, number, print []byte
}

// NewTokens takes a function that derives a 32-byte key per purpose from the root key.
func NewTokens(derive func(purpose string) []byte) Tokens {
	return Tokens{
		contact: derive("contact-id"), token: derive("contact-token"),
		number: derive("return-number"), print: derive("request-print"),
	}
}

func mac(key []byte, parts ...[]byte) []byte {
	h := hmac.New(sha256.New, key)
	var n [4]byte
	for _, p := range parts {
		binary.BigEndian.PutUint32(n[:], uint32(len(p))) // #nosec G115 -- parts are at most 16 KiB
		h.Write(n[:])
		h.Write(p)
	}
	return h.Sum(nil)
}

// ContactID is HMAC(key, request id) in the shape of a canonical UUIDv4.
func (t Tokens) ContactID(requestID string) string {
	b := mac(t.contact, []byte(requestID))[:16]
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	s := hex.EncodeToString(b)
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}

// Print is a keyed fingerprint of a request's body: it tells "same body" and nothing else.
func (t Tokens) Print(body []byte) string {
	return hex.EncodeToString(mac(t.print, body)[:16])
}

// ReturnNumber gives the 8 digits of a contact and version.
func (t Tokens) ReturnNumber(contact string, version int64) string {
	b := mac(t.number, []byte(contact), fmt.Append(nil, version))
	return fmt.Sprintf("%08d", binary.BigEndian.Uint64(b)%100_000_000)
}

// NumberIndex is the name under which the queue finds a return number: keyed, so that a dump of
// Redis holds no number that opens a conversation.
func (t Tokens) NumberIndex(number string) string {
	return hex.EncodeToString(mac(t.number, []byte("index"), []byte(number))[:16])
}

// Claim is what a token says of its bearer: which contact, and how often it came back by number.
// Neither arrival nor lane nor language: a watched phone may hold the token while the page is hidden.
type Claim struct {
	Contact string
	Version int64
}

// Sign makes the bearer token of a claim.
func (t Tokens) Sign(c Claim) string {
	body := fmt.Sprintf("1.%s.%d", c.Contact, c.Version)
	sum := mac(t.token, []byte(body))[:16]
	return base64.RawURLEncoding.EncodeToString(append(sum, body...))
}

// Claim opens a token: ErrNotFound for anything that this house did not sign.
func (t Tokens) Claim(token string) (Claim, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) < 17 || len(raw) > 256 {
		return Claim{}, ErrNotFound
	}
	if !hmac.Equal(raw[:16], mac(t.token, raw[16:])[:16]) {
		return Claim{}, ErrNotFound
	}
	parts := strings.Split(string(raw[16:]), ".")
	if len(parts) != 3 || parts[0] != "1" {
		return Claim{}, ErrNotFound
	}
	version, err := strconv.ParseInt(parts[2], 10, 64)
	if err != nil {
		return Claim{}, ErrNotFound
	}
	return Claim{Contact: parts[1], Version: version}, nil
}
