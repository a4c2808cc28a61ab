package e2e

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// link is the network between the nodes and one store; it can be cut, slow, or silent.
type link struct {
	*toxiproxy.Proxy
	t *testing.T
}

// newLink leads to an address of a store.
func newLink(t *testing.T, to string) *link {
	t.Helper()
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	l := &link{toxiproxy.NewProxy(server, "link", freePorts(t, 1)[0], to), t}
	if err := l.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Stop)
	return l
}

// port is where the nodes find the store.
func (l *link) port() string {
	_, port, err := net.SplitHostPort(l.Listen)
	if err != nil {
		l.t.Errorf("read the link's address: %v", err)
	}
	return port
}

// cut closes what is open and refuses what comes, for a while.
func (l *link) cut(long time.Duration) {
	l.Stop()
	<-time.After(long)
	if err := l.Start(); err != nil {
		l.t.Error(err)
	}
}

// slow lets every answer take 100 to 300 ms more, for a while.
func (l *link) slow(long time.Duration) {
	l.poison(long, `{"name":"late","type":"latency","stream":"downstream","attributes":{"latency":200,"jitter":100}}`)
}

// silent keeps connections open and lets nothing through either way, for a while; then what was held comes through.
func (l *link) silent(long time.Duration) {
	l.poison(long, `{"name":"up","type":"timeout","stream":"upstream","attributes":{"timeout":0}}`,
		`{"name":"down","type":"timeout","stream":"downstream","attributes":{"timeout":0}}`)
}

func (l *link) poison(long time.Duration, toxics ...string) {
	for _, toxic := range toxics {
		if _, err := l.Toxics.AddToxicJson(strings.NewReader(toxic)); err != nil {
			l.t.Error(err)
		}
	}
	<-time.After(long)
	l.Toxics.ResetToxics(context.Background())
}
