package storage

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"adviceline/helpline"
)

// TestEveryTableIsInTheTableOfStores: a table without a line there fails, and a line without its table.
func TestEveryTableIsInTheTableOfStores(t *testing.T) {
	t.Parallel()
	s := open(t, database(t))
	const query = `
SELECT CASE WHEN n.nspname = 'public' THEN '' ELSE n.nspname || '.' END || c.relname
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'm', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') ORDER BY 1`
	r, err := s.pool.Query(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	have, err := pgx.CollectRows(r, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	names := map[string]bool{}
	for _, k := range helpline.Kept() {
		told = append(told, k.Tables...)
		if names[k.Name] {
			t.Errorf("%s stands twice", k.Name)
		}
		names[k.Name] = true
	}
	slices.Sort(told)
	slices.Sort(have)
	if !slices.Equal(have, told) {
		t.Errorf("Postgres has %v\nthe table of stores %v", have, told)
	}
	for name := range purges {
		if !names[name] {
			t.Errorf("%s is purged and not in the table of stores", name)
		}
	}
}

// TestPurgeWorksFromTheTableOfStores: what is over goes, what is not stays, in every store that is purged; again
// nothing goes. The proof shows the turn, and the oldest row that is left.
func TestPurgeWorksFromTheTableOfStores(t *testing.T) {
	t.Parallel()
	s := open(t, database(t))
	closeContacts(t, s, 2, helpline.LedgerLife+time.Hour)
	closeContacts(t, s, 3, helpline.LedgerLife-48*time.Hour)
	const person = `INSERT INTO person (id, name, folded, alias, roles, languages, capacity, password) VALUES (@id, 'a', 'a', 'a', '{}', '{}', 1, '')`
	id := "6f1ed002-ab55-41f1-9dbb-3c7c3b1a0001"
	fill := []string{
		person,
		`INSERT INTO session (hash, person, expires) VALUES ('old', @id, now() - interval '1 second'), ('new', @id, now() + interval '1 hour')`,
		`INSERT INTO audit (line, id, at, adviser, deed, code) SELECT 'main', gen_random_uuid(), now() - d * interval '1 day', @id, 'reveal', '' FROM unnest('{89,91,400}'::int[]) AS d`,
		`INSERT INTO disclosure (line, id, at, ground, receiver, receipt, adviser)
SELECT 'main', gen_random_uuid(), now() - d * interval '1 day', 'g', 'r', '', @id FROM unnest('{1,1825,1827}'::int[]) AS d`,
		`INSERT INTO page (line, incarnation, number, page, step, kind, at, reason, waited_ms)
SELECT 'main', 1, d, 'p', 1, 'paged', now() - d * interval '1 day', '', 0 FROM unnest('{89,91}'::int[]) AS d`,
		`INSERT INTO shift (person, tier, begins, ends) SELECT @id, 0, now() - d * interval '1 day', now() - d * interval '1 day' + interval '8 hours' FROM unnest('{80,92}'::int[]) AS d`,
		`INSERT INTO card (line, mark, day, wrapped, sealed) SELECT 'main', d, (now() AT TIME ZONE 'UTC')::date + d::int, 'w', 's' FROM unnest('{-1,0,3}'::text[]) AS d`,
		`INSERT INTO callback (line, contact, language, lane, arrival, print, key, told, mark, begins, ends, converted, pending, wrapped, sealed)
SELECT 'main', gen_random_uuid(), 'fi', 'ordinary', now(), '', '', '', '', ARRAY[now()], ARRAY[now() - d * interval '1 day'], false, false, '', '' FROM unnest('{4,6}'::int[]) AS d`,
	}
	for _, query := range fill {
		args := named{}
		if strings.Contains(query, "@id") {
			args["id"] = id
		}
		if _, err := s.exec(t.Context(), query, args); err != nil {
			t.Fatal(err, query)
		}
	}
	want := map[string]int64{"ledger": 2, "sessions": 1, "audit": 2, "register": 1, "paging": 1, "roster": 1, "cards": 1, "callbacks": 1}
	for range 2 {
		gone, err := s.Purge(t.Context())
		if err != nil || !maps.Equal(gone, want) {
			t.Errorf("gone %v, want %v; %v", gone, want, err)
		}
		for name := range want {
			want[name] = 0
		}
	}
	if len(want) != len(purges) {
		t.Errorf("%d stores are purged, %d tried", len(purges), len(want))
	}
	p, err := s.Proof(t.Context())
	if err != nil || len(p.Stores) != len(helpline.Kept()) {
		t.Fatal(p, err)
	}
	for _, f := range p.Stores {
		switch {
		case f.Name == "ledger" && (f.Rows != 6 || f.Oldest.IsZero()), f.Name == "register" && (f.Rows != 2 || time.Since(f.Oldest) < 1824*24*time.Hour), f.Name == "keys" && f.Rows != -1:
			t.Errorf("%+v", f)
		case purges[f.Name] != nil && (f.Purged.IsZero() || !f.Purged.Equal(f.Purged.Truncate(time.Hour))):
			t.Errorf("%s: purged %v", f.Name, f.Purged)
		}
	}
}
