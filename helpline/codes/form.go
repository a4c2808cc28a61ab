package codes

import "slices"

// Field is one question of the outcome form.
type Field struct {
	Name   string      `json:"name"` // of Answers, as JSON
	List   string      `json:"list"`
	Many   bool        `json:"many,omitempty"`
	Victim bool        `json:"victim,omitempty"` // about a possible victim
	When   []Condition `json:"when,omitempty"`   // all must hold, or the question is not put
}

// Condition holds while an earlier field has one of the codes, or with Not while it has another.
type Condition struct {
	Field string   `json:"field"`
	Codes []string `json:"codes"`
	Not   bool     `json:"not,omitempty"`
}

// Without a case there is nothing to assess; whoever speaks for nobody has no organisation.
var (
	noCase   = []string{"training", "general_info", "media_stats", "feedback", "off_topic", "silent"}
	sent     = []string{"authority", "ngo", "private_org", "legal_counsel", "foreign_partner"}
	common   = []string{"fi", "sv", "en"}
	byWork   = []string{"labour", "labour_domestic", "other", "unclear"}
	fresh    = []string{"new", "unsure"}
	perhaps  = []string{"likely", "related", "unclear"}
	ofCase   = []Condition{{Field: "topic", Codes: noCase, Not: true}}
	ofVictim = []Condition{{Field: "topic", Codes: noCase, Not: true}, {Field: "matter", Codes: fresh}, {Field: "assessment", Codes: perhaps}}
)

// Form is the outcome form: at most eight questions for an ordinary contact, by role and topic. Those
// about a possible victim come only with a matter that is new or unsure; none of them must be answered,
// as no evidence may be asked for. Outcome alone is required.
var Form = []Field{
	{Name: "topic", List: "topic"},
	{Name: "matter", List: "matter", When: ofCase},
	{Name: "assessment", List: "assessment", When: ofCase},
	{Name: "role", List: "contact_role"},
	{Name: "organisation", List: "organisation_kind", When: []Condition{{Field: "role", Codes: sent}}},
	{Name: "language", List: "language"},
	{Name: "interpreter", List: "interpreter_state", When: []Condition{{Field: "language", Codes: append([]string{""}, common...), Not: true}}},
	{Name: "outcome", List: "outcome", Many: true},
	{Name: "exploitation_form", List: "exploitation_form", Victim: true, When: ofVictim},
	{Name: "sector", List: "sector", Victim: true, When: append(slices.Clone(ofVictim), Condition{Field: "exploitation_form", Codes: byWork})},
	{Name: "place_scope", List: "place_scope", Victim: true, When: ofVictim},
	{Name: "age_group", List: "age_group", Victim: true, When: ofVictim},
	{Name: "sex", List: "sex", Victim: true, When: ofVictim},
	{Name: "citizenship", List: "citizenship", Victim: true, When: ofVictim},
	{Name: "persons", List: "persons", Victim: true, When: ofVictim},
	{Name: "indicators", List: "indicator", Many: true, Victim: true, When: ofVictim},
}

// Least drops what is not to be known: everything about a possible victim of a matter that was counted
// before or has no signs, and the organisation of somebody who speaks for none. What is never recorded
// can neither be reused nor demanded.
func Least(a Answers) Answers {
	if a.Matter == "continued" || a.Assessment == "unlikely" {
		a.ExploitationForm, a.Forms, a.Sector, a.PlaceScope, a.PlaceSetting = "", nil, "", "", ""
		a.AgeGroup, a.Sex, a.Citizenship, a.Persons, a.Indicators = "", "", "", "", nil
	}
	switch a.Role {
	case "self", "relative_friend", "coworker", "bystander":
		a.Organisation = ""
	}
	return a
}

// Speaks tells whether a contact speaks of a possible victim whose matter is to be counted: signs of
// trafficking or of other exploitation, or something told of the person while nobody knows yet; and a
// matter that is not known to be continued (privacy.md, "From outcome to number").
func (a Answers) Speaks() bool {
	if a.Matter == "continued" {
		return false
	}
	switch a.Assessment {
	case "likely", "related":
		return true
	case "unlikely":
		return false
	}
	for _, code := range []string{a.ExploitationForm, a.Sector, a.PlaceScope, a.AgeGroup, a.Sex, a.Citizenship, a.Persons} {
		if code != "" && !MissingValue.Has(code) {
			return true
		}
	}
	return len(a.Indicators) > 0
}
