package ops

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func ask(h http.Handler, path string) (int, string) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w.Code, strings.TrimSpace(w.Body.String())
}

func TestReadinessNamesWhatIsDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var h Health
		var redis, postgres atomic.Bool // true: down
		h.Check("postgres", false, func(context.Context) error { return when(postgres.Load()) })
		h.Check("redis", true, func(ctx context.Context) error {
			if redis.Load() {
				<-ctx.Done() // as if it hung
			}
			return ctx.Err()
		})
		handler := h.Handler(sample().Handler())
		expect := func(code int, body string) {
			t.Helper()
			<-time.After(checkKept + time.Millisecond) // the clock of synctest: no real wait
			if c, b := ask(handler, "/readyz"); c != code || b != body {
				t.Errorf("readyz says %d %s", c, b)
			}
		}
		expect(200, `{"degraded":[]}`)
		postgres.Store(true)
		if c, b := ask(handler, "/readyz"); c != 200 || b != `{"degraded":[]}` {
			t.Errorf("a fresh answer was not given again: %d %s", c, b)
		}
		expect(200, `{"degraded":["postgres"]}`)
		redis.Store(true)
		expect(503, `{"degraded":["postgres","redis"]}`)
		redis.Store(false)
		postgres.Store(false)
		h.Drain()
		expect(503, `{"degraded":["draining"]}`)
		if c, _ := ask(handler, "/healthz"); c != 200 {
			t.Errorf("healthz says %d while it drains", c)
		}
		if c, b := ask(handler, "/metrics"); c != 200 || !strings.Contains(b, "adviceline_waiting 0") {
			t.Errorf("metrics say %d", c)
		}
		if c, _ := ask(handler, "/other"); c != 404 {
			t.Errorf("other says %d", c)
		}
	})
}

func when(down bool) error {
	if down {
		return errors.New("down")
	}
	return nil
}
