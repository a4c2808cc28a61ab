//go:build !linux

package embedded

import "syscall"

// dieWithParent has no counterpart here: after a kill of this process its children live on until
// somebody stops them, and the next start says so.
func dieWithParent(*syscall.SysProcAttr, syscall.Signal) {}
