package storage

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"adviceline/helpline/codes"
	"adviceline/helpline/disclose/attacker"
)

// stageAll is stage for many forms whose time is over.
func (s *stages) stageAll(forms []codes.Answers) {
	s.Helper()
	var b pgx.Batch
	for _, a := range forms {
		form := fmt.Appendf(nil, `{"until":1,"answers":%s}`, codes.Canonical(a))
		generation, key, sealed, wrapped, err := s.keys.Stage(uuid.NewString(), form)
		if err != nil {
			s.Fatal(err)
		}
		const query = `INSERT INTO staged (key, generation, wrapped, sealed) VALUES (@key, @generation, @wrapped, @sealed)`
		b.Queue(query, named{"key": key, "generation": generation, "wrapped": wrapped, "sealed": sealed})
	}
	if err := s.store.pool.SendBatch(s.Context(), &b).Close(); err != nil {
		s.Fatal(err)
	}
}

// lastYear makes what this quarter's flushes counted those of a quarter of last year, and of that year.
func (s *stages) lastYear(quarter string) {
	s.Helper()
	const query = `
INSERT INTO counter AS c (period, tab, cell, count)
SELECT CASE WHEN period LIKE '%Q%' THEN @quarter ELSE left(@quarter, 4) END, tab, cell, count FROM counter WHERE period >= @this
ON CONFLICT (period, tab, cell) DO UPDATE SET count = c.count + excluded.count`
	this := strconv.Itoa(time.Now().Year())
	for _, query := range []string{query, `DELETE FROM counter WHERE period >= @this`} {
		args := named{"this": this}
		if strings.Contains(query, "@quarter") {
			args["quarter"] = quarter
		}
		if _, err := s.store.exec(s.Context(), query, args); err != nil {
			s.Fatal(err)
		}
	}
}

// history lets a random line live a year: forms are staged, flushed as they come and released; it gives every byte that is
// published.
func (s *stages) history(seed uint64) (texts [][]byte) {
	s.Helper()
	s.again()
	if _, err := s.store.exec(s.Context(), `TRUNCATE report`, nil); err != nil {
		s.Fatal(err)
	}
	r := rand.New(rand.NewPCG(seed, 11)) // #nosec G404 -- a synthetic year
	many, year := []int{25, 60, 200}[r.IntN(3)], strconv.Itoa(time.Now().Year()-1)
	counted := int64(0)
	for q := range 4 {
		var forms []codes.Answers
		for range many/2 + r.IntN(many) {
			a, _ := contact(r, r.IntN(4) == 0)
			forms = append(forms, a)
		}
		if q == 2 { // one person like no other
			a, _ := contact(r, true)
			a.Channel, a.Language, a.ExploitationForm, a.AgeGroup, a.Sex = "secure_mail", "fss", "organs", "c00_11", "other"
			forms = append(forms, a)
		}
		for cut := len(forms) / 3; len(forms) > 0; forms = forms[min(cut+1, len(forms)):] {
			s.stageAll(forms[:min(cut+1, len(forms))])
			done, err := s.flush(nil)
			if err != nil || done.Unreadable > 0 {
				s.Fatal(done, err)
			}
			counted += int64(done.Outcomes)
		}
		s.lastYear(year + "Q" + strconv.Itoa(q+1))
	}
	if got := s.sums(); got[0] != counted || got[1] != counted {
		s.Errorf("seed %d: %d outcomes were flushed; log, contacts, victims, staged are %v", seed, counted, got)
	}
	if _, err := s.store.Release(s.Context(), ReleaseOptions{Effort: 3_000}); err != nil {
		s.Fatal(err)
	}
	const query = `SELECT json FROM report WHERE json IS NOT NULL AND tab <> '' ORDER BY period, tab`
	all, err := rows[struct{ JSON []byte }](s.Context(), s.store, query, nil)
	if err != nil {
		s.Fatal(err)
	}
	for _, x := range all {
		texts = append(texts, x.JSON)
	}
	return texts
}

// TestHistoriesThroughFlushAndRelease: what random lines flush and release, through Postgres as a running line does, leaves
// whoever reads all of it no subset with fewer than base possible sizes, and an outcome more changes no byte. The draws of
// a release are secret, so that a seed gives a line but not its tables.
func TestHistoriesThroughFlushAndRelease(t *testing.T) {
	t.Parallel()
	s := newStages(t)
	many, tables := 12, 0
	if n, _ := strconv.Atoi(os.Getenv("FLUSHED_HISTORIES")); n > 0 {
		many = n
	}
	for seed := range uint64(many) { // #nosec G115
		texts := s.history(seed)
		tables += len(texts)
		found, err := attacker.Attack(texts)
		if err != nil || len(found) > 0 {
			t.Errorf("seed %d: %v, %v", seed, found, err)
		}
		before := frozen(t, s.store)
		s.stageAll([]codes.Answers{form(0, true)})
		if _, err := s.flush(nil); err != nil {
			t.Fatal(err)
		}
		if _, err := s.store.exec(t.Context(), `UPDATE counter SET count = count + 1`, nil); err != nil {
			t.Fatal(err)
		}
		if done, err := s.store.Release(t.Context(), ReleaseOptions{Effort: 3_000}); err != nil || done != (Released{}) || frozen(t, s.store) != before {
			t.Errorf("seed %d: released again %+v, %v", seed, done, err)
		}
	}
	t.Logf("%d histories, %d tables published", many, tables)
	if tables < 10*many {
		t.Errorf("only %d tables of %d histories", tables, many)
	}
}
