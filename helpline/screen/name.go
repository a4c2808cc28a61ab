package screen

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Where somebody is called by a word before.
var called = regexp.MustCompile(`(?i:(?:^|[^\pL])(?:nimeni on|nimeni|nimensä on|hänen nimensä on|nimi on|nimi|nimeltä|nimeltään|nimelläni|olen nimeltäni|jag heter|heter|hon heter|han heter|mitt namn är|namnet är|namn|vid namn|kallas|my name is|my name's|her name is|his name is|their name is|named|name|called|i am called|kutsutaan|rouva|herra|neiti|fru|herr|fröken|(?:mr|mrs|ms)\.?|miss|mister|madame):?\s+)((?:[A-ZÅÄÖÉÜŠŽ][\pL'-]+|[A-ZÅÄÖ]\.)(?:\s(?:[A-ZÅÄÖÉÜŠŽ][\pL'-]+|[A-ZÅÄÖ]\.|(?:von|af|de|van|al|el|bin)\b)){0,3})`)

// calledSmall is the same where people write themselves with small letters.
var calledSmall = regexp.MustCompile(`(?i)(?:^|[^\pL])(?:nimeni on|jag heter|mitt namn är|my name is|her name is|his name is|hänen nimensä on|hon heter|han heter)\s+(\pL[\pL'-]+)`)

// notCalled are words that follow those without being names.
var notCalled = wordSet(`on is är ei not inte secret salainen hemligt tuntematon unknown okänd muuttunut changed sama same samma
	kysytty asked listalla on-list tärkeä important viktigt mainittu nyt now nu vain just bara myös also också a the en ett
	poliisi police polisen eri different oikea väärä wrong fel koti home hem seuraava next Helsinki Suomi Finland Sverige Telegram
	Auttamisjärjestelmä Maahanmuuttovirasto Migri Poliisi Police Polisen`)

var nameToken = regexp.MustCompile(`\pL[\pL'-]*`)

// names gives people called by name: after a word that says so, or a first name of the lists, with a
// family name behind it, or a family name in the middle of a sentence.
func names(p passage) []span { //nolint:gocyclo // one kind of context a case
	var found []span
	for _, re := range []*regexp.Regexp{called, calledSmall} {
		for _, at := range re.FindAllStringSubmatchIndex(p.text, -1) {
			word, _, _ := strings.Cut(p.text[at[2]:at[3]], " ")
			if !notCalled[word] && p.apart(at[2], at[2]+len(word)) {
				found = append(found, span{kind: Name, from: at[2], to: at[3]})
			}
		}
	}
	tokens := nameToken.FindAllStringIndex(p.text, -1)
	for i := 0; i < len(tokens); i++ {
		from, to := tokens[i][0], tokens[i][1]
		word := p.text[from:to]
		if !upper(word) {
			continue
		}
		first, common := givenName(word)
		family := familyName(word) && !sentenceStart(p, from)
		if !first && !common && !family {
			continue
		}
		end, more := follow(p, tokens, i)
		if first || more || family {
			found = append(found, span{kind: Name, from: from, to: end})
			for i+1 < len(tokens) && tokens[i+1][0] < end {
				i++
			}
		}
	}
	return found
}

// follow gives where a name ends that begins with token i, and whether a family name or another first
// name follows it.
func follow(p passage, tokens [][]int, i int) (end int, more bool) {
	end = tokens[i][1]
	for j := i + 1; j < len(tokens) && j <= i+3; j++ {
		gap, word := p.text[end:tokens[j][0]], p.text[tokens[j][0]:tokens[j][1]]
		if gap != " " || !upper(word) || utf8.RuneCountInString(word) < 2 || notFamily[strings.ToLower(word)] {
			break
		}
		end, more = tokens[j][1], true
	}
	return end, more
}

// notFamily are words with a capital that may follow a first name at a line's or a sentence's end.
var notFamily = wordSet(`helsinki helsingissä suomi suomessa finland i migri poliisi kela police polisen åbo turku`)

func upper(word string) bool {
	r, _ := utf8.DecodeRuneInString(word)
	return unicode.IsUpper(r)
}

// sentenceStart tells whether a capital says nothing at this place.
func sentenceStart(p passage, from int) bool {
	before := strings.TrimRight(p.text[:from], " \n\"'(-")
	return before == "" || strings.HasSuffix(before, ".") || strings.HasSuffix(before, "!") || strings.HasSuffix(before, "?") ||
		strings.HasSuffix(before, ":")
}

// stems gives a word and what is left of it without the ends of cases.
func stems(word string) []string {
	w := strings.ToLower(word)
	list := []string{w}
	for _, e := range []string{
		"n", "a", "ä", "lle", "lla", "llä", "lta", "ltä", "ssa", "ssä", "sta", "stä", "in", "ksi", "na", "nä", "'s", "s", "ia", "iä",
		"ille", "illa", "illä", "ilta", "iltä", "ista", "istä", "kin", "han", "hän", "lta", "sta", "en", "ta", "tä", "ta",
	} {
		if rest, ok := strings.CutSuffix(w, e); ok && utf8.RuneCountInString(rest) >= 4 {
			list = append(list, rest)
		}
	}
	return list
}

// givenName tells whether a word is a first name; common: one that is an everyday word too.
func givenName(word string) (first, common bool) {
	parts := strings.SplitN(word, "-", 2)
	for _, s := range stems(parts[0]) {
		switch {
		case firstNames[s]:
			return true, false
		case wordNames[s]:
			common = true
		}
	}
	return false, common
}

// familyEnds are the ends of Finnish and Swedish family names that other words seldom have.
var familyEnds = regexp.MustCompile(`(?:[bcdfghjklmnprstvaeiouyäö]{2}nen|sson|qvist|kvist|ström|lund|gren|berg|blom)$`)

func familyName(word string) bool {
	w := strings.ToLower(word)
	for _, s := range stems(w) {
		if familyNames[s] {
			return true
		}
	}
	// Cases of names on -nen: Virtasen, Virtaselle.
	for _, e := range []string{"sen", "selle", "sella", "sellä", "selta", "seltä", "sesta", "sestä", "sta", "stä", "siin"} {
		if rest, ok := strings.CutSuffix(w, e); ok && familyNames[rest+"nen"] {
			return true
		}
	}
	return utf8.RuneCountInString(w) >= 6 && familyEnds.MatchString(w) && !notFamilyEnd[w]
}

var notFamilyEnd = wordSet(`suomalainen virolainen venäläinen ruotsalainen ukrainalainen eurooppalainen ihminen nainen toinen helsinkiläinen
	lapsinen kristinen sininen punainen valkoinen kansainvälinen julkinen yhteinen viimeinen ensimmäinen oikeudellinen göteborg nürnberg
	heidelberg spielberg raseborg viborg helsingborg`)

func wordSet(s string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(s) {
		m[w] = true
	}
	return m
}
