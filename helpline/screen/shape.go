package screen

import (
	"net/netip"
	"regexp"
	"strings"
	"unicode/utf8"
)

// shape is a rule that needs no word beside it. needs is a set of characters without one of which it
// cannot match: most texts skip most rules by it. good looks at what the expression cannot say.
type shape struct {
	kind  string
	needs string
	is    *regexp.Regexp
	loose bool // letters may go on beside it
	weak  int  // how far a word may stand that makes it something else; below 0: nothing does
	good  func(text string) bool
}

const digits = "0123456789"

// expr compiles a rule without regard to case, blanks in it left out.
func expr(s string) *regexp.Regexp {
	return regexp.MustCompile(`(?i)` + strings.Join(strings.Fields(s), ""))
}

var shapeRules = []shape{
	// Finnish code: date, sign of the century, number of the day, check character (Population Register
	// Act 661/2009 and decree 128/2010 as amended 2023: - Y X W V U for 1900s, A to F for 2000s, + for 1800s;
	// ";" is what "-" becomes on a keyboard in a hurry).
	{kind: IdentityCode, needs: digits, is: expr(
		`[0-3]\s?\d[\s./]?[01]\s?\d[\s./]?(?:(?:19|20)(?:\d\s?\d)|\d\s?\d)\s{0,2}[-+;A-FU-Y]\s{0,2}\d\s?\d\s?\d\s?[0-9A-Z]`)},
	// Swedish number, as it stands in papers of people from Sweden.
	{kind: IdentityCode, needs: digits, weak: 20, is: expr(`(?:19|20)?\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]|[67]\d|8\d|9[01])\s?[-+]\s?\d{4}`)},
	{kind: Email, needs: "@(［[", is: expr(
		`[\pL\d][\pL\d._%+'-]*(?:@|\s@\s|\s?[(\[]\s?(?:at|a|ät|@)\s?[)\]]\s?)[\pL\d-]+(?:(?:\.|\s?[(\[]\s?(?:dot|piste|punkt|\.)\s?[)\]]\s?)[\pL\d-]+)+`)},
	{kind: Email, needs: "aäAÄ", is: expr(
		`[\pL\d][\pL\d._%+-]*\s(?:at|ät|miukumauku|snabel-a)\s[\pL\d-]+(?:\s(?:dot|piste|punkt)\s[\pL\d-]+)+`)},
	{kind: URL, needs: ":.", loose: true, is: expr(`(?:h(?:tt|xx)ps?\s?:\s?/\s?/|www\s?\.)\s?[^\s<>"]+`)},
	{kind: URL, needs: ".", is: expr(
		`(?:[\pL\d-]+\.)+(?:fi|com|net|org|info|eu|se|ee|ru|no|dk|de|uk|io|me|ly|gg|app|dev|shop|online|site|xyz|chat|link|biz|tv|cc|to|onion)(?:[/?#:][^\s<>"]*)?`), good: domain},
	{kind: IP, needs: ".", is: expr(`\d{1,3}(?:\s?(?:\.|\[\.\]|\(\.\))\s?\d{1,3}){3}`), good: fourBytes},
	{kind: IP, needs: ":", is: expr(`[0-9a-f:]*:[0-9a-f:.]*:[0-9a-f:.]*(?:%[a-z0-9]+)?`), loose: true, good: sixteenBytes},
	{kind: MAC, needs: ":-", is: expr(`(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}`)},
	{kind: MAC, needs: ".", is: expr(`[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}`), good: func(s string) bool { return strings.ContainsAny(s, digits) }},
	{kind: Coordinates, needs: ".,", is: expr(
		`(?:[NS]\s?)?[-+]?\d{1,2}[.,]\d{3,}\s?°?(?:\s?[NSP]\b)?\s?(?:[,;/]|\s)\s?(?:[EWI]\s?)?[-+]?\d{1,3}[.,]\d{3,}(?:\s?°)?(?:\s?[EWI]\b)?`)},
	{kind: Coordinates, needs: "°", loose: true, is: expr(
		`(?:[NS]\s?)?\d{1,2}\s?°\s?\d{1,2}(?:[.,]\d+)?\s?'?(?:\s?\d{1,2}(?:[.,]\d+)?\s?(?:"|''))?\s?[NSP]?\s?[,;/]?\s?(?:[EWI]\s?)?\d{1,3}\s?°\s?\d{1,2}(?:[.,]\d+)?\s?'?(?:\s?\d{1,2}(?:[.,]\d+)?\s?(?:"|''))?\s?[EWI]?`)},
	{kind: Coordinates, needs: "=:", is: expr(`[NP]\s?[=:]\s?\d{7}\s?[,;/]?\s?[EI]\s?[=:]\s?\d{6,8}`)},
	{kind: Coordinates, needs: "/", loose: true, is: expr(`///\s?[\pL-]+\.[\pL-]+\.[\pL-]+`)},
	{kind: HealthCard, needs: digits, is: expr(`80\s?\d\s?\d\s?\d(?:[\s-]?\d){15}`)},
	// Lines that machines read (ICAO 9303), and the Finnish passport's own shape.
	{kind: Passport, needs: "<", loose: true, is: expr(`[PIAC][A-Z<][A-Z]{3}[A-Z<]{5,}<{2,}[A-Z<]*|[A-Z0-9<]{20,46}`), good: func(s string) bool { return strings.Contains(s, "<") }},
	{kind: Passport, needs: digits, weak: 25, is: regexp.MustCompile(`[A-Z]{2}\s?[0-9]{7}|[A-Z]{2}[0-9]{3} [0-9]{4}`)},
	{kind: Phone, needs: "+", weak: -1, is: expr(`\+\s?\(?\d(?:[\s./()-]{0,3}\d){6,14}`)},
	{kind: Phone, needs: "0", weak: 5, is: expr(`00\s?[1-9](?:[\s./()-]{0,3}\d){7,13}`)},
	{kind: Phone, needs: "3", weak: 30, is: expr(`358(?:[\s()-]{0,2}\d){7,11}`)},
	{kind: Phone, needs: "0", weak: 30, is: expr(`\(?0[1-9]\d{0,3}\)?(?:\s?-\s?|[\s/.]|)\d(?:(?:\s?-\s?|[\s/.]|)\d){3,9}`), good: national},
	{kind: BusinessID, needs: digits, is: expr(`\d{7}\s?-\s?\d|FI\s?-?\d{8}`)},
	{kind: Handle, needs: "@", is: expr(`@[\pL\d_][\pL\d_.]{2,}`)},
	{kind: Handle, needs: ":=@ ", is: expr(
		`(?:telegram|instagram|insta|ig|snapchat|snap|tiktok|facebook|fb|discord|messenger|kik|wechat|viber|skype|signal|linkedin|vk)\pL{0,6}\s?(?:-?(?:tunnus|tili|nimi|käyttäjä|konto|namn|user|id|handle|account|name|profiili|profil)\pL*\s?)?(?:\s(?:on|is|är|nimellä|som|as)\s|\s?[:=]\s?)\s?@?[\pL\d_][\pL\d_.]{2,}`)},
	{kind: Handle, needs: "_0123456789", is: expr(
		`(?:telegram|instagram|insta|ig|snapchat|snap|tiktok|facebook|fb|discord|messenger|kik|wechat|viber|skype|signal|linkedin|vk)\pL{0,6}[\s,-]{1,2}(?:\pL+\s){0,3}[\pL\d.]*[\pL][\pL.]*[_\d][\pL\d_.]*`)},
	{kind: BirthDate, needs: digits, weak: 30, is: expr(`(?:0?[1-9]|[12]\d|3[01])\s?[./-]\s?(?:0?[1-9]|1[0-2])\s?[./-]\s?(?:19[3-9]\d|200\d|201[0-2])`)},
	{kind: BirthDate, needs: digits, weak: 30, is: expr(`(?:19[3-9]\d|200\d|201[0-2])-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])`)},
}

// shapes gives what the rules above, accounts and addresses find.
func shapes(p passage) []span {
	var found []span
	for _, r := range shapeRules {
		if !strings.ContainsAny(p.text, r.needs) {
			continue
		}
		places := p.all
		if r.loose {
			places = func(re *regexp.Regexp) [][]int { return re.FindAllStringIndex(p.text, -1) }
		}
		for _, at := range places(r.is) {
			if from, to := at[0], at[1]; r.good == nil || r.good(p.text[from:to]) {
				found = append(found, span{kind: r.kind, from: from, to: to, far: r.weak})
			}
		}
	}
	return append(append(found, accounts(p)...), addresses(p)...)
}

func fourBytes(s string) bool {
	a, err := netip.ParseAddr(strings.NewReplacer("[.]", ".", "(.)", ".", " ", "").Replace(s))
	return err == nil && a.Is4() || strings.Count(s, ".") == 3 && !strings.Contains(s, " ") && err != nil
}

func sixteenBytes(s string) bool {
	a, err := netip.ParseAddr(strings.TrimRight(s, ".:"))
	if err != nil {
		a, err = netip.ParseAddr(s)
	}
	return err == nil && a.Is6() && len(s) > 2
}

// domain lets abbreviations and file names pass that only look like one.
func domain(s string) bool {
	host, _, path := strings.Cut(s, "/")
	label, _, _ := strings.Cut(host, ".")
	return path || utf8.RuneCountInString(label) > 1
}

var (
	dateLike  = regexp.MustCompile(`^(?:0[1-9]|[12]\d|3[01])\s?[-/. ]\s?(?:0?[1-9]|1[0-2])\s?[-/. ]\s?(?:19|20)\d\d$`)
	clockLike = regexp.MustCompile(`^(?:[01]\d|2[0-4])[ .]?[0-5]\d\s?-\s?(?:[01]\d|2[0-4])[ .]?[0-5]\d$`)
	// dayLike is a short date with more dates or times behind it.
	dayLike = regexp.MustCompile(`^0[1-9]\.(?:0?[1-9]|1[0-2])\.(?:\s|-|$)`)
)

// national tells a Finnish number from dates, times and numbers of five digits and less.
func national(s string) bool {
	n := len(onlyDigits(s))
	return n >= 7 && n <= 12 && !dateLike.MatchString(s) && !clockLike.MatchString(s) && !dayLike.MatchString(s)
}

// short is what everybody may write: emergency and harmonised European numbers.
var short = regexp.MustCompile(`^(?:112|116\s?\d\s?\d\s?\d)$`)

// lawful is where numbers and dates are those of laws.
var lawful = expr(`(?:\d{1,4}/(?:19|20)\d{2}|(?:19|20)\d{2}/\d{1,4}|HE\s\d{1,3}/(?:19|20)\d{2}(?:\svp)?|RP\s\d{1,3}/(?:19|20)\d{2}(?:\srd)?)`)

// lawWords are words beside which a date is a law's.
var lawWords = words(`(?:laki|lain|laissa|lakia|laista|asetus|asetuksen|asetusta|asetuksessa|säädös|säädetty|direktiiv\pL*|annettu|voimaan|lag|lagen|förordning|förordningen|direktiv\pL*|trädde|träder|utfärdad\pL*|given|act|law|decree|directive|regulation|force|enacted|amended|adopted|säädökset|kumottu|upphävd\pL*|repealed)`)

// allowed gives the parts of a text that are a law's number, or a date beside a law.
func allowed(p passage) []span {
	var list []span
	for _, at := range p.all(lawful) {
		list = append(list, span{from: at[0], to: at[1]})
	}
	near := p.all(lawWords)
	if len(near) == 0 {
		return list
	}
	for _, at := range dates.FindAllStringIndex(p.text, -1) {
		if _, ok := nearest(p, near, at[0], at[1]); ok {
			list = append(list, span{from: at[0], to: at[1]})
		}
	}
	return list
}
