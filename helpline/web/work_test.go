package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"adviceline/helpline"
)

// undone is what is left undone, in memory; done notes what was finished.
type undone struct {
	mu   sync.Mutex
	done []string
	leg  helpline.MatterLeg
	fail error // of Redis
	late error // of Postgres
}

func (u *undone) OwedForms(context.Context) ([]helpline.OwedForm, error) {
	f := helpline.OwedForm{Ended: time.UnixMilli(1_700_000_000_000), Until: time.UnixMilli(1_700_259_200_000), Alias: "A", Free: true}
	f.Contact, f.Channel, f.Language, f.Lane, f.Answers = reqA, "phone", "und", helpline.Ordinary, []byte(`{"topic":"legal","outcome":[]}`)
	bare := f
	bare.Contact, bare.Free, bare.Answers = reqB, false, nil
	return []helpline.OwedForm{f, bare}, u.fail
}

func (u *undone) Matter(context.Context, string, string) helpline.MatterLeg { return u.leg }

func (u *undone) Card(_ context.Context, supervisor, contact, id string, card helpline.CardSheet) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.late == nil {
		u.done = append(u.done, "card "+supervisor+" "+contact+" "+id+" "+string(card.Codes))
	}
	return u.late
}

func (u *undone) Finish(_ context.Context, supervisor, contact string, answers []byte) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.fail == nil {
		u.done = append(u.done, supervisor+" "+contact+" "+string(answers))
	}
	return u.fail
}

func (u *undone) missed(_ context.Context, since time.Time) ([]helpline.MissedWindow, error) {
	return []helpline.MissedWindow{{Contact: reqB, Language: "sv", Lane: helpline.SameDay, At: since.Add(time.Hour), State: helpline.Review}}, u.late
}

func (u *undone) staffing(_ context.Context, target time.Duration) (w helpline.Staffing, err error) {
	w = helpline.Staffing{Weeks: 8, Share: 0.8, Target: target}
	w.Advisers[0][19], w.Contacts[0][19] = 3, 4.5
	for d := range w.Advisers {
		for h := range w.Advisers[d] {
			w.Advisers[d][h] = max(w.Advisers[d][h], 1)
		}
	}
	return w, u.late
}

func withWork(t *testing.T, role string) (*house, *undone, map[string]string) {
	t.Helper()
	u := &undone{}
	h := newHouse(t, func(o *Options) { o.Forms, o.Missed, o.Staffing = u, u.missed, u.staffing })
	if r := h.do(t, call{"POST", "/api/v1/session", `{"name":"` + role + `","password":"right"}`, nil}); r.status != 204 {
		t.Fatal(r.body)
	}
	return h, u, map[string]string{"Cookie": "adviceline=session-of-" + role, "Origin": h.URL, "Content-Type": "application/json"}
}

// A supervisor sees missed windows and owed forms, and the staffing; a store that is away is told, not hidden.
func TestWorkLeftUndone(t *testing.T) {
	t.Parallel()
	h, u, auth := withWork(t, "supervisor")
	var b workBody
	r := h.do(t, call{"GET", "/api/v1/board/work", "", auth})
	if err := json.Unmarshal([]byte(r.body), &b); err != nil || r.status != 200 || len(b.Degraded) != 0 {
		t.Fatal(r.status, r.body)
	}
	if len(b.Missed) != 1 || b.Missed[0].Contact != reqB || b.Missed[0].State != helpline.Review || b.Missed[0].ClosedAt == "" {
		t.Errorf("missed %+v", b.Missed)
	}
	if len(b.Owed) != 2 || !b.Owed[0].Free || b.Owed[1].Free || string(b.Owed[0].Draft) != `{"topic":"legal","outcome":[]}` || b.Owed[1].Draft != nil {
		t.Errorf("owed %+v", b.Owed)
	}
	var s staffingBody
	r = h.do(t, call{"GET", "/api/v1/board/staffing", "", auth})
	if err := json.Unmarshal([]byte(r.body), &s); err != nil || s.Advisers[0][19] != 3 || s.Contacts[0][19] != 4.5 || s.TargetSecs != 60 {
		t.Errorf("staffing %d %s", r.status, r.body)
	}
	if strings.Contains(h.log.String(), "undone is not known") {
		t.Error("a fault is logged where there is none")
	}
	u.fail, u.late = helpline.ErrQueueUnavailable, fmt.Errorf("list missed windows: %w", errors.New(sentinel))
	if r := h.do(t, call{"GET", "/api/v1/board/work", "", auth}); r.status != 200 || !strings.Contains(r.body, `"degraded":["postgres","redis"]`) {
		t.Errorf("with both stores away: %d %s", r.status, r.body)
	}
	log := h.log.String()
	for _, why := range []string{`store=redis code=queue_unavailable`, `store=postgres code=internal error="list missed windows: `} {
		if strings.Count(log, why) != 1 {
			t.Errorf("the log does not say once %s: %s", why, log)
		}
	}
	if strings.Contains(log, sentinel) {
		t.Error("the log has the text of a foreign error")
	}
	if r := h.do(t, call{"GET", "/api/v1/board/staffing", "", auth}); r.status != 503 {
		t.Errorf("staffing without Postgres: %d", r.status)
	}
}

// A supervisor finishes an owed form; what is no form is refused by a code, and nothing is stored.
func TestSupervisorFinishesAForm(t *testing.T) {
	t.Parallel()
	h, u, auth := withWork(t, "supervisor")
	path := "/api/v1/board/owed/" + reqA
	of := func(outcome string) string { return `{"request_id":"` + reqA + `","outcome":` + outcome + `}` }
	for name, c := range map[string]struct {
		call
		status int
		code   string
	}{
		"no result":        {call{"POST", path, of(`{"outcome":[]}`), auth}, 422, "invalid_value"},
		"unknown code":     {call{"POST", path, of(`{"outcome":["` + sentinel + `"]}`), auth}, 422, "invalid_value"},
		"unknown field":    {call{"POST", path, of(`{"outcome":["advice_given"],"` + sentinel + `":1}`), auth}, 422, "invalid_value"},
		"no form":          {call{"POST", path, `{"request_id":"` + reqA + `"}`, auth}, 422, "invalid_value"},
		"no request":       {call{"POST", path, `{"request_id":"x","outcome":{"outcome":["advice_given"]}}`, auth}, 422, "invalid_value"},
		"no contact":       {call{"POST", "/api/v1/board/owed/" + sentinel, of(`{"outcome":["advice_given"]}`), auth}, 404, "not_found"},
		"plain text":       {call{"POST", path, "x", map[string]string{"Cookie": auth["Cookie"], "Origin": h.URL, "Content-Type": "text/plain"}}, 415, "unsupported_media_type"},
		"malformed":        {call{"POST", path, `{`, auth}, 400, "malformed"},
		"foreign page":     {call{"POST", path, of(`{"outcome":["advice_given"]}`), map[string]string{"Cookie": auth["Cookie"], "Content-Type": "application/json"}}, 403, "bad_origin"},
		"nobody signed in": {call{"POST", path, of(`{"outcome":["advice_given"]}`), nil}, 401, "signed_out"},
	} {
		r := h.do(t, c.call)
		if r.status != c.status || r.field(t, "code") != c.code || strings.Contains(r.body, sentinel) {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
	if len(u.done) > 0 {
		t.Errorf("what was refused is stored: %v", u.done)
	}
	if r := h.do(t, call{"POST", path, of(`{"topic":"legal","outcome":["advice_given"]}`), auth}); r.status != 200 || r.body != `{"state":"recorded"}`+"\n" {
		t.Fatalf("%d %s", r.status, r.body)
	}
	if len(u.done) != 1 || !strings.Contains(u.done[0], reqA) || !strings.Contains(u.done[0], `"advice_given"`) {
		t.Errorf("stored %v", u.done)
	}
	// Whoever took the number finds a card behind it, whoever finishes the form; its want delays no form.
	u.leg, u.done = helpline.MatterLeg{Wanted: true, Continued: true}, nil
	if r := h.do(t, call{"POST", path, of(`{"topic":"legal","outcome":["advice_given"]}`), auth}); r.status != 200 || len(u.done) != 2 ||
		!strings.HasPrefix(u.done[0], "card ") || !strings.HasSuffix(u.done[0], reqA+` {"topic":"legal","outcome":["advice_given"]}`) ||
		!strings.Contains(u.done[1], `"matter":"continued"`) {
		t.Errorf("%d, stored %v", r.status, u.done)
	}
	u.late, u.done = helpline.ErrBusy, nil
	if r := h.do(t, call{"POST", path, of(`{"outcome":["advice_given"]}`), auth}); r.status != 200 || len(u.done) != 1 ||
		!strings.Contains(h.log.String(), `msg="card of a number that was taken is not kept" code=busy`) {
		t.Errorf("%d, stored %v", r.status, u.done)
	}
	u.leg.Carded, u.late, u.done = true, nil, nil
	if r := h.do(t, call{"POST", path, of(`{"outcome":["advice_given"]}`), auth}); r.status != 200 || len(u.done) != 1 {
		t.Errorf("%d, a second card: %v", r.status, u.done)
	}
	u.fail = helpline.ErrNotFound
	if r := h.do(t, call{"POST", path, of(`{"outcome":["advice_given"]}`), auth}); r.status != 404 {
		t.Errorf("one that is its adviser's still: %d %s", r.status, r.body)
	}
}

// A node that keeps none of it says so.
func TestWorkIsNotKeptEverywhere(t *testing.T) {
	t.Parallel()
	h, _, auth := withBoard(t, "supervisor")
	for _, c := range []call{
		{"GET", "/api/v1/board/work", "", auth}, {"GET", "/api/v1/board/staffing", "", auth}, {"POST", "/api/v1/board/owed/" + reqA, `{}`, auth},
	} {
		if r := h.do(t, c); r.status != 503 || r.field(t, "code") != "busy" {
			t.Errorf("%s: %d", c.path, r.status)
		}
	}
}

func TestWorkIsForSupervisors(t *testing.T) {
	t.Parallel()
	for _, role := range []string{"adviser", "admin"} {
		h, _, auth := withWork(t, role)
		for _, c := range []call{{"GET", "/api/v1/board/work", "", auth}, {"GET", "/api/v1/board/staffing", "", auth}, {"POST", "/api/v1/board/owed/" + reqA, `{}`, auth}} {
			if r := h.do(t, c); r.status != 403 || r.field(t, "code") != "forbidden" {
				t.Errorf("%s by %s: %d", c.path, role, r.status)
			}
		}
	}
}
