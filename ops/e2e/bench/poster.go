package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"adviceline/e2e/rig"
)

// poster is one connection that posts and does little else: it shares the machine with what it
// measures. Not for use by several goroutines.
type poster struct {
	conn net.Conn
	in   *bufio.Reader
	host string
	out  []byte
	body []byte
}

func dial(addr string) (*poster, error) {
	conn, err := net.DialTimeout("tcp", addr, 5*time.Second) //nolint:noctx // bounded
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	return &poster{conn: conn, in: bufio.NewReaderSize(conn, 4096), host: addr}, nil
}

func (p *poster) close() { _ = p.conn.Close() }

// post sends a body and reads the answer, which is valid until the next call.
func (p *poster) post(path, body string) ([]byte, error) {
	_ = p.conn.SetDeadline(time.Now().Add(20 * time.Second))
	p.out = append(p.out[:0], "POST "...)
	p.out = append(p.out, path...)
	p.out = append(p.out, " HTTP/1.1\r\nHost: "...)
	p.out = append(p.out, p.host...)
	p.out = append(p.out, "\r\nContent-Type: application/json\r\nContent-Length: "...)
	p.out = strconv.AppendInt(p.out, int64(len(body)), 10)
	p.out = append(p.out, "\r\n\r\n"...)
	p.out = append(p.out, body...)
	if _, err := p.conn.Write(p.out); err != nil {
		return nil, fmt.Errorf("post: %w", err)
	}
	return p.answer(path)
}

func (p *poster) answer(path string) ([]byte, error) {
	status, length := 0, 0
	for first := true; ; first = false {
		line, err := p.in.ReadSlice('\n')
		if err != nil {
			return nil, fmt.Errorf("read answer: %w", err)
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		if first && len(line) >= 12 {
			status, _ = strconv.Atoi(string(line[9:12]))
		}
		if name, value, ok := bytes.Cut(line, []byte(":")); ok && bytes.EqualFold(name, []byte("content-length")) {
			length, _ = strconv.Atoi(string(bytes.TrimSpace(value)))
		}
	}
	p.body = append(p.body[:0], make([]byte, length)...)
	if _, err := io.ReadFull(p.in, p.body); err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	if status/100 != 2 {
		return nil, fmt.Errorf("%s answers %d", path, status)
	}
	return p.body, nil
}

// admission is what an intake is answered.
type admission struct {
	Contact string `json:"contact"`
	Token   string `json:"token"`
}

// admit takes a new contact in.
func (p *poster) admit(request string) (admission, error) {
	answer, err := p.post("/api/v1/contacts", strings.Replace(intakeBody, "{{uuid}}", request, 1))
	if err != nil {
		return admission{}, err
	}
	var a admission
	if err := json.Unmarshal(answer, &a); err != nil {
		return a, fmt.Errorf("read admission: %w", err)
	}
	return a, nil
}

// leave lets a contact go for good.
func (p *poster) leave(a admission) error {
	_, err := p.post("/api/v1/contact/leave", `{"request_id":"`+rig.UUID()+`","token":"`+a.Token+`","kind":"done"}`)
	return err
}

// metric reads one sample without labels of a node.
func (n *node) metric(ctx context.Context, name string) (float64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+n.Ops+"/metrics", nil)
	if err != nil {
		return 0, fmt.Errorf("read metrics: %w", err)
	}
	res, err := client.Do(req)
	if err != nil {
		return 0, fmt.Errorf("read metrics: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	for lines := bufio.NewScanner(res.Body); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), name+" "); ok {
			return strconv.ParseFloat(value, 64)
		}
	}
	return 0, fmt.Errorf("metric %s is missing", name)
}
