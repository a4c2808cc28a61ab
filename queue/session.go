package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"adviceline/helpline"
)

// PutSession copies a sign-in, so that it can be read while Postgres is away.
func (q *Queue) PutSession(ctx context.Context, s helpline.Session) error {
	b, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("write session: %w", err)
	}
	if err := q.rdb.Set(ctx, q.key(":session:"+s.Hash), b, time.Until(s.Expires)).Err(); err != nil {
		return fmt.Errorf("copy session: %w", err)
	}
	return nil
}

// SessionByHash gives a copied sign-in; helpline.ErrSignedOut when there is none.
func (q *Queue) SessionByHash(ctx context.Context, hash string) (helpline.Session, error) {
	var s helpline.Session
	b, err := q.rdb.Get(ctx, q.key(":session:"+hash)).Bytes()
	if errors.Is(err, redis.Nil) {
		return s, helpline.ErrSignedOut
	}
	if err != nil {
		return s, fmt.Errorf("read session: %w", err)
	}
	if err := json.Unmarshal(b, &s); err != nil {
		return s, errors.New("read session: malformed")
	}
	return s, nil
}

// DropSession deletes the copy.
func (q *Queue) DropSession(ctx context.Context, hash string) error {
	if err := q.rdb.Del(ctx, q.key(":session:"+hash)).Err(); err != nil {
		return fmt.Errorf("drop session: %w", err)
	}
	return nil
}

// PutTicket keeps a socket ticket for its short life, under a number that is higher than that of any before.
func (q *Queue) PutTicket(ctx context.Context, ticketHash, sessionHash string, life time.Duration) error {
	if _, _, err := q.run(ctx, "ticket", ticketHash, sessionHash, ms(life)); err != nil {
		return fmt.Errorf("keep ticket: %w", err)
	}
	return nil
}

// TakeTicket gives the session and the number of a ticket, once; helpline.ErrSignedOut afterwards. Number 0: a node of
// an earlier version gave it.
func (q *Queue) TakeTicket(ctx context.Context, ticketHash string) (sessionHash string, n int64, err error) {
	var hash, count *redis.StringCmd
	_, err = q.rdb.TxPipelined(ctx, func(p redis.Pipeliner) error {
		hash = p.GetDel(ctx, q.key(":ticket:"+ticketHash))
		count = p.GetDel(ctx, q.key(":ticket:"+ticketHash+":n"))
		return nil
	})
	if err != nil && !errors.Is(err, redis.Nil) {
		return "", 0, fmt.Errorf("take ticket: %w", err)
	}
	if errors.Is(hash.Err(), redis.Nil) {
		return "", 0, helpline.ErrSignedOut
	}
	return hash.Val(), number(count.Val()), nil
}

// SignOut tells every node to close what an account has open there: its console, and where it listens in.
func (q *Queue) SignOut(ctx context.Context, adviser string) error {
	nodes, err := q.rdb.HKeys(ctx, q.key(":nodes")).Result()
	if err != nil {
		return fmt.Errorf("sign out adviser: %w", err)
	}
	for _, node := range nodes {
		err = errors.Join(err, q.signOutAt(ctx, adviser, node))
	}
	return err
}

func (q *Queue) signOutAt(ctx context.Context, adviser, node string) error {
	n, err := q.rdb.HIncrBy(ctx, q.key(":nodes"), node, 1).Result()
	if err != nil {
		return fmt.Errorf("sign out adviser: %w", err)
	}
	b, err := json.Marshal(helpline.Notice{Count: n, To: "a:" + adviser, Kind: helpline.NoticeSignOut})
	if err != nil {
		return fmt.Errorf("sign out adviser: %w", err)
	}
	return q.rdb.Publish(ctx, q.key(":node:"+node), b).Err()
}
