package rig

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// Node is one `adviceline serve`. Addr and Ops are its public and private addresses.
type Node struct {
	Binary    string
	Dir       string // DATA_DIR
	Home      string
	Addr, Ops string
	Set       map[string]string // settings on top of those
	Out       io.Writer         // what it writes; nil: nowhere
}

// Env is what the program is started with.
func (n *Node) Env() []string {
	env := []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + n.Home, "TMPDIR=/tmp", "GORACE=exitcode=66",
		"DATA_DIR=" + n.Dir, "ADDR=" + n.Addr, "OPS_ADDR=" + n.Ops,
	}
	for k, v := range n.Set {
		env = append(env, k+"="+v)
	}
	return env
}

// Launch starts the program; Await waits for it.
func (n *Node) Launch() (*Child, error) {
	cmd := exec.Command(n.Binary, "serve") //nolint:noctx // ended by its owner
	cmd.Env, cmd.Dir = n.Env(), "/"
	cmd.Stdout, cmd.Stderr = n.Out, n.Out
	cmd.WaitDelay = 5 * time.Second
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	return Launch(cmd)
}

// Await returns once the node can serve.
func (n *Node) Await(ctx context.Context, c *Child) error {
	return Wait(60*time.Second, "adviceline is ready", func() (bool, error) {
		if c.Ended() {
			return false, errors.New("adviceline ended while it started: " + c.Cmd.ProcessState.String())
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+n.Ops+"/readyz", nil)
		if err != nil {
			return false, fmt.Errorf("ask for readiness: %w", err)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return false, nil
		}
		_ = res.Body.Close()
		return res.StatusCode == http.StatusOK, nil
	})
}
