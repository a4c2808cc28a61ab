package web

import (
	"net/http"
	"strings"
	"testing"

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
