package storage

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrate brings the database to this program's schema, forward only, each step in a transaction. An
// advisory lock of the session lets one node at a time, so the address must not lead through a pooler
// of transactions. Again it changes nothing; ErrNewerDatabase where a newer program was before.
func Migrate(ctx context.Context, url string) error {
	err := provide(url, "migrate database", func(p *goose.Provider) error {
		if _, err := pending(ctx, p); err != nil {
			return err
		}
		_, err := p.Up(ctx)
		return err
	})
	if err != nil {
		return err
	}
	return migrateMail(ctx, url)
}

// Pending tells how many migrations the database lacks; ErrNewerDatabase where it has more than this
// program knows.
func Pending(ctx context.Context, url string) (int, error) {
	var n int
	err := provide(url, "compare schema", func(p *goose.Provider) (err error) {
		n, err = pending(ctx, p)
		return err
	})
	return n, err
}

func pending(ctx context.Context, p *goose.Provider) (int, error) {
	current, err := p.GetDBVersion(ctx)
	if err != nil {
		return 0, err
	}
	n := 0
	var newest int64
	for _, s := range p.ListSources() {
		newest = max(newest, s.Version)
		if s.Version > current {
			n++
		}
	}
	if current > newest {
		return 0, ErrNewerDatabase
	}
	return n, nil
}

// provide opens a connection without the bounds of ordinary calls: a migration may take its time.
func provide(url, step string, f func(*goose.Provider) error) error {
	c, err := pgx.ParseConfig(url)
	if err != nil {
		return errors.New("read DATABASE_URL: not a postgres:// address or keyword string")
	}
	settle(c)
	db := stdlib.OpenDB(*c)
	defer func() { _ = db.Close() }()
	p, err := provider(db)
	if err != nil {
		return fmt.Errorf("%s: %w", step, err)
	}
	err = f(p)
	var part *goose.PartialError
	if errors.As(err, &part) {
		return fmt.Errorf("%s: version %d: %w", step, part.Failed.Source.Version, bare(err))
	}
	if err != nil {
		return fmt.Errorf("%s: %w", step, bare(err))
	}
	return nil
}

func provider(db *sql.DB) (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300)) // seconds, tries
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectPostgres, db, files,
		goose.WithSessionLocker(locker), goose.WithDisableGlobalRegistry(true))
}
