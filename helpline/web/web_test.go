package web

import (
	"strings"
	"testing"

	"adviceline/helpline"
)

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
	if r.status != 200 || r.body != `{"state":"waiting","position":{"ahead":0,"low":null,"high":null},"seq":0,"return_number":"`+a.ReturnNumber+`"}`+"\n" {
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
