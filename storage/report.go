package storage

import (
	"context"
	"encoding/json"
	"fmt"

	"adviceline/helpline"
	"adviceline/helpline/disclose"
)

// published reads what was published, and which periods are.
func (s *Store) published(ctx context.Context) (all []disclose.Published, done map[disclose.Period]bool, err error) {
	const query = `SELECT period, json FROM report`
	list, err := rows[struct {
		Period string
		JSON   []byte
	}](ctx, s, query, nil)
	if err != nil {
		return nil, nil, fmt.Errorf("read reports: %w", err)
	}
	done = map[disclose.Period]bool{}
	for _, r := range list {
		if done[disclose.Period(r.Period)] = true; r.JSON == nil {
			continue
		}
		var p disclose.Published
		if err := json.Unmarshal(r.JSON, &p); err != nil {
			return nil, nil, fmt.Errorf("read reports: %w", ErrUnexpected)
		}
		all = append(all, p)
	}
	return all, done, nil
}

// Report gives the frozen bytes of one table of a period. Errors: disclose.ErrUnknownTable, helpline.ErrNotFound for
// a period that is not published, disclose.ErrWithheld.
func (s *Store) Report(ctx context.Context, table string, period disclose.Period) (text, csv []byte, err error) {
	const query = `SELECT tab, json, csv FROM report WHERE period = @period AND tab IN ('', @table)`
	if _, err := disclose.Find(table); err != nil {
		return nil, nil, err
	}
	list, err := rows[struct {
		Tab       string
		JSON, CSV []byte
	}](ctx, s, query, named{"period": string(period), "table": table})
	if err != nil {
		return nil, nil, fmt.Errorf("read report: %w", err)
	}
	if len(list) == 0 {
		return nil, nil, helpline.ErrNotFound
	}
	for _, r := range list {
		if r.Tab == table && r.JSON != nil {
			return r.JSON, r.CSV, nil
		}
	}
	return nil, nil, disclose.ErrWithheld
}

// Frozen gives everything of a period, as it was frozen. Error: helpline.ErrNotFound.
func (s *Store) Frozen(ctx context.Context, period disclose.Period) ([]disclose.Frozen, error) {
	const query = `SELECT tab AS "table", json, csv FROM report WHERE period = @period ORDER BY tab`
	list, err := rows[disclose.Frozen](ctx, s, query, named{"period": string(period)})
	if err == nil && len(list) == 0 {
		err = helpline.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read publication: %w", err)
	}
	return list[1:], nil // the first is the period itself
}

// PublishedPeriods lists the periods that are published, the latest first.
func (s *Store) PublishedPeriods(ctx context.Context) ([]disclose.Period, error) {
	const query = `SELECT period FROM report WHERE tab = '' ORDER BY period DESC`
	list, err := rows[struct{ Period disclose.Period }](ctx, s, query, nil)
	if err != nil {
		return nil, fmt.Errorf("list reports: %w", err)
	}
	out := make([]disclose.Period, len(list))
	for i, r := range list {
		out[i] = r.Period
	}
	return out, nil
}

// Inside gives the sums of flushed counters of the periods that are not released, rounded, for the house's own board
// alone; see disclose.Inside.
func (s *Store) Inside(ctx context.Context) ([]disclose.Inside, error) {
	const query = `
SELECT tab, cell, sum(count)::bigint AS n FROM counter
WHERE tab = ANY(@tabs) AND period NOT IN (SELECT period FROM report WHERE tab = '')
GROUP BY tab, cell`
	list, err := rows[struct {
		Tab, Cell string
		N         int64
	}](ctx, s, query, named{"tabs": disclose.InsideTables()})
	if err != nil {
		return nil, fmt.Errorf("sum counters: %w", err)
	}
	counts := disclose.Counts{}
	for _, x := range list {
		counts.Add(x.Tab, x.Cell, x.N)
	}
	return disclose.SumInside(counts), nil
}
