package embedded

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"
)

// program is what to run and how.
type program struct {
	name  string         // for errors: postgres, redis, initdb
	path  string         // absolute
	args  []string       // without the program itself
	dir   string         // working folder, which the account may enter
	user  *account       // nil: the user of this process
	death syscall.Signal // what it gets when this process dies
	lock  *os.File       // handed down, held until the last process of the child is gone
	out   io.Writer      // standard output and error
}

// child is a started program. Its goroutine ends when the program does.
type child struct {
	name     string
	process  *os.Process
	done     chan struct{} // closed when the program has ended and was reaped
	err      error         // how it ended; read after done
	stopping atomic.Bool   // set before a wanted end
}

// start runs the program. It closes the lock on this side, whatever comes: from here on only the
// child holds it.
func (p program) start() (*child, error) {
	defer func() { _ = p.lock.Close() }()
	// The child's life is bound by stop and by the death signal, not by a context: a context would
	// kill it without a checkpoint.
	cmd := exec.CommandContext(context.Background(), p.path, p.args...)
	cmd.Dir = p.dir
	// Nothing of our environment: it may hold passwords, and PG* names would change the child.
	cmd.Env = []string{"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C.UTF-8", "TZ=UTC"}
	cmd.Stdout, cmd.Stderr = p.out, p.out
	cmd.WaitDelay = 5 * time.Second
	cmd.ExtraFiles = []*os.File{p.lock}
	// A group of its own: Ctrl-C in a terminal must reach us alone, or both services would be gone
	// before the last conversation is handed over.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: p.user.credential()}
	dieWithParent(cmd.SysProcAttr, p.death)

	c := &child{name: p.name, done: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		defer close(c.done)
		runtime.LockOSThread() // never unlocked: the thread ends with the child, not before
		err := cmd.Start()
		c.process = cmd.Process
		started <- err
		if err == nil {
			c.err = cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", p.name, err)
	}
	return c, nil
}

// stop sends the signals one after the other, the next when the one before has not ended the child
// by the end of ctx (the first) or within 5 s (the others), and SIGKILL at last. It returns when
// the child is gone.
func (c *child) stop(ctx context.Context, signals ...syscall.Signal) error {
	c.stopping.Store(true)
	for _, sig := range append(signals, syscall.SIGKILL) {
		if err := c.process.Signal(sig); err != nil {
			break // it has ended already
		}
		select {
		case <-c.done:
			return nil
		case <-ctx.Done():
		}
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
	}
	select {
	case <-c.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stop %s: %w", c.name, context.DeadlineExceeded)
	}
}

// ended says whether the program has ended.
func (c *child) ended() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// wait polls ready until it says true, the child ends or ctx does.
func (c *child) wait(ctx context.Context, ready func(context.Context) bool) error {
	tick := time.NewTicker(4 * time.Millisecond)
	defer tick.Stop()
	for !ready(ctx) {
		select {
		case <-c.done:
			return fmt.Errorf("start %s: it ended before it was ready (%w), see log/%s.log of the data folder", c.name, endOf(c.err), c.name)
		case <-ctx.Done():
			return fmt.Errorf("start %s: not ready: %w", c.name, ctx.Err())
		case <-tick.C:
		}
	}
	return nil
}
