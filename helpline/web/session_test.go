package web

import (
	"net/http"
	"strings"
	"testing"
)

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
	if r := h.do(t, call{"GET", "/api/v1/session", "", with("")}); r.status != 200 || r.body != `{"name":"adviser","roles":["adviser"],"languages":["fi"],"pin":false,"seconds_left":0}`+"\n" {
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
	endSession(t, h, with)
}

// endSession hands the console over, signs out and finds the session gone.
func endSession(t *testing.T, h *house, with func(origin string) map[string]string) {
	t.Helper()
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
