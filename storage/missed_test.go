package storage

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"adviceline/helpline"
)

// Windows that closed untried are listed for their own line alone, the latest first, each once for every window,
// with how the callback stands now; at most as many as are asked for, and none from before the instant.
func TestMissedWindowsAreListedLatestFirst(t *testing.T) {
	t.Parallel()
	s := open(t, database(t))
	l := writing(t, s, LedgerOptions{})
	other := NewLedger(s, "elsewhere", LedgerOptions{})
	run(t, other)
	twice, once, tried := uuid.NewString(), uuid.NewString(), uuid.NewString()
	event := func(contact string, n int64, kind string, after time.Duration, lane helpline.Lane, state helpline.State) helpline.Event {
		e := step(contact, n, kind)
		e.Channel, e.Language, e.Lane, e.State, e.At = "callback", "sv", lane, state, noon.Add(after)
		e.Call = &helpline.Booked{Due: noon, Attempts: 0}
		return e
	}
	for _, e := range []helpline.Event{
		event(twice, 1, helpline.WindowMissed, -time.Millisecond, helpline.Ordinary, helpline.Scheduled), // before the instant
		event(twice, 2, helpline.WindowMissed, 0, helpline.Ordinary, helpline.Scheduled),
		event(once, 3, helpline.WindowMissed, 2*time.Hour, helpline.SameDay, helpline.Review),
		event(twice, 4, helpline.WindowMissed, 3*time.Hour, helpline.Ordinary, helpline.Review),
		event(tried, 5, helpline.CallbackTried, 4*time.Hour, helpline.Ordinary, helpline.Scheduled),
	} {
		if err := submit(t, l, e); err != nil {
			t.Fatal(err)
		}
	}
	if err := submit(t, other, event(uuid.NewString(), 9, helpline.WindowMissed, time.Hour, helpline.Danger, helpline.Review)); err != nil {
		t.Fatal(err)
	}
	missed := func(contact string, lane helpline.Lane, after time.Duration, state helpline.State) helpline.MissedWindow {
		return helpline.MissedWindow{Contact: contact, Language: "sv", Lane: lane, At: noon.Add(after), State: state}
	}
	want := []helpline.MissedWindow{
		missed(twice, helpline.Ordinary, 3*time.Hour, helpline.Review), missed(once, helpline.SameDay, 2*time.Hour, helpline.Review),
		missed(twice, helpline.Ordinary, 0, helpline.Review),
	}
	for _, c := range []struct {
		line  string
		since time.Time
		n     int
		want  []helpline.MissedWindow
	}{
		{"main", noon, 10, want}, {"main", noon, 2, want[:2]}, {"main", noon.Add(time.Hour), 10, want[:2]},
		{"main", noon.Add(5 * time.Hour), 10, nil}, {"nowhere", noon, 10, nil},
	} {
		got, err := s.MissedWindows(t.Context(), c.line, c.since, c.n)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s since %s, %d: %+v %v", c.line, c.since, c.n, got, err)
		}
	}
	if got, err := s.MissedWindows(t.Context(), "elsewhere", noon, 10); err != nil || len(got) != 1 || got[0].Lane != helpline.Danger {
		t.Errorf("elsewhere: %+v %v", got, err)
	}
	s.Close()
	if _, err := s.MissedWindows(t.Context(), "main", noon, 10); err == nil {
		t.Error("a store that is away gives an empty list")
	}
}
