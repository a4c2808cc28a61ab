package rig

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
)

// StartRedis starts a server with the given arguments in a new folder, and waits until it answers at
// the URL that it is told to listen on. It ends with SIGKILL: nothing of it is kept.
func StartRedis(ctx context.Context, dir, url string, args ...string) (*Child, error) {
	program, err := exec.LookPath("redis-server")
	if err != nil {
		program = "/usr/bin/redis-server"
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make folder: %w", err)
	}
	cmd := exec.Command(program, append(args, "--dir", dir)...) //nolint:noctx // ended by its owner
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	c, err := Launch(cmd)
	if err != nil {
		return nil, err
	}
	options, err := redis.ParseURL(url)
	if err != nil {
		return nil, errors.New("read address of redis")
	}
	rdb := redis.NewClient(options)
	defer func() { _ = rdb.Close() }()
	err = Wait(30*time.Second, "redis answers", func() (bool, error) {
		if c.Ended() {
			return false, errors.New("redis ended while it started")
		}
		return rdb.Ping(ctx).Err() == nil, nil
	})
	if err != nil {
		c.End(syscall.SIGKILL, time.Second)
		return nil, err
	}
	return c, nil
}
