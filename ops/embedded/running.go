package embedded

import (
	"bufio"
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
// Postgres keeps the folder of its sockets in the fifth line of postmaster.pid; Redis' is the same.
func Running(dir string) (Addresses, error) {
	f, err := os.Open(filepath.Join(dir, "postgres", "postmaster.pid")) // #nosec G304 -- the operator's own folder
	if err != nil {
		return Addresses{}, fmt.Errorf("find services: %w", ErrNotRunning)
	}
	defer func() { _ = f.Close() }()
	lines := bufio.NewScanner(f)
	for range 5 {
		if !lines.Scan() {
			return Addresses{}, fmt.Errorf("find services: %w", ErrNotRunning)
		}
	}
	s := &Services{run: lines.Text(), postgres: &service{}, redis: &service{}}
	return Addresses{DatabaseURL: s.DatabaseURL(), RedisURL: s.RedisURL()}, nil
}
