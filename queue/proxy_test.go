package queue

import (
	"bytes"
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/redis/go-redis/v9"
)

// proxy stands between a queue and Redis and spoils what a test asks it to.
type proxy struct {
	url      string
	network  string
	target   string
	dials    atomic.Int64
	swallow  atomic.Int64  // so many replies to scripts are read, not passed on, and the connection is cut
	stall    atomic.Int64  // so many connections pass no further reply to a script until release is closed
	deaf     atomic.Int64  // so many subscriptions pass nothing on any more, as half-dead connections do
	refuse   atomic.Bool   // connections are taken and closed at once
	release  chan struct{} // closed by the test or at its end
	released sync.Once
	open     sync.WaitGroup
}

func newProxy(t *testing.T, redisURL string) *proxy {
	t.Helper()
	target, err := redis.ParseURL(redisURL)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	front := url.URL{Scheme: "redis", Host: listener.Addr().String()}
	if target.Password != "" {
		front.User = url.UserPassword(target.Username, target.Password)
	}
	p := &proxy{url: front.String(), network: target.Network, target: target.Addr, release: make(chan struct{})}
	p.open.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			p.dials.Add(1)
			p.open.Go(func() { p.serve(conn) })
		}
	})
	t.Cleanup(func() {
		p.letGo()
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
		p.open.Wait()
	})
	return p
}

func (p *proxy) letGo() { p.released.Do(func() { close(p.release) }) }

func (p *proxy) serve(client net.Conn) {
	defer func() { _ = client.Close() }()
	if p.refuse.Load() {
		return
	}
	server, err := net.Dial(p.network, p.target)
	if err != nil {
		return
	}
	var asked, hears atomic.Bool // this connection carries scripts, a subscription
	p.open.Go(func() {
		defer func() { _ = server.Close() }()
		pump(server, client, func(b []byte) bool {
			if bytes.Contains(b, []byte("fcall")) {
				asked.Store(true)
			}
			if bytes.Contains(b, []byte("subscribe")) {
				hears.Store(true)
			}
			return true
		})
	})
	stalled := false
	pump(client, server, func([]byte) bool {
		if hears.Load() && take(&p.deaf) {
			<-p.release
			return false
		}
		if !asked.Load() {
			return true
		}
		if stalled = stalled || take(&p.stall); stalled {
			<-p.release
		}
		return !take(&p.swallow)
	})
	_ = server.Close()
}

// take uses up one of n, if there is one.
func take(n *atomic.Int64) bool {
	for {
		left := n.Load()
		if left == 0 {
			return false
		}
		if n.CompareAndSwap(left, left-1) {
			return true
		}
	}
}

func pump(to io.Writer, from io.Reader, pass func([]byte) bool) {
	b := make([]byte, 64<<10)
	for {
		n, err := from.Read(b)
		if err != nil || !pass(b[:n]) {
			return
		}
		if _, err := to.Write(b[:n]); err != nil {
			return
		}
	}
}
