package embedded

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Addresses are where the services of a running process answer; "" for one that does not run there.
type Addresses struct {
	DatabaseURL, RedisURL string
}

// ErrNotRunning says that no services run on a data folder.
var ErrNotRunning = errors.New("data_dir_idle: no services run on this data folder")

// Running finds the services that another process runs on a data folder, for a command beside it.
// They may still be starting or already be ending: the first connection tells.
func Running(dir string) (Addresses, error) {
	lock, err := take(filepath.Join(dir, "lock"))
	if !errors.Is(err, errHeld) {
		if err == nil {
			err = lock.Close()
		}
		return Addresses{}, errors.Join(ErrNotRunning, err)
	}
	run := filepath.Join(dir, "run")
	if target, err := os.Readlink(run); err == nil {
		run = target // the short folder that makeRun chose
	}
	s := &Services{run: run}
	if _, err := os.Stat(filepath.Join(run, postgresSocket)); err == nil {
		s.postgres = &service{}
	}
	if _, err := os.Stat(filepath.Join(run, redisSocket)); err == nil {
		s.redis = &service{}
	}
	if s.postgres == nil && s.redis == nil {
		return Addresses{}, fmt.Errorf("find services: %w", ErrNotRunning)
	}
	return Addresses{DatabaseURL: s.DatabaseURL(), RedisURL: s.RedisURL()}, nil
}
