package helpline

import (
	"crypto/sha256"
	"errors"
	"regexp"
	"strings"
	"testing"
)

func testTokens(root string) Tokens {
	return NewTokens(func(purpose string) []byte {
		s := sha256.Sum256([]byte(root + purpose))
		return s[:]
	})
}

func TestTokenSaysWhatWasSigned(t *testing.T) {
	t.Parallel()
	tok := testTokens("a")
	id := tok.ContactID("0b6d9b8e-6b1f-4d6f-9c58-2e0a3f1d7c11")
	if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(id) {
		t.Fatalf("contact id is no UUIDv4")
	}
	want := Claim{Contact: id, Version: 2}
	got, err := tok.Claim(tok.Sign(want))
	if err != nil || got != want {
		t.Fatalf("claim %+v, want %+v, %v", got, want, err)
	}
}

func TestForeignAndBentTokensOpenNothing(t *testing.T) {
	t.Parallel()
	tok := testTokens("a")
	good := tok.Sign(Claim{Contact: tok.ContactID("x"), Version: 1})
	bad := []string{"", "x", good[1:], good + "A", strings.ToUpper(good), testTokens("b").Sign(Claim{Contact: tok.ContactID("x")})}
	for i := range len(good) {
		bent := []byte(good)
		bent[i] ^= 1
		bad = append(bad, string(bent))
	}
	for _, b := range bad {
		if _, err := tok.Claim(b); !errors.Is(err, ErrNotFound) {
			t.Fatalf("token accepted: %v", err)
		}
	}
}

func TestNumbersFollowVersion(t *testing.T) {
	t.Parallel()
	tok := testTokens("a")
	n1, n2 := tok.ReturnNumber("c", 1), tok.ReturnNumber("c", 2)
	if len(n1) != 8 || n1 == n2 || n1 != tok.ReturnNumber("c", 1) {
		t.Fatalf("return numbers %q %q", n1, n2)
	}
	if i := tok.NumberIndex(n1); strings.Contains(i, n1) || i == testTokens("b").NumberIndex(n1) {
		t.Fatal("index tells the number")
	}
}

func FuzzClaim(f *testing.F) {
	tok := testTokens("a")
	f.Add(tok.Sign(Claim{Contact: tok.ContactID("x"), Version: 1}))
	f.Fuzz(func(t *testing.T, s string) {
		if c, err := tok.Claim(s); err == nil && tok.Sign(c) == "" {
			t.Fatal("empty token")
		}
	})
}
