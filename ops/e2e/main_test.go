package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// binary is the program under test, built with the race detector.
var binary string

// scratch is the folder of everything that the tests leave, removed at the end. Others may pass
// through it: the embedded services run as a lesser user.
var scratch string

// go-redis tells past every logger that a server is away, which tests see to.
func init() { redis.SetLogger(mute{}) }

type mute struct{}

func (mute) Printf(context.Context, string, ...any) {}

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("/tmp", "adv")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "make scratch folder:", err)
		return 1
	}
	scratch = dir
	if os.Getenv("E2E_KEEP") == "" {
		defer func() { _ = os.RemoveAll(dir) }()
	}
	if binary = os.Getenv("E2E_BINARY"); binary == "" {
		binary = filepath.Join(dir, "adviceline")
		build := exec.Command("go", "build", "-race", "-o", binary, "./cmd/adviceline")
		build.Dir = filepath.Join("..", "..")
		build.Stdout, build.Stderr = os.Stderr, os.Stderr
		if err := build.Run(); err != nil {
			fmt.Fprintln(os.Stderr, "build adviceline:", err)
			return 1
		}
	}
	return m.Run()
}

// need skips a test whose program is missing; in CI that is a failure.
func need(t *testing.T, programs ...string) string {
	t.Helper()
	for _, p := range programs {
		if path, err := exec.LookPath(p); err == nil {
			return path
		}
	}
	missing := "missing: " + strings.Join(programs, " or ")
	if os.Getenv("CI") == "true" {
		t.Fatal(missing)
	}
	t.Skip(missing)
	return ""
}

// patience is how long anything may take on a busy machine with the race detector.
const patience = 30 * time.Second

// eventually polls until is says true, and fails the test when it has not within the limit.
func eventually(t testing.TB, within time.Duration, what string, is func() bool) {
	t.Helper()
	deadline := time.NewTimer(within)
	defer deadline.Stop()
	tick := time.NewTicker(15 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("not within %s: %s", within, what)
		}
	}
}

// during checks every tick for the whole of a time that something stays true.
func during(t testing.TB, long time.Duration, what string, is func() bool) {
	t.Helper()
	end := time.NewTimer(long)
	defer end.Stop()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if !is() {
			t.Fatalf("did not stay so: %s", what)
		}
		select {
		case <-tick.C:
		case <-end.C:
			return
		}
	}
}
