// Package phone decides which telephone numbers the house calls back. It reads what people type,
// E.164 or national, and gives the one form in which a number is sealed, marked and dialled.
package phone

import (
	"slices"
	"strings"
	"sync"

	"github.com/nyaruka/phonenumbers"

	"adviceline/helpline"
)

// Countries are those that are called by default: Finland, its neighbours, the rest of the European
// Economic Area, Switzerland, the United Kingdom and Ukraine, where people of the line come from and
// where calls cost what calls cost.
func Countries() []string {
	return strings.Fields("FI AX SE NO DK EE LV LT PL DE NL BE FR ES PT IT AT CZ SK HU RO BG GR HR SI IE LU MT CY IS LI CH GB UA")
}

// Rule is what a line accepts. Safe for concurrent use.
type Rule struct {
	own       []string // numbers of the house itself
	countries []string
}

// NewRule takes the countries as ISO 3166 codes (none: Countries) and the line's own numbers, as people
// write them, which nobody can have called.
func NewRule(countries []string, own ...string) *Rule {
	if len(countries) == 0 {
		countries = Countries()
	}
	r := &Rule{countries: countries}
	for _, text := range own {
		if n, err := phonenumbers.Parse(text, home); err == nil {
			r.own = append(r.own, phonenumbers.Format(n, phonenumbers.E164))
		}
	}
	return r
}

const (
	// home is the country of a number without a country code.
	home = "FI"
	// longest is more than anybody needs to write a number.
	longest = 40
)

// Read gives the E.164 form of a number that the line calls, and whether others may share it: a
// switchboard's. Only mobile, fixed and Finnish company numbers (UAN) of a listed country are; short
// numbers, premium, free, satellite and the line's own are not, nor is anything that is no number. All
// of those are the one error helpline.ErrNumberRefused.
func (r *Rule) Read(text string) (number string, shared bool, err error) {
	text = strings.TrimSpace(text)
	if text == "" || len(text) > longest || strings.Trim(text, "0123456789+()-./ \u00a0\u2010\u2011\u2012\u2013") != "" {
		return "", false, helpline.ErrNumberRefused
	}
	lock.Lock()
	defer lock.Unlock()
	n, err := phonenumbers.Parse(text, home)
	if err != nil || !phonenumbers.IsValidNumber(n) || n.GetExtension() != "" {
		return "", false, helpline.ErrNumberRefused
	}
	number = phonenumbers.Format(n, phonenumbers.E164)
	region := phonenumbers.GetRegionCodeForNumber(n)
	if !slices.Contains(r.countries, region) || slices.Contains(r.own, number) {
		return "", false, helpline.ErrNumberRefused
	}
	switch phonenumbers.GetNumberType(n) {
	case phonenumbers.MOBILE:
		return number, false, nil
	case phonenumbers.FIXED_LINE, phonenumbers.FIXED_LINE_OR_MOBILE:
		return number, true, nil
	case phonenumbers.UAN:
		if region == home {
			return number, true, nil
		}
	}
	return "", false, helpline.ErrNumberRefused
}

// lock keeps to one the goroutines in the library: its first use of a country fills tables of its own.
var lock sync.Mutex
