package e2e

import (
	"io"
	"log"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-smtp"
)

// mailbox is a mail server on loopback that keeps what a house sent.
type mailbox struct {
	port string

	mu    sync.Mutex
	mails []string
}

// mailboxOf runs a mail server until the test ends.
func mailboxOf(t *testing.T) *mailbox {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m := &mailbox{port: strconv.Itoa(l.Addr().(*net.TCPAddr).Port)}
	s := smtp.NewServer(m)
	s.Domain, s.ErrorLog = "localhost", log.New(io.Discard, "", 0)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Serve(l)
	}()
	t.Cleanup(func() {
		_ = s.Close()
		<-done
	})
	return m
}

// settings make a house send its mail here.
func (m *mailbox) settings() settings {
	return settings{"SMTP_HOST": "127.0.0.1", "SMTP_PORT": m.port, "SMTP_TLS": "off", "SMTP_FROM": "line@example.invalid"}
}

// link waits for a mail with a link that begins with this path, and gives the newest one's path.
func (m *mailbox) link(t *testing.T, path string) string {
	t.Helper()
	links := regexp.MustCompile(`https?://[^\s]+` + regexp.QuoteMeta(path) + `[^\s]+`)
	var found string
	eventually(t, patience, "a mail with a link to "+path, func() bool {
		m.mu.Lock()
		defer m.mu.Unlock()
		for _, text := range m.mails {
			if link := links.FindString(text); link != "" {
				found = link
			}
		}
		return found != ""
	})
	u, err := url.Parse(found)
	if err != nil {
		t.Fatal(err)
	}
	return u.Path
}

// NewSession takes mail from anybody.
func (m *mailbox) NewSession(*smtp.Conn) (smtp.Session, error) { return envelope{m}, nil }

type envelope struct{ box *mailbox }

func (envelope) Mail(string, *smtp.MailOptions) error { return nil }
func (envelope) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (envelope) Reset()                               {}
func (envelope) Logout() error                        { return nil }

// Data undoes the soft line breaks of quoted-printable, which a link may have.
func (e envelope) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	e.box.mu.Lock()
	defer e.box.mu.Unlock()
	e.box.mails = append(e.box.mails, strings.NewReplacer("=\r\n", "", "=3D", "=").Replace(string(text)))
	return err
}
