package strict_test

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"adviceline/helpline/strict"
)

type window struct {
	From string `json:"from"`
	To   string `json:"to"`
}

type frame struct {
	Type    string           `json:"type"`
	V       int              `json:"v,omitzero"`
	Text    string           `json:"text,omitzero"`
	Flag    *bool            `json:"flag,omitzero"`
	Windows []window         `json:"windows,omitzero"`
	After   map[string]int64 `json:"after,omitzero"`
	Any     any              `json:"any,omitzero"`
	Pad     strict.Pad       `json:"pad,omitzero"`
}

func TestDecodeAccepts(t *testing.T) {
	t.Parallel()
	var f frame
	in := ` {"type":"say","v":2,"text":"hyv\u00e4 \ud83d\ude00 null \\u0000","flag":false,
		"windows":[{"from":"a","to":"b"}],"after":{"x":3},"any":[1,"n"],"pad":"    "} `
	if err := strict.Decode([]byte(in), &f); err != nil {
		t.Fatal(err)
	}
	if f.Text != "hyvä 😀 null \\u0000" || f.V != 2 || *f.Flag || f.After["x"] != 3 || f.Windows[0].To != "b" {
		t.Fatalf("got %+v", f)
	}
	if name, err := strict.Type([]byte(in)); err != nil || name != "say" {
		t.Fatalf("type %q, %v", name, err)
	}
	deepest := `{"any":` + strings.Repeat("[", 7) + strings.Repeat("]", 7) + `}`
	if err := strict.Decode([]byte(deepest), &frame{}); err != nil {
		t.Fatalf("depth 8: %v", err)
	}
	full := `{"text":"` + strings.Repeat("a", strict.MaxBytes-11) + `"}`
	if err := strict.Decode([]byte(full), &frame{}); err != nil || len(full) != strict.MaxBytes {
		t.Fatalf("largest (%d): %v", len(full), err)
	}
}

var refused = []struct {
	name, in string
	want     strict.Problem
	field    string
}{
	{"empty", ``, strict.ErrMalformed, ""},
	{"spaces", `  `, strict.ErrMalformed, ""},
	{"array", `[]`, strict.ErrMalformed, ""},
	{"string", `"type"`, strict.ErrMalformed, ""},
	{"null", `null`, strict.ErrMalformed, ""},
	{"open", `{"type":"say"`, strict.ErrMalformed, ""},
	{"open string", `{"type":"say\"}`, strict.ErrMalformed, ""},
	{"open escape", `{"type":"\`, strict.ErrMalformed, ""},
	{"crossed", `{"any":[}]`, strict.ErrMalformed, ""},
	{"trailing", `{} x`, strict.ErrMalformed, ""},
	{"two objects", `{}{}`, strict.ErrMalformed, ""},
	{"trailing comma", `{"v":1,}`, strict.ErrMalformed, ""},
	{"comment", `{/**/}`, strict.ErrMalformed, ""},
	{"single quotes", `{'v':1}`, strict.ErrMalformed, ""},
	{"unknown", `{"secret-from-input":1}`, strict.ErrUnknownField, ""},
	{"unknown inside", `{"windows":[{"from":"a"},{"secret-from-input":1}]}`, strict.ErrUnknownField, "windows"},
	{"case", `{"Type":"say"}`, strict.ErrUnknownField, ""},
	{"twice", `{"v":1,"v":1}`, strict.ErrDuplicateField, "v"},
	{"twice escaped", `{"v":1,"\u0076":1}`, strict.ErrDuplicateField, "v"},
	{"twice in map", `{"after":{"secret-from-input":1,"secret-from-input":1}}`, strict.ErrDuplicateField, "after"},
	{"number for text", `{"text":1}`, strict.ErrWrongType, "text"},
	{"text for number", `{"v":"1"}`, strict.ErrWrongType, "v"},
	{"fraction", `{"v":1.0}`, strict.ErrWrongType, "v"},
	{"exponent", `{"v":1e2}`, strict.ErrWrongType, "v"},
	{"overflow", `{"v":99999999999999999999}`, strict.ErrWrongType, "v"},
	{"map value", `{"after":{"secret-from-input":"x"}}`, strict.ErrWrongType, "after"},
	{"object for list", `{"windows":{}}`, strict.ErrWrongType, "windows"},
	{"deep field", `{"windows":[{"to":true}]}`, strict.ErrWrongType, "windows.to"},
	{"null field", `{"text":null}`, strict.ErrWrongType, "text"},
	{"null pointer", `{"flag":null}`, strict.ErrWrongType, "flag"},
	{"null inside", `{"windows":[{"from":null}]}`, strict.ErrWrongType, "windows.from"},
	{"null and unknown", `{"secret-from-input":null}`, strict.ErrUnknownField, ""},
	{"pad type", `{"pad":1}`, strict.ErrWrongType, "pad"},
	{"lone high", `{"text":"\ud83d"}`, strict.ErrMalformed, ""},
	{"lone low", `{"text":"\ude00 x"}`, strict.ErrMalformed, ""},
	{"invalid utf-8", "{\"text\":\"\xff\"}", strict.ErrMalformed, ""},
	{"invalid utf-8 key", "{\"\xc3\":1}", strict.ErrMalformed, ""},
	{"surrogate bytes", "{\"text\":\"\xed\xa0\x80\"}", strict.ErrMalformed, ""},
	{"bom", "\xef\xbb\xbf{}", strict.ErrMalformed, ""},
	{"nul raw", "{\"text\":\"\x00\"}", strict.ErrMalformed, ""},
	{"nul outside", "{\x00}", strict.ErrMalformed, ""},
	{"nul after", "{}\x00", strict.ErrMalformed, ""},
	{"nul escaped", `{"text":"a\u0000"}`, strict.ErrMalformed, ""},
	{"nul in pad", `{"pad":"\u0000"}`, strict.ErrMalformed, ""},
	{"lone surrogate in pad", `{"pad":"\udc00"}`, strict.ErrMalformed, ""},
	{"nul in key", `{"\u0000":1}`, strict.ErrMalformed, ""},
	{"control", "{\"text\":\"\n\"}", strict.ErrMalformed, ""},
	{"too deep", `{"any":` + strings.Repeat("[", 8) + strings.Repeat("]", 8) + `}`, strict.ErrTooDeep, ""},
	{"too large", `{"text":"` + strings.Repeat("a", strict.MaxBytes-10) + `"}`, strict.ErrTooLarge, ""},
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range refused {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var f frame
			err := strict.Decode([]byte(c.in), &f)
			var p strict.Problem
			if !errors.As(err, &p) || !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if p.Field != c.field {
				t.Fatalf("field %q, want %q", p.Field, c.field)
			}
			if strings.Contains(err.Error(), "secret-from-input") {
				t.Fatalf("error echoes the input: %v", err)
			}
		})
	}
}

func TestDecodeIntoNothing(t *testing.T) {
	t.Parallel()
	var p strict.Problem
	if err := strict.Decode([]byte(`{}`), frame{}); err == nil || errors.As(err, &p) {
		t.Fatalf("a fault of ours is told as the client's: %v", err)
	}
}

func TestType(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{"type":"say"}`: "say",
		`{"v":1,"x":{"type":"no"},"type" : "got_it"}`: "got_it",
		`{"x":"type","type":"say"}`:                   "say",
		`{}`:                                          "",
		`{"x":"type"}`:                                "",
		`{"type":1,"x":"say"}`:                        "",
		`{"type":["say"]}`:                            "",
		`{"type":"Say"}`:                              "",
		`{"type":""}`:                                 "",
		`{"type":"say","type":"say"}`:                 "",
		`{"type":"say"}]`:                             "",
		`{"type":"say"]`:                              "",
		`["type","say"]`:                              "",
		`{"type":"` + strings.Repeat("a", 33) + `"}`: "",
	} {
		got, err := strict.Type([]byte(in))
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%s: got %q, %v", in, got, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, c := range refused {
		f.Add([]byte(c.in))
	}
	f.Add([]byte(`{"type":"say","v":2,"text":"\ud83d\ude00","flag":false,"windows":[{"from":"a","to":"b"}],"after":{"x":3},"any":{"a":[true]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		kept := bytes.Clone(data)
		var one, two frame
		name, typeErr := strict.Type(data)
		err := strict.Decode(data, &one)
		if !bytes.Equal(kept, data) {
			t.Fatal("input changed")
		}
		if err != nil {
			var p strict.Problem
			if !errors.As(err, &p) || p == (strict.Problem{}) {
				t.Fatalf("error without a code: %v", err)
			}
			return
		}
		if typeErr == nil && one.Type != name {
			t.Fatalf("Type says %q, Decode %q", name, one.Type)
		}
		again, err := json.Marshal(one, json.Deterministic(true))
		if err != nil {
			t.Fatal(err)
		}
		if err := strict.Decode(again, &two); err != nil && !errors.Is(err, strict.ErrTooLarge) {
			t.Fatalf("%s: %v", again, err)
		} else if err == nil && !reflect.DeepEqual(one, two) {
			t.Fatalf("%+v became %+v", one, two)
		}
	})
}

var say = []byte(`{"type":"say","text":"Onko tämä ihmiskauppaa? Työnantaja pitää passini.","v":1,"pad":"` + strings.Repeat(" ", 400) + `"}`)

func BenchmarkDecode(b *testing.B) {
	b.ReportAllocs()
	b.SetBytes(int64(len(say)))
	for b.Loop() {
		var f frame
		if err := strict.Decode(say, &f); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkType(b *testing.B) {
	b.ReportAllocs()
	b.SetBytes(int64(len(say)))
	for b.Loop() {
		if _, err := strict.Type(say); err != nil {
			b.Fatal(err)
		}
	}
}
