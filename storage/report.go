package storage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"adviceline/helpline"
	"adviceline/helpline/disclose"
)

// Release publishes every period that is over with its embargo and not published yet, each once and for good. It tells
// how many. One node does so at a time; a release that dies has published nothing of its period.
func (s *Store) Release(ctx context.Context, settings disclose.Settings) (n int, err error) {
	if err := settings.Check(); err != nil {
		return 0, fmt.Errorf("release: %w", err)
	}
	counts, err := s.Counts(ctx)
	if err != nil || len(counts) == 0 {
		return 0, err
	}
	published, done, err := s.published(ctx)
	if err != nil {
		return 0, err
	}
	now, err := s.Time(ctx)
	if err != nil {
		return 0, err
	}
	first := now.Year()
	for p := range counts {
		y, _ := strconv.Atoi(string(p[:4]))
		first = min(first, y)
	}
	for _, p := range disclose.Periods(first, now.Year()) {
		if done[p] || !p.Due(now, settings) {
			continue
		}
		pub, err := disclose.Release(disclose.Request{Period: p, Counts: counts, Published: published, Settings: settings})
		if err != nil {
			return n, err
		}
		frozen, err := s.freeze(ctx, pub)
		if err != nil || !frozen {
			return n, err // another node was first: its draws hold, the next turn reads them
		}
		n++
		published = append(published, pub.Tables...)
	}
	return n, nil
}

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

// freeze stores a period whole; false when it was published already.
func (s *Store) freeze(ctx context.Context, pub disclose.Publication) (bool, error) {
	const insert = `INSERT INTO report (period, tab, json, csv) VALUES (@period, @tab, @json, @csv)`
	const mark = `INSERT INTO report (period, tab) VALUES (@period, '') ON CONFLICT DO NOTHING`
	frozen := false
	err := s.within(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, mark, named{"period": string(pub.Period)})
		if frozen = tag.RowsAffected() == 1; err != nil || !frozen {
			return err
		}
		for _, t := range pub.Tables {
			text, err := t.JSON()
			if err != nil {
				return err
			}
			table, err := t.CSV()
			if err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, insert, named{"period": string(pub.Period), "tab": t.Table, "json": text, "csv": table}); err != nil {
				return err
			}
		}
		for _, w := range pub.Withheld {
			if _, err := tx.Exec(ctx, insert, named{"period": string(pub.Period), "tab": w.Table, "json": nil, "csv": nil}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("freeze report: %w", err)
	}
	return frozen, nil
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

// Publication gives everything of a period, as it was frozen. Error: helpline.ErrNotFound.
func (s *Store) Publication(ctx context.Context, period disclose.Period) (disclose.Publication, error) {
	const query = `SELECT tab, json FROM report WHERE period = @period`
	out := disclose.Publication{Period: period}
	list, err := rows[struct {
		Tab  string
		JSON []byte
	}](ctx, s, query, named{"period": string(period)})
	if err == nil && len(list) == 0 {
		err = helpline.ErrNotFound
	}
	if err != nil {
		return out, fmt.Errorf("read publication: %w", err)
	}
	texts := map[string][]byte{}
	for _, r := range list {
		texts[r.Tab] = r.JSON
	}
	for _, t := range disclose.Plan() {
		text, ok := texts[t.Name]
		var p disclose.Published
		switch {
		case !ok:
		case text == nil:
			out.Withheld = append(out.Withheld, disclose.Withheld{Table: t.Name, Period: period, Reason: disclose.Reason})
		case json.Unmarshal(text, &p) == nil:
			out.Tables = append(out.Tables, p)
		default:
			return out, errors.New("read publication: malformed")
		}
	}
	return out, nil
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
