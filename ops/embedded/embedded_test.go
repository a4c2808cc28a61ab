package embedded

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// helperDir names the variable that makes this test binary a parent to be killed.
const helperDir = "EMBEDDED_TEST_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(helperDir); dir != "" {
		s, err := Start(context.Background(), Options{Dir: dir, Postgres: true, Redis: true})
		if err != nil {
			fmt.Println("failed:", err)
			os.Exit(1)
		}
		fmt.Println("up", s.PostgresPID(), s.RedisPID())
		select {}
	}
	os.Exit(m.Run())
}

// place makes an empty data folder that a lesser user may pass.
func place(tb testing.TB) string {
	tb.Helper()
	dir, err := os.MkdirTemp("", "adviceline-embedded-")
	if err != nil {
		tb.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = os.RemoveAll(dir) })
	return filepath.Join(dir, "data")
}

// start starts both services, or skips at home where they are not installed.
func start(tb testing.TB, o Options) *Services {
	tb.Helper()
	s, err := Start(tb.Context(), o)
	if missing := (MissingError{}); errors.As(err, &missing) && os.Getenv("CI") != "true" {
		tb.Skip(err)
	}
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { stop(tb, s) })
	return s
}

func stop(tb testing.TB, s *Services) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := s.Stop(ctx); err != nil {
		tb.Error(err)
	}
}

func sql(tb testing.TB, s *Services, text string, into ...any) {
	tb.Helper()
	conn, err := pgx.Connect(tb.Context(), s.DatabaseURL())
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = conn.Close(tb.Context()) }()
	if len(into) == 0 {
		_, err = conn.Exec(tb.Context(), text)
	} else {
		err = conn.QueryRow(tb.Context(), text).Scan(into...)
	}
	if err != nil {
		tb.Fatal(err)
	}
}

// redis sends one inline command and gives the answer up to the text that ends it.
func redis(tb testing.TB, s *Services, command, end string) string {
	tb.Helper()
	conn, err := net.Dial("unix", strings.TrimPrefix(s.RedisURL(), "unix://"))
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.Write([]byte(command + "\r\n")); err != nil {
		tb.Fatal(err)
	}
	var answer []byte
	for buf := make([]byte, 512); !strings.HasSuffix(string(answer), end); {
		n, err := conn.Read(buf)
		if err != nil {
			tb.Fatalf("answer %q: %v", answer, err)
		}
		answer = append(answer, buf[:n]...)
	}
	return string(answer)
}

// until polls with a deadline.
func until(tb testing.TB, what string, is func() bool) {
	tb.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(20 * time.Second); !is(); <-tick.C {
		if time.Now().After(deadline) {
			tb.Fatal("not in time: " + what)
		}
	}
}

func TestDataSurviveAStopAndAStart(t *testing.T) {
	t.Parallel()
	o := Options{Dir: place(t), Postgres: true, Redis: true}
	s := start(t, o)
	sql(t, s, "CREATE TABLE kept AS SELECT 7 AS n")
	redis(t, s, "SET kept 7", "+OK\r\n")
	stop(t, s)

	s = start(t, o)
	if at, err := Running(o.Dir); err != nil || at != (Addresses{s.DatabaseURL(), s.RedisURL()}) {
		t.Errorf("running are %+v, %v", at, err)
	}
	var n int
	sql(t, s, "SELECT n FROM kept", &n)
	if n != 7 {
		t.Errorf("postgres kept %d", n)
	}
	redis(t, s, "GET kept", "$1\r\n7\r\n")
	for _, pid := range []int{s.PostgresPID(), s.RedisPID()} {
		// In our group, Ctrl-C would stop the services before the line.
		if group, err := syscall.Getpgid(pid); err != nil || group != pid {
			t.Errorf("child %d is in group %d: %v", pid, group, err)
		}
	}
	select {
	case err := <-s.Failed():
		t.Errorf("a wanted stop was reported: %v", err)
	default:
	}
}

func TestSettingsThatKeepWhatPeopleWriteOutOfLogs(t *testing.T) {
	t.Parallel()
	o := Options{Dir: place(t), Postgres: true, Redis: true}
	s := start(t, o)
	for name, want := range map[string]string{
		"listen_addresses": "", "log_statement": "none", "log_min_error_statement": "panic", "log_error_verbosity": "terse",
		"log_parameter_max_length": "0", "log_parameter_max_length_on_error": "0", "track_commit_timestamp": "off",
		"fsync": "on", "data_checksums": "on", "server_encoding": "UTF8", "lc_collate": "C.UTF-8",
	} {
		var is string
		sql(t, s, "SELECT current_setting('"+name+"')", &is)
		if is != want {
			t.Errorf("%s is %q", name, is)
		}
	}
	for name, want := range map[string]string{
		"appendfsync": "always", "maxmemory-policy": "noeviction", "save": "", "port": "0",
		"slowlog-log-slower-than": "-1", "crash-log-enabled": "no", "unixsocketperm": "700",
	} {
		redis(t, s, "CONFIG GET "+name, fmt.Sprintf("\r\n$%d\r\n%s\r\n", len(want), want))
	}
	conn, err := pgx.Connect(t.Context(), s.DatabaseURL())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	if _, err := conn.Exec(t.Context(), "SELECT 'sentinel-4711'::int"); err == nil {
		t.Error("a word is no number")
	}
	redis(t, s, "NOSUCHCOMMAND sentinel-4711", "\r\n")
	stop(t, s)
	for _, name := range []string{"postgres", "redis"} {
		text, err := os.ReadFile(filepath.Join(o.Dir, "log", name+".log"))
		if err != nil || strings.Contains(string(text), "sentinel-4711") {
			t.Errorf("log of %s: %v\n%s", name, err, text)
		}
	}
}

func TestASecondStartOnTheSameFolderFailsAtOnce(t *testing.T) {
	t.Parallel()
	o := Options{Dir: place(t), Redis: true}
	if _, err := Running(o.Dir); !errors.Is(err, ErrNotRunning) {
		t.Errorf("nothing runs yet: %v", err)
	}
	s := start(t, o)
	if _, err := Start(t.Context(), o); !errors.Is(err, ErrInUse) || strings.Contains(err.Error(), "\n") {
		t.Errorf("second start: %v", err)
	}
	if at, err := Running(o.Dir); err != nil || at != (Addresses{RedisURL: s.RedisURL()}) {
		t.Errorf("running are %+v, %v", at, err)
	}
	stop(t, s)
	if _, err := Running(o.Dir); !errors.Is(err, ErrNotRunning) {
		t.Errorf("nothing runs any more: %v", err)
	}
}

func TestAChildThatDiesIsReportedAndStartsAgain(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Dir: place(t), Postgres: true, Redis: true, Throwaway: true})
	for name, v := range map[string]struct {
		pid   func() int
		begin func() error
	}{
		"postgres": {s.PostgresPID, s.StartPostgres},
		"redis":    {s.RedisPID, s.StartRedis},
	} {
		if err := syscall.Kill(v.pid(), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		if err := <-s.Failed(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("report is %v", err)
		}
		if err := v.begin(); err != nil {
			t.Fatal(err)
		}
	}
	var one int
	sql(t, s, "SELECT 1", &one)
	redis(t, s, "PING", "+PONG\r\n")
}

func TestEachServiceStopsAndStartsAlone(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Dir: place(t), Postgres: true, Redis: true, Throwaway: true})
	sql(t, s, "CREATE TABLE kept AS SELECT 7 AS n")
	redis(t, s, "SET kept 7", "+OK\r\n")
	if err := errors.Join(s.StopPostgres(), s.StopPostgres()); err != nil || s.PostgresPID() != 0 {
		t.Fatalf("postgres runs: %v", err)
	}
	redis(t, s, "PING", "+PONG\r\n")
	if err := errors.Join(s.StopRedis(), s.StartPostgres(), s.StartRedis()); err != nil {
		t.Fatal(err)
	}
	if err := s.StartRedis(); err == nil {
		t.Error("a running service was started again")
	}
	sql(t, s, "INSERT INTO kept VALUES (8)")
	redis(t, s, "GET kept", "$1\r\n7\r\n")
}

// parent starts this test binary as a process that runs the services.
func parent(t *testing.T, dir string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), helperDir+"="+dir)
	cmd.Stderr = os.Stderr
	return cmd
}

// alive is false for a process that has ended, also where no init is there to reap it.
func alive(pid int) bool {
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return err == nil && len(line) > 0
}

func TestNothingOutlivesAParentThatIsKilled(t *testing.T) {
	t.Parallel()
	o := Options{Dir: place(t), Postgres: true, Redis: true}
	s := start(t, o) // also says whether the programs are there
	sql(t, s, "CREATE TABLE kept AS SELECT 7 AS n")
	redis(t, s, "SET kept 7", "+OK\r\n")
	stop(t, s)

	cmd := parent(t, o.Dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var postgresPID, redisPID int
	if _, err := fmt.Fscanf(out, "up %d %d\n", &postgresPID, &redisPID); err != nil {
		t.Fatal(err)
	}
	if _, err := Start(t.Context(), o); !errors.Is(err, ErrInUse) {
		t.Errorf("start beside another process: %v", err)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()

	s = start(t, o) // at once, while the old children may still be ending
	for _, pid := range []int{postgresPID, redisPID} {
		if pid == 0 || alive(pid) {
			t.Errorf("old child %d is still there", pid)
		}
	}
	var n int
	sql(t, s, "SELECT n FROM kept", &n)
	redis(t, s, "GET kept", "$1\r\n7\r\n")
}

func TestAKillWhileTheDatabaseIsMadeLeavesTheNextStartWorking(t *testing.T) {
	t.Parallel()
	o := Options{Dir: place(t), Postgres: true, Redis: true}
	if found, _ := findPostgres(t.Context(), 0); found.bin == "" {
		start(t, o)
	}
	for _, file := range []string{"postgres.new", "postgres.new/base", "postgres.new/global/pg_control"} {
		cmd := parent(t, o.Dir)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		until(t, file, func() bool {
			_, err := os.Stat(filepath.Join(o.Dir, file))
			return !errors.Is(err, fs.ErrNotExist)
		})
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	var one int
	sql(t, start(t, o), "SELECT 1", &one)
}

// BenchmarkSecondStart starts and stops both services on data that are there.
func BenchmarkSecondStart(b *testing.B) {
	o := Options{Dir: place(b), Postgres: true, Redis: true}
	stop(b, start(b, o))
	for b.Loop() {
		s, err := Start(b.Context(), o)
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		stop(b, s)
		b.StartTimer()
	}
}

// BenchmarkFirstStart starts both services on nothing.
func BenchmarkFirstStart(b *testing.B) {
	for _, throwaway := range []bool{false, true} {
		b.Run(fmt.Sprintf("throwaway=%t", throwaway), func(b *testing.B) {
			for b.Loop() {
				s, err := Start(b.Context(), Options{Dir: place(b), Postgres: true, Redis: true, Throwaway: throwaway})
				if err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				stop(b, s)
				b.StartTimer()
			}
		})
	}
}
