package codes

import (
	"bytes"
	"encoding/csv"
	"errors"
	"reflect"
	"strings"
	"testing"

	"adviceline/helpline/strict"
)

func TestListsAreSound(t *testing.T) {
	t.Parallel()
	lists := All()
	if len(lists) != 46 {
		t.Errorf("%d lists, want the 45 of the data and citizenship", len(lists))
	}
	for name, l := range lists {
		if l.Name() != name {
			t.Errorf("list %s calls itself %s", name, l.Name())
		}
		seen := map[string]bool{}
		for _, code := range l.Codes() {
			if seen[code] || !l.Has(code) {
				t.Errorf("%s: %s comes twice or is not found", name, code)
			}
			seen[code] = true
			for _, lang := range []string{"fi", "sv", "en"} {
				if l.Label(code, lang) == "" {
					t.Errorf("%s: %s has no %s label", name, code, lang)
				}
			}
		}
		if l.Has("") || l.Has("no_such_code") || l.Label("no_such_code", "fi") != "" || l.Label(l.Codes()[0], "de") != "" {
			t.Errorf("%s knows a code or language that it does not hold", name)
		}
	}
}

// TestScalarListsKeepClearOfMissing: a code of MissingValue on a list of its own would make two
// answers one.
func TestScalarListsKeepClearOfMissing(t *testing.T) {
	t.Parallel()
	for _, l := range []*List{ContactRole, OrganisationKind, OutcomeChannel, Language, Topic, Urgency, Matter, Assessment, ExploitationForm,
		Sector, PlaceScope, PlaceSetting, AgeGroup, Sex, Citizenship, Persons, InterpreterState} {
		for _, code := range MissingValue.Codes() {
			if l.Has(code) {
				t.Errorf("%s holds %s as its own", l.Name(), code)
			}
		}
	}
}

func TestEveryFileHasAVariable(t *testing.T) {
	t.Parallel()
	named := []*List{
		AgeGroup, Asks, Assessment, CallbackResult, OutcomeChannel, ChaseAction, ConsentItem, ConsentState, ContactRole,
		DangerClose, DeclineReason, DestinationKind, DisclosureGround, Duty, EndReason, ExploitationForm, Indicator,
		InterpreterState, Lane, Language, LeaveKind, Matter, MissingValue, OfferDecline, OrganisationKind, Outcome,
		PauseReason, Persons, PlaceScope, PlaceSetting, ProposalDecision, ReceiptVia, ReferralState, Sector, Sex, Topic,
		Urgency, Citizenship, RoleGroup, TopicGroup, OutcomeGroup, FormGroup, PlaceGroup, AgeClass, LanguageGroup, OrganisationGroup,
	}
	lists := All()
	for _, l := range named {
		if lists[l.Name()] != l {
			t.Errorf("%s is not of All", l.Name())
		}
		delete(lists, l.Name())
	}
	for name := range lists {
		t.Errorf("%s has no variable", name)
	}
}

// TestGroups: whoever is printed in a group of organisations stands beside at least two other kinds.
func TestGroups(t *testing.T) {
	t.Parallel()
	for name, by := range groups {
		sizes := map[string]int{}
		for _, code := range All()[name].Codes() {
			sizes[All()[name].Group(code)]++
		}
		for _, group := range All()[by].Codes() {
			if least := map[string]int{"organisation_group": 3}[by]; sizes[group] < max(1, least) {
				t.Errorf("%s: %s groups %d codes of %s", by, group, sizes[group], name)
			}
		}
	}
	if Topic.Groups() != "topic_group" || Sex.Groups() != "" || Sex.Group("female") != "" || Topic.Group("no_such_code") != "" {
		t.Error("groups of lists")
	}
	if _, err := parse("topic", "code,en,fi,sv,source,group\na,b,c,d,,E\n"); !errors.Is(err, errList) {
		t.Errorf("a group that is no code: %v", err)
	}
}

func TestMalformedListIsRefused(t *testing.T) {
	t.Parallel()
	const head = "code,en,fi,sv,source\n"
	for name, text := range map[string]string{
		"empty": "", "no rows": head, "header": "code,fi,en,sv,source\na,b,c,d,\n", "columns": head + "a,b,c\n",
		"twice": head + "a,b,c,d,\na,b,c,d,\n", "label": head + "a,b, ,d,\n", "code": head + "A-1,b,c,d,\n",
		"no code": head + ",b,c,d,\n", "quote": head + "a,\"b,c,d,\n",
	} {
		_, err := parse("x", text)
		var syntax *csv.ParseError
		if !errors.Is(err, errList) && !errors.As(err, &syntax) {
			t.Errorf("%s: %v", name, err)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a list without data does not stop the start")
		}
	}()
	list("no_such_list")
}

const full = `{"role":"self","organisation":"not_applicable","channel":"webchat","language":"fi","topic":"is_it_trafficking",` +
	`"urgency":"soon","matter":"new","assessment":"likely","exploitation_form":"labour","forms":["sexual","labour_domestic"],` +
	`"sector":"berry_farm","place_scope":"fi_only","place_setting":"workplace","age_group":"a18_29","sex":"female",` +
	`"citizenship":"other_eu","persons":"p2_4","indicators":["deception","vulnerability"],"interpreter":"asked",` +
	`"destination":["nas","police"],"outcome":["advice_given","info_given"]}`

func TestDecodeAnswers(t *testing.T) {
	t.Parallel()
	a, err := DecodeAnswers([]byte(full))
	if err != nil {
		t.Fatal(err)
	}
	if got := string(Canonical(a)); got != full {
		t.Errorf("canonical form changed:\n%s\n%s", got, full)
	}
	v := reflect.ValueOf(a)
	for i := range v.NumField() {
		if v.Field(i).IsZero() {
			t.Errorf("%s is not covered", v.Type().Field(i).Name)
		}
	}
	least, err := DecodeAnswers([]byte(` {"role":"", "forms":[], "outcome":["misuse"]} `))
	if err != nil || string(Canonical(least)) != `{"outcome":["misuse"]}` {
		t.Errorf("least: %s, %v", Canonical(least), err)
	}
	if string(Canonical(Answers{})) != `{"outcome":[]}` {
		t.Error("canonical form of nothing")
	}
}

func TestDecodeAnswersRefuses(t *testing.T) {
	t.Parallel()
	eleven := `["` + strings.Join(Indicator.Codes()[:11], `","`) + `"]`
	six := `["` + strings.Join(Outcome.Codes()[:6], `","`) + `"]`
	for in, want := range map[string]error{
		`{}`:                              Invalid{"outcome", Required},
		`{"outcome":[]}`:                  Invalid{"outcome", Required},
		`{"outcome":["input_w"]}`:         Invalid{"outcome", UnknownCode},
		`{"outcome":["unknown"]}`:         Invalid{"outcome", UnknownCode},
		`{"outcome":[""]}`:                Invalid{"outcome", UnknownCode},
		`{"outcome":` + six + `}`:         Invalid{"outcome", TooMany},
		`{"outcome":["misuse","misuse"]}`: Invalid{"outcome", Repeated},
		`{"indicators":` + eleven + `,"outcome":["misuse"]}`: Invalid{"indicators", TooMany},
		`{"role":"input_w","outcome":["misuse"]}`:            Invalid{"role", UnknownCode},
		`{"role":"SELF","outcome":["misuse"]}`:               Invalid{"role", UnknownCode},
		`{"persons":"labour","outcome":["misuse"]}`:          Invalid{"persons", UnknownCode},
		`{"note":"input_w","outcome":["misuse"]}`:            strict.ErrUnknownField,
		`{"outcome":"misuse"}`:                               strict.ErrWrongType,
		`{"role":null,"outcome":["misuse"]}`:                 strict.ErrWrongType,
		`[]`:                                                 strict.ErrMalformed,
	} {
		a, err := DecodeAnswers([]byte(in))
		if !errors.Is(err, want) || !reflect.DeepEqual(a, Answers{}) {
			t.Errorf("%s: %v, want %v", in, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "input_w") {
			t.Errorf("error echoes the input: %v", err)
		}
	}
}

func TestEveryScalarTakesMissingAndRefusesUnknown(t *testing.T) {
	t.Parallel()
	kind := reflect.TypeFor[Answers]()
	for i := range kind.NumField() {
		name, _, _ := strings.Cut(kind.Field(i).Tag.Get("json"), ",")
		for _, code := range append(MissingValue.Codes(), "no_such_code") {
			a := Answers{Outcome: []string{"misuse"}}
			want := error(Invalid{name, UnknownCode})
			if f := reflect.ValueOf(&a).Elem().Field(i); f.Kind() == reflect.String {
				f.SetString(code)
				if code != "no_such_code" {
					want = nil
				}
			} else {
				f.Set(reflect.ValueOf([]string{"no_such_code"}))
			}
			if err := Validate(a); !errors.Is(err, want) {
				t.Errorf("%s %s: %v", name, code, err)
			}
		}
	}
}

func FuzzAnswers(f *testing.F) {
	f.Add([]byte(full))
	f.Add([]byte(`{"outcome":["misuse"]}`))
	f.Add([]byte(`{"role":"unknown","outcome":["misuse","misuse"]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := DecodeAnswers(data)
		if err != nil {
			var invalid Invalid
			var problem strict.Problem
			if !errors.As(err, &invalid) && !errors.As(err, &problem) {
				t.Fatalf("error without a code: %v", err)
			}
			return
		}
		text := Canonical(a)
		again, err := DecodeAnswers(text)
		if err != nil || !bytes.Equal(Canonical(again), text) {
			t.Fatalf("%s: %v", text, err)
		}
	})
}

func BenchmarkDecodeAnswers(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := DecodeAnswers([]byte(full)); err != nil {
			b.Fatal(err)
		}
	}
}
