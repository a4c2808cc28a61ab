package storage

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"adviceline/helpline/codes"
	"adviceline/helpline/disclose"
	"adviceline/helpline/disclose/attacker"
)

// stageAll is stage for many forms whose time is over.
func (s *stages) stageAll(forms []codes.Answers) {
	s.Helper()
	list := make([]*stagedRow, len(forms))
	for i, a := range forms {
		form := fmt.Appendf(nil, `{"until":1,"answers":%s}`, codes.Canonical(a))
		var x stagedRow
		var err error
		if x.Generation, x.Key, x.Sealed, x.Wrapped, err = s.keys.Stage(uuid.NewString(), form); err != nil {
			s.Fatal(err)
		}
		list[i] = &x
	}
	if err := pgx.BeginFunc(s.Context(), s.store.pool, func(tx pgx.Tx) error { return restage(s.Context(), tx, list) }); err != nil {
		s.Fatal(err)
	}
}

// closeAll puts contacts that are over into the ledger, with the attempt that ended a callback.
func (s *stages) closeAll(list []disclose.Closed) {
	s.Helper()
	const contacts = `
INSERT INTO contact (line, contact, incarnation, number, channel, language, lane, arrival, state, epoch, version, accepted_at, ended_at, reason)
SELECT 'main', u.id, 1, 1, u.way, 'fi', u.lane, u.arrival, 'completed', 1, 1, u.accepted, u.ended, u.reason
FROM unnest(@ids::uuid[], @ways::text[], @lanes::text[], @arrivals::timestamptz[], @accepted::timestamptz[], @ended::timestamptz[], @reasons::text[])
	AS u (id, way, lane, arrival, accepted, ended, reason)`
	const attempts = `
INSERT INTO event (line, incarnation, number, contact, kind, at, reason, state, epoch, version, outcome)
SELECT 'main', 1, u.number + (SELECT coalesce(max(number), 0) FROM event), u.id, 'attempted', u.ended, u.result, 'completed', 1, 1, false
FROM unnest(@ids::uuid[], @ended::timestamptz[], @results::text[]) WITH ORDINALITY AS u (id, ended, result, number)
WHERE u.result <> ''`
	ids := each(list, func(disclose.Closed) uuid.UUID { return uuid.New() })
	ended := each(list, func(x disclose.Closed) time.Time { return x.Ended })
	if _, err := s.store.exec(s.Context(), contacts, named{
		"ids": ids, "ended": ended, "ways": each(list, func(x disclose.Closed) string { return x.Way }),
		"lanes":    each(list, func(x disclose.Closed) string { return x.Lane }),
		"arrivals": each(list, func(x disclose.Closed) time.Time { return x.Arrival }),
		"accepted": each(list, func(x disclose.Closed) *time.Time {
			if x.Accepted.IsZero() {
				return nil
			}
			return &x.Accepted
		}),
		"reasons": each(list, func(x disclose.Closed) string {
			if x.Left {
				return "contact_done"
			}
			return "done"
		}),
	}); err != nil {
		s.Fatal(err)
	}
	if _, err := s.store.exec(s.Context(), attempts, named{
		"ids": ids, "ended": ended, "results": each(list, func(x disclose.Closed) string { return x.Result }),
	}); err != nil {
		s.Fatal(err)
	}
}

// handAll puts n referrals of a quarter where those are counted that ended 30 days ago.
func (s *stages) handAll(r *rand.Rand, quarter string, n int) {
	s.Helper()
	const query = `
INSERT INTO referral_count (line, quarter, destination, state, reason, days, n)
SELECT 'main', @quarter::text, u.destination, u.state, u.reason, u.days, count(*)
FROM unnest(@destinations::text[], @states::text[], @reasons::text[], @days::text[]) AS u (destination, state, reason, days) GROUP BY 2, 3, 4, 5, 6`
	var destinations, states, reasons, days []string
	for range n {
		state, reason := []string{"connected", "connected", "not_connected", "lapsed", "withdrawn", "declined"}[r.IntN(6)], ""
		if state == "declined" {
			reason = pick(r, codes.DeclineReason)
		}
		destinations, states, reasons = append(destinations, pick(r, codes.DestinationKind)), append(states, state), append(reasons, reason)
		days = append(days, []string{"0-2", "3-7", "8-14", "15-30", "over"}[r.IntN(5)])
	}
	args := named{"quarter": quarter, "destinations": destinations, "states": states, "reasons": reasons, "days": days}
	if _, err := s.store.exec(s.Context(), query, args); err != nil {
		s.Fatal(err)
	}
}

// lastYear makes what this quarter's flushes counted those of a quarter of last year, and of that year.
func (s *stages) lastYear(quarter string) {
	s.Helper()
	const query = `
WITH moved AS (DELETE FROM counter WHERE period >= @this RETURNING period, tab, cell, count)
INSERT INTO counter AS c (period, tab, cell, count)
SELECT CASE WHEN period LIKE '%Q%' THEN @quarter ELSE left(@quarter, 4) END, tab, cell, count FROM moved
ON CONFLICT (period, tab, cell) DO UPDATE SET count = c.count + excluded.count`
	if _, err := s.store.exec(s.Context(), query, named{"this": strconv.Itoa(time.Now().Year()), "quarter": quarter}); err != nil {
		s.Fatal(err)
	}
}

// history lets a random line live a year: forms are staged and flushed as they come, contacts of the ledger are counted,
// referrals end, and all of it is released; it gives every byte that is published.
func (s *stages) history(seed uint64) (texts [][]byte) {
	s.Helper()
	s.again()
	r := rand.New(rand.NewPCG(seed, 11)) // #nosec G404 -- a synthetic year
	many, year := []int{25, 60, 200}[r.IntN(3)], strconv.Itoa(time.Now().Year()-1)
	outcomes, closed := int64(0), int64(0)
	for q := range 4 {
		quarter := year + "Q" + strconv.Itoa(q+1)
		var forms []codes.Answers
		var over []disclose.Closed
		for range many/2 + r.IntN(many) {
			a, x := contact(r, r.IntN(4) == 0)
			forms, over = append(forms, a), append(over, x)
		}
		if q == 2 { // one person like no other
			a, _ := contact(r, true)
			a.Channel, a.Language, a.ExploitationForm, a.AgeGroup, a.Sex = "secure_mail", "fss", "organs", "c00_11", "other"
			forms = append(forms, a)
		}
		s.closeAll(over)
		n, err := s.store.CountClosed(s.Context(), "main", disclose.LeastBatch)
		if err != nil {
			s.Fatal(err)
		}
		closed += int64(n)
		for cut := len(forms) / 3; len(forms) > 0; forms = forms[min(cut+1, len(forms)):] {
			s.stageAll(forms[:min(cut+1, len(forms))])
			done, err := s.flush(nil)
			if err != nil || done.Unreadable > 0 {
				s.Fatal(done, err)
			}
			outcomes += int64(done.Outcomes)
		}
		s.lastYear(quarter)
		s.handAll(r, quarter, many/4)
	}
	if got := s.sums(); got[0] != outcomes || got[1] != outcomes {
		s.Errorf("seed %d: %d outcomes were flushed; log, contacts, victims, staged are %v", seed, outcomes, got)
	}
	if _, err := s.store.Release(s.Context(), ReleaseOptions{Effort: 3_000}); err != nil {
		s.Fatal(err)
	}
	const query = `
SELECT json, (SELECT coalesce(sum(count), 0) FROM counter WHERE tab = 'weekday')::bigint AS closed
FROM report WHERE json IS NOT NULL AND tab <> '' ORDER BY period, tab`
	all, err := rows[struct {
		JSON   []byte
		Closed int64
	}](s.Context(), s.store, query, nil)
	if err != nil {
		s.Fatal(err)
	}
	for _, x := range all {
		if texts = append(texts, x.JSON); x.Closed != closed {
			s.Fatalf("seed %d: %d contacts were counted, the counters have %d", seed, closed, x.Closed)
		}
	}
	return texts
}

// attacked lets the attacker read what a history released, counts an outcome more, and looks for a byte that changed.
func (s *stages) attacked(seed uint64) (tables int) {
	s.Helper()
	texts := s.history(seed)
	if found, err := attacker.Attack(texts); err != nil || len(found) > 0 {
		s.Errorf("seed %d: %v, %v", seed, found, err)
	}
	before := frozen(s.T, s.store)
	s.stageAll([]codes.Answers{form(0, true)})
	if _, err := s.flush(nil); err != nil {
		s.Fatal(err)
	}
	if _, err := s.store.exec(s.Context(), `UPDATE counter SET count = count + 1`, nil); err != nil {
		s.Fatal(err)
	}
	if done, err := s.store.Release(s.Context(), ReleaseOptions{Effort: 3_000}); err != nil || done != (Released{}) || frozen(s.T, s.store) != before {
		s.Errorf("seed %d: released again %+v, %v", seed, done, err)
	}
	return len(texts)
}

// TestHistoriesThroughFlushAndRelease: what random lines flush and release, through Postgres as a running line does, leaves
// whoever reads all of it no subset with fewer than base possible sizes, and an outcome more changes no byte. The draws of
// a release are secret, so that a seed gives a line but not its tables. HISTORIES sets how many (12); make test
// takes 300 more without the race detector, make histories 10,000.
func TestHistoriesThroughFlushAndRelease(t *testing.T) {
	t.Parallel()
	many := uint64(12)
	if n, _ := strconv.ParseUint(os.Getenv("HISTORIES"), 10, 32); n > 0 {
		many = n
	}
	first, _ := strconv.ParseUint(os.Getenv("SEED"), 10, 64)
	var next, tables atomic.Uint64
	t.Run("lines", func(t *testing.T) {
		for line := range min(8, many/4) {
			t.Run(strconv.FormatUint(line, 10), func(t *testing.T) {
				t.Parallel()
				s := newStages(t)
				for seed := next.Add(1); seed <= many; seed = next.Add(1) {
					tables.Add(uint64(s.attacked(first + seed - 1))) // #nosec G115
				}
			})
		}
	})
	t.Logf("%d histories, %d tables published", many, tables.Load())
	if tables.Load() < 10*many {
		t.Errorf("only %d tables of %d histories", tables.Load(), many)
	}
}
