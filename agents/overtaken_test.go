package agents

import (
	"testing"
	"time"

	"adviceline/helpline"
)

// TestOvertakenHelloTakesNothing: a hello is on its way to the queue while its adviser comes with a later ticket. The
// later one stays, whoever of them arrives first; the older page, if it is there at all, hears that it is replaced.
func TestOvertakenHelloTakesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	older, later := b.ticket(), b.ticket()
	held, meet := make(chan struct{}), make(chan struct{})
	b.queue.set(func() {
		b.queue.coming = func(a helpline.Adviser) {
			if a.Ticket == 1 {
				close(meet)
				<-held
			}
		}
	})
	first := b.dial()
	first.send(object{"type": "hello", "v": 1, "ticket": older})
	<-meet
	second, _ := b.console(object{"ticket": later})
	close(held)
	first.closed(4501)
	second.ask(object{"type": "audible"}, "duty")
	if err := second.ws.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case c := <-b.queue.downs: // the only one that the queue is told of
		if c.Epoch != 1 {
			t.Errorf("epoch %d was taken down", c.Epoch)
		}
	case <-time.After(10 * time.Second):
		t.Error("the console that broke is not taken down")
	}
}
