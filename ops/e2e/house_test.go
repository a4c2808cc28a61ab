package e2e

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"

	"adviceline/e2e/rig"
)

// house is one `adviceline serve` with a data folder and addresses of its own.
type house struct {
	t    *testing.T
	dir  string // DATA_DIR
	addr string
	ops  string
	set  map[string]string
	out  *output
	tls  bool // addr is a proxy that speaks TLS
	// beside says where the frames of clients go that stream from here; nil: they have sockets.
	beside func() *house
	bin    string // another program than the one under test

	mu   sync.Mutex
	live *running
}

// running is one process. done is closed once it has ended and was reaped.
type running struct {
	cmd  *exec.Cmd
	done chan struct{}
}

// output is what the process wrote, over all its starts.
type output struct{ rig.Output }

func (o *output) bytes() []byte { return o.Bytes() }

// settings are environment variables on top of the house's own.
type settings map[string]string

// open starts a house and stops it at the end of the test, which fails if the log tells of a race
// or a panic.
func open(t *testing.T, set settings) *house {
	t.Helper()
	ports := freePorts(t, 2)
	h := build(t, set, ports[0], ports[1])
	h.start()
	return h
}

// build is open without the start.
func build(t *testing.T, set settings, addr, private string) *house {
	t.Helper()
	need(t, "redis-server", "/usr/bin/redis-server")
	h := &house{
		t: t, dir: filepath.Join(scratch, random(4)), set: set, out: &output{}, addr: addr, ops: private,
	}
	t.Cleanup(func() {
		h.stop()
		log := h.out.bytes()
		if t.Failed() {
			t.Logf("log of the house:\n%s", tail(log, 12000))
		}
		for _, bad := range []string{"DATA RACE", "panic:", "fatal error:"} {
			if at := bytes.Index(log, []byte(bad)); at >= 0 {
				t.Errorf("log of the house tells of a %s:\n%s", bad, tail(log[:min(len(log), at+3000)], 3500))
			}
		}
	})
	return h
}

func tail(b []byte, n int) string { return string(b[max(0, len(b)-n):]) }

// start runs the program and waits until it can serve.
func (h *house) start() {
	h.t.Helper()
	h.launch()
	h.await()
}

func (h *house) launch() {
	h.t.Helper()
	c, err := h.node().Launch()
	if err != nil {
		h.t.Fatal(err)
	}
	h.mu.Lock()
	h.live = &running{cmd: c.Cmd, done: c.Done}
	h.mu.Unlock()
}

func (h *house) program() string { return cmp.Or(h.bin, binary) }

func (h *house) await() {
	h.t.Helper()
	r := h.process()
	if err := h.node().Await(context.Background(), &rig.Child{Cmd: r.cmd, Done: r.done}); err != nil {
		h.t.Fatal(err)
	}
}

// rise is start by whoever watches over processes: a program that ended because the line was between two masters is
// started again.
func (h *house) rise() {
	h.t.Helper()
	for until := time.Now().Add(patience); ; {
		h.launch()
		r := h.process()
		err := h.node().Await(context.Background(), &rig.Child{Cmd: r.cmd, Done: r.done})
		if err == nil {
			return
		}
		if !ended(r) || time.Now().After(until) {
			h.t.Fatal(err)
		}
	}
}

func (h *house) node() *rig.Node {
	return &rig.Node{Binary: h.program(), Dir: h.dir, Home: scratch, Addr: h.addr, Ops: h.ops, Set: h.set, Out: h.out}
}

func (h *house) env() []string { return h.node().Env() }

func (h *house) process() *running {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.live
}

// stop ends the process as an operator does; it has to end by itself, and well.
func (h *house) stop() {
	r := h.process()
	if r == nil || ended(r) {
		return
	}
	_ = r.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-r.done:
		if code := r.cmd.ProcessState.ExitCode(); code != 0 {
			h.t.Errorf("adviceline ended with status %d on SIGTERM", code)
		}
	case <-time.After(40 * time.Second):
		h.t.Error("adviceline did not end within 40 s of SIGTERM")
		_ = r.cmd.Process.Kill()
		<-r.done
	}
}

// kill9 ends the process as a power cut does.
func (h *house) kill9() {
	h.t.Helper()
	r := h.process()
	if err := r.cmd.Process.Kill(); err != nil {
		h.t.Fatalf("kill adviceline: %v", err)
	}
	<-r.done
}

// restart stops the process if it runs, and starts it on the same data and addresses.
func (h *house) restart() {
	h.t.Helper()
	h.stop()
	h.start()
}

func ended(r *running) bool {
	select {
	case <-r.done:
		return true
	default:
		return false
	}
}

// adviser makes an account and gives its password.
func (h *house) adviser(name, languages string, capacity int) (password string) {
	h.t.Helper()
	return h.account(name, "--role", "adviser", "--alias", name, "--languages", languages, "--capacity", strconv.Itoa(capacity))
}

// supervisor makes the account of a supervisor.
func (h *house) supervisor(name, languages string) (password string) {
	h.t.Helper()
	return h.account(name, "--role", "supervisor", "--alias", name, "--languages", languages, "--capacity", "1")
}

// account makes an account with these options.
func (h *house) account(name string, options ...string) (password string) {
	h.t.Helper()
	password = "pw-" + random(12)
	ctx, cancel := context.WithTimeout(h.t.Context(), 60*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, h.program(), append([]string{"adviser", "add", name, "--password-stdin"}, options...)...)
	cmd.Env, cmd.Dir = h.env(), "/"
	cmd.Stdin = strings.NewReader(password + "\n")
	out, err := cmd.CombinedOutput()
	_, _ = h.out.Write(out)
	if err != nil {
		h.t.Fatalf("add adviser: %v\n%s", err, out)
	}
	return password
}

// origin is what a page of this house calls its origin.
func (h *house) origin() string {
	if h.tls {
		return "https://" + h.addr
	}
	return "http://" + h.addr
}

// anyCertificate takes those that tests sign themselves.
var anyCertificate = &tls.Config{InsecureSkipVerify: true}

var client = &http.Client{
	Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 128, TLSClientConfig: anyCertificate},
}

// look gets an address; status 0: no answer.
func (h *house) look(address string) (status int, body []byte) {
	res, err := client.Get(address)
	if err != nil {
		return 0, nil
	}
	defer func() { _ = res.Body.Close() }()
	body, err = io.ReadAll(res.Body)
	if err != nil {
		return 0, nil
	}
	return res.StatusCode, body
}

// metrics gives what Prometheus would read.
func (h *house) metrics() []byte {
	h.t.Helper()
	status, body := h.look("http://" + h.ops + "/metrics")
	if status != http.StatusOK {
		h.t.Fatalf("metrics answer %d", status)
	}
	return body
}

// metric sums every sample of a name; labels, if given, have to be in its line.
func (h *house) metric(name string, labels ...string) float64 {
	h.t.Helper()
	var sum float64
	found := false
next:
	for line := range strings.Lines(string(h.metrics())) {
		key, value, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok || (key != name && !strings.HasPrefix(key, name+"{")) {
			continue
		}
		for _, l := range labels {
			if !strings.Contains(key, l) {
				continue next
			}
		}
		n, err := strconv.ParseFloat(value, 64)
		if err != nil {
			h.t.Fatalf("metric %s has the value %q", name, value)
		}
		sum, found = sum+n, true
	}
	if !found && len(labels) == 0 {
		h.t.Fatalf("metric %s is missing", name)
	}
	return sum
}

// runFolder is where the embedded services have their sockets.
func (h *house) runFolder() string {
	run := filepath.Join(h.dir, "run")
	if target, err := os.Readlink(run); err == nil {
		return target
	}
	return run
}

// databaseURL is the address of a database of the house's own Postgres.
func (h *house) databaseURL(database string) string {
	if u := h.set["DATABASE_URL"]; u != "" {
		return strings.Replace(u, "/adviceline?", "/"+database+"?", 1)
	}
	q := url.Values{"host": {h.runFolder()}, "port": {"5432"}, "user": {"adviceline"}, "sslmode": {"disable"}}
	return "postgres:///" + database + "?" + q.Encode()
}

// postgres connects to the house's database, or to another of the same server.
func (h *house) postgres(database string) *pgx.Conn {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, h.databaseURL(database))
	if err != nil {
		h.t.Fatalf("connect to postgres: %v", err)
	}
	h.t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// redisSocket is where the house's Redis listens.
func (h *house) redisSocket() string {
	return cmp.Or(strings.TrimPrefix(h.set["REDIS_URL"], "unix://"), filepath.Join(h.runFolder(), "redis.sock"))
}

// redis connects to the house's Redis.
func (h *house) redis() *redis.Client {
	rdb := redis.NewClient(&redis.Options{Network: "unix", Addr: h.redisSocket()})
	h.t.Cleanup(func() { _ = rdb.Close() })
	return rdb
}

// count gives one number of the database.
func count(t *testing.T, conn *pgx.Conn, sql string, args ...any) int64 {
	t.Helper()
	var n int64
	if err := conn.QueryRow(t.Context(), sql, args...).Scan(&n); err != nil {
		t.Fatalf("count: %v", err)
	}
	return n
}

// children lists the processes that work in the data folder: its Postgres and its Redis.
func (h *house) children() []string {
	links, _ := filepath.Glob("/proc/[0-9]*/cwd")
	var out []string
	for _, link := range links {
		at, err := os.Readlink(link)
		if err != nil || !strings.HasPrefix(at, h.dir+"/") {
			continue
		}
		pid := filepath.Base(filepath.Dir(link))
		name, _ := os.ReadFile(filepath.Join("/proc", pid, "comm"))
		ppid := "?"
		if status, err := os.ReadFile(filepath.Join("/proc", pid, "status")); err == nil {
			if _, rest, ok := strings.Cut(string(status), "PPid:"); ok {
				ppid, _, _ = strings.Cut(strings.TrimSpace(rest), "\n")
			}
		}
		out = append(out, fmt.Sprintf("%s %s parent %s", pid, strings.TrimSpace(string(name)), ppid))
	}
	return out
}

// freePorts finds free addresses on loopback.
func freePorts(t *testing.T, n int) []string {
	t.Helper()
	out, err := rig.FreePorts(n)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// random gives 2n hexadecimal digits.
func random(n int) string { return rig.Random(n) }
