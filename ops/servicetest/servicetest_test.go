package servicetest

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"
)

func TestMain(m *testing.M) { Main(m) }

func TestEachTestGetsADatabaseOfItsOwn(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 2 {
		conn, err := pgx.Connect(t.Context(), Postgres(t))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Exec(t.Context(), "CREATE TABLE mine ()"); err != nil {
			t.Fatal(err)
		}
		name := conn.Config().Database
		if seen[name] {
			t.Errorf("%s was given twice", name)
		}
		seen[name] = true
		if err := conn.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

func TestRedisIsSharedAndLinesAreNot(t *testing.T) {
	t.Parallel()
	one, other := Prefix(t), Prefix(t)
	if one == other {
		t.Error("two tests got the same line")
	}
	again := Redis(t)
	if again != Redis(t) {
		t.Error("the server is not shared")
	}
	ping(t, again)
}

func TestOwnServicesStopAndStart(t *testing.T) {
	t.Parallel()
	s := OwnServices(t)
	if err := s.StopRedis(); err != nil {
		t.Fatal(err)
	}
	if err := s.StartRedis(); err != nil {
		t.Fatal(err)
	}
	ping(t, s.RedisURL())
}

func ping(t *testing.T, url string) {
	t.Helper()
	o, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(o)
	defer func() { _ = client.Close() }()
	if err := client.Ping(t.Context()).Err(); err != nil {
		t.Error(err)
	}
}

func TestFoldersOfKilledRunsAreSwept(t *testing.T) {
	t.Parallel()
	Redis(t)
	ofRedis := sharedRedis.folder // held, whatever its age
	var made []string
	for range 2 {
		dir, err := folder()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.RemoveAll(dir) })
		made = append(made, dir)
	}
	long := time.Now().Add(-time.Hour)
	for _, dir := range []string{made[0], ofRedis} {
		if err := os.Chtimes(dir, long, long); err != nil {
			t.Fatal(err)
		}
	}
	sweep()
	for dir, want := range map[string]bool{made[0]: false, made[1]: true, filepath.Join(ofRedis, "data"): true} {
		if _, err := os.Stat(dir); (err == nil) != want {
			t.Errorf("%s is there: %t", dir, !want)
		}
	}
}
