package main

import "testing"

// TestARatioIsThatOfRounds: a host that gives half in some rounds changes no ratio, a disturbed round or one whose minimum
// failed does not count, and where too few rounds were left alone the row says so.
func TestARatioIsThatOfRounds(t *testing.T) {
	t.Parallel()
	r := row{minimum: []figure{"one a.us", "two us"}, product: "mine us", must: 2.1, aim: 1.9, less: true}
	round := func(n, us, disturbed float64, metric string) sample {
		return sample{"round": n, metric: us, "disturbed_pct": disturbed}
	}
	all := map[string][]sample{
		"mine": {round(1, 200, 0, "us"), round(2, 400, 0, "us"), round(3, 400, 0, "us"), round(4, 900, 6, "us"), round(5, 900, 0, "us")},
		"one":  {round(1, 50, 0, "a.us"), round(2, 100, 1, "a.us"), round(3, 90, 0, "a.us"), round(4, 100, 0, "a.us")},
		"two":  {round(1, 50, 0, "us"), round(2, 100, 0, "us"), round(3, 90, 0, "us"), round(4, 100, 0, "us"), round(5, 50, 0, "us")},
	}
	got := r.judge(all)
	if got.Ratio != 2 || got.Lowest != 2 || got.Highest != 400.0/180 || got.Met != "must" || !got.Calm {
		t.Errorf("three rounds that count: %+v", got)
	}
	all["two"][0]["disturbed_pct"], all["two"][1]["disturbed_pct"] = 9, 9
	if got := r.judge(all); got.Calm || got.Highest != 4.5 {
		t.Errorf("one round that counts: %+v", got)
	}
	if got := r.judge(map[string][]sample{"mine": all["mine"]}); got.Met != "no figure" {
		t.Errorf("no minimum: %+v", got)
	}
}
