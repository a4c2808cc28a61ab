package deliver

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Tolerance is how far the timestamp of a webhook may be from the receiver's clock, either way: older
// ones are replays.
const Tolerance = 5 * time.Minute

// The headers of a webhook, as the Standard Webhooks specification names them
// (https://www.standardwebhooks.com).
const (
	headerID        = "webhook-id"
	headerTimestamp = "webhook-timestamp"
	headerSignature = "webhook-signature"
)

// Webhook posts pages as JSON to one address, signed by HMAC-SHA256 over "id.timestamp.body" as Standard
// Webhooks asks. Safe for concurrent use.
type Webhook struct {
	url    string
	key    []byte
	client *http.Client
	now    func() time.Time
}

// leastKey is the shortest secret in bytes that signs.
const leastKey = 24

// NewWebhook takes an http or https address and a secret of the form whsec_BASE64 (at least 24 bytes).
// It follows no redirect: a signed message goes where it was meant to go, or nowhere.
func NewWebhook(address, secret string) (*Webhook, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, ErrSettings
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil || len(key) < leastKey {
		return nil, ErrSettings
	}
	return &Webhook{
		url: address, key: key, now: time.Now,
		client: &http.Client{
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// Name implements Way.
func (w *Webhook) Name() string { return "webhook" }

// pageBody is the webhook's body.
type pageBody struct {
	Type      string   `json:"type"`
	Timestamp string   `json:"timestamp"`
	Data      pageData `json:"data"`
}

type pageData struct {
	Step   int    `json:"step"`
	Cause  string `json:"cause"`
	Waited int    `json:"waited_seconds"`
	To     string `json:"to,omitempty"`
	Link   string `json:"link,omitempty"`
}

// Send implements Way. Any answer of 200 to 299 counts; the answer's text is never read.
func (w *Webhook) Send(ctx context.Context, p Page) error {
	at := w.now().UTC()
	body, err := json.Marshal(pageBody{
		Type: "page", Timestamp: at.Format(time.RFC3339),
		Data: pageData{Step: p.Step, Cause: p.Cause, Waited: p.Waited, To: p.To, Link: p.Link},
	})
	if err != nil {
		return ErrSettings
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, bytes.NewReader(body))
	if err != nil {
		return ErrSettings
	}
	stamp := strconv.FormatInt(at.Unix(), 10)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(headerID, p.ID)
	r.Header.Set(headerTimestamp, stamp)
	r.Header.Set(headerSignature, sign(w.key, p.ID, stamp, body))
	answer, err := w.client.Do(r)
	if err != nil {
		return ErrUnreachable
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 4<<10)) // so that the connection is used again
	_ = answer.Body.Close()
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return ErrRefused
	}
	return nil
}

// sign is "v1," and the base64 of HMAC-SHA256 over id.timestamp.body.
func sign(key []byte, id, stamp string, body []byte) string {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(id + "." + stamp + "."))
	h.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// Verify is what a receiver does: it tells whether a webhook was signed with the secret within Tolerance
// of now.
func Verify(secret string, h http.Header, body []byte, now time.Time) bool {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil || len(key) < leastKey {
		return false
	}
	seconds, err := strconv.ParseInt(h.Get(headerTimestamp), 10, 64)
	if err != nil || now.Sub(time.Unix(seconds, 0)).Abs() > Tolerance {
		return false
	}
	want := sign(key, h.Get(headerID), h.Get(headerTimestamp), body)
	for got := range strings.FieldsSeq(h.Get(headerSignature)) {
		if hmac.Equal([]byte(got), []byte(want)) {
			return true
		}
	}
	return false
}
