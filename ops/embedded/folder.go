package embedded

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	// maxSocketPath keeps a socket's path below the 107 bytes that the kernel takes.
	maxSocketPath = 100
	// postgresSocket is the name that Postgres gives its socket.
	postgresSocket = ".s.PGSQL.5432"
	// longestSocket is the longest name that a child makes in the run folder.
	longestSocket = postgresSocket + ".lock"
	// tempRunPrefix begins the name of a run folder outside the data folder.
	tempRunPrefix = "adviceline-run-"
	// oldChild is how long a start waits for the children of a start that was killed.
	oldChild = 10 * time.Second
)

// account is the user that the children run as.
type account struct {
	name     string
	uid, gid uint32
}

// lesser finds the account to which rights are dropped: nil unless this process is root.
// initdb wants a passwd entry, so a bare number would not do.
func lesser() (*account, error) {
	if os.Geteuid() != 0 {
		return nil, nil //nolint:nilnil // nobody to become is an answer
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, errU := strconv.ParseUint(u.Uid, 10, 32)
		gid, errG := strconv.ParseUint(u.Gid, 10, 32)
		if errU == nil && errG == nil && uid != 0 {
			return &account{name: name, uid: uint32(uid), gid: uint32(gid)}, nil
		}
	}
	return nil, errors.New("find a user for the services: neither postgres nor nobody exists")
}

func (a *account) credential() *syscall.Credential {
	if a == nil {
		return nil
	}
	return &syscall.Credential{Uid: a.uid, Gid: a.gid}
}

// own gives path to the account.
func (a *account) own(path string) error {
	if a == nil {
		return nil
	}
	return os.Lchown(path, int(a.uid), int(a.gid))
}

// passable checks that the account may enter dir and all that is above it.
func (a *account) passable(dir string) error {
	if a == nil {
		return nil
	}
	for at := dir; ; at = filepath.Dir(at) {
		info, err := os.Stat(at)
		if err != nil {
			return fmt.Errorf("check data folder: %w", err)
		}
		mode, may := info.Mode().Perm(), fs.FileMode(0o001)
		if st, ok := info.Sys().(*syscall.Stat_t); ok {
			if st.Uid == a.uid {
				may = 0o100
			} else if st.Gid == a.gid {
				may = 0o010
			}
		}
		if mode&may == 0 {
			return fmt.Errorf("%w: user %s may not enter %s: chmod o+x it, or choose another DATA_DIR", ErrNotPassable, a.name, at)
		}
		if at == filepath.Dir(at) {
			return nil
		}
	}
}

// folder makes dir with mode 0700 for the account, or takes over what is there.
func (a *account) folder(dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("make folder: %w", err)
	}
	if err := a.own(dir); err != nil {
		return fmt.Errorf("give folder away: %w", err)
	}
	return nil
}

// makeData makes the data folder. The account only passes through it, so it needs no right to list.
func makeData(dir string, a *account) error {
	if !filepath.IsAbs(dir) {
		return fmt.Errorf("make data folder: %w", errors.New("its path is not absolute"))
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil { // #nosec G301 -- the account has to pass
		return fmt.Errorf("make data folder: %w", err)
	}
	mode := fs.FileMode(0o700)
	if a != nil {
		mode = 0o711
	}
	err := os.Mkdir(dir, mode)
	if err == nil {
		err = os.Chmod(dir, mode) // whatever the umask says
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("make data folder: %w", err)
	}
	return a.passable(dir)
}

// makeRun makes the empty folder of the sockets: `run` in the data folder, or, where a socket's
// path would be too long, a folder under the system's temporary one, to which `run` then points so
// that the next start can remove it.
func makeRun(data string, a *account) (string, error) {
	run := filepath.Join(data, "run")
	if target, err := os.Readlink(run); err == nil && strings.HasPrefix(filepath.Base(target), tempRunPrefix) {
		_ = os.RemoveAll(target)
	}
	if err := os.RemoveAll(run); err != nil {
		return "", fmt.Errorf("clear run folder: %w", err)
	}
	if len(run)+1+len(longestSocket) < maxSocketPath {
		return run, a.folder(run)
	}
	if len(os.TempDir())+1+len(tempRunPrefix)+12+len(longestSocket) >= maxSocketPath {
		return "", fmt.Errorf("%w: choose a shorter DATA_DIR or TMPDIR", ErrSocketPath)
	}
	temp, err := os.MkdirTemp("", tempRunPrefix)
	if err != nil {
		return "", fmt.Errorf("make run folder: %w", err)
	}
	if err := errors.Join(a.passable(filepath.Dir(temp)), a.own(temp), os.Symlink(temp, run)); err != nil {
		return "", errors.Join(fmt.Errorf("make run folder: %w", err), os.RemoveAll(temp))
	}
	return temp, nil
}

// dropRun removes the sockets' folder.
func dropRun(data, run string) {
	_ = os.RemoveAll(run)
	_ = os.Remove(filepath.Join(data, "run"))
}

// take locks a file at once or says that somebody holds it.
func take(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errHeld
		}
		return nil, fmt.Errorf("lock data folder: %w", err)
	}
	return f, nil
}

// outlive takes a lock that a child of an earlier start may still hold.
func outlive(ctx context.Context, path string) (*os.File, error) {
	ctx, cancel := context.WithTimeout(ctx, oldChild)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		f, err := take(path)
		if !errors.Is(err, errHeld) {
			return f, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%w: %s of an earlier start has not ended within %s", ErrInUse, strings.TrimSuffix(filepath.Base(path), ".lock"), oldChild)
		case <-tick.C:
		}
	}
}
