package helpline

import "testing"

// BenchmarkTokens is what an intake needs of them: id, fingerprint, three indexes, number and token.
func BenchmarkTokens(b *testing.B) {
	tok := testTokens("a")
	body := []byte(`{"request_id":"0b6d9b8e-6b1f-4d6f-9c58-2e0a3f1d7c11","channel":"chat","page_language":"fi","talk_language":"fi","asks":"help"}`)
	b.ReportAllocs()
	for b.Loop() {
		id := tok.ContactID("0b6d9b8e-6b1f-4d6f-9c58-2e0a3f1d7c11")
		tok.Print(body)
		for v := range int64(3) {
			tok.NumberIndex(tok.ReturnNumber(id, v+1))
		}
		tok.ReturnNumber(id, 1)
		tok.Sign(Claim{Contact: id, Version: 1})
	}
}
