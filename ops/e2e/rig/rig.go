// Package rig starts what a run of the whole needs: nodes, a Postgres, a Redis, each a child process
// that dies with us. The tests of the parent folder and the measurements of ../bench share it.
package rig

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"net"
	"os/exec"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Child is one process. Done is closed once it has ended and was reaped.
type Child struct {
	Cmd  *exec.Cmd
	Done chan struct{}
}

// Launch starts a child from a thread that lives as long as it: the kernel sends the death signal when
// the creating thread ends.
func Launch(cmd *exec.Cmd) (*Child, error) {
	c := &Child{Cmd: cmd, Done: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		defer close(c.Done)
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	return c, nil
}

// Ended says whether the child has ended.
func (c *Child) Ended() bool {
	select {
	case <-c.Done:
		return true
	default:
		return false
	}
}

// End sends a signal, and SIGKILL when the child is still there after the patience. It says whether
// the first was enough.
func (c *Child) End(sig syscall.Signal, patience time.Duration) bool {
	_ = c.Cmd.Process.Signal(sig)
	select {
	case <-c.Done:
		return true
	case <-time.After(patience):
	}
	_ = c.Cmd.Process.Kill()
	<-c.Done
	return false
}

// Output keeps what children write.
type Output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write takes some more.
func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

// Bytes gives a copy of all of it.
func (o *Output) Bytes() []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	return bytes.Clone(o.buf.Bytes())
}

// Ports of ours lie below those that the kernel gives away to whoever connects or asks for any (32768 and up): between the
// look and the listening nobody else is given one of them. The run begins anywhere, as another run may be on the machine.
const firstPort, ports = 12000, 20000

var nextPort atomic.Uint32

func init() { nextPort.Store(mathrand.Uint32N(ports)) } // #nosec G404 -- where to begin is no secret

// FreePorts finds free addresses on loopback, none of them found before by this process.
func FreePorts(n int) (out []string, err error) {
	for tried := 0; len(out) < n; tried++ {
		if tried == ports {
			return nil, errors.New("find a free port: all are taken")
		}
		at := fmt.Sprintf("127.0.0.1:%d", firstPort+nextPort.Add(1)%ports)
		l, err := net.Listen("tcp", at) //nolint:noctx // at once
		if err != nil {
			continue
		}
		if err := l.Close(); err != nil {
			return nil, fmt.Errorf("leave a free port: %w", err)
		}
		out = append(out, at)
	}
	return out, nil
}

// Random gives 2n hexadecimal digits.
func Random(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return hex.EncodeToString(b)
}

// Wait polls until is says true.
func Wait(within time.Duration, what string, is func() (bool, error)) error {
	deadline := time.NewTimer(within)
	defer deadline.Stop()
	tick := time.NewTicker(15 * time.Millisecond)
	defer tick.Stop()
	for {
		ok, err := is()
		if ok || err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			return fmt.Errorf("not within %s: %s", within, what)
		}
	}
}

// UUID gives a random id as pages make them.
func UUID() string {
	h := []byte(Random(16))
	h[12], h[16] = '4', 'a'
	return string(h[:8]) + "-" + string(h[8:12]) + "-" + string(h[12:16]) + "-" + string(h[16:20]) + "-" + string(h[20:])
}
