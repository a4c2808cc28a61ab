package codes

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"strings"
)

// firstLineCSV is code, reviewed, text. Reviewed is "house" for what the house itself writes and "no" for
// what no speaker of the language has read yet. Edo, Inari Sámi and Skolt Sámi have none: nobody here
// can write them.
//
//go:embed first_line.csv
var firstLineCSV string

// FirstLine is how a person is greeted whose language nobody on duty speaks.
type FirstLine struct {
	Text     string
	Reviewed bool
}

var firstLines = mustFirstLines(firstLineCSV)

// FirstLineIn gives the greeting in the first of the languages that has one, and which that is; in English
// where none has.
func FirstLineIn(languages ...string) (code string, line FirstLine) {
	for _, code := range append(languages, "en") {
		if l, ok := firstLines[code]; ok {
			return code, l
		}
	}
	return "", FirstLine{}
}

// mustFirstLines reads the data. A malformed one stops the program at its start.
func mustFirstLines(text string) map[string]FirstLine {
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		panic(fmt.Errorf("read first lines: %w", err))
	}
	out := make(map[string]FirstLine, len(rows))
	for _, r := range rows[1:] {
		_, twice := out[r[0]]
		if !Language.Has(r[0]) || twice || blank(r[2]) || r[1] != "house" && r[1] != "no" {
			panic(fmt.Errorf("read first line %q: %w", r[0], errList))
		}
		out[r[0]] = FirstLine{Text: r[2], Reviewed: r[1] == "house"}
	}
	return out
}
