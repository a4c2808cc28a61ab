package e2e

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// TestWhatSettingsCost measures each setting that guards an acknowledged fact against the recommended ones: intakes
// a second of 16 callers and the time of the median, over one Redis, its replica and one Postgres, the settings
// taking turns. In CI one short turn each, and the sums; `make settings` seven long ones. Figures are told, not demanded.
func TestWhatSettingsCost(t *testing.T) {
	t.Parallel()
	rounds, long := 1, 100*time.Millisecond
	if os.Getenv("SETTINGS_FULL") == "1" {
		rounds, long = 7, 3*time.Second
	}
	s := several(t, 2, settings{"LIMIT_INTAKE": "1000000"})
	s.each[1].stop()
	s.each[1].set["DURABLE_WAIT_MS"] = "1"
	s.each[1].start()
	o, err := redis.ParseURL(s.rdb.URL)
	if err != nil {
		t.Fatal(err)
	}
	rdb := redis.NewClient(o)
	defer func() { _ = rdb.Close() }()
	conn := s.db.must(t, "adviceline")
	tell := func(key, value string) {
		if err := rdb.ConfigSet(t.Context(), key, value).Err(); err != nil {
			t.Fatalf("tell redis: %v", err)
		}
	}
	commit := func(value string) {
		for _, sql := range []string{"ALTER SYSTEM SET synchronous_commit = " + value, "SELECT pg_reload_conf()"} {
			if _, err := conn.Exec(t.Context(), sql); err != nil {
				t.Fatalf("tell postgres: %v", err)
			}
		}
	}
	arms := []struct {
		name      string
		at        *house
		set, undo func()
	}{
		{"recommended", s.each[0], func() {}, func() {}},
		{"appendfsync everysec", s.each[0], func() { tell("appendfsync", "everysec") }, func() { tell("appendfsync", "always") }},
		{"appendonly no", s.each[0], func() { tell("appendonly", "no") }, func() { tell("appendonly", "yes") }},
		{"synchronous_commit off", s.each[0], func() { commit("off") }, func() { commit("on") }},
		{"DURABLE_WAIT_MS 1", s.each[1], func() {}, func() {}},
	}
	rate, middle := map[string][]float64{}, map[string][]time.Duration{}
	for range rounds {
		for _, a := range arms {
			a.set()
			took := hurry(t, a.at, 16, long)
			a.undo()
			if len(took) == 0 {
				t.Fatalf("%s: no intake was answered", a.name)
			}
			slices.Sort(took)
			rate[a.name] = append(rate[a.name], float64(len(took))/long.Seconds())
			middle[a.name] = append(middle[a.name], took[len(took)/2])
		}
	}
	out := "| setting | intakes a second | against the recommended | median of an intake |\n|---|---|---|---|\n"
	for _, a := range arms {
		slices.Sort(rate[a.name])
		slices.Sort(middle[a.name])
		r := rate[a.name][rounds/2]
		out += fmt.Sprintf("| %s | %.0f (%.0f to %.0f) | %.2f | %.1f ms |\n", a.name, r, rate[a.name][0], rate[a.name][rounds-1],
			r/rate["recommended"][rounds/2], float64(middle[a.name][rounds/2].Microseconds())/1000)
	}
	t.Logf("settings: %d rounds of %s\n%s", rounds, long, out)
}

// hurry lets callers take contacts in, one after the other, and gives how long each answer took.
func hurry(t *testing.T, h *house, callers int, long time.Duration) (all []time.Duration) {
	t.Helper()
	var (
		mu   sync.Mutex
		work sync.WaitGroup
	)
	end := time.Now().Add(long)
	for range callers {
		work.Go(func() {
			var mine []time.Duration
			for from := time.Now(); from.Before(end); from = time.Now() {
				if status, body := h.post("/api/v1/contacts", intake("fi")); status != http.StatusCreated {
					t.Errorf("intake answers %d %s", status, body)
					return
				}
				mine = append(mine, time.Since(from))
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, mine...)
		})
	}
	work.Wait()
	return all
}
