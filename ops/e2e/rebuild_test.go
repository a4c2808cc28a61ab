package e2e

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

// TestRedisIsRestartedAndLostUnderRunningNodes: two nodes, talk on both sides. Redis is killed and comes back
// on its file, then empty, then empty while Postgres is away, then everything stops and starts again. Whoever
// has a page or a console open goes on, and says and hears everything once, in order; who waits keeps the
// place.
func TestRedisIsRestartedAndLostUnderRunningNodes(t *testing.T) {
	t.Parallel()
	s := several(t, 2, settings{"RECLAIM_SECONDS": "3", "OFFER_SECONDS": "300", "ADVISER_GRACE_SECONDS": "120"})
	open := s.chats(t, 6)
	waits := &contactClient{admission: s.any().admit(t, "sv")}
	waits.connect(t, s.any())
	waits.say("before")
	eventually(t, patience, "who waits is welcomed", waits.connected)
	for _, p := range append(peersOf(open), &waits.peer) {
		p.wander(s.any)
	}
	conn := s.each[0].postgres("adviceline")
	arrival := func() (at time.Time) {
		if err := conn.QueryRow(t.Context(), "SELECT arrival FROM contact WHERE contact = $1", waits.Contact).Scan(&at); err != nil {
			t.Fatal(err)
		}
		return at
	}
	came := arrival()
	lives := func() int64 { return count(t, conn, "SELECT number FROM incarnation") }
	goOn := func(what string) {
		t.Helper()
		talk(open, what, 4, 100*time.Millisecond)()
		settle(t, open, 2*patience)
		checkChats(t, open)
		eventually(t, patience, "who waits is back", func() bool { return waits.connected() && waits.is("waiting") })
	}
	goOn("first")

	s.rdb.Kill()
	s.mustStartRedis()
	goOn("restarted")
	if n := s.each[0].metric("adviceline_text_lost_total") + s.each[1].metric("adviceline_text_lost_total"); n != 0 || lives() != 2 {
		t.Errorf("after a restart: text lost in %.0f conversations, incarnation %d", n, lives())
	}

	wait := talk(open, "lost", 30, 200*time.Millisecond)
	s.loseRedis()
	s.mustStartRedis()
	wait()
	goOn("after the loss")
	if n := s.each[0].metric("adviceline_text_lost_total") + s.each[1].metric("adviceline_text_lost_total"); n != 7 || lives() != 3 {
		t.Errorf("after the loss: text lost in %.0f conversations of 7, incarnation %d", n, lives())
	}

	s.db.stop()
	s.loseRedis()
	s.mustStartRedis()
	eventually(t, patience, "the line is closed, and says where to call", func() bool {
		status, body := s.each[0].post("/api/v1/contacts", intake("fi"))
		return status == http.StatusServiceUnavailable && strings.Contains(string(body), `"phone"`)
	})
	s.db.start()
	conn = s.each[0].postgres("adviceline")
	goOn("after both")

	for _, h := range s.each {
		h.kill9()
	}
	s.rdb.Kill()
	s.db.stop()
	s.db.start()
	s.mustStartRedis()
	for _, h := range s.each {
		h.launch()
	}
	for _, h := range s.each {
		h.await()
	}
	conn = s.each[0].postgres("adviceline")
	goOn("after all of it")

	if at := arrival(); !at.Equal(came) {
		t.Errorf("who waits has arrived at %s, at first at %s", at, came)
	}
	svea := attend(t, s.each[0], "svea", "sv", 1)
	svea.wander(s.any)
	offer := svea.offer(t, waits.Contact)
	if offer.Asks != "other" { // what was told at the intake is gone; the frame still has to be one
		t.Errorf("who lost what was told asks for %q", offer.Asks)
	}
	svea.accept(t, offer)
	waits.say("after")
	all := append(open, chat{contact: waits, console: svea})
	settle(t, all, patience)
	checkChats(t, open)
	heard, _ := svea.transcript(waits.Contact)
	checkHeard(t, "svea", heard, "contact", []string{"before", "after"})
	for _, c := range all {
		checkOwners(t, c.contact.Contact, c.console)
		c.console.record(t, c.contact.Contact)
	}
	s.checkRecorded(t, len(all))
}

// TestCallbackTakenWithoutRedisIsQueuedAfterwards: it stands in Postgres alone until Redis is back.
func TestCallbackTakenWithoutRedisIsQueuedAfterwards(t *testing.T) {
	t.Parallel()
	s := several(t, 1, settings{"RECLAIM_SECONDS": "1"})
	h := s.each[0]
	aino := attend(t, h, "aino", "fi", 1)
	s.rdb.Kill()
	now := time.Now().UTC()
	status, body := h.post("/api/v1/contacts", map[string]any{
		"request_id": uuid.NewString(), "channel": "callback", "page_language": "fi", "talk_language": "fi", "asks": "work",
		"callback": map[string]any{
			"number": callMobile, "windows": []map[string]string{{"from": stamp(now.Add(-time.Minute)), "to": stamp(now.Add(2 * time.Hour))}},
		},
	})
	if status != http.StatusCreated {
		t.Fatalf("a callback without Redis answers %d: %s", status, body)
	}
	if status, body := h.post("/api/v1/contacts", intake("fi")); status != http.StatusServiceUnavailable || !strings.Contains(string(body), `"phone"`) {
		t.Errorf("a chat without Redis answers %d: %s", status, body)
	}
	if err := s.rdb.Empty(); err != nil {
		t.Fatal(err)
	}
	s.mustStartRedis()
	aino.offer(t, "")
}

func (s *nodes) mustStartRedis() {
	s.t.Helper()
	if err := s.rdb.Start(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

// loseRedis kills it and throws away what it kept.
func (s *nodes) loseRedis() {
	s.t.Helper()
	s.rdb.Kill()
	if err := s.rdb.Empty(); err != nil {
		s.t.Fatal(err)
	}
}
