package screen

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// passage is a text in one form, and the way back to the original.
type passage struct {
	text  string  // normalised
	runes []rune  // the original
	first []int32 // by byte of text: code point of the original where it begins
	last  []int32 // and the one behind it
}

// start and end give code points of the original for bytes of the normalised text.
func (p passage) start(from int) int { return int(p.first[from]) }
func (p passage) end(to int) int     { return int(p.last[to-1]) }

// normalise brings text into compatibility form (NFKC), all digits into 0 to 9, all dashes into "-", all
// spaces but line ends into " ", and drops what cannot be seen. Bytes that are no text become U+FFFD.
func normalise(text string) passage {
	p := passage{runes: []rune(text)}
	clean := string(p.runes)
	index := make([]int32, len(clean)+1)
	n := int32(0)
	for at := range clean {
		index[at] = n
		n++
	}
	index[len(clean)] = n
	var b strings.Builder
	var it norm.Iter
	it.InitString(norm.NFKC, clean)
	for !it.Done() {
		from := it.Pos()
		segment := string(it.Next())
		to := it.Pos()
		for _, r := range segment {
			if r = plain(r); r < 0 {
				continue
			}
			b.WriteRune(r)
			for range utf8.RuneLen(r) {
				p.first, p.last = append(p.first, index[from]), append(p.last, index[to])
			}
		}
	}
	p.text = b.String()
	return p
}

// plain gives the plain form of one code point, -1 for what cannot be seen.
func plain(r rune) rune {
	switch {
	case r < 0x80:
		if r == '\t' || r == '\r' {
			return ' '
		}
		return r
	case unicode.Is(unicode.Nd, r):
		return '0' + digit(r)
	case unicode.Is(unicode.Pd, r), r == 0x2212, r == 0x2043, r == 0x02D7:
		return '-'
	case unicode.Is(unicode.Zs, r):
		return ' '
	case unicode.Is(unicode.Cf, r), unicode.Is(unicode.Variation_Selector, r), r == 0x034F, r == 0x115F, r == 0x1160:
		return -1
	case r == 0x2019, r == 0x2032, r == 0x02BC:
		return '\''
	case r == 0x2033, r == 0x201D, r == 0x201C:
		return '"'
	case r == 0x2044, r == 0x2215:
		return '/'
	}
	return r
}

// digit gives the value of a decimal digit of any script: Unicode has them in runs of ten.
func digit(r rune) rune {
	for _, t := range unicode.Nd.R16 {
		if rune(t.Lo) <= r && r <= rune(t.Hi) {
			return (r - rune(t.Lo)) % 10
		}
	}
	for _, t := range unicode.Nd.R32 {
		if rune(t.Lo) <= r && r <= rune(t.Hi) { // #nosec G115 -- code points
			return (r - rune(t.Lo)) % 10 // #nosec G115 -- code points
		}
	}
	return 0
}

// follows tells whether a letter or digit stands right before at.
func (p passage) follows(at int) bool {
	before, _ := utf8.DecodeLastRuneInString(p.text[:at])
	return wordy(before)
}

// apart tells whether no letter or digit goes on before from or behind to.
func (p passage) apart(from, to int) bool {
	after, _ := utf8.DecodeRuneInString(p.text[to:])
	return !p.follows(from) && !wordy(after)
}

// all gives every place where an expression stands with nothing going on beside it.
func (p passage) all(re *regexp.Regexp) [][]int {
	var list [][]int
	for at := 0; at < len(p.text); {
		m := re.FindStringIndex(p.text[at:])
		if m == nil {
			break
		}
		from, to := at+m[0], at+m[1]
		if to > from && p.apart(from, to) {
			list = append(list, []int{from, to})
			at = to
			continue
		}
		_, size := utf8.DecodeRuneInString(p.text[from:])
		at = from + max(size, 1)
	}
	return list
}

func wordy(r rune) bool { return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r)) }
