package embedded

import "syscall"

// dieWithParent asks the kernel to send the child sig when the thread that made it ends.
func dieWithParent(attr *syscall.SysProcAttr, sig syscall.Signal) { attr.Pdeathsig = sig }
