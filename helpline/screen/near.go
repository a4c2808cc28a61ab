package screen

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// reach is how many characters may lie between a word and what it makes a finding of.
const reach = 40

// behind is what a word that comes after counts more than one before: people write the word first.
const behind = 15

// beside is a rule that wants one of words within reach of a token.
type beside struct {
	kind  string
	needs string
	words *regexp.Regexp
	token *regexp.Regexp
	good  func(token string, far int) bool
}

// words compiles a list of words so that the longest that fits is taken.
func words(s string) *regexp.Regexp {
	re := expr(s)
	re.Longest()
	return re
}

// dates are days as people write them, in figures or with the month's name.
var dates = expr(`\d{1,2}\s?[./-]\s?\d{1,2}\s?[./-]\s?(?:\d{4}|\d{2})|(?:19|20)\d{2}\s?[-/.]\s?\d{1,2}\s?[-/.]\s?\d{1,2}|
	\d{1,2}(?:\.|st|nd|rd|th|:e)?\s(?:of\s|päivänä\s)?` + months + `,?\s(?:19|20)\d{2}|
	` + months + `\s\d{1,2}(?:st|nd|rd|th)?,?\s(?:19|20)\d{2}|\d{1,2}\.\s?\d{1,2}\.|[0-3]\d[01]\d(?:19|20)?\d{2}`)

const months = `(?:(?:tammi|helmi|maalis|huhti|touko|kesä|heinä|elo|syys|loka|marras|joulu)kuu(?:n|ta|ssa)?|` + monthsAbroad + `)`

const monthsAbroad = `(?:(?:january|februari|february|januari|march|mars|april|maj|may|june|juni|july|juli|august|augusti|september|oktober|october|november|december)|(?:jan|feb|mar|apr|jun|jul|aug|sep|sept|okt|oct|nov|dec)\.?)`

// prefix are letters before a number: close to it, or capitals and a blank.
const prefix = `(?:[A-Z]{1,4}[/-]?|(?-i:[A-Z]{1,4}\s))?`

var besideRules = []beside{
	{kind: IdentityCode, needs: digits, words: words(
		`(?:henkilötunnu\pL*|henkilötunnukse\pL*|hetu\pL{0,5}|sotu\pL{0,5}|sosiaaliturvatunnu\pL*|loppuos\pL*|tunnusos\pL*|loppunume\pL*|personbeteckning\pL*|personnummer\pL*|slutdel\pL*|slutsiffr\pL*|sista\ssiffr\pL*|personal\sidentity\scode|identity\scode|personal\sid|id\scode|identity\snumber|personal\scode|social\ssecurity\snumber|ssn|last\sfour|last\spart|tail)`),
		token: words(`[-+;A-FU-Y]?\d{3}\s?[0-9A-Y]`), good: tail},
	{kind: Phone, needs: digits, words: words(
		`(?:puh|puhelin\pL*|puhnro|nro|matkapuhelin\pL*|kännyk\pL*|gsm|mobile|mobil\pL*|mobiilinumer\pL*|telefon\pL*|tel|tfn|phone|telephone|cell|whatsapp\pL*|soita|soittaa|soittakaa|soittaisi\pL*|numeroni|numeronsa|ring|ringa|call|text|sms|tekstiviesti\pL*|nås|reach)`),
		token: words(`\d(?:\s?[-/]\s?|[\s.]?)(?:\d(?:\s?[-/]\s?|[\s.]?)){4,11}\d`), good: nearPhone},
	{kind: BusinessID, needs: digits, words: words(
		`(?:y-?tunnu\pL*|ly-?tunnu\pL*|alv-?(?:tunnu\pL*|numero\pL*)|fo-?nummer\pL*|fo-?nr|momsnummer\pL*|business\sid\pL*|company\sid|vat(?:\s(?:number|id|no))?|yritystunnu\pL*|företagsnummer\pL*|organisationsnummer\pL*)`),
		token: words(`(?:FI)?\d(?:[\s-]?\d){6,8}`)},
	{kind: Passport, needs: digits, words: words(
		`(?:passi|passin|passini|passinsa|passissa|passista|passinumero\pL*|passnummer\pL*|pass|passet|passets|passport\pL*|matkustusasiakirja\pL*|resedokument\pL*|travel\sdocument|henkilökort\pL*|identitetskort\pL*|id-kort\pL*|id\scard|identity\scard)`),
		token: words(prefix + `\d{6,9}[A-Z]?|[A-Z]{1,2}\d[A-Z0-9]{5,7}|\d{2}[A-Z]{2}\d{5}|(?-i:[A-Z]{1,2})\s?\d{2,3}\s\d{3,4}(?:\s\d{2,3})?`)},
	{kind: HealthCard, needs: digits, words: words(
		`(?:kela-?kort\pL*|sairaanhoitokort\pL*|sairausvakuutuskort\pL*|ehic\pL*|fpa-?kort\pL*|sjukvårdskort\pL*|sjukförsäkringskort\pL*|eu-kort\pL*|health\s(?:insurance\s)?card|insurance\scard|kela\scard|medical\scard)`),
		token: words(prefix + `\d(?:[\s-]?\d){5,19}`)},
	{kind: PermitNumber, needs: digits, words: words(
		`(?:oleskelulupa\pL*|oleskeluluvan|oleskelulupani|lupakort\pL*|lupanumero\pL*|luvan\snumero\pL*|työlupa\pL*|työluvan|uppehållstillstånd\pL*|uppehållskort\pL*|tillståndsnummer\pL*|arbetstillstånd\pL*|residence\s(?:permit|card)|permit\s(?:number|card|no)|work\spermit|permit)`),
		token: words(prefix + `\d(?:[\s/-]?\d){4,13}[A-Z]?`)},
	{kind: CustomerNumber, needs: digits, words: words(
		`(?:asiakasnumero\pL*|asiakastunnu\pL*|asianumero\pL*|diaarinumero\pL*|asiakkuusnumero\pL*|potilasnumero\pL*|klientnummer\pL*|kundnummer\pL*|ärendenummer\pL*|diarienummer\pL*|patientnummer\pL*|kund-id|customer\s(?:number|no|id)|client\s(?:number|no|id)|case\s(?:number|no|id)|patient\s(?:number|id)|asiakas-id|reference\snumber|viitenumero\pL*|referensnummer\pL*|member\snumber)`),
		token: words(prefix + `\d(?:[\s/-]?\d){3,15}[A-Z]?|[A-Z0-9]{0,4}\d[A-Z0-9-]{4,12}`)},
	{kind: IBAN, needs: digits, words: words(
		`(?:tili|tilini|tilin|tilille|tililtä|tilinumero\pL*|pankkitili\pL*|iban\pL*|konto|kontot|kontonummer\pL*|bankkonto\pL*|account|bank\saccount|account\snumber)`),
		token: words(`\d{6}\s?-\s?\d{2,8}|\d(?:[\s-]?\d){11,17}`)},
	{kind: Plate, needs: digits, words: words(
		`(?:rekisterinumero\pL*|rekisteritunnu\pL*|rekisterikil\pL*|rekkar\pL*|kilvet|kilpi|kilvissä|kilvissään|kilvellä|auto|auton|autossa|autonsa|autolla|autoon|pakettiauto\pL*|henkilöauto\pL*|kuorma-auto\pL*|registernummer\pL*|registreringsnummer\pL*|regnr|reg\.?\s?nr|registerskylt\pL*|skylten|skyltarna|bil|bilen|bilens|skåpbil\pL*|plate|plates|licen[cs]e|number\splate|registration|car|cars|van|vehicle|lorry|truck|taxi|taksi)`),
		token: words(`[A-ZÅÄÖ]{2,3}\s?-\s?\d{1,3}|[A-ZÅÄÖ]{2,3}\s?\d{3}|[A-ZÅÄÖ]{3}\s?\d{2}[A-Z0-9]|\d{3}\s?[A-Z]{3}|[A-Z]{2}\s?\d{4,5}|[A-Z]{2}\s?\d{4}\s?[A-Z]{2}|CD-?\s?\d{4}`), good: plate},
	{kind: BirthDate, needs: digits, words: words(
		`(?:syntynyt|syntyn\pL*|syntyi|synt\.?|s\.|syntymäaika\pL*|syntymäpäivä\pL*|syntymäajan|syntymäajaksi|född|föd|f\.|födelsedatum\pL*|födelsetid\pL*|födelsedag\pL*|fyller|född\pL*|born|dob|d\.o\.b|birth|birthdate|birthday|date\sof\sbirth)`),
		token: dates},
}

// near gives what the rules above find: every token within reach of its word, with its distance.
func near(p passage) []span {
	if !strings.ContainsAny(p.text, digits) {
		return nil
	}
	var found []span
	for _, r := range besideRules {
		list := p.all(r.words)
		if len(list) == 0 {
			continue
		}
		for _, at := range p.all(r.token) {
			from, to := p.behindWord(list, at[0], at[1]), at[1]
			far, ok := nearest(p, list, from, to)
			if ok && !everyday(p, from, to) && !money.MatchString(p.text[to:]) && (r.good == nil || r.good(p.text[from:to], far)) {
				found = append(found, span{kind: r.kind, from: from, to: to, far: 1 + far})
			}
		}
	}
	return found
}

// everyday tells the numbers that everybody may write, years, and the parts of dates and sums.
func everyday(p passage, from, to int) bool {
	text := p.text[from:to]
	part := from > 1 && strings.IndexByte("./,", p.text[from-1]) >= 0 && p.text[from-2] >= '0' && p.text[from-2] <= '9'
	return short.MatchString(text) || year.MatchString(text) && inYear.MatchString(p.text[:from]) || part
}

var (
	year   = regexp.MustCompile(`^(?:19|20)\d\d$`)
	inYear = expr(`(?:vuonna|vuoden|vuodesta|vuoteen|år|året|sedan|in|since|year|from|until|by|\d\s?-|kuuta|` + monthsAbroad + `)\s$`)
)

// sentence is the end of one: what stands before it belongs to no word after it.
var sentence = regexp.MustCompile(`[.!?]\s`)

// money is what follows a sum.
var money = expr(`^\s?(?:€|euro|eur\b|kr\b|kronor|dollar|tuntia|timmar|hours|%|prosent|procent|percent|vuotta|år\b|years|kertaa|gånger|times)`)

// behindWord gives where a token begins that took a word's last letters for its own.
func (p passage) behindWord(list [][]int, from, to int) int {
	for _, w := range list {
		if w[0] <= from && from < w[1] && w[1] < to {
			return w[1] + len(p.text[w[1]:to]) - len(strings.TrimLeft(p.text[w[1]:to], " -"))
		}
	}
	return from
}

// nearest gives the distance in characters to the nearest word, within reach.
func nearest(p passage, words [][]int, from, to int) (far int, ok bool) {
	for _, w := range words {
		d := -1
		switch {
		case w[1] <= from:
			d = utf8.RuneCountInString(p.text[w[1]:from])
		case to <= w[0]:
			if d = utf8.RuneCountInString(p.text[to:w[0]]); sentence.MatchString(p.text[to:w[0]]) {
				continue
			}
			if d <= reach {
				d += behind
			}
		}
		if d >= 0 && d <= reach+behind && (d <= reach || to <= w[0]) && (!ok || d < far) {
			far, ok = d, true
		}
	}
	return far, ok
}

// beyond is the distance at which four digits that could be a year are one.
const beyond = 14

// tail tells the end of an identity code from a year.
func tail(s string, far int) bool {
	s = strings.ReplaceAll(s, " ", "")
	year := len(s) == 4 && (strings.HasPrefix(s, "19") || strings.HasPrefix(s, "20"))
	return !year || far <= beyond
}

// nearPhone tells numbers from dates and from those that everybody may write.
func nearPhone(s string, _ int) bool {
	n := len(onlyDigits(s))
	return n >= 6 && n <= 13 && !short.MatchString(s) && !dates.MatchString(s) && !clockLike.MatchString(s) && !hours.MatchString(s)
}

var hours = regexp.MustCompile(`^\d{1,2}([.: ]\d\d)?\s?-\s?\d{1,2}([.: ]\d\d)?$`)

// notPlate are short words that stand before numbers of another kind.
var notPlate = expr(`^(?:klo|kl|nro|nr|no|on|at|in|for|to|by|the|and|och|ja|tai|noin|yli|alle|kpl|ca|age|is|was|of|or|ett|en|ei|oli|vid|på|med|från|km|eur|max|min|vko|ikä|sek|all|had|has|her|his|its|our|two|var|hen|han|hon|fem|sex|tel|puh|tfn|sai|joi|öre|yht|toi|vei|luo|kun|jos|nyt|yö|iso|uusi|bus|via|day|ran|got|ha|år|ger|tog|fick|gav)\s`)

// plate lets words before a number pass, and small letters far from the word.
func plate(s string, far int) bool {
	if notPlate.MatchString(s) {
		return false
	}
	return s == strings.ToUpper(s) || strings.Contains(s, "-") || far <= beyond
}
