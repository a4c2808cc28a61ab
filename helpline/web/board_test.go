package web

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"adviceline/helpline"
)

// desk stands for the two stores behind the board.
type desk struct {
	mu     sync.Mutex
	people []Account
	done   []string
	fail   error
	late   error // of Postgres
}

func (d *desk) note(what string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fail == nil {
		d.done = append(d.done, what)
	}
	return d.fail
}

func (d *desk) Board(_ context.Context, accounts []string) (helpline.Board, error) {
	b := helpline.Board{
		At: time.UnixMilli(1_700_000_000_000), Calls: 2, Review: 1, Unmanned: true, Spool: 3,
		Opening: helpline.Opening{Closed: true, Notice: map[string]string{"fi": "Tauko"}, Reopens: time.UnixMilli(1_700_000_600_000)},
		Classes: []helpline.BoardClass{{Group: "fi", Lane: helpline.Ordinary, Waiting: 2, Oldest: 90 * time.Second, Served: 1}},
		Waiting: []helpline.BoardContact{{Contact: reqA, Channel: "chat", Language: "fi", Lane: helpline.Ordinary, Waited: 90 * time.Second}},
		Danger:  []helpline.Alarm{{Contact: reqB, State: "open", Language: "sv", Waited: time.Minute}},
	}
	for _, id := range accounts {
		b.Advisers = append(b.Advisers, helpline.BoardAdviser{ID: id, Duty: helpline.Duty{State: "ready", Audible: true, Used: 1, Capacity: 2}})
	}
	return b, d.fail
}

func (d *desk) SetOpening(_ context.Context, o helpline.Opening) error {
	return d.note("opening " + o.Notice["fi"])
}
func (d *desk) Relane(_ context.Context, contact string, lane helpline.Lane) error {
	return d.note("relane " + contact + " " + string(lane))
}
func (d *desk) SetDuty(_ context.Context, adviser, state, reason string) error {
	return d.note("duty " + adviser + " " + state + " " + reason)
}

func (d *desk) People(context.Context) ([]Account, error) { return d.people, d.late }
func (d *desk) Add(_ context.Context, p helpline.Person, password string) error {
	return d.note("add " + p.Name + " " + strings.Join(p.Roles, ",") + " " + password)
}
func (d *desk) Disable(_ context.Context, name string) error { return d.note("disable " + name) }
func (d *desk) SetPassword(_ context.Context, name, password string) error {
	return d.note("password " + name + " " + password)
}

func (d *desk) hours(_ context.Context, from, _ time.Time, _ time.Duration) ([]helpline.BoardHour, error) {
	return []helpline.BoardHour{
		{At: from, Arrived: 4, Answered: 3, Abandoned: 1, Within: 2, Missed: 1, Waited: 90 * time.Second}, {At: from.Add(time.Hour), Declined: 1},
	}, d.late
}
func (d *desk) happened(context.Context, time.Time, time.Time) (map[string]int, error) {
	return map[string]int{helpline.Paged: 2}, d.late
}

func (d *desk) unanswered(context.Context) (all, late int, err error) { return 3, 1, d.late }

func withBoard(t *testing.T, role string) (*house, *desk, map[string]string) {
	t.Helper()
	d := &desk{people: []Account{{Person: helpline.Person{ID: reqA, Name: "aino", Roles: []string{"adviser"}, Languages: []string{"fi"}, Capacity: 2}}}}
	h := newHouse(t, func(o *Options) {
		o.Board, o.Accounts, o.Hours, o.Happened, o.Unanswered = d, d, d.hours, d.happened, d.unanswered
	})
	if r := h.do(t, call{"POST", "/api/v1/session", `{"name":"` + role + `","password":"right"}`, nil}); r.status != 204 {
		t.Fatal(r.body)
	}
	return h, d, map[string]string{"Cookie": "adviceline=session-of-" + role, "Origin": h.URL, "Content-Type": "application/json"}
}

func TestBoard(t *testing.T) {
	t.Parallel()
	h, d, auth := withBoard(t, "supervisor")
	r := h.do(t, call{"GET", "/api/v1/board", "", auth})
	var b boardBody
	if err := json.Unmarshal([]byte(r.body), &b); err != nil || r.status != 200 {
		t.Fatal(r.status, r.body)
	}
	if b.Waiting != 2 || b.Oldest != 90 || len(b.Advisers) != 1 || b.Advisers[0].Name != "aino" || !b.Unmanned || b.Opening.Reopens == "" {
		t.Errorf("the board is %s", r.body)
	}
	if b.Day.Arrived != 4 || *b.Day.ServiceLevel != 0.5 || *b.Day.Abandonment != 0.25 || *b.Day.MeanWait != 30 || b.Hours[1].ServiceLevel != nil {
		t.Errorf("the day is %+v", b.Day)
	}
	if b.Referrals != (referralCounts{3, 1}) {
		t.Errorf("referrals %+v", b.Referrals)
	}
	d.late = errors.New("away")
	if r := h.do(t, call{"GET", "/api/v1/board", "", auth}); r.status != 200 || !strings.Contains(r.body, `"degraded":["postgres"]`) {
		t.Errorf("without Postgres: %d %s", r.status, r.body)
	}
	for _, path := range []string{"/api/v1/board/night", "/api/v1/board/hours/dark.svg", "/api/v1/advisers"} {
		if r := h.do(t, call{"GET", path, "", auth}); r.status != 503 {
			t.Errorf("%s without Postgres: %d", path, r.status)
		}
	}
	d.late, d.fail = nil, helpline.ErrQueueUnavailable
	if r := h.do(t, call{"GET", "/api/v1/board", "", auth}); r.status != 503 || r.field(t, "code") != "queue_unavailable" {
		t.Errorf("without Redis: %d %s", r.status, r.body)
	}
}

func TestBoardIsForSupervisors(t *testing.T) {
	t.Parallel()
	for role, status := range map[string]int{"adviser": 403, "admin": 403, "": 401} {
		h, d, auth := withBoard(t, "adviser")
		auth["Cookie"] = "adviceline=session-of-" + role
		if role == "admin" {
			_ = h.do(t, call{"POST", "/api/v1/session", `{"name":"admin","password":"right"}`, nil})
		}
		for _, c := range []call{
			{"GET", "/api/v1/board", "", auth}, {"GET", "/api/v1/board/stream", "", auth}, {"GET", "/api/v1/board/night", "", auth},
			{"GET", "/api/v1/board/hours/light.svg", "", auth}, {"GET", "/api/v1/advisers", "", auth},
			{"GET", "/api/v1/board/ratings", "", auth}, {"GET", "/api/v1/board/ratings/light.svg", "", auth},
			{"POST", "/api/v1/board/actions", `{"request_id":"` + reqA + `","action":"opening","closed":true}`, auth},
			{"POST", "/api/v1/advisers", `{"request_id":"` + reqA + `","action":"disable","name":"aino"}`, auth},
		} {
			if r := h.do(t, c); r.status != status {
				t.Errorf("%s %s as %q: %d, want %d", c.method, c.path, role, r.status, status)
			}
		}
		if len(d.done) > 0 {
			t.Errorf("as %q: %v", role, d.done)
		}
	}
}

func TestBoardActions(t *testing.T) {
	t.Parallel()
	h, d, auth := withBoard(t, "supervisor")
	id := `{"request_id":"` + reqB + `",`
	for _, x := range []struct {
		path, body string
		status     int
		done       string
	}{
		{"board/actions", id + `"action":"opening","closed":true,"notice":{"fi":"Huolto"},"reopens_at":"2026-11-29T08:00:00.000Z"}`, 204, "opening Huolto"},
		{"board/actions", id + `"action":"relane","contact":"` + reqA + `","lane":"danger"}`, 204, "relane " + reqA + " danger"},
		{"board/actions", id + `"action":"duty","adviser":"` + reqA + `","state":"paused","reason":"meal"}`, 204, "duty " + reqA + " paused meal"},
		{"advisers", id + `"action":"add","name":"uusi","alias":"U","roles":["adviser"],"languages":["fi"],"capacity":2,"password":"long enough words"}`, 204, "add uusi adviser long enough words"},
		{"advisers", id + `"action":"disable","name":"aino"}`, 204, "disable aino"},
		{"advisers", id + `"action":"password","name":"aino","password":"long enough words"}`, 204, "password aino long enough words"},
		{"board/actions", id + `"action":"opening","notice":{"ru":"x"}}`, 422, ""},
		{"board/actions", id + `"action":"opening","closed":true,"reopens_at":"soon"}`, 422, ""},
		{"board/actions", id + `"action":"relane","contact":"` + sentinel + `","lane":"danger"}`, 404, ""},
		{"board/actions", id + `"action":"duty","adviser":"` + reqA + `","state":"paused","reason":"` + sentinel + `"}`, 422, ""},
		{"board/actions", id + `"action":"duty","adviser":"nobody","state":"off"}`, 404, ""},
		{"board/actions", id + `"action":"` + sentinel + `"}`, 422, ""},
		{"board/actions", `{"request_id":"1","action":"opening"}`, 422, ""},
		{"advisers", id + `"action":"add","name":"uusi","roles":["admin"],"languages":["fi"],"capacity":2,"password":"long enough words"}`, 422, ""},
		{"advisers", id + `"action":"add","name":"uusi","roles":["adviser"],"languages":["xx"],"capacity":2,"password":"long enough words"}`, 422, ""},
		{"advisers", id + `"action":"add","name":"uusi","roles":["adviser"],"languages":["fi"],"capacity":4,"password":"long enough words"}`, 422, ""},
		{"advisers", id + `"action":"add","name":"uusi","roles":[],"languages":["fi"],"capacity":1,"password":"long enough words"}`, 422, ""},
		{"advisers", id + `"action":"add","name":"a b","roles":["adviser"],"languages":["fi"],"capacity":1,"password":"long enough words"}`, 422, ""},
		{"advisers", id + `"action":"remove","name":"aino"}`, 422, ""},
		{"advisers", `{"request_id":"1","action":"disable","name":"aino"}`, 422, ""},
	} {
		d.done = nil
		r := h.do(t, call{"POST", "/api/v1/" + x.path, x.body, auth})
		if r.status != x.status || strings.Join(d.done, ";") != x.done || strings.Contains(r.body, sentinel) {
			t.Errorf("%s: %d %s, done %v", x.body, r.status, r.body, d.done)
		}
	}
	for _, code := range []helpline.Code{helpline.ErrNotOnline, helpline.ErrQueueUnavailable} {
		d.fail = code
		if r := h.do(t, call{"POST", "/api/v1/board/actions", id + `"action":"relane","contact":"` + reqA + `","lane":"danger"}`, auth}); r.field(t, "code") != string(code) {
			t.Errorf("%s: %d %s", code, r.status, r.body)
		}
	}
	for _, code := range []helpline.Code{helpline.ErrExists, helpline.ErrNotFound, helpline.ErrWeakPassword, helpline.ErrBusy} {
		d.fail = code
		if r := h.do(t, call{"POST", "/api/v1/advisers", id + `"action":"password","name":"aino","password":"short"}`, auth}); r.field(t, "code") != string(code) {
			t.Errorf("%s: %d %s", code, r.status, r.body)
		}
	}
	h.badBodies(t, "/api/v1/board/actions", auth)
	h.badBodies(t, "/api/v1/advisers", auth)
}

// badBodies posts what no route takes.
func (h *house) badBodies(t *testing.T, path string, auth map[string]string) {
	t.Helper()
	for body, status := range map[string]int{"{": 400, `{"request_id":1}`: 400, `{"a":1}`: 400} {
		if r := h.do(t, call{"POST", path, body, auth}); r.status != status {
			t.Errorf("%s %s: %d %s", path, body, r.status, r.body)
		}
	}
	plain := map[string]string{"Cookie": auth["Cookie"], "Origin": auth["Origin"], "Content-Type": "text/plain"}
	if r := h.do(t, call{"POST", path, "{}", plain}); r.status != 415 {
		t.Errorf("%s as text: %d", path, r.status)
	}
	foreign := map[string]string{"Cookie": auth["Cookie"], "Origin": "https://elsewhere.example", "Content-Type": "application/json"}
	if r := h.do(t, call{"POST", path, "{}", foreign}); r.status != 403 || r.field(t, "code") != "bad_origin" {
		t.Errorf("%s from elsewhere: %d", path, r.status)
	}
}

func TestBoardShowsNightChartAndAccounts(t *testing.T) {
	t.Parallel()
	h, _, auth := withBoard(t, "supervisor")
	if r := h.do(t, call{"GET", "/api/v1/board/night", "", auth}); r.status != 200 || !strings.Contains(r.body, `"paged":2`) {
		t.Errorf("night: %d %s", r.status, r.body)
	}
	for _, theme := range []string{"light.svg", "dark.svg"} {
		if r := h.do(t, call{"GET", "/api/v1/board/hours/" + theme, "", auth}); r.status != 200 || !strings.Contains(r.body, "<svg") {
			t.Errorf("chart: %d %.80s", r.status, r.body)
		}
	}
	if r := h.do(t, call{"GET", "/api/v1/board/hours/none.svg", "", auth}); r.status != 404 {
		t.Errorf("no such chart: %d", r.status)
	}
	if r := h.do(t, call{"GET", "/api/v1/advisers", "", auth}); r.status != 200 || !strings.Contains(r.body, `"name":"aino"`) {
		t.Errorf("accounts: %d %s", r.status, r.body)
	}
	if r := h.do(t, call{"GET", "/board", "", nil}); r.status != 200 || !strings.Contains(r.body, "board.") {
		t.Errorf("page: %d", r.status)
	}
}

func TestBoardStream(t *testing.T) {
	t.Parallel()
	h, _, auth := withBoard(t, "supervisor")
	foreign := map[string]string{"Cookie": auth["Cookie"], "Origin": "https://elsewhere.example"}
	if r := h.do(t, call{"GET", "/api/v1/board/stream", "", foreign}); r.status != 403 {
		t.Errorf("from elsewhere: %d", r.status)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, h.URL+"/api/v1/board/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Cookie", auth["Cookie"])
	res, err := h.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	lines := bufio.NewReader(res.Body)
	line, err := lines.ReadString('\n')
	if err != nil || !strings.HasPrefix(line, `data: {"at":"2023-11-14T22:13:20.000Z"`) {
		t.Errorf("first event %.60s, %v", line, err)
	}
	h.hub.Stop()
	if _, err := io.Copy(io.Discard, lines); err != nil {
		t.Errorf("the stream does not end with its node: %v", err)
	}
	h.documented(t, req, "", &http.Response{StatusCode: res.StatusCode, Header: res.Header}, []byte(line))
}

func TestBoardStreamsAreBounded(t *testing.T) {
	t.Parallel()
	h, _, auth := withBoard(t, "supervisor")
	for range boardsAtOne {
		h.web.boards <- struct{}{}
	}
	if r := h.do(t, call{"GET", "/api/v1/board/stream", "", auth}); r.status != 503 {
		t.Errorf("one more: %d", r.status)
	}
}

func TestNightBefore(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation(chartZone)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct{ now, from, until string }{
		{"2026-11-29 09:00", "2026-11-28 18:00", "2026-11-29 08:00"},
		{"2026-11-29 03:00", "2026-11-28 18:00", "2026-11-29 03:00"},
		{"2026-11-29 20:30", "2026-11-29 18:00", "2026-11-29 20:30"},
		{"2026-03-29 12:00", "2026-03-28 18:00", "2026-03-29 08:00"}, // an hour is missing in it
	} {
		const form = "2006-01-02 15:04"
		now, err := time.ParseInLocation(form, x.now, zone)
		if err != nil {
			t.Fatal(err)
		}
		from, until := nightBefore(now, zone)
		if from.Format(form) != x.from || until.Format(form) != x.until {
			t.Errorf("at %s: %s to %s", x.now, from.Format(form), until.Format(form))
		}
	}
}

// What a supervisor sets is on the contact's page: the message in its language, that the line is closed, that many
// come; and a message is text, whatever is in it.
func TestContactPageTellsOfTheOpening(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		o     helpline.Opening
		tells []string
		hides []string
	}{
		"open":   {helpline.Opening{}, nil, []string{"line-notice", "line-closed", "line-event"}},
		"closed": {helpline.Opening{Closed: true, Notice: map[string]string{"en": "<b>Back at 8</b>"}}, []string{"line-closed", "&lt;b&gt;Back at 8"}, []string{"<b>Back", "line-event"}},
		"event":  {helpline.Opening{Event: true, Notice: map[string]string{"fi": "Ruuhkaa"}}, []string{"line-event"}, []string{"line-notice", "line-closed"}},
	} {
		h := newHouse(t)
		h.book.opening = x.o
		page := h.do(t, call{"GET", "/en", "", nil}).body
		for _, want := range x.tells {
			if !strings.Contains(page, want) {
				t.Errorf("%s: the page lacks %s", name, want)
			}
		}
		for _, not := range x.hides {
			if strings.Contains(page, not) {
				t.Errorf("%s: the page has %s", name, not)
			}
		}
	}
}
