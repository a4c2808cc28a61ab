package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// memory is a table of what sockets cost their node, by the node's own metrics.
type memory struct {
	h    *house
	rows []weight
}

// weight is in bytes; of what is resident, free is what the runtime has and nothing uses.
type weight struct {
	sockets                                  int
	when                                     string
	resident, free, heap, stacks, goroutines float64
}

func (w weight) used() float64 { return w.resident - w.free }

// row measures now. The first row is the node without sockets.
func (m *memory) row(sockets int, when string) {
	m.h.t.Helper()
	m.rows = append(m.rows, weight{
		sockets: sockets, when: when,
		resident: m.h.metric("process_resident_memory_bytes"),
		free:     m.h.metric("go_memstats_heap_idle_bytes") - m.h.metric("go_memstats_heap_released_bytes"), heap: m.h.metric("go_memstats_heap_inuse_bytes"),
		stacks: m.h.metric("go_memstats_stack_inuse_bytes"), goroutines: m.h.metric("go_goroutines"),
	})
}

// collected waits until the node has collected its garbage once more: it does so every two minutes,
// sooner when somebody reads its metrics all the time.
func (m *memory) collected(t *testing.T) {
	t.Helper()
	before := m.h.metric("go_gc_duration_seconds_count")
	eventually(t, 3*time.Minute, "the node has collected its garbage", func() bool {
		return m.h.metric("go_gc_duration_seconds_count") > before
	})
}

// String is the table of ops/docs/performance.md; KiB per socket are over the first row.
func (m *memory) String() string {
	var b strings.Builder
	b.WriteString("| sockets | when | resident MiB | of it free MiB | resident and not free KiB a socket | heap KiB a socket | stacks KiB a socket | goroutines | goroutines a socket |\n")
	b.WriteString("|---|---|---|---|---|---|---|---|---|\n")
	first := m.rows[0]
	for _, r := range m.rows {
		if r.sockets == 0 {
			fmt.Fprintf(&b, "| 0 | %s | %.1f | %.1f | - | - | - | %.0f | - |\n", r.when, r.resident/(1<<20), r.free/(1<<20), r.goroutines)
			continue
		}
		each := func(now, before float64) float64 { return (now - before) / float64(r.sockets) }
		fmt.Fprintf(&b, "| %d | %s | %.1f | %.1f | %.1f | %.1f | %.1f | %.0f | %.2f |\n", r.sockets, r.when, r.resident/(1<<20),
			r.free/(1<<20), each(r.used(), first.used())/1024, each(r.heap, first.heap)/1024, each(r.stacks, first.stacks)/1024,
			r.goroutines, each(r.goroutines, first.goroutines))
	}
	return b.String()
}
