package web

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"adviceline/helpline"
)

// board is a roster in memory that knows one adviser.
type board struct {
	mu     sync.Mutex
	shifts []helpline.Shift
	prints map[string]string
	fail   error
}

func (b *board) Roster(context.Context, time.Time) ([]helpline.Shift, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.shifts), b.fail
}

func (b *board) SetRoster(_ context.Context, request string, print []byte, shifts []helpline.Shift, _ time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fail != nil {
		return b.fail
	}
	if was, again := b.prints[request]; again && was != string(print) {
		return helpline.ErrRequestReused
	}
	for _, s := range shifts {
		if s.Name != "aino" {
			return fmt.Errorf("set roster: %w", helpline.ErrUnknownAdviser)
		}
	}
	b.prints[request], b.shifts = string(print), shifts
	return nil
}

func withRoster(t *testing.T, role string) (*house, *board, map[string]string) {
	t.Helper()
	b := &board{prints: map[string]string{}}
	h := newHouse(t, func(o *Options) { o.Roster = b })
	if r := h.do(t, call{"POST", "/api/v1/session", `{"name":"` + role + `","password":"right"}`, nil}); r.status != 204 {
		t.Fatal(r.body)
	}
	return h, b, map[string]string{"Cookie": "adviceline=session-of-" + role, "Origin": h.URL, "Content-Type": "application/json"}
}

func shiftOf(name string, tier int, from, until string) string {
	return fmt.Sprintf(`{"name":%q,"tier":%d,"from":%q,"until":%q}`, name, tier, from, until)
}

func rosterOf(id string, shifts ...string) string {
	return `{"request_id":"` + id + `","shifts":[` + strings.Join(shifts, ",") + `]}`
}

func TestRoster(t *testing.T) {
	t.Parallel()
	h, b, auth := withRoster(t, "supervisor")
	day := func(hours int) string {
		return instant(time.Now().Add(time.Duration(hours) * time.Hour).Truncate(time.Second))
	}
	good := rosterOf(reqA, shiftOf("aino", 1, day(3), day(9)), shiftOf("aino", 0, day(10), day(18)))
	for range 2 {
		if r := h.do(t, call{"PUT", "/api/v1/roster", good, auth}); r.status != 200 || r.body != `{"shifts":2}`+"\n" {
			t.Fatalf("put: %d %s", r.status, r.body)
		}
	}
	want := `{"shifts":[` + shiftOf("aino", 0, day(10), day(18)) + "," + shiftOf("aino", 1, day(3), day(9)) + "]}\n"
	if r := h.do(t, call{"GET", "/api/v1/roster", "", auth}); r.status != 200 || r.body != want {
		t.Errorf("get: %d %s", r.status, r.body)
	}
	ics := func(lines string) string {
		text, err := json.Marshal("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//t//\r\n" + lines + "END:VCALENDAR\r\n")
		if err != nil {
			t.Fatal(err)
		}
		return `{"request_id":"` + reqB + `","calendar":` + string(text) + `}`
	}
	event := "BEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:" + time.Now().Add(time.Hour).UTC().Format("20060102T150405Z") +
		"\r\nDTEND:" + time.Now().Add(2*time.Hour).UTC().Format("20060102T150405Z") + "\r\nSUMMARY:aino\r\nEND:VEVENT\r\n"
	plain := map[string]string{"Cookie": auth["Cookie"], "Origin": h.URL, "Content-Type": "text/plain"}
	for name, c := range map[string]struct {
		call
		status int
		code   string
	}{
		"other body":     {call{"PUT", "/api/v1/roster", rosterOf(reqA), auth}, 409, "request_reused"},
		"unknown":        {call{"PUT", "/api/v1/roster", rosterOf(reqB, shiftOf(sentinel, 0, day(1), day(2))), auth}, 422, "unknown_adviser"},
		"overlap":        {call{"PUT", "/api/v1/roster", rosterOf(reqB, shiftOf("aino", 0, day(1), day(3)), shiftOf("aino", 1, day(2), day(4))), auth}, 422, "shifts_overlap"},
		"backwards":      {call{"PUT", "/api/v1/roster", rosterOf(reqB, shiftOf("aino", 0, day(2), day(1))), auth}, 422, "shift_invalid"},
		"no instant":     {call{"PUT", "/api/v1/roster", rosterOf(reqB, shiftOf("aino", 0, "soon", day(1))), auth}, 422, "invalid_value"},
		"no request":     {call{"PUT", "/api/v1/roster", rosterOf("", shiftOf("aino", 0, day(1), day(2))), auth}, 422, "invalid_value"},
		"no json":        {call{"PUT", "/api/v1/roster", "hello", auth}, 400, "malformed"},
		"broken file":    {call{"POST", "/api/v1/roster/import", ics(event + "BROKEN\r\n"), auth}, 422, "broken_calendar"},
		"too many":       {call{"POST", "/api/v1/roster/import", ics(strings.Replace(event, "SUMMARY", "RRULE:FREQ=DAILY;BYDAY=MO\r\nX-A:1\r\nSUMMARY", 1) + strings.Repeat(strings.Replace(event, "SUMMARY", "RRULE:FREQ=DAILY\r\nSUMMARY", 1), 6)), auth}, 422, "too_many_shifts"},
		"plain text":     {call{"PUT", "/api/v1/roster", "hello", plain}, 415, "unsupported_media_type"},
		"plain file":     {call{"POST", "/api/v1/roster/import", "hello", plain}, 415, "unsupported_media_type"},
		"used request":   {call{"POST", "/api/v1/roster/import", strings.Replace(ics(event), reqB, reqA, 1), auth}, 409, "request_reused"},
		"import no json": {call{"POST", "/api/v1/roster/import", "hello", auth}, 400, "malformed"},
		"nobody":         {call{"GET", "/api/v1/roster", "", nil}, 401, "signed_out"},
		"foreign page":   {call{"PUT", "/api/v1/roster", good, map[string]string{"Cookie": auth["Cookie"], "Content-Type": "application/json"}}, 403, "bad_origin"},
	} {
		r := h.do(t, c.call)
		if r.status != c.status || r.field(t, "code") != c.code || strings.Contains(r.body, sentinel) {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
	if len(b.shifts) != 2 {
		t.Errorf("a change that was refused stored %d shifts", len(b.shifts))
	}
	if r := h.do(t, call{"POST", "/api/v1/roster/import", ics(event), auth}); r.status != 200 || len(b.shifts) != 1 {
		t.Errorf("import: %d %s, %d shifts", r.status, r.body, len(b.shifts))
	}
	b.mu.Lock()
	b.fail = helpline.ErrBusy
	b.mu.Unlock()
	for _, c := range []call{{"GET", "/api/v1/roster", "", auth}, {"PUT", "/api/v1/roster", good, auth}, {"POST", "/api/v1/roster/import", ics(event), auth}} {
		if r := h.do(t, c); r.status != 503 || r.field(t, "code") != "busy" {
			t.Errorf("%s: %d %s", c.path, r.status, r.body)
		}
	}
}

func TestOnlySupervisorsSeeTheRoster(t *testing.T) {
	t.Parallel()
	for _, role := range []string{"adviser", "admin"} {
		h, _, auth := withRoster(t, role)
		for _, c := range []call{{"GET", "/api/v1/roster", "", auth}, {"PUT", "/api/v1/roster", rosterOf(reqA), auth}, {"POST", "/api/v1/roster/import", `{"request_id":"` + reqA + `","calendar":""}`, auth}} {
			if r := h.do(t, c); r.status != 403 || r.field(t, "code") != "forbidden" {
				t.Errorf("%s %s by %s: %d", c.method, c.path, role, r.status)
			}
		}
	}
}

// rounds is the live state of paging with one round.
type rounds struct {
	open  bool
	taken []string
	fail  error
}

func (r *rounds) Roster(context.Context, []helpline.Watch) error { return nil }
func (r *rounds) Acknowledge(_ context.Context, page, adviser string) (bool, []helpline.Event, error) {
	if page != "p1" {
		return false, nil, helpline.ErrNotFound
	}
	r.taken = append(r.taken, adviser)
	return r.open, nil, r.fail
}

func TestALinkShowsAndOnlyItsButtonAcknowledges(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	live := &rounds{open: true}
	h.line.Paging = live
	path := "/p/" + h.line.Tokens.SignPage("p1", "a1")
	english := map[string]string{"Accept-Language": "en"}
	if r := h.do(t, call{"GET", path, "", english}); r.status != 200 || !strings.Contains(r.body, "I am coming") || len(live.taken) != 0 {
		t.Errorf("get: %d, taken %v\n%s", r.status, live.taken, r.body)
	}
	if r := h.do(t, call{"POST", path, "", english}); r.status != 200 || !strings.Contains(r.body, `data-test="taken"`) || !slices.Equal(live.taken, []string{"a1"}) {
		t.Errorf("post: %d, taken %v\n%s", r.status, live.taken, r.body)
	}
	live.open = false
	if r := h.do(t, call{"POST", path, "", english}); r.status != 200 || !strings.Contains(r.body, `data-test="over"`) {
		t.Errorf("post again: %d\n%s", r.status, r.body)
	}
	for _, other := range []string{path[:len(path)-3] + "abc", "/p/" + sentinel, "/p/" + h.line.Tokens.SignPage("p2", "a1")} {
		if r := h.do(t, call{"POST", other, "", english}); r.status != 404 || strings.Contains(r.body, sentinel) || !strings.Contains(r.body, `data-test="gone"`) {
			t.Errorf("%s: %d %s", other, r.status, r.body)
		}
	}
	for lang, words := range map[string]string{"en": "This link is no longer valid", "fi": "Tämä linkki", "sv": "Länken gäller"} {
		r := h.do(t, call{"GET", "/p/" + sentinel, "", map[string]string{"Accept-Language": lang}})
		if r.status != 404 || !strings.Contains(r.body, words) || strings.Contains(r.body, sentinel) || strings.Contains(r.body, "<form") {
			t.Errorf("get of nothing in %s: %d %s", lang, r.status, r.body)
		}
	}
	live.fail = helpline.ErrQueueUnavailable
	if r := h.do(t, call{"POST", path, "", english}); r.status != 503 || !strings.Contains(r.body, `data-test="failed"`) {
		t.Errorf("without Redis: %d %s", r.status, r.body)
	}
	if strings.Contains(h.log.String(), "/p/"+sentinel) {
		t.Error("a link is in the log")
	}
}
