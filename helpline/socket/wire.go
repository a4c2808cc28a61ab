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

// wire is the carrier of a WebSocket.
type wire struct {
	ws     *websocket.Conn
	unread bool // the reader left bytes behind; the reader's own until it has ended
}

func (u *Upgrader) start(ws *websocket.Conn, h Handler) {
	w := &wire{ws: ws}
	ws.SetReadLimit(u.o.ReadLimit)
	_ = ws.SetReadDeadline(time.Now().Add(u.o.FirstFrame))
	c := u.connect(w, h)
	ws.SetPongHandler(func(string) error {
		if c.greeted { // pongs alone do not stretch the wait for the first frame
			c.alive()
		}
		return nil
	})
	go c.readAll()
	go c.writeAll()
}

func (w *wire) alive(until time.Time) { _ = w.ws.SetReadDeadline(until) }

// read ends when the peer closes or breaks off, or a deadline passes: the one for life, or the one
// that the writer sets as it closes.
func (w *wire) read(c *Conn) {
	err := w.readFrames(c)
	if _, ok := errors.AsType[*websocket.CloseError](err); ok {
		return // gorilla has answered it
	}
	w.unread = true
	var timeout net.Error
	switch {
	case errors.Is(err, websocket.ErrReadLimit):
		c.Close(CodeTooBig, "too_big")
	case errors.As(err, &timeout) && timeout.Timeout():
		c.silent()
	}
}

func (w *wire) readFrames(c *Conn) error {
	for {
		kind, r, err := w.ws.NextReader()
		if err != nil {
			return err //nolint:wrapcheck // read by read alone
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
		return err //nolint:wrapcheck // read by read alone
	}
	if !utf8.Valid(buf.Bytes()) {
		c.Close(CodeMalformed, "not_utf_eight")
		return nil
	}
	c.take(buf.Bytes())
	return nil
}

func (w *wire) write(frame []byte, deadline time.Time) error {
	if err := w.ws.SetWriteDeadline(deadline); err != nil {
		return err //nolint:wrapcheck // only its being there is looked at
	}
	return w.ws.WriteMessage(websocket.TextMessage, frame) //nolint:wrapcheck // only its being there is looked at
}

func (w *wire) ping(deadline time.Time) error {
	return w.ws.WriteControl(websocket.PingMessage, nil, deadline) //nolint:wrapcheck // only its being there is looked at
}

func (w *wire) part(stop Stop, deadline time.Time) error {
	text := websocket.FormatCloseMessage(stop.Code, stop.Reason)
	err := w.ws.WriteControl(websocket.CloseMessage, text, deadline)
	if errors.Is(err, websocket.ErrCloseSent) { // gorilla itself closed over a frame that was too big
		return nil
	}
	return err //nolint:wrapcheck // only its being there is looked at
}

// linger waits until the peer has answered the close: shutting at once, with bytes unread, would reset
// the connection and could cost the peer our last frames and code.
func (w *wire) linger(c *Conn) {
	_ = w.ws.SetReadDeadline(time.Now().Add(linger))
	late := time.NewTimer(linger)
	defer late.Stop()
	select {
	case <-c.read:
	case <-late.C:
		return // a Handler still works on a frame; it is waited for after the shutting
	}
	if !w.unread {
		return
	}
	raw := w.ws.NetConn()
	if half, ok := raw.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		_, _ = io.CopyN(io.Discard, raw, drainLimit)
	}
}

func (w *wire) shut() { _ = w.ws.Close() }
