package helpline

import (
	"context"
	"time"
)

// Standing is how a leg stands by the ledger, as a rebuild puts it back into the queue. Facts, and Key and
// Told of what the queue has forgotten, come from Dress.
type Standing struct {
	Contact  string
	Channel  string
	Language string
	Lane     Lane
	Arrival  time.Time
	State    State
	Owner    string
	Capacity int // of the owner's account
	Epoch    int64
	Version  int64
	Accepted time.Time
	Ended    time.Time
	Recorded time.Time
	Reason   string
	Call     *Callback // of a call that somebody is making now

	Key, Told string
	Number    string // keyed index of its return number
}

// Open tells that a leg has not come to its end.
func (s Standing) Open() bool { return s.Ended.IsZero() }

// rebuildPage is how many legs one script takes: a few ms of Redis.
const rebuildPage = 200

// rebuild makes every place in the queue anew from the ledger, which has by now every event that the queue
// made: where Redis went back a second, or lost everything, the ledger is ahead. What only the queue has -
// text, drafts, what was told - stays as far as it is there. Nobody counts as connected. Booked calls come by
// Rebook. Matching is held only where there is somebody to come back.
func (d Door) rebuild(ctx context.Context, incarnation int64) error {
	advisers, err := d.Live.Clear(ctx)
	if err != nil {
		return err
	}
	open, lost := 0, 0
	for after := ""; ; {
		page, err := d.Lives.Standings(ctx, d.Line, after, rebuildPage)
		if err != nil {
			return err
		}
		if len(page) == 0 {
			break
		}
		after = page[len(page)-1].Contact
		legs := page[:0]
		for _, s := range page {
			if s.Channel == "callback" && s.Open() && s.Call == nil {
				continue
			}
			d.Dress(ctx, &s)
			legs = append(legs, s)
			if s.Open() {
				open++
			}
		}
		n, err := d.Live.Rebuild(ctx, incarnation, legs)
		if err != nil {
			return err
		}
		lost += n
	}
	if err := d.Live.Forget(ctx, incarnation); err != nil {
		return err
	}
	if open+advisers > 0 {
		if err := d.Live.Halt(ctx, incarnation, d.Reclaim); err != nil {
			return err
		}
	}
	if lost > 0 {
		d.Lost(lost)
	}
	d.Log.WarnContext(ctx, "queue made anew from the ledger", "incarnation", incarnation, "open", open, "conversations without text", lost)
	return nil
}

// Dress gives a leg the index of its return number and, where it can still be written in, a data key: the
// queue takes it when it has none any more. What was told at the intake is gone then.
func (l *Line) Dress(ctx context.Context, s *Standing) {
	s.Number = l.Tokens.NumberIndex(l.Tokens.ReturnNumber(s.Contact, s.Version))
	if s.Call != nil {
		s.Key, s.Told = s.Call.Key, s.Call.Told
		return
	}
	if !s.Open() && s.State != Abandoned {
		return
	}
	var err error
	if s.Key, s.Told, err = l.sealTold(Facts{Contact: s.Contact, Asks: "other"}); err != nil {
		l.Log.ErrorContext(ctx, "no day key: a leg takes no text", "error", err)
	}
}
