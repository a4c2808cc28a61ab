package socket

import (
	"bytes"
	"errors"
	"io"
	"net"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"
)

// drainLimit is how many bytes of a peer that broke off are thrown away while lingering.
const drainLimit = 1 << 20

// readAll is the reader. It ends when the peer closes or breaks off, or a deadline passes: the
// one for life, or the one that the writer sets as it closes.
func (c *Conn) readAll() {
	defer close(c.read)
	err := c.readFrames()
	if _, ok := errors.AsType[*websocket.CloseError](err); ok {
		return // gorilla has answered it
	}
	c.unread = true
	var timeout net.Error
	switch {
	case errors.Is(err, websocket.ErrReadLimit):
		c.Close(CodeTooBig, "too_big")
	case errors.As(err, &timeout) && timeout.Timeout() && !c.greeted:
		c.Close(CodeNoHello, "no_hello")
	case errors.As(err, &timeout) && timeout.Timeout():
		c.Close(CodeDeadPeer, "dead_peer")
	}
}

func (c *Conn) readFrames() error {
	for {
		kind, r, err := c.ws.NextReader()
		if err != nil {
			return err //nolint:wrapcheck // read by readAll alone
		}
		if c.isClosing() {
			continue // nothing is handled after a close; NextReader skips it
		}
		if kind != websocket.TextMessage {
			c.Close(CodeBinary, "binary")
			continue
		}
		if err := c.frame(r); err != nil {
			return err
		}
	}
}

// frame reads one text frame and hands it over. The error is one of reading.
func (c *Conn) frame(r io.Reader) error {
	buf, ok := c.up.frames.Get().(*bytes.Buffer)
	if !ok {
		buf = new(bytes.Buffer)
	}
	defer c.up.frames.Put(buf)
	buf.Reset()
	if _, err := buf.ReadFrom(r); err != nil {
		return err //nolint:wrapcheck // read by readAll alone
	}
	if !utf8.Valid(buf.Bytes()) {
		c.Close(CodeMalformed, "not_utf_eight")
		return nil
	}
	c.greeted = true
	c.alive()
	if err := c.handle(buf.Bytes()); err != nil {
		stop := stopOf(err)
		c.Close(stop.Code, stop.Reason)
	}
	return nil
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

// writeFrames returns true when the close frame went out and the peer may be waited for.
func (c *Conn) writeFrames(ping <-chan time.Time) (sound bool) {
	for {
		select {
		case <-c.wake:
			if ended, sound := c.flush(); ended {
				return sound
			}
		case <-ping:
			if c.ws.WriteControl(websocket.PingMessage, nil, time.Now().Add(c.up.o.WriteWait)) != nil {
				return false
			}
		case <-c.read:
			_, sound := c.flush() // the close code that the reader may have asked for
			return sound
		}
	}
}

// flush writes what is queued and, when closing, the close frame.
func (c *Conn) flush() (ended, sound bool) {
	for {
		do, frame, deadline := c.next()
		switch do {
		case write:
			if c.ws.SetWriteDeadline(deadline) != nil || c.ws.WriteMessage(websocket.TextMessage, frame) != nil {
				return true, false
			}
			c.written()
		case part:
			text := websocket.FormatCloseMessage(c.stop.Code, c.stop.Reason)
			err := c.ws.WriteControl(websocket.CloseMessage, text, deadline)
			// ErrCloseSent: gorilla itself closed over a frame that was too big.
			return true, err == nil || errors.Is(err, websocket.ErrCloseSent)
		case rest:
			return false, false
		}
	}
}

// end shuts the connection. A sound one lingers until the peer has answered the close: shutting
// at once, with bytes unread, would reset it and could cost the peer our last frames and code.
func (c *Conn) end(sound bool) {
	c.Close(CodeEnded, "") // no more is queued, whoever began
	c.cancel()
	if sound {
		c.awaitPeer()
	}
	_ = c.ws.Close()
	<-c.read
	c.handler.Closed(c)
	c.up.o.Registry.leave(c)
}

func (c *Conn) awaitPeer() {
	_ = c.ws.SetReadDeadline(time.Now().Add(linger))
	late := time.NewTimer(linger)
	defer late.Stop()
	select {
	case <-c.read:
	case <-late.C:
		return // a Handler still works on a frame; it is waited for after the shutting
	}
	if !c.unread {
		return
	}
	raw := c.ws.NetConn()
	if half, ok := raw.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		_, _ = io.CopyN(io.Discard, raw, drainLimit)
	}
}
