package storage

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// The bounds of one call. Postgres gives up a little before the call does: a cancelled context costs
// the connection, a statement that timed out does not.
const (
	callTime      = 5 * time.Second
	statementTime = 4500 * time.Millisecond
	lockTime      = 2 * time.Second
	connectTime   = 2 * time.Second
)

// Options of a store. URL is postgres://... or a keyword string; Pool is the most connections, 8 when
// 0 (take the sum over all nodes below the server's max_connections). Log may be nil.
type Options struct {
	URL  string
	Pool int32
	Log  *slog.Logger
}

// Store is the database as one node uses it. Safe for concurrent use.
type Store struct {
	pool *pgxpool.Pool
	log  *slog.Logger
}

// Open reads the address and connects lazily: Postgres may be away now and whenever it likes, the
// first call after its return connects again.
func Open(ctx context.Context, o Options) (*Store, error) {
	c, err := pgxpool.ParseConfig(o.URL)
	if err != nil {
		return nil, errors.New("read DATABASE_URL: not a postgres:// address or keyword string")
	}
	c.MaxConns = 8
	if o.Pool > 0 {
		c.MaxConns = o.Pool
	}
	c.MaxConnLifetime, c.MaxConnLifetimeJitter = time.Hour, 10*time.Minute
	c.HealthCheckPeriod = 10 * time.Second
	c.PingTimeout = connectTime
	settle(c.ConnConfig)
	for name, bound := range map[string]time.Duration{
		"statement_timeout":                   statementTime,
		"lock_timeout":                        lockTime,
		"idle_in_transaction_session_timeout": 2 * callTime,
	} {
		c.ConnConfig.RuntimeParams[name] = strconv.FormatInt(bound.Milliseconds(), 10)
	}
	pool, err := pgxpool.NewWithConfig(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", bare(err))
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Store{pool: pool, log: o.Log}, nil
}

// settle gives every connection of the program its name and the extended protocol: the simple one
// writes values into the text of a statement.
func settle(c *pgx.ConnConfig) {
	c.ConnectTimeout = connectTime
	c.RuntimeParams["application_name"] = "adviceline"
	c.DefaultQueryExecMode = pgx.QueryExecModeCacheStatement
}

// Close waits for the calls that run and ends every connection.
func (s *Store) Close() { s.pool.Close() }

// Ping asks Postgres for a sign of life; ErrUnavailable when there is none.
func (s *Store) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	if err := s.pool.Ping(ctx); err != nil {
		return fmt.Errorf("ping database: %w", bare(err))
	}
	return nil
}

// within runs f inside a transaction and the bound of one call, and strips its error.
func (s *Store) within(ctx context.Context, f func(ctx context.Context, tx pgx.Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	return bare(pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error { return f(ctx, tx) }))
}

// exec runs one statement within the bound of one call and gives the number of rows it changed.
func (s *Store) exec(ctx context.Context, sql string, args named) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	tag, err := s.pool.Exec(ctx, sql, args)
	return tag.RowsAffected(), bare(err)
}

// rows gives every row of one query within the bound of one call.
func rows[T any](ctx context.Context, s *Store, sql string, args named) ([]T, error) {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	r, err := s.pool.Query(ctx, sql, args)
	if err != nil {
		return nil, bare(err)
	}
	all, err := pgx.CollectRows(r, pgx.RowToStructByName[T])
	return all, bare(err)
}
