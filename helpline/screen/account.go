package screen

import (
	"regexp"
	"strings"
)

// ibanLength is how long an account number is in each country (ISO 13616 registry). Countries whose
// numbers hold letters behind the check digits are in ibanLetters.
var ibanLength = map[string]int{
	"AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "BY": 28, "CH": 21,
	"CY": 28, "CZ": 24, "DE": 22, "DK": 18, "EE": 20, "ES": 24, "FI": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23,
	"GL": 18, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20,
	"LB": 28, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MT": 31, "NL": 18, "NO": 15,
	"PK": 24, "PL": 28, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "SA": 24, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "TN": 24,
	"TR": 26, "UA": 29, "VA": 22, "XK": 20,
}

var ibanLetters = map[string]bool{
	"AD": true, "AL": true, "AZ": true, "BG": true, "BH": true, "BR": true, "BY": true, "CY": true, "FR": true, "GB": true,
	"GE": true, "GI": true, "GR": true, "IE": true, "IQ": true, "IT": true, "JO": true, "KW": true, "KZ": true, "LB": true,
	"LI": true, "LU": true, "LV": true, "MC": true, "MD": true, "MK": true, "MT": true, "NL": true, "PK": true, "QA": true,
	"RO": true, "SA": true, "SM": true, "TR": true, "UA": true, "CH": true,
}

var ibanHead = regexp.MustCompile(`[A-Z]\s?[A-Z]\s?[0-9]\s?[0-9]|[A-Za-z]{2}[0-9]\s?[0-9]`)

// leastAccount is how many digits and letters make an account number whose end was forgotten.
const leastAccount = 14

// accounts gives account numbers: as long as their country's, with digits too many, or a few too few.
func accounts(p passage) []span {
	var found []span
	for _, at := range ibanHead.FindAllStringIndex(p.text, -1) {
		country := strings.ToUpper(strings.NewReplacer(" ", "", "\n", "").Replace(p.text[at[0]:at[1]])[:2])
		want := ibanLength[country]
		if want == 0 || p.follows(at[0]) {
			continue
		}
		if n, to := account(p.text, at[1], want, ibanLetters[country]); n >= min(want, leastAccount) {
			found = append(found, span{kind: IBAN, from: at[0], to: to})
		}
	}
	return found
}

// account walks on from behind the check digits and gives how many digits and letters there are in all,
// and where they end. Beyond the wanted length only digits that stand close belong to it.
func account(text string, to, want int, letters bool) (n, end int) {
	for n = 4; ; n++ {
		next := to
		for next < len(text) && next-to < 2 && strings.IndexByte(" -\n", text[next]) >= 0 {
			next++
		}
		if next == len(text) {
			return n, to
		}
		c := text[next]
		digit, letter := c >= '0' && c <= '9', c|0x20 >= 'a' && c|0x20 <= 'z'
		if (!digit || n >= want && next > to) && (!letter || !letters || n >= want) {
			return n, to
		}
		to = next + 1
	}
}
