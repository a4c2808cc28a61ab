package queue

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"adviceline/helpline"
)

var (
	_ helpline.CallbackQueue = (*Queue)(nil)
	_ helpline.CallbackLook  = (*Queue)(nil)
)

// windows writes them as the scripts read them: "from to from to ...", ms.
func windows(list []helpline.Window) string {
	var parts []string
	for _, w := range list {
		parts = append(parts, strconv.FormatInt(w.From.UnixMilli(), 10), strconv.FormatInt(w.To.UnixMilli(), 10))
	}
	return strings.Join(parts, " ")
}

func readWindows(text string) (list []helpline.Window) {
	parts := strings.Fields(text)
	for i := 0; i+1 < len(parts); i += 2 {
		list = append(list, helpline.Window{From: instant(number(parts[i])), To: instant(number(parts[i+1]))})
	}
	return list
}

// Schedule implements helpline.CallbackQueue.
func (q *Queue) Schedule(ctx context.Context, b helpline.Booking) (helpline.Entered, []helpline.Event, error) {
	var out entered
	events, err := q.into(ctx, &out, "schedule", b.Contact, b.Print, b.Key, b.Language, b.Told, string(b.Lane),
		windows(b.Windows), since1970(b.Due), b.Attempts, flag(b.Converted), b.Review, since1970(b.Arrival),
		b.Keep().UnixMilli(), b.Version, b.Number, flag(b.First != ""), windows(b.Wished))
	return out.domain(), events, err
}

// Convert implements helpline.CallbackQueue.
func (q *Queue) Convert(ctx context.Context, b helpline.Booking) (helpline.Entered, []helpline.Event, error) {
	var out entered
	events, err := q.into(ctx, &out, "convert", b.Contact, b.Version, b.Print, b.Key, b.Told, windows(b.Windows),
		b.Keep().UnixMilli(), flag(b.First != ""), windows(b.Wished))
	return out.domain(), events, err
}

// ToChat implements helpline.CallbackQueue.
func (q *Queue) ToChat(ctx context.Context, contact string, version int64, key, told string) (helpline.Entered, []helpline.Event, error) {
	var out entered
	events, err := q.into(ctx, &out, "tochat", contact, version, key, told)
	return out.domain(), events, err
}

// Attempt implements helpline.CallbackQueue.
func (q *Queue) Attempt(ctx context.Context, c helpline.Console, a helpline.Attempt) (time.Time, []helpline.Event, error) {
	keep := int64(0)
	if len(a.Windows) > 0 {
		keep = a.Keep.UnixMilli()
	}
	value, events, err := q.run(ctx, "attempt", c.Adviser, c.Epoch, a.Contact, a.ID, a.Result, since1970(a.Next),
		windows(a.Windows), keep, a.Key, a.Told)
	due, _ := value.(int64)
	return instant(due), events, err
}

// Stop implements helpline.CallbackQueue.
func (q *Queue) Stop(ctx context.Context, c helpline.Console, index string) (string, []helpline.Event, error) {
	var out struct {
		Contact string `json:"contact"`
	}
	events, err := q.into(ctx, &out, "stop", c.Adviser, c.Epoch, index)
	return out.Contact, events, err
}

// Callbacks implements helpline.CallbackQueue.
func (q *Queue) Callbacks(ctx context.Context, c helpline.Console) ([]helpline.DueCall, error) {
	var out struct {
		Legs []struct {
			Contact  string `json:"contact"`
			State    string `json:"state"`
			Language string `json:"language"`
			Lane     string `json:"lane"`
			Due      int64  `json:"due"`
			Till     int64  `json:"till"`
			Attempts int    `json:"attempts"`
			Reason   string `json:"reason"`
		} `json:"legs"`
	}
	_, err := q.into(ctx, &out, "callbacks", c.Adviser, c.Epoch)
	var list []helpline.DueCall
	for _, l := range out.Legs {
		list = append(list, helpline.DueCall{
			Contact: l.Contact, State: helpline.State(l.State), Language: l.Language, Lane: helpline.Lane(l.Lane),
			Due: instant(l.Due), Till: instant(l.Till), Attempts: l.Attempts, Reason: l.Reason,
		})
	}
	return list, err
}

// fields reads some fields of a contact, "" for those that it has not; ErrNotFound for no contact.
func (q *Queue) fields(ctx context.Context, contact string, names ...string) (map[string]string, error) {
	values, err := q.rdb.HMGet(ctx, q.key(":c:"+contact), append(names, "state")...).Result()
	if err != nil {
		return nil, fmt.Errorf("read contact: %w", errors.Join(helpline.ErrQueueUnavailable, err))
	}
	out := map[string]string{}
	for i, name := range append(names, "state") {
		out[name], _ = values[i].(string)
	}
	if out["state"] == "" {
		return nil, helpline.ErrNotFound
	}
	return out, nil
}

// Chat implements helpline.CallbackLook.
func (q *Queue) Chat(ctx context.Context, contact string) (helpline.Chat, error) {
	f, err := q.fields(ctx, contact, "language", "lane", "arrival", "key", "intake")
	if err != nil {
		return helpline.Chat{}, err
	}
	return helpline.Chat{
		Facts: helpline.Facts{
			Contact: contact, Language: f["language"], Lane: helpline.Lane(f["lane"]), Arrival: instant(number(f["arrival"])),
		},
		Key: f["key"], Told: f["intake"], State: helpline.State(f["state"]),
	}, nil
}

// Owner implements helpline.CallbackLook.
func (q *Queue) Owner(ctx context.Context, contact string) (helpline.Held, error) {
	var out struct {
		Owner   string `json:"owner"`
		Windows string `json:"windows"`
		Now     int64  `json:"now"`
	}
	_, err := q.into(ctx, &out, "owner", contact)
	return helpline.Held{Adviser: out.Owner, Windows: readWindows(out.Windows), Now: instant(out.Now)}, err
}

// Gone implements helpline.CallbackLook.
func (q *Queue) Gone(ctx context.Context, rows []helpline.Callback) (gone []helpline.Callback, err error) {
	read := make([]*redis.SliceCmd, len(rows))
	_, err = q.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, r := range rows {
			read[i] = p.HMGet(ctx, q.key(":c:"+r.Contact), "state", "linked")
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read callbacks: %w", errors.Join(helpline.ErrQueueUnavailable, err))
	}
	for i, r := range rows {
		values := read[i].Val()
		state, _ := values[0].(string)
		linked, _ := values[1].(string)
		if state == "" || linked == "1" && r.First == "" {
			gone = append(gone, r)
		}
	}
	return gone, nil
}
