package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"adviceline/helpline/codes"
	"adviceline/helpline/disclose"
	"adviceline/storage"
)

// servedLine is a node that runs, with a supervisor who is signed in, over a database that a test has filled.
type servedLine struct {
	env
	cookies []*http.Cookie
}

// ask gives status and body of one call of the supervisor.
func (s *servedLine) ask(path string) (int, string) {
	s.Helper()
	req, err := http.NewRequestWithContext(s.Context(), http.MethodGet, "http://"+s.value("ADDR")+path, nil)
	if err != nil {
		s.Fatal(err)
	}
	for _, c := range s.cookies {
		req.AddCookie(c)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		s.Fatal(err)
	}
	return res.StatusCode, string(body)
}

// sql runs one statement on the line's database.
func (e env) sql(query string, args ...any) {
	e.Helper()
	conn, err := pgx.Connect(e.Context(), e.value("DATABASE_URL"))
	if err != nil {
		e.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(e.Context())) }()
	if _, err := conn.Exec(e.Context(), query, args...); err != nil {
		e.Fatal(err)
	}
}

// serveLine starts a node on what fill has put into the database, and signs a supervisor in.
func serveLine(t *testing.T, fill func(env)) *servedLine {
	t.Helper()
	e := newEnv(t)
	if err := os.WriteFile(e.value("DATA_DIR")+"/root.key", bytes.Repeat([]byte{7}, 32), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := storage.Migrate(t.Context(), e.value("DATABASE_URL")); err != nil {
		t.Fatal(err)
	}
	if status, _, errs := e.run(goodPassword, "adviser", "add", "saara", "--role", "supervisor", "--password-stdin"); status != 0 {
		t.Fatal(errs)
	}
	fill(e)
	ctx, cancel := context.WithCancel(context.Background())
	var out, errs output
	done := make(chan int, 1)
	go func() { done <- run(ctx, terminal{out: &out, err: &errs, env: e.vars}, []string{"serve"}) }()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	s := &servedLine{env: e}
	s.until("the node is ready", func() bool {
		status, _ := fetch(t, "http://"+e.value("OPS_ADDR")+"/readyz")
		return status == http.StatusOK
	})
	origin := "http://" + e.value("ADDR")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, origin+"/api/v1/session",
		strings.NewReader(`{"name":"saara","password":"`+goodPassword+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", origin)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if s.cookies = res.Cookies(); res.StatusCode != http.StatusNoContent {
		t.Fatal(res.Status)
	}
	return s
}

func (s *servedLine) until(what string, ready func() bool) {
	s.Helper()
	for deadline := time.Now().Add(30 * time.Second); !ready(); {
		if time.Now().After(deadline) {
			s.Fatal("waited in vain: " + what)
		}
	}
}

// TestARunningLineReleases: what is counted of a period that is over is published by the node itself and can be had
// over HTTP; an outcome more or less afterwards changes no byte, also of a node that starts anew.
func TestARunningLineReleases(t *testing.T) {
	t.Parallel()
	s := serveLine(t, func(e env) {
		counts := disclose.Counts{}
		for i := range 200 {
			counts.CountOutcome(codes.Answers{
				Channel: "phone", Role: []string{"self", "authority", "ngo"}[i%3], Topic: "legal", Assessment: "unlikely", Outcome: []string{"advice_given"},
			})
		}
		for _, tab := range []string{"topic", "assessment"} {
			for cell, n := range counts[tab] {
				e.sql(`INSERT INTO counter (period, tab, cell, count) VALUES ('2025Q2', $1, $2, $3)`, tab, cell, n)
			}
		}
	})
	s.until("the quarter is published", func() bool {
		_, body := s.ask("/api/v1/reports")
		return strings.Contains(body, `"2025Q2"`) && strings.Contains(body, `"2025"`)
	})
	paths := []string{"/api/v1/reports/topic?period=2025Q2", "/api/v1/reports/topic.csv?period=2025Q2", "/api/v1/reports/topic?period=2025H1"}
	before := map[string]string{}
	for _, path := range paths {
		status, body := s.ask(path)
		if before[path] = body; status != http.StatusOK {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	store, err := storage.Open(t.Context(), storage.Options{URL: s.value("DATABASE_URL"), Pool: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	for _, change := range []string{`UPDATE counter SET count = count + 1`, `UPDATE counter SET count = greatest(count - 2, 0)`} {
		s.sql(change)
		if done, err := store.Release(t.Context(), storage.ReleaseOptions{}); err != nil || done.Periods != 0 {
			t.Errorf("released again: %+v, %v", done, err)
		}
		for _, path := range paths {
			if _, body := s.ask(path); body != before[path] {
				t.Errorf("%s is other bytes after %s", path, change)
			}
		}
	}
	if _, m := fetch(t, "http://"+s.value("OPS_ADDR")+"/metrics"); !strings.Contains(m, `adviceline_released_tables_total{result="published"}`) || strings.Contains(m, `adviceline_released_tables_total{result="published"} 0`) {
		t.Error("no metric counts what was released")
	}
}
