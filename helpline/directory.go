package helpline

import (
	"encoding/csv"
	"io"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Receiver is a service that referrals go to: one line of the directory. Nothing in it is about a person
// who was helped. The names of its fields on the wire are those of Open Referral's HSDS 3.0.
type Receiver struct {
	ID           string   // 1 to 40 of a-z, 0-9 and -
	Organization string   // organization.name
	Name         string   // service.name
	Kind         string   // destination, of the list destination_kind
	Phone        string   // phone.number: the one-time code is told to this number, and to no other
	Email        string   // service.email
	URL          string   // service.url
	Languages    []string // language.code
	Areas        []string // service_area.name
	MinimumAge   int      // service.minimum_age; 0: none
	MaximumAge   int      // service.maximum_age; 0: none
	Schedule     []OpenHours
	Status       string    // service.status: active, inactive
	Alert        string    // service.alert
	Assured      time.Time // service.assured_date: when somebody last confirmed the line
}

// OpenHours is a time of the week in which a service is open, in Finland's time.
type OpenHours struct {
	Day         time.Weekday
	Opens, Shut int // minutes of the day; Shut is 1440 at midnight, and above it the next morning
}

// Zone is the zone of opening hours.
const Zone = "Europe/Helsinki"

// MaxReceivers is how many lines the directory may have.
const MaxReceivers = 2000

// The codes of the directory.
const (
	// ErrBrokenDirectory says that a file is no directory: its first line, a value or a line twice.
	ErrBrokenDirectory Code = "broken_directory"
	// ErrUnknownReceiver says that a receiver is not in the directory, or not active.
	ErrUnknownReceiver Code = "unknown_receiver"
)

// OpenAt tells whether the service is open at an instant. Without hours nobody knows: false.
func (r Receiver) OpenAt(at time.Time) bool {
	zone, err := time.LoadLocation(Zone)
	if err != nil || r.Status != active {
		return false
	}
	local := at.In(zone)
	minute := local.Hour()*60 + local.Minute()
	return slices.ContainsFunc(r.Schedule, func(o OpenHours) bool {
		if o.Day == local.Weekday() {
			return minute >= o.Opens && minute < o.Shut
		}
		return (o.Day+1)%7 == local.Weekday() && minute+day < o.Shut
	})
}

const (
	active = "active"
	day    = 24 * 60
)

// directoryFields is the first line of the file, in its order.
var directoryFields = []string{
	"service.id", "organization.name", "service.name", "taxonomy_term.code", "phone.number", "service.email", "service.url",
	"language.code", "service_area.name", "service.minimum_age", "service.maximum_age", "schedule", "service.status",
	"service.alert", "service.assured_date",
}

// DirectoryFields gives the names of the file's fields, in order.
func DirectoryFields() []string { return slices.Clone(directoryFields) }

// DirectoryFault says which line of a file is at fault, and which field.
type DirectoryFault struct {
	Line  int
	Field string
}

// Error tells the line and the field, never a value.
func (f DirectoryFault) Error() string {
	return "line " + strconv.Itoa(f.Line) + ", " + f.Field + ": " + string(ErrBrokenDirectory)
}

// Where gives the field, and its line where it has one: "service.email in line 3".
func (f DirectoryFault) Where() string {
	if f.Line == 0 {
		return f.Field
	}
	return f.Field + " in line " + strconv.Itoa(f.Line)
}

// Unwrap gives ErrBrokenDirectory.
func (f DirectoryFault) Unwrap() error { return ErrBrokenDirectory }

// ReadDirectory reads a file of comma-separated values whose first line names directoryFields, in any
// order; others are refused. kind and language tell the codes that are known. A file with any fault gives
// nothing but a DirectoryFault.
func ReadDirectory(r io.Reader, kind, language func(code string) bool) ([]Receiver, error) {
	in := csv.NewReader(r)
	head, err := in.Read()
	if err != nil || len(head) != len(directoryFields) {
		return nil, DirectoryFault{1, "fields"}
	}
	at := map[string]int{}
	for i, name := range head {
		name = strings.TrimPrefix(strings.TrimSpace(name), "\ufeff")
		if !slices.Contains(directoryFields, name) {
			return nil, DirectoryFault{1, "fields"}
		}
		at[name] = i
	}
	if len(at) != len(directoryFields) {
		return nil, DirectoryFault{1, "fields"}
	}
	var all []Receiver
	seen := map[string]bool{}
	for line := 2; ; line++ {
		row, err := in.Read()
		if err == io.EOF {
			return all, nil
		}
		if err != nil || len(all) == MaxReceivers {
			return nil, DirectoryFault{line, "line"}
		}
		value := func(name string) string { return uncell(row[at[name]]) }
		x, field := receiverOf(value, kind, language)
		if field == "" && seen[x.ID] {
			field = "service.id"
		}
		if field != "" {
			return nil, DirectoryFault{line, field}
		}
		seen[x.ID] = true
		all = append(all, x)
	}
}

// ReadReceiver reads one line by the names of its fields, as a file has them. A value that is none gives a
// DirectoryFault without a line.
func ReadReceiver(value func(field string) string, kind, language func(code string) bool) (Receiver, error) {
	r, field := receiverOf(func(name string) string { return strings.TrimSpace(value(name)) }, kind, language)
	if field != "" {
		return Receiver{}, DirectoryFault{0, field}
	}
	return r, nil
}

// receiverOf reads one line; field is the first one at fault.
func receiverOf(value func(string) string, kind, language func(string) bool) (r Receiver, field string) {
	r = Receiver{
		ID: value("service.id"), Organization: value("organization.name"), Name: value("service.name"),
		Kind: value("taxonomy_term.code"), Phone: value("phone.number"), Email: value("service.email"), URL: value("service.url"),
		Languages: many(value("language.code")), Areas: many(value("service_area.name")), Status: value("service.status"),
		Alert: value("service.alert"),
	}
	var ages, hours, assured bool
	r.MinimumAge, ages = age(value("service.minimum_age"))
	r.MaximumAge, assured = age(value("service.maximum_age"))
	ages = ages && assured && (r.MaximumAge == 0 || r.MinimumAge <= r.MaximumAge)
	r.Schedule, hours = ReadSchedule(value("schedule"))
	when, err := time.Parse(time.DateOnly, value("service.assured_date"))
	r.Assured = when
	for _, c := range []struct {
		field string
		good  bool
	}{
		{"service.id", slug(r.ID)}, {"organization.name", words(r.Organization, 1, 120)}, {"service.name", words(r.Name, 1, 120)},
		{"taxonomy_term.code", kind(r.Kind)}, {"phone.number", dialable(r.Phone)}, {"service.email", mailable(r.Email)},
		{"service.url", r.URL == "" || strings.HasPrefix(r.URL, "https://") && words(r.URL, 9, 200)},
		{"language.code", len(r.Languages) <= 40 && !slices.ContainsFunc(r.Languages, func(l string) bool { return !language(l) })},
		{"service_area.name", len(r.Areas) <= 40 && words(strings.Join(r.Areas, ";"), 0, 1000)}, {"service.minimum_age", ages},
		{"schedule", hours}, {"service.status", r.Status == active || r.Status == "inactive"},
		{"service.alert", words(r.Alert, 0, 400)}, {"service.assured_date", err == nil},
	} {
		if !c.good {
			return Receiver{}, c.field
		}
	}
	return r, ""
}

// WriteDirectory writes what ReadDirectory reads.
func WriteDirectory(w io.Writer, all []Receiver) error {
	out := csv.NewWriter(w)
	if err := out.Write(directoryFields); err != nil {
		return err
	}
	for _, r := range all {
		row := []string{
			r.ID, r.Organization, r.Name, r.Kind, r.Phone, r.Email, r.URL, strings.Join(r.Languages, ";"), strings.Join(r.Areas, ";"),
			ageText(r.MinimumAge), ageText(r.MaximumAge), ScheduleText(r.Schedule), r.Status, r.Alert, r.Assured.Format(time.DateOnly),
		}
		for i := range row {
			row[i] = cell(row[i])
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// cell keeps a spreadsheet from taking a value for a formula; uncell takes it back.
func cell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r'", rune(s[0])) {
		return "'" + s
	}
	return s
}

func uncell(s string) string {
	if len(s) > 1 && s[0] == '\'' && strings.ContainsRune("=+-@\t\r'", rune(s[1])) {
		return s[1:]
	}
	return strings.TrimSpace(s)
}

func many(s string) []string {
	var list []string
	for part := range strings.SplitSeq(s, ";") {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	return list
}

func age(s string) (int, bool) {
	if s == "" {
		return 0, true
	}
	n, err := strconv.Atoi(s)
	return n, err == nil && n > 0 && n <= 120
}

func ageText(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func slug(s string) bool {
	return s != "" && len(s) <= 40 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

func words(s string, least, most int) bool {
	n := utf8.RuneCountInString(s)
	return n >= least && n <= most && utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}

func dialable(s string) bool {
	return s == "" || len(s) <= 40 && strings.ContainsAny(s, "0123456789") && strings.Trim(s, "0123456789+()- ") == ""
}

func mailable(s string) bool {
	if s == "" {
		return true
	}
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && len(s) <= 254
}
