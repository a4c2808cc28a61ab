package web

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"adviceline/helpline"
)

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
