package e2e

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"
)

// ear is a supervisor's socket on which they listen in.
type ear struct {
	t    *testing.T
	conn *websocket.Conn
	mu   sync.Mutex
	got  []frame
	done chan int // the close code
}

// boardTicket asks for a ticket to listen in, and gives the status where there is none.
func (h *house) boardTicket(t *testing.T, path string, cookie *http.Cookie) (ticket string, status int) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.origin()+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Origin", h.origin())
	req.AddCookie(cookie)
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var body struct {
		Ticket string `json:"ticket"`
	}
	_ = json.NewDecoder(res.Body).Decode(&body)
	return body.Ticket, res.StatusCode
}

// listen opens such a socket with a ticket.
func (h *house) listen(t *testing.T, ticket, contact string) *ear {
	t.Helper()
	conn, err := h.dial(t.Context(), "/api/v1/board/listen")
	if err != nil {
		t.Fatal(err)
	}
	e := &ear{t: t, conn: conn, done: make(chan int, 1)}
	t.Cleanup(func() { _ = conn.Close() })
	go func() {
		for {
			_, raw, err := conn.ReadMessage()
			if err != nil {
				code := 0
				if closed, ok := err.(*websocket.CloseError); ok { //nolint:errorlint // gorilla gives it bare
					code = closed.Code
				}
				e.done <- code
				return
			}
			var f frame
			_ = json.Unmarshal(raw, &f)
			e.mu.Lock()
			e.got = append(e.got, f)
			e.mu.Unlock()
		}
	}()
	e.send(map[string]any{"type": "hello", "v": 1, "ticket": ticket, "contact": contact})
	return e
}

func (e *ear) send(f map[string]any) {
	e.t.Helper()
	if err := write(e.conn, f); err != nil {
		e.t.Fatal(err)
	}
}

// hears waits for a frame and gives it.
func (e *ear) hears(what string, is func(f frame) bool) (found frame) {
	e.t.Helper()
	eventually(e.t, patience, what, func() bool {
		e.mu.Lock()
		defer e.mu.Unlock()
		i := slices.IndexFunc(e.got, is)
		if i >= 0 {
			found = e.got[i]
		}
		return i >= 0
	})
	return found
}

func (e *ear) kind(kind string) frame {
	e.t.Helper()
	return e.hears("hears "+kind, func(f frame) bool { return f.Type == kind })
}

func (e *ear) text(text string) {
	e.t.Helper()
	e.hears("hears a text", func(f frame) bool { return f.Type == "message" && f.Text == text })
}

// texts are all that it has heard.
func (e *ear) texts() (all []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, f := range e.got {
		if f.Text != "" {
			all = append(all, f.Text)
		}
	}
	return all
}

func (e *ear) closed(t *testing.T, want int) {
	t.Helper()
	select {
	case got := <-e.done:
		if got != want {
			t.Errorf("closed with %d, want %d", got, want)
		}
	case <-time.After(patience):
		t.Fatal("not closed")
	}
}

func (c *consoleClient) toldOfListeners() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.listeners)
}

func (c *contactClient) toldOf() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.told)
}

// A supervisor listens in: the audit has it before anybody is told, both sides are told before anything is heard, what
// was said before is not, nothing can be said there, nobody else may, and it ends with the leg. Without Postgres nobody
// is told and nothing is heard. What was heard is kept nowhere.
func TestListeningInIsNeverUnseen(t *testing.T) {
	t.Parallel()
	db := newDatabase(t)
	root := rootKey(t)
	h := open(t, settings{"DATABASE_URL": db.url("adviceline"), "ROOT_KEY_FILE": root})
	supervise := func(name string) *http.Cookie {
		_, cookies := h.signIn(name, h.supervisor(name, "fi"))
		return cookies[0]
	}
	saara, sanna := supervise("Saara"), supervise("Sanna")
	aino := attend(t, h, "aino", "fi", 2)
	c := call(t, h, "fi")
	aino.accept(t, aino.offer(t, c.Contact))
	said := map[string]string{}
	for _, what := range []string{"before", "by the contact", "by the adviser", "by the listener", "without Postgres"} {
		said[what] = "qz" + random(8) + "kuu"
	}
	c.say(said["before"])
	eventually(t, patience, "the adviser reads", func() bool { return aino.hears(c.Contact) == 1 })

	ticket := func(cookie *http.Cookie) string {
		t.Helper()
		text, status := h.boardTicket(t, "/api/v1/board/ticket", cookie)
		if status != http.StatusOK {
			t.Fatalf("ticket: %d", status)
		}
		return text
	}
	if _, status := h.boardTicket(t, "/api/v1/board/ticket", aino.cookie); status != http.StatusForbidden {
		t.Errorf("an adviser is given a ticket: %d", status)
	}
	theirs, err := aino.ticket()
	if err != nil {
		t.Fatal(err)
	}
	e := h.listen(t, theirs, c.Contact)
	if f := e.kind("error"); f.Code != "forbidden" {
		t.Errorf("an adviser: %+v", f)
	}
	e.closed(t, 4505)
	conn := db.must(t, "adviceline")
	if n := count(t, conn, "SELECT count(*) FROM audit WHERE deed = 'listened'"); n != 0 {
		t.Errorf("%d rows of nobody", n)
	}

	one := ticket(saara)
	e = h.listen(t, one, c.Contact)
	e.kind("listening")
	if n := count(t, conn, "SELECT count(*) FROM audit WHERE deed = 'listened' AND contact = '"+c.Contact+"'"); n != 1 {
		t.Errorf("%d rows in the audit", n)
	}
	eventually(t, patience, "both are told", func() bool {
		return slices.Contains(c.toldOf(), "joined Saara") && slices.Equal(aino.toldOfListeners(), []string{"joined Saara"})
	})
	for what, second := range map[string]struct {
		ticket string
		code   string
		close  int
	}{"another": {ticket(sanna), "listened", 4503}, "a ticket that was used": {one, "signed_out", 4504}} {
		o := h.listen(t, second.ticket, c.Contact)
		if f := o.kind("error"); f.Code != second.code {
			t.Errorf("%s: %+v", what, f)
		}
		o.closed(t, second.close)
	}
	c.say(said["by the contact"])
	e.text(said["by the contact"])
	aino.say(c.Contact, said["by the adviser"])
	e.text(said["by the adviser"])
	e.send(map[string]any{"type": "say", "contact": c.Contact, "cid": uuid.NewString(), "text": said["by the listener"]})
	if f := e.kind("error"); f.Code != "forbidden" {
		t.Errorf("says: %+v", f)
	}
	if all := e.texts(); len(all) != 2 {
		t.Errorf("heard %d texts, want two", len(all))
	}
	c.drop() // a page that comes back knows
	eventually(t, patience, "the contact is back", func() bool { return c.welcomed() > 1 && c.connected() })
	_ = e.conn.Close()
	eventually(t, patience, "both are told that it is over", func() bool {
		return slices.Contains(c.toldOf(), "left Saara") && slices.Equal(aino.toldOfListeners(), []string{"joined Saara", "left Saara"})
	})
	search(t, h, conn, said)

	waiting := ticket(saara)
	_ = conn.Close(t.Context())
	db.stop()
	before := len(c.toldOf())
	e = h.listen(t, waiting, c.Contact)
	if f := e.kind("error"); f.Code != "busy" && f.Code != "signed_out" {
		t.Errorf("without Postgres: %+v", f)
	}
	c.say(said["without Postgres"])
	eventually(t, patience, "the adviser reads on", func() bool { return aino.hears(c.Contact) == 3 })
	if told := c.toldOf(); len(told) != before || len(aino.toldOfListeners()) != 2 || len(e.texts()) > 0 {
		t.Errorf("told %v, heard %d", told, len(e.texts()))
	}
	db.start()
	var again *ear
	eventually(t, patience, "it goes again", func() bool {
		text, status := h.boardTicket(t, "/api/v1/board/ticket", saara)
		if status != http.StatusOK {
			return false
		}
		again = h.listen(t, text, c.Contact)
		return again.hears("is answered", func(f frame) bool { return f.Type == "listening" || f.Type == "error" }).Type == "listening"
	})
	aino.end(t, c.Contact)
	again.kind("ended")
	again.closed(t, 1000)
	aino.record(t, c.Contact)
}

// The node at which a supervisor listens in dies without a word. The chat at another node goes on, both sides are told
// that nobody listens any more, and another supervisor may: never somebody unseen, never a lock that nobody holds.
func TestListenerDiesWithItsNode(t *testing.T) {
	t.Parallel()
	s := several(t, 2, nil)
	here, there := s.each[0], s.each[1]
	aino := attend(t, here, "aino", "fi", 1)
	c := call(t, here, "fi")
	aino.accept(t, aino.offer(t, c.Contact))
	listens := func(h *house, name string) *ear {
		t.Helper()
		_, cookies := h.signIn(name, h.supervisor(name, "fi"))
		ticket, status := h.boardTicket(t, "/api/v1/board/ticket", cookies[0])
		if status != http.StatusOK {
			t.Fatalf("ticket: %d", status)
		}
		e := h.listen(t, ticket, c.Contact)
		e.kind("listening")
		return e
	}
	told := func(what string, want ...string) {
		t.Helper()
		eventually(t, patience, what, func() bool {
			mine := slices.DeleteFunc(c.toldOf(), func(w string) bool { return !strings.Contains(w, "Sa") })
			return slices.Equal(mine, want) && slices.Equal(aino.toldOfListeners(), want)
		})
	}
	e := listens(there, "Saara")
	told("both are told who listens", "joined Saara")
	c.say("heard at another node")
	e.text("heard at another node")
	there.kill9()
	eventually(t, patience, "its socket is gone", func() bool { return len(e.done) == 1 })
	c.say("nobody has died here")
	eventually(t, patience, "the adviser reads on", func() bool { return aino.hears(c.Contact) == 2 })
	told("both are told that nobody listens", "joined Saara", "left Saara")
	e = listens(here, "Sanna")
	told("both are told who listens now", "joined Saara", "left Saara", "joined Sanna")
	c.say("heard here")
	e.text("heard here")
	aino.end(t, c.Contact)
	e.kind("ended")
	aino.record(t, c.Contact)
}

// listenStory is a supervisor who listens in on a chat, with all three pages.
func listenStory(s *stage) {
	s.Helper()
	board := s.visitDesk("Sanna", "/board")
	board.write("name", "Sanna")
	board.write("password", s.h.supervisor("Sanna", s.lang))
	board.click("sign-in")
	board.until("has figures", `document.querySelector('[data-test="tile-waiting"]')`)
	password := s.h.adviser("Lotta", s.lang, 1)
	k := s.visitDesk("Lotta", "/console")
	k.write("name", "Lotta")
	k.write("password", password)
	k.click("sign-in")
	k.until("is connected", `document.querySelector('[data-test="connection"]').getAttribute("data-phase") === "open"`)
	k.click("pin-later")
	k.ready()
	p := s.visit("heard", s.home())
	p.click("asks-other")
	p.choose("talk-language", s.lang)
	p.click("start-chat")
	k.until("has an offer", `document.querySelector('[data-test="offer-accept"]')`)
	k.click("offer-accept")
	p.state("active")
	p.say("Ennen, före, before.")
	k.reads("contact", "Ennen, före, before.")
	board.until("shows the chat", `document.querySelector('[data-test="listen-in"]')`)
	s.at("talks", board)
	board.click("listen-in")
	board.until("listens in", `document.querySelector('[data-test="listen-stop"]').offsetParent && document.querySelector('[data-test="listen-state"]').textContent`)
	p.until("is told", `document.querySelector('[data-test="joined"]').textContent.includes("Sanna") && document.querySelector('[data-test="messages"]').textContent.includes("Sanna")`)
	k.until("is told", `document.querySelector('[data-test="listener"]') && document.querySelector('[data-test="messages"]').textContent.includes("Sanna")`)
	p.say("Hei, hej, hello.")
	board.reads("contact", "Hei, hej, hello.")
	k.say("Hei! Kuulen sinua.")
	board.reads("adviser", "Hei! Kuulen sinua.")
	if board.is(`document.querySelector('[data-test="listen"]').textContent.includes("Ennen")`) {
		s.Error("the board shows what was said before")
	}
	board.until("names who listens in", `document.querySelector('#talks').textContent.includes("Sanna")`)
	s.at("heard", board)
	s.at("heard-contact", p)
	s.at("heard-console", k)
	if err := board.press("Escape", 27); err != nil {
		s.Fatal(err)
	}
	p.say("Vielä, ännu, still.")
	board.reads("contact", "Vielä, ännu, still.")
	board.click("listen-stop")
	board.until("has stopped", `!document.querySelector('[data-test="listen-stop"]').offsetParent && !document.querySelector('[data-test="listen"] [data-test="message"]')`)
	board.until("may listen in again", `document.querySelector('[data-test="listen-in"]')`)
	s.at("stopped", board)
	p.until("is told of the end", `!document.querySelector('[data-test="joined"]').textContent.includes("Sanna")`)
	k.until("is told of the end", `!document.querySelector('[data-test="listener"]')`)
	s.at("stopped-contact", p)
	board.click("listen-in")
	board.until("listens in again", `document.querySelector('[data-test="listen-stop"]').offsetParent`)
	p.until("is told again", `document.querySelector('[data-test="joined"]').textContent.includes("Sanna")`)
	p.click("done")
	p.click("leave-yes")
	p.state("ended")
	board.until("knows that it is over", `!document.querySelector('[data-test="listen-stop"]').offsetParent && document.querySelector('[data-test="listen-state"]').textContent && !document.querySelector('[data-test="listen-in"]')`)
	s.at("over", board)
	k.choose("topic", "make_proposal")
	k.click("outcome-advice_given")
	k.click("outcome-save")
	k.until("has recorded", `!document.querySelector('[data-test="leg"]')`)
	k.until("is off duty", `(() => { const on = document.querySelector('[data-test="duty-state"]').getAttribute("data-state") !== "off";
		if (on) document.querySelector('[data-test="duty-off"]').click(); return !on; })()`) // alone on the line, one is asked
	if got := strings.Join(board.answers(), " "); strings.Contains(got, "Ennen") {
		s.Error("the board was sent what was said before")
	}
}

// TestListeningInOnThreePages: board, console and contact page, in one language; the walk over all states has the others.
func TestListeningInOnThreePages(t *testing.T) {
	t.Parallel()
	s := raise(t, "en")
	s.look = func(string, *tab) {}
	s.tell(stories[slices.IndexFunc(stories, func(x story) bool { return x.name == "listen" })])
}
