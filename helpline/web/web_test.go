package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"adviceline/helpline"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	reqA = "6f1ed002-ab55-41f1-9dbb-3c7c3b1a0001"
	reqB = "6f1ed002-ab55-41f1-9dbb-3c7c3b1a0002"
	// sentinel stands for everything private that a caller may put anywhere.
	sentinel = "Zx9sentinelZx9"
)

// house is a running edge over fakes.
type house struct {
	*httptest.Server
	book   *book
	door   *door
	log    *testLog
	line   *helpline.Line
	hub    *Contacts
	web    *Server
	client *http.Client
}

func newHouse(t testing.TB, changes ...func(*Options)) *house {
	t.Helper()
	h := &house{book: newBook(), door: &door{sessions: map[string]helpline.Session{}}, log: &testLog{}}
	log := slog.New(slog.NewTextHandler(h.log, nil))
	h.line = testLine(h.book, log)
	h.hub = NewContacts(h.line, log)
	h.Server = httptest.NewUnstartedServer(nil)
	origin := "http://" + h.Listener.Addr().String()
	pages, err := NewPages(origin)
	if err != nil {
		t.Fatal(err)
	}
	o := Options{
		Line: h.line, Contacts: h.hub, Pages: pages, SignIn: h.door, Origins: []string{origin}, Phone: "+358 1", Log: log,
		Console: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusTeapot) }),
	}
	for _, change := range changes {
		change(&o)
	}
	if h.web, err = New(o); err != nil {
		t.Fatal(err)
	}
	h.Config.Handler = h.web.Handler()
	h.Start()
	h.client = &http.Client{Transport: &http.Transport{}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	t.Cleanup(func() {
		h.client.CloseIdleConnections()
		h.awaitGone(t)
		h.Close()
	})
	return h
}

// call is one request and what is expected of its answer.
type call struct {
	method, path, body string
	headers            map[string]string
}

type reply struct {
	status int
	header http.Header
	body   string
}

func (r reply) field(t *testing.T, name string) string {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(r.body), &m); err != nil {
		t.Fatalf("answer is no JSON: %v", err)
	}
	if m[name] == nil {
		return ""
	}
	return fmt.Sprint(m[name])
}

func (h *house) do(t *testing.T, c call) reply {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), c.method, h.URL+c.path, strings.NewReader(c.body))
	if err != nil {
		t.Fatal(err)
	}
	if c.body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for k, v := range c.headers {
		req.Header.Set(k, v)
	}
	res, err := h.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{res.StatusCode, res.Header, string(body)}
}

// intakeOf is a sound intake with members added or replaced.
func intakeOf(changes ...string) string {
	m := map[string]any{"request_id": reqA, "channel": "chat", "page_language": "fi", "talk_language": "so", "asks": "help"}
	for i := 0; i+1 < len(changes); i += 2 {
		var v any
		if err := json.Unmarshal([]byte(changes[i+1]), &v); err != nil {
			panic(err)
		}
		m[changes[i]] = v
	}
	raw, _ := json.Marshal(m)
	return string(raw)
}

func (h *house) intake(t *testing.T, request string) helpline.Admission {
	t.Helper()
	r := h.do(t, call{"POST", "/api/v1/contacts", intakeOf("request_id", `"`+request+`"`), nil})
	if r.status != 201 {
		t.Fatalf("intake: %d %s", r.status, r.body)
	}
	return helpline.Admission{Contact: r.field(t, "contact"), Token: r.field(t, "token"), ReturnNumber: r.field(t, "return_number"), State: r.field(t, "state")}
}

func TestContactPath(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := h.intake(t, reqA)
	if again := h.intake(t, reqA); again != a {
		t.Error("a repeated intake has another answer")
	}
	if r := h.do(t, call{"POST", "/api/v1/contacts", intakeOf("asks", `"work"`), nil}); r.status != 409 || r.field(t, "code") != "request_reused" {
		t.Errorf("same id, other body: %d %s", r.status, r.body)
	}
	auth := map[string]string{"Authorization": "Bearer " + a.Token}
	r := h.do(t, call{"GET", "/api/v1/contact", "", auth})
	if r.status != 200 || r.body != `{"state":"waiting","position":{"ahead":0,"low":null,"high":null},"seq":0}`+"\n" {
		t.Errorf("look: %d %s", r.status, r.body)
	}
	if r.header.Get("Cache-Control") != "no-store" {
		t.Error("an answer may be stored")
	}
	grouped := a.ReturnNumber[:2] + " " + a.ReturnNumber[2:4] + "-" + a.ReturnNumber[4:]
	r = h.do(t, call{"POST", "/api/v1/contact/resume", `{"request_id":"` + reqB + `","return_number":"` + grouped + `"}`, nil})
	if r.status != 200 || r.field(t, "contact") != a.Contact || r.field(t, "token") == a.Token {
		t.Errorf("resume: %d %s", r.status, r.body)
	}
	if r := h.do(t, call{"GET", "/api/v1/contact", "", auth}); r.status != 404 {
		t.Errorf("the old token lives: %d", r.status)
	}
}

func TestLeave(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := h.intake(t, reqA)
	form := map[string]string{"Content-Type": "application/x-www-form-urlencoded;charset=UTF-8"}
	for name, c := range map[string]call{
		"form":          {"POST", "/api/v1/contact/leave", "token=" + a.Token + "&kind=exit", form},
		"form, bare":    {"POST", "/api/v1/contact/leave", "token=" + a.Token, form},
		"form, unknown": {"POST", "/api/v1/contact/leave", "token=x", form},
		"json":          {"POST", "/api/v1/contact/leave", `{"token":"` + a.Token + `","kind":"done"}`, nil},
		"json, unknown": {"POST", "/api/v1/contact/leave", `{"token":"x","kind":"cancel"}`, nil},
	} {
		if r := h.do(t, c); r.status != 204 || r.body != "" {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
	if r := h.do(t, call{"POST", "/api/v1/contact/leave", "token=x&kind=" + sentinel, form}); r.status != 422 {
		t.Errorf("unknown kind: %d", r.status)
	}
}

func TestMalformedIntake(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	plain := map[string]string{"Content-Type": "text/plain"}
	for _, c := range []struct {
		name, body string
		headers    map[string]string
		status     int
		code       string
		field      string
	}{
		{"not json", "hello", nil, 400, "malformed", ""},
		{"list", "[]", nil, 400, "malformed", ""},
		{"empty", "", map[string]string{"Content-Type": "application/json"}, 400, "malformed", ""},
		{"no content type", "", nil, 415, "unsupported_media_type", ""},
		{"text", intakeOf(), plain, 415, "unsupported_media_type", ""},
		{"unknown key", intakeOf(sentinel, `1`), nil, 400, "unknown_field", ""},
		{"wrong type", intakeOf("asks", `5`), nil, 400, "wrong_type", "asks"},
		{"null", intakeOf("asks", `null`), nil, 400, "wrong_type", "asks"},
		{"duplicate", `{"asks":"help","asks":"help"}`, nil, 400, "duplicate_field", "asks"},
		{"deep", `{"callback":` + strings.Repeat("[", 9) + strings.Repeat("]", 9) + `}`, nil, 400, "too_deep", ""},
		{"large", intakeOf("asks", `"`+strings.Repeat("x", maxBody)+`"`), nil, 413, "too_large", ""},
		{"no request id", intakeOf("request_id", `""`), nil, 422, "invalid_value", "request_id"},
		{"upper case id", intakeOf("request_id", `"`+strings.ToUpper(reqA)+`"`), nil, 422, "invalid_value", "request_id"},
		{"id of version 1", intakeOf("request_id", `"6f1ed002-ab55-11f1-9dbb-3c7c3b1a0001"`), nil, 422, "invalid_value", "request_id"},
		{"channel", intakeOf("channel", `"phone"`), nil, 422, "invalid_value", "channel"},
		{"page language", intakeOf("page_language", `"xx"`), nil, 422, "invalid_value", "page_language"},
		{"no talk language", intakeOf("talk_language", `""`), nil, 422, "invalid_value", "talk_language"},
		{"several languages", intakeOf("talk_language", `"mul"`), nil, 422, "invalid_value", "talk_language"},
		{"no language", intakeOf("second_language", `"und"`), nil, 422, "invalid_value", "second_language"},
		{"asks", intakeOf("asks", `"`+sentinel+`"`), nil, 422, "invalid_value", "asks"},
		{"role", intakeOf("role", `"king"`), nil, 422, "invalid_value", "role"},
		{"organisation", intakeOf("organisation", `"x"`), nil, 422, "invalid_value", "organisation"},
		{"urgency", intakeOf("urgency", `"now"`), nil, 422, "invalid_value", "urgency"},
		{"callback", intakeOf("channel", `"callback"`, "callback", `{"number":"`+sentinel+`"}`), nil, 503, "callback_unavailable", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := h.do(t, call{"POST", "/api/v1/contacts", c.body, c.headers})
			if r.status != c.status || r.field(t, "code") != c.code || r.field(t, "field") != c.field {
				t.Errorf("%d %s", r.status, r.body)
			}
			if r.header.Get("Content-Type") != "application/problem+json" || strings.Contains(r.body, sentinel) {
				t.Errorf("not a clean problem: %s", r.body)
			}
			if c.status == 503 && (r.field(t, "phone") != "+358 1" || r.field(t, "callbacks") != "false") {
				t.Errorf("503 without a way out: %s", r.body)
			}
		})
	}
}

func TestMalformedOthers(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, c := range []struct {
		call
		status int
		code   string
	}{
		{call{"GET", "/api/v1/contact", "", nil}, 404, "not_found"},
		{call{"GET", "/api/v1/contact", "", map[string]string{"Authorization": "Basic x"}}, 404, "not_found"},
		{call{"GET", "/api/v1/contact", "", map[string]string{"Authorization": "Bearer " + sentinel}}, 404, "not_found"},
		{call{"POST", "/api/v1/contact", "{}", nil}, 405, "method_not_allowed"},
		{call{"POST", "/api/v1/contact/resume", `{"request_id":"` + reqA + `","return_number":"1234567"}`, nil}, 422, "invalid_value"},
		{call{"POST", "/api/v1/contact/resume", `{"request_id":"1","return_number":"12345678"}`, nil}, 422, "invalid_value"},
		{call{"POST", "/api/v1/contact/leave", `{"token":"x"}`, nil}, 422, "invalid_value"},
		{call{"POST", "/api/v1/contact/leave", `{"token":1}`, nil}, 400, "wrong_type"},
		{call{"POST", "/api/v1/session", `{"name":"a","password":"wrong"}`, nil}, 401, "bad_credentials"},
		{call{"POST", "/api/v1/session", `{"name":"a"}`, nil}, 401, "bad_credentials"},
		{call{"POST", "/api/v1/session", `{"user":"a"}`, nil}, 400, "unknown_field"},
		{call{"GET", "/api/v1/session", "", nil}, 401, "signed_out"},
		{call{"POST", "/api/v1/console/ticket", "", nil}, 401, "signed_out"},
		{call{"GET", "/api/v1/console/socket", "", nil}, 403, "bad_origin"},
		{call{"GET", "/api/v1/contact/socket", "", nil}, 403, "bad_origin"},
		{call{"GET", "/api/v1/" + sentinel, "", nil}, 404, "not_found"},
		{call{"GET", "/" + sentinel + "?" + sentinel, "", nil}, 404, "not_found"},
	} {
		r := h.do(t, c.call)
		if r.status != c.status || r.field(t, "code") != c.code {
			t.Errorf("%s %s: %d %s", c.method, c.path, r.status, r.body)
		}
	}
}

func TestSession(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.do(t, call{"POST", "/api/v1/session", `{"name":"adviser","password":"right"}`, nil})
	if r.status != 204 {
		t.Fatalf("sign in: %d %s", r.status, r.body)
	}
	cookie := r.header.Get("Set-Cookie")
	if cookie != "adviceline=session-of-adviser; Path=/; HttpOnly; SameSite=Strict" {
		t.Errorf("cookie: %s", cookie)
	}
	with := func(origin string) map[string]string {
		m := map[string]string{"Cookie": "adviceline=session-of-adviser"}
		if origin != "" {
			m["Origin"] = origin
		}
		return m
	}
	if r := h.do(t, call{"GET", "/api/v1/session", "", with("")}); r.status != 200 || r.body != `{"name":"adviser","roles":["adviser"],"languages":["fi"]}`+"\n" {
		t.Errorf("session: %d %s", r.status, r.body)
	}
	for _, origin := range []string{"", "null", "http://evil.example", h.URL + "/", strings.ToUpper(h.URL)} {
		if r := h.do(t, call{"POST", "/api/v1/console/ticket", "", with(origin)}); r.status != 403 || r.field(t, "code") != "bad_origin" {
			t.Errorf("origin %q: %d", origin, r.status)
		}
	}
	if r := h.do(t, call{"POST", "/api/v1/console/ticket", "", with(h.URL)}); r.status != 200 || r.field(t, "expires_at") != "2001-09-09T01:46:40.000Z" {
		t.Errorf("ticket: %d %s", r.status, r.body)
	}
	if r := h.do(t, call{"GET", "/api/v1/console/socket", "", with(h.URL)}); r.status != http.StatusTeapot {
		t.Errorf("console: %d %s", r.status, r.body)
	}
	if r := h.do(t, call{"DELETE", "/api/v1/session", "", with(h.URL)}); r.status != 204 || !strings.Contains(r.header.Get("Set-Cookie"), "Max-Age=0") {
		t.Errorf("sign out: %d %v", r.status, r.header)
	}
	if r := h.do(t, call{"GET", "/api/v1/session", "", with("")}); r.status != 401 {
		t.Errorf("after sign out: %d", r.status)
	}
}

func TestRolesAreHeld(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.do(t, call{"POST", "/api/v1/session", `{"name":"admin","password":"right"}`, nil})
	headers := map[string]string{"Cookie": "adviceline=session-of-admin", "Origin": h.URL}
	if r := h.do(t, call{"POST", "/api/v1/console/ticket", "", headers}); r.status != 403 || r.field(t, "code") != "forbidden" {
		t.Errorf("an administrator opens a console: %d %s", r.status, r.body)
	}
	if r := h.do(t, call{"GET", "/api/v1/session", "", headers}); r.status != 200 {
		t.Errorf("an administrator has no session: %d", r.status)
	}
}

func TestForeignPageCannotSignIn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.do(t, call{"POST", "/api/v1/session", `{"name":"adviser","password":"right"}`, map[string]string{"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"}})
	if r.status != 403 {
		t.Errorf("signed in: %d", r.status)
	}
}

func TestSecureCookie(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(o *Options) { o.Secure = true })
	r := h.do(t, call{"POST", "/api/v1/session", `{"name":"adviser","password":"right"}`, nil})
	if got := r.header.Get("Set-Cookie"); got != "__Host-adviceline=session-of-adviser; Path=/; HttpOnly; Secure; SameSite=Strict" {
		t.Errorf("cookie: %s", got)
	}
}

func TestStatus(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for range 3 {
		r := h.do(t, call{"GET", "/api/v1/status", "", nil})
		if r.status != 200 || r.body != `{"open":true,"languages":["sv"],"phone":"+358 1"}`+"\n" {
			t.Errorf("%d %s", r.status, r.body)
		}
	}
	h.book.set(func() {
		if h.book.asked > 2 {
			t.Errorf("asked %d times", h.book.asked)
		}
	})
	down := newHouse(t)
	down.book.fail = helpline.ErrQueueUnavailable
	if r := down.do(t, call{"GET", "/api/v1/status", "", nil}); r.body != `{"open":false,"languages":[],"phone":"+358 1"}`+"\n" {
		t.Errorf("down: %d %s", r.status, r.body)
	}
	if r := down.do(t, call{"POST", "/api/v1/contacts", intakeOf(), nil}); r.status != 503 || r.field(t, "phone") != "+358 1" || r.field(t, "retry") != "true" {
		t.Errorf("down: %d %s", r.status, r.body)
	}
}

func TestPagesAreServed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for path, want := range map[string]string{"/": `lang="fi"`, "/sv": `lang="sv"`, "/en": `lang="en"`, "/console": `lang="sv"`, "/blank": "<body></body>"} {
		r := h.do(t, call{"GET", path, "", map[string]string{"Accept-Language": "sv-FI, en;q=0.5"}})
		if r.status != 200 || !strings.Contains(r.body, want) || r.header.Get("Content-Security-Policy") == "" || r.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %v", path, r.status, r.header)
		}
	}
	page := h.do(t, call{"GET", "/en", "", nil}).body
	_, rest, _ := strings.Cut(page, `src="`)
	script, _, _ := strings.Cut(rest, `"`)
	if r := h.do(t, call{"GET", script, "", nil}); r.status != 200 || !strings.Contains(r.header.Get("Cache-Control"), "immutable") {
		t.Errorf("%s: %d %v", script, r.status, r.header)
	}
	if !strings.Contains(page, `<option value="so">`) || strings.Contains(page, `<option value="und">`) {
		t.Error("the page offers the wrong languages")
	}
}

// TestNothingComesBack puts a sentinel everywhere a caller can and looks for it everywhere.
func TestNothingComesBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.book.fail = fmt.Errorf("ask %s: %w", "queue", fmt.Errorf("%s", sentinel))
	headers := map[string]string{}
	for _, k := range []string{"Authorization", "Cookie", "Origin", "User-Agent", "X-Forwarded-For", "X-Request-Id", "Accept-Language", "Referer", "X-Real-Ip", "Forwarded"} {
		headers[k] = "Bearer " + sentinel + "=" + sentinel
	}
	bodies := []string{"", sentinel, `{"` + sentinel + `":"` + sentinel + `"}`, intakeOf(), intakeOf("asks", `"`+sentinel+`"`), intakeOf("request_id", `"`+sentinel+`"`),
		`{"name":"` + sentinel + `","password":"` + sentinel + `"}`, `{"token":"` + sentinel + `","kind":"exit"}`, `{"request_id":"` + reqA + `","return_number":"` + sentinel + `"}`}
	for _, route := range append(h.web.table(), route{path: "/" + sentinel}) {
		for _, method := range []string{"GET", "POST", "DELETE", "PUT", "OPTIONS", "X" + strings.ToUpper(sentinel)} {
			for _, body := range bodies {
				for _, hs := range []map[string]string{nil, headers} {
					r := h.do(t, call{method, strings.Replace(route.path, "*", sentinel, 1) + "?a=" + sentinel, body, hs})
					var head bytes.Buffer
					_ = r.header.Write(&head)
					if all := strings.ToLower(r.body + head.String()); strings.Contains(all, strings.ToLower(sentinel)) {
						t.Fatalf("%s %s answers with what it got: %s", method, route.path, all)
					}
				}
			}
		}
	}
	logged := h.log.String()
	for _, never := range []string{sentinel, strings.ToUpper(sentinel), "127.0.0.1", "Go-http-client", reqA} {
		if strings.Contains(logged, never) {
			t.Errorf("the log holds %q", never)
		}
	}
	if !strings.Contains(logged, `error="enqueue contact: ask queue: *`) {
		t.Error("an unknown error is not logged")
	}
}

func TestPanicIsOneAnswer(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.book.hook = nil
	h.line.Observe = func(helpline.Event) { panic(sentinel) }
	r := h.do(t, call{"POST", "/api/v1/contacts", intakeOf(), nil})
	if r.status != 500 || r.field(t, "code") != "internal" {
		t.Errorf("%d %s", r.status, r.body)
	}
	if log := h.log.String(); strings.Contains(log, sentinel) || !strings.Contains(log, "panic at") {
		t.Errorf("log: %s", log)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, origins := range [][]string{nil, {"https://a.example/"}, {"a.example"}, {"ftp://a.example"}, {"https://a.example/path"}, {"null"}} {
		o := Options{Line: h.line, Contacts: h.hub, Pages: h.web.pages, SignIn: h.door, Console: http.NotFoundHandler(), Origins: origins, Log: slog.New(slog.DiscardHandler)}
		if _, err := New(o); err == nil {
			t.Errorf("origins %q are taken", origins)
		}
	}
	if _, err := New(Options{}); err == nil {
		t.Error("empty options are taken")
	}
}

func TestAddressOf(t *testing.T) {
	t.Parallel()
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for _, c := range []struct {
		trusted              []netip.Prefix
		remote, header, want string
	}{
		{nil, "10.0.0.1:1", "9.9.9.9", "10.0.0.1"},
		{nil, "127.0.0.1:1", "9.9.9.9", "127.0.0.1"},
		{trusted, "127.0.0.1:1", "9.9.9.9", "127.0.0.1"},
		{trusted, "10.0.0.1:1", "8.8.8.8, 9.9.9.9", "9.9.9.9"},
		{trusted, "[fd00::1]:1", "9.9.9.9, 10.2.2.2", "9.9.9.9"},
		{trusted, "10.0.0.1:1", "junk", "10.0.0.1"},
		{trusted, "10.0.0.1:1", "", "10.0.0.1"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.remote
		if c.header != "" {
			r.Header.Set("X-Forwarded-For", c.header)
		}
		if got := addressOf(c.trusted)(r); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}
