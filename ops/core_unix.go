//go:build unix

package ops

import "syscall"

// LeaveNoCore forbids this process and what it starts to leave an image of its memory when it dies: it would hold
// text and keys. It is no error where the limit is lower already.
func LeaveNoCore() error { return syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}) }
