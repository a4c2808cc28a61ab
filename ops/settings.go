package ops

import (
	"errors"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
)

// Setting is one line of the README's table.
type Setting struct {
	Name    string // of the environment variable
	Default string // as a person reads it
	Meaning string
}

// Settings lists all settings in the order of Config.
func Settings() []Setting {
	var list []Setting
	for _, f := range fields(reflect.TypeFor[Config]()) {
		shown := f.Tag.Get("shown")
		if shown == "" {
			shown = f.Tag.Get("envDefault")
		}
		list = append(list, Setting{f.Tag.Get("env"), shown, f.Tag.Get("meaning")})
	}
	return list
}

// SettingsTable renders Settings as a Markdown table.
func SettingsTable() string {
	var b strings.Builder
	b.WriteString("| setting | default | meaning |\n|---|---|---|\n")
	for _, s := range Settings() {
		b.WriteString("| `" + s.Name + "` | " + s.Default + " | " + s.Meaning + " |\n")
	}
	return b.String()
}

// fields gives the fields that are settings, those of the groups too.
func fields(t reflect.Type) []reflect.StructField {
	var list []reflect.StructField
	for i := range t.NumField() {
		f := t.Field(i)
		switch {
		case f.Tag.Get("env") != "":
			list = append(list, f)
		case f.Type.Kind() == reflect.Struct:
			list = append(list, fields(f.Type)...)
		}
	}
	return list
}

// longest is the longest text of a setting in bytes.
const longest = 8192

// complete checks what is given by the tags and fills in what is not, in the form that the fields
// are parsed from: a number of seconds gets its unit, on and off become what Go reads.
func complete(given map[string]string, root bool) (map[string]string, []error) {
	values, faults := map[string]string{}, []error(nil)
	for _, f := range fields(reflect.TypeFor[Config]()) {
		name := f.Tag.Get("env")
		value := strings.TrimSpace(given[name])
		if value == "" {
			value = f.Tag.Get("envDefault")
		}
		if name == "DATA_DIR" && value == "" {
			value = dataDir(given, root)
		}
		if code := fault(f, value); code != "" {
			faults = append(faults, SettingError{name, code})
			continue
		}
		switch {
		case f.Type.Kind() == reflect.Bool:
			value = strconv.FormatBool(value == "on")
		case f.Type.Kind() == reflect.Slice:
			value = strings.ReplaceAll(value, " ", "")
		case f.Tag.Get("unit") != "":
			value += f.Tag.Get("unit")
		}
		values[name] = value
	}
	return values, faults
}

// fault gives the code of what is wrong with one value by its tags, "" when nothing is.
func fault(f reflect.StructField, value string) string {
	if len(value) > longest || strings.ContainsRune(value, 0) {
		return TooLarge
	}
	if choice := f.Tag.Get("choice"); choice != "" && value != "" && !slices.Contains(strings.Split(choice, ","), value) {
		return NotAChoice
	}
	if f.Type == reflect.TypeFor[time.Time]() && value != "" {
		if _, err := time.Parse(time.RFC3339, value); err != nil {
			return NotAnInstant
		}
	}
	if f.Tag.Get("max") == "" {
		return ""
	}
	if strings.Trim(value, "0123456789") != "" {
		return NotANumber
	}
	n, err := strconv.ParseInt(value, 10, 64)
	least, _ := strconv.ParseInt(f.Tag.Get("min"), 10, 64)
	most, _ := strconv.ParseInt(f.Tag.Get("max"), 10, 64)
	if err != nil || n < least || n > most {
		return OutOfRange
	}
	return ""
}

// unreadable names the settings whose fields could not be parsed; the parser's own words quote
// values, so they are dropped.
func unreadable(err error) []error {
	names := map[string]string{}
	for _, f := range fields(reflect.TypeFor[Config]()) {
		names[f.Name] = f.Tag.Get("env")
	}
	var all env.AggregateError
	if !errors.As(err, &all) {
		return []error{errors.New("read settings: the parser failed")}
	}
	var faults []error
	for _, one := range all.Errors {
		var parse env.ParseError
		if errors.As(one, &parse) && parse.Name == "TrustedProxies" {
			faults = append(faults, SettingError{names[parse.Name], NotANetwork})
		} else if errors.As(one, &parse) && parse.Name == "Lanes" {
			faults = append(faults, SettingError{names[parse.Name], NotARule})
		} else {
			faults = append(faults, SettingError{names[parse.Name], NotAChoice})
		}
	}
	return faults
}
