package screen

import (
	"cmp"
	"slices"
	"strings"
)

// The types of findings, as the wire writes them.
const (
	IdentityCode   = "personal_identity_code"
	Phone          = "phone"
	IBAN           = "iban"
	BusinessID     = "business_id"
	Passport       = "passport"
	HealthCard     = "health_card"
	PermitNumber   = "permit_number"
	CustomerNumber = "customer_number"
	Plate          = "plate"
	Email          = "email"
	Handle         = "handle"
	IP             = "ip"
	MAC            = "mac"
	URL            = "url"
	Coordinates    = "coordinates"
	BirthDate      = "birth_date"
	Address        = "address"
	Name           = "name"
)

// Types gives every type, the one that wins where two lie over each other first.
func Types() []string {
	return []string{
		IdentityCode, IBAN, Email, URL, IP, MAC, Coordinates, HealthCard, Passport, BusinessID, Phone, PermitNumber,
		CustomerNumber, BirthDate, Plate, Handle, Address, Name,
	}
}

// Finding says that something of a type lies from code point Start up to and without End of the
// original text. It never carries the text.
type Finding struct {
	Type  string `json:"type"`
	Start int    `json:"start"`
	End   int    `json:"end"`
}

// Screen is what one line allows. Safe for concurrent use.
type Screen struct{ own map[string]bool }

// houseNumber is the line's own number where nothing else is set.
const houseNumber = "+358 295 463 177"

// New makes a screen that lets the line's own numbers pass, as people write them.
func New(own ...string) *Screen {
	s := &Screen{own: map[string]bool{}}
	for _, n := range own {
		s.own[subscriber(n)] = true
	}
	return s
}

var house = New(houseNumber)

// Text screens a text with the line's usual number allowed: see Screen.Text.
func Text(text string) (redacted string, findings []Finding) { return house.Text(text) }

// Text gives the text with every finding replaced by its type in brackets, and the findings in order.
// They never touch each other. A text without findings comes back as it was.
func (s *Screen) Text(text string) (redacted string, findings []Finding) {
	p := normalise(text)
	for _, f := range merge(s.spans(p)) {
		findings = append(findings, Finding{f.kind, p.start(f.from), p.end(f.to)})
	}
	if len(findings) == 0 {
		return text, nil
	}
	var b strings.Builder
	at := 0
	for _, f := range findings {
		b.WriteString(string(p.runes[at:f.Start]))
		b.WriteString("[" + f.Type + "]")
		at = f.End
	}
	b.WriteString(string(p.runes[at:]))
	return b.String(), findings
}

// span is something found, in bytes of the normalised text. far is how far its word stands from it; for
// what needs no word, how far one may stand that says it is something else.
type span struct {
	kind     string
	from, to int
	far      int
}

func (a span) touches(b span) bool { return a.from < b.to && b.from < a.to }

// spans gives all that the rules find, and drops what is allowed.
func (s *Screen) spans(p passage) []span {
	found := shapes(p)
	found = append(found, near(p)...)
	found = append(found, spoken(p)...)
	found = append(found, names(p)...)
	laws := allowed(p)
	return slices.DeleteFunc(found, func(f span) bool {
		if f.kind == Phone && (s.own[subscriber(p.text[f.from:f.to])] || short.MatchString(p.text[f.from:f.to])) {
			return true
		}
		return slices.ContainsFunc(laws, func(l span) bool { return l.from <= f.from && f.to <= l.to })
	})
}

// merge makes spans that touch into one, of the type that wins: what has a shape of its own before what
// needs a word, then the nearer word, then the order of Types.
func merge(all []span) []span {
	rank := map[string]int{}
	for i, t := range Types() {
		rank[t] = i
	}
	slices.SortFunc(all, func(a, b span) int {
		return cmp.Or(cmp.Compare(a.far, b.far), cmp.Compare(rank[a.kind], rank[b.kind]), cmp.Compare(a.from, b.from))
	})
	var kept []span
	for _, f := range all {
		kept = absorb(kept, f)
	}
	slices.SortFunc(kept, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	return kept
}

// absorb adds f, which gives way to what is there: it only widens it. What then touches is one.
func absorb(kept []span, f span) []span {
	i := slices.IndexFunc(kept, f.touches)
	if i < 0 {
		return append(kept, f)
	}
	for {
		kept[i].from, kept[i].to = min(kept[i].from, f.from), max(kept[i].to, f.to)
		j := slices.IndexFunc(kept, func(o span) bool { return o != kept[i] && o.touches(kept[i]) })
		if j < 0 {
			return kept
		}
		first, second := min(i, j), max(i, j)
		f, i = kept[second], first
		kept = slices.Delete(kept, second, second+1)
	}
}

// subscriber gives the digits of a Finnish number without the country's code or zero.
func subscriber(number string) string {
	digits := onlyDigits(number)
	for _, prefix := range []string{"00358", "358"} {
		if rest, ok := strings.CutPrefix(digits, prefix); ok {
			digits = rest
			break
		}
	}
	return strings.TrimLeft(digits, "0")
}

func onlyDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}
