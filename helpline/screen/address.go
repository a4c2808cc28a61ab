package screen

import (
	"regexp"
	"strings"
)

// streetEnds are the ends of Finnish and Swedish street names, with those of their cases.
const (
	fiEnds  = `(?:katu|kadu|tie|kuja|kuji|polku|polu|väylä|raitti|raiti|bulevardi|esplanadi|kaari|kaare|penger|penkere|rinne|rintee|rannan|ranta|tori|aukio|puisto|puistikko|laituri|kulma|mäki|mäe|linja|portti|porti|silta|silla|niitty|niity|harju|laita|laida|kallio|piha|väli|taival|tanhua|tanhu|valta)`
	fiCases = `(?:n|lla|llä|lle|lta|ltä|ssa|ssä|sta|stä|an|en|in|un|a|ä|ta|tä|e|ellä|elle|eltä|een)?`
	svEnds  = `(?:gatan|gata|gatans|vägen|väg|gränden|gränd|stigen|stig|esplanaden|allén|allen|torget|torg|brinken|backen|kajen|stranden|parken|planen|platsen|bågen|ringen|svängen|stråket|linjen|bulevarden)`
	enEnds  = `(?:street|road|avenue|lane|drive|square|close|court|place|boulevard|terrace|st|rd|ave|ln|blvd)`
	// houseEnd is the number of a house, with stair and flat.
	houseEnd = `\s?\d{1,4}\s?(?:[-/]\s?\d{1,4})?(?:,?\s?(?:as|lgh|bst|flat|apt|apartment|asunto|rappu|trappa|krs)\b\.?\s?[a-z]?\s?\d{0,3}|\s?[a-z]\b(?:\s?\d{1,3})?|[a-z]\d{1,3})?(?:\s(?:as|lgh|bst|asunto)\.?\s\d{1,3})?`
	towns    = `(?:helsin\pL+|helsingfors|espoo\pL*|esbo|vantaa\pL*|vanda|tampere\pL*|tammerfors|turku|turu\pL+|åbo|oulu\pL*|uleåborg|lahti|lahde\pL*|lahtis|kuopio\pL*|jyväskylä\pL*|pori\pL*|björneborg|joensuu\pL*|lappeenran\pL*|villmanstrand|vaasa\pL*|vasa|kotka\pL*|rovaniem\pL*|seinäjo\pL*|mikkeli\pL*|porvoo\pL*|borgå|kouvola\pL*|hämeenlinna\pL*|tavastehus|imatra\pL*|lohja\pL*|lojo|hyvinkää\pL*|järvenpää\pL*|kerava\pL*|kervo|tornio\pL*|torneå|kemi\pL*|kajaani\pL*|kajana|kokkola\pL*|karleby|maarianhamina\pL*|mariehamn|pietarsaari|jakobstad|raisio\pL*|salo\pL*|rauma\pL*|forssa\pL*|nokia\pL*|kauniainen|grankulla|kirkkonummi|kyrkslätt|närpes|loviisa|lovisa|raasepori|raseborg|savonlinna|nyslott|varkaus|iisalmi|ylivieska|raahe|heinola)`
)

var addressRules = []struct {
	is   *regexp.Regexp
	good func(string) bool
}{
	{expr(`(?:(?:vanha|uusi|iso|pieni|ylä|ala|pitkä|vanhalla|uudella|isolla)\s)?[\pL-]{2,}` + fiEnds + fiCases + houseEnd), finnishStreet},
	{regexp.MustCompile(`[A-ZÅÄÖ]\pL+\s(?i:katu|tie|kuja|polku|väylä|puistotie|rantatie|kadulla|tiellä|kadun|tien|esplanadi|bulevardi|linja|aukio)` + fiCases + `(?i:` + blankless(houseEnd) + `)`), nil},
	{expr(`[\pL-]{2,}` + svEnds + houseEnd), capital},
	{regexp.MustCompile(`(?:[A-ZÅÄÖ]\pL+\s){1,2}(?i:` + blankless(svEnds) + `)(?i:` + blankless(houseEnd) + `)`), nil},
	{regexp.MustCompile(`\d{1,4}[A-Za-z]?,?\s(?:[A-ZÅÄÖ][\pL']+\s){1,3}(?i:` + enEnds + `)\.?`), nil},
	{regexp.MustCompile(`(?:[A-ZÅÄÖ][\pL']+\s){1,2}(?i:` + enEnds + `)\.?(?i:` + blankless(houseEnd) + `)`), nil},
	{expr(`\d{5}\s` + towns), nil},
	{expr(`(?:pl|pb|po\sbox|p\.o\.\sbox|box)\s\d{1,5},?\s\d{5}(?:\s\pL+)?`), nil},
	{expr(`(?:osoite|osoitteeni|osoitteessa|osoitteeseen|kotiosoite|adress|adressen|adressen\sär|address|lives\sat|bor\spå|asuu)\s?(?:on|är|is)?\s?:?\s(?:\pL+\s){0,2}[\pL-]{4,}\s\d{1,3}(?:\s?[a-z](?:\s\d{1,3})?)?`), notTime}, //nolint:misspell // Swedish
}

func blankless(s string) string { return strings.Join(strings.Fields(s), "") }

// roads are words with a street's end that are no address: roads with a number, codes of law, and words
// that only end so.
var roads = expr(`^(?:valta|kanta|seutu|yhdys|pää|kehä|moottori|rauta|maan|hissi|paikallis)(?:tie|tielle|tiellä|tien|tieltä|tietä|väylä|väylän|väylällä)\b|^(?:oikeudenkäymis|maa|perintö|kauppa|ulosotto|rikos|avioliitto|elin|sateen|hyvinvointi|ikä)kaar|^(?:\pL*(?:elämän|elin|hoito|palvelu|asia|asio|yhteis|tuki|apu|kivi)(?:polku|polu))|^\pL*(?:valta|vallan|esivalta|mielivalta|edellytys|näkö|neljän|ilma|ranskan|kulma|tilanne|suhde|enemmistö)\pL*\s`)

func finnishStreet(s string) bool {
	if roads.MatchString(s) {
		return false
	}
	return firm.MatchString(s) || capital(s)
}

// firm are ends that nothing but a street has, whatever the case of the first letter.
var firm = expr(`(?:katu|kadulla|kadulle|kadulta|kadun|tie|tiellä|tielle|tieltä|tien|kuja|kujalla|kujan|kujalle|polku|polulla|polun|raitti|raitilla|raitin|esplanadi\pL*|bulevardi\pL*|puistikko)\s\d`)

func capital(s string) bool {
	first := s[:len(s)-len(strings.TrimLeft(s, "-"))]
	for _, r := range s[len(first):] {
		return strings.ToUpper(string(r)) == string(r)
	}
	return false
}

func notTime(s string) bool { return !notHome.MatchString(s) }

var notHome = expr(`(?:\s|^)(?:klo|kl|yli|noin|alle|vuotta|hänellä|kanssa|years|over|about|since|with|sedan|över|med|vuodesta|for)\s(?:\pL+\s)?\d`)

// addresses gives streets with a house's number, and towns with their code.
func addresses(p passage) []span {
	if !strings.ContainsAny(p.text, digits) {
		return nil
	}
	var found []span
	for _, r := range addressRules {
		for _, at := range r.is.FindAllStringIndex(p.text, -1) {
			from, to := at[0], at[1]
			if !p.apart(from, to) {
				// A letter behind the number belongs to the next word, not to the stair.
				to = from + len(strings.TrimRight(p.text[from:to], "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ "))
			}
			if from < to && p.apart(from, to) && (r.good == nil || r.good(p.text[from:to])) {
				found = append(found, span{kind: Address, from: from, to: to})
			}
		}
	}
	return found
}
