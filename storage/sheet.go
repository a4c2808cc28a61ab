package storage

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"adviceline/helpline"
)

// Sheet gives the rows of a sheet, in order.
func (s *Store) Sheet(ctx context.Context, name string) ([][]string, error) {
	const query = `SELECT cells FROM sheet WHERE name = @name ORDER BY place`
	type row struct{ Cells []string }
	all, err := rows[row](ctx, s, query, named{"name": name})
	if err != nil {
		return nil, fmt.Errorf("read sheet: %w", err)
	}
	out := make([][]string, 0, len(all))
	for _, r := range all {
		out = append(out, r.Cells)
	}
	return out, nil
}

// SetSheet replaces the rows of a sheet, whole or not at all. Error: helpline.ErrInvalid for text that cannot be stored.
func (s *Store) SetSheet(ctx context.Context, name string, table [][]string) error {
	const clear = `DELETE FROM sheet WHERE name = @name`
	const insert = `INSERT INTO sheet (name, place, cells) VALUES (@name, @place, @cells)`
	const lock = `SELECT pg_advisory_xact_lock(hashtext('adviceline.sheet'))`
	for _, cells := range table {
		if !storable(cells...) {
			return fmt.Errorf("set sheet: %w", helpline.ErrInvalid)
		}
	}
	err := s.within(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var batch pgx.Batch
		batch.Queue(lock)
		batch.Queue(clear, named{"name": name})
		for i, cells := range table {
			batch.Queue(insert, named{"name": name, "place": i, "cells": cells})
		}
		return tx.SendBatch(ctx, &batch).Close()
	})
	if err != nil {
		return fmt.Errorf("set sheet: %w", err)
	}
	return nil
}
