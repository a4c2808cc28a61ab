package storage

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// server is a Postgres of the tests' own on a unix socket in a folder of its own.
type server struct {
	dir string
	cmd *exec.Cmd
}

var (
	shared *server // nil without the programs
	number atomic.Int64
)

func TestMain(m *testing.M) { os.Exit(withPostgres(m)) }

func withPostgres(m *testing.M) int {
	s, err := newServer()
	if err != nil {
		fmt.Println("no Postgres:", err)
		if os.Getenv("CI") != "" {
			return 1
		}
		return m.Run()
	}
	defer s.remove()
	shared = s
	return m.Run()
}

func program(name string) string {
	if found, err := filepath.Glob("/usr/lib/postgresql/*/bin/" + name); err == nil && len(found) > 0 {
		return found[len(found)-1]
	}
	return name
}

// owned makes a command run as the user postgres where the tests run as root, which Postgres refuses.
func owned(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(program(name), args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if uid, gid, ok := servant(); ok {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uid, Gid: gid}
	}
	return cmd
}

func servant() (uid, gid uint32, ok bool) {
	if os.Getuid() != 0 {
		return 0, 0, false
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return 0, 0, false
	}
	a, _ := strconv.ParseUint(u.Uid, 10, 32)
	b, _ := strconv.ParseUint(u.Gid, 10, 32)
	return uint32(a), uint32(b), true
}

func newServer() (*server, error) {
	dir, err := os.MkdirTemp("", "storage")
	if err != nil {
		return nil, err
	}
	s := &server{dir: dir}
	if uid, gid, ok := servant(); ok {
		if err := os.Chown(dir, int(uid), int(gid)); err != nil {
			return nil, err
		}
	}
	out, err := owned("initdb", "-D", s.data(), "-U", "test", "-A", "trust", "--no-sync", "--no-locale", "-E", "UTF8").CombinedOutput()
	if err == nil {
		err = s.start()
	}
	if err != nil {
		s.remove()
		return nil, fmt.Errorf("%w: %s", err, out)
	}
	return s, nil
}

func (s *server) data() string { return filepath.Join(s.dir, "data") }

func (s *server) url(database string) string {
	return "host=" + s.dir + " user=test dbname=" + database
}

func (s *server) start() error {
	s.cmd = owned("postgres", "-D", s.data(), "-k", s.dir, "-c", "listen_addresses=", "-c", "max_connections=200",
		"-c", "shared_buffers=64MB")
	if err := s.cmd.Start(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, s.url("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		if ctx.Err() != nil {
			return err
		}
		time.Sleep(10 * time.Millisecond) // poll
	}
}

// stop ends the server as a crash would: no checkpoint, every connection cut.
func (s *server) stop() {
	if s.cmd != nil && s.cmd.Process != nil {
		_ = s.cmd.Process.Signal(syscall.SIGQUIT)
		_ = s.cmd.Wait()
	}
	s.cmd = nil
}

func (s *server) remove() {
	s.stop()
	_ = os.RemoveAll(s.dir)
}

func execute(tb testing.TB, url, text string, args ...any) {
	tb.Helper()
	conn, err := pgx.Connect(context.Background(), url)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	if _, err := conn.Exec(context.Background(), text, args...); err != nil {
		tb.Fatal(err)
	}
}

// empty gives the address of a fresh database without any table.
func empty(tb testing.TB) string {
	tb.Helper()
	if shared == nil {
		tb.Skip("no Postgres")
	}
	name := fmt.Sprintf("empty_%d", number.Add(1))
	execute(tb, shared.url("postgres"), "CREATE DATABASE "+name)
	return shared.url(name)
}

var template = sync.OnceValue(func() error {
	conn, err := pgx.Connect(context.Background(), shared.url("postgres"))
	if err != nil {
		return err
	}
	if _, err := conn.Exec(context.Background(), "CREATE DATABASE migrated"); err != nil {
		return err
	}
	if err := conn.Close(context.Background()); err != nil {
		return err
	}
	return Migrate(context.Background(), shared.url("migrated"))
})

// database gives the address of a fresh database with the schema.
func database(tb testing.TB) string {
	tb.Helper()
	if shared == nil {
		tb.Skip("no Postgres")
	}
	if err := template(); err != nil {
		tb.Fatal(err)
	}
	name := fmt.Sprintf("fresh_%d", number.Add(1))
	execute(tb, shared.url("postgres"), "CREATE DATABASE "+name+" TEMPLATE migrated")
	return shared.url(name)
}

// open gives a store on the database of an address.
func open(tb testing.TB, url string) *Store {
	tb.Helper()
	s, err := Open(context.Background(), Options{URL: url, Pool: 4})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(s.Close)
	return s
}

// writing runs a ledger until the test ends.
func writing(tb testing.TB, s *Store, o LedgerOptions) *Ledger {
	tb.Helper()
	l := NewLedger(s, "main", o)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		l.Run(ctx)
	}()
	tb.Cleanup(func() {
		cancel()
		<-done
	})
	return l
}
