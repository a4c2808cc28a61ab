package ops

import (
	"runtime/debug"
	"testing"
)

func TestCollectorIsEasedUnlessTheOperatorSetIt(t *testing.T) {
	t.Parallel()
	percent := func() int {
		now := debug.SetGCPercent(100)
		debug.SetGCPercent(now)
		return now
	}
	before := percent()
	EaseCollector([]string{"HOME=/home/a", "GOGC=150"})
	if percent() != before || reserve != nil {
		t.Error("GOGC was set and did not count")
	}
	limit := debug.SetMemoryLimit(1 << 40)
	EaseCollector(nil)
	debug.SetMemoryLimit(limit)
	if percent() != before || reserve != nil {
		t.Error("GOMEMLIMIT was set and did not count")
	}
	EaseCollector([]string{"HOME=/home/a"})
	if got := percent(); got != reservePercent || len(reserve) != reserveSize {
		t.Errorf("collects at %d %%, %d bytes in reserve", got, len(reserve))
	}
	debug.SetGCPercent(before)
	reserve = nil
}
