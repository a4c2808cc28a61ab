package helpline

import (
	"context"
	"errors"
	"testing"
	"time"
)

// TestCorrectable: a form may be corrected until the end of the adviser's next shift, at most 72 h.
func TestCorrectable(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 25, 20, 0, 0, 0, time.UTC)
	hour := func(h int) time.Time { return now.Add(time.Duration(h) * time.Hour) }
	watch := func(person string, tier, from, until int) Watch {
		return Watch{Person: person, Tier: tier, From: hour(from), Until: hour(until)}
	}
	for name, x := range map[string]struct {
		watches []Watch
		err     error
		want    time.Time
	}{
		"no shift":           {nil, nil, hour(72)},
		"roster away":        {nil, errors.New("away"), hour(72)},
		"the running one":    {[]Watch{watch("a", 0, -2, 6)}, nil, hour(72)},
		"the next one":       {[]Watch{watch("a", 0, -2, 6), watch("a", 0, 46, 54), watch("a", 0, 22, 30)}, nil, hour(30)},
		"on call is no duty": {[]Watch{watch("a", 1, 10, 20)}, nil, hour(72)},
		"another's":          {[]Watch{watch("b", 0, 10, 20)}, nil, hour(72)},
		"too long":           {[]Watch{watch("a", 0, 70, 80)}, nil, hour(72)},
	} {
		l := Line{Now: func() time.Time { return now }, Watches: func(context.Context, time.Time, time.Time) ([]Watch, error) {
			return x.watches, x.err
		}}
		if got := l.correctable(t.Context(), "a"); !got.Equal(x.want) {
			t.Errorf("%s: %s, want %s", name, got, x.want)
		}
	}
}
