package screen

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestFindingsCountCodePointsOfTheOriginal(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want, kind string }{
		{"Tunnus on 131052-308T.", "131052-308T", IdentityCode},
		{"Tunnus on １３１０５２−３０８Ｔ.", "１３１０５２−３０８Ｔ", IdentityCode},
		{"ää 131052\u00a0–\u00a0308t ok", "131052\u00a0–\u00a0308t", IdentityCode},
		{"1\u200b3\u200b1052-30\u200d8T", "1\u200b3\u200b1052-30\u200d8T", IdentityCode},
		{"soita ٠٤٠ ١٢٣٤٥٦٧ heti", "٠٤٠ ١٢٣٤٥٦٧", Phone},
		{"👩‍👩‍👧 aino@example.fi", "aino@example.fi", Email},
		{"ﬁ on ﬁ: 192.168.1.17!", "192.168.1.17", IP},
		{"e\u0301te\u0301 00:1a:2b:3c:4d:5e", "00:1a:2b:3c:4d:5e", MAC},
	} {
		redacted, found := Text(c.text)
		runes := []rune(c.text)
		if len(found) != 1 || found[0].Type != c.kind || string(runes[found[0].Start:found[0].End]) != c.want {
			t.Errorf("%q: %+v", c.text, found)
			continue
		}
		if want := strings.Replace(c.text, c.want, "["+c.kind+"]", 1); redacted != want {
			t.Errorf("%q became %q", c.text, redacted)
		}
	}
}

func TestWhatEverybodyMayWritePasses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "Soita 112.", "Ring 116 006 eller 116 111.", "Call 116006, 116 117 or 112.", "Numeromme on 0295 463 177.",
		"Our number is +358 295 463 177.", "Call +358295463177 at any hour.", "Laki 746/2011 35 §, muutettu 1294/2022.",
		"Laki annettu 17.6.2011.", "Lagen 301/2004 trädde i kraft den 1.5.2004.", "Directive (EU) 2024/1712 of 13 June 2024",
		"HE 90/2025 vp", "The Act of 1 January 2003 is in force.", "Asia on kesken 12.11.2026 klo 14.30.",
		"Tavataan 3.12. klo 9-16.", "Avoinna 08.00-16.00.", "The bus left at 10:15:30.", "Ratio 1:2:3", "Valtatie 4 on suljettu.",
		"Oikeudenkäymiskaari 17 luku", "Hän sai 1 500 euroa kuussa.", "Hon fick 1 500 euro.", "They owe 12,500 euros.",
		"Vuonna 2024 heitä oli 115.", "COVID-19 ja ISO-9001", "Toivo on tärkeää.", "Hope is what she needs.", "May is cold.",
		"kohta 1.2.3 ja luku 4.5", "Liite 3: lomake",
	} {
		if redacted, found := Text(text); len(found) > 0 || redacted != text {
			t.Errorf("%q became %q %+v", text, redacted, found)
		}
	}
}

func TestOwnNumbersAreThoseOfTheLine(t *testing.T) {
	t.Parallel()
	s := New("+358 9 1234 5678")
	for text, n := range map[string]int{
		"Soita 09 1234 5678": 0, "Soita +358 (0)9 12345678": 0, "Soita 0295 463 177": 1, "Soita 09 1234 5679": 1,
	} {
		if _, found := s.Text(text); len(found) != n {
			t.Errorf("%q: %+v", text, found)
		}
	}
}

func TestFindingsAreInOrderAndApart(t *testing.T) {
	t.Parallel()
	text := "Aino Virtanen, hetu 131052-308T, puh 040 123 4567, aino@example.fi, https://example.fi/aino?x=1, Hämeentie 5 B 12, IBAN FI21 1234 5600 0007 85"
	redacted, found := Text(text)
	var kinds []string
	for i, f := range found {
		kinds = append(kinds, f.Type)
		if f.Start >= f.End || f.End > utf8.RuneCountInString(text) || i > 0 && f.Start < found[i-1].End {
			t.Errorf("finding %d lies wrong: %+v", i, found)
		}
	}
	if want := []string{Name, IdentityCode, Phone, Email, URL, Address, IBAN}; !slices.Equal(kinds, want) {
		t.Errorf("found %v in %q, want %v", kinds, redacted, want)
	}
	if strings.ContainsAny(redacted, "0123456789@") {
		t.Errorf("left: %q", redacted)
	}
	if again, more := Text(redacted); again != redacted || len(more) > 0 {
		t.Errorf("a second time %q %+v", again, more)
	}
}

func FuzzText(f *testing.F) {
	for _, s := range []string{"131052-308T", "nolla neljä nolla yksi kaksi kolme neljä", "\xff\xfe 1", "İ040 1234567", "rek. ABC-123", "a\u0301@b.fi"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		redacted, found := Text(text)
		n, at := utf8.RuneCountInString(text), 0
		for _, x := range found {
			if x.Start < at || x.End <= x.Start || x.End > n || !slices.Contains(Types(), x.Type) {
				t.Fatalf("%q: %+v", text, found)
			}
			at = x.End
		}
		if len(found) == 0 && redacted != text {
			t.Fatalf("changed without a finding: %q", redacted)
		}
	})
}

func BenchmarkText(b *testing.B) {
	text := strings.Repeat("Olen töissä ravintolassa Tampereella, pomo pitää passini. Soita 040 123 4567 illalla, kiitos. ", 10)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		Text(text)
	}
}
