package main

import (
	"bytes"
	"context"
	"io"
	"log"
	"log/slog"
	"net"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"adviceline/helpline"
	"adviceline/helpline/codes"
	"adviceline/helpline/deliver"
	"adviceline/helpline/seal"
	"adviceline/ops/servicetest"
	"adviceline/storage"
)

// post is a mail server on loopback that keeps what it was given.
type post struct {
	mu    sync.Mutex
	mails []string
	came  chan struct{}
	port  int
}

func (p *post) NewSession(*smtp.Conn) (smtp.Session, error) { return &envelope{post: p}, nil }

type envelope struct {
	post *post
	to   string
}

func (e *envelope) Mail(string, *smtp.MailOptions) error { return nil }
func (e *envelope) Rcpt(to string, _ *smtp.RcptOptions) error {
	e.to = to
	return nil
}
func (e *envelope) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	e.post.mu.Lock()
	e.post.mails = append(e.post.mails, "RCPT "+e.to+"\n"+strings.ReplaceAll(string(b), "=\r\n", ""))
	e.post.mu.Unlock()
	e.post.came <- struct{}{}
	return err
}
func (e *envelope) Reset()        {}
func (e *envelope) Logout() error { return nil }

func newPost(t *testing.T) *post {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &post{came: make(chan struct{}, 50), port: l.Addr().(*net.TCPAddr).Port}
	s := smtp.NewServer(p)
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
	return p
}

// next waits for one more mail and gives it.
func (p *post) next(t *testing.T) string {
	t.Helper()
	select {
	case <-p.came:
	case <-time.After(30 * time.Second):
		t.Fatal("no mail came")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.mails[len(p.mails)-1]
}

// handHouse is the steps of referrals over a real database, real mail and one clock that a test moves.
type handHouse struct {
	*testing.T
	*helpline.Referrals
	register *helpline.Disclosures
	store    *storage.Store
	rows     storage.Referrals
	post     *post
	pg       string
	log      *bytes.Buffer
	ahead    time.Duration
}

const handDirectory = `service.id,organization.name,service.name,taxonomy_term.code,phone.number,service.email,service.url,language.code,service_area.name,service.minimum_age,service.maximum_age,schedule,service.status,service.alert,service.assured_date
south,House of the South,Shelter,shelter,+358 9 555 0001,south@shelter.invalid,,fi;sv,Uusimaa,18,,24/7,active,,2026-11-02
north,House of the North,Shelter,shelter,+358 9 555 0002,north@shelter.invalid,,fi,Lappi,,,MO-FR 08:00-16:00,active,,2026-11-02
own,The assistance system,Proposals,nas,+358 9 555 0003,,,fi;sv;en,Suomi,,,24/7,active,,2026-11-02
shut,Shut,Shut,shelter,+358 9 555 0004,,,fi,Suomi,,,,inactive,,2026-11-02
`

func newHandHouse(t *testing.T) *handHouse {
	t.Helper()
	h := &handHouse{T: t, pg: servicetest.Postgres(t), post: newPost(t), log: new(bytes.Buffer)}
	if err := storage.Migrate(t.Context(), h.pg); err != nil {
		t.Fatal(err)
	}
	store, err := storage.Open(context.Background(), storage.Options{URL: h.pg, Pool: 6})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	h.store = store
	all, err := helpline.ReadDirectory(strings.NewReader(handDirectory), codes.DestinationKind.Has, codes.Language.Has)
	if err == nil {
		err = storage.NewDirectory(store, "main").SetDirectory(t.Context(), helpline.Nobody, all)
	}
	if err != nil {
		t.Fatal(err)
	}
	keys, err := seal.Open(seal.Options{Root: bytes.Repeat([]byte{1}, 32), Dir: t.TempDir(), Now: func() time.Time { return time.Now().Add(h.ahead) }})
	if err != nil {
		t.Fatal(err)
	}
	mail, err := deliver.NewMail(deliver.MailOptions{Host: "127.0.0.1", Port: h.post.port, TLS: "off", From: "line@example.invalid"})
	if err != nil {
		t.Fatal(err)
	}
	logger := slog.New(slog.NewTextHandler(h.log, nil))
	referrals, register, mailer, err := newReferrals(referralParts{
		store: store, line: "main", seal: keys, tokens: helpline.NewTokens(keys.Derive), phone: "+358 295 463 177",
		origin: "https://help.invalid", mail: mail,
	}, logger)
	if err != nil {
		t.Fatal(err)
	}
	h.Referrals, h.register, h.rows = referrals, register, storage.NewReferrals(store, "main", mailer)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = mailer.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return h
}

// pass lets the one clock run ahead and does what is due.
func (h *handHouse) pass(d time.Duration) {
	h.Helper()
	h.idle(d)
	if err := h.Round(h.Context()); err != nil {
		h.Fatal(err)
	}
}

// idle lets time pass while no round is made.
func (h *handHouse) idle(d time.Duration) {
	h.Helper()
	h.ahead += d
	h.sql(`INSERT INTO house_clock (ahead) VALUES ($1) ON CONFLICT (one) DO UPDATE SET ahead = excluded.ahead`, h.ahead)
}

func (h *handHouse) sql(query string, args ...any) string {
	h.Helper()
	conn, err := pgx.Connect(h.Context(), h.pg)
	if err != nil {
		h.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	r, err := conn.Query(h.Context(), query, args...)
	if err != nil {
		h.Fatal(err)
	}
	rows, err := pgx.CollectRows(r, func(row pgx.CollectableRow) (string, error) {
		values, err := row.Values()
		return strings.TrimSpace(strings.Trim(strings.ReplaceAll(stringOf(values), "\n", " "), "[]")), err
	})
	if err != nil {
		h.Fatal(err)
	}
	return strings.Join(rows, "\n")
}

func stringOf(values []any) string {
	var b strings.Builder
	for _, v := range values {
		if s, ok := v.(string); ok {
			b.WriteString(s + " ")
		} else if n, ok := v.(int64); ok {
			b.WriteString(strings.TrimSpace(strings.Repeat("I", int(n))) + " ")
		}
	}
	return b.String()
}

func adviserID() string { return uuid.NewString() }

var careful = &helpline.Safe{Way: "text", Hours: "evening", Say: "nothing", Voice: "no", Watched: "yes"}

const letterText = "Aino Sentinel, 040 555 7777, is in danger at home."

// sent opens a referral of an adult to the receivers in order, with consent, and hands it to the first.
func (h *handHouse) sent(adviser string, receivers ...string) helpline.Referral {
	h.Helper()
	r, err := h.Open(h.Context(), adviser, helpline.Wanted{
		ID: uuid.NewString(), Language: "fi", Age: "adult", Tell: "callback", Receivers: receivers,
	})
	if err != nil {
		h.Fatal(err)
	}
	list := []helpline.Consent{{Item: "follow_up", State: "given", By: "person"}}
	for _, hop := range r.Hops {
		list = append(list, helpline.Consent{Item: "share_service", Receiver: hop.Receiver, State: "given", By: "person"})
	}
	if r, err = h.Consent(h.Context(), adviser, r.ID, list, false); err != nil {
		h.Fatal(err)
	}
	if _, _, err = h.Write(h.Context(), adviser, r.ID, helpline.NewText(letterText), careful); err != nil {
		h.Fatal(err)
	}
	if r, err = h.Send(h.Context(), adviser, r.ID); err != nil {
		h.Fatal(err)
	}
	return r
}

var (
	linkIn = regexp.MustCompile(`https://help\.invalid/r/([\w-]+)`)
	mailID = regexp.MustCompile(`(?m)^\s*Message-ID: <[\w.-]+@adviceline>\s*$`)
)

// link takes the token out of a mail, which must be neutral.
func (h *handHouse) link(mail, to, word string) string {
	h.Helper()
	found := linkIn.FindStringSubmatch(mail)
	if found == nil || !strings.Contains(mail, "RCPT "+to) || !strings.Contains(mail, word) {
		h.Fatalf("no mail to %s of %s:\n%s", to, word, mail)
	}
	text := mailID.ReplaceAllString(strings.ReplaceAll(mail, found[0], ""), "") // ids and tokens hold any digits
	for _, never := range []string{"Sentinel", "555", "shelter ", "victim", "danger", "uhri"} {
		if strings.Contains(text, never) {
			h.Errorf("%q is in\n%s", never, mail)
		}
	}
	return found[1]
}

func (h *handHouse) state(id string, want helpline.ReferralState) helpline.Referral {
	h.Helper()
	r, err := h.rows.Referral(h.Context(), id)
	if err != nil || r.State() != want {
		h.Fatalf("state %v, want %s: %v", r.Hops, want, err)
	}
	return r
}
