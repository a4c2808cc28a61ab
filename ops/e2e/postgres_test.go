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
	t    *testing.T
	bin  string
	dir  string
	cred *syscall.Credential
	live *running
}

// newDatabase makes and starts one with an empty database adviceline.
func newDatabase(t *testing.T) *database {
	t.Helper()
	bins, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	slices.Sort(bins)
	if len(bins) == 0 {
		bins = []string{need(t, "postgres")}
	}
	d := &database{t: t, bin: filepath.Dir(bins[len(bins)-1]), dir: filepath.Join(scratch, "pg"+random(3))}
	d.own()
	init := exec.Command(filepath.Join(d.bin, "initdb"), "-D", filepath.Join(d.dir, "data"), "-U", "adviceline",
		"-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
	init.Dir, init.SysProcAttr = d.dir, &syscall.SysProcAttr{Credential: d.cred}
	if out, err := init.CombinedOutput(); err != nil {
		t.Fatalf("make database: %v\n%s", err, out)
	}
	d.start()
	t.Cleanup(d.stop)
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
	q := url.Values{"host": {d.dir}, "port": {"5432"}, "user": {"adviceline"}, "sslmode": {"disable"}}
	return "postgres:///" + name + "?" + q.Encode()
}

func (d *database) connect(name string) (*pgx.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return pgx.Connect(ctx, d.url(name))
}

func (d *database) start() {
	d.t.Helper()
	cmd := exec.Command(filepath.Join(d.bin, "postgres"), "-D", filepath.Join(d.dir, "data"),
		"-c", "listen_addresses=", "-c", "unix_socket_directories="+d.dir, "-c", "max_connections=60")
	cmd.Dir = d.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGINT, Credential: d.cred}
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
		d.t.Fatalf("start postgres: %v", err)
	}
	d.live = r
	eventually(d.t, patience, "postgres answers", func() bool {
		conn, err := d.connect("postgres")
		if err != nil {
			return false
		}
		return conn.Close(context.Background()) == nil
	})
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
