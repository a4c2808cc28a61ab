package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// maxLog is the largest size of a child's log in bytes.
const maxLog = 1 << 20

// cappedLog is a child's log file. It starts over when it is full; the file of the start before is
// kept beside it, because it tells why there had to be a new start.
type cappedLog struct {
	mu   sync.Mutex
	file *os.File
	size int
}

func openLog(data, name string) (*cappedLog, error) {
	dir := filepath.Join(data, "log")
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("make log folder: %w", err)
	}
	path := filepath.Join(dir, name+".log")
	if err := os.Rename(path, path+".old"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("keep old log: %w", err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	return &cappedLog{file: f}, nil
}

// Write never fails: a full disk must not stop the child from being read, or it would stand still
// on a full pipe.
func (l *cappedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.size+len(p) > maxLog {
		_ = l.file.Truncate(0)
		l.size = 0
	}
	n, _ := l.file.Write(p[:min(len(p), maxLog)])
	l.size += n
	return len(p), nil
}

func (l *cappedLog) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.file.Close()
}
