package queue

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"adviceline/helpline"
)

type entered struct {
	Contact string `json:"contact"`
	State   string `json:"state"`
	Version int64  `json:"version"`
	Arrival int64  `json:"arrival"`
	Ahead   int    `json:"ahead"`
}

func (e entered) domain() helpline.Entered {
	return helpline.Entered{
		Contact: e.Contact, State: helpline.State(e.State), Version: e.Version,
		Arrival: time.UnixMilli(e.Arrival).UTC(), Ahead: e.Ahead,
	}
}

// Enqueue implements helpline.IntakeQueue.
func (q *Queue) Enqueue(ctx context.Context, e helpline.Entry) (helpline.Entered, []helpline.Event, error) {
	args := []any{e.Contact, e.Print, e.Key, e.Channel, e.Language, e.Told, string(e.Lane), e.Skill, since1970(e.Overdue)}
	for _, n := range e.Numbers {
		args = append(args, n)
	}
	var out entered
	events, err := q.into(ctx, &out, "enqueue", args...)
	return out.domain(), events, err
}

// Resume implements helpline.IntakeQueue.
func (q *Queue) Resume(ctx context.Context, r helpline.Return) (helpline.Entered, []helpline.Event, error) {
	none := helpline.Entered{}
	contact, err := q.rdb.Get(ctx, q.key(":number:"+r.Index)).Result()
	if errors.Is(err, redis.Nil) {
		return none, nil, helpline.ErrNotFound
	}
	if err != nil {
		return none, nil, fmt.Errorf("find return number: %w", errors.Join(helpline.ErrQueueUnavailable, err))
	}
	text, err := q.rdb.HGet(ctx, q.key(":c:"+contact), "version").Result()
	version, bad := strconv.ParseInt(text, 10, 64)
	if errors.Is(err, redis.Nil) || err == nil && bad != nil {
		return none, nil, helpline.ErrNotFound
	}
	if err != nil {
		return none, nil, fmt.Errorf("find return number: %w", errors.Join(helpline.ErrQueueUnavailable, err))
	}
	args := []any{contact, r.Index, r.RequestID}
	for i := int64(1); i <= 3; i++ {
		args = append(args, r.Next(contact, version+i))
	}
	var out entered
	events, err := q.into(ctx, &out, "resume", args...)
	return out.domain(), events, err
}
