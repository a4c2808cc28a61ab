package storage

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"adviceline/helpline"
)

var _ helpline.Lives = (*Store)(nil)

// Hold implements helpline.Lives: f runs under the line's advisory lock, which a connection of its own
// holds. It waits for the lock until ctx ends. When the connection is lost, so is the lock: the
// context of f ends then and Hold gives ErrUnavailable.
func (s *Store) Hold(ctx context.Context, line string, f func(ctx context.Context) error) error {
	conn, err := pgx.ConnectConfig(ctx, s.pool.Config().ConnConfig)
	if err != nil {
		return fmt.Errorf("hold line: %w", bare(err))
	}
	defer func() {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), connectTime)
		defer cancel()
		_ = conn.Close(end)
	}()
	if err := acquire(ctx, conn, line); err != nil {
		return fmt.Errorf("hold line: %w", bare(err))
	}
	held, release := context.WithCancelCause(ctx)
	watched := make(chan struct{})
	go func() { // ends when the connection or held does
		defer close(watched)
		if _, err := conn.WaitForNotification(held); held.Err() == nil && err != nil {
			release(ErrUnavailable)
		}
	}()
	err = f(held)
	lost := errors.Is(context.Cause(held), ErrUnavailable)
	release(nil)
	<-watched
	if lost {
		return fmt.Errorf("hold line: lock lost: %w", ErrUnavailable)
	}
	return err
}

// acquire waits in Postgres, in turns as long as lock_timeout, so that the end of ctx is seen.
func acquire(ctx context.Context, conn *pgx.Conn, line string) error {
	for {
		_, err := conn.Exec(ctx, `SELECT pg_advisory_lock(hashtextextended('adviceline line ' || @line::text, 0))`,
			named{"line": line})
		var refused *pgconn.PgError
		if errors.As(err, &refused) && refused.Code == lockNotAvailable && ctx.Err() == nil {
			continue
		}
		return err
	}
}

const lockNotAvailable = "55P03"

type life struct {
	Number int64
	RunID  string
}

// Incarnation implements helpline.Lives: the number of the line's present life and the run id of the
// queue's server in it, 0 and "" when there was none.
func (s *Store) Incarnation(ctx context.Context, line string) (int64, string, error) {
	const query = `SELECT number, run_id FROM incarnation WHERE line = @line`
	all, err := rows[life](ctx, s, query, named{"line": line})
	if err != nil {
		return 0, "", fmt.Errorf("read incarnation: %w", err)
	}
	if len(all) == 0 {
		return 0, "", nil
	}
	return all[0].Number, all[0].RunID, nil
}

// SetIncarnation implements helpline.Lives. It waits for the commits that run and fences off the
// later ones of older lives. It never goes back: ErrOldIncarnation.
func (s *Store) SetIncarnation(ctx context.Context, line string, incarnation int64, runID string) error {
	const query = `
INSERT INTO incarnation AS i (line, number, run_id)
VALUES (@line, @number, @run_id)
ON CONFLICT (line) DO UPDATE SET number = excluded.number, run_id = excluded.run_id
WHERE i.number < excluded.number OR (i.number = excluded.number AND i.run_id = excluded.run_id)`
	n, err := s.exec(ctx, query, named{"line": line, "number": incarnation, "run_id": runID})
	if err == nil && n == 0 {
		err = helpline.ErrOldIncarnation
	}
	if err != nil {
		return fmt.Errorf("set incarnation: %w", err)
	}
	return nil
}
