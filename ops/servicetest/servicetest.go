// Package servicetest gives tests a real Postgres and a real Redis of their own: one throw-away
// pair for each test binary, started when the first test asks.
//
//	func TestMain(m *testing.M) { servicetest.Main(m) }
//
// Where the programs are not installed a test is skipped at home and fails when CI=true.
package servicetest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"adviceline/ops/embedded"
)

const (
	folderPrefix = "adviceline-test-"
	// abandoned is the age at which a folder that nobody holds was left by a run that was killed.
	abandoned = 10 * time.Minute
)

// shared is one service of this process, for all its tests.
type shared struct {
	once     sync.Once
	services *embedded.Services
	folder   string
	err      error
}

var sharedPostgres, sharedRedis shared

// Main runs the tests, stops what they shared, removes its folders and exits.
// Without it the services still end with the process; only their folders stay until a later run.
func Main(m *testing.M) {
	code := m.Run()
	for _, s := range []*shared{&sharedPostgres, &sharedRedis} {
		if err := s.stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = max(code, 1)
		}
	}
	os.Exit(code)
}

// Postgres gives the URL of a new, empty database on the shared server; it is dropped with the test.
func Postgres(tb testing.TB) string {
	tb.Helper()
	s := sharedPostgres.start(tb, embedded.Options{Postgres: true})
	name := "t_" + unique()
	admin(tb, s.DatabaseURL(), "CREATE DATABASE "+name)
	tb.Cleanup(func() { admin(tb, s.DatabaseURL(), "DROP DATABASE "+name+" WITH (FORCE)") })
	return strings.Replace(s.DatabaseURL(), "/adviceline?", "/"+name+"?", 1)
}

// Redis gives the URL of the shared Redis: tests keep apart by Prefix.
func Redis(tb testing.TB) string {
	tb.Helper()
	return sharedRedis.start(tb, embedded.Options{Redis: true}).RedisURL()
}

// PgDump gives the path of the program pg_dump, which comes with every Postgres of Debian's.
func PgDump(tb testing.TB) string {
	tb.Helper()
	if path, err := exec.LookPath("pg_dump"); err == nil {
		return path
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/pg_dump")
	if len(found) == 0 {
		tb.Fatal("no pg_dump")
	}
	return found[len(found)-1]
}

// Prefix gives the name of a line that no other test has.
func Prefix(tb testing.TB) string {
	tb.Helper()
	return "t-" + unique()
}

// OwnServices gives both services for this test alone, which may stop, kill and start them. They
// end with the test.
func OwnServices(tb testing.TB) *embedded.Services {
	tb.Helper()
	dir, err := folder()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = os.RemoveAll(dir) })
	s, err := embedded.Start(tb.Context(), embedded.Options{Dir: filepath.Join(dir, "data"), Postgres: true, Redis: true, Throwaway: true})
	demand(tb, err)
	tb.Cleanup(func() {
		if err := stop(s); err != nil {
			tb.Error(err)
		}
	})
	return s
}

// unique is a random word of a-z and 2-7, so that parallel test binaries cannot meet.
func unique() string { return strings.ToLower(rand.Text())[:20] }

func (s *shared) start(tb testing.TB, o embedded.Options) *embedded.Services {
	tb.Helper()
	s.once.Do(func() {
		sweep()
		if s.folder, s.err = folder(); s.err != nil {
			return
		}
		o.Dir, o.Throwaway = filepath.Join(s.folder, "data"), true
		// The server outlives the test that was first to ask.
		s.services, s.err = embedded.Start(context.WithoutCancel(tb.Context()), o)
	})
	demand(tb, s.err)
	return s.services
}

func (s *shared) stop() error {
	var err error
	if s.services != nil {
		err = stop(s.services)
	}
	if s.folder != "" {
		err = errors.Join(err, os.RemoveAll(s.folder))
	}
	return err
}

func stop(s *embedded.Services) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return s.Stop(ctx)
}

// demand ends the test when a service is not there.
func demand(tb testing.TB, err error) {
	tb.Helper()
	if missing := (embedded.MissingError{}); errors.As(err, &missing) && os.Getenv("CI") != "true" {
		tb.Skip("services are missing: ", missing)
	}
	if err != nil {
		tb.Fatal("start services: ", err)
	}
}

// folder makes a folder that the services' user may pass.
func folder() (string, error) {
	dir, err := os.MkdirTemp("", folderPrefix)
	if err != nil {
		return "", fmt.Errorf("make test folder: %w", err)
	}
	if err := os.Chmod(dir, 0o755); err != nil { // #nosec G302 -- the services' user has to pass
		return "", fmt.Errorf("open test folder: %w", err)
	}
	return dir, nil
}

// sweep removes the folders of runs that were killed: old ones whose lock nobody holds.
func sweep() {
	old, _ := filepath.Glob(filepath.Join(os.TempDir(), folderPrefix+"*"))
	for _, dir := range old {
		info, err := os.Stat(dir)
		if err != nil || time.Since(info.ModTime()) < abandoned {
			continue
		}
		lock, err := os.OpenFile(filepath.Join(dir, "data", "lock"), os.O_RDWR, 0)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			continue // of another user
		}
		if err != nil || syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			_ = os.RemoveAll(dir)
		}
		_ = lock.Close()
	}
}

func admin(tb testing.TB, url, sql string) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		tb.Fatalf("connect to test server: %v", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, sql); err != nil {
		tb.Fatalf("run on test server: %v", err)
	}
}
