package strict

import (
	"reflect"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Problem says why an object was refused, in words of ours alone.
type Problem struct {
	// Code is one of the codes of the sentinels below.
	Code string
	// Field is the dotted path of our own field at fault ("callback.windows.from"), or the
	// nearest one around it, or empty. It never holds a name that the input brought along.
	Field string
}

// Error gives code and field.
func (p Problem) Error() string {
	if p.Field == "" {
		return "decode object: " + p.Code
	}
	return "decode object: " + p.Code + " in " + p.Field
}

// Is matches the sentinel of the same code, whatever the field.
func (p Problem) Is(target error) bool {
	t, ok := target.(Problem)
	return ok && t.Code == p.Code && (t.Field == "" || t.Field == p.Field)
}

// The sentinels: compare with errors.Is.
var (
	// ErrTooLarge: more than MaxBytes.
	ErrTooLarge = Problem{Code: "too_large"}
	// ErrMalformed: not one JSON object in clean UTF-8.
	ErrMalformed = Problem{Code: "malformed"}
	// ErrTooDeep: nested deeper than MaxDepth.
	ErrTooDeep = Problem{Code: "too_deep"}
	// ErrDuplicateField: a key came twice.
	ErrDuplicateField = Problem{Code: "duplicate_field"}
	// ErrUnknownField: a key that is none of ours; Field is the object around it.
	ErrUnknownField = Problem{Code: "unknown_field"}
	// ErrWrongType: a value of another type than the field's, out of its range, or null.
	ErrWrongType = Problem{Code: "wrong_type"}
)

// fieldOf walks a JSON pointer down our own types and gives the dotted names of the fields that
// it meets. It stops at the first token that is no field of a struct and no index of a list:
// keys of maps belong to the input.
func fieldOf(into any, pointer jsontext.Pointer) string {
	var path []string
	t := reflect.TypeOf(into)
	for token := range pointer.Tokens() {
		for t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		switch t.Kind() {
		case reflect.Slice, reflect.Array:
			t = t.Elem()
		case reflect.Struct:
			f, ok := member(t, token)
			if !ok {
				return strings.Join(path, ".")
			}
			path = append(path, token)
			t = f
		default:
			return strings.Join(path, ".")
		}
	}
	return strings.Join(path, ".")
}

// member gives the type of the struct's field of that JSON name, embedded structs included.
func member(t reflect.Type, name string) (reflect.Type, bool) {
	for _, f := range reflect.VisibleFields(t) {
		if !f.IsExported() {
			continue
		}
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if tag == "-" || (f.Anonymous && tag == "") {
			continue
		}
		if tag == name || (tag == "" && f.Name == name) {
			return f.Type, true
		}
	}
	return nil, false
}
