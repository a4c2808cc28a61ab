package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	database  = "adviceline"
	superuser = "adviceline"
)

// DatabaseURL gives the address for pgx, "" when Postgres was not asked for.
func (s *Services) DatabaseURL() string {
	if s.postgres == nil {
		return ""
	}
	return s.databaseURL(database)
}

// databaseURL names everything that a PG* variable of our environment could change.
func (s *Services) databaseURL(name string) string {
	query := url.Values{"host": {s.run}, "port": {"5432"}, "user": {superuser}, "sslmode": {"disable"}}
	return "postgres:///" + name + "?" + query.Encode()
}

// installation finds the Postgres that fits the data, if there are any yet.
func (s *Services) installation(ctx context.Context) (installation, error) {
	major := 0
	text, err := os.ReadFile(s.path("postgres", "PG_VERSION"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return installation{}, fmt.Errorf("read version of the data: %w", err)
	}
	if err == nil {
		if major, err = strconv.Atoi(strings.TrimSpace(string(text))); err != nil || major <= 0 {
			return installation{}, fmt.Errorf("%w: PG_VERSION of the data folder names none", ErrOtherMajor)
		}
	}
	found, others := findPostgres(ctx, major)
	if found.bin == "" && len(others) > 0 {
		return found, fmt.Errorf("%w: the data are of PostgreSQL %d, installed is %v: install postgresql-%d, or move the data with pg_upgrade", ErrOtherMajor, major, others, major)
	}
	return found, nil
}

// launchPostgres starts Postgres, on new data when there are none, and waits until the database
// answers.
func (s *Services) launchPostgres(ctx context.Context, found installation) (*child, error) {
	log, err := openLog(s.options.Dir, "postgres")
	if err != nil {
		return nil, err
	}
	c, err := s.startPostgres(ctx, found, log)
	if err != nil {
		_ = log.Close()
		return nil, err
	}
	s.closeAfter(c, log)
	return s.ready(ctx, c, s.databaseReady, endPostgres)
}

func (s *Services) startPostgres(ctx context.Context, found installation, log io.Writer) (*child, error) {
	if err := s.initialise(ctx, found, log); err != nil {
		return nil, err
	}
	lock, err := outlive(ctx, s.path("postgres.lock"))
	if err != nil {
		return nil, err
	}
	if err := s.clearStale(); err != nil {
		_ = lock.Close()
		return nil, err
	}
	data := s.path("postgres")
	return program{
		name: "postgres", path: filepath.Join(found.bin, "postgres"), args: s.postgresArgs(data), dir: data,
		// SIGINT is a fast shutdown: sessions are cut, a checkpoint is written, nothing is left to recover.
		user: s.user, death: syscall.SIGINT, lock: lock, out: log,
	}.start()
}

// initialise makes the data in a folder beside the final one and moves it there when it is whole,
// so that a kill in between leaves nothing that looks like data.
func (s *Services) initialise(ctx context.Context, found installation, log io.Writer) error {
	final, fresh := s.path("postgres"), s.path("postgres.new")
	if _, err := os.Stat(final); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	lock, err := outlive(ctx, s.path("postgres.lock")) // an old initdb may still write
	if err != nil {
		return err
	}
	if err := errors.Join(os.RemoveAll(fresh), s.user.folder(fresh)); err != nil {
		_ = lock.Close()
		return fmt.Errorf("make database folder: %w", err)
	}
	args := []string{"-D", fresh, "-U", superuser, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--data-checksums"}
	if s.options.Throwaway {
		args = append(args, "--no-sync")
	}
	c, err := program{
		name: "initdb", path: filepath.Join(found.bin, "initdb"), args: args, dir: fresh,
		user: s.user, death: syscall.SIGTERM, lock: lock, out: log,
	}.start()
	if err != nil {
		return err
	}
	select {
	case <-c.done:
	case <-ctx.Done():
		return errors.Join(fmt.Errorf("make database: %w", ctx.Err()), c.stop(ctx, syscall.SIGTERM))
	}
	if c.err != nil {
		return fmt.Errorf("make database: %w, see log/postgres.log of the data folder", c.err)
	}
	if err := os.Rename(fresh, final); err != nil {
		return fmt.Errorf("make database: %w", err)
	}
	return syncFolder(s.options.Dir)
}

// syncFolder makes a rename in dir last.
func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync data folder: %w", err)
	}
	return errors.Join(f.Sync(), f.Close())
}

// clearStale removes what a killed Postgres left: postgres.lock proves that it and all its sessions
// are gone, while its own check, a process number, takes any newer process of that number for it.
// A Postgres that somebody started by hand on these data holds no such lock: it is told by its
// working folder, and left alone.
func (s *Services) clearStale() error {
	data := s.path("postgres")
	text, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read old process id: %w", err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	if at, err := os.Readlink("/proc/" + strings.TrimSpace(first) + "/cwd"); err == nil && at == data {
		return fmt.Errorf("%w (a Postgres that was started by hand)", ErrInUse)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil // a process of somebody else: Postgres decides
	}
	for _, stale := range []string{filepath.Join(data, "postmaster.pid"), filepath.Join(s.run, longestSocket)} {
		if err := os.Remove(stale); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove stale lock of postgres: %w", err)
		}
	}
	return nil
}

// postgresArgs are the settings: sockets only, and no statement, parameter or detail in any log. An
// error's own text may quote a value, so errors of sessions are not logged at all.
func (s *Services) postgresArgs(data string) []string {
	connections := "60"
	if s.options.Throwaway {
		connections = "200" // many tests at once
	}
	settings := []string{
		"listen_addresses=", "unix_socket_permissions=0700", "max_connections=" + connections,
		`unix_socket_directories="` + strings.ReplaceAll(s.run, `"`, `""`) + `"`,
		"log_destination=stderr", "logging_collector=off", "log_min_messages=log",
		"log_statement=none", "log_min_error_statement=panic", "log_error_verbosity=terse",
		"log_parameter_max_length=0", "log_parameter_max_length_on_error=0",
		"log_min_duration_statement=-1", "log_checkpoints=off", "log_autovacuum_min_duration=-1",
		"track_commit_timestamp=off", "timezone=UTC", "log_timezone=UTC", "jit=off",
	}
	if s.options.Throwaway {
		settings = append(settings, "fsync=off", "full_page_writes=off")
	}
	args := []string{"-D", data}
	for _, setting := range settings {
		args = append(args, "-c", setting)
	}
	return args
}

// databaseReady says whether the database answers, and makes it on a server that has none.
func (s *Services) databaseReady(ctx context.Context) bool {
	err := s.query(ctx, database, "SELECT 1")
	var refused *pgconn.PgError
	if errors.As(err, &refused) && refused.Code == "3D000" { // no such database
		return s.query(ctx, "postgres", "CREATE DATABASE "+database) == nil && s.query(ctx, database, "SELECT 1") == nil
	}
	return err == nil
}

func (s *Services) query(ctx context.Context, name, sql string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.databaseURL(name))
	if err != nil {
		return fmt.Errorf("connect to postgres: %w", err)
	}
	_, err = conn.Exec(ctx, sql)
	return errors.Join(err, conn.Close(ctx))
}

// ready waits for a new child and stops it when it does not become ready.
func (s *Services) ready(ctx context.Context, c *child, answers func(context.Context) bool, end func(context.Context, *child) error) (*child, error) {
	if err := c.wait(ctx, answers); err != nil {
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		return nil, errors.Join(err, end(stopping, c))
	}
	return c, nil
}

// closeAfter closes the child's log when the child has ended.
func (s *Services) closeAfter(c *child, log io.Closer) {
	s.watches.Go(func() {
		<-c.done
		_ = log.Close()
	})
}

// endPostgres: SIGINT cuts sessions and writes a checkpoint, SIGQUIT leaves recovery to the next start.
func endPostgres(ctx context.Context, c *child) error {
	return c.stop(ctx, syscall.SIGINT, syscall.SIGQUIT)
}
