package queue

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"adviceline/helpline"
)

// boardReply is the line as board.lua tells it, instants in ms.
type boardReply struct {
	Now      int64  `json:"now"`
	Open     bool   `json:"open"`
	Notice   string `json:"notice"`
	Reopens  int64  `json:"reopens"`
	Event    bool   `json:"event"`
	Unmanned bool   `json:"unmanned"`
	Spool    int64  `json:"spool"`
	Calls    int    `json:"calls"`
	Review   int    `json:"review"`
	Missed   int    `json:"missed"`
	Owed     int    `json:"owed"`
	Classes  []struct {
		Group   string `json:"group"`
		Lane    string `json:"lane"`
		Call    bool   `json:"call"`
		Waiting int    `json:"waiting"`
		Arrival int64  `json:"arrival"`
		Served  int    `json:"served"`
	} `json:"classes"`
	Waiting []struct {
		Contact  string `json:"contact"`
		Channel  string `json:"channel"`
		Language string `json:"language"`
		Lane     string `json:"lane"`
		Arrival  int64  `json:"arrival"`
	} `json:"waiting"`
	Talks []struct {
		Contact  string `json:"contact"`
		Language string `json:"language"`
		Lane     string `json:"lane"`
		Alias    string `json:"alias"`
		Listener string `json:"listener"`
		Accepted int64  `json:"accepted"`
	} `json:"talks"`
	Advisers []struct {
		ID string `json:"id"`
		helpline.Duty
	} `json:"advisers"`
	Danger []alarm `json:"danger"`
}

func (r boardReply) ago(at int64) time.Duration {
	return time.Duration(max(r.Now-at, 0)) * time.Millisecond
}

// opening reads what is told of new chats. A notice that is no JSON is none.
func (r boardReply) opening() helpline.Opening {
	i := helpline.Opening{Closed: !r.Open, Event: r.Event, Notice: notices(r.Notice)}
	if r.Reopens > 0 {
		i.Reopens = time.UnixMilli(r.Reopens)
	}
	return i
}

func notices(text string) map[string]string {
	var by map[string]string
	if json.Unmarshal([]byte(text), &by) != nil {
		return nil
	}
	return by
}

// Board implements helpline.BoardQueue; at most 200 accounts.
func (q *Queue) Board(ctx context.Context, accounts []string) (helpline.Board, error) {
	args := make([]any, 0, len(accounts))
	for _, a := range accounts[:min(len(accounts), 200)] {
		args = append(args, a)
	}
	var r boardReply
	if _, err := q.into(ctx, &r, "board", args...); err != nil {
		return helpline.Board{}, err
	}
	b := helpline.Board{
		At: time.UnixMilli(r.Now), Opening: r.opening(), Unmanned: r.Unmanned, Spool: r.Spool, Calls: r.Calls, Review: r.Review,
		Missed: r.Missed, Owed: r.Owed,
		Danger: alarms(r.Danger),
	}
	for _, c := range r.Classes {
		b.Classes = append(b.Classes, helpline.BoardClass{
			Group: c.Group, Lane: helpline.Lane(c.Lane), Call: c.Call, Waiting: c.Waiting, Oldest: r.ago(c.Arrival), Served: c.Served,
		})
	}
	slices.SortFunc(b.Classes, func(x, y helpline.BoardClass) int {
		return strings.Compare(fmt.Sprint(x.Group, x.Lane, x.Call), fmt.Sprint(y.Group, y.Lane, y.Call))
	})
	for _, c := range r.Waiting {
		b.Waiting = append(b.Waiting, helpline.BoardContact{
			Contact: c.Contact, Channel: c.Channel, Language: c.Language, Lane: helpline.Lane(c.Lane), Waited: r.ago(c.Arrival),
		})
	}
	slices.SortStableFunc(b.Waiting, func(x, y helpline.BoardContact) int { return int(y.Waited - x.Waited) })
	for _, c := range r.Talks {
		b.Talks = append(b.Talks, helpline.BoardTalk{
			Contact: c.Contact, Language: c.Language, Alias: c.Alias, Listener: c.Listener, Lane: helpline.Lane(c.Lane), Lasted: r.ago(c.Accepted),
		})
	}
	slices.SortStableFunc(b.Talks, func(x, y helpline.BoardTalk) int { return int(y.Lasted - x.Lasted) })
	for _, a := range r.Advisers {
		b.Advisers = append(b.Advisers, helpline.BoardAdviser{ID: a.ID, Duty: a.Duty})
	}
	return b, nil
}

// SetOpening implements helpline.BoardQueue.
func (q *Queue) SetOpening(ctx context.Context, i helpline.Opening) error {
	text := []byte{}
	if len(i.Notice) > 0 {
		var err error
		if text, err = json.Marshal(i.Notice); err != nil {
			return fmt.Errorf("write notice: %w", err)
		}
	}
	var reopens int64
	if !i.Reopens.IsZero() {
		reopens = i.Reopens.UnixMilli()
	}
	_, _, err := q.run(ctx, "opening", flag(i.Closed), text, reopens, flag(i.Event))
	return err
}

// Relane implements helpline.BoardQueue.
func (q *Queue) Relane(ctx context.Context, contact string, lane helpline.Lane) ([]helpline.Event, error) {
	_, events, err := q.run(ctx, "relane", contact, string(lane))
	return events, err
}

// Supervise implements helpline.BoardQueue. ErrNotOnline where the adviser has no console.
func (q *Queue) Supervise(ctx context.Context, adviser, state, reason string) ([]helpline.Event, error) {
	_, events, err := q.run(ctx, "supervise", adviser, state, reason)
	return events, err
}
