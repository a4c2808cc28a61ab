package ops

import (
	"math"
	"runtime/debug"
	"slices"
	"strings"
)

// Go collects when the heap has doubled, at 4 MiB for the first time: a node with few sockets has some
// MiB in use and would collect many times a second under load.
const (
	reserveSize    = 48 << 20 // bytes
	reservePercent = 60       // as GOGC
)

var reserve []byte

// EaseCollector lets the heap grow by 60 % of what is in use and of 48 MiB before it is collected. A
// small node collects several times less often for some 30 MiB; from 72 MiB in use on it takes less
// memory than by default. The 48 MiB are address space that nobody writes to, hence no memory. It
// leaves a process alone whose operator set GOGC or GOMEMLIMIT.
func EaseCollector(environ []string) {
	set := func(v string) bool { return strings.HasPrefix(v, "GOGC=") }
	if slices.ContainsFunc(environ, set) || debug.SetMemoryLimit(-1) != math.MaxInt64 {
		return
	}
	reserve = make([]byte, reserveSize)
	debug.SetGCPercent(reservePercent)
}
