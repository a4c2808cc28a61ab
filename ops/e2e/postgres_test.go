package e2e

import (
	"context"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// database is a Postgres of a test's own, on a unix socket.
type database struct {
	t     *testing.T
	bin   string
	dir   string
	super string   // its superuser
	args  []string // what the server is told
	out   *output
	cred  *syscall.Credential
	live  *running
}

// newDatabase makes and starts one with an empty database adviceline.
func newDatabase(t *testing.T) *database {
	t.Helper()
	d := newServer(t, "adviceline", "-c", "max_connections=60")
	conn, err := d.connect("postgres")
	if err == nil {
		_, err = conn.Exec(t.Context(), "CREATE DATABASE adviceline")
		_ = conn.Close(t.Context())
	}
	if err != nil {
		t.Fatalf("make database: %v", err)
	}
	return d
}

// newServer makes and starts one with no database of ours.
func newServer(t *testing.T, super string, args ...string) *database {
	t.Helper()
	bins, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	slices.Sort(bins)
	if len(bins) == 0 {
		bins = []string{need(t, "postgres")}
	}
	d := &database{
		t: t, bin: filepath.Dir(bins[len(bins)-1]), dir: filepath.Join(scratch, "pg"+random(3)), super: super, args: args,
		out: &output{},
	}
	d.own()
	init := exec.Command(filepath.Join(d.bin, "initdb"), "-D", filepath.Join(d.dir, "data"), "-U", super,
		"-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
	init.Dir, init.SysProcAttr = d.dir, &syscall.SysProcAttr{Credential: d.cred}
	if out, err := init.CombinedOutput(); err != nil {
		t.Fatalf("make database: %v\n%s", err, out)
	}
	d.start()
	t.Cleanup(d.stop)
	return d
}

// own makes the folder, of the user postgres where this test is root: Postgres refuses root.
func (d *database) own() {
	d.t.Helper()
	if err := os.Mkdir(d.dir, 0o700); err != nil {
		d.t.Fatalf("make folder: %v", err)
	}
	if os.Geteuid() != 0 {
		return
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		d.t.Fatalf("find user postgres: %v", err)
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	d.cred = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	if err := os.Chown(d.dir, uid, gid); err != nil {
		d.t.Fatalf("give folder away: %v", err)
	}
}

// url is the address for DATABASE_URL.
func (d *database) url(name string) string {
	q := url.Values{"host": {d.dir}, "port": {"5432"}, "user": {d.super}, "sslmode": {"disable"}}
	return "postgres:///" + name + "?" + q.Encode()
}

func (d *database) connect(name string) (*pgx.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return pgx.Connect(ctx, d.url(name))
}

func (d *database) start() {
	d.t.Helper()
	args := append([]string{"-D", filepath.Join(d.dir, "data"), "-c", "listen_addresses=", "-c", "unix_socket_directories=" + d.dir}, d.args...)
	cmd := exec.Command(filepath.Join(d.bin, "postgres"), args...)
	cmd.Dir = d.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGINT, Credential: d.cred}
	cmd.Stdout, cmd.Stderr = d.out, d.out
	d.live = launch(d.t, cmd)
	eventually(d.t, patience, "postgres answers", func() bool {
		conn, err := d.connect("postgres")
		if err != nil {
			return false
		}
		return conn.Close(context.Background()) == nil
	})
}

// launch starts a child from a thread that lives as long as it: the kernel sends the death signal when
// the creating thread ends.
func launch(t *testing.T, cmd *exec.Cmd) *running {
	t.Helper()
	r := &running{cmd: cmd, done: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		defer close(r.done)
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		t.Fatalf("start %s: %v", cmd.Path, err)
	}
	return r
}

// stop is a fast shutdown: sessions are cut.
func (d *database) stop() {
	if d.live == nil || ended(d.live) {
		return
	}
	_ = d.live.cmd.Process.Signal(syscall.SIGINT)
	select {
	case <-d.live.done:
	case <-time.After(20 * time.Second):
		_ = d.live.cmd.Process.Signal(syscall.SIGQUIT)
		<-d.live.done
	}
}

// must connects as superuser for the length of a test.
func (d *database) must(t *testing.T, name string) *pgx.Conn {
	t.Helper()
	return connect(t, d.url(name))
}

func connect(t *testing.T, address string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatalf("connect to postgres: %v", err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}
