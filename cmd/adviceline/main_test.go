package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"adviceline/helpline"
	"adviceline/ops"
	"adviceline/ops/servicetest"
)

func TestMain(m *testing.M) { servicetest.Main(m) }

const goodPassword = "correct horse battery"

// house is an environment with services of its own.
type env struct {
	*testing.T
	vars []string
}

func newEnv(t *testing.T, more ...string) env {
	t.Helper()
	return env{t, append([]string{
		"DATABASE_URL=" + servicetest.Postgres(t), "REDIS_URL=" + servicetest.Redis(t), "LINE=" + servicetest.Prefix(t),
		"DATA_DIR=" + t.TempDir(), "ADDR=" + free(t), "OPS_ADDR=" + free(t),
	}, more...)}
}

// Ports of ours lie below those that the kernel gives away to whoever connects or asks for any (32768 and up): between the
// look and the listening nobody else is given one of them.
const firstPort, ports = 12000, 20000

var nextPort atomic.Uint32

func init() { nextPort.Store(rand.Uint32N(ports)) }

// free finds an address on loopback that was not found before.
func free(t *testing.T) string {
	t.Helper()
	for range ports {
		at := fmt.Sprintf("127.0.0.1:%d", firstPort+nextPort.Add(1)%ports)
		l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", at)
		if err != nil {
			continue
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		return at
	}
	t.Fatal("no free port")
	return ""
}

func (e env) value(name string) string {
	for _, v := range e.vars {
		if rest, ok := strings.CutPrefix(v, name+"="); ok {
			return rest
		}
	}
	return ""
}

func (e env) run(input string, args ...string) (status int, out, err string) {
	e.Helper()
	var o, f bytes.Buffer
	status = run(e.Context(), terminal{in: strings.NewReader(input), out: &o, err: &f, env: e.vars}, args)
	return status, o.String(), f.String()
}

func TestAccounts(t *testing.T) {
	t.Parallel()
	e := newEnv(t, "SKILLS=law,child")
	for _, c := range []struct {
		status int
		input  string
		args   []string
	}{
		{0, goodPassword, []string{"adviser", "add", "aino", "--languages", "fi,en", "--capacity", "2", "--password-stdin"}},
		{3, goodPassword, []string{"adviser", "add", "AINO", "--password-stdin"}},
		{1, "short", []string{"adviser", "add", "b", "--password-stdin"}},
		{2, goodPassword, []string{"adviser", "add", "b"}},
		{2, goodPassword, []string{"adviser", "add", "--password-stdin"}},
		{2, goodPassword, []string{"adviser", "add", "b", "--languages", "xx", "--password-stdin"}},
		{2, goodPassword, []string{"adviser", "add", "b", "--languages", "fi,fi", "--password-stdin"}},
		{2, goodPassword, []string{"adviser", "add", "b", "--capacity", "4", "--password-stdin"}},
		{2, goodPassword, []string{"adviser", "add", "b", "--role", "king", "--password-stdin"}},
		{2, goodPassword, []string{"adviser", "add", "b c", "--password-stdin"}},
		{2, goodPassword, []string{"adviser", "add", "b", "--skills", "tax", "--password-stdin"}},
		{2, goodPassword, []string{"adviser", "add", "b", "--skills", "law,law", "--password-stdin"}},
		{0, goodPassword, []string{"adviser", "add", "jurist", "--skills", "law", "--password-stdin"}},
		{0, goodPassword, []string{"adviser", "add", "boss", "--role", "supervisor", "--password-stdin"}},
		{0, goodPassword + " 2", []string{"adviser", "password", "aino", "--password-stdin"}},
		{0, "", []string{"adviser", "disable", "aino"}},
		{1, "", []string{"adviser", "disable", "nobody"}},
		{2, "", []string{"adviser", "crown", "aino"}},
		{2, "", []string{"reign"}},
		{2, "", nil},
		{0, "", []string{"adviser", "-h"}},
		{0, "", []string{"adviser", "add", "-h"}},
		{0, "", []string{"migrate"}},
		{0, "", []string{"version"}},
	} {
		status, _, errs := e.run(c.input, c.args...)
		if status != c.status {
			t.Errorf("%v: status %d, want %d: %s", c.args, status, c.status, errs)
		}
		if strings.Contains(errs, goodPassword) {
			t.Errorf("%v echoes a password", c.args)
		}
	}
	_, out, _ := e.run("", "adviser", "list")
	if !strings.Contains(out, "aino") || !strings.Contains(out, "disabled") || !strings.Contains(out, " law ") || !strings.Contains(out, "supervisor") || strings.Contains(out, "argon2") {
		t.Errorf("list:\n%s", out)
	}
}

func TestLanesOfTheSettingsAreTheLanesOfTheLine(t *testing.T) {
	t.Parallel()
	cfg, err := ops.Load([]string{"HOME=/h"})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, l := range helpline.Lanes() {
		names = append(names, string(l))
	}
	if !slices.Equal(names, ops.LaneNames()) || !reflect.DeepEqual(rule(cfg), helpline.DefaultRule()) {
		t.Errorf("%v, %+v", ops.LaneNames(), rule(cfg))
	}
	if got := timing(cfg); got != helpline.DefaultTiming() {
		t.Errorf("timing is %+v", got)
	}
}

func TestSettingsAreCheckedAtOnce(t *testing.T) {
	t.Parallel()
	e := env{t, []string{"OFFER_SECONDS=SENTINEL", "WRAP_SECONDS=0SENTINEL", "LOG_LEVEL=SENTINEL"}}
	status, _, errs := e.run("", "serve")
	if status != 2 || strings.Count(errs, "setting ") != 3 || strings.Contains(errs, "SENTINEL") {
		t.Errorf("status %d: %s", status, errs)
	}
}

// output is a buffer that a running serve writes to.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

func fetch(t *testing.T, url string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, ""
	}
	defer func() { _ = res.Body.Close() }()
	body, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(body)
}

func TestServeIsReadyAnswersAndStopsInOrder(t *testing.T) {
	t.Parallel()
	e := newEnv(t, "DEMO=on")
	key := e.value("DATA_DIR") + "/root.key"
	if err := os.WriteFile(key, bytes.Repeat([]byte{7}, 32), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var out, errs output
	done := make(chan int, 1)
	go func() { done <- run(ctx, terminal{out: &out, err: &errs, env: e.vars}, []string{"serve"}) }()
	ready := func() bool {
		status, _ := fetch(t, "http://"+e.value("OPS_ADDR")+"/readyz")
		return status == http.StatusOK
	}
	for deadline := time.Now().Add(30 * time.Second); !ready(); {
		if time.Now().After(deadline) || len(done) > 0 {
			t.Fatalf("not ready: %s", errs.String())
		}
	}
	status, body := fetch(t, "http://"+e.value("ADDR")+"/api/v1/status")
	var s struct{ Open bool }
	if err := json.Unmarshal([]byte(body), &s); err != nil || status != http.StatusOK || !s.Open {
		t.Errorf("status %d: %s", status, body)
	}
	if _, m := fetch(t, "http://"+e.value("OPS_ADDR")+"/metrics"); !strings.Contains(m, "adviceline_waiting 0") {
		t.Error("metrics lack adviceline_waiting")
	}
	if status, _ := fetch(t, "http://"+e.value("ADDR")+"/metrics"); status != http.StatusNotFound {
		t.Errorf("metrics on the public side: %d", status)
	}
	request := hang(t, e.value("ADDR")) // keeps the node from its end for a moment
	cancel()
	unready := false
	for deadline := time.Now().Add(10 * time.Second); !unready && time.Now().Before(deadline); {
		status, body := fetch(t, "http://"+e.value("OPS_ADDR")+"/readyz")
		unready = status == http.StatusServiceUnavailable && strings.Contains(body, "draining")
	}
	if !unready {
		t.Error("a node that stops never says that it is not ready")
	}
	_ = request.Close()
	cancel()
	select {
	case status := <-done:
		if status != 0 {
			t.Errorf("stopped with %d: %s", status, errs.String())
		}
	case <-time.After(20 * time.Second):
		t.Fatalf("did not stop: %s", errs.String())
	}
	if !strings.Contains(out.String(), "aino") || strings.Contains(errs.String(), `"level":"ERROR"`) {
		t.Errorf("said %s\nlogged %s", out.String(), errs.String())
	}
}

// hang sends half a request and returns once its handler waits for the other half: "100 Continue" is
// what a server says when a handler begins to read.
func hang(t *testing.T, addr string) net.Conn {
	t.Helper()
	c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.WriteString(c, "POST /api/v1/contacts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"+
		"Content-Length: 100\r\nExpect: 100-continue\r\n\r\n")
	if err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(c).ReadString('\n')
	if err != nil || !strings.Contains(line, "100 Continue") {
		t.Fatalf("half a request is answered %q: %v", line, err)
	}
	return c
}

// A root key is made on the embedded default only: elsewhere its absence may be a missing mount.
func TestServeWantsItsRootKey(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	status, _, errs := e.run("", "serve")
	if status != 1 || !strings.Contains(errs, "root") {
		t.Errorf("status %d: %s", status, errs)
	}
}
