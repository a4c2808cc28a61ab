package storage

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"adviceline/helpline"
)

// One answered in time, one late, one who left and a call; an offer that was missed. The hour before is its own.
func TestBoardHoursCountChatsByArrival(t *testing.T) {
	t.Parallel()
	s := open(t, database(t))
	l := writing(t, s, LedgerOptions{})
	at := time.Now().UTC().Add(-3 * time.Hour).Truncate(time.Hour)
	var events []helpline.Event
	came := func(arrival time.Time, waited time.Duration, state helpline.State, channel, kind string) {
		e := step(uuid.NewString(), int64(len(events)+1), kind)
		e.Arrival, e.Accepted, e.Ended, e.Recorded, e.State, e.Channel, e.At = arrival, time.Time{}, time.Time{}, time.Time{}, state, channel, arrival
		e.Staged = nil
		if waited > 0 {
			e.Accepted = arrival.Add(waited)
		}
		events = append(events, e)
	}
	came(at, 30*time.Second, helpline.Active, "chat", helpline.OfferAccepted)
	came(at.Add(time.Minute), 90*time.Second, helpline.Active, "chat", helpline.OfferAccepted)
	came(at.Add(59*time.Minute), 0, helpline.Abandoned, "chat", helpline.Left)
	came(at, time.Second, helpline.Active, "callback", helpline.OfferAccepted)
	came(at.Add(-time.Minute), 0, helpline.Waiting, "chat", helpline.OfferTimedOut)
	if err := submit(t, l, events...); err != nil {
		t.Fatal(err)
	}
	got, err := s.BoardHours(t.Context(), l.line, at.Add(-time.Hour), at.Add(time.Hour), helpline.BoardTarget)
	if err != nil || len(got) != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	if want := (helpline.BoardHour{At: at.Add(-time.Hour), Arrived: 1, Missed: 1}); got[0] != want {
		t.Errorf("the hour before %+v, want %+v", got[0], want)
	}
	want := helpline.BoardHour{At: at, Arrived: 3, Answered: 2, Abandoned: 1, Within: 1, Waited: 2 * time.Minute}
	if got[1] != want {
		t.Errorf("the hour %+v, want %+v", got[1], want)
	}
	n, err := s.Happened(t.Context(), l.line, at.Add(-time.Hour), at.Add(time.Hour))
	if err != nil || n[helpline.OfferAccepted] != 3 || n[helpline.OfferTimedOut] != 1 || n[helpline.Left] != 1 {
		t.Errorf("happened %v, %v", n, err)
	}
	if none, err := s.BoardHours(t.Context(), "another", at, at.Add(time.Hour), time.Minute); err != nil || len(none) > 0 {
		t.Errorf("of another line %+v, %v", none, err)
	}
}
