package queue

import (
	"context"
	"strings"
	"time"

	"adviceline/helpline"
)

// alarm is danger that nobody has taken, instants in ms.
type alarm struct {
	Contact  string `json:"contact"`
	State    string `json:"state"`
	Language string `json:"language"`
	Arrival  int64  `json:"arrival"`
	Now      int64  `json:"now"`
}

func alarms(list []alarm) []helpline.Alarm {
	var out []helpline.Alarm
	for _, a := range list {
		out = append(out, helpline.Alarm{
			Contact: a.Contact, State: a.State, Language: a.Language, Waited: time.Duration(a.Now-a.Arrival) * time.Millisecond,
		})
	}
	return out
}

// ConsoleUp implements helpline.PresenceQueue.
func (q *Queue) ConsoleUp(ctx context.Context, a helpline.Adviser) (helpline.Desk, []helpline.Event, error) {
	var out struct {
		Epoch  int64             `json:"epoch"`
		Duty   helpline.Duty     `json:"duty"`
		Legs   []leg             `json:"legs"`
		Beside []leg             `json:"external"`
		Offers []helpline.Notice `json:"offers"`
		Owed   []leg             `json:"owed"`
		Parked []leg             `json:"parked"`
		Danger []alarm           `json:"danger"`
	}
	events, err := q.into(ctx, &out, "console_up", a.ID, a.Alias, strings.Join(a.Languages, ","), a.Capacity,
		a.Socket, strings.Join(a.Skills, ","), a.Ticket)
	return helpline.Desk{
		Console: helpline.Console{Adviser: a.ID, Epoch: out.Epoch, Socket: a.Socket}, Duty: out.Duty, Legs: legs(out.Legs), External: legs(out.Beside),
		Offers: out.Offers, Owed: legs(out.Owed), Parked: legs(out.Parked), Danger: alarms(out.Danger),
	}, events, err
}

// ConsoleDown implements helpline.PresenceQueue.
func (q *Queue) ConsoleDown(ctx context.Context, c helpline.Console) ([]helpline.Event, error) {
	_, events, err := q.run(ctx, "console_down", c.Adviser, c.Epoch, c.Socket)
	return events, err
}

// Duty implements helpline.PresenceQueue. An empty state only takes note of Audible.
func (q *Queue) Duty(ctx context.Context, c helpline.Console, w helpline.DutyWish) (helpline.Duty, []helpline.Event, error) {
	var d helpline.Duty
	events, err := q.into(ctx, &d, "duty", c.Adviser, c.Epoch, w.State, w.Reason, flag(w.Audible),
		flag(w.Confirmed), w.Call)
	return d, events, err
}

// Colleagues implements helpline.ColleagueQueue.
func (q *Queue) Colleagues(ctx context.Context) ([]helpline.Colleague, error) {
	var out struct {
		Advisers []struct {
			ID        string `json:"id"`
			Alias     string `json:"alias"`
			Languages string `json:"languages"`
			Free      bool   `json:"free"`
		} `json:"advisers"`
	}
	_, err := q.into(ctx, &out, "colleagues")
	var list []helpline.Colleague
	for _, a := range out.Advisers {
		list = append(list, helpline.Colleague{ID: a.ID, Alias: a.Alias, Languages: strings.Split(a.Languages, ","), Free: a.Free})
	}
	return list, err
}
