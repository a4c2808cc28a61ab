package storage

import (
	"context"
	"fmt"
)

// StagedCount tells how many outcomes wait, sealed, for their flush.
func (s *Store) StagedCount(ctx context.Context) (int64, error) {
	const query = `SELECT count(*) AS count FROM staged`
	all, err := rows[struct{ Count int64 }](ctx, s, query, nil)
	if err != nil {
		return 0, fmt.Errorf("count staged outcomes: %w", err)
	}
	return all[0].Count, nil
}
