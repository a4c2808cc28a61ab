package disclose

import (
	"slices"
	"sync"

	"adviceline/helpline/codes"
)

// The populations that tables count. Two tables of one population share their totals and margins.
const (
	Outcomes  = "outcomes"  // contacts whose outcome was recorded and flushed
	Contacts  = "contacts"  // contacts as the ledger knows them, closed
	Victims   = "victims"   // contacts that speak of a possible victim, new or unsure
	Referrals = "referrals" // hand-offs that ended
)

// NotKnown is the code of a dimension for everything that is not on its list: not asked, not known, not told,
// does not apply. It is printed like any other.
const NotKnown = "not_known"

// Dimension is one way to divide a population.
type Dimension struct {
	Name  string
	List  *codes.List // labels; nil where Codes have none but themselves
	Codes []string
}

// Table is one line of the plan: all that can ever be published of it is its cells and their sum.
type Table struct {
	Name       string
	Set        string // S, V or H
	Population string
	Dims       []Dimension // one or two
	Additive   bool        // its cells add up to the population
}

// Base gives the rounding base of the table.
func (t Table) Base(s Settings) int64 {
	if t.Set == "S" {
		return int64(s.BaseS)
	}
	return int64(s.BaseV)
}

// whole are the dimensions of which every contact has a code: a cell of what is not known would be empty for
// certain, and whoever knows that would know its figure.
var whole = map[string]bool{
	"outcome_group": true, "way": true, "lane": true, "hour_band": true, "weekday": true, "wait_bucket": true,
	"length_bucket": true, "fate": true, "turned_away": true, "days_open": true, "destination": true, "final_state": true,
}

// often are the languages that have a figure of their own; the others together are other.
var often = []string{"fi", "sv", "en", "ru", "uk", "ar", "so", "fa", "tr", "th", "vi", "other"}

// dimensions are all there are. Buckets are in minutes; a bucket's code names its lower end and the next one's.
var dimensions = sync.OnceValue(func() map[string]Dimension {
	all := map[string]Dimension{}
	add := func(name string, l *codes.List, own ...string) {
		list := own
		if list == nil {
			list = l.Codes()
		}
		list = slices.Clone(list)
		if !whole[name] {
			list = append(list, NotKnown)
		}
		all[name] = Dimension{Name: name, List: l, Codes: list}
	}
	add("channel", codes.OutcomeChannel)
	add("role_group", codes.RoleGroup)
	add("language", codes.Language, often...)
	add("language_group", codes.LanguageGroup)
	add("organisation_group", codes.OrganisationGroup)
	add("topic_group", codes.TopicGroup)
	add("assessment", codes.Assessment)
	add("outcome_group", codes.OutcomeGroup)
	add("interpreter", codes.InterpreterState)
	add("way", nil, "chat", "callback")
	add("lane", codes.Lane)
	add("hour_band", nil, "h00_05", "h06_11", "h12_17", "h18_23")
	add("weekday", nil, "mon", "tue", "wed", "thu", "fri", "sat", "sun")
	add("wait_bucket", nil, "m0_1", "m1_5", "m5_15", "m15_60", "m60_plus")
	add("length_bucket", nil, "m0_5", "m5_15", "m15_30", "m30_60", "m60_plus", "not_answered")
	add("fate", nil, "answered", "left", "missed")
	add("callback_result", codes.CallbackResult)
	add("turned_away", nil, "no", "yes")
	add("form_group", codes.FormGroup)
	add("sex", codes.Sex)
	add("age_group", codes.AgeGroup)
	add("age_class", codes.AgeClass)
	add("place_group", codes.PlaceGroup)
	add("sector", codes.Sector)
	add("citizenship", codes.Citizenship)
	add("indicator", codes.Indicator)
	add("persons", codes.Persons)
	add("destination", codes.DestinationKind)
	add("final_state", codes.ReferralState)
	add("days_open", nil, DaysOpen...)
	add("decline_reason", codes.DeclineReason)
	return all
})

// coarser says which dimension counts another's codes together.
var coarser = map[string]string{"language": "language_group", "age_group": "age_class"}

// Plan gives every table that can ever be published, in the order in which a release takes them. There is no
// query builder: what is not here cannot be asked.
var Plan = sync.OnceValue(func() []Table {
	d := dimensions()
	table := func(set, population, name string, dims ...string) Table {
		t := Table{Name: name, Set: set, Population: population, Additive: name != "indicators"}
		for _, n := range dims {
			t.Dims = append(t.Dims, d[n])
		}
		return t
	}
	return []Table{
		table("S", Outcomes, "language", "language"), table("S", Outcomes, "organisation", "organisation_group"),
		table("S", Outcomes, "topic", "topic_group"), table("S", Outcomes, "assessment", "assessment"),
		table("S", Outcomes, "outcome", "outcome_group"), table("S", Outcomes, "interpreter", "interpreter"),
		table("S", Outcomes, "channel_role", "channel", "role_group"),
		table("S", Outcomes, "channel_language", "channel", "language_group"),
		table("S", Outcomes, "topic_role", "topic_group", "role_group"),
		table("S", Outcomes, "outcome_channel", "outcome_group", "channel"),
		table("S", Contacts, "hour_band", "hour_band"), table("S", Contacts, "weekday", "weekday"),
		table("S", Contacts, "length", "length_bucket"), table("S", Contacts, "callback_result", "callback_result"),
		table("S", Contacts, "turned_away", "turned_away"), table("S", Contacts, "wait_channel", "wait_bucket", "way"),
		table("S", Contacts, "wait_lane", "wait_bucket", "lane"), table("S", Contacts, "fate_lane", "fate", "lane"),
		table("V", Victims, "form", "form_group"), table("V", Victims, "sector", "sector"),
		table("V", Victims, "age", "age_group"), table("V", Victims, "sex", "sex"),
		table("V", Victims, "citizenship", "citizenship"), table("V", Victims, "victim_assessment", "assessment"),
		table("V", Victims, "contacter", "role_group"), table("V", Victims, "persons", "persons"),
		table("V", Victims, "indicators", "indicator"), table("V", Victims, "form_sex", "form_group", "sex"),
		table("V", Victims, "form_child", "form_group", "age_class"), table("V", Victims, "form_place", "form_group", "place_group"),
		table("H", Referrals, "destination", "destination"), table("H", Referrals, "days_open", "days_open"),
		table("H", Referrals, "decline_reason", "decline_reason"),
		table("H", Referrals, "destination_state", "destination", "final_state"),
	}
})

// Find gives a table of the plan. Error: ErrUnknownTable.
func Find(name string) (Table, error) {
	for _, t := range Plan() {
		if t.Name == name {
			return t, nil
		}
	}
	return Table{}, ErrUnknownTable
}

// of gives the tables that a period can have.
func (p Period) tables() []Table {
	return slices.DeleteFunc(slices.Clone(Plan()), func(t Table) bool {
		switch p.span() {
		case pool:
			return t.Set != "V" || len(t.Dims) < 2
		case year:
			return false
		default:
			return t.Set != "S"
		}
	})
}

// Label gives what a page calls a code of a dimension; the code itself where its list has no words for it.
func (d Dimension) Label(code, lang string) string {
	if d.List != nil {
		if text := d.List.Label(code, lang); text != "" {
			return text
		}
	}
	return code
}
