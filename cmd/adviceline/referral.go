package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"adviceline/helpline"
	"adviceline/helpline/deliver"
	"adviceline/helpline/screen"
	"adviceline/storage"
)

// screened gives a text without what names a person, and the types of what was found, once each.
func screenedText(s *screen.Screen) func(text string) (string, []string) {
	return func(text string) (string, []string) {
		redacted, found := s.Text(text)
		var types []string
		seen := map[string]bool{}
		for _, f := range found {
			if !seen[f.Type] {
				seen[f.Type] = true
				types = append(types, f.Type)
			}
		}
		return redacted, types
	}
}

// referralParts is what the steps of referrals stand on.
type referralParts struct {
	store  *storage.Store
	line   string
	seal   helpline.Sealer
	tokens helpline.Tokens
	phone  string // the line's own
	origin string // of the links
	mail   *deliver.Mail
	tell   func(ctx context.Context, id, word string, state helpline.ReferralState)
}

// newReferrals joins the steps of referrals and disclosures with the rows and the mail queue; who calls it
// runs the mailer.
func newReferrals(p referralParts, log *slog.Logger) (*helpline.Referrals, *helpline.Disclosures, *storage.Mailer, error) {
	m := &mailRoom{referralParts: p, log: log}
	mailer, err := storage.NewMailer(p.store, m.send, log)
	if err != nil {
		return nil, nil, nil, err
	}
	m.rows = storage.NewReferrals(p.store, p.line, mailer)
	audit := storage.NewCallbacks(p.store, p.line)
	referrals := &helpline.Referrals{
		Store: m.rows, Clock: m.rows, Directory: p.store, Audit: audit, Seal: p.seal, Tokens: p.tokens,
		Screen: screenedText(screen.New(p.phone)), Tell: p.tell, Log: log,
	}
	register := &helpline.Disclosures{
		Store: storage.NewDisclosures(p.store, p.line, mailer), Audit: audit, Tokens: p.tokens, Screen: referrals.Screen,
	}
	return referrals, register, mailer, nil
}

// mailRoom makes the mails that jobs ask for, of what the rows say at that moment.
type mailRoom struct {
	referralParts
	rows storage.Referrals
	log  *slog.Logger
}

// send is one try. Without a mail server everything stays with the duty: the list has it.
func (m *mailRoom) send(ctx context.Context, about storage.MailAbout) error {
	if m.mail == nil {
		return helpline.ErrNotFound
	}
	what := m.handoff
	if about.Disclosure != "" {
		what = m.register
	}
	err := what(ctx, about)
	if errors.Is(err, deliver.ErrNoAddress) {
		return helpline.ErrNotFound
	}
	if err != nil && !errors.Is(err, helpline.ErrNotFound) {
		m.log.WarnContext(ctx, "mail not sent yet", "error", err)
	}
	return err
}

func (m *mailRoom) handoff(ctx context.Context, about storage.MailAbout) error {
	if about.Referral == "" {
		return nil
	}
	r, err := m.rows.Referral(ctx, about.Referral)
	if err != nil {
		return err
	}
	if r.At != about.Hop || !r.State().Open() {
		return helpline.ErrNotFound // it went on meanwhile
	}
	x, err := m.store.Receiver(ctx, r.Hops[r.At].Receiver)
	if errors.Is(err, helpline.ErrUnknownReceiver) {
		return helpline.ErrNotFound
	}
	if err != nil {
		return err
	}
	return m.mail.SendHandoff(ctx, deliver.Handoff{
		ID: about.Unique, To: x.Email, Word: r.Word, Link: m.origin + "/r/" + m.tokens.SignReferral(r.ID, r.At),
	})
}

func (m *mailRoom) register(ctx context.Context, about storage.MailAbout) error {
	to, err := m.store.SupervisorMails(ctx)
	if err != nil {
		return err
	}
	var failed error
	for i, address := range to {
		failed = errors.Join(failed, m.mail.SendRegister(ctx, fmt.Sprintf("%s.%d", about.Unique, i), address))
	}
	return failed
}

// openReferrals wires referrals and disclosures; openLoops runs their clock and their mail.
func (n *node) openReferrals(context.Context) error {
	p := referralParts{
		store: n.store, line: n.cfg.Line, seal: n.keys, tokens: n.line.Tokens, phone: n.cfg.Phone, origin: n.cfg.PublicOrigins[0],
		tell: n.tellReferral,
	}
	if o := n.cfg.Paging; o.SMTPHost != "" {
		m, err := deliver.NewMail(mailOptions(o))
		if err != nil {
			return err
		}
		p.mail = m
	}
	referrals, register, mailer, err := newReferrals(p, n.log)
	if err != nil {
		return err
	}
	n.referrals, n.register = referrals, register
	n.stops.goes("referrals", referrals.Run)
	n.stops.goes("mail", func(ctx context.Context) { n.runMail(ctx, mailer) })
	return nil
}

// runMail starts the mail queue, again while Postgres is away.
func (n *node) runMail(ctx context.Context, m *storage.Mailer) {
	for ctx.Err() == nil {
		if err := m.Run(ctx); err != nil {
			n.log.WarnContext(ctx, "mail queue not running", "error", err)
			wait(ctx, 5*time.Second)
		}
	}
}

// tellReferral lets every console know where a referral stands; who misses it reads the list.
func (n *node) tellReferral(ctx context.Context, id, word string, state helpline.ReferralState) {
	notice := helpline.Notice{Kind: helpline.NoticeReferral, Contact: id, Alias: word, State: string(state)}
	if err := n.queue.TellConsoles(ctx, notice); err != nil {
		n.log.WarnContext(ctx, "consoles not told of a referral", "error", err)
	}
}

// clean gives a text without what looks like an identifier.
func (n *node) clean(text string) string {
	clean, _ := n.masked(text)
	return clean
}

// masked takes out of a text what looks like an identifier, and tells whether there was any; the line's own number
// stays.
func (n *node) masked(text string) (clean string, found bool) {
	clean, findings := screen.New(n.cfg.Phone).Text(text)
	return clean, len(findings) > 0
}
