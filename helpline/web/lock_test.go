package web

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"adviceline/helpline"
)

// A locked screen opens its socket again and nothing else, until somebody signs in.
func TestLockedScreenOpensItsSocketAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.do(t, call{"POST", sessionPath, `{"name":"adviser","password":"right"}`, nil})
	open := map[string]string{"Cookie": "adviceline=session-of-adviser", "Origin": h.URL}
	locked := map[string]string{"Cookie": "adviceline-locked=session-of-adviser", "Origin": h.URL}
	elsewhere := map[string]string{"Cookie": open["Cookie"], "Origin": "http://evil.example"}
	if r := h.do(t, call{"POST", sessionPath + "/lock", "", elsewhere}); r.status != http.StatusForbidden {
		t.Errorf("another origin locks: %d", r.status)
	}
	sets := func(r reply, parts ...string) {
		t.Helper()
		all := strings.Join(r.header.Values("Set-Cookie"), "\n")
		for _, part := range parts {
			if r.status != http.StatusNoContent || !strings.Contains(all, part) {
				t.Errorf("%d %s, want %s", r.status, all, part)
			}
		}
	}
	sets(h.do(t, call{"POST", sessionPath + "/lock", "", open}),
		"adviceline-locked=session-of-adviser; Path=/; HttpOnly; SameSite=Strict", "adviceline=; Path=/; Max-Age=0")
	for _, c := range []call{{"GET", sessionPath, "", locked}, {"POST", sessionPath + "/lock", "", locked}, {"GET", "/api/v1/sheets/canned", "", locked}} {
		if r := h.do(t, c); r.status != http.StatusUnauthorized {
			t.Errorf("locked, %s %s: %d", c.method, c.path, r.status)
		}
	}
	if r := h.do(t, call{"POST", "/api/v1/console/ticket", "", locked}); r.status != http.StatusOK {
		t.Errorf("locked, a ticket: %d", r.status)
	}
	bare := map[string]string{"Cookie": locked["Cookie"]}
	if r := h.do(t, call{"POST", "/api/v1/console/ticket", "", bare}); r.status != http.StatusForbidden || r.field(t, "code") != "bad_origin" {
		t.Errorf("locked, a ticket without origin: %d", r.status)
	}
	sets(h.do(t, call{"POST", sessionPath, `{"name":"adviser","password":"right"}`, locked}), "adviceline=session-of-adviser", "adviceline-locked=; Path=/; Max-Age=0")
	sets(h.do(t, call{"DELETE", sessionPath, "", locked}), "adviceline-locked=; Path=/; Max-Age=0")
	if r := h.do(t, call{"POST", "/api/v1/console/ticket", "", locked}); r.status != http.StatusUnauthorized {
		t.Errorf("signed out while locked, a ticket: %d", r.status)
	}
	h.door.mu.Lock()
	h.door.fail = helpline.ErrBusy
	h.door.mu.Unlock()
	if r := h.do(t, call{"POST", sessionPath + "/lock", "", open}); r.status != http.StatusServiceUnavailable {
		t.Errorf("without stores: %d", r.status)
	}
}

// safe keeps one PIN, and says what fail tells.
type safe struct {
	pin  string
	fail error
}

func (s *safe) SetPin(_ context.Context, _, pin string) error {
	if pin == "" {
		return helpline.ErrInvalid
	}
	s.pin = pin
	return s.fail
}

func (s *safe) Unlock(_ context.Context, _, pin string) error {
	if s.fail == nil && pin != s.pin {
		return helpline.ErrWrongPin
	}
	return s.fail
}

// The PIN opens the locked screen's own session and no other; wrong ones are counted per network as sign-ins are.
func TestPinOpensALockedScreen(t *testing.T) {
	t.Parallel()
	s := &safe{}
	h := newHouse(t, func(o *Options) {
		o.Pins = s
		o.Limits.SignIn = Rate{Burst: 3, Every: time.Hour}
	})
	h.do(t, call{"POST", sessionPath, `{"name":"adviser","password":"right"}`, nil})
	as := func(name string) map[string]string {
		return map[string]string{"Cookie": name + "=session-of-adviser", "Origin": h.URL, "Content-Type": "application/json"}
	}
	try := func(name string, c call, status int, code string) reply {
		t.Helper()
		r := h.do(t, c)
		if r.status != status || code != "" && r.field(t, "code") != code || strings.Contains(r.body, "204816") {
			t.Errorf("%s: %d %s, want %d %s", name, r.status, r.body, status, code)
		}
		return r
	}
	pin, unlock, open, locked := sessionPath+"/pin", sessionPath+"/unlock", as("adviceline"), as("adviceline-locked")
	try("set while locked", call{"PUT", pin, `{"pin":"204816"}`, locked}, 401, "signed_out")
	try("none", call{"PUT", pin, `{}`, open}, 422, "invalid_value")
	try("set", call{"PUT", pin, `{"pin":"204816"}`, open}, 204, "")
	try("unlock an open one", call{"POST", unlock, `{"pin":"204816"}`, open}, 401, "signed_out")
	foreign := as("adviceline-locked")
	foreign["Origin"] = "http://evil.example"
	try("from another page", call{"POST", unlock, `{"pin":"204816"}`, foreign}, 403, "bad_origin")
	for _, c := range []call{{"PUT", pin, `{`, open}, {"POST", unlock, `{`, locked}} {
		try("malformed", c, 400, "malformed")
		c.headers = map[string]string{"Cookie": c.headers["Cookie"], "Origin": h.URL, "Content-Type": "text/plain"}
		try("plain text", c, 415, "unsupported_media_type")
	}
	for range 5 { // the right one costs the network nothing
		r := try("right", call{"POST", unlock, `{"pin":"204816"}`, locked}, 204, "")
		all := strings.Join(r.header.Values("Set-Cookie"), "\n")
		if !strings.Contains(all, "adviceline=session-of-adviser; Path=/; HttpOnly; SameSite=Strict") || !strings.Contains(all, "adviceline-locked=; Path=/; Max-Age=0") {
			t.Error(all)
		}
	}
	r := try("wrong", call{"POST", unlock, `{"pin":"204817"}`, locked}, 403, "wrong_pin")
	if len(r.header.Values("Set-Cookie")) > 0 {
		t.Error("a wrong PIN sets cookies")
	}
	s.fail = helpline.ErrPinSpent
	try("spent", call{"POST", unlock, `{"pin":"204816"}`, locked}, 403, "pin_spent")
	s.fail = nil
	h.web.pins = nil
	try("no safe", call{"PUT", pin, `{"pin":"204816"}`, open}, 503, "busy")
	try("no safe", call{"POST", unlock, `{"pin":"204816"}`, locked}, 503, "busy")
	h.web.pins = s
	try("too often", call{"POST", unlock, `{"pin":"204816"}`, locked}, 429, "too_many")
}
