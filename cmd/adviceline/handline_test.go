package main

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"adviceline/helpline"
	"adviceline/helpline/seal"
	"adviceline/ops/servicetest"
	"adviceline/storage"
)

// handLine is a whole node over real stores and a real mail server: consoles have sockets, receivers have the
// page of their link. The house's clock in Postgres is the test's to move.
type handLine struct {
	*pagedLine
	store *storage.Store
	steps *helpline.Referrals // of another node, for what is done by the clock
	mails *post
	ahead time.Duration
}

func newHandLine(t *testing.T, advisers ...string) *handLine {
	t.Helper()
	h := &handLine{mails: newPost(t)}
	h.pagedLine = &pagedLine{env: env{t, []string{
		"DATABASE_URL=" + servicetest.Postgres(t), "REDIS_URL=" + servicetest.Redis(t), "LINE=" + servicetest.Prefix(t),
		"DATA_DIR=" + t.TempDir(), "SMTP_HOST=127.0.0.1", "SMTP_PORT=" + strconv.Itoa(h.mails.port), "SMTP_TLS=off", "SMTP_FROM=line@house.invalid",
	}}}
	root := bytes.Repeat([]byte{7}, 32)
	file := h.value("DATA_DIR") + "/directory.csv"
	for name, content := range map[string][]byte{h.value("DATA_DIR") + "/root.key": root, file: []byte(handDirectory)} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range advisers {
		if status, _, errs := h.run(goodPassword, "adviser", "add", name, "--languages", "fi", "--password-stdin"); status != 0 {
			t.Fatal(errs)
		}
	}
	if status, _, errs := h.run("", "directory", "import", file); status != 0 {
		t.Fatal(errs)
	}
	t.Cleanup(h.node())
	store, err := storage.Open(t.Context(), storage.Options{URL: h.value("DATABASE_URL"), Pool: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	keys, err := seal.Open(seal.Options{Root: root, Dir: h.value("DATA_DIR") + "/keys", Now: func() time.Time { return time.Now().Add(h.ahead) }})
	if err != nil {
		t.Fatal(err)
	}
	h.store = store
	h.steps, _, _, err = newReferrals(referralParts{
		store: store, line: h.value("LINE"), seal: keys, tokens: helpline.NewTokens(keys.Derive), phone: "+358 295 463 177", origin: "http://" + h.addr,
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// pass lets the house's clock run ahead and does what is due.
func (h *handLine) pass(d time.Duration) {
	h.Helper()
	h.ahead += d
	h.rows(`INSERT INTO house_clock (ahead) VALUES ($1) ON CONFLICT (one) DO UPDATE SET ahead = excluded.ahead RETURNING ''`, h.ahead)
	if err := h.steps.Round(h.Context()); err != nil {
		h.Fatal(err)
	}
}

// rows gives what a query finds, one line a row.
func (h *handLine) rows(query string, args ...any) string {
	h.Helper()
	conn, err := pgx.Connect(h.Context(), h.value("DATABASE_URL"))
	if err != nil {
		h.Fatal(err)
	}
	defer func() { _ = conn.Close(h.Context()) }()
	r, err := conn.Query(h.Context(), query, args...)
	if err != nil {
		h.Fatal(err)
	}
	lines, err := pgx.CollectRows(r, pgx.RowTo[string])
	if err != nil {
		h.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

// signedIn gives the cookies of somebody.
func (h *handLine) signedIn(name string) []*http.Cookie {
	h.Helper()
	body, _ := json.Marshal(told{"name": name, "password": goodPassword})
	res := h.post("/api/v1/session", body, nil)
	if res.StatusCode != http.StatusNoContent {
		h.Fatal(res.Status)
	}
	return res.Cookies()
}

// reads gives a page of the house to who has cookies.
func (h *handLine) reads(path string, cookies []*http.Cookie) (int, string) {
	h.Helper()
	req, err := http.NewRequestWithContext(h.Context(), http.MethodGet, "http://"+h.addr+path, nil)
	if err != nil {
		h.Fatal(err)
	}
	for _, c := range cookies {
		req.AddCookie(c)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		h.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(body)
}

// presses posts a form of the receiver's page.
func (h *handLine) presses(path string, pairs ...string) string {
	h.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	req, err := http.NewRequestWithContext(h.Context(), http.MethodPost, "http://"+h.addr+path, strings.NewReader(form.Encode()))
	if err != nil {
		h.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept-Language", "en")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		h.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, _ := io.ReadAll(res.Body)
	if res.StatusCode != http.StatusOK {
		h.Fatalf("%v: %d %s", pairs, res.StatusCode, body)
	}
	return string(body)
}

var handedLink = regexp.MustCompile(`/r/[\w-]+`)

// mailed waits for the mail to a receiver and gives the path of its link.
func (h *handLine) mailed(to, word string) string {
	h.Helper()
	mail := h.mails.next(h.T)
	path := handedLink.FindString(mail)
	if path == "" || !strings.Contains(mail, "RCPT "+to) || !strings.Contains(mail, word) || strings.Contains(mail, "Sentinel") {
		h.Fatalf("no mail to %s of %s:\n%s", to, word, mail)
	}
	return path
}

// step asks one step with a referral.
func (s *sock) step(id any, action string, more ...any) told {
	s.Helper()
	return s.ask(stepOf(id, action, more...), "referral")
}

// refused asks a step that has to be refused with a code.
func (s *sock) refused(code string, f told) {
	s.Helper()
	if e := s.ask(f, "error"); e["code"] != code {
		s.Errorf("%v: %v, want %s", f["action"], e["code"], code)
	}
}

func stepOf(id any, action string, more ...any) told {
	f := told{"type": "referral", "action": action}
	if id != nil {
		f["referral"] = id
	}
	for i := 0; i+1 < len(more); i += 2 {
		f[more[i].(string)] = more[i+1]
	}
	return f
}

// hands opens a referral of an adult, with consent for all receivers and a letter, and sends it.
func (s *sock) hands(contact any, receivers ...string) (id, word string) {
	s.Helper()
	open := stepOf(nil, "open", "language", "fi", "age", "adult", "tell", "self", "receivers", receivers)
	if contact != nil {
		open["contact"] = contact
	}
	r := s.ask(open, "referral")
	id, word = r["id"].(string), r["word"].(string)
	s.sends(id, receivers...)
	return id, word
}

// sends goes on with a referral that is open until it is sent.
func (s *sock) sends(id string, receivers ...string) {
	s.Helper()
	var answers []told
	for _, receiver := range receivers {
		answers = append(answers, told{"item": "share_service", "receiver": receiver, "state": "given", "by": "person"})
	}
	s.step(id, "consent", "answers", answers)
	s.step(id, "write", "letter", letterText, "safe", told{"way": "text", "hours": "evening", "say": "nothing", "voice": "no", "watched": "yes"})
	s.step(id, "send")
}

var handedKey = regexp.MustCompile(`name="key" value="(\w+)"`)
