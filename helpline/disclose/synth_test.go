package disclose

import (
	"math/rand/v2"
	"time"

	"adviceline/helpline/codes"
)

// pick gives a code of a list: the first ones often, the last ones seldom, and some not known.
func pick(r *rand.Rand, l *codes.List) string {
	if r.IntN(12) == 0 {
		return []string{"", "not_asked", "unknown", "declined"}[r.IntN(4)]
	}
	all := l.Codes()
	f := r.Float64()
	return all[int(f*f*float64(len(all)))]
}

// answers makes one form, as officials, organisations and people themselves bring it.
func answers(r *rand.Rand, victim bool) codes.Answers {
	a := codes.Answers{
		Channel: []string{"phone", "phone", "phone", "webchat", "webchat", "callback_out", "email", "in_person"}[r.IntN(8)],
		Role:    pick(r, codes.ContactRole), Language: []string{"fi", "fi", "fi", "fi", "en", "en", "sv", "ru", "ar", "so", "uk", pick(r, codes.Language)}[r.IntN(12)],
		Topic: pick(r, codes.Topic), Matter: "new", Assessment: "unlikely", Outcome: []string{pick(r, codes.Outcome)},
	}
	if a.Outcome[0] == "" || !codes.Outcome.Has(a.Outcome[0]) {
		a.Outcome[0] = "info_given"
	}
	if a.Role == "authority" || a.Role == "ngo" {
		a.Organisation = pick(r, codes.OrganisationKind)
	}
	if a.Language != "fi" {
		a.Interpreter = pick(r, codes.InterpreterState)
	}
	if !victim {
		return a
	}
	a.Assessment = []string{"likely", "likely", "related", "unclear"}[r.IntN(4)]
	a.ExploitationForm, a.Sector, a.PlaceScope = pick(r, codes.ExploitationForm), pick(r, codes.Sector), pick(r, codes.PlaceScope)
	a.AgeGroup, a.Sex, a.Citizenship = []string{"a18_29", "a18_29", "a30_39", "a40_49", "c15_17", pick(r, codes.AgeGroup)}[r.IntN(6)], pick(r, codes.Sex), pick(r, codes.Citizenship)
	a.Persons = []string{"p1", "p1", "p1", "p2_4", pick(r, codes.Persons)}[r.IntN(5)]
	for range r.IntN(5) {
		a.Indicators = append(a.Indicators, codes.Indicator.Codes()[r.IntN(25)])
	}
	if !a.Speaks() {
		a.Assessment = "likely"
	}
	return a
}

// synthetic gives the counts of years of contacts, spread over the quarters, with so many possible victims.
func synthetic(r *rand.Rand, years []Period, contacts, victims int) map[Period]Counts {
	all := map[Period]Counts{}
	for _, y := range years {
		all[y] = Counts{}
		for _, q := range y.Quarters() {
			all[q] = Counts{}
		}
		for i := range contacts {
			a := answers(r, i < victims)
			all[y.Quarters()[r.IntN(4)]].CountOutcome(a)
			if i < victims {
				all[y].CountVictim(a)
			}
		}
	}
	return all
}

// beside adds what the ledger counts of so many contacts of a year, and a quarter of as many hand-offs.
func beside(r *rand.Rand, all map[Period]Counts, year Period, contacts int) {
	first := time.Date(2026, 1, 1, 0, 0, 0, 0, zone)
	for i := range contacts {
		x := Closed{
			Way: []string{"chat", "chat", "callback"}[r.IntN(3)], Lane: pick(r, codes.Lane), Refused: r.IntN(40) == 0,
			Arrival: first.Add(time.Duration(r.IntN(365*24*60)) * time.Minute), Left: r.IntN(5) == 0,
		}
		x.Ended = x.Arrival.Add(time.Duration(r.IntN(120)) * time.Minute)
		if !x.Left && !x.Refused {
			x.Accepted = x.Arrival.Add(x.Ended.Sub(x.Arrival) / 4)
		}
		if x.Way == "callback" {
			x.Result = pick(r, codes.CallbackResult)
		}
		all[year.Quarters()[r.IntN(4)]].CountClosed(x)
		if i%4 > 0 {
			continue
		}
		h := Handoff{Destination: pick(r, codes.DestinationKind), State: []string{"connected", "connected", "not_connected", "lapsed", "declined"}[r.IntN(5)], Days: r.IntN(40)}
		if h.State == "declined" {
			h.Declined = pick(r, codes.DeclineReason)
		}
		all[year].CountHandoffs(h, 1)
	}
}
