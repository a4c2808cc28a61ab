package web

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"adviceline/helpline"
)

// Deeds gives what the shelf noted, one a second, the latest first; the first is of nobody's account.
func (s *shelf) Deeds(_ context.Context, before time.Time, n int) (all []helpline.Noted, err error) {
	for i, deed := range s.deeds {
		at := time.UnixMilli(1e12).UTC().Add(time.Duration(i) * time.Second)
		who := helpline.Noted{At: at, Deed: deed, Adviser: reqB, Alias: "saara"}
		if i == 0 {
			who.Adviser, who.Alias = helpline.Nobody, ""
		}
		if before.IsZero() || at.Before(before) {
			all = append(all, who)
		}
	}
	slices.Reverse(all)
	return all[:min(n, len(all))], nil
}

// as does a call for somebody who is signed in.
func (h *house) as(t *testing.T, who, method, path, body string) reply {
	t.Helper()
	h.do(t, call{"POST", "/api/v1/session", `{"name":"` + who + `","password":"right"}`, nil})
	return h.do(t, call{method, path, body, map[string]string{"Cookie": "adviceline=session-of-" + who, "Origin": h.URL, "Content-Type": "application/json"}})
}

// A supervisor sees what is on its way, and ends what was entered in error: what was written and the link are gone,
// it is noted, and from an end no move leads there. Nobody else may.
func TestSupervisorEndsAReferralEnteredInError(t *testing.T) {
	t.Parallel()
	h, s, _, id, link := handing(t)
	list := h.as(t, "supervisor", "GET", "/api/v1/board/work", "")
	want := `"referrals":[{"referral":"` + id + `","word":"` + s.referrals[id].Word + `","kind":"shelter","state":"sent","next":"chase","next_at":"`
	if list.status != 200 || !strings.Contains(list.body, want) || !strings.Contains(list.body, `"open":true`) || strings.Contains(list.body, sentinel) {
		t.Errorf("%d %s, want %s", list.status, list.body, want)
	}
	if strings.Contains(list.body, `"late"`) {
		t.Errorf("sent just now, and late: %s", list.body)
	}
	r := s.referrals[id]
	r.Hops[0].Sent = time.Now().Add(-helpline.ReferralChase)
	s.referrals[id] = r
	if list := h.as(t, "supervisor", "GET", "/api/v1/board/work", ""); !strings.Contains(list.body, `"late":true`) {
		t.Errorf("no receipt for two days, and not late: %s", list.body)
	}
	path, body := "/api/v1/board/referrals/"+id+"/error", `{"request_id":"`+reqB+`"}`
	for who, x := range map[string]struct {
		path, body string
		status     int
		code       string
	}{
		"adviser":      {path, body, 403, "forbidden"},
		"admin":        {path, body, 403, "forbidden"},
		"supervisor":   {path, `{"request_id":"x"}`, 422, "invalid_value"},
		"supervisor ":  {path, `{}`, 422, "invalid_value"},
		"supervisor  ": {"/api/v1/board/referrals/" + reqB + "/error", body, 404, "not_found"},
		" supervisor":  {"/api/v1/board/referrals/" + sentinel + "/error", body, 404, "not_found"},
	} {
		if r := h.as(t, strings.TrimSpace(who), "POST", x.path, x.body); r.status != x.status || r.field(t, "code") != x.code || strings.Contains(r.body, sentinel) {
			t.Errorf("%s %s: %d %s", who, x.body, r.status, r.body)
		}
	}
	auth := map[string]string{"Cookie": "adviceline=session-of-supervisor", "Origin": h.URL, "Content-Type": "text/plain"}
	if r := h.do(t, call{"POST", path, body, auth}); r.status != 415 {
		t.Errorf("text: %d", r.status)
	}
	if r := h.as(t, "supervisor", "POST", path, `{`); r.status != 400 {
		t.Errorf("malformed: %d", r.status)
	}
	if s.state(id) != helpline.ReferralSent {
		t.Error("what was refused moved it")
	}
	for range 2 {
		if r := h.as(t, "supervisor", "POST", path, body); r.status != 200 || r.body != `{"state":"error"}`+"\n" {
			t.Fatalf("%d %s", r.status, r.body)
		}
	}
	if r := s.referrals[id]; r.Letter.Sealed != "" || r.Ended.IsZero() || len(r.Counts()) > 0 || !slices.Contains(s.deeds, "referral_error") {
		t.Errorf("%+v %v", r, s.deeds)
	}
	if r := h.do(t, call{"GET", link, "", nil}); r.status != 404 {
		t.Errorf("the link lives on: %d", r.status)
	}
	if r := h.as(t, "supervisor", "POST", path, `{"request_id":"`+reqA+`"}`); r.status != 409 || r.field(t, "code") != "forbidden_move" {
		t.Errorf("from an end: %d %s", r.status, r.body)
	}
	s.away = true
	if r := h.as(t, "supervisor", "POST", path, body); r.status != 503 {
		t.Errorf("without Postgres: %d", r.status)
	}
	if r := h.as(t, "supervisor", "GET", "/api/v1/board/work", ""); !strings.Contains(r.body, `"referrals":[],"degraded":["postgres"]`) {
		t.Error(r.body)
	}
}

// The audit is for supervisors, page by page, and that it was read is noted.
func TestAuditIsForSupervisorsAndNoted(t *testing.T) {
	t.Parallel()
	h, s, _, _, _ := handing(t)
	if r := h.as(t, "adviser", "GET", "/api/v1/audit", ""); r.status != 403 || slices.Contains(s.deeds, "audit_read") {
		t.Errorf("%d %v", r.status, s.deeds)
	}
	r := h.as(t, "supervisor", "GET", "/api/v1/audit", "")
	if r.status != 200 || !strings.Contains(r.body, `"deed":"audit_read","adviser":"`+reqB+`","alias":"saara"}`) || !strings.Contains(r.body, `{"at":"2001-09-09T01:46:40.000Z","deed":"referral_sent"}`) {
		t.Errorf("%d %s", r.status, r.body)
	}
	if r := h.as(t, "supervisor", "GET", "/api/v1/audit?before=2001-09-09T01:46:40.000Z", ""); r.status != 200 || r.body != `{"deeds":[]}`+"\n" {
		t.Errorf("%d %s", r.status, r.body)
	}
	if r := h.as(t, "supervisor", "GET", "/api/v1/audit?before="+sentinel, ""); r.status != 422 {
		t.Errorf("%d %s", r.status, r.body)
	}
	h2 := newHouse(t)
	if r := h2.as(t, "supervisor", "GET", "/api/v1/audit", ""); r.status != 503 {
		t.Errorf("a house without one: %d", r.status)
	}
}
