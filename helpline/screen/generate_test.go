package screen

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// draw makes passages of one type in one language out of a seed: the same seed, the same passages.
type draw struct{ *rand.Rand }

func (d draw) of(list ...string) string { return list[d.IntN(len(list))] }

func (d draw) n(digits int) string {
	var b strings.Builder
	for range digits {
		b.WriteByte(byte('0' + d.IntN(10)))
	}
	return b.String()
}

func (d draw) letters(n int) string {
	var b strings.Builder
	for range n {
		b.WriteByte(byte('A' + d.IntN(26)))
	}
	return b.String()
}

// spaced cuts digits into groups as people do.
func (d draw) spaced(s string) string {
	sep := d.of(" ", " ", "", "-")
	if sep == "" {
		return s
	}
	var parts []string
	for len(s) > 4 {
		k := 2 + d.IntN(3)
		parts, s = append(parts, s[:k]), s[k:]
	}
	return strings.Join(append(parts, s), sep)
}

func (d draw) day() (day, month, year int) { return 1 + d.IntN(28), 1 + d.IntN(12), 1940 + d.IntN(70) }

func (d draw) identity() string {
	day, month, year := d.day()
	sign := d.of("-", "-", "-", "Y", "X", "W", "V", "U", "+", ";", "–")
	if year >= 2000 {
		sign = d.of("A", "A", "B", "C", "D", "E", "F")
	}
	gap := d.of("", "", "", " ")
	s := fmt.Sprintf("%02d%02d%02d%s%s%s%s%s", day, month, year%100, gap, sign, gap, d.n(3), d.of(strings.Split("0123456789ABCDEFHJKLMNPRSTUVWXY", "")...))
	if d.IntN(4) == 0 {
		s = strings.ToLower(s)
	}
	return s
}

func (d draw) iban() string {
	code := d.of("FI", "FI", "FI", "SE", "EE", "DE", "GB", "LT", "PL", "RO", "NL", "UA")
	body := d.n(ibanLength[code] - 4)
	if code == "GB" || code == "RO" || code == "NL" {
		body = d.letters(4) + body[4:]
	}
	s := code + d.n(2) + body
	if d.IntN(2) == 0 {
		var parts []string
		for ; len(s) > 4; s = s[4:] {
			parts = append(parts, s[:4])
		}
		s = strings.Join(append(parts, s), " ")
	}
	if d.IntN(5) == 0 {
		s = strings.ToLower(s)
	}
	return s
}

func (d draw) abroad() string {
	cc := d.of("358", "358", "46", "372", "44", "49", "380", "40", "371", "7", "234", "66")
	body := d.spaced(fmt.Sprint(1+d.IntN(9)) + d.n(7+d.IntN(2)))
	switch d.IntN(5) {
	case 0:
		return "00" + cc + " " + body
	case 1:
		return "+" + cc + body
	case 2:
		return "+" + cc + " (0)" + body
	default:
		return "+" + cc + " " + body
	}
}

func (d draw) national() string {
	switch d.IntN(4) {
	case 0:
		return "0" + d.of("9", "2", "14", "17", "19", "8") + " " + d.spaced(fmt.Sprint(1+d.IntN(9))+d.n(6))
	case 1:
		return "0" + d.of("4", "5") + d.n(8)
	default:
		return "0" + d.of("40", "41", "44", "45", "46", "50", "400") + d.of(" ", "-", " - ") + d.spaced(fmt.Sprint(1+d.IntN(9))+d.n(6))
	}
}

var digitWords = map[string][]string{
	"fi": strings.Fields("nolla yksi kaksi kolme neljä viisi kuusi seitsemän kahdeksan yhdeksän"),
	"sv": strings.Fields("noll ett två tre fyra fem sex sju åtta nio"),
	"en": strings.Fields("zero one two three four five six seven eight nine"),
}

func (d draw) spelled(lang string) string {
	var words []string
	for _, c := range "04" + d.n(8) {
		words = append(words, digitWords[lang][c-'0'])
	}
	return strings.Join(words, d.of(" ", " ", ", ", "-"))
}

func (d draw) email() string {
	return strings.ToLower(d.letters(2+d.IntN(6))) + d.of("", ".", "_", "-", "+") + strings.ToLower(d.letters(3)) + d.of("", d.n(2)) +
		d.of("@", "@", "@", "@", " @ ", "(at)", " [at] ") + strings.ToLower(d.letters(3+d.IntN(5))) + d.of(".fi", ".com", ".co.uk", ".se", ".invalid")
}

func (d draw) ip() string {
	if d.IntN(3) == 0 {
		parts := make([]string, 8)
		for i := range parts {
			parts[i] = fmt.Sprintf("%x", 1+d.IntN(65535))
		}
		if d.IntN(2) == 0 {
			return strings.Join(parts[:2], ":") + "::" + strings.Join(parts[6:], ":")
		}
		return strings.Join(parts, ":")
	}
	return fmt.Sprintf("%d.%d.%d.%d", d.IntN(256), d.IntN(256), d.IntN(256), d.IntN(256))
}

func (d draw) mac() string {
	parts := make([]string, 6)
	for i := range parts {
		parts[i] = fmt.Sprintf("%02x", d.IntN(256))
	}
	s := strings.Join(parts, d.of(":", "-"))
	return d.of(s, strings.ToUpper(s))
}

func (d draw) url() string {
	return d.of("https://", "http://", "www.", "") + strings.ToLower(d.letters(5)) + d.of(".fi", ".com", ".net", ".org") + "/" +
		strings.ToLower(d.letters(4)) + d.of("", "?id="+d.n(5), "/"+d.n(3))
}

func (d draw) coordinates() string {
	lat, lon := 59+d.IntN(11), 20+d.IntN(11)
	switch d.IntN(3) {
	case 0:
		return fmt.Sprintf("%d°%02d'%02d\"N %d°%02d'%02d\"E", lat, d.IntN(60), d.IntN(60), lon, d.IntN(60), d.IntN(60))
	default:
		return fmt.Sprintf("%d.%s%s %d.%s", lat, d.n(5), d.of(",", "", ";"), lon, d.n(5))
	}
}

func (d draw) born(lang string) string {
	day, month, year := d.day()
	switch d.IntN(5) {
	case 0:
		return fmt.Sprintf("%d-%02d-%02d", year, month, day)
	case 1:
		return fmt.Sprintf("%d/%d/%d", day, month, year)
	case 2:
		return fmt.Sprintf(map[string]string{"fi": "%d. %sta %d", "sv": "%d %s %d", "en": "%d %s %d"}[lang], day, monthWords[lang][month-1], year)
	case 3:
		return fmt.Sprintf("%d.%d.%02d", day, month, year%100)
	default:
		return fmt.Sprintf("%d.%d.%d", day, month, year)
	}
}

var monthWords = map[string][]string{
	"fi": strings.Fields("tammikuu helmikuu maaliskuu huhtikuu toukokuu kesäkuu heinäkuu elokuu syyskuu lokakuu marraskuu joulukuu"),
	"sv": strings.Fields("januari februari mars april maj juni juli augusti september oktober november december"),
	"en": strings.Fields("January February March April May June July August September October November December"),
}

var streets = map[string][]string{
	"fi": strings.Fields("Hämeentie Mannerheimintie Koulukatu Rantakatu Kirkkokuja Lehtikuusentie Satamakatu Niittypolku Torikatu Kalevankatu Rantaraitti Myllykatu Aleksanterinkatu Pihlajatie Koivukuja Puistotie Asematie Linnankatu Yliopistonkatu Itäkatu"),
	"sv": strings.Fields("Storgatan Skolgatan Kyrkovägen Strandgatan Björkstigen Hamngatan Nylandsgatan Parkvägen Esplanadgatan Rådhusgatan Lindgränden Kustvägen Fabriksgatan Slottsgatan Museigatan"),
	"en": {"High Street", "Station Road", "Church Lane", "Park Avenue", "Mill Road", "Green Lane", "King Street", "Harbour Road", "Victoria Street", "West Road"},
}

func (d draw) street(lang string) string {
	s, n := d.of(streets[lang]...), fmt.Sprint(1+d.IntN(150))
	if lang == "en" {
		return n + " " + s
	}
	return s + " " + n + d.of("", "", " A", " b", " B 12", " C "+d.n(2))
}

var givenOf = map[string][]string{
	"fi": strings.Fields("Aino Maria Matti Juhani Eeva Tiina Pekka Laura Mikko Hanna Ahmed Fatima Olga Sergei Linh Meri Toivo Onni Satu Oiva Somchai Blessing Thu Zenebech Arjun"),
	"sv": strings.Fields("Anna Karin Björn Johan Sofie Lars Ingrid Erik Maria Anders Ahmed Fatima Olga Sergei Linh Dag Siv Stig Ulla-Maj Tove Somchai Blessing Thu Zenebech Arjun"),
	"en": strings.Fields("Mary John Sarah David Emily James Linda Michael Grace Rose Ahmed Fatima Olga Sergei Linh Joy Mark Hope Will Precious Somchai Blessing Thu Zenebech Arjun"),
}

var familyOf = map[string][]string{
	"fi": strings.Fields("Virtanen Korhonen Mäkinen Laine Hakala Ojala Nurmi Rautio Peltola Kivelä Haapala Tikka"),
	"sv": strings.Fields("Lindström Nyman Karlsson Söderholm Backman Westö Höglund Sandvik Enckell Fagernäs"),
	"en": strings.Fields("Smith Taylor Okafor Mensah Nguyen Walker Brown Haddad Petrenko Osei Rahman Clarke"),
}

func (d draw) called(lang string) string {
	first, family := d.of(givenOf[lang]...), d.of(familyOf[lang]...)
	return d.of(first+" "+family, first+" "+family, first, family)
}

func (d draw) plate() string {
	s := d.letters(3) + d.of("-", "-", "-", " ", "") + d.n(3)
	return d.of(s, s, s, strings.ToLower(d.letters(3))+"-"+d.n(3))
}

// value gives something of a type as a person in that language writes it.
func (d draw) value(kind, lang string) string {
	switch kind {
	case IdentityCode:
		return d.identity()
	case IBAN:
		return d.iban()
	case Email:
		return d.email()
	case IP:
		return d.ip()
	case "phone_international":
		return d.abroad()
	case "phone_national":
		return d.national()
	case "phone_spelled":
		return d.spelled(lang)
	case BusinessID:
		return d.of(d.n(7)+"-"+d.n(1), d.n(7)+"-"+d.n(1), "FI"+d.n(8), d.n(8), d.n(7)+" - "+d.n(1))
	case Passport:
		return d.of(d.letters(2)+d.n(7), strings.ToLower(d.letters(2))+d.n(7), d.n(9), d.letters(1)+d.n(8), d.n(2)+d.letters(2)+d.n(5))
	case HealthCard:
		return d.of("80246"+d.n(15), "80246 "+d.n(5)+" "+d.n(5)+" "+d.n(5), d.n(12))
	case PermitNumber:
		return d.of(d.letters(2)+d.n(7), d.n(9), d.letters(1)+d.n(8), d.n(8))
	case CustomerNumber:
		return d.of(d.n(6), d.n(8), d.letters(2)+"-"+d.n(6), d.n(4)+"-"+d.n(4))
	case Plate:
		return d.plate()
	case Handle:
		return d.of("@", "@") + strings.ToLower(d.letters(5)) + d.of("", "_", ".") + d.n(2)
	case MAC:
		return d.mac()
	case URL:
		return d.url()
	case Coordinates:
		return d.coordinates()
	case BirthDate:
		return d.born(lang)
	case Address:
		return d.street(lang)
	default:
		return d.called(lang)
	}
}
