package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"

	"adviceline/helpline/deliver"
	"adviceline/ops/embedded"
	"adviceline/ops/servicetest"
)

var webhookSecret = "whsec_" + base64.StdEncoding.EncodeToString([]byte("0123456789abcdef0123456789abcdef"))

// hook is what came by webhook, verified.
type hook struct {
	ID   string
	Body string
	Data struct {
		Step   int    `json:"step"`
		Cause  string `json:"cause"`
		Waited int    `json:"waited_seconds"`
		To     string `json:"to"`
		Link   string `json:"link"`
	} `json:"data"`
}

// receiver takes webhooks; it refuses the first few.
func receiver(t *testing.T, refuse int) (url string, got <-chan hook) {
	t.Helper()
	out := make(chan hook, 20)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if refuse > 0 {
			refuse--
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		h := hook{ID: r.Header.Get("webhook-id"), Body: string(body)}
		if !deliver.Verify(webhookSecret, r.Header, body, time.Now()) || json.Unmarshal(body, &h) != nil {
			t.Errorf("a webhook that cannot be verified: %s", body)
		}
		out <- h
	}))
	t.Cleanup(s.Close)
	return s.URL, out
}

// pagedLine is a line with two nodes, a roster and a frozen clock.
type pagedLine struct {
	env
	services *embedded.Services
	redis    *redis.Client
	hooks    <-chan hook
	letters  *post  // what came by mail
	addr     string // of the first node
	now      time.Time
	ops      []string
}

func newPagedLine(t *testing.T, refuse int, roster ...string) *pagedLine {
	t.Helper()
	url, hooks := receiver(t, refuse)
	letters := newPost(t)
	s := servicetest.OwnServices(t)
	e := env{t, []string{
		"DATABASE_URL=" + s.DatabaseURL(), "REDIS_URL=" + s.RedisURL(), "LINE=" + servicetest.Prefix(t),
		"DATA_DIR=" + t.TempDir(), "WEBHOOK_URL=" + url, "WEBHOOK_SECRET=" + webhookSecret,
		"SMTP_HOST=127.0.0.1", "SMTP_PORT=" + strconv.Itoa(letters.port), "SMTP_TLS=off", "SMTP_FROM=line@house.invalid",
	}}
	if err := os.WriteFile(e.value("DATA_DIR")+"/root.key", bytes.Repeat([]byte{7}, 32), 0o600); err != nil {
		t.Fatal(err)
	}
	o, err := redis.ParseURL(s.RedisURL())
	if err != nil {
		t.Fatal(err)
	}
	p := &pagedLine{env: e, services: s, redis: redis.NewClient(o), hooks: hooks, letters: letters, now: time.Now()}
	t.Cleanup(func() { _ = p.redis.Close() })
	for _, name := range []string{"aino", "veli"} {
		if status, _, errs := e.run(goodPassword, "adviser", "add", name, "--languages", "fi", "--password-stdin"); status != 0 {
			t.Fatal(errs)
		}
	}
	if status, _, errs := e.run("", "roster", "mail", "aino", "aino@example.invalid"); status != 0 {
		t.Fatal(errs)
	}
	if status, _, errs := e.run("", "roster", "import", vcalendar(t, roster...)); status != 0 {
		t.Fatal(errs)
	}
	for range 2 {
		p.serve()
	}
	p.until("the roster is in Redis", func() bool { return p.redis.Exists(t.Context(), p.key(":roster")).Val() == 1 })
	p.now = time.Now()
	p.move(0)
	return p
}

func (p *pagedLine) key(suffix string) string { return "{line:" + p.value("LINE") + "}" + suffix }

// serve runs one node until the test ends.
func (p *pagedLine) serve() {
	p.Helper()
	p.Cleanup(p.node())
}

// node runs one node, with settings of its own, until stop.
func (p *pagedLine) node(more ...string) (stop func()) {
	p.Helper()
	addr, ops := free(p.T), free(p.T)
	ctx, cancel := context.WithCancel(context.Background())
	var out, errs output
	done := make(chan int, 1)
	vars := slices.Concat([]string{"ADDR=" + addr, "OPS_ADDR=" + ops}, p.vars, more)
	go func() { done <- run(ctx, terminal{out: &out, err: &errs, env: vars}, []string{"serve"}) }()
	stop = sync.OnceFunc(func() {
		cancel()
		<-done
		if strings.Contains(errs.String(), "example.invalid") || strings.Contains(errs.String(), "/p/") {
			p.Error("an address or a link is in the log")
		}
	})
	p.until("the node is ready", func() bool {
		status, _ := fetch(p.T, "http://"+ops+"/readyz")
		return status == http.StatusOK
	})
	if p.addr == "" {
		p.addr = addr
	}
	p.ops = append(p.ops, ops)
	return stop
}

func (p *pagedLine) until(what string, ready func() bool) {
	p.Helper()
	for deadline := time.Now().Add(30 * time.Second); !ready(); {
		if time.Now().After(deadline) {
			p.Fatal("waited in vain: " + what)
		}
	}
}

// move sets the frozen clock on; both nodes keep their lease.
func (p *pagedLine) move(d time.Duration) {
	p.Helper()
	p.now = p.now.Add(d)
	ms, ctx := p.now.UnixMilli(), context.Background()
	nodes := p.redis.ZRange(ctx, p.key(":timers"), 0, -1).Val()
	// At once: a heartbeat in between would give the node ten seconds by the old clock.
	_, err := p.redis.TxPipelined(ctx, func(tx redis.Pipeliner) error {
		for _, m := range nodes {
			if strings.HasPrefix(m, "node|") {
				tx.ZAdd(ctx, p.key(":timers"), redis.Z{Member: m, Score: float64(ms + 60_000)})
			}
		}
		return tx.HSet(ctx, p.key(":meta"), "clock", ms).Err()
	})
	if err != nil {
		p.Fatal(err)
	}
}

// page waits for the next webhook.
func (p *pagedLine) page() hook {
	p.Helper()
	select {
	case h := <-p.hooks:
		return h
	case <-time.After(40 * time.Second):
		p.Fatal("nobody was paged")
		return hook{}
	}
}

// quiet holds that no step but the given one is due and that nothing was sent meanwhile.
func (p *pagedLine) quiet() {
	p.Helper()
	p.until("the sweep", func() bool {
		n, err := p.redis.ZCount(context.Background(), p.key(":timers"), "-inf", strconv.FormatInt(p.now.UnixMilli(), 10)).Result()
		return err == nil && n == 0
	})
	select {
	case h := <-p.hooks:
		p.Errorf("paged: %s", h.Body)
	default:
	}
}

// intake lets somebody wait and gives their token.
func (p *pagedLine) intake() string {
	p.Helper()
	body := `{"request_id":"` + uuid.NewString() + `","channel":"chat","page_language":"fi","talk_language":"fi","asks":"help","i_am_child":true}`
	status, answer := p.send(http.MethodPost, "http://"+p.addr+"/api/v1/contacts", body, "")
	var a struct{ Token string }
	if status != http.StatusCreated || json.Unmarshal([]byte(answer), &a) != nil {
		p.Fatalf("intake: %d %s", status, answer)
	}
	return a.Token
}

func (p *pagedLine) send(method, url, body, token string) (int, string) {
	p.Helper()
	req, err := http.NewRequestWithContext(p.Context(), method, url, strings.NewReader(body))
	if err != nil {
		p.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		p.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	answer, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(answer)
}

func (p *pagedLine) waking(token string) bool {
	p.Helper()
	_, body := p.send(http.MethodGet, "http://"+p.addr+"/api/v1/contact", "", token)
	return strings.Contains(body, `"waking":true`)
}

// Somebody waits at night, Postgres is down, and the pager's service fails twice: who is on call is paged once
// by one of two nodes, by webhook and by mail, the person is told, and the link stops the rounds.
func TestPagingWithPostgresStopped(t *testing.T) {
	t.Parallel()
	p := newPagedLine(t, 2, vevent("aino", "ON-CALL-1", -time.Hour, 20*time.Hour), vevent("veli", "ON-CALL-2", -time.Hour, 20*time.Hour))
	if err := p.services.StopPostgres(); err != nil {
		t.Fatal(err)
	}
	token := p.intake()
	p.move(59 * time.Second)
	p.quiet()
	if p.waking(token) {
		t.Error("told before anybody was paged")
	}
	p.move(time.Second)
	first := p.page()
	if d := first.Data; d.Step != 1 || d.Cause != "unserved" || d.Waited != 60 || d.To != "aino@example.invalid" {
		t.Errorf("page: %s", first.Body)
	}
	for _, never := range []string{"chat", "child", `"fi"`, "help\"", "contact", token} {
		if strings.Contains(first.Body, never) {
			t.Errorf("%s is in %s", never, first.Body)
		}
	}
	mail := p.letters.next(t)
	if !strings.Contains(mail, "RCPT aino@example.invalid\n") || !strings.Contains(mail, first.Data.Link) {
		t.Errorf("mail: %s", mail)
	}
	for _, never := range []string{"chat", "child", "help", "contact", token} {
		if strings.Contains(mail, never) {
			t.Errorf("%s is in the mail %s", never, mail)
		}
	}
	if !p.waking(token) {
		t.Error("the person is not told")
	}
	p.quiet() // the other node did not send it too
	p.move(2 * time.Minute)
	second := p.page()
	if second.Data.Step != 2 || second.Data.To != "" || second.ID == first.ID {
		t.Errorf("second page: %s", second.Body)
	}
	link := strings.Replace(first.Data.Link, strings.SplitN(first.Data.Link, "/p/", 2)[0], "http://"+p.addr, 1)
	if status, body := p.send(http.MethodGet, link, "", ""); status != http.StatusOK || !strings.Contains(body, "data-test=\"come\"") {
		t.Errorf("link: %d %s", status, body)
	}
	p.move(2 * time.Minute)
	third := p.page() // looking at the link changed nothing
	if mail := p.letters.next(t); !strings.Contains(mail, third.Data.Link) || !strings.Contains(mail, "Longest wait: 5 min") {
		t.Errorf("second mail: %s", mail)
	}
	if status, body := p.send(http.MethodPost, link, "", ""); status != http.StatusOK || !strings.Contains(body, "data-test=\"taken\"") {
		t.Errorf("acknowledge: %d %s", status, body)
	}
	p.move(5 * time.Minute)
	p.quiet()
	if n := len(p.letters.came); n > 0 {
		t.Errorf("%d mails more: one of two has an address, and three steps were taken", n)
	}
	if err := p.services.StartPostgres(); err != nil {
		t.Fatal(err)
	}
	p.until("the ledger has the steps", func() bool { return p.ledger() == "page_acknowledged:1 paged:3" })
}

// ledger counts what paging did, as Postgres has it.
func (p *pagedLine) ledger() string {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, p.services.DatabaseURL())
	if err != nil {
		return ""
	}
	defer func() { _ = conn.Close(ctx) }()
	var text string
	_ = conn.QueryRow(ctx, `SELECT string_agg(kind || ':' || n, ' ' ORDER BY kind) FROM
		(SELECT kind, count(*) AS n FROM page WHERE line = $1 GROUP BY kind) AS k`, p.value("LINE")).Scan(&text)
	return text
}

// A shift runs, nobody signs in, nobody waits: within three minutes the one whose shift it is is paged.
func TestAnUnmannedShiftPagesWithAnEmptyQueue(t *testing.T) {
	t.Parallel()
	p := newPagedLine(t, 0, vevent("aino", "DUTY", -time.Hour, 20*time.Hour))
	p.quiet()
	p.move(3 * time.Minute)
	h := p.page()
	if h.Data.Cause != "unmanned" || h.Data.To != "aino@example.invalid" || h.Data.Waited > 200 {
		t.Errorf("page: %s", h.Body)
	}
	p.quiet()
	p.until("the gauge shows it", func() bool {
		_, m := fetch(t, "http://"+p.ops[0]+"/metrics")
		return strings.Contains(m, "adviceline_line_unmanned 1")
	})
	sent := 0
	for _, ops := range p.ops {
		_, m := fetch(t, "http://"+ops+"/metrics")
		sent += strings.Count(m, `adviceline_pages_total{result="sent",way="webhook"} 1`)
	}
	if sent != 1 {
		t.Errorf("%d nodes sent the page", sent)
	}
}
