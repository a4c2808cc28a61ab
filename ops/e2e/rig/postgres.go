package rig

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// Postgres is a server of a run's own, on a unix socket in its folder. Where we are root it runs as
// the user postgres, because Postgres refuses root.
type Postgres struct {
	Dir   string    // made by MakePostgres
	Super string    // its superuser
	Port  string    // 5432 unless Args say otherwise
	Out   io.Writer // of the server; nil: nowhere
	Args  []string  // what the server is told besides
	Live  *Child

	bin  string
	cred *syscall.Credential
}

// MakePostgres makes the data of a server that does not run yet.
func MakePostgres(dir, super string, args ...string) (*Postgres, error) {
	bins, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	slices.Sort(bins)
	if len(bins) == 0 {
		found, err := exec.LookPath("postgres")
		if err != nil {
			return nil, fmt.Errorf("find postgres: %w", err)
		}
		bins = []string{found}
	}
	p := &Postgres{Dir: dir, Super: super, Port: "5432", Args: args, bin: filepath.Dir(bins[len(bins)-1])}
	for _, a := range args {
		if port, ok := strings.CutPrefix(a, "port="); ok {
			p.Port = port
		}
	}
	if err := p.own(); err != nil {
		return nil, err
	}
	init := exec.Command(filepath.Join(p.bin, "initdb"), "-D", filepath.Join(dir, "data"), "-U", super, //nolint:noctx // ends by itself
		"-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
	init.Dir, init.SysProcAttr = dir, &syscall.SysProcAttr{Credential: p.cred}
	if out, err := init.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("make database: %w\n%s", err, out)
	}
	return p, nil
}

func (p *Postgres) own() error {
	if err := os.Mkdir(p.Dir, 0o700); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	if os.Geteuid() != 0 {
		return nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return fmt.Errorf("find user postgres: %w", err)
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	p.cred = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	if err := os.Chown(p.Dir, uid, gid); err != nil {
		return fmt.Errorf("give folder away: %w", err)
	}
	return nil
}

// URL is the address of a database for DATABASE_URL.
func (p *Postgres) URL(name string) string {
	q := url.Values{"host": {p.Dir}, "port": {p.Port}, "user": {p.Super}, "sslmode": {"disable"}}
	return "postgres:///" + name + "?" + q.Encode()
}

// Connect opens one connection as superuser.
func (p *Postgres) Connect(ctx context.Context, name string) (*pgx.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return pgx.Connect(ctx, p.URL(name))
}

// Start starts the server and waits until it answers.
func (p *Postgres) Start(ctx context.Context) error {
	args := append([]string{
		"-D", filepath.Join(p.Dir, "data"), "-c", "listen_addresses=", "-c", "unix_socket_directories=" + p.Dir,
	}, p.Args...)
	cmd := exec.Command(filepath.Join(p.bin, "postgres"), args...) //nolint:noctx // ended by Stop
	cmd.Dir = p.Dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGINT, Credential: p.cred}
	cmd.Stdout, cmd.Stderr = p.Out, p.Out
	var err error
	if p.Live, err = Launch(cmd); err != nil {
		return err
	}
	return Wait(30*time.Second, "postgres answers", func() (bool, error) {
		if p.Live.Ended() {
			return false, errors.New("postgres ended while it started")
		}
		conn, err := p.Connect(ctx, "postgres")
		return err == nil && conn.Close(ctx) == nil, nil
	})
}

// Stop is a fast shutdown: sessions are cut.
func (p *Postgres) Stop() {
	if p.Live == nil || p.Live.Ended() {
		return
	}
	_ = p.Live.Cmd.Process.Signal(syscall.SIGINT)
	select {
	case <-p.Live.Done:
	case <-time.After(20 * time.Second):
		_ = p.Live.Cmd.Process.Signal(syscall.SIGQUIT)
		<-p.Live.Done
	}
}
