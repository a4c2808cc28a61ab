package e2e

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"
)

const shipped = "../deploy"

// place is a folder with copies of shipped files, which the servers' own users may read.
func place(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(scratch, "deploy"+random(3))
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func lay(t *testing.T, path string, mode os.FileMode, content []byte) string {
	t.Helper()
	if err := os.WriteFile(path, content, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// service is a program beside the nodes that ends with the test.
func service(t *testing.T, cmd *exec.Cmd, end syscall.Signal) *output {
	t.Helper()
	out := &output{}
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	r := launch(t, cmd)
	t.Cleanup(func() {
		_ = cmd.Process.Signal(end)
		select {
		case <-r.done:
		case <-time.After(20 * time.Second):
			_ = cmd.Process.Kill()
			<-r.done
		}
		if t.Failed() {
			t.Logf("%s said:\n%s", filepath.Base(cmd.Path), tail(out.bytes(), 4000))
		}
	})
	return out
}

// shippedRedis starts Redis with redis.conf and users.acl on a socket and gives the socket's path.
func shippedRedis(t *testing.T, dir, password string) (socket string, out *output) {
	t.Helper()
	hash := sha256.Sum256([]byte(password))
	users := bytes.ReplaceAll(read(t, shipped+"/users.acl"), []byte("ADVICELINE_SHA256"), []byte(hex.EncodeToString(hash[:])))
	users = bytes.ReplaceAll(users, []byte("OPERATOR_SHA256"), []byte(strings.Repeat("0", 64)))
	acl := lay(t, filepath.Join(dir, "users.acl"), 0o644, users)
	socket = filepath.Join(dir, "r.sock")
	out = service(t, exec.Command(need(t, "redis-server"), shipped+"/redis.conf",
		"--port", "0", "--unixsocket", socket, "--dir", dir, "--aclfile", acl), syscall.SIGTERM)
	health := redisAs(t, socket, "health", "any")
	eventually(t, patience, "redis answers", func() bool {
		_, err := os.Stat(socket)
		return err == nil && health.Ping(t.Context()).Err() == nil
	})
	return socket, out
}

func redisAs(t *testing.T, socket, user, password string) *redis.Client {
	t.Helper()
	c := redis.NewClient(&redis.Options{Network: "unix", Addr: socket, Username: user, Password: password, MaxRetries: -1})
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// shippedPostgres starts Postgres with postgresql.conf and the role of role.sh; app is its address.
func shippedPostgres(t *testing.T, dir, password string) (d *database, app string) {
	t.Helper()
	conf := lay(t, filepath.Join(dir, "postgresql.conf"), 0o644, read(t, shipped+"/postgres/postgresql.conf"))
	hba := lay(t, filepath.Join(dir, "pg_hba.conf"), 0o644, []byte("local all postgres trust\nlocal all all scram-sha-256\n"))
	d = newServer(t, "postgres", "-c", "config_file="+conf, "-c", "hba_file="+hba)
	role := exec.Command(shipped + "/postgres/role.sh")
	role.Env = []string{
		"PATH=" + os.Getenv("PATH"), "PGHOST=" + d.dir,
		"APP_PASSWORD_FILE=" + lay(t, filepath.Join(dir, "password"), 0o600, []byte(password)),
	}
	if said, err := role.CombinedOutput(); err != nil {
		t.Fatalf("role.sh: %v\n%s", err, said)
	}
	q := url.Values{"host": {d.dir}, "port": {"5432"}, "user": {"adviceline"}, "password": {password}, "sslmode": {"disable"}}
	return d, "postgres:///adviceline?" + q.Encode()
}

// shippedProxy starts HAProxy with haproxy.cfg at addr, before two nodes.
func shippedProxy(t *testing.T, dir, addr, plain string, nodes ...*house) *output {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	certificate, err := x509.CreateCertificate(rand.Reader, about, about, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	site := slices.Concat(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}))
	cmd := exec.Command(need(t, "haproxy", "/usr/sbin/haproxy"), "-db", "-f", shipped+"/haproxy.cfg")
	cmd.Env = []string{
		"HTTP_ADDR=" + plain, "HTTPS_ADDR=" + addr, "TLS_FILE=" + lay(t, filepath.Join(dir, "site.pem"), 0o600, site),
	}
	for i, n := range nodes {
		name := "NODE_" + strconvI(int64(i+1))
		_, port, _ := strings.Cut(n.ops, ":")
		cmd.Env = append(cmd.Env, name+"="+n.addr, name+"_OPS_PORT="+port)
	}
	return service(t, cmd, syscall.SIGTERM)
}

// TestShippedConfiguration: two nodes behind the shipped proxy, with the shipped Postgres and Redis
// settings and least users, carry whole lives of contacts, over the stop of one node too; and nothing of
// them stands in what the services say.
func TestShippedConfiguration(t *testing.T) {
	t.Parallel()
	dir, password := place(t), random(24)
	socket, redisSaid := shippedRedis(t, dir, password)
	db, app := shippedPostgres(t, dir, password)
	if err := os.Mkdir(filepath.Join(dir, "keys"), 0o700); err != nil {
		t.Fatal(err)
	}
	ports := freePorts(t, 2)
	set := settings{
		"DATABASE_URL": app, "REDIS_URL": "unix://adviceline:" + password + "@" + socket,
		"ROOT_KEY_FILE": lay(t, filepath.Join(dir, "root.key"), 0o400, bytes.Repeat([]byte{7}, 32)),
		"KEY_DIR":       filepath.Join(dir, "keys"), "PUBLIC_ORIGINS": "https://" + ports[0],
		"TRUSTED_PROXIES": "127.0.0.1/32", "LIMIT_RESUME": "2",
	}
	one, two := open(t, set), open(t, set)
	proxySaid := shippedProxy(t, dir, ports[0], ports[1], one, two)
	front := &house{t: t, dir: one.dir, addr: ports[0], set: set, out: &output{}, tls: true}
	eventually(t, patience, "proxy sees the nodes", func() bool {
		status, _ := front.look(front.origin() + "/api/v1/status")
		return status == http.StatusOK
	})

	pairs := chats(t, front, 2)
	// And two whose own proxies let no socket through: streams pass ours.
	narrow := &house{t: t, dir: one.dir, addr: ports[0], set: set, out: &output{}, tls: true, beside: func() *house { return front }}
	aino, emil := attend(t, narrow, "aino", "en", 1), call(t, narrow, "en")
	aino.accept(t, aino.offer(t, emil.Contact))
	pairs = append(pairs, chat{contact: emil, console: aino})
	talk(pairs, "both nodes", 3, 300*time.Millisecond)()
	settle(t, pairs, patience)
	one.stop()
	talk(pairs, "one node", 3, 300*time.Millisecond)()
	settle(t, pairs, patience)
	checkChats(t, pairs)
	for _, p := range pairs {
		p.console.record(t, p.contact.Contact)
	}
	conn := db.must(t, "adviceline")
	eventually(t, patience, "outcomes are in the ledger", func() bool {
		return count(t, conn, "SELECT count(*) FROM staged") == 3
	})

	forged(t, front)
	plain := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := plain.Get("http://" + ports[1] + "/fi")
	if err != nil || res.Body.Close() != nil || res.StatusCode != http.StatusMovedPermanently {
		t.Errorf("plain http: %v %v", res, err)
	}

	for name, said := range map[string]*output{"redis": redisSaid, "postgres": db.out, "proxy": proxySaid} {
		for _, word := range []string{pairs[0].contact.Contact, pairs[1].contact.Contact, emil.Contact, "/api/", password} {
			if bytes.Contains(said.bytes(), []byte(word)) {
				t.Errorf("%s says %q", name, word)
			}
		}
	}
}

// forged: a new address in every request does not lift a limit.
func forged(t *testing.T, front *house) {
	t.Helper()
	for i := range 12 {
		body := strings.NewReader(`{"request_id":"` + uuid.NewString() + `","return_number":"00000000"}`)
		req, err := http.NewRequest(http.MethodPost, front.origin()+"/api/v1/contact/resume", body)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("X-Forwarded-For", "203.0."+strconvI(int64(i))+".9")
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode == http.StatusTooManyRequests {
			return
		}
	}
	t.Error("a forged X-Forwarded-For lifts a limit")
}

// TestPostgresSettingsHold: every line of the file is in force, and an error that quotes a value is not
// logged.
func TestPostgresSettingsHold(t *testing.T) {
	t.Parallel()
	d, app := shippedPostgres(t, place(t), random(24))
	super := d.must(t, "postgres")
	var bad string
	err := super.QueryRow(t.Context(), `SELECT coalesce(string_agg(f.name, ' '), '') FROM pg_file_settings f
		LEFT JOIN pg_settings s USING (name) WHERE f.name <> 'listen_addresses' AND
		(f.error IS NOT NULL OR NOT f.applied OR s.source IS DISTINCT FROM 'configuration file')`).Scan(&bad)
	if err != nil || bad != "" {
		t.Errorf("not in force: %s %v", bad, err)
	}
	if n := count(t, super, "SELECT count(*) FROM pg_file_settings"); n < 25 {
		t.Errorf("%d settings were read", n)
	}
	if n := count(t, super, "SELECT count(*) FROM pg_authid WHERE rolname = 'adviceline' AND NOT rolsuper AND rolpassword LIKE 'SCRAM-SHA-256$%'"); n != 1 {
		t.Error("role adviceline is not as it should be")
	}
	conn := connect(t, app)
	if _, err := conn.Exec(t.Context(), "SELECT $1::text::int", "SENTINEL"); err == nil || !strings.Contains(err.Error(), "SENTINEL") {
		t.Fatalf("the error quotes no value: %v", err)
	}
	if _, err := conn.Exec(t.Context(), "SELECT pg_reload_conf()"); err == nil {
		t.Error("the program's role may do what a superuser does")
	}
	d.stop()
	if said := d.out.bytes(); bytes.Contains(said, []byte("SENTINEL")) || !bytes.Contains(said, []byte("shut down")) {
		t.Errorf("log of postgres:\n%s", said)
	}
}

// TestRedisUsersAreLeast: each user may do its work and nothing of what reads others' data.
func TestRedisUsersAreLeast(t *testing.T) {
	t.Parallel()
	socket, _ := shippedRedis(t, place(t), "secret")
	ctx := context.Background()
	refused := func(c *redis.Client, who string, words ...any) {
		if err := c.Do(ctx, words...).Err(); err == nil || !strings.HasPrefix(err.Error(), "NOPERM") {
			t.Errorf("%s may %v: %v", who, words, err)
		}
	}
	app, health := redisAs(t, socket, "adviceline", "secret"), redisAs(t, socket, "health", "any")
	for _, words := range [][]any{
		{"MONITOR"}, {"CONFIG", "GET", "*"}, {"KEYS", "*"}, {"SLOWLOG", "GET"}, {"ACL", "LIST"},
		{"FLUSHALL"}, {"FLUSHDB"}, {"SHUTDOWN"}, {"SAVE"}, {"DUMP", "{line:a}"}, {"SCRIPT", "LOAD", "return 1"}, {"SCRIPT", "FLUSH"},
		{"CLIENT", "LIST"}, {"REPLICAOF", "x", "1"}, {"MODULE", "LIST"}, {"PSUBSCRIBE", "*"}, {"GET", "elsewhere"},
		{"SUBSCRIBE", "elsewhere"}, {"RENAME", "{line:a}", "elsewhere"},
	} {
		refused(app, "adviceline", words...)
		refused(health, "health", words...)
	}
	refused(health, "health", "SCAN", "0") // the program makes its queue anew, and looks for what is out of place
	if err := app.Set(ctx, "{line:a}:x", "1", 0).Err(); err != nil {
		t.Error(err)
	}
	nobody := redis.NewClient(&redis.Options{Network: "unix", Addr: socket, MaxRetries: -1})
	defer func() { _ = nobody.Close() }()
	if err := nobody.Ping(ctx).Err(); err == nil || !strings.HasPrefix(err.Error(), "NOAUTH") {
		t.Errorf("default user: %v", err)
	}
	if err := redisAs(t, socket, "adviceline", "wrong").Ping(ctx).Err(); err == nil {
		t.Error("a wrong password is taken")
	}
}

// inGo are the commands that package queue sends by itself, beside those of its scripts.
var inGo = []string{
	"ping", "info", "time", "fcall", "function|load", "multi", "exec", "subscribe", "unsubscribe",
	"getdel", "scan", "set", "get", "del", "hget", "hincrby", "hmget", "hset", "publish", "xadd", "xdel", "xrange",
}

// TestRedisUserKnowsTheScripts: what the user may do is what the scripts and the queue do, no less and
// no more.
func TestRedisUserKnowsTheScripts(t *testing.T) {
	t.Parallel()
	want := slices.Clone(inGo)
	scripts, err := filepath.Glob("../../queue/lua/*.lua")
	if err != nil || len(scripts) < 10 {
		t.Fatalf("scripts: %d %v", len(scripts), err)
	}
	for _, script := range scripts {
		for rest := string(read(t, script)); ; {
			_, after, ok := strings.Cut(rest, "call('")
			if !ok {
				break
			}
			command, _, _ := strings.Cut(after, "'")
			want, rest = append(want, strings.ToLower(command)), after
		}
	}
	var have []string
	for line := range strings.Lines(string(read(t, shipped+"/users.acl"))) {
		if !strings.HasPrefix(line, "user adviceline ") {
			continue
		}
		for word := range strings.FieldsSeq(line) {
			if command, ok := strings.CutPrefix(word, "+"); ok {
				have = append(have, command)
			}
		}
	}
	slices.Sort(want)
	slices.Sort(have)
	if want = slices.Compact(want); !slices.Equal(have, want) {
		t.Errorf("users.acl lets adviceline\n%v\nthe queue does\n%v", have, want)
	}
}
