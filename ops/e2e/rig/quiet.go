package rig

import (
	"os"
	"strconv"
	"strings"
	"time"
)

// Ticks is CPU time of the whole machine since its start, in clock ticks: what niced processes and
// the host took, and all of it, idle time included.
type Ticks struct{ Foreign, All float64 }

// Spent reads the first line of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal.
func Spent() Ticks {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return Ticks{}
	}
	first, _, _ := strings.Cut(string(text), "\n")
	var t Ticks
	for i, field := range strings.Fields(first)[1:] {
		n, _ := strconv.ParseFloat(field, 64)
		if i < 8 {
			t.All += n
		}
		if i == 1 || i == 7 {
			t.Foreign += n
		}
	}
	return t
}

// Disturbed gives the share of the CPU time between two readings that others took, in percent.
func Disturbed(from, to Ticks) float64 {
	return 100 * (to.Foreign - from.Foreign) / max(to.All-from.All, 1)
}

// CPU is what a child has used so far, in steps of 10 ms.
func (c *Child) CPU() time.Duration {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(c.Cmd.Process.Pid) + "/stat")
	if err != nil {
		return 0
	}
	// Behind the name, which may hold anything, utime and stime are the 12th and 13th field.
	_, rest, _ := strings.Cut(string(text[strings.LastIndexByte(string(text), ')'):]), " ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}

// Resident is the memory of a child that is in RAM, in bytes.
func (c *Child) Resident() int64 {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(c.Cmd.Process.Pid) + "/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	kib, _ := strconv.ParseInt(fields[0], 10, 64)
	return kib << 10
}
