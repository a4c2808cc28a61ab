package deliver

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
)

const secret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="

func TestWebhookIsSignedOverItsBytes(t *testing.T) {
	t.Parallel()
	type got struct {
		header http.Header
		body   []byte
	}
	seen := make(chan got, 1)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		seen <- got{r.Header, body}
		w.WriteHeader(http.StatusNoContent)
	}))
	defer s.Close()
	w, err := NewWebhook(s.URL, secret)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Unix(1_700_000_000, 0)
	w.now = func() time.Time { return at }
	p := Page{ID: "p1.2", Step: 2, Cause: "unserved", Waited: 181, To: "aino@example.invalid", Link: "https://h.example/p/x"}
	if err := w.Send(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	g := <-seen
	want := `{"type":"page","timestamp":"2023-11-14T22:13:20Z","data":{"step":2,"cause":"unserved","waited_seconds":181,` +
		`"to":"aino@example.invalid","link":"https://h.example/p/x"}}`
	if string(g.body) != want || g.header.Get("webhook-id") != "p1.2" {
		t.Errorf("got %s, id %q", g.body, g.header.Get("webhook-id"))
	}
	for name, c := range map[string]struct {
		secret string
		body   []byte
		now    time.Time
		want   bool
	}{
		"as sent":      {secret, g.body, at, true},
		"at the edge":  {secret, g.body, at.Add(Tolerance), true},
		"too old":      {secret, g.body, at.Add(Tolerance + time.Second), false},
		"too new":      {secret, g.body, at.Add(-Tolerance - time.Second), false},
		"other body":   {secret, bytes.ReplaceAll(g.body, []byte("181"), []byte("182")), at, false},
		"other secret": {strings.ReplaceAll(secret, "MDEy", "MDEz"), g.body, at, false},
		"no secret":    {"whsec_", g.body, at, false},
	} {
		if Verify(c.secret, g.header, c.body, c.now) != c.want {
			t.Errorf("%s: verified is not %t", name, c.want)
		}
	}
}

// The example that the Standard Webhooks specification and its libraries are tested with.
func TestSignatureIsThatOfTheSpecification(t *testing.T) {
	t.Parallel()
	key, err := base64.StdEncoding.DecodeString("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if err != nil {
		t.Fatal(err)
	}
	got := sign(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", []byte(`{"test": 2432232314}`))
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; got != want {
		t.Errorf("signature is %q, want %q", got, want)
	}
}

func TestWebhookFollowsNobodyAndTellsWhatFailed(t *testing.T) {
	t.Parallel()
	moved := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/away" {
			moved++
		}
		http.Redirect(w, r, "/away", http.StatusTemporaryRedirect)
	}))
	w, err := NewWebhook(s.URL, secret)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Send(t.Context(), Page{ID: "p"}); !errors.Is(err, ErrRefused) || moved > 0 {
		t.Errorf("redirect: %v, followed %d", err, moved)
	}
	s.Close()
	if err := w.Send(t.Context(), Page{ID: "p"}); !errors.Is(err, ErrUnreachable) {
		t.Errorf("nobody there: %v", err)
	}
	for _, c := range [][2]string{{"ftp://x", secret}, {"https://", secret}, {"https://x", "whsec_c2hvcnQ="}, {"https://x", "%"}} {
		if _, err := NewWebhook(c[0], c[1]); !errors.Is(err, ErrSettings) {
			t.Errorf("%s: %v", c[0], err)
		}
	}
}

// mailbox is a mail server that keeps what it gets.
type mailbox struct {
	mu     sync.Mutex
	got    []string
	refuse int // how many mails to refuse first
}

func (m *mailbox) NewSession(*smtp.Conn) (smtp.Session, error) { return &letter{box: m}, nil }

func (m *mailbox) all() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return strings.Join(m.got, "\n--\n")
}

type letter struct {
	box *mailbox
	to  string
}

func (l *letter) Mail(string, *smtp.MailOptions) error { return nil }
func (l *letter) Rcpt(to string, _ *smtp.RcptOptions) error {
	l.to = to
	return nil
}

func (l *letter) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	l.box.mu.Lock()
	defer l.box.mu.Unlock()
	if l.box.refuse > 0 {
		l.box.refuse--
		return &smtp.SMTPError{Code: 451, Message: "try later"}
	}
	l.box.got = append(l.box.got, "RCPT "+l.to+"\n"+string(b))
	return err
}
func (l *letter) Reset()        {}
func (l *letter) Logout() error { return nil }

func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

// serveMail runs a mail server on loopback until the test ends.
func serveMail(t *testing.T, box *mailbox, secure *tls.Config) int {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := smtp.NewServer(box)
	s.Domain, s.TLSConfig, s.ErrorLog = "localhost", secure, log.New(io.Discard, "", 0)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Serve(l)
	}()
	t.Cleanup(func() {
		_ = s.Close()
		<-done
	})
	return l.Addr().(*net.TCPAddr).Port
}

func TestMailGoesOverTLSAndSaysNothingOfAContact(t *testing.T) {
	t.Parallel()
	cert, roots := certificate(t)
	box := &mailbox{}
	port := serveMail(t, box, &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12})
	o := MailOptions{Host: "127.0.0.1", Port: port, TLS: "starttls", From: "line@example.invalid", Roots: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	m, err := NewMail(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	p := Page{ID: "p.1", Step: 1, Cause: "missed", Waited: 95, To: "aino@example.invalid", Link: "https://h.example/p/tok"}
	if err := m.Send(ctx, p); err != nil {
		t.Fatal(err)
	}
	all := box.all()
	for _, want := range []string{"RCPT aino@example.invalid", "somebody is waiting", "1 min 35 s", "https://h.example/p/tok"} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is missing in\n%s", want, all)
		}
	}
	for _, never := range []string{"missed", "chat", "danger", "language"} {
		if strings.Contains(strings.ToLower(all), never) {
			t.Errorf("%q is in\n%s", never, all)
		}
	}
	p.Cause = "unmanned"
	if err := m.Send(ctx, p); err != nil || !strings.Contains(box.all(), "nobody is ready") {
		t.Errorf("unmanned: %v\n%s", err, box.all())
	}
	if err := m.Send(ctx, Page{ID: "p"}); !errors.Is(err, ErrNoAddress) {
		t.Errorf("no address: %v", err)
	}
	o.Roots = nil
	if m, err = NewMail(o); err != nil {
		t.Fatal(err)
	}
	if err := m.Send(ctx, p); err == nil {
		t.Error("a certificate of nobody was taken")
	}
}

func TestMailToAServerWithoutTLSIsNotSent(t *testing.T) {
	t.Parallel()
	box := &mailbox{}
	port := serveMail(t, box, nil)
	p := Page{ID: "p", Cause: "unserved", To: "aino@example.invalid"}
	for _, c := range []struct {
		tls  string
		sent bool
	}{{"starttls", false}, {"tls", false}, {"off", true}} {
		m, err := NewMail(MailOptions{Host: "127.0.0.1", Port: port, TLS: c.tls, From: "line@example.invalid"})
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Send(t.Context(), p); (err == nil) != c.sent {
			t.Errorf("%s: %v", c.tls, err)
		}
	}
	for _, o := range []MailOptions{
		{Port: 25, TLS: "off", From: "a@b"}, {Host: "h", TLS: "off", From: "a@b"}, {Host: "h", Port: 25, TLS: "off"},
		{Host: "h", Port: 25, From: "a@b"},
	} {
		if _, err := NewMail(o); !errors.Is(err, ErrSettings) {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

func TestMailThatIsRefusedMayBeSentAgain(t *testing.T) {
	t.Parallel()
	box := &mailbox{refuse: 2}
	port := serveMail(t, box, nil)
	m, err := NewMail(MailOptions{Host: "127.0.0.1", Port: port, TLS: "off", From: "line@example.invalid"})
	if err != nil {
		t.Fatal(err)
	}
	p := Page{ID: "p", Cause: "unserved", To: "aino@example.invalid"}
	for _, want := range []error{ErrRefused, ErrRefused, nil} {
		if err := m.Send(t.Context(), p); !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
	}
}
