package rig

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
)

// Redis is a server of a run's own. It can be stopped and started again on what it kept, or empty.
type Redis struct {
	Dir  string // made by MakeRedis
	URL  string // where it is told to listen
	Args []string
	Live *Child
	Log  *Output // of every process that it was
}

// MakeRedis makes the folder of a server that does not run yet.
func MakeRedis(dir, url string, args ...string) (*Redis, error) {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make folder: %w", err)
	}
	return &Redis{Dir: dir, URL: url, Args: args, Log: &Output{}}, nil
}

// Start starts the server and waits until it answers.
func (r *Redis) Start(ctx context.Context) error {
	program, err := exec.LookPath("redis-server")
	if err != nil {
		program = "/usr/bin/redis-server"
	}
	cmd := exec.Command(program, append(r.Args, "--dir", r.Dir)...) //nolint:noctx // ended by its owner
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Stdout, cmd.Stderr = r.Log, r.Log
	if r.Live, err = Launch(cmd); err != nil {
		return err
	}
	options, err := redis.ParseURL(r.URL)
	if err != nil {
		return errors.New("read address of redis")
	}
	rdb := redis.NewClient(options)
	defer func() { _ = rdb.Close() }()
	err = Wait(30*time.Second, "redis answers", func() (bool, error) {
		if r.Live.Ended() {
			return false, errors.New("redis ended while it started")
		}
		return rdb.Ping(ctx).Err() == nil, nil
	})
	if err != nil {
		r.Kill()
	}
	return err
}

// Kill ends the server as a power cut does.
func (r *Redis) Kill() {
	if r.Live != nil && !r.Live.Ended() {
		r.Live.End(syscall.SIGKILL, time.Second)
	}
}

// Empty throws away what a stopped server kept.
func (r *Redis) Empty() error {
	return errors.Join(os.RemoveAll(filepath.Join(r.Dir, "appendonlydir")), os.RemoveAll(filepath.Join(r.Dir, "dump.rdb")))
}

// StartRedis starts a server with the given arguments in a new folder, and waits until it answers at
// the URL that it is told to listen on. It ends with SIGKILL: nothing of it is kept.
func StartRedis(ctx context.Context, dir, url string, args ...string) (*Child, error) {
	r, err := MakeRedis(dir, url, args...)
	if err != nil {
		return nil, err
	}
	err = r.Start(ctx)
	return r.Live, err
}
