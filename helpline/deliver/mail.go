package deliver

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/mail"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// MailOptions say where mail goes out. Without User no sign-in is tried.
type MailOptions struct {
	Host     string
	Port     int
	TLS      string // starttls, tls (from the first byte) or off; off is for a relay on this machine
	User     string
	Password string
	From     string
	Roots    *tls.Config // nil: the system's certificates
}

// Mail sends pages by SMTP. Every try is a connection of its own. Safe for concurrent use.
type Mail struct{ opt MailOptions }

// mailTimeout bounds one connection when the caller's deadline is later.
const mailTimeout = 15 * time.Second

// NewMail checks the options; it connects to nobody.
func NewMail(o MailOptions) (*Mail, error) {
	if _, err := mail.ParseAddress(o.From); err != nil || o.Host == "" || o.Port < 1 || o.Port > 65535 {
		return nil, ErrSettings
	}
	m := &Mail{o}
	if _, err := m.client(); err != nil {
		return nil, ErrSettings
	}
	return m, nil
}

// Name implements Way.
func (m *Mail) Name() string { return "mail" }

func (m *Mail) client() (*gomail.Client, error) {
	list := []gomail.Option{gomail.WithPort(m.opt.Port), gomail.WithTimeout(mailTimeout), gomail.WithHELO("localhost")}
	switch m.opt.TLS {
	case "tls":
		list = append(list, gomail.WithSSL())
	case "starttls":
		list = append(list, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case "off":
		list = append(list, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		return nil, ErrSettings
	}
	if m.opt.Roots != nil {
		own := m.opt.Roots.Clone()
		own.ServerName = m.opt.Host
		list = append(list, gomail.WithTLSConfig(own))
	}
	if m.opt.User != "" {
		list = append(list, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(m.opt.User),
			gomail.WithPassword(m.opt.Password))
	}
	return gomail.NewClient(m.opt.Host, list...)
}

// Send implements Way. Subject and text say that somebody waits and for how long, or that nobody is on
// the line, and nothing else.
func (m *Mail) Send(ctx context.Context, p Page) error {
	return m.post(ctx, p.ID, p.To, subject(p), text(p))
}

// post is one try to send one message.
func (m *Mail) post(ctx context.Context, id, to, subject, text string) error {
	if to == "" {
		return ErrNoAddress
	}
	message := gomail.NewMsg()
	if message.From(m.opt.From) != nil || message.To(to) != nil {
		return ErrSettings
	}
	message.SetMessageIDWithValue(id + "@adviceline")
	message.Subject(subject)
	message.SetBodyString(gomail.TypeTextPlain, text)
	client, err := m.client()
	if err != nil {
		return ErrSettings
	}
	err = client.DialAndSendWithContext(ctx, message)
	var sent *gomail.SendError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &sent):
		return ErrRefused
	default:
		return ErrUnreachable
	}
}

func subject(p Page) string {
	if p.Cause == unmanned {
		return "On call: nobody is ready"
	}
	return "On call: somebody is waiting"
}

const unmanned = "unmanned"

func text(p Page) string {
	line := fmt.Sprintf("Somebody is waiting and nobody has answered. Longest wait: %s.\n", minutes(p.Waited))
	if p.Cause == unmanned {
		line = fmt.Sprintf("A shift has begun and nobody is ready and audible. So for: %s.\n", minutes(p.Waited))
	}
	if p.Link != "" {
		line += "\nI am coming: " + p.Link + "\n"
	}
	return line
}

func minutes(seconds int) string { return fmt.Sprintf("%d min %d s", seconds/60, seconds%60) }
