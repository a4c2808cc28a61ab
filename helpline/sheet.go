package helpline

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Sheet is a small table that supervisors keep as a whole: canned replies, targets. A row has as many cells as
// the sheet has columns.
type Sheet struct {
	Name    string
	Columns []string
	Most    int // rows
	check   func(row []string) bool
}

// The sheets. Canned: language, title, text. Targets: name, seconds.
var sheets = []Sheet{
	{Name: "canned", Columns: []string{"language", "title", "text"}, Most: 200, check: func(r []string) bool {
		return language(r[0]) && long(r[1], 1, 60) && long(r[2], 1, 1000)
	}},
	{Name: "targets", Columns: []string{"name", "seconds"}, Most: len(targets), check: func(r []string) bool {
		n, err := strconv.Atoi(r[1])
		return slices.Contains(targets, r[0]) && err == nil && strconv.Itoa(n) == r[1] && n >= 5 && n <= 86_400
	}},
}

// The targets: the wait within which an answered chat counts for the service level, and the wait at which the
// board's tile warns.
const (
	TargetChat  = "chat"
	TargetAlarm = "alarm"
)

var targets = []string{TargetChat, TargetAlarm}

func language(code string) bool {
	return len(code) >= 2 && len(code) <= 3 && strings.Trim(code, "abcdefghijklmnopqrstuvwxyz") == ""
}

func long(s string, least, most int) bool {
	n := utf8.RuneCountInString(strings.TrimSpace(s))
	return n >= least && n <= most
}

// SheetOf finds a sheet by its name.
func SheetOf(name string) (Sheet, bool) {
	i := slices.IndexFunc(sheets, func(s Sheet) bool { return s.Name == name })
	if i < 0 {
		return Sheet{}, false
	}
	return sheets[i], true
}

// ErrSheetRefused says that a row of a sheet is not one that it takes, or that there are too many.
const ErrSheetRefused Code = "sheet_refused"

// Check holds rows against the sheet. ErrSheetRefused: too many rows, or a cell that it does not take; the first
// columns of targets come once.
func (s Sheet) Check(rows [][]string) error {
	if len(rows) > s.Most {
		return ErrSheetRefused
	}
	seen := map[string]bool{}
	for _, r := range rows {
		if len(r) != len(s.Columns) || !s.check(r) || s.Name == "targets" && seen[r[0]] {
			return ErrSheetRefused
		}
		seen[r[0]] = true
	}
	return nil
}
