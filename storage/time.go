package storage

import (
	"context"
	"fmt"
	"time"
)

// Time gives Postgres' clock: a day's key goes only when this clock too says that the day is over.
func (s *Store) Time(ctx context.Context) (time.Time, error) {
	var at time.Time
	if err := s.pool.QueryRow(ctx, `SELECT now()`).Scan(&at); err != nil {
		return time.Time{}, fmt.Errorf("read clock: %w", bare(err))
	}
	return at.UTC(), nil
}
