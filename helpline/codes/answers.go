package codes

import (
	"encoding/json"
	"fmt"
	"slices"

	"adviceline/helpline/strict"
)

const (
	// MaxOutcomes is how many outcomes one contact may have; it has at least one.
	MaxOutcomes = 5
	// MaxCodes is how many codes any other array of Answers may have.
	MaxCodes = 10
)

// Answers is an adviser's outcome form. Each field holds codes of the list that it is named
// after; an empty string or array is an answer not given. Scalars take the codes of MissingValue
// too. Only Outcome is required. Arrays are sets in the order in which the adviser chose; the
// order is kept.
type Answers struct {
	Role             string   `json:"role,omitempty"`
	Organisation     string   `json:"organisation,omitempty"`
	Channel          string   `json:"channel,omitempty"` // of OutcomeChannel
	Language         string   `json:"language,omitempty"`
	Topic            string   `json:"topic,omitempty"`
	Urgency          string   `json:"urgency,omitempty"`
	Matter           string   `json:"matter,omitempty"`
	Assessment       string   `json:"assessment,omitempty"`
	ExploitationForm string   `json:"exploitation_form,omitempty"` // the main form
	Forms            []string `json:"forms,omitempty"`             // further forms, of ExploitationForm
	Sector           string   `json:"sector,omitempty"`
	PlaceScope       string   `json:"place_scope,omitempty"`
	PlaceSetting     string   `json:"place_setting,omitempty"`
	AgeGroup         string   `json:"age_group,omitempty"`
	Sex              string   `json:"sex,omitempty"`
	Citizenship      string   `json:"citizenship,omitempty"`
	Persons          string   `json:"persons,omitempty"`
	Indicators       []string `json:"indicators,omitempty"`  // of Indicator
	Interpreter      string   `json:"interpreter,omitempty"` // of InterpreterState
	Destination      []string `json:"destination,omitempty"` // of DestinationKind
	Outcome          []string `json:"outcome"`               // 1 to MaxOutcomes
}

// Invalid says which field of Answers is at fault and why, never with which value.
type Invalid struct {
	Field string // the JSON name
	Code  string // required, unknown_code, too_many or repeated
}

// Error gives field and code.
func (i Invalid) Error() string { return "invalid answers: " + i.Code + " in " + i.Field }

// The codes of Invalid.
const (
	Required    = "required"
	UnknownCode = "unknown_code"
	TooMany     = "too_many"
	Repeated    = "repeated"
)

// Validate holds the answers against the lists; the error is an Invalid, the first fault
// met: single codes, then a missing outcome, then the arrays.
func Validate(a Answers) error {
	if err := a.scalars(); err != nil {
		return err
	}
	if len(a.Outcome) == 0 {
		return Invalid{Field: "outcome", Code: Required}
	}
	for _, f := range [...]struct {
		name  string
		codes []string
		list  *List
		most  int
	}{
		{"forms", a.Forms, ExploitationForm, MaxCodes},
		{"indicators", a.Indicators, Indicator, MaxCodes},
		{"destination", a.Destination, DestinationKind, MaxCodes},
		{"outcome", a.Outcome, Outcome, MaxOutcomes},
	} {
		if err := several(f.name, f.codes, f.list, f.most); err != nil {
			return err
		}
	}
	return nil
}

// scalars checks the single codes.
func (a Answers) scalars() error {
	for _, f := range [...]struct {
		name, code string
		list       *List
	}{
		{"role", a.Role, ContactRole}, {"organisation", a.Organisation, OrganisationKind},
		{"channel", a.Channel, OutcomeChannel}, {"language", a.Language, Language},
		{"topic", a.Topic, Topic}, {"urgency", a.Urgency, Urgency}, {"matter", a.Matter, Matter},
		{"assessment", a.Assessment, Assessment},
		{"exploitation_form", a.ExploitationForm, ExploitationForm}, {"sector", a.Sector, Sector},
		{"place_scope", a.PlaceScope, PlaceScope}, {"place_setting", a.PlaceSetting, PlaceSetting},
		{"age_group", a.AgeGroup, AgeGroup}, {"sex", a.Sex, Sex},
		{"citizenship", a.Citizenship, Citizenship}, {"persons", a.Persons, Persons},
		{"interpreter", a.Interpreter, InterpreterState},
	} {
		if f.code != "" && !f.list.Has(f.code) && !MissingValue.Has(f.code) {
			return Invalid{Field: f.name, Code: UnknownCode}
		}
	}
	return nil
}

func several(field string, codes []string, list *List, most int) error {
	if len(codes) > most {
		return Invalid{Field: field, Code: TooMany}
	}
	for i, code := range codes {
		if !list.Has(code) {
			return Invalid{Field: field, Code: UnknownCode}
		}
		if slices.Contains(codes[:i], code) {
			return Invalid{Field: field, Code: Repeated}
		}
	}
	return nil
}

// DecodeAnswers reads one form, strictly, and validates it. The error wraps a strict.Problem or
// an Invalid and holds nothing of the input.
func DecodeAnswers(data []byte) (Answers, error) {
	var a Answers
	if err := strict.Decode(data, &a); err != nil {
		return Answers{}, fmt.Errorf("decode answers: %w", err)
	}
	if err := Validate(a); err != nil {
		return Answers{}, fmt.Errorf("decode answers: %w", err)
	}
	return a, nil
}

// Canonical gives the one JSON text of the answers: fields in the order of the form, those not
// given left out, no spaces. Equal answers give equal bytes.
func Canonical(a Answers) []byte {
	if a.Outcome == nil {
		a.Outcome = []string{}
	}
	text, err := json.Marshal(a)
	if err != nil { // strings and arrays of strings always encode
		panic(fmt.Errorf("encode answers: %w", err))
	}
	return text
}
