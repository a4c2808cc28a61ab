package queue

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"adviceline/helpline"
)

// leg is a contact's hash as a script gives it: every field a string, as Redis keeps it.
type leg struct {
	Contact      string          `json:"contact"`
	Channel      string          `json:"channel"`
	Language     string          `json:"language"`
	Told         string          `json:"intake"`
	Lane         string          `json:"lane"`
	State        string          `json:"state"`
	Arrival      string          `json:"arrival"`
	Accepted     string          `json:"accepted"`
	Epoch        string          `json:"epoch"`
	Seq          string          `json:"seq"`
	Kept         string          `json:"kept"`
	Key          string          `json:"key"`
	Draft        string          `json:"draft"`
	DraftVersion string          `json:"draftversion"`
	Held         string          `json:"held"`
	Turns        string          `json:"turns"`
	Group        string          `json:"group"`
	Interpreter  string          `json:"interpreter"`
	Listener     string          `json:"listenalias"`
	Now          int64           `json:"now"`
	History      json.RawMessage `json:"history"`
}

func number(s string) int64 {
	n, _ := strconv.ParseInt(s, 10, 64)
	return n
}

func (l leg) domain() helpline.Leg {
	until := l.Now
	if a := number(l.Accepted); a > 0 {
		until = a
	}
	return helpline.Leg{
		Facts: helpline.Facts{
			Contact: l.Contact, Channel: l.Channel, Language: l.Language, Lane: helpline.Lane(l.Lane),
			Arrival: instant(number(l.Arrival)),
		},
		State: helpline.State(l.State), Epoch: number(l.Epoch), Seq: number(l.Seq), Kept: number(l.Kept),
		Waited: time.Duration(until-number(l.Arrival)) * time.Millisecond, Key: l.Key, Told: l.Told,
		Draft: l.Draft, DraftVersion: number(l.DraftVersion), Held: int(number(l.Held)), Earlier: int(max(number(l.Turns)-1, 0)),
		Group: l.Group, Interpreter: l.Interpreter, Listener: l.Listener, History: history(l.History),
	}
}

func legs(ls []leg) []helpline.Leg {
	var out []helpline.Leg
	for _, l := range ls {
		out = append(out, l.domain())
	}
	return out
}

// history reads [[id, [field, value, ...]], ...] as cjson writes a stream's range.
func history(raw json.RawMessage) []helpline.SealedMessage {
	var entries [][]json.RawMessage
	if len(raw) == 0 || json.Unmarshal(raw, &entries) != nil {
		return nil
	}
	var out []helpline.SealedMessage
	for _, e := range entries {
		var id string
		var fields []string
		if len(e) != 2 || json.Unmarshal(e[0], &id) != nil || json.Unmarshal(e[1], &fields) != nil {
			continue
		}
		values := make(map[string]string, 4)
		for i := 0; i+1 < len(fields); i += 2 {
			values[fields[i]] = fields[i+1]
		}
		out = append(out, message(id, func(f string) string { return values[f] }))
	}
	return out
}

func message(id string, field func(string) string) helpline.SealedMessage {
	seq, _, _ := strings.Cut(id, "-")
	return helpline.SealedMessage{
		Seq: number(seq), CID: field("cid"), From: helpline.Side(field("from")), Sealed: field("sealed"),
		At: instant(number(field("at"))),
	}
}

// Accept implements helpline.OfferQueue.
func (q *Queue) Accept(ctx context.Context, c helpline.Console, offer string) (helpline.Leg, []helpline.Event, error) {
	var l leg
	events, err := q.into(ctx, &l, "accept", c.Adviser, c.Epoch, offer)
	return l.domain(), events, err
}

// Decline implements helpline.OfferQueue.
func (q *Queue) Decline(ctx context.Context, c helpline.Console, offer, reason string) ([]helpline.Event, error) {
	_, events, err := q.run(ctx, "decline", c.Adviser, c.Epoch, offer, reason)
	return events, err
}
