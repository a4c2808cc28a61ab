package socket

import "time"

// readAll is the reader.
func (c *Conn) readAll() {
	defer close(c.read)
	c.on.read(c)
}

// silent closes a connection whose peer gave no sign of life in time.
func (c *Conn) silent() {
	if c.greeted {
		c.Close(CodeDeadPeer, "dead_peer")
	} else {
		c.Close(CodeNoHello, "no_hello")
	}
}

// take hands one frame to the Handler.
func (c *Conn) take(frame []byte) {
	c.greeted = true
	c.alive()
	if err := c.handle(frame); err != nil {
		stop := stopOf(err)
		c.Close(stop.Code, stop.Reason)
	}
}

func (c *Conn) handle(frame []byte) (err error) {
	if told := c.up.o.Panicked; told != nil {
		defer func() {
			if value := recover(); value != nil {
				told(value)
				err = stopOf(nil)
			}
		}()
	}
	return c.handler.Frame(c.ctx, c, frame) //nolint:wrapcheck // a Stop is looked for in it
}

// writeAll is the writer, the only one that writes frames and pings. It outlives the reader and
// clears up.
func (c *Conn) writeAll() {
	ping := time.NewTicker(c.up.o.PingEvery)
	sound := c.writeFrames(ping.C)
	ping.Stop()
	c.end(sound)
}

// writeFrames returns true when the close went out and the peer may be waited for.
func (c *Conn) writeFrames(ping <-chan time.Time) (sound bool) {
	for {
		select {
		case <-c.wake:
			if ended, sound := c.flush(); ended {
				return sound
			}
		case <-ping:
			if c.on.ping(time.Now().Add(c.up.o.WriteWait)) != nil {
				return false
			}
		case <-c.read:
			_, sound := c.flush() // the close code that the reader may have asked for
			return sound
		}
	}
}

// flush writes what is queued and, when closing, how it ends.
func (c *Conn) flush() (ended, sound bool) {
	for {
		do, frame, deadline := c.next()
		switch do {
		case write:
			if c.on.write(frame, deadline) != nil {
				return true, false
			}
			c.written()
		case part:
			return true, c.on.part(c.stop, deadline) == nil
		case rest:
			return false, false
		}
	}
}

// end shuts the connection; a sound one lingers before.
func (c *Conn) end(sound bool) {
	c.Close(CodeEnded, "") // no more is queued, whoever began
	c.cancel()
	if sound {
		c.on.linger(c)
	}
	c.on.shut()
	<-c.read
	c.handler.Closed(c)
	c.up.o.Registry.leave(c)
}
