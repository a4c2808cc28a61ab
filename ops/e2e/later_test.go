package e2e

import (
	"fmt"
	"os/exec"
	"strings"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/google/uuid"
)

// laterStory is somebody whose phone was gone for so long that the chat was parked, and who then goes on in another tab.
func laterStory(s *stage) {
	s.Helper()
	ilta := attend(s.T, s.h, "Ilta", s.lang, 2)
	p := s.visit("later", s.home())
	p.click("asks-help")
	p.choose("talk-language", s.lang)
	p.click("start-chat")
	a := p.admitted()
	ilta.accept(s.T, ilta.offer(s.T, a.Contact))
	p.state("active")
	p.offline(true)
	p.noticed("says that the connection is lost")
	eventually(s.T, patience, "the chat is parked", func() bool {
		return ilta.ask(s.T, map[string]any{"type": "park", "contact": a.Contact}).Type == "parked"
	})
	s.at("parked", p)
	p.offline(false)
	p.state("waiting")
	ilta.accept(s.T, ilta.offer(s.T, a.Contact))
	p.state("active")
	s.at("back", p)
	q := s.visitOn(phone, "second tab", s.home(), prepared(fmt.Sprintf(`sessionStorage.setItem("k", %q)`, a.Token)))
	q.click("continue")
	q.state("active")
	p.state("ended")
	s.at("replaced", p)
	q.click("done")
	q.click("leave-yes")
	q.state("ended")
	ilta.record(s.T, a.Contact)
	ilta.must(s.T, "duty", map[string]any{"type": "duty", "state": "off", "confirm": true})
}

// oncallStory is a night without anybody on duty: who is on call is woken, and the person who waits is told.
func oncallStory(s *stage) {
	s.Helper()
	eventually(s.T, patience, "the roster is in Redis", func() bool {
		return strings.Contains(s.h.redis().Get(s.Context(), "{line:main}:roster").Val(), s.lang)
	})
	p := s.visit("sleepless", s.home())
	p.click("asks-help")
	p.choose("talk-language", s.lang)
	p.click("start-chat")
	p.state("waiting")
	if err := s.h.redis().HIncrBy(s.Context(), "{line:main}:meta", "offset", (61 * time.Second).Milliseconds()).Err(); err != nil {
		s.Fatal(err)
	}
	link := s.mail.link(s.T, "/p/")
	p.until("is told that somebody is woken", `document.querySelector('[data-test="position"]').textContent.includes(JSON.parse(document.getElementById("strings").textContent)["c.waking"])`)
	s.at("waking", p)
	o := s.visit("on call", link)
	s.at("asked", o)
	o.click("come")
	o.until("has thanks", `document.querySelector('[data-test="taken"]')`)
	s.at("taken", o)
	p.click("cancel")
	p.click("leave-yes")
	p.state("ended")
	there := attend(s.T, s.h, "Yngve", s.lang, 1)
	o.do(chromedp.Navigate(s.h.origin() + link))
	o.click("come")
	o.until("is told that it is over", `document.querySelector('[data-test="over"]')`)
	s.at("over", o)
	there.must(s.T, "duty", map[string]any{"type": "duty", "state": "off", "confirm": true})
	o = s.visit("wrong link", link[:len(link)-2])
	o.until("leads nowhere", `document.querySelector('[data-test="gone"]')`)
	s.at("gone", o)
}

// interpreterStory is a chat in a language that nobody on duty speaks: the adviser says how far the interpreter is, the
// person is told.
func interpreterStory(s *stage) {
	s.Helper()
	password := s.h.adviser("Irja", s.lang, 1)
	k := s.visitDesk("Irja", "/console")
	k.write("name", "Irja")
	k.write("password", password)
	k.click("sign-in")
	k.until("is connected", `document.querySelector('[data-test="connection"]').getAttribute("data-phase") === "open"`)
	k.click("pin-later")
	k.ready()
	p := s.visit("Sahra", s.home())
	p.click("asks-help")
	p.choose("talk-language", "so")
	p.click("start-chat")
	k.until("has an offer", `document.querySelector('[data-test="offer-accept"]')`)
	k.click("offer-accept")
	k.until("sees that an interpreter is needed", `document.querySelector('[data-test="interpreter-more"]').open`)
	s.at("needed", k)
	k.choose("interpreter-state", "joined")
	p.until("is told of the interpreter", `document.querySelector('[data-test="messages"]').textContent.includes(JSON.parse(document.getElementById("strings").textContent)["c.interpreter_joined"])`)
	s.at("told", p)
	s.at("joined", k)
	p.click("done")
	p.click("leave-yes")
	p.state("ended")
	k.click("outcome-advice_given")
	k.click("outcome-save")
	k.until("has recorded it", `!document.querySelector('[data-test="leg"]')`)
	k.until("is off duty", `(() => { const on = document.querySelector('[data-test="duty-state"]').getAttribute("data-state") !== "off";
		if (on) document.querySelector('[data-test="duty-off"]').click(); return !on; })()`) // alone on the line, one is asked
	k.click("sign-out")
}

// lostStory is somebody whose phone is without network for so long that the place is given on.
func lostStory(s *stage) {
	s.Helper()
	p := s.visit("lost", s.home())
	p.click("asks-help")
	p.choose("talk-language", s.lang)
	p.click("start-chat")
	p.state("waiting")
	contact := p.admitted().Contact
	p.eval(`(() => { const real = window.setTimeout; window.setTimeout = (f, ms, ...more) => real(f, ms === 20000 ? 0 : ms, ...more); return true; })()`)
	p.offline(true)
	p.until("says that it is still lost, and the phone number", `document.querySelector('[data-test="notice"]').textContent.includes("+358")`)
	s.at("long", p)
	eventually(s.T, patience, "the phone is away", func() bool {
		return s.h.redis().ZScore(s.Context(), "{line:main}:timers", "away|"+contact).Val() > 0
	})
	if err := s.h.redis().HIncrBy(s.Context(), "{line:main}:meta", "offset", (16 * time.Minute).Milliseconds()).Err(); err != nil {
		s.Fatal(err)
	}
	eventually(s.T, patience, "the place is given on", func() bool {
		state := s.h.redis().HGet(s.Context(), "{line:main}:c:"+contact, "state")
		return state.Err() != nil || state.Val() != "waiting" && state.Val() != "away"
	})
	p.offline(false)
	p.state("ended")
	s.at("abandoned", p)
	var entries int64
	if err := s.read(p, `history.length`, &entries); err != nil {
		s.Fatal(err)
	}
	p.click("start-again")
	p.until("begins anew, in the same entry of the history", fmt.Sprintf(`document.querySelector('[data-test="start-chat"]').offsetParent && history.length === %d`, entries))
}

// onCall puts somebody on the roster, from an hour ago until tomorrow, with an address for mail. It takes a while until
// the queue knows.
func (h *house) onCall(languages string) {
	h.t.Helper()
	h.adviser("Onni", languages, 1)
	cmd := exec.CommandContext(h.t.Context(), h.program(), "roster", "mail", "Onni", "onni@example.invalid")
	cmd.Env, cmd.Dir = h.env(), "/"
	if out, err := cmd.CombinedOutput(); err != nil {
		h.t.Fatalf("give an address: %v\n%s", err, out)
	}
	now := time.Now().UTC()
	h.put("Sirkka", h.supervisor("Sirkka", languages), "/api/v1/roster", map[string]any{"request_id": uuid.NewString(), "shifts": []map[string]any{
		{"name": "Onni", "tier": 1, "from": stamp(now.Add(-time.Hour)), "until": stamp(now.Add(20 * time.Hour))},
	}})
}
