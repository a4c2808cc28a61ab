package storage

import (
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"adviceline/ops/servicetest"
)

func TestMigrationsByTwoNodesAtOnceAndAgain(t *testing.T) {
	t.Parallel()
	url := servicetest.Postgres(t)
	files, err := migrations.ReadDir("migrations")
	if err != nil {
		t.Fatal(err)
	}
	if n, err := Pending(t.Context(), url); err != nil || n != len(files) {
		t.Errorf("before: %d pending, %v", n, err)
	}
	var g errgroup.Group
	for range 2 {
		g.Go(func() error { return Migrate(context.Background(), url) })
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	if err := Migrate(t.Context(), url); err != nil {
		t.Errorf("again: %v", err)
	}
	if n, err := Pending(t.Context(), url); err != nil || n != 0 {
		t.Errorf("after: %d pending, %v", n, err)
	}
	execute(t, url, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true)")
	if err := Migrate(t.Context(), url); !errors.Is(err, ErrNewerDatabase) {
		t.Errorf("newer database: %v", err)
	}
	if _, err := Pending(t.Context(), url); !errors.Is(err, ErrNewerDatabase) {
		t.Errorf("newer database: %v", err)
	}
}

func TestTablesHoldNoMoreThanPromised(t *testing.T) {
	t.Parallel()
	s := open(t, database(t))
	const query = `
SELECT c.table_name || '.' || c.column_name FROM information_schema.columns AS c
WHERE c.table_schema = 'public' AND (
	c.column_name ~ '(created|inserted|updated)' OR c.column_default LIKE 'nextval%' OR c.is_identity = 'YES'
	OR c.table_name = 'staged' AND c.column_name NOT IN ('key', 'generation', 'wrapped', 'sealed')
	OR c.table_name = 'event' AND c.column_name = 'language')
	AND c.table_name <> 'goose_db_version'`
	r, err := s.pool.Query(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	if bad, err := pgx.CollectRows(r, pgx.RowTo[string]); err != nil || len(bad) > 0 {
		t.Errorf("columns %v, %v", bad, err)
	}
}

var statement = regexp.MustCompile(`^\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\s`)

// TestEveryStatementPrepares finds the statements in the source, so that none is forgotten.
func TestEveryStatementPrepares(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), database(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), f.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(lit.Value)
			if err != nil || !statement.MatchString(text) {
				return true
			}
			found++
			query, _, err := pgx.NamedArgs{}.RewriteQuery(t.Context(), conn, text, nil)
			if err == nil {
				_, err = conn.Prepare(t.Context(), "", query)
			}
			if err != nil {
				t.Errorf("%s: %v\n%s", f.Name(), err, text)
			}
			return true
		})
	}
	if found < 15 {
		t.Errorf("%d statements found", found)
	}
}

func TestErrorsHoldNoValues(t *testing.T) {
	t.Parallel()
	s := open(t, database(t))
	for _, query := range []string{
		`SELECT 'sentinel'::uuid`, `SELECT 1 FROM sentinel`,
		`INSERT INTO session (hash, person, expires) VALUES ('sentinel', gen_random_uuid(), now())`,
	} {
		_, err := s.exec(t.Context(), query, nil)
		var refused Refusal
		if !errors.As(err, &refused) || strings.Contains(err.Error(), "sentinel") {
			t.Errorf("%s: %v", query, err)
		}
	}
	for _, url := range []string{"postgres://user:sentinel@/%zz", "port=sentinel"} {
		if _, err := Open(t.Context(), Options{URL: url}); err == nil || strings.Contains(err.Error(), "sentinel") {
			t.Errorf("open: %v", err)
		}
		if err := Migrate(t.Context(), url); err == nil || strings.Contains(err.Error(), "sentinel") {
			t.Errorf("migrate: %v", err)
		}
	}
}
