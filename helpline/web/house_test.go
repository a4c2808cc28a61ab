package web

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"adviceline/helpline"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(whole(m)) }

const (
	reqA = "6f1ed002-ab55-41f1-9dbb-3c7c3b1a0001"
	reqB = "6f1ed002-ab55-41f1-9dbb-3c7c3b1a0002"
	// sentinel stands for everything private that a caller may put anywhere.
	sentinel = "Zx9sentinelZx9"
)

// house is a running edge over fakes.
type house struct {
	*httptest.Server
	book   *book
	door   *door
	log    *testLog
	line   *helpline.Line
	hub    *Contacts
	web    *Server
	client *http.Client
}

func newHouse(t testing.TB, changes ...func(*Options)) *house {
	t.Helper()
	h := &house{book: newBook(), door: &door{sessions: map[string]helpline.Session{}}, log: &testLog{}}
	log := slog.New(slog.NewTextHandler(h.log, nil))
	h.line = testLine(h.book, log)
	h.hub = NewContacts(h.line, log)
	h.book.word = h.hub.Deliver
	h.Server = httptest.NewUnstartedServer(nil)
	origin := "http://" + h.Listener.Addr().String()
	pages, err := NewPages(nil, origin)
	if err != nil {
		t.Fatal(err)
	}
	o := Options{
		Line: h.line, Contacts: h.hub, Pages: pages, SignIn: h.door, Origins: []string{origin}, Phone: "+358 1", Log: log,
		Console: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusTeapot) }),
	}
	for _, change := range changes {
		change(&o)
	}
	if h.web, err = New(o); err != nil {
		t.Fatal(err)
	}
	h.Config.Handler = h.web.Handler()
	h.Start()
	h.client = &http.Client{Transport: &http.Transport{}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	t.Cleanup(func() {
		h.client.CloseIdleConnections()
		h.awaitGone(t)
		h.Close()
	})
	return h
}

// call is one request and what is expected of its answer.
type call struct {
	method, path, body string
	headers            map[string]string
}

type reply struct {
	status int
	header http.Header
	body   string
}

func (r reply) field(t *testing.T, name string) string {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(r.body), &m); err != nil {
		t.Fatalf("answer is no JSON: %v", err)
	}
	if m[name] == nil {
		return ""
	}
	return fmt.Sprint(m[name])
}

func (h *house) do(t *testing.T, c call) reply {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), c.method, h.URL+c.path, strings.NewReader(c.body))
	if err != nil {
		t.Fatal(err)
	}
	if c.body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for k, v := range c.headers {
		req.Header.Set(k, v)
	}
	res, err := h.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	h.documented(t, req, c.body, res, body)
	return reply{res.StatusCode, res.Header, string(body)}
}

// intakeOf is a sound intake with members added or replaced.
func intakeOf(changes ...string) string {
	m := map[string]any{"request_id": reqA, "channel": "chat", "page_language": "fi", "talk_language": "so", "asks": "help"}
	for i := 0; i+1 < len(changes); i += 2 {
		var v any
		if err := json.Unmarshal([]byte(changes[i+1]), &v); err != nil {
			panic(err)
		}
		m[changes[i]] = v
	}
	raw, _ := json.Marshal(m)
	return string(raw)
}

func (h *house) intake(t *testing.T, request string) helpline.Admission {
	t.Helper()
	r := h.do(t, call{"POST", "/api/v1/contacts", intakeOf("request_id", `"`+request+`"`), nil})
	if r.status != 201 {
		t.Fatalf("intake: %d %s", r.status, r.body)
	}
	return helpline.Admission{Contact: r.field(t, "contact"), Token: r.field(t, "token"), ReturnNumber: r.field(t, "return_number"), State: r.field(t, "state")}
}
