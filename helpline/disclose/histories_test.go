package disclose

import (
	"bytes"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"

	"adviceline/helpline/disclose/attacker"
)

// history publishes what a random line of random size would, and gives the bytes of every table in order.
func history(t *testing.T, seed uint64) (texts [][]byte, shown, withheld int) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 7))
	contacts := []int{40, 120, 400, 1500}[r.IntN(4)]
	victims := contacts / (2 + r.IntN(12))
	if r.IntN(6) == 0 {
		victims = contacts * 3 / 4
	}
	counts := synthetic(r, []Period{"2026"}, contacts, victims)
	// One person like no other: the only one of each of these codes.
	a := answers(r, true)
	a.Channel, a.Language, a.ExploitationForm, a.AgeGroup, a.Sex = "secure_mail", "fss", "organs", "c00_11", "other"
	counts[Period("2026").Quarters()[r.IntN(4)]].CountOutcome(a)
	counts["2026"].CountVictim(a)
	beside(r, counts, "2026", contacts)
	periods := [][]Period{{"2026Q1", "2026Q2", "2026H1"}, {"2026"}, {"2026Q3", "2026Q4", "2026H2"}, {"2026H1", "2026"}}[r.IntN(4)]
	var published []Published
	for _, p := range periods {
		pub, err := Release(Request{Period: p, Counts: counts, Published: published, Effort: 3_000})
		if err != nil {
			t.Fatal(err)
		}
		published = append(published, pub.Tables...)
		withheld += len(pub.Withheld)
	}
	for _, p := range published {
		text, err := p.JSON()
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, text)
	}
	return texts, len(published), withheld
}

// TestHistories: whoever reads every table that a line has ever published finds no subset with fewer than base
// possible sizes. HISTORIES sets how many (30); make test takes 300 more without
// the race detector, make histories 10,000.
func TestHistories(t *testing.T) {
	t.Parallel()
	many, _ := strconv.Atoi(os.Getenv("HISTORIES"))
	if many == 0 {
		many = 30
	}
	first, _ := strconv.ParseUint(os.Getenv("SEED"), 10, 64)
	seeds := make(chan uint64)
	var mu sync.Mutex
	var tables, kept int
	var workers sync.WaitGroup
	for range 2 {
		workers.Go(func() {
			for seed := range seeds {
				texts, shown, withheld := history(t, seed)
				found, err := attacker.Attack(texts)
				if err != nil || len(found) > 0 {
					t.Errorf("seed %d: %v, %v", seed, found, err)
				}
				mu.Lock()
				tables, kept = tables+shown, kept+withheld
				mu.Unlock()
			}
		})
	}
	for seed := range uint64(many) { // #nosec G115
		seeds <- first + seed
	}
	close(seeds)
	workers.Wait()
	t.Logf("%d histories, %d tables published, %d withheld", many, tables, kept)
	if tables < many {
		t.Errorf("only %d tables of %d histories", tables, many)
	}
}

// TestFrozen: what comes after the freeze changes no byte of it.
func TestFrozen(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 3))
	counts := synthetic(r, []Period{"2026"}, 600, 80)
	pub, err := Release(Request{Period: "2026Q1", Counts: counts})
	if err != nil || len(pub.Tables) == 0 {
		t.Fatal(err)
	}
	var before [][]byte
	for _, p := range pub.Tables {
		text, _ := p.JSON()
		before = append(before, text)
	}
	counts["2026Q2"].CountOutcome(answers(r, false))
	if _, err := Release(Request{Period: "2026Q2", Counts: counts, Published: pub.Tables}); err != nil {
		t.Fatal(err)
	}
	for i, p := range pub.Tables {
		if text, _ := p.JSON(); !bytes.Equal(text, before[i]) {
			t.Errorf("%s changed", p.Table)
		}
		var again Published
		if err := again.UnmarshalJSON(before[i]); err != nil {
			t.Fatal(err)
		}
		if text, _ := again.JSON(); !bytes.Equal(text, before[i]) {
			t.Errorf("%s does not read back as it was written", p.Table)
		}
	}
}
