package queue

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

var redisURL string

func TestMain(m *testing.M) { os.Exit(withRedis(m)) }

func withRedis(m *testing.M) int {
	dir, err := os.MkdirTemp("", "queue")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	sock := filepath.Join(dir, "r.sock")
	cmd := exec.Command("redis-server", "--port", "0", "--unixsocket", sock, "--save", "", "--dir", dir, "--appendonly", "no")
	if err := cmd.Start(); err != nil {
		panic(err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	redisURL = "unix://" + sock
	c := redis.NewClient(&redis.Options{Network: "unix", Addr: sock})
	for range 200 {
		if c.Ping(context.Background()).Err() == nil {
			return m.Run()
		}
		time.Sleep(10 * time.Millisecond)
	}
	fmt.Println("redis did not start")
	return 1
}
