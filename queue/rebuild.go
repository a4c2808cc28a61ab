package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"adviceline/helpline"
	"adviceline/helpline/strict"
)

// places are the keys, by what follows the line's tag, that a rebuild makes anew.
var (
	places = []string{":classes", ":reserved", ":danger", ":timers", ":owed", ":nodes", ":calls", ":review", ":consoles"}
	many   = []string{":w:", ":serve:", ":offers:", ":legs:", ":parked:", ":n:"}
)

// Clear implements helpline.LiveState: nobody has a place, nobody is connected. It tells how many advisers
// the queue knew.
func (q *Queue) Clear(ctx context.Context) (advisers int, err error) {
	err = q.scan(ctx, "*", func(keys []string) error {
		_, err := q.door.Pipelined(ctx, func(p redis.Pipeliner) error {
			for _, k := range keys {
				rest := strings.TrimPrefix(k, q.tag)
				switch {
				case slices.Contains(places, rest) || slices.ContainsFunc(many, func(s string) bool { return strings.HasPrefix(rest, s) }):
					p.Del(ctx, k)
				case strings.HasPrefix(rest, ":a:"):
					advisers++
					p.HSet(ctx, k, "up", "0", "used", 0, "serving", "0", "node", "", "cool", 0, "shy", 0, "misses", 0)
				}
			}
			return nil
		})
		return err
	})
	if err == nil {
		err = q.door.HDel(ctx, q.key(":meta"), "drains", "held").Err()
	}
	if err != nil {
		return 0, fmt.Errorf("clear queue: %w", errors.Join(helpline.ErrQueueUnavailable, err))
	}
	return advisers, nil
}

// scan gives every key of the line that fits, page by page.
func (q *Queue) scan(ctx context.Context, match string, f func(keys []string) error) error {
	master, err := q.master(ctx)
	if err != nil {
		return err
	}
	tag := strings.NewReplacer("[", `\[`, "]", `\]`, "*", `\*`, "?", `\?`).Replace(q.tag)
	for cursor := uint64(0); ; {
		keys, next, err := master.Scan(ctx, cursor, tag+":"+match, 1000).Result()
		if err != nil {
			return fmt.Errorf("list keys: %w", err)
		}
		if len(keys) > 0 {
			if err := f(keys); err != nil {
				return err
			}
		}
		if cursor = next; cursor == 0 {
			return nil
		}
	}
}

// row is a standing as rebuild.lua reads it: instants in ms, 0 for none.
type row struct {
	Contact   string `json:"contact"`
	Channel   string `json:"channel"`
	Language  string `json:"language"`
	Lane      string `json:"lane"`
	Arrival   int64  `json:"arrival"`
	State     string `json:"state"`
	Owner     string `json:"owner"`
	Capacity  int    `json:"capacity"`
	Epoch     int64  `json:"epoch"`
	Version   int64  `json:"version"`
	Accepted  int64  `json:"accepted"`
	Ended     int64  `json:"ended"`
	Recorded  int64  `json:"recorded"`
	Reason    string `json:"reason"`
	Key       string `json:"key"`
	Told      string `json:"told"`
	Number    string `json:"number"`
	Print     string `json:"print,omitempty"`
	Windows   string `json:"windows,omitempty"`
	Due       int64  `json:"due"`
	Attempts  int    `json:"attempts"`
	Converted string `json:"converted"`
	Keep      int64  `json:"keep"`
}

// Rebuild implements helpline.LiveState.
func (q *Queue) Rebuild(ctx context.Context, incarnation int64, standings []helpline.Standing) (textLost int, err error) {
	if len(standings) == 0 {
		return 0, nil
	}
	legs := make([]row, 0, len(standings))
	for _, s := range standings {
		l := row{
			Contact: s.Contact, Channel: s.Channel, Language: s.Language, Lane: string(s.Lane), Arrival: since1970(s.Arrival),
			State: string(s.State), Owner: s.Owner, Capacity: s.Capacity, Epoch: s.Epoch, Version: s.Version,
			Accepted: since1970(s.Accepted), Ended: since1970(s.Ended), Recorded: since1970(s.Recorded), Reason: s.Reason,
			Key: s.Key, Told: s.Told, Number: s.Number, Converted: "0",
		}
		if c := s.Call; c != nil {
			l.Print, l.Windows, l.Due, l.Attempts = c.Print, windows(c.Windows), since1970(c.Due), c.Attempts
			l.Converted, l.Keep = flag(c.Converted), c.Keep().UnixMilli()
		}
		legs = append(legs, l)
	}
	text, err := json.Marshal(legs)
	if err != nil {
		return 0, fmt.Errorf("write legs: %w", err)
	}
	value, err := q.runAs(ctx, incarnation, "rebuild", text)
	if err != nil {
		return 0, err
	}
	var out struct {
		Lost int `json:"lost"`
	}
	if err := strict.Own(value, &out); err != nil {
		return 0, fmt.Errorf("read reply of rebuild: %w", err)
	}
	return out.Lost, nil
}

// Forget implements helpline.LiveState: contacts that the rebuild did not touch have ended, or are calls
// that come back from Postgres.
func (q *Queue) Forget(ctx context.Context, incarnation int64) error {
	err := q.scan(ctx, "c:*", func(keys []string) error {
		read := make([]*redis.SliceCmd, len(keys))
		_, err := q.door.Pipelined(ctx, func(p redis.Pipeliner) error {
			for i, k := range keys {
				read[i] = p.HMGet(ctx, k, "life", "number")
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("read contacts: %w", err)
		}
		_, err = q.door.Pipelined(ctx, func(p redis.Pipeliner) error {
			for i, k := range keys {
				life, _ := read[i].Val()[0].(string)
				if life == strconv.FormatInt(incarnation, 10) {
					continue
				}
				id := strings.TrimPrefix(k, q.key(":c:"))
				p.Del(ctx, k, q.key(":s:"+id), q.key(":m:"+id))
				if number, _ := read[i].Val()[1].(string); number != "" {
					p.Del(ctx, q.key(":number:"+number))
				}
			}
			return nil
		})
		return err
	})
	if err != nil {
		return fmt.Errorf("forget contacts: %w", errors.Join(helpline.ErrQueueUnavailable, err))
	}
	return nil
}

// Halt implements helpline.LiveState.
func (q *Queue) Halt(ctx context.Context, incarnation int64, d time.Duration) error {
	_, err := q.runAs(ctx, incarnation, "hold", ms(d))
	return err
}

// runAs runs a verb before the line is entered, beside the writer. A repetition after a lost reply is the
// whole rebuild's.
func (q *Queue) runAs(ctx context.Context, incarnation int64, verb string, args ...any) (string, error) {
	s := q.scripts[verb]
	call := append([]any{"fcall", s.function, 1, q.tag, incarnation, q.opt.Salt, q.opt.Node}, args...)
	reply, err := q.door.Do(ctx, call...).Slice()
	if missing(err) {
		master, lost := q.master(ctx)
		if lost != nil {
			return "", lost
		}
		if err := master.FunctionLoadReplace(ctx, s.library).Err(); err != nil {
			return "", q.fault(verb, err)
		}
		reply, err = q.door.Do(ctx, call...).Slice()
	}
	if err != nil {
		return "", q.fault(verb, err)
	}
	if code, _ := reply[0].(int64); code != 0 || len(reply) < 3 {
		return "", fmt.Errorf("run %s: %w", verb, ErrIncarnation)
	}
	value, _ := reply[1].(string)
	return value, nil
}
