package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// streaming is a client without a read timeout of its own.
var streaming = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 128, TLSClientConfig: anyCertificate}}

// streamLine is a connection as pages have it behind a proxy that lets no WebSocket through. One
// goroutine posts, in order; Close and the end of the stream end it.
type streamLine struct {
	h     *house
	path  string // of the posts
	token string
	body  *http.Response
	in    *bufio.Reader
	quit  context.CancelFunc
	gone  context.Context
	posts chan json.RawMessage // nil: a sign of life

	mu   sync.Mutex
	name string
}

// dialStream opens a stream at h; what is sent goes to whatever house beside gives.
func (h *house) dialStream(ctx context.Context, path string, hello any) (line, error) {
	path = strings.TrimSuffix(path, "/socket")
	gone, quit := context.WithCancel(ctx)
	l := &streamLine{h: h, path: path + "/frames", quit: quit, gone: gone, posts: make(chan json.RawMessage, 4096)}
	text, err := json.Marshal(hello)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(gone, http.MethodPost, h.origin()+path+"/stream", bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", h.origin())
	if said, ok := hello.(map[string]any); ok && strings.HasSuffix(path, "/contact") {
		l.token = fmt.Sprint(said["token"])
		req.Method, req.Body, req.ContentLength = http.MethodGet, nil, 0
		req.Header.Del("Content-Type")
		req.Header.Set("Authorization", "Bearer "+l.token)
		req.Header.Set("Last-Event-ID", fmt.Sprint(said["after"]))
	}
	if l.body, err = streaming.Do(req); err != nil {
		quit()
		return nil, err
	}
	if l.body.StatusCode != http.StatusOK {
		_ = l.Close()
		return nil, fmt.Errorf("stream answers %d", l.body.StatusCode)
	}
	l.in = bufio.NewReader(l.body.Body)
	go l.post()
	return l, nil
}

func (l *streamLine) Close() error {
	l.quit()
	return l.body.Body.Close()
}

func (l *streamLine) SetReadDeadline(time.Time) error  { return nil }
func (l *streamLine) SetWriteDeadline(time.Time) error { return nil }

func (l *streamLine) WriteJSON(f any) error {
	text, err := json.Marshal(f)
	if err != nil {
		return err
	}
	select {
	case l.posts <- text:
		return nil
	default:
		return errors.New("too much to post")
	}
}

// ReadMessage gives the next frame. A ping is answered.
func (l *streamLine) ReadMessage() (int, []byte, error) {
	var event, data string
	for {
		text, err := l.in.ReadString('\n')
		if err != nil {
			return 0, nil, err
		}
		text = strings.TrimSuffix(text, "\n")
		if v, ok := strings.CutPrefix(text, "event: "); ok {
			event = v
		} else if v, ok := strings.CutPrefix(text, "data: "); ok {
			data = v
		}
		if text != "" || data == "" {
			continue
		}
		switch event {
		case "ping":
			l.posts <- nil
			event, data = "", ""
			continue
		case "close":
			var c struct {
				Code   int
				Reason string
			}
			if err := json.Unmarshal([]byte(data), &c); err != nil {
				return 0, nil, err
			}
			return 0, nil, &websocket.CloseError{Code: c.Code, Text: c.Reason}
		}
		var f struct{ Type, Stream string }
		if json.Unmarshal([]byte(data), &f) == nil && f.Type == "welcome" {
			l.mu.Lock()
			l.name = f.Stream
			l.mu.Unlock()
		}
		return websocket.TextMessage, []byte(data), nil
	}
}

// post sends what is to be sent, several frames at once, the next when the last were taken.
func (l *streamLine) post() {
	defer l.quit()
	for {
		var frames []json.RawMessage
		select {
		case f := <-l.posts:
			frames = append(frames, f)
		case <-l.gone.Done():
			return
		}
		for size := len(frames[0]); len(l.posts) > 0 && len(frames) < window && size < 8<<10; {
			f := <-l.posts
			frames, size = append(frames, f), size+len(f)
		}
		if !l.deliver(frames) {
			return
		}
	}
}

// deliver posts until it is taken; false when the stream is no more.
func (l *streamLine) deliver(frames []json.RawMessage) bool {
	frames = slices.DeleteFunc(frames, func(f json.RawMessage) bool { return f == nil })
	if frames == nil {
		frames = []json.RawMessage{}
	}
	l.mu.Lock()
	body, err := json.Marshal(map[string]any{"stream": l.name, "frames": frames})
	l.mu.Unlock()
	if err != nil {
		return false
	}
	for range 40 {
		req, err := http.NewRequestWithContext(l.gone, http.MethodPost, l.h.beside().origin()+l.path, bytes.NewReader(body))
		if err != nil {
			return false
		}
		req.Header.Set("Content-Type", "application/json")
		if l.token != "" {
			req.Header.Set("Authorization", "Bearer "+l.token)
		}
		status := 0
		if res, err := client.Do(req); err == nil {
			status = res.StatusCode
			_ = res.Body.Close()
		}
		switch {
		case status == http.StatusAccepted:
			return true
		case status >= 400 && status < 429:
			return false
		}
		again := time.NewTimer(50 * time.Millisecond)
		select {
		case <-again.C:
		case <-l.gone.Done():
			again.Stop()
			return false
		}
	}
	return false
}

// streamed makes every client of these nodes stream, and post to the next node but never to the one that
// holds the stream, unless that is the only one that runs.
func (s *nodes) streamed() *nodes {
	for i, h := range s.each {
		h.beside = func() *house {
			for k := 1; k < len(s.each); k++ {
				if other := s.each[(i+k)%len(s.each)]; !ended(other.process()) && !other.drained() {
					return other
				}
			}
			return h
		}
	}
	return s
}

// TestStreamsBetweenNodes: what TestPeopleMoveBetweenNodes holds sockets to, streams do as well, though
// every post comes to a node that does not hold the stream.
func TestStreamsBetweenNodes(t *testing.T) {
	t.Parallel()
	peopleMove(t, several(t, 3, settings{"OFFER_SECONDS": "300"}).streamed())
}
