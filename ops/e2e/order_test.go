package e2e

import (
	"fmt"
	"testing"
	"time"
)

// TestBurstKeepsItsOrder: what a phone wrote without a network comes at once when it is back, more
// than the line takes in one second. The phone sends again what was refused, from the first on, as
// the protocol says; the adviser still reads everything in order.
func TestBurstKeepsItsOrder(t *testing.T) {
	t.Parallel()
	h := open(t, settings{})
	pair := chats(t, h, 1)[0]
	c := pair.contact
	burst := func(round, n int, before time.Duration) {
		var lines []string
		for k := range n {
			lines = append(lines, fmt.Sprintf("burst %d line %d", round, k))
		}
		now := time.Now()
		edge := time.NewTimer(now.Truncate(time.Second).Add(2*time.Second - before).Sub(now))
		<-edge.C
		c.say(lines...)
	}
	// How long does a second's worth take? Just after that the next ones are refused, until the
	// second is over: the burst has to lie across that instant.
	burst(0, 5, 900*time.Millisecond)
	begun := time.Now()
	eventually(t, patience, "the first lines are stored", func() bool { return c.unanswered() == 0 })
	worth := time.Since(begun)
	for round := 1; round <= 8; round++ {
		burst(round, window, worth/2+worth*time.Duration(round)/5)
		settle(t, []chat{pair}, patience)
	}
	t.Logf("five lines take %s", worth)
	checkChats(t, []chat{pair})
}
