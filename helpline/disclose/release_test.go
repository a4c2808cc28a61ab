package disclose

import (
	"math/rand/v2"
	"testing"
	"time"
)

func TestUtilityTry(t *testing.T) {
	for seed := range uint64(3) {
		for _, n := range [][2]int{{2000, 200}, {11000, 1100}, {50000, 5000}} {
			r := rand.New(rand.NewPCG(seed, 1))
			counts := synthetic(r, []Period{"2026"}, n[0], n[1])
			var published []Published
			for _, p := range Periods(2026, 2026) {
				began := time.Now()
				pub, err := Release(Request{Period: p, Counts: counts, Published: published})
				if err != nil {
					t.Fatal(err)
				}
				t.Log(n, p, len(pub.Tables), len(pub.Withheld), pub.Withheld, time.Since(began))
				published = append(published, pub.Tables...)
			}
			pub, _ := Release(Request{Period: "2026", Counts: counts})
			t.Log("alone", len(pub.Tables), pub.Withheld)
		}
	}
}
