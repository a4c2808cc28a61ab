package disclose

import (
	"slices"
	"strings"
	"time"

	"adviceline/helpline/codes"
)

// Counts are whole numbers by table and cell. A cell is named by its codes with "/" between.
type Counts map[string]map[string]int64

// Add counts n in a cell.
func (c Counts) Add(table, cell string, n int64) {
	if c[table] == nil {
		c[table] = map[string]int64{}
	}
	c[table][cell] += n
}

// Merge adds other counts to these.
func (c Counts) Merge(other Counts) {
	for table, cells := range other {
		for cell, n := range cells {
			c.Add(table, cell, n)
		}
	}
}

// Closed is a contact as the ledger knows it once it is over: nothing of an outcome.
type Closed struct {
	Way      string // chat or callback
	Lane     string
	Arrival  time.Time
	Accepted time.Time // zero: nobody took it
	Ended    time.Time
	Left     bool   // the person left, or stayed away
	Result   string // of a callback
	Refused  bool   // turned away by us: the line could not take it
	Wait     string // buckets of an older contact, whose instants are whole hours by now
	Length   string
}

// DaysOpen are the codes of how long a referral was open.
var DaysOpen = []string{"d0_2", "d3_7", "d8_14", "d15_30", "d31_plus"}

// Handoff is a referral that ended.
type Handoff struct {
	Destination, State, Declined string
	Days                         int
}

// CountOutcome gives the cells that one recorded outcome counts in: of contacts.
func (c Counts) CountOutcome(a codes.Answers) { c.count(Outcomes, valuesOf(a), 1) }

// CountVictim counts a contact that speaks of a possible victim; it counts no other.
func (c Counts) CountVictim(a codes.Answers) {
	if a.Speaks() {
		c.count(Victims, valuesOf(a), 1)
	}
}

// CountClosed counts a contact of the ledger.
func (c Counts) CountClosed(x Closed) { c.count(Contacts, x.values(), 1) }

// CountHandoffs counts n referrals that ended alike.
func (c Counts) CountHandoffs(h Handoff, n int64) {
	c.count(Referrals, map[string][]string{
		"destination": one(h.Destination), "final_state": one(h.State), "decline_reason": one(h.Declined),
		"days_open": one(bucket(h.Days, []int{3, 8, 15, 31}, DaysOpen...)),
	}, n)
}

// count adds n to every cell of the population's tables that the values name.
func (c Counts) count(population string, values map[string][]string, n int64) {
	for _, t := range Plan() {
		if t.Population != population {
			continue
		}
		cells := t.Dims[0].pick(values, t.Additive)
		if len(t.Dims) == 2 {
			cells = []string{cells[0] + "/" + t.Dims[1].pick(values, true)[0]}
		}
		for _, cell := range cells {
			c.Add(t.Name, cell, n)
		}
	}
}

// pick gives the codes that values name in the dimension; what it does not know is NotKnown.
func (d Dimension) pick(values map[string][]string, single bool) []string {
	var out []string
	for _, v := range values[d.Name] {
		if slices.Contains(d.Codes, v) {
			out = append(out, v)
		}
	}
	if len(out) == 0 {
		return d.Codes[len(d.Codes)-1:] // NotKnown, or the last of a dimension that is whole
	}
	if single {
		return out[:1]
	}
	return out
}

func valuesOf(a codes.Answers) map[string][]string {
	return map[string][]string{
		"channel": one(a.Channel), "role_group": one(codes.ContactRole.Group(a.Role)), "language": one(language(a.Language)),
		"language_group":     one(codes.Language.Group(a.Language)),
		"organisation_group": one(codes.OrganisationKind.Group(a.Organisation)),
		"topic_group":        one(codes.Topic.Group(a.Topic)), "assessment": one(a.Assessment),
		"outcome_group": one(MainOutcome(a.Outcome)), "interpreter": one(a.Interpreter),
		"form_group": one(codes.ExploitationForm.Group(a.ExploitationForm)), "sex": one(a.Sex),
		"age_group": one(a.AgeGroup), "age_class": one(codes.AgeGroup.Group(a.AgeGroup)),
		"place_group": one(codes.PlaceScope.Group(a.PlaceScope)), "sector": one(a.Sector),
		"citizenship": one(a.Citizenship), "indicator": a.Indicators, "persons": one(a.Persons),
	}
}

// language gives the code that a language is counted in.
func language(code string) string {
	if codes.Language.Has(code) && !slices.Contains(often, code) {
		return "other"
	}
	return code
}

func one(code string) []string { return []string{code} }

// MainOutcome gives the weightiest group among the outcomes of a contact, which it counts in.
func MainOutcome(outcomes []string) string {
	for _, group := range codes.OutcomeGroup.Codes() {
		if slices.ContainsFunc(outcomes, func(o string) bool { return codes.Outcome.Group(o) == group }) {
			return group
		}
	}
	return ""
}

func (x Closed) values() map[string][]string {
	local := x.Arrival.In(zone)
	v := map[string][]string{
		"way": one(x.Way), "lane": one(x.Lane), "callback_result": one(x.Result),
		"hour_band": one([]string{"h00_05", "h06_11", "h12_17", "h18_23"}[local.Hour()/6]),
		"weekday":   one(strings.ToLower(local.Weekday().String()[:3])), "turned_away": one("no"), "fate": one("answered"), "length_bucket": one("not_answered"),
	}
	until := x.Accepted
	switch {
	case x.Accepted.IsZero() && x.Left:
		v["fate"], until = one("left"), x.Ended
	case x.Accepted.IsZero():
		v["fate"], until = one("missed"), x.Ended
	default:
		v["length_bucket"] = one(bucket(minutes(x.Ended.Sub(x.Accepted)), []int{5, 15, 30, 60}, "m0_5", "m5_15", "m15_30", "m30_60", "m60_plus"))
	}
	v["wait_bucket"] = one(bucket(minutes(until.Sub(x.Arrival)), []int{1, 5, 15, 60}, "m0_1", "m1_5", "m5_15", "m15_60", "m60_plus"))
	if x.Wait != "" {
		v["wait_bucket"], v["length_bucket"] = one(x.Wait), one(x.Length)
	}
	if x.Refused {
		v["turned_away"] = one("yes")
	}
	return v
}

func minutes(d time.Duration) int { return int(d / time.Minute) }

// bucket names the first bucket whose upper end lies above n.
func bucket(n int, ends []int, names ...string) string {
	for i, end := range ends {
		if n < end {
			return names[i]
		}
	}
	return names[len(names)-1]
}
