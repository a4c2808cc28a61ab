package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
)

func strconvI(n int64) string { return strconv.FormatInt(n, 10) }

// admission is the answer to an intake.
type admission struct {
	Contact  string `json:"contact"`
	Token    string `json:"token"`
	Number   string `json:"return_number"`
	State    string `json:"state"`
	Position *struct {
		Ahead int `json:"ahead"`
	} `json:"position"`
}

// intake is the body of a new contact that talks in a language.
func intake(language string) map[string]any {
	return map[string]any{
		"request_id": uuid.NewString(), "channel": "chat", "page_language": "en",
		"talk_language": language, "asks": "help",
	}
}

// post sends JSON and gives status and body; status 0: no answer.
func (h *house) post(path string, body any) (int, []byte) {
	text, err := json.Marshal(body)
	if err != nil {
		return 0, nil
	}
	res, err := client.Post(h.origin()+path, "application/json", bytes.NewReader(text))
	if err != nil {
		return 0, nil
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, nil
	}
	return res.StatusCode, answer
}

// admit takes a new contact in, which has to succeed.
func (h *house) admit(t *testing.T, language string) admission {
	t.Helper()
	return h.admitted(t, intake(language))
}

func (h *house) admitted(t *testing.T, intake map[string]any) admission {
	t.Helper()
	status, body := h.post("/api/v1/contacts", intake)
	if status != http.StatusCreated {
		t.Fatalf("intake answers %d: %s", status, body)
	}
	var a admission
	if err := json.Unmarshal(body, &a); err != nil {
		t.Fatalf("read admission: %v", err)
	}
	return a
}

// contactClient is a phone with the contact page open.
type contactClient struct {
	peer
	admission

	mu     sync.Mutex
	box    outbox
	heard  transcript
	sent   []string // every text, in order
	state  string
	alias  string
	aheads []int // every place that was told
	reason string
	told   []string // who joined and who took over
	faults []string
}

// call makes a new contact and connects it.
func call(t *testing.T, h *house, language string) *contactClient {
	t.Helper()
	c := &contactClient{admission: h.admit(t, language)}
	c.connect(t, h)
	eventually(t, patience, "contact is welcomed", c.connected)
	return c
}

func (c *contactClient) connect(t *testing.T, h *house) {
	c.prepare(t, h)
	c.begin()
}

func (c *contactClient) prepare(t *testing.T, h *house) {
	c.peer = peer{t: t, name: "contact", h: h, path: "/api/v1/contact/socket", read: c.take, up: c.resend}
	c.peer.hello = func() (any, error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		return map[string]any{"type": "hello", "v": 1, "token": c.Token, "after": c.heard.after}, nil
	}
}

// say queues messages; they go out as soon as they may, and again until they were answered.
func (c *contactClient) say(texts ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, text := range texts {
		c.sent = append(c.sent, text)
		c.box.add(map[string]any{"text": text})
	}
	c.box.flush(c.send)
}

// leave goes for good.
func (c *contactClient) leave(kind string) { c.send(map[string]any{"type": "leave", "kind": kind}) }

func (c *contactClient) resend() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.box.again()
	c.box.flush(c.send)
}

func (c *contactClient) take(f frame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch f.Type {
	case "welcome":
		c.state, c.alias = f.State, f.Alias
		c.box.seen(f.Seq)
		c.box.again() // before anybody may send on this connection
	case "position":
		c.state = "waiting"
		if f.Ahead != nil {
			c.aheads = append(c.aheads, *f.Ahead)
		}
	case "joined", "transferred":
		c.told = append(c.told, f.Type+" "+f.Alias)
		c.state, c.alias = "active", f.Alias
	case "left":
		c.told = append(c.told, f.Type+" "+f.Alias)
	case "away":
		c.state = "away"
	case "message":
		c.box.seen(f.Seq)
		if f.From == "contact" {
			c.box.said(f.CID)
		}
		c.heard.take(f)
		c.box.flush(c.send)
	case "said":
		c.box.seen(f.Seq)
		c.box.said(f.CID)
		c.box.flush(c.send)
	case "ended":
		c.state, c.reason = "ended", f.Reason
	case "error":
		c.faults = append(c.faults, f.Code)
		c.box.refused(f.CID, f.Retry, func(pass func()) {
			time.AfterFunc(soon, func() {
				c.mu.Lock()
				defer c.mu.Unlock()
				pass()
				c.box.flush(c.send)
			})
		})
		c.box.flush(c.send)
	}
}

func (c *contactClient) is(state string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state == state
}

// unanswered counts messages that the server has not yet acknowledged.
func (c *contactClient) unanswered() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.box.waiting)
}

func (c *contactClient) transcript() (transcript, []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	x := c.heard
	x.got = append([]frame(nil), x.got...)
	return x, append([]string(nil), c.sent...)
}

func (c *contactClient) hears() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.heard.from("adviser"))
}

func (c *contactClient) refused() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.faults...)
}
