package web

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"adviceline/helpline"
	"adviceline/helpline/socket"
	"adviceline/helpline/wire/wiretest"
)

// streamPage is a contact's browser behind a proxy that lets no WebSocket through.
type streamPage struct {
	t      *testing.T
	h      *house
	token  string
	stream string
	res    *http.Response
	in     *bufio.Reader
}

// event is one server-sent event; a frame has no name.
type event struct{ name, data string }

func (h *house) stream(t *testing.T, token string, headers map[string]string) *streamPage {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.URL+"/api/v1/contact/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	for k, v := range headers {
		req.Header.Set(k, v)
	}
	res, err := h.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	return &streamPage{t: t, h: h, token: token, res: res, in: bufio.NewReader(res.Body)}
}

// follow is stream up to the welcome.
func (h *house) follow(t *testing.T, token string, headers map[string]string) *streamPage {
	t.Helper()
	p := h.stream(t, token, headers)
	if err := openAPI.Check(wiretest.Exchange{Method: "GET", Template: "/api/v1/contact/stream", Status: p.res.StatusCode, Header: p.res.Header}); err != nil {
		t.Fatal(err)
	}
	p.stream, _ = p.want("welcome")["stream"].(string)
	if len(p.stream) < 20 {
		t.Fatalf("the stream is named %q", p.stream)
	}
	return p
}

func (p *streamPage) event() event {
	p.t.Helper()
	var e event
	for {
		line, err := p.in.ReadString('\n')
		if err != nil {
			p.t.Fatalf("read stream: %v", err)
		}
		line = strings.TrimSuffix(line, "\n")
		if name, ok := strings.CutPrefix(line, "event: "); ok {
			e.name = name
		} else if data, ok := strings.CutPrefix(line, "data: "); ok {
			e.data = data
		} else if line == "" && e != (event{}) {
			return e
		}
	}
}

// want reads the next frame, pings apart, which must be of the type and padded as a socket's.
func (p *streamPage) want(kind string) map[string]any {
	p.t.Helper()
	e := p.event()
	for e.name == "ping" {
		e = p.event()
	}
	if n := len(e.data); e.name != "" || n != 512 && n != 2048 && n != 8192 && n != 16384 {
		p.t.Fatalf("want %s, got %d bytes of %q", kind, n, e.name)
	}
	if err := contactSocket.Told([]byte(e.data)); err != nil {
		p.t.Errorf("not as asyncapi.json has it: %v", err)
	}
	var f map[string]any
	if err := json.Unmarshal([]byte(e.data), &f); err != nil || f["type"] != kind {
		p.t.Fatalf("want %s, got %v", kind, f["type"])
	}
	return f
}

// wantClose reads until the close, which must have the code, and the end.
func (p *streamPage) wantClose(code int) {
	p.t.Helper()
	for {
		e := p.event()
		if e.name != "close" {
			continue
		}
		var c struct {
			Code   int
			Reason string
		}
		if err := json.Unmarshal([]byte(e.data), &c); err != nil || c.Code != code {
			p.t.Errorf("closed with %s, want %d", e.data, code)
		}
		if err := contactSocket.Closed(c.Code, c.Reason); err != nil {
			p.t.Error(err)
		}
		if _, err := p.in.ReadByte(); err == nil {
			p.t.Error("there is more after the close")
		}
		return
	}
}

func (p *streamPage) post(frames ...string) reply {
	p.t.Helper()
	body := fmt.Sprintf(`{"stream":%q,"frames":[%s]}`, p.stream, strings.Join(frames, ","))
	return p.h.do(p.t, call{"POST", "/api/v1/contact/frames", body, map[string]string{"Authorization": "Bearer " + p.token}})
}

func (p *streamPage) takes(frames ...string) {
	p.t.Helper()
	if r := p.post(frames...); r.status != http.StatusAccepted || r.body != "" {
		p.t.Fatalf("frames are answered %d %s", r.status, r.body)
	}
}

func sayOf(n int, text string) string {
	return fmt.Sprintf(`{"type":"say","cid":"0b0c6a3e-58a4-4a40-8f4e-%012d","text":%q}`, n, text)
}

func TestStreamTalk(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := admitted(t, h.line, reqA)
	p := h.follow(t, a.Token, nil)
	for k, v := range map[string]string{"Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no"} {
		if got := p.res.Header.Get(k); got != v {
			t.Errorf("%s is %q", k, got)
		}
	}
	p.want("position")
	h.hub.Deliver(helpline.Notice{ // another stream's
		To: "c:" + a.Contact, Kind: helpline.NoticeFrames, Version: 1, State: "another", Sealed: `sealed:[{"type":"leave","kind":"cancel"}]`,
	})
	p.takes(sayOf(1, "hei"), sayOf(2, "taas"), `{"type":"got","seq":1}`)
	for seq := range 2 {
		if f := p.want("said"); f["seq"] != float64(seq+1) {
			t.Errorf("said: %v", f)
		}
	}
	h.tell(a.Contact, helpline.Notice{Kind: helpline.NoticeJoined, Alias: "Aino"})
	p.want("joined")
	h.hub.Deliver(h.book.adviserSays(a.Contact, "päivää"))
	if f := p.want("message"); f["text"] != "päivää" || f["seq"] != 3.0 {
		t.Errorf("message: %v", f)
	}
	_ = p.res.Body.Close()
	if got := <-h.book.downs; got != a.Contact {
		t.Error("another contact went down")
	}

	// Back with what was seen: the rest comes once, own lines too.
	p = h.follow(t, a.Token, map[string]string{"Last-Event-ID": "1", "Origin": h.URL})
	for _, seq := range []float64{2, 3} {
		if f := p.want("message"); f["seq"] != seq {
			t.Errorf("message: %v", f)
		}
	}
	p.want("position")
	p.takes(`{"type":"leave","kind":"cancel"}`)
	p.want("ended")
	p.wantClose(socket.CodeEnded)
}

// A stream and a socket are one seat: the newer has it.
func TestStreamIsReplaced(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := admitted(t, h.line, reqA)
	p := h.follow(t, a.Token, nil)
	p.want("position")
	mark := h.hub.all()[0].socket
	ws, _ := h.sit(t, a.Token, 0)
	ws.want("position")
	if r := p.post(sayOf(1, "x")); r.status != 409 || r.field(t, "code") != "replaced" {
		t.Errorf("post to the replaced stream: %d %s", r.status, r.body)
	}
	h.tell(a.Contact, helpline.Notice{Kind: helpline.NoticeReplaced, State: mark})
	p.wantClose(socket.CodeReplaced)
	h.hub.Deliver(helpline.Notice{To: "c:" + a.Contact, Kind: helpline.NoticeFrames, Version: 1}) // for no WebSocket
	ws.write(`{"type":"say","cid":"` + cidA + `","text":"x"}`)
	ws.want("said")
}

// What is wrong is told as a socket tells it: by the close. Headers that are wrong are a wrong hello.
func TestStreamIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := admitted(t, h.line, reqA)
	for name, c := range map[string]struct {
		token   string
		headers map[string]string
		code    int
	}{
		"dead token": {sentinel, nil, 4503},
		"no number":  {a.Token, map[string]string{"Last-Event-ID": sentinel}, 4400},
		"negative":   {a.Token, map[string]string{"Last-Event-ID": "-1"}, 4400},
		"too large":  {a.Token, map[string]string{"Last-Event-ID": "9007199254740993"}, 4400},
	} {
		t.Log(name)
		h.stream(t, c.token, c.headers).wantClose(c.code)
	}
	for frame, code := range map[string]int{
		`5`: 1007, `[]`: 1007, `{"type":"dance"}`: 1003, `{"type":"hello","v":1,"token":"x"}`: 4400,
		`{"type":"say","cid":"` + cidA + `","text":"x","x":1}`: 1007, `{"type":"leave","kind":"x"}`: 1007,
	} {
		p := h.follow(t, a.Token, nil)
		p.want("position")
		p.takes(frame)
		p.wantClose(code)
	}
	for name, headers := range map[string]map[string]string{
		"foreign origin": {"Authorization": "Bearer " + a.Token, "Origin": "https://foreign.example"},
		"no token":       {},
	} {
		if r := h.do(t, call{"GET", "/api/v1/contact/stream", "", headers}); r.status != 403 || r.field(t, "code") != "bad_origin" {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
}

func TestPostsAreRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := admitted(t, h.line, reqA)
	auth := map[string]string{"Authorization": "Bearer " + a.Token}
	body := `{"stream":"x","frames":[]}`
	post := func(path, body string, headers map[string]string) reply {
		return h.do(t, call{"POST", path, body, headers})
	}
	if r := post("/api/v1/contact/frames", body, auth); r.field(t, "code") != "not_found" {
		t.Errorf("without a stream: %d %s", r.status, r.body)
	}
	p := h.follow(t, a.Token, nil)
	p.want("position")
	for name, c := range map[string]struct {
		body    string
		headers map[string]string
		code    string
	}{
		"dead token":    {body, map[string]string{"Authorization": "Bearer x"}, "not_found"},
		"no token":      {body, nil, "not_found"},
		"other stream":  {body, auth, "replaced"},
		"no stream":     {`{"frames":[]}`, auth, "invalid_value"},
		"long name":     {`{"stream":"` + strings.Repeat("x", 101) + `"}`, auth, "invalid_value"},
		"seventeen":     {`{"stream":"x","frames":[` + strings.Repeat(`{},`, 16) + `{}]}`, auth, "invalid_value"},
		"no list":       {`{"stream":"x","frames":{}}`, auth, "wrong_type"},
		"null":          {`{"stream":"x","frames":[null]}`, auth, "wrong_type"},
		"unknown":       {`{"stream":"x","` + sentinel + `":1}`, auth, "unknown_field"},
		"twice":         {`{"stream":"x","stream":"x"}`, auth, "duplicate_field"},
		"twice, inside": {`{"stream":"x","frames":[{"type":"got","type":"say"}]}`, auth, "duplicate_field"},
		"deep":          {`{"frames":` + strings.Repeat("[", 9) + strings.Repeat("]", 9) + `}`, auth, "too_deep"},
		"no object":     {`[]`, auth, "malformed"},
		"large":         {`{"stream":"` + strings.Repeat("x", maxBody) + `"}`, auth, "too_large"},
		"text":          {body, map[string]string{"Authorization": "Bearer " + a.Token, "Content-Type": "text/plain"}, "unsupported_media_type"},
	} {
		for _, path := range []string{"/api/v1/contact/frames", "/api/v1/console/frames"} {
			if strings.HasPrefix(path, "/api/v1/console") && (c.code == "not_found" || c.code == "replaced") {
				continue
			}
			if r := post(path, c.body, c.headers); r.field(t, "code") != c.code || strings.Contains(r.body, sentinel) {
				t.Errorf("%s %s: %d %s", path, name, r.status, r.body)
			}
		}
	}
	if r := post("/api/v1/console/frames", body, nil); r.field(t, "code") != "not_found" { // names no adviser
		t.Errorf("console: %d %s", r.status, r.body)
	}
	if r := post("/api/v1/console/frames", `{"stream":"p1.x"}`, nil); r.status != http.StatusAccepted {
		t.Errorf("console: %d %s", r.status, r.body)
	}
	for code, err := range map[string]error{"replaced": helpline.ErrConsoleReplaced, "queue_unavailable": helpline.ErrQueueUnavailable, "keys_unavailable": helpline.ErrKeysGone} {
		h.book.set(func() { h.book.fail = err })
		for _, path := range []string{"/api/v1/contact/frames", "/api/v1/console/frames"} {
			if r := post(path, `{"stream":"p1.x"}`, auth); r.field(t, "code") != code {
				t.Errorf("%s %s: %d %s", path, code, r.status, r.body)
			}
		}
	}
	h.book.set(func() { h.book.fail = nil })
	origin := map[string]string{"Origin": h.URL}
	hello := `{"type":"hello"}`
	if r := post("/api/v1/console/stream", hello, nil); r.field(t, "code") != "bad_origin" {
		t.Errorf("console without origin: %d", r.status)
	}
	if r := post("/api/v1/console/stream", hello, map[string]string{"Origin": h.URL, "Content-Type": "text/plain"}); r.status != 415 {
		t.Errorf("console with text: %d", r.status)
	}
	if r := post("/api/v1/console/stream", hello, origin); r.status != http.StatusTeapot {
		t.Errorf("console: %d", r.status)
	}
}

// TestStreamLimits: places and rates are those of sockets; posts have one of their own.
func TestStreamLimits(t *testing.T) {
	t.Parallel()
	slow := Rate{Burst: 2, Every: time.Hour}
	deltas := make(chan int, 10)
	h := newHouse(t, func(o *Options) {
		o.Limits.Upgrade, o.Limits.Post, o.Limits.Total = slow, slow, 1
		o.SocketsOpen = func(d int) { deltas <- d }
	})
	a := admitted(t, h.line, reqA)
	p := h.follow(t, a.Token, nil)
	p.want("position")
	if d := <-deltas; d != 1 {
		t.Errorf("opened: %d", d)
	}
	auth := map[string]string{"Authorization": "Bearer " + a.Token}
	for _, status := range []int{503, 429} {
		if r := h.do(t, call{"GET", "/api/v1/contact/stream", "", auth}); r.status != status {
			t.Errorf("want %d: %d %s", status, r.status, r.body)
		}
	}
	p.takes()
	p.takes()
	if r := p.post(); r.status != 429 || r.header.Get("Retry-After") == "" {
		t.Errorf("a third post: %d", r.status)
	}
	if r := h.do(t, call{"POST", "/api/v1/console/frames", `{"stream":"p1.x"}`, nil}); r.status != 429 {
		t.Errorf("a post to a console's: %d", r.status)
	}
	_ = p.res.Body.Close()
	if d := <-deltas; d != -1 {
		t.Errorf("closed: %d", d)
	}
}

// A page that gives no sign of life is gone; one that does stays.
func TestStreamNeedsSignsOfLife(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(o *Options) { o.PingEvery, o.DeadAfter = 100*time.Millisecond, 2*time.Second })
	a := admitted(t, h.line, reqA)
	p := h.follow(t, a.Token, nil)
	begun := time.Now()
	for time.Since(begun) < 3*time.Second { // longer than the life of a silent one
		for p.event().name != "ping" {
		}
		p.takes()
	}
	p.wantClose(socket.CodeDeadPeer)
}

func TestStreamsAreDrained(t *testing.T) {
	t.Parallel()
	registry := socket.NewRegistry(0)
	h := newHouse(t, func(o *Options) { o.Sockets = registry })
	a := admitted(t, h.line, reqA)
	p := h.follow(t, a.Token, nil)
	p.want("position")
	h.hub.Reconnect(2 * time.Second)
	registry.CloseAll(socket.CodeNodeStops, "node_stops")
	p.want("reconnect")
	p.wantClose(socket.CodeNodeStops)
	if err := registry.Wait(t.Context()); err != nil {
		t.Error(err)
	}
}
