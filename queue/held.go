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

// heldOf says which family of keys is what kind of thing; a draft is a field of its contact.
var heldOf = []struct{ kind, match string }{{"texts", "s:*"}, {"numbers", "number:*"}, {"sessions", "session:*"}}

// Held tells what Redis holds of the line now, by kind. Oldest is by the hour: since when the contact of the oldest
// one is there, or the first event of a stream; zero where Redis does not know.
func (q *Queue) Held(ctx context.Context) ([]helpline.LiveCount, error) {
	contacts, drafts := helpline.LiveCount{Kind: "contacts"}, helpline.LiveCount{Kind: "drafts"}
	texts := map[string]bool{}
	out := []helpline.LiveCount{}
	for _, h := range heldOf {
		x := helpline.LiveCount{Kind: h.kind}
		if err := q.scan(ctx, h.match, func(keys []string) error {
			for _, k := range keys {
				if x.N++; h.kind == "texts" {
					texts[k[strings.LastIndexByte(k, ':')+1:]] = true
				}
			}
			return nil
		}); err != nil {
			return nil, fmt.Errorf("count %s: %w", h.kind, errors.Join(helpline.ErrQueueUnavailable, err))
		}
		out = append(out, x)
	}
	since := time.Time{} // of the oldest contact with text
	err := q.scan(ctx, "c:*", func(keys []string) error {
		asked := make([]*redis.SliceCmd, len(keys))
		if _, err := q.door.Pipelined(ctx, func(p redis.Pipeliner) error {
			for i, k := range keys {
				asked[i] = p.HMGet(ctx, k, "arrival", "draft")
			}
			return nil
		}); err != nil {
			return err
		}
		for i, a := range asked {
			v := a.Val()
			text, _ := v[0].(string)
			ms, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				continue // it went meanwhile
			}
			add(&contacts, ms)
			if draft, _ := v[1].(string); draft != "" {
				add(&drafts, ms)
			}
			if texts[keys[i][strings.LastIndexByte(keys[i], ':')+1:]] {
				since = earlier(since, ms)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("count contacts: %w", errors.Join(helpline.ErrQueueUnavailable, err))
	}
	out[0].Oldest = since
	streams, err := q.streams(ctx)
	if err != nil {
		return nil, err
	}
	return append(append([]helpline.LiveCount{contacts, drafts}, out...), streams...), nil
}

// streams counts the events that Postgres has not committed, and those that it never can.
func (q *Queue) streams(ctx context.Context) ([]helpline.LiveCount, error) {
	var out []helpline.LiveCount
	for _, kind := range []string{"spool", "refused"} {
		n, err := q.door.XLen(ctx, q.key(":"+kind)).Result()
		if err != nil {
			return nil, fmt.Errorf("count %s: %w", kind, errors.Join(helpline.ErrQueueUnavailable, err))
		}
		x := helpline.LiveCount{Kind: kind, N: n}
		first, err := q.door.XRangeN(ctx, q.key(":"+kind), "-", "+", 1).Result()
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", kind, errors.Join(helpline.ErrQueueUnavailable, err))
		}
		if len(first) == 1 {
			at, _, _ := strings.Cut(first[0].ID, "-")
			if ms, err := strconv.ParseInt(at, 10, 64); err == nil {
				x.Oldest = earlier(x.Oldest, ms)
			}
		}
		out = append(out, x)
	}
	return out, nil
}

func add(h *helpline.LiveCount, ms int64) {
	h.N++
	h.Oldest = earlier(h.Oldest, ms)
}

// earlier gives the earlier of two instants, whole hours.
func earlier(old time.Time, ms int64) time.Time {
	at := time.UnixMilli(ms).UTC().Truncate(time.Hour)
	if old.IsZero() || at.Before(old) {
		return at
	}
	return old
}
