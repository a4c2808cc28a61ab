package screen

import (
	"regexp"
	"strings"
)

// spokenDigits are the words for digits and tens in Finnish, Swedish and English, spoken forms too, and
// how many digits each stands for.
var spokenDigits = func() map[string]int {
	m := map[string]int{}
	for n, list := range map[int]string{
		1: `nolla yksi kaksi kolme neljä viisi kuusi seitsemän kahdeksan yhdeksän yks kaks kol nel viis kuus seittemän seitsen seiska
			kaheksan kasi yheksän ysi ykkönen kakkonen kolmonen nelonen viitonen kutonen seiskan
			noll ett en två tre fyra fem sex sju åtta nio nolla
			zero oh null nought one two three four five six seven eight nine`,
		2: `kymmenen kaksikymmentä kolmekymmentä neljäkymmentä viisikymmentä kuusikymmentä seitsemänkymmentä kahdeksankymmentä yhdeksänkymmentä
			nelkyt neljäkyt viiskyt viiskytä kuuskyt kolkyt kakskyt seiskyt kaskyt yheskyt
			tio tjugo trettio fyrtio femtio sextio sjuttio åttio nittio tjugi fyrti femti sexti sjutti åtti nitti
			ten eleven twelve twenty thirty forty fourty fifty sixty seventy eighty ninety`, //nolint:misspell // as people write it
		0: `plus plussa dubbel double triple tupla trippel ja och and sitten sen then viiva streck dash`,
	} {
		for w := range strings.FieldsSeq(list) {
			m[w] = n
		}
	}
	return m
}()

var (
	spokenWord = regexp.MustCompile(`[\pL]+|[0-9]+`)
	spokenGap  = regexp.MustCompile(`^[\s,.\-/]{0,3}$`)
)

const (
	leastSpoken = 7 // digits of a number that is told so
	leastWords  = 3 // of which are words
)

// spoken gives telephone numbers whose digits are written as words, or as words and figures.
func spoken(p passage) []span {
	var found []span
	run := spokenRun{}
	flush := func() {
		if run.digits >= leastSpoken && run.words >= leastWords && run.digits <= 16 {
			found = append(found, span{kind: Phone, from: run.from, to: run.to})
		}
		run = spokenRun{}
	}
	for _, at := range spokenWord.FindAllStringIndex(strings.ToLower(p.text), -1) {
		if at[1] > len(p.text) {
			break // a letter whose small form is longer: nothing that counts digits
		}
		word := strings.ToLower(p.text[at[0]:at[1]])
		figure := word[0] >= '0' && word[0] <= '9'
		n, known := spokenDigits[word]
		if figure {
			n, known = len(word), true
		}
		if !known || run.words+run.digits > 0 && !spokenGap.MatchString(p.text[run.last:at[0]]) {
			flush()
		}
		if known {
			run.add(at[0], at[1], n, figure)
		}
	}
	flush()
	return found
}

// spokenRun is a row of digits as words. Small words between them belong to it, at its edges they do not.
type spokenRun struct{ from, to, last, digits, words int }

func (r *spokenRun) add(from, to, n int, figure bool) {
	r.last = to
	if n == 0 {
		return
	}
	if r.digits == 0 {
		r.from = from
	}
	r.to, r.digits = to, r.digits+n
	if !figure {
		r.words++
	}
}
