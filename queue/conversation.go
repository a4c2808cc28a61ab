package queue

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"adviceline/helpline"
)

// keyMark is how much of a wrapped key's end tells it from others: the tag of its seal.
const keyMark = 16

// Say implements helpline.ConversationQueue. A text that is sealed with another key than the contact's is refused with
// ErrIncarnation: the conversation got a new one when Redis had lost the old one, and a connection from before still
// has that.
func (q *Queue) Say(ctx context.Context, s helpline.Saying) (helpline.Said, error) {
	var who any = s.Version
	if s.From == helpline.FromAdviser {
		who = s.Console.Adviser
	}
	value, _, err := q.run(ctx, "say", s.Contact, string(s.From), who, s.Console.Epoch, s.CID, s.Sealed, s.Got, s.Key[max(0, len(s.Key)-keyMark):])
	if err != nil {
		return helpline.Said{}, err
	}
	text, _ := value.(string)
	seq, at, _ := strings.Cut(text, " ")
	n, err := strconv.ParseInt(seq, 10, 64)
	ms, err2 := strconv.ParseInt(at, 10, 64)
	if err != nil || err2 != nil {
		return helpline.Said{}, errors.New("run say: no seq and instant")
	}
	return helpline.Said{Seq: n, At: instant(ms)}, nil
}

// History implements helpline.ConversationQueue. It is a plain read.
func (q *Queue) History(ctx context.Context, contact string, after int64) ([]helpline.SealedMessage, error) {
	from := "(" + strconv.FormatInt(after, 10) + "-0"
	entries, err := q.rdb.XRange(ctx, q.key(":s:"+contact), from, "+").Result()
	if err != nil {
		return nil, fmt.Errorf("read conversation: %w", errors.Join(helpline.ErrQueueUnavailable, err))
	}
	out := make([]helpline.SealedMessage, 0, len(entries))
	for _, x := range entries {
		out = append(out, message(x.ID, func(f string) string {
			v, _ := x.Values[f].(string)
			return v
		}))
	}
	return out, nil
}

// Typing implements helpline.ConversationQueue.
func (q *Queue) Typing(ctx context.Context, c helpline.Console, contact string) error {
	_, _, err := q.run(ctx, "typing", c.Adviser, c.Epoch, contact)
	return err
}

// End implements helpline.ConversationQueue.
func (q *Queue) End(ctx context.Context, c helpline.Console, contact, reason string) ([]helpline.Event, error) {
	_, events, err := q.run(ctx, "end", c.Adviser, c.Epoch, contact, reason)
	return events, err
}

// Release implements helpline.ConversationQueue.
func (q *Queue) Release(ctx context.Context, c helpline.Console, contact string) (int64, error) {
	value, _, err := q.run(ctx, "release", c.Adviser, c.Epoch, contact)
	n, _ := value.(int64)
	return n, err
}

// Missing implements helpline.ConversationQueue.
func (q *Queue) Missing(ctx context.Context, contact string, seen int64) ([]helpline.Event, error) {
	_, events, err := q.run(ctx, "missing", contact, seen)
	return events, err
}

// Forward implements helpline.ConversationQueue.
func (q *Queue) Forward(ctx context.Context, p helpline.Posted) error {
	_, _, err := q.run(ctx, "forward", p.To, p.Version, p.Mark, p.Key, p.Sealed)
	return err
}
