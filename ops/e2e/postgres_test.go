package e2e

import (
	"context"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5"

	"adviceline/e2e/rig"
)

// database is a Postgres of a test's own, on a unix socket.
type database struct {
	*rig.Postgres
	t   *testing.T
	dir string
	out *output
}

// newDatabase makes and starts one with an empty database adviceline; args are told to the server.
func newDatabase(t *testing.T, args ...string) *database {
	t.Helper()
	d := newServer(t, "adviceline", append([]string{"-c", "max_connections=60"}, args...)...)
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
	if found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres"); len(found) == 0 {
		need(t, "postgres")
	}
	d := &database{t: t, dir: filepath.Join(scratch, "pg"+random(3)), out: &output{}}
	var err error
	if d.Postgres, err = rig.MakePostgres(d.dir, super, args...); err != nil {
		t.Fatal(err)
	}
	d.Out = d.out
	d.start()
	t.Cleanup(d.stop)
	return d
}

// url is the address for DATABASE_URL.
func (d *database) url(name string) string { return d.URL(name) }

func (d *database) connect(name string) (*pgx.Conn, error) {
	return d.Connect(context.Background(), name)
}

func (d *database) start() {
	d.t.Helper()
	if err := d.Start(context.Background()); err != nil {
		d.t.Fatal(err)
	}
}

// stop is a fast shutdown: sessions are cut.
func (d *database) stop() { d.Stop() }

// launch starts a child that ends with us.
func launch(t *testing.T, cmd *exec.Cmd) *running {
	t.Helper()
	c, err := rig.Launch(cmd)
	if err != nil {
		t.Fatal(err)
	}
	return &running{cmd: c.Cmd, done: c.Done}
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
