package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"
)

// TestBadInputIsRefusedByCodeAlone: whatever is wrong with what comes in, the answer is a stable
// code, nothing of the input comes back or is kept, and the house stays well.
func TestBadInputIsRefusedByCodeAlone(t *testing.T) {
	t.Parallel()
	h := open(t, settings{"LIMIT_RESUME": "1000", "LIMIT_INTAKE": "1000", "LIMIT_SIGNIN": "1000"})
	secret := "qz" + random(6) + "kuu"
	adviser := attend(t, h, "aino", "fi", 1)
	pair := call(t, h, "fi")
	adviser.accept(t, adviser.offer(t, pair.Contact))
	other := h.admit(t, "en") // somebody whom the adviser has nothing to do with
	conn := h.postgres("adviceline")
	eventually(t, patience, "both contacts are in Postgres", func() bool {
		return count(t, conn, "SELECT count(*) FROM contact") == 2
	})
	before := count(t, conn, "SELECT coalesce(max(number), 0) FROM event")

	t.Run("http", func(t *testing.T) { badRequests(t, h, adviser, secret) })
	t.Run("contact socket", func(t *testing.T) { badContactFrames(t, h, secret) })
	t.Run("calls", func(t *testing.T) { badCalls(t, h, conn, secret) })
	t.Run("console socket", func(t *testing.T) { badConsoleFrames(t, h, adviser, other.Contact, secret) })

	if status, _ := h.look("http://" + h.ops + "/healthz"); status != http.StatusOK {
		t.Errorf("healthz answers %d", status)
	}
	adviser.say(pair.Contact, "still here")
	eventually(t, patience, "the conversation goes on", func() bool { return pair.hears() == 1 })
	// The contacts that were made for the frames are the only rows more.
	if n := count(t, conn, "SELECT count(*) FROM contact WHERE language <> 'se'"); n != 2 {
		t.Errorf("%d contact rows, there were 2", n)
	}
	if n := count(t, conn, "SELECT count(*) FROM event e JOIN contact c USING (contact) WHERE c.language <> 'se' AND e.number > $1", before); n != 0 {
		t.Errorf("%d events came of bad input", n)
	}
	search(t, h, conn, map[string]string{"bad input": secret, "a token": pair.Token, "another's token": other.Token})
	for _, bad := range []string{"request failed", "panic at", "socket failed"} {
		if bytes.Contains(h.out.bytes(), []byte(bad)) {
			t.Errorf("the log says %q", bad)
		}
	}
}

// sound is a body that would be taken, but for what a case changes.
func sound(change string, value any) []byte {
	b := intake("en")
	if change != "" {
		b[change] = value
	}
	text, _ := json.Marshal(b)
	return text
}

func badRequests(t *testing.T, h *house, adviser *consoleClient, secret string) {
	const contacts, js = "/api/v1/contacts", "application/json"
	cut := func(b []byte) string { return strings.TrimSuffix(string(b), "}") }
	deep := strings.Repeat(`{"a":`, 12) + `"` + secret + `"` + strings.Repeat("}", 12)
	cookie := adviser.cookie.Name + "="
	for _, c := range []struct {
		name, method, path, kind, body string
		head                           map[string]string
		status                         int
		code                           string
	}{
		{"no media type", "POST", contacts, "", string(sound("", nil)), nil, 415, "unsupported_media_type"},
		{"other media type", "POST", contacts, "text/plain", string(sound("", nil)), nil, 415, "unsupported_media_type"},
		{"empty", "POST", contacts, js, "", nil, 400, "malformed"},
		{"words", "POST", contacts, js, secret, nil, 400, "malformed"},
		{"half", "POST", contacts, js, `{"request_id":"` + secret, nil, 400, "malformed"},
		{"list", "POST", contacts, js, `["` + secret + `"]`, nil, 400, "malformed"},
		{"null", "POST", contacts, js, "null", nil, 400, "malformed"},
		{"two objects", "POST", contacts, js, string(sound("", nil)) + string(sound("", nil)), nil, 400, "malformed"},
		{"not UTF-8", "POST", contacts, js, cut(sound("", nil)) + `,"role":"` + secret + "\xff\"}", nil, 400, "malformed"},
		{"lone surrogate", "POST", contacts, js, cut(sound("", nil)) + `,"role":"` + secret + `\ud800"}`, nil, 400, "malformed"},
		{"NUL", "POST", contacts, js, cut(sound("", nil)) + `,"role":"` + secret + `\u0000"}`, nil, 400, "malformed"},
		{"key twice", "POST", contacts, js, cut(sound("", nil)) + `,"asks":"` + secret + `"}`, nil, 400, "duplicate_field"},
		{"unknown key", "POST", contacts, js, string(sound(secret, 1)), nil, 400, "unknown_field"},
		{"key in other case", "POST", contacts, js, cut(sound("", nil)) + `,"ASKS":"` + secret + `"}`, nil, 400, "unknown_field"},
		{"too deep", "POST", contacts, js, cut(sound("", nil)) + `,"callback":` + deep + "}", nil, 400, "too_deep"},
		{"number for text", "POST", contacts, js, string(sound("asks", 5)), nil, 400, "wrong_type"},
		{"text for flag", "POST", contacts, js, string(sound("present", secret)), nil, 400, "wrong_type"},
		{"null for text", "POST", contacts, js, string(sound("asks", nil)), nil, 400, "wrong_type"},
		{"too large", "POST", contacts, js, string(sound("role", secret+strings.Repeat("x", 17<<10))), nil, 413, "too_large"},
		{"unknown code", "POST", contacts, js, string(sound("asks", secret)), nil, 422, "invalid_value"},
		{"unknown language", "POST", contacts, js, string(sound("talk_language", secret)), nil, 422, "invalid_value"},
		{"missing value", "POST", contacts, js, string(sound("channel", "")), nil, 422, "invalid_value"},
		{"id that is none", "POST", contacts, js, string(sound("request_id", secret)), nil, 422, "invalid_value"},
		{"id in capitals", "POST", contacts, js, string(sound("request_id", strings.ToUpper(uuid.NewString()))), nil, 422, "invalid_value"},
		{"id of another kind", "POST", contacts, js, string(sound("request_id", uuid.NewSHA1(uuid.Nil, nil).String())), nil, 422, "invalid_value"},

		{"no token", "GET", "/api/v1/contact", "", "", nil, 404, "not_found"},
		{"token of nobody", "GET", "/api/v1/contact", "", "", map[string]string{"Authorization": "Bearer " + secret}, 404, "not_found"},
		{"token by another scheme", "GET", "/api/v1/contact", "", "", map[string]string{"Authorization": "Basic " + secret}, 404, "not_found"},
		{"token that is huge", "GET", "/api/v1/contact", "", "", map[string]string{"Authorization": "Bearer " + secret + strings.Repeat("A", 8000)}, 404, "not_found"},
		{"leave by nobody", "POST", "/api/v1/contact/leave", js, `{"token":"` + secret + `","kind":"done"}`, nil, 204, ""},
		{"leave by a form of nobody", "POST", "/api/v1/contact/leave", "application/x-www-form-urlencoded", "token=" + secret, nil, 204, ""},
		{"leave by a form that is broken", "POST", "/api/v1/contact/leave", "application/x-www-form-urlencoded", "token=%zz" + secret, nil, 400, "malformed"},
		{"leave in an unknown way", "POST", "/api/v1/contact/leave", js, `{"token":"t","kind":"` + secret + `"}`, nil, 422, "invalid_value"},
		{"number that is none", "POST", "/api/v1/contact/resume", js, `{"request_id":"` + uuid.NewString() + `","return_number":"` + secret + `"}`, nil, 422, "invalid_value"},
		{"number of nobody", "POST", "/api/v1/contact/resume", js, `{"request_id":"` + uuid.NewString() + `","return_number":"00000000"}`, nil, 404, "not_found"},

		{"wrong password", "POST", "/api/v1/session", js, `{"name":"aino","password":"` + secret + `"}`, nil, 401, "bad_credentials"},
		{"nobody signs in", "POST", "/api/v1/session", js, `{"name":"` + secret + `","password":"` + secret + `"}`, nil, 401, "bad_credentials"},
		{"sign-in from elsewhere", "POST", "/api/v1/session", js, `{"name":"aino","password":"x"}`, map[string]string{"Origin": "https://" + secret + ".example"}, 403, "bad_origin"},
		{"no session", "GET", "/api/v1/session", "", "", nil, 401, "signed_out"},
		{"session of nobody", "GET", "/api/v1/session", "", "", map[string]string{"Cookie": cookie + secret}, 401, "signed_out"},
		{"ticket without session", "POST", "/api/v1/console/ticket", "", "", map[string]string{"Origin": h.origin()}, 401, "signed_out"},
		{"ticket without origin", "POST", "/api/v1/console/ticket", "", "", map[string]string{"Cookie": cookie + adviser.cookie.Value}, 403, "bad_origin"},
		{"ticket from elsewhere", "POST", "/api/v1/console/ticket", "", "", map[string]string{"Cookie": cookie + adviser.cookie.Value, "Origin": "null"}, 403, "bad_origin"},

		{"no such page", "GET", "/" + secret, "", "", nil, 404, "not_found"},
		{"no such file", "GET", "/static/../" + secret, "", "", nil, 404, ""},
		{"query of a stranger", "GET", "/api/v1/contact?token=" + secret, "", "", nil, 404, "not_found"},
		{"other method", "PUT", contacts, js, secret, nil, 405, "method_not_allowed"},
		{"unknown method", "BREW", contacts, js, secret, nil, 405, "method_not_allowed"},
		{"huge header", "GET", "/", "", "", map[string]string{"X-Secret": secret + strings.Repeat("A", 40<<10)}, 431, ""},
		{"upgrade without origin", "GET", "/api/v1/contact/socket", "", "", nil, 403, "bad_origin"},
		{"upgrade from elsewhere", "GET", "/api/v1/console/socket", "", "", map[string]string{"Origin": "http://" + secret}, 403, "bad_origin"},
		{"socket without upgrade", "GET", "/api/v1/contact/socket", "", "", map[string]string{"Origin": h.origin()}, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			req, err := http.NewRequest(c.method, h.origin()+c.path, strings.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			if c.kind != "" {
				req.Header.Set("Content-Type", c.kind)
			}
			for k, v := range c.head {
				req.Header.Set(k, v)
			}
			res, err := client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = res.Body.Close() }()
			body, _ := io.ReadAll(res.Body)
			var head strings.Builder
			_ = res.Header.Write(&head)
			if strings.Contains(string(body)+head.String(), secret) {
				t.Errorf("the answer repeats the input")
			}
			if c.status == 0 { // any refusal
				if res.StatusCode < 400 || res.StatusCode >= 500 {
					t.Errorf("answered %d", res.StatusCode)
				}
				return
			}
			if res.StatusCode != c.status {
				t.Fatalf("answered %d, want %d: %s", res.StatusCode, c.status, body)
			}
			if c.code == "" {
				return
			}
			var p struct {
				Status int    `json:"status"`
				Code   string `json:"code"`
			}
			if err := json.Unmarshal(body, &p); err != nil || p.Code != c.code || p.Status != c.status {
				t.Errorf("answered %s, want the code %s", body, c.code)
			}
			if kind := res.Header.Get("Content-Type"); kind != "application/problem+json" {
				t.Errorf("answered as %q", kind)
			}
		})
	}
}

// sent is one frame as it goes over the wire.
type sent struct {
	kind int
	data string
}

func text(s string) sent { return sent{websocket.TextMessage, s} }

// converse sends frames and gives all that comes back until the close, and its code; 0 when the
// socket still lives once an error frame has come.
func converse(t *testing.T, h *house, path string, frames []sent) (errs []frame, all string, code int) {
	t.Helper()
	conn, err := h.dial(t.Context(), path)
	if err != nil {
		t.Fatalf("open socket: %v", err)
	}
	defer func() { _ = conn.Close() }()
	for _, f := range frames {
		_ = conn.SetWriteDeadline(time.Now().Add(5 * time.Second))
		if err := conn.WriteMessage(f.kind, []byte(f.data)); err != nil {
			break // refused already: the close code tells
		}
	}
	var got strings.Builder
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	for {
		_, data, err := conn.ReadMessage()
		var closed *websocket.CloseError
		if errors.As(err, &closed) {
			got.WriteString(closed.Text)
			return errs, got.String(), closed.Code
		}
		if err != nil {
			t.Fatalf("read socket: %v", err)
		}
		got.Write(data)
		var f frame
		if json.Unmarshal(data, &f) == nil && f.Type == "error" {
			errs = append(errs, f)
			// Does it live? A close would come within this time.
			_ = conn.SetReadDeadline(time.Now().Add(500 * time.Millisecond))
			_, data, err := conn.ReadMessage()
			got.Write(data)
			if errors.As(err, &closed) {
				got.WriteString(closed.Text)
				return errs, got.String(), closed.Code
			}
			return errs, got.String(), 0
		}
	}
}

type badFrame struct {
	name   string
	frames []sent
	code   string // of the error frame; "" for none or any
	close  int    // 0: the socket lives on
}

func (c badFrame) check(t *testing.T, h *house, path, secret string) {
	errs, all, code := converse(t, h, path, c.frames)
	if strings.Contains(all, secret) {
		t.Errorf("the answer repeats the input: %s", all)
	}
	if code != c.close {
		t.Errorf("closed with %d, want %d (%s)", code, c.close, all)
	}
	if c.code != "" && (len(errs) == 0 || errs[0].Code != c.code) {
		t.Errorf("errors %+v, want %s", errs, c.code)
	}
}

func badContactFrames(t *testing.T, h *house, secret string) {
	const path = "/api/v1/contact/socket"
	cid := uuid.NewString()
	hello := func(t *testing.T) sent {
		// A language of its own tells these contacts from those that must not change.
		b, _ := json.Marshal(map[string]any{"type": "hello", "v": 1, "token": h.admit(t, "se").Token, "after": 0})
		return text(string(b))
	}
	for _, c := range []badFrame{
		{"binary", []sent{{websocket.BinaryMessage, secret}}, "", 1003},
		{"words", []sent{text(secret)}, "", 1007},
		{"not UTF-8", []sent{text("{\"type\":\"" + secret + "\xff\"}")}, "", 1007},
		{"huge", []sent{text(`{"type":"hello","token":"` + secret + strings.Repeat("x", 17<<10) + `"}`)}, "", 1009},
		{"say before hello", []sent{text(`{"type":"say","cid":"` + cid + `","text":"` + secret + `"}`)}, "", 4400},
		{"token of nobody", []sent{text(`{"type":"hello","v":1,"token":"` + secret + `","after":0}`)}, "", 4503},
		{"other version", []sent{text(`{"type":"hello","v":99,"token":"` + secret + `","after":0}`)}, "", 4400},
		{"hello with more", []sent{text(`{"type":"hello","v":1,"token":"t","after":0,"` + secret + `":1}`)}, "", 4400},
		{"hello before the beginning", []sent{text(`{"type":"hello","v":1,"token":"` + secret + `","after":-1}`)}, "", 4400},
	} {
		t.Run(c.name, func(t *testing.T) { c.check(t, h, path, secret) })
	}
	for _, c := range []badFrame{ // after a good hello
		{"words later", []sent{text(secret)}, "", 1007},
		{"binary later", []sent{{websocket.BinaryMessage, secret}}, "", 1003},
		{"unknown type", []sent{text(`{"type":"nonsense","text":"` + secret + `"}`)}, "", 1003},
		{"type that is none", []sent{text(`{"type":"` + secret + `"}`)}, "", 1007},
		{"second hello", []sent{text(`{"type":"hello","v":1,"token":"` + secret + `","after":0}`)}, "", 4400},
		{"say with more", []sent{text(`{"type":"say","cid":"` + cid + `","text":"x","` + secret + `":1}`)}, "", 1007},
		{"say twice the key", []sent{text(`{"type":"say","cid":"` + cid + `","text":"x","text":"` + secret + `"}`)}, "", 1007},
		{"say without cid", []sent{text(`{"type":"say","text":"` + secret + `"}`)}, "invalid_value", 0},
		{"say with a cid that is none", []sent{text(`{"type":"say","cid":"` + secret + `","text":"` + secret + `"}`)}, "invalid_value", 0},
		{"say nothing", []sent{text(`{"type":"say","cid":"` + cid + `","text":""}`)}, "invalid_value", 0},
		{"say too much", []sent{text(`{"type":"say","cid":"` + cid + `","text":"` + secret + strings.Repeat("ä", 2000) + `"}`)}, "invalid_value", 0},
		{"say a number", []sent{text(`{"type":"say","cid":"` + cid + `","text":5}`)}, "", 1007},
		{"got words", []sent{text(`{"type":"got","seq":"` + secret + `"}`)}, "", 1007},
		{"leave in an unknown way", []sent{text(`{"type":"leave","kind":"` + secret + `"}`)}, "", 1007},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.frames = append([]sent{hello(t)}, c.frames...)
			c.check(t, h, path, secret)
		})
	}
}

func badConsoleFrames(t *testing.T, h *house, adviser *consoleClient, other, secret string) {
	const path = "/api/v1/console/socket"
	ref, cid := uuid.NewString(), uuid.NewString()
	for _, c := range []badFrame{
		{"binary", []sent{{websocket.BinaryMessage, secret}}, "", 1003},
		{"words", []sent{text(secret)}, "", 4400},
		{"duty before hello", []sent{text(`{"type":"duty","ref":"` + ref + `","state":"ready"}`)}, "", 4400},
		{"ticket of nobody", []sent{text(`{"type":"hello","ref":"` + ref + `","v":1,"ticket":"` + secret + `","after":{},"holds":[]}`)}, "", 4505},
		{"huge", []sent{text(`{"type":"hello","ticket":"` + secret + strings.Repeat("x", 40<<10) + `"}`)}, "", 1009},
	} {
		t.Run(c.name, func(t *testing.T) { c.check(t, h, path, secret) })
	}
	// On the adviser's own socket, which has to live.
	for _, c := range []struct {
		name, code string
		frame      map[string]any
	}{
		{"unknown type", "unknown_type", map[string]any{"type": "nonsense", "text": secret}},
		{"type that is none", "malformed", map[string]any{"type": secret}},
		{"more than there is", "malformed", map[string]any{"type": "duty", "state": "ready", secret: 1}},
		{"wrong type", "malformed", map[string]any{"type": "duty", "state": 5}},
		{"unknown state", "invalid_value", map[string]any{"type": "duty", "state": secret}},
		{"unknown reason", "invalid_value", map[string]any{"type": "duty", "state": "paused", "reason": secret}},
		{"offer that is none", "invalid_value", map[string]any{"type": "accept", "offer": secret}},
		{"offer of nobody", "offer_gone", map[string]any{"type": "accept", "offer": uuid.NewString()}},
		{"another's contact", "not_found", map[string]any{"type": "end", "contact": other, "reason": "done"}},
		{"unknown contact", "not_found", map[string]any{"type": "end", "contact": uuid.NewString(), "reason": "done"}},
		{"say to another's", "not_found", map[string]any{"type": "say", "contact": other, "cid": cid, "text": secret}},
		{"outcome of another's", "not_found", map[string]any{"type": "outcome", "contact": other, "outcome": map[string]any{"outcome": []string{"misuse"}}}},
		{"outcome without one", "invalid_value", map[string]any{"type": "outcome", "contact": other, "outcome": map[string]any{}}},
		{"outcome of an unknown code", "invalid_value", map[string]any{"type": "outcome", "contact": other, "outcome": map[string]any{"outcome": []string{secret}}}},
		{"outcome with words", "invalid_value", map[string]any{"type": "outcome", "contact": other, "outcome": map[string]any{"outcome": []string{"misuse"}, secret: secret}}},
		{"matter number that is none", "invalid_value", map[string]any{"type": "matter", "number": secret}},
		{"a referral with words", "malformed", map[string]any{"type": "referral", "action": "claim", "referral": cid, "text": secret}},
		{"a step with no referral", "malformed", map[string]any{"type": "referral", "action": secret}},
		{"a referral of nobody", "not_found", map[string]any{"type": "referral", "action": "note", "referral": cid, "note": secret}},
		{"a receipt that is none", "invalid_value", map[string]any{"type": "disclosure", "ground": "emergency", "receiver": secret}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := adviser.ask(t, c.frame)
			if a.Type != "error" || a.Code != c.code {
				t.Errorf("answered %s %s, want the error %s", a.Type, a.Code, c.code)
			}
			if told, _ := json.Marshal(a); strings.Contains(string(told), secret) {
				t.Errorf("the answer repeats the input")
			}
		})
	}
	if adviser.welcomed() != 1 || !adviser.connected() {
		t.Errorf("the console was cut off on the way")
	}
}
