// Package codes holds the code lists: the only values that the wire, the ledger and the outcome
// log know. The lists are data (data/*.csv: code, en, fi, sv, source, and for some group), parsed
// and checked when the program starts; a malformed list stops it there, not at the first contact that needs it.
// Codes are neutral to language; labels are for pages and reports.
package codes

import (
	"embed"
	"encoding/csv"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

//go:embed data/*.csv
var data embed.FS

// citizenshipCSV has no file: the published plan of tables fixes these three values.
const citizenshipCSV = `code,en,fi,sv,source
finland,Finland,Suomi,Finland,
other_eu,Other EU country,Muu EU-maa,Annat EU-land,
other,Other country,Muu maa,Annat land,
`

// Languages of the labels, in the order of the data's columns.
var languages = [...]string{"en", "fi", "sv"}

// List is one code list: its codes in the order of the data, and their labels. It never changes
// after the start and is safe for concurrent use.
type List struct {
	name  string
	codes []string
	row   map[string][len(languages)]string
	group map[string]string // nil: the list has no groups
}

// Name gives the list's name, that of its file: "contact_role".
func (l *List) Name() string { return l.name }

// Has tells whether code is on the list, to the letter.
func (l *List) Has(code string) bool {
	_, ok := l.row[code]
	return ok
}

// Codes gives a copy of the codes, in the order of the list.
func (l *List) Codes() []string { return slices.Clone(l.codes) }

// Label gives the code's label in "fi", "sv" or "en"; empty for another language or code.
func (l *List) Label(code, lang string) string {
	i := slices.Index(languages[:], lang)
	if i < 0 {
		return ""
	}
	return l.row[code][i]
}

// Group gives the group that statistics count the code in, a code of the list of groups (Groups);
// empty for an unknown code and where the list has none.
func (l *List) Group(code string) string { return l.group[code] }

// Groups names the list whose codes group those of a list, empty for a list that is not grouped.
func (l *List) Groups() string { return groups[l.name] }

// groups is which list groups which.
var groups = map[string]string{
	"contact_role": "role_group", "topic": "topic_group", "outcome": "outcome_group", "exploitation_form": "form_group",
	"place_scope": "place_group", "age_group": "age_class", "language": "language_group",
	"organisation_kind": "organisation_group",
}

// All gives every list by its name, in a map of the caller's own.
func All() map[string]*List { return maps.Clone(all) }

var errList = errors.New("malformed code list")

// parse reads one list. It refuses another header, no rows, a code that is not 1 to 32 of a-z,
// 0-9 and _, a code that comes twice and an empty label.
func parse(name, text string) (*List, error) {
	r := csv.NewReader(strings.NewReader(text))
	r.FieldsPerRecord = 0
	rows, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("parse list %s: %w", name, err)
	}
	header := append(append([]string{"code"}, languages[:]...), "source")
	if groups[name] != "" {
		header = append(header, "group")
	}
	if len(rows) < 2 || !slices.Equal(rows[0], header) {
		return nil, fmt.Errorf("parse list %s: header or rows: %w", name, errList)
	}
	l := &List{name: name, row: make(map[string][len(languages)]string, len(rows)-1), group: map[string]string{}}
	for _, row := range rows[1:] {
		code, labels := row[0], [len(languages)]string(row[1:1+len(languages)])
		if !wellFormed(code) || l.Has(code) || slices.ContainsFunc(labels[:], blank) {
			return nil, fmt.Errorf("parse list %s: code %q: %w", name, code, errList)
		}
		if groups[name] != "" {
			if !wellFormed(row[len(row)-1]) {
				return nil, fmt.Errorf("parse list %s: group of %q: %w", name, code, errList)
			}
			l.group[code] = row[len(row)-1]
		}
		l.codes = append(l.codes, code)
		l.row[code] = labels
	}
	return l, nil
}

func blank(label string) bool { return strings.TrimSpace(label) == "" }

func wellFormed(code string) bool {
	for _, c := range code {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return len(code) >= 1 && len(code) <= 32
}
