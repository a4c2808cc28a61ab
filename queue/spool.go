package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"adviceline/helpline"
	"adviceline/helpline/strict"
)

// event is an event as the scripts write it: instants in ms, 0 for none.
type event struct {
	Inc      int64  `json:"inc"`
	N        int64  `json:"n"`
	Kind     string `json:"kind"`
	At       int64  `json:"at"`
	Reason   string `json:"reason"`
	Adviser  string `json:"adviser"`
	Contact  string `json:"contact"`
	Channel  string `json:"channel"`
	Language string `json:"language"`
	Lane     string `json:"lane"`
	Arrival  int64  `json:"arrival"`
	State    string `json:"state"`
	Owner    string `json:"owner"`
	Epoch    int64  `json:"epoch"`
	Version  int64  `json:"version"`
	Accepted int64  `json:"accepted"`
	Ended    int64  `json:"ended"`
	Recorded int64  `json:"recorded"`
	Callback *struct {
		Due      int64 `json:"due"`
		Attempts int   `json:"attempts"`
	} `json:"callback"`
	Why    json.RawMessage  `json:"why"`
	Staged *helpline.Staged `json:"staged"`
	Page   *struct {
		ID     string `json:"id"`
		Step   int    `json:"step"`
		Waited int64  `json:"waited"`
	} `json:"page"`
}

func instant(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// since1970 gives ms, 0 for none.
func since1970(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func decodeEvent(id, text string) (helpline.Event, error) {
	var e event
	if err := strict.Own(text, &e); err != nil {
		return helpline.Event{}, errors.New("read event: malformed")
	}
	var call *helpline.Booked
	if e.Callback != nil {
		call = &helpline.Booked{Due: instant(e.Callback.Due), Attempts: e.Callback.Attempts}
	}
	out := helpline.Event{
		Incarnation: e.Inc, Number: e.N, SpoolID: id, Kind: e.Kind, At: instant(e.At), Reason: e.Reason,
		Adviser: e.Adviser, Contact: e.Contact, Channel: e.Channel, Language: e.Language,
		Lane: helpline.Lane(e.Lane), Arrival: instant(e.Arrival), State: helpline.State(e.State), Owner: e.Owner,
		Epoch: e.Epoch, Version: e.Version, Accepted: instant(e.Accepted), Ended: instant(e.Ended),
		Recorded: instant(e.Recorded), Staged: e.Staged, Call: call,
		Why: string(e.Why),
	}
	if p := e.Page; p != nil {
		out.Page = &helpline.PageStep{ID: p.ID, Step: p.Step, Waited: time.Duration(p.Waited) * time.Millisecond}
	}
	return out, nil
}

// decodeEvents reads the flat list {spool id, event, ...} of a reply.
func decodeEvents(v any) ([]helpline.Event, error) {
	flat, _ := v.([]any)
	events := make([]helpline.Event, 0, len(flat)/2)
	for i := 0; i+1 < len(flat); i += 2 {
		id, _ := flat[i].(string)
		text, _ := flat[i+1].(string)
		e, err := decodeEvent(id, text)
		if err != nil {
			return events, err
		}
		events = append(events, e)
	}
	return events, nil
}

// Overdue gives the oldest events that the ledger has not committed, if they are older than the given
// age: those whose node died or whose Postgres was away.
func (q *Queue) Overdue(ctx context.Context, olderThanMS int64, limit int) ([]helpline.Event, error) {
	end := "+"
	if olderThanMS > 0 {
		t, err := q.door.Time(ctx).Result()
		if err != nil {
			return nil, fmt.Errorf("read spool: %w", err)
		}
		end = strconv.FormatInt(t.UnixMilli()-olderThanMS, 10)
	}
	entries, err := q.door.XRangeN(ctx, q.key(":spool"), "-", end, int64(limit)).Result()
	if err != nil {
		return nil, fmt.Errorf("read spool: %w", err)
	}
	events := make([]helpline.Event, 0, len(entries))
	for _, x := range entries {
		text, _ := x.Values["e"].(string)
		e, err := decodeEvent(x.ID, text)
		if err != nil { // nobody can ever read it, and others wait behind it
			if err := q.SetAside(ctx, []string{x.ID}); err != nil {
				return events, err
			}
			continue
		}
		events = append(events, e)
	}
	return events, nil
}

// Discard deletes exactly these entries from the spool: they are committed.
func (q *Queue) Discard(ctx context.Context, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	if err := q.door.XDel(ctx, q.key(":spool"), ids...).Err(); err != nil {
		return fmt.Errorf("discard spool entries: %w", err)
	}
	return nil
}

// forgotten is how many refused entries are deleted at a time.
const forgotten = 500

// ForgetRefused deletes what was set aside so long ago and tells how many entries it were: the ledger knows nothing
// of their contacts any more.
func (q *Queue) ForgetRefused(ctx context.Context, age time.Duration) (int64, error) {
	now, err := q.Time(ctx)
	if err != nil {
		return 0, err
	}
	end := strconv.FormatInt(now.Add(-age).UnixMilli(), 10)
	for gone := int64(0); ; {
		entries, err := q.door.XRangeN(ctx, q.key(":refused"), "-", end, forgotten).Result()
		if err != nil {
			return gone, fmt.Errorf("read refused entries: %w", err)
		}
		if len(entries) == 0 {
			return gone, nil
		}
		ids := make([]string, len(entries))
		for i, x := range entries {
			ids[i] = x.ID
		}
		n, err := q.door.XDel(ctx, q.key(":refused"), ids...).Result()
		if gone += n; err != nil {
			return gone, fmt.Errorf("forget refused entries: %w", err)
		}
	}
}

// SetAside moves entries that the ledger can never take out of the drainers' way. They are kept in
// :refused for a person to look at: nothing is lost, nothing else waits behind them.
func (q *Queue) SetAside(ctx context.Context, ids []string) error {
	for _, id := range ids {
		entries, err := q.door.XRange(ctx, q.key(":spool"), id, id).Result()
		if err != nil {
			return fmt.Errorf("set spool entry aside: %w", err)
		}
		_, err = q.door.TxPipelined(ctx, func(p redis.Pipeliner) error {
			for _, x := range entries {
				p.XAdd(ctx, &redis.XAddArgs{Stream: q.key(":refused"), Values: x.Values})
				p.XDel(ctx, q.key(":spool"), x.ID)
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("set spool entry aside: %w", err)
		}
	}
	return nil
}
