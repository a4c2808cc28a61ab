package web

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"adviceline/helpline"
)

// form posts a step of the page without script.
func (h *house) form(t *testing.T, fields ...string) reply {
	t.Helper()
	return h.do(t, call{"POST", plainPath, fieldsOf(fields).Encode(), map[string]string{
		"Content-Type": "application/x-www-form-urlencoded", "Origin": "null", "Sec-Fetch-Site": "same-origin",
	}})
}

func fieldsOf(fields []string) url.Values {
	v := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		v.Add(fields[i], fields[i+1])
	}
	return v
}

// TestPlainStepsAnswerWithPages: every step is answered by a page in words, refused or not; nothing that was sent
// comes back, and another site's page gets nothing.
func TestPlainStepsAnswerWithPages(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := h.intake(t, reqA)
	for name, c := range map[string]struct {
		status int
		want   string
		fields []string
	}{
		"nothing chosen":    {422, "First choose", []string{"do", "chat", "lang", "en", "request_id", reqB, "talk", "fi"}},
		"strange value":     {422, "did not work", []string{"do", "chat", "lang", "en", "request_id", reqB, "talk", sentinel, "asks", "help"}},
		"no number":         {422, "8 digits", []string{"do", "resume", "lang", "en", "request_id", reqB, "number", sentinel}},
		"unknown number":    {422, "no open chat", []string{"do", "resume", "lang", "en", "request_id", reqB, "number", "12 34 56 78"}},
		"dead token":        {422, "no longer open", []string{"do", "back", "lang", "en", "token", sentinel}},
		"times are broken":  {422, "at least one time", []string{"do", "call", "lang", "en", "request_id", reqB, "asks", "help", "talk", "fi", "number", "040", "window", "a b"}},
		"exit of nobody":    {200, "<body></body>", []string{"do", "exit", "token", sentinel}},
		"exit":              {200, "<body></body>", []string{"do", "exit", "token", a.Token}},
		"said without talk": {200, "Not sent", []string{"do", "say", "lang", "en", "token", a.Token, "stream", "none", "cid", reqB, "text", "x"}},
		"numbers":           {200, "Thank you", []string{"do", "rate", "lang", "en", "token", a.Token, "request_id", reqB, "reach", "5"}},
		"done":              {200, "have been destroyed", []string{"do", "done", "lang", "en", "token", a.Token}},
	} {
		r := h.form(t, c.fields...)
		if r.status != c.status || !strings.Contains(r.body, c.want) || strings.Contains(r.body, sentinel+`"`) && name != "exit of nobody" && name != "dead token" {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
		if csp := r.header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: policy %q", name, csp)
		}
	}
	if r := h.form(t, "do", "exit"); r.header.Get("Clear-Site-Data") != `"cache", "storage"` {
		t.Error("exit does not ask the browser to forget")
	}
	if r := h.form(t, "do", "other"); r.status != 422 {
		t.Errorf("an unknown step: %d", r.status)
	}
	if r := h.do(t, call{"POST", plainPath, "{}", nil}); r.status != 415 {
		t.Errorf("JSON: %d", r.status)
	}
	for _, headers := range []map[string]string{{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}} {
		headers["Content-Type"] = "application/x-www-form-urlencoded"
		if r := h.do(t, call{"POST", plainPath, "do=exit", headers}); r.status != 403 {
			t.Errorf("a foreign page gets %d", r.status)
		}
	}
	if strings.Contains(h.log.String(), sentinel) {
		t.Error("the log holds what was sent")
	}
}

func TestPlainRefusesInWords(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(o *Options) { o.Limits.Intake = Rate{Burst: 1, Every: time.Hour} })
	h.book.set(func() { h.book.fail = helpline.ErrQueueUnavailable })
	fields := []string{"do", "chat", "lang", "sv", "request_id", reqA, "talk", "fi", "asks", "help"}
	if r := h.form(t, fields...); r.status != 503 || !strings.Contains(r.body, "358 1") {
		t.Errorf("queue down: %d %s", r.status, r.body)
	}
	if r := h.form(t, fields...); r.status != 429 || !strings.Contains(r.body, "60 minuter") {
		t.Errorf("too many: %d %s", r.status, r.body)
	}
}

// ratings counts what is given.
type ratings map[string]int

func (r ratings) Feedback(_ context.Context, contact string, _ int64, answers map[string]int) error {
	if contact == "" {
		return helpline.ErrNotFound
	}
	if answers["heard"] == 1 {
		return helpline.ErrQueueUnavailable
	}
	for q, mark := range answers {
		r[q] += mark
	}
	return nil
}

func (r ratings) Ratings(context.Context) (map[string]map[int]int, error) { return nil, nil }

func TestFeedbackIsThreeNumbers(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(o *Options) { o.Limits.Post = Rate{Burst: 7, Every: time.Hour} })
	given := ratings{}
	h.line.Ratings = given
	a := h.intake(t, reqA)
	rate := func(body string, token string) reply {
		return h.do(t, call{"POST", "/api/v1/contact/feedback", `{"request_id":"` + reqB + `","answers":` + body + `}`, map[string]string{"Authorization": "Bearer " + token}})
	}
	for _, c := range []struct {
		body, token string
		status      int
	}{
		{`{"reach":5,"next":2}`, a.Token, 204},
		{`{"reach":5}`, sentinel, 204},
		{`{}`, a.Token, 204},
		{`{"reach":6}`, a.Token, 422},
		{`{"other":1}`, a.Token, 422},
		{`{"heard":1}`, a.Token, 503},
	} {
		if r := rate(c.body, c.token); r.status != c.status {
			t.Errorf("%s: %d %s", c.body, r.status, r.body)
		}
	}
	if given["reach"] != 5 || given["next"] != 2 {
		t.Errorf("counted %v", given)
	}
	for range 8 {
		if rate(`{}`, a.Token).status == http.StatusTooManyRequests {
			return
		}
	}
	t.Error("there is no limit")
}

func TestStatementIsThere(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(o *Options) { o.Mail = "a@line.example" })
	for path, want := range map[string]string{"/fi/accessibility": "Saavutettavuus", "/sv/accessibility": "Tillgänglighet", "/en/accessibility": "Traficom"} {
		if r := h.do(t, call{"GET", path, "", nil}); r.status != 200 || !strings.Contains(r.body, want) || !strings.Contains(r.body, "mailto:a@line.example") {
			t.Errorf("%s: %d", path, r.status)
		}
	}
	if r := h.do(t, call{"GET", "/accessibility", "", map[string]string{"Accept-Language": "sv"}}); !strings.Contains(r.body, "Tillgänglighet") {
		t.Error("the browser's language is not heard")
	}
	if r := h.do(t, call{"GET", "/" + sentinel + "/accessibility", "", nil}); r.status != 404 {
		t.Errorf("%d", r.status)
	}
}
