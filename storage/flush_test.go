package storage

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"adviceline/helpline/codes"
	"adviceline/helpline/disclose"
	"adviceline/helpline/seal"
)

// stages is a database with keys of its own, and a clock for their ages.
type stages struct {
	*testing.T
	store *Store
	keys  *seal.Keys
	url   string
	ahead time.Duration
}

func newStages(t *testing.T) *stages {
	t.Helper()
	url := database(t)
	keys, err := seal.Open(seal.Options{Root: []byte(strings.Repeat("r", 32)), Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	return &stages{T: t, store: open(t, url), keys: keys, url: url}
}

// stage puts one form where the ledger would, with its time over or not.
func (s *stages) stage(a codes.Answers, over bool) {
	s.Helper()
	until := time.Now().Add(time.Hour)
	if over {
		until = time.Now().Add(-time.Hour)
	}
	form := fmt.Appendf(nil, `{"until":%d,"answers":%s}`, until.UnixMilli(), codes.Canonical(a))
	generation, key, sealed, wrapped, err := s.keys.Stage(uuid.NewString(), form)
	if err != nil {
		s.Fatal(err)
	}
	const query = `INSERT INTO staged (key, generation, wrapped, sealed) VALUES (@key, @generation, @wrapped, @sealed)`
	if _, err := s.store.exec(s.Context(), query, named{"key": key, "generation": generation, "wrapped": wrapped, "sealed": sealed}); err != nil {
		s.Fatal(err)
	}
}

// form makes the answers of the ith contact: of several kinds of contributor, or of a possible victim.
func form(i int, victim bool) codes.Answers {
	a := codes.Answers{
		Channel: "phone", Role: []string{"self", "authority", "ngo", "relative_friend"}[i%4], Language: "fi", Topic: "legal",
		Matter: "new", Assessment: "unlikely", Outcome: []string{"advice_given"},
	}
	if victim {
		a.Assessment, a.ExploitationForm, a.Sex, a.AgeGroup, a.Persons = "likely", "labour", "female", "a18_29", "p1"
	}
	return a
}

func (s *stages) flush(step func() error) (Flushed, error) {
	s.Helper()
	return s.store.Flush(s.Context(), FlushOptions{
		Keys: s.keys, Batch: disclose.LeastBatch, Quiet: true, Step: step, Now: func() time.Time { return time.Now().Add(s.ahead) },
	})
}

// sums gives log rows, contacts counted, possible victims counted, and rows still staged.
func (s *stages) sums() [4]int64 {
	s.Helper()
	const query = `
SELECT (SELECT count(*) FROM outcome_log) AS log, (SELECT coalesce(sum(count), 0) FROM counter WHERE tab = 'topic')::bigint AS contacts,
	(SELECT coalesce(sum(count), 0) FROM counter WHERE tab = 'form')::bigint AS victims, (SELECT count(*) FROM staged) AS staged`
	all, err := rows[struct{ Log, Contacts, Victims, Staged int64 }](s.Context(), s.store, query, nil)
	if err != nil {
		s.Fatal(err)
	}
	return [4]int64{all[0].Log, all[0].Contacts, all[0].Victims, all[0].Staged}
}

func (s *stages) want(want [4]int64) {
	s.Helper()
	if got := s.sums(); got != want {
		s.Errorf("log, contacts, victims, staged are %v, want %v", got, want)
	}
}

func TestFlushMovesTwentyOrNothing(t *testing.T) {
	t.Parallel()
	s := newStages(t)
	for i := range 19 {
		s.stage(form(i, false), true)
	}
	for i := range 3 {
		s.stage(form(i, true), false)
	}
	if done, err := s.flush(nil); err != nil || done.Outcomes != 0 {
		t.Fatal(done, err)
	}
	s.want([4]int64{0, 0, 0, 22})
	s.stage(form(1, true), true) // the twentieth, which speaks of a possible victim
	done, err := s.flush(nil)
	if err != nil || done.Outcomes != 20 || done.Victims != 0 || done.Carried != 4 {
		t.Fatal(done, err)
	}
	s.want([4]int64{20, 20, 0, 4}) // the possible victim waits for nineteen others
	for i := range 19 {
		s.stage(form(i, true), true)
	}
	if done, err := s.flush(nil); err != nil || done.Outcomes != 0 {
		t.Fatalf("nineteen: %+v, %v", done, err)
	}
	s.stage(form(0, false), true)
	if done, err := s.flush(nil); err != nil || done.Outcomes != 20 || done.Victims != 20 {
		t.Fatalf("twenty and twenty: %+v, %v", done, err)
	}
	s.want([4]int64{40, 40, 20, 3})
}

func TestFlushOfOneKindOfContributorWaits(t *testing.T) {
	t.Parallel()
	s := newStages(t)
	for range 30 {
		s.stage(form(1, false), true)
	}
	if done, err := s.flush(nil); err != nil || done.Outcomes != 0 {
		t.Fatal(done, err)
	}
	s.stage(form(0, false), true)
	s.stage(form(2, false), true)
	if done, err := s.flush(nil); err != nil || done.Outcomes != 32 {
		t.Fatal(done, err)
	}
}

func TestFloorOfTheFlush(t *testing.T) {
	t.Parallel()
	s := newStages(t)
	if _, err := s.store.Flush(t.Context(), FlushOptions{Keys: s.keys, Batch: 19, Quiet: true}); !errors.Is(err, disclose.ErrFloor) {
		t.Errorf("batch of 19: %v", err)
	}
	for i := range 25 {
		s.stage(form(i, false), true)
	}
	if done, err := s.store.Flush(t.Context(), FlushOptions{Keys: s.keys, Batch: 20}); err != nil || done.Outcomes != 0 {
		t.Errorf("with a spool that is not quiet: %+v, %v", done, err)
	}
}

var errKilled = errors.New("killed")

// TestFlushKilledAtEveryStep: whatever step a flush dies at, the next ones end with every outcome counted once,
// none lost, none left readable under an old key.
func TestFlushKilledAtEveryStep(t *testing.T) {
	t.Parallel()
	s := newStages(t)
	for kill, died := 1, true; died; kill++ {
		died = false
		s.again()
		for i := range 20 {
			s.stage(form(i, i%5 == 0), true)
		}
		for i := range 5 {
			s.stage(form(i, false), false)
		}
		at := 0
		for run := 0; run < 2 && !died; run++ { // the second run comes when the old key may go
			_, err := s.flush(func() error {
				if at++; at == kill {
					died = true
					return errKilled
				}
				return nil
			})
			if err != nil && !errors.Is(err, errKilled) {
				t.Fatalf("step %d: %v", kill, err)
			}
			s.ahead += time.Hour
		}
		for range 3 {
			if _, err := s.flush(nil); err != nil {
				t.Fatalf("step %d, afterwards: %v", kill, err)
			}
			s.ahead += time.Hour
		}
		s.want([4]int64{20, 20, 0, 9})
		if all, _, err := s.keys.Generations(); err != nil || len(all) != 1 {
			t.Errorf("step %d: generations %v, %v", kill, all, err)
		}
		if !died && at < 20 {
			t.Errorf("only %d steps to die at", at)
		}
	}
}

// again empties the tables and begins with new keys.
func (s *stages) again() {
	s.Helper()
	if _, err := s.store.exec(s.Context(), `TRUNCATE staged, outcome_log, counter, report, contact, event, referral_count`, nil); err != nil {
		s.Fatal(err)
	}
	keys, err := seal.Open(seal.Options{Root: []byte(strings.Repeat("r", 32)), Dir: s.TempDir()})
	if err != nil {
		s.Fatal(err)
	}
	s.keys, s.ahead = keys, 0
}

// TestCorrectionUnderANewGeneration: of two rows of a contact the newer counts, once.
func TestCorrectionUnderANewGeneration(t *testing.T) {
	t.Parallel()
	s := newStages(t)
	contact := uuid.NewString()
	put := func(topic string) {
		a := form(0, false)
		a.Topic = topic
		body := fmt.Appendf(nil, `{"until":1,"answers":%s}`, codes.Canonical(a))
		generation, key, sealed, wrapped, err := s.keys.Stage(contact, body)
		if err != nil {
			t.Fatal(err)
		}
		const query = `INSERT INTO staged (key, generation, wrapped, sealed) VALUES (@key, @generation, @wrapped, @sealed)`
		if _, err := s.store.exec(t.Context(), query, named{"key": key, "generation": generation, "wrapped": wrapped, "sealed": sealed}); err != nil {
			t.Fatal(err)
		}
	}
	put("legal")
	if _, err := s.keys.NextGeneration(); err != nil {
		t.Fatal(err)
	}
	put("health")
	for i := range 19 {
		s.stage(form(i, false), true)
	}
	if done, err := s.flush(nil); err != nil || done.Outcomes != 20 {
		t.Fatal(done, err)
	}
	s.want([4]int64{20, 20, 0, 0})
	counts, err := s.store.Counts(t.Context())
	if err != nil || counts[disclose.QuarterOf(time.Now())]["topic"]["services"] != 1 {
		t.Errorf("%v, %v", counts, err)
	}
}

// TestLogIsCoarseAndWithoutOrder: a combination under five is other, and neither the place of a row nor anything
// else in the table follows the order of the contacts.
func TestLogIsCoarseAndWithoutOrder(t *testing.T) {
	t.Parallel()
	s := newStages(t)
	for i := range 60 {
		a := form(0, false)
		a.Role = "authority"
		if i < 30 {
			a.Role = "self"
		}
		if i == 7 {
			a.Role, a.Outcome = "ngo", []string{"emergency_112"}
		}
		s.stage(a, true)
	}
	if done, err := s.flush(nil); err != nil || done.Outcomes != 60 {
		t.Fatal(done, err)
	}
	const query = `SELECT role_group || '/' || outcome_group AS combination FROM outcome_log ORDER BY ctid`
	all, err := rows[struct{ Combination string }](t.Context(), s.store, query, nil)
	if err != nil || len(all) != 60 {
		t.Fatal(len(all), err)
	}
	first, alone := 0, 0
	for i, r := range all {
		if r.Combination == "self/advice" && i < 30 {
			first++
		}
		if r.Combination == "other/other" {
			alone++
		} else if strings.Contains(r.Combination, "ngo") || strings.Contains(r.Combination, "urgent") {
			t.Errorf("a seldom combination is told: %s", r.Combination)
		}
	}
	if alone != 1 || first < 5 || first > 25 { // 29 of 60; outside happens once in ten million shuffles
		t.Errorf("%d told as other, %d of the first half stand in the first half", alone, first)
	}
}

func TestCoarsen(t *testing.T) {
	t.Parallel()
	if leastInAFew != 5 {
		t.Errorf("a combination is told from %d on, 5 are promised", leastInAFew)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var log []logRow
		for range 20 + r.IntN(80) {
			log = append(log, logRow{"phone", codes.RoleGroup.Codes()[r.IntN(5)], codes.OutcomeGroup.Codes()[r.IntN(7)]})
		}
		n, seen := len(log), map[logRow]int{}
		for _, x := range coarsen(log) {
			seen[x]++
		}
		for x, times := range seen {
			if n -= times; times < leastInAFew && (x.role != other || x.outcome != other) {
				t.Fatalf("%v stands %d times", x, times)
			}
		}
		if n != 0 {
			t.Fatalf("%d rows lost", n)
		}
	}
}

// TestOneContactMovesNoCounter: whoever compares the database before and after one contact sees neither log nor
// counters change; across a flush at least twenty move at once.
func TestOneContactMovesNoCounter(t *testing.T) {
	t.Parallel()
	s := newStages(t)
	last := s.sums()
	for i := range 61 {
		s.stage(form(i, i%3 == 0), true)
		if _, err := s.flush(nil); err != nil {
			t.Fatal(err)
		}
		now := s.sums()
		for k, name := range []string{"log", "contacts", "possible victims"} {
			if moved := now[k] - last[k]; moved != 0 && moved < 20 {
				t.Errorf("after contact %d: %d in %s", i, moved, name)
			}
		}
		last = now
	}
	if last[1] != 60 || last[2] != 20 {
		t.Errorf("%v", last)
	}
}
