package main

import (
	"context"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"
)

const tables = `
CREATE SCHEMA IF NOT EXISTS safe;
CREATE TABLE IF NOT EXISTS safe.incarnation (inc bigint PRIMARY KEY);
INSERT INTO safe.incarnation VALUES (1) ON CONFLICT DO NOTHING;
CREATE TABLE IF NOT EXISTS safe.event (inc bigint, number bigint, kind text NOT NULL, contact uuid NOT NULL, at timestamptz NOT NULL,
	adviser text NOT NULL, epoch bigint NOT NULL, PRIMARY KEY (inc, number));
CREATE TABLE IF NOT EXISTS safe.contact (contact uuid PRIMARY KEY, class text NOT NULL, arrival timestamptz NOT NULL, state text NOT NULL,
	owner text NOT NULL, epoch bigint NOT NULL, number bigint NOT NULL);`

const (
	fence  = `SELECT inc FROM safe.incarnation WHERE inc = 1 FOR SHARE`
	events = `INSERT INTO safe.event (inc, number, kind, contact, at, adviser, epoch)
		SELECT 1, * FROM unnest($1::bigint[], $2::text[], $3::uuid[], $4::timestamptz[], $5::text[], $6::bigint[]) ON CONFLICT DO NOTHING`
	contacts = `INSERT INTO safe.contact AS c (contact, class, arrival, state, owner, epoch, number)
		SELECT DISTINCT ON (contact) * FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::text[], $5::text[], $6::bigint[], $7::bigint[])
			AS n (contact, class, arrival, state, owner, epoch, number) ORDER BY contact, number DESC
		ON CONFLICT (contact) DO UPDATE SET state = excluded.state, owner = excluded.owner, epoch = excluded.epoch, number = excluded.number
		WHERE c.number < excluded.number`
)

// ledger commits what came while the last commit ran.
type ledger struct {
	pool *pgxpool.Pool
	rdb  *redis.Client
	wake chan struct{}

	mu      sync.Mutex
	waiting []*fact
}

// fact is what one script left in the spool.
type fact struct {
	spool  []string
	fields [][]string
	done   chan error
}

func newLedger(ctx context.Context, pool *pgxpool.Pool, rdb *redis.Client) (*ledger, error) {
	if _, err := pool.Exec(ctx, tables); err != nil && !strings.Contains(err.Error(), "already exists") && !strings.Contains(err.Error(), "duplicate key") {
		return nil, fmt.Errorf("make tables: %w", err)
	}
	l := &ledger{pool: pool, rdb: rdb, wake: make(chan struct{}, 1)}
	go l.run(ctx)
	return l, nil
}

// keep waits until what a script left is committed, 500 ms at most: the spool has it.
func (l *ledger) keep(ctx context.Context, left any) error {
	pairs, _ := left.([]any)
	if len(pairs) == 0 {
		return nil
	}
	f := &fact{done: make(chan error, 1)}
	for i := 0; i+1 < len(pairs); i += 2 {
		f.spool = append(f.spool, pairs[i].(string))
		f.fields = append(f.fields, strings.Fields(pairs[i+1].(string)))
	}
	l.mu.Lock()
	l.waiting = append(l.waiting, f)
	l.mu.Unlock()
	select {
	case l.wake <- struct{}{}:
	default:
	}
	bound := time.NewTimer(500 * time.Millisecond)
	defer bound.Stop()
	select {
	case err := <-f.done:
		return err
	case <-bound.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *ledger) run(ctx context.Context) {
	for {
		select {
		case <-l.wake:
		case <-ctx.Done():
			return
		}
		runtime.Gosched()
		l.mu.Lock()
		batch := l.waiting
		l.waiting = nil
		l.mu.Unlock()
		if len(batch) == 0 {
			continue
		}
		err := l.commit(ctx, batch)
		var gone []string
		for _, f := range batch {
			f.done <- err
			gone = append(gone, f.spool...)
		}
		if err == nil {
			_ = l.rdb.XDel(ctx, tag+":spool", gone...).Err()
		}
	}
}

// commit writes rows of events and of contacts in one transaction and one round trip.
func (l *ledger) commit(ctx context.Context, batch []*fact) error {
	var (
		numbers, epochs                       []int64
		kinds, ids, classes, advisers, owners []string
		ats, arrivals                         []time.Time
	)
	for _, f := range batch {
		for _, e := range f.fields { // inc number kind contact class arrival instant adviser epoch; without an adviser one field fewer
			who := ""
			if len(e) == 9 {
				who = e[7]
			}
			number, _ := strconv.ParseInt(e[1], 10, 64)
			arrival, _ := strconv.ParseInt(e[5], 10, 64)
			at, _ := strconv.ParseInt(e[6], 10, 64)
			epoch, _ := strconv.ParseInt(e[len(e)-1], 10, 64)
			numbers, epochs = append(numbers, number), append(epochs, epoch)
			kinds, ids, classes, advisers = append(kinds, e[2]), append(ids, e[3]), append(classes, e[4]), append(advisers, who)
			ats, arrivals = append(ats, time.UnixMilli(at)), append(arrivals, time.UnixMilli(arrival))
			owner := ""
			if e[2] == "accepted" {
				owner = who
			}
			owners = append(owners, owner)
		}
	}
	b := &pgx.Batch{}
	b.Queue("BEGIN")
	b.Queue(fence)
	b.Queue(events, numbers, kinds, ids, ats, advisers, epochs)
	b.Queue(contacts, ids, classes, arrivals, kinds, owners, epochs, numbers)
	b.Queue("COMMIT")
	if err := l.pool.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}
