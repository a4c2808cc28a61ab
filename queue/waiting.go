package queue

import (
	"context"
	"slices"
	"time"

	"adviceline/helpline"
)

// quiet is how long an active contact may be without a socket before the adviser is told
// (routing.md, transition 5).
const quiet = 20_000

// dangerAgain is how often open danger is told to every console again until somebody closes it.
const dangerAgain = 600_000

type view struct {
	State string `json:"state"`
	Alias string `json:"alias"`
	Seq   int64  `json:"seq"`
	Kept  int64  `json:"kept"`
	Floor int64  `json:"floor"`
	helpline.Position
	Key     string `json:"key"`
	Version int64  `json:"version"`
	Told    string `json:"told"`
	Ends    int64  `json:"ends"`
	EndsMS  int64  `json:"ends_ms"`
	Stays   bool   `json:"place_kept"`
	Listens string `json:"listener"`
	Call    bool   `json:"call"`
	Wished  string `json:"wished"`
}

func (v view) domain() helpline.View {
	return helpline.View{
		State: helpline.State(v.State), Alias: v.Alias, Seq: v.Seq, Kept: v.Kept, Floor: v.Floor, Place: v.Position,
		Key: v.Key, Version: v.Version, Told: v.Told, Listener: v.Listens, Call: v.Call, Wished: readWindows(v.Wished),
		Ending: helpline.Ending{At: v.Ends, In: time.Duration(v.EndsMS) * time.Millisecond, PlaceKept: v.Stays},
	}
}

// View implements helpline.IntakeQueue.
func (q *Queue) View(ctx context.Context, contact string, version int64) (helpline.View, error) {
	var v view
	_, err := q.into(ctx, &v, "view", contact, version)
	return v.domain(), err
}

// ContactUp implements helpline.PresenceQueue.
func (q *Queue) ContactUp(ctx context.Context, contact string, version int64, socket string) (helpline.View, []helpline.Event, error) {
	var v view
	events, err := q.into(ctx, &v, "contact_up", contact, version, socket)
	return v.domain(), events, err
}

// ContactDown implements helpline.PresenceQueue.
func (q *Queue) ContactDown(ctx context.Context, contact, socket string, got int64) ([]helpline.Event, error) {
	_, events, err := q.run(ctx, "contact_down", contact, socket, got)
	return events, err
}

// Leave implements helpline.IntakeQueue.
func (q *Queue) Leave(ctx context.Context, contact string, version int64, kind string) ([]helpline.Event, error) {
	_, events, err := q.run(ctx, "leave", contact, version, kind)
	return events, err
}

// Positions implements helpline.IntakeQueue; at most 500 contacts a call.
func (q *Queue) Positions(ctx context.Context, contacts []string) (map[string]helpline.Position, error) {
	args := make([]any, len(contacts))
	for i, c := range contacts {
		args[i] = c
	}
	var out struct {
		Places map[string]helpline.Position `json:"places"`
	}
	_, err := q.into(ctx, &out, "positions", args...)
	return out.Places, err
}

// SetServed tells which languages accounts serve: whoever waits in another one is anybody's. None at all
// says that nobody knows. It moves those who wait when the list has changed.
func (q *Queue) SetServed(ctx context.Context, languages []string) ([]helpline.Event, error) {
	args := make([]any, len(languages))
	for i, l := range slices.Sorted(slices.Values(languages)) { // the script compares lists
		args[i] = l
	}
	_, events, err := q.run(ctx, "served", args...)
	return events, err
}

// Status implements helpline.Queue.
func (q *Queue) Status(ctx context.Context) (helpline.Status, error) {
	var out struct {
		Open      bool     `json:"open"`
		Languages []string `json:"languages"`
		Notice    string   `json:"notice"`
		Event     bool     `json:"event"`
	}
	_, err := q.into(ctx, &out, "status")
	return helpline.Status{Open: out.Open, Languages: out.Languages, Notice: notices(out.Notice), Event: out.Event}, err
}
