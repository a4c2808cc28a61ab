package storage

import (
	"context"
	"fmt"
	"sync"

	"github.com/jackc/pgx/v5"
)

// named are the arguments of a statement by name, as pgx.NamedArgs, which reads the text of the
// statement again with every call.
type named pgx.NamedArgs

// numbered is a statement with $1, $2 and the names that these stand for.
type numbered struct {
	sql   string
	names []any
}

// statements are the texts of this package by what is written here: constants, so it is bounded.
var statements sync.Map

// RewriteQuery implements pgx.QueryRewriter.
func (a named) RewriteQuery(ctx context.Context, conn *pgx.Conn, sql string, _ []any) (string, []any, error) {
	known, ok := statements.Load(sql)
	if !ok {
		own := pgx.StrictNamedArgs{}
		for name := range a {
			own[name] = name
		}
		text, names, err := own.RewriteQuery(ctx, conn, sql, nil)
		if err != nil {
			return "", nil, fmt.Errorf("read statement: %w", err)
		}
		known, _ = statements.LoadOrStore(sql, numbered{text, names})
	}
	s, _ := known.(numbered)
	values := make([]any, len(s.names))
	for i, name := range s.names {
		values[i] = a[name.(string)]
	}
	return s.sql, values, nil
}
