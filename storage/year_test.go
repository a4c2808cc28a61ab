package storage

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"adviceline/helpline/codes"
	"adviceline/helpline/disclose"
)

// pick gives a code of a list: the first ones often, the last ones seldom, and some not known.
func pick(r *rand.Rand, l *codes.List) string {
	if r.IntN(12) == 0 {
		return "unknown"
	}
	all, f := l.Codes(), r.Float64()
	return all[int(f*f*float64(len(all)))]
}

// contact makes the form of one contact, and what the ledger knows of it.
func contact(r *rand.Rand, victim bool) (codes.Answers, disclose.Closed) {
	a := codes.Answers{
		Channel: pick(r, codes.OutcomeChannel), Role: pick(r, codes.ContactRole), Language: pick(r, codes.Language), Topic: pick(r, codes.Topic),
		Organisation: pick(r, codes.OrganisationKind), Interpreter: pick(r, codes.InterpreterState), Matter: "new", Assessment: "unlikely",
		Outcome: []string{pick(r, codes.Outcome)},
	}
	if victim {
		a.Assessment = []string{"likely", "related", "unclear"}[r.IntN(3)]
		a.ExploitationForm, a.Sector, a.PlaceScope = pick(r, codes.ExploitationForm), pick(r, codes.Sector), pick(r, codes.PlaceScope)
		a.AgeGroup, a.Sex, a.Citizenship, a.Persons = pick(r, codes.AgeGroup), pick(r, codes.Sex), pick(r, codes.Citizenship), pick(r, codes.Persons)
		a.Indicators = []string{pick(r, codes.Indicator)}
	}
	arrival := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(r.Int64N(int64(364 * 24 * time.Hour))))
	x := disclose.Closed{
		Way: []string{"chat", "chat", "callback"}[r.IntN(3)], Lane: []string{"ordinary", "ordinary", "same_day", "present", "danger"}[r.IntN(5)],
		Arrival: arrival, Ended: arrival.Add(time.Duration(r.Int64N(int64(2 * time.Hour)))),
	}
	if x.Left = r.IntN(5) == 0; !x.Left {
		x.Accepted = arrival.Add(time.Duration(r.Int64N(int64(x.Ended.Sub(arrival)) + 1)))
	}
	if x.Way == "callback" {
		x.Result = pick(r, codes.CallbackResult)
	}
	return a, x
}

// counted puts a synthetic year into the counters: so many contacts as the ledger knows them, and a twentieth of as many
// referrals; where forms were written too, a tenth of them speaks of a possible victim.
func counted(t *testing.T, s *Store, contacts int, forms bool) {
	t.Helper()
	r := rand.New(rand.NewPCG(2025, 50_000)) // #nosec G404 -- a synthetic year
	counts := map[disclose.Period]disclose.Counts{}
	of := func(p disclose.Period) disclose.Counts {
		if counts[p] == nil {
			counts[p] = disclose.Counts{}
		}
		return counts[p]
	}
	for i := range contacts {
		a, x := contact(r, i%10 == 0)
		q := disclose.QuarterOf(x.Arrival)
		of(q).CountClosed(x)
		if forms {
			of(q).CountOutcome(a)
			of("2025").CountVictim(a)
		}
	}
	const put = `INSERT INTO counter (period, tab, cell, count) VALUES (@period, @tab, @cell, @count)`
	for period, tabs := range counts {
		for tab, cells := range tabs {
			for cell, n := range cells {
				if _, err := s.exec(t.Context(), put, named{"period": string(period), "tab": tab, "cell": cell, "count": n}); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	const handed = `
INSERT INTO referral_count AS c (line, quarter, destination, state, reason, days, n) VALUES ('main', @quarter, @destination, @state, @reason, @days, 1)
ON CONFLICT (line, quarter, destination, state, reason, days) DO UPDATE SET n = c.n + 1`
	for range contacts / 20 {
		state, reason := []string{"connected", "connected", "not_connected", "lapsed", "withdrawn", "declined"}[r.IntN(6)], ""
		if state == "declined" {
			reason = pick(r, codes.DeclineReason)
		}
		if _, err := s.exec(t.Context(), handed, named{
			"quarter": "2025Q" + strconv.Itoa(1+r.IntN(4)), "destination": pick(r, codes.DestinationKind), "state": state, "reason": reason,
			"days": []string{"0-2", "3-7", "8-14", "15-30", "over"}[r.IntN(5)],
		}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestYear releases every table of every period of a synthetic year, out of Postgres and into it, as a running line
// does. YEAR sets how many contacts it had; make year takes 50,000. Without it there are 2,500 and no forms, for which every
// run of the tests has time, and less effort for each table. Of so few contacts at least four of ten tables are published, of
// 50,000 eight of ten; which are is chance (TestUtility holds what each must show).
func TestYear(t *testing.T) {
	t.Parallel()
	contacts, _ := strconv.Atoi(os.Getenv("YEAR"))
	forms, options, share := contacts > 0, ReleaseOptions{}, 8
	if !forms {
		contacts, options, share = 2500, ReleaseOptions{Effort: 1_000_000}, 4
	}
	s := open(t, database(t))
	counted(t, s, contacts, forms)
	begun := time.Now()
	done, err := s.Release(t.Context(), options)
	took := time.Since(begun)
	if err != nil {
		t.Fatal(err)
	}
	planned := 0
	for _, table := range disclose.Plan() {
		if !forms && table.Population != disclose.Contacts && table.Population != disclose.Referrals {
			continue
		}
		if planned++; table.Set == "S" {
			planned += 6 // quarters and half-years beside the year
		}
	}
	const query = `
SELECT count(*) FILTER (WHERE tab = '') AS periods, count(*) FILTER (WHERE json IS NOT NULL) AS shown,
	count(*) FILTER (WHERE json IS NULL AND tab <> '') AS withheld
FROM report WHERE period LIKE '2025%'` // what began since has no contacts
	found, err := rows[struct{ Periods, Shown, Withheld int }](t.Context(), s, query, nil)
	if err != nil {
		t.Fatal(err)
	}
	y := found[0]
	if y.Periods != 7 || y.Shown+y.Withheld != planned || y.Shown != done.Tables {
		t.Errorf("%+v of %d planned, told %+v", y, planned, done)
	}
	t.Logf("%d contacts: %d periods in %.1f s, %d tables published, %d withheld", contacts, y.Periods, took.Seconds(), y.Shown, y.Withheld)
	if y.Shown < planned*share/10 {
		t.Errorf("only %d of %d tables are published", y.Shown, planned)
	}
}
