package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"adviceline/e2e/rig"
)

// line is one socket, of either side: a goroutine reads it and hands every frame on.
type line struct {
	conn *websocket.Conn
	mu   sync.Mutex // of the writer
	gone chan struct{}
}

var dialer = websocket.Dialer{
	ReadBufferSize: 1024, WriteBufferSize: 1024, WriteBufferPool: &sync.Pool{}, HandshakeTimeout: 20 * time.Second,
}

// connect opens a socket as a page of the node does, says hello and starts to read.
func (n *node) connect(ctx context.Context, path, hello string, take func(kind string, frame []byte)) (*line, error) {
	conn, res, err := dialer.DialContext(ctx, "ws://"+n.Addr+path, http.Header{"Origin": {n.origin()}})
	if res != nil && res.Body != nil {
		_ = res.Body.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("open socket: %w", err)
	}
	l := &line{conn: conn, gone: make(chan struct{})}
	if err := l.write(hello); err != nil {
		_ = conn.Close()
		return nil, err
	}
	welcomed := make(chan struct{})
	go l.read(welcomed, take)
	select {
	case <-welcomed:
		return l, nil
	case <-l.gone:
		return nil, errors.New("socket closed before its welcome")
	case <-time.After(20 * time.Second):
		_ = conn.Close()
		return nil, errors.New("no welcome within 20 s")
	}
}

func (l *line) read(welcomed chan struct{}, take func(string, []byte)) {
	defer close(l.gone)
	var buf bytes.Buffer
	for {
		_, r, err := l.conn.NextReader()
		if err != nil {
			return
		}
		buf.Reset()
		if _, err := buf.ReadFrom(r); err != nil {
			return
		}
		kind := kindOf(buf.Bytes())
		take(kind, buf.Bytes())
		if kind == "welcome" {
			close(welcomed)
		}
	}
}

// kindOf reads the type, which stands first in the frames of the server.
func kindOf(frame []byte) string {
	const head = `{"type":"`
	if !bytes.HasPrefix(frame, []byte(head)) {
		return ""
	}
	kind, _, _ := bytes.Cut(frame[len(head):], []byte(`"`))
	return string(kind)
}

func (l *line) write(frame string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.conn.WriteMessage(websocket.TextMessage, []byte(frame)); err != nil {
		return fmt.Errorf("write frame: %w", err)
	}
	return nil
}

func (l *line) close() {
	_ = l.conn.Close()
	<-l.gone
}

// ticket opens one console socket, once.
func (n *node) ticket(ctx context.Context, a adviser) (string, error) {
	res, err := n.call(ctx, "/api/v1/console/ticket", struct{}{}, a.cookie)
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	var body struct {
		Ticket string `json:"ticket"`
	}
	if err := json.NewDecoder(res.Body).Decode(&body); err != nil {
		return "", fmt.Errorf("read ticket: %w", err)
	}
	return body.Ticket, nil
}

// desk opens a console and is ready.
func (n *node) desk(ctx context.Context, a adviser, take func(l *line, kind string, frame []byte)) (*line, error) {
	ticket, err := n.ticket(ctx, a)
	if err != nil {
		return nil, err
	}
	var self *line
	ready, known := make(chan struct{}, 8), make(chan struct{})
	l, err := n.connect(ctx, "/api/v1/console/socket", `{"type":"hello","ref":"`+rig.UUID()+`","v":1,"ticket":"`+ticket+`"}`,
		func(kind string, frame []byte) {
			if kind == "duty" && bytes.Contains(frame, []byte(`"ready"`)) {
				select {
				case ready <- struct{}{}:
				default:
				}
			}
			if kind == "welcome" || kind == "duty" {
				return
			}
			<-known
			take(self, kind, frame)
		})
	if err != nil {
		return nil, err
	}
	self = l
	close(known)
	for _, frame := range []string{`{"type":"audible","ref":"` + rig.UUID() + `"}`, `{"type":"duty","ref":"` + rig.UUID() + `","state":"ready"}`} {
		if err := l.write(frame); err != nil {
			return nil, err
		}
	}
	select {
	case <-ready:
		return l, nil
	case <-time.After(20 * time.Second):
		return nil, errors.New("adviser is not ready within 20 s")
	}
}
