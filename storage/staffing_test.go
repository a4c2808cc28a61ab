package storage

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"adviceline/helpline"
)

// Three came in one hour of the week, one of them handled for three seconds; an older one counts no more.
func TestBusyHoursAreOfTheLastWeeks(t *testing.T) {
	t.Parallel()
	s := open(t, database(t))
	l := writing(t, s, LedgerOptions{})
	zone, err := time.LoadLocation("Europe/Helsinki")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Now().Add(-50 * time.Hour).Truncate(time.Hour)
	var events []helpline.Event
	for i, arrival := range []time.Time{at, at.Add(time.Minute), at.Add(59 * time.Minute), at.AddDate(0, 0, -29)} {
		e := step(uuid.NewString(), int64(i+1), helpline.OutcomeRecorded)
		e.Arrival, e.Accepted, e.Ended, e.Recorded, e.State = arrival, time.Time{}, time.Time{}, time.Time{}, helpline.Waiting
		e.Staged = nil
		if i == 0 {
			e.Accepted, e.Recorded = arrival.Add(time.Second), arrival.Add(4*time.Second)
		}
		events = append(events, e)
	}
	if err := submit(t, l, events...); err != nil {
		t.Fatal(err)
	}
	local := at.In(zone)
	weekday := (int(local.Weekday())+6)%7 + 1
	got, err := s.BusyHours(t.Context(), l.line, "Europe/Helsinki", 4)
	want := Busy{weekday, local.Hour(), 0.75, 3 * time.Second}
	if err != nil || len(got) != 1 || got[0] != want {
		t.Errorf("%+v, want %+v; %v", got, want, err)
	}
	if _, err := s.BusyHours(t.Context(), l.line, "Nowhere/At-all", 4); err == nil {
		t.Error("an unknown zone is taken")
	}
}
