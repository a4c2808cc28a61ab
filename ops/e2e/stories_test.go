package e2e

import (
	"context"
	"fmt"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/google/uuid"
)

// contactStory is one chat of a frightened person, and the end of another of somebody at work.
func contactStory(s *stage) {
	s.Helper()
	aino := attend(s.T, s.h, "Aino", s.lang, 2)
	p := s.visit("person", s.home())
	p.until("shows the form", `document.querySelector('[data-test="asks-help"]').offsetParent`)
	s.at("start", p)
	p.click("asks-help")
	s.at("help", p)
	p.click("asks-worried")
	s.at("worried", p)
	p.click("asks-work")
	s.at("work", p)

	other := s.visit("other", s.home())
	other.click("start-chat")
	other.noticed("says that something is to be chosen")
	s.at("nothing-chosen", other)
	other.click("show-call")
	other.until("shows the times", `document.querySelector('[data-test="call-time"]').offsetParent`)
	s.at("call-open", other)
	other.click("asks-help")
	other.write("call-number", "112")
	other.click("call-ask")
	other.noticed("says that the number is not called")
	s.at("call-refused", other)
	other = s.visit("returned", s.home())
	other.click("show-resume")
	s.at("return-open", other)
	other.write("resume-number", "12 34 56 78")
	other.click("resume")
	other.noticed("says that nothing is open")
	s.at("return-unknown", other)

	aino.must(s.T, "duty", map[string]any{"type": "duty", "state": "paused", "reason": "break", "confirm": true})
	p.click("asks-help")
	p.choose("talk-language", s.lang)
	p.click("start-chat")
	p.state("waiting")
	s.at("waiting", p)
	p.say("Hei, hej, hello.")
	p.until("has said it", `document.querySelector('[data-test="message"][data-seq]')`)
	s.at("waiting-said", p)
	p.click("show-return")
	s.at("way-back", p)
	p.click("show-return")
	p.click("cancel")
	s.at("cancel-asked", p)
	p.click("leave-no")
	p.offline(true)
	p.noticed("says that the connection is lost")
	s.at("lost", p)
	p.offline(false)
	p.until("is back", `document.querySelector('[data-test="position"]').textContent`)

	aino.ready(s.T)
	o := aino.offer(s.T, p.admitted().Contact)
	aino.accept(s.T, o)
	p.state("active")
	aino.say(o.Contact, "Hei! Olen täällä. Ota aikaa.")
	p.reads("adviser", "Hei! Olen täällä. Ota aikaa.")
	p.say("Kiitos. Voinko kysyä mitä vain?")
	s.at("active", p)
	aino.send(map[string]any{"type": "typing", "ref": uuid.NewString(), "contact": o.Contact})
	p.until("is told that the adviser writes", `document.querySelector('[data-test="typing"]').textContent`)
	s.at("adviser-writes", p)
	p.eval(`(() => { const e = document.querySelector('[data-test="text"]'); e.value = "a".repeat(2001); e.dispatchEvent(new Event("input", {bubbles: true})); return true; })()`)
	s.at("too-long", p)
	p.eval(`(() => { const e = document.querySelector('[data-test="text"]'); e.value = ""; e.dispatchEvent(new Event("input", {bubbles: true})); return true; })()`)
	p.click("done")
	s.at("done-asked", p)
	p.click("leave-no")
	aino.close()
	p.state("away")
	s.at("adviser-away", p)
	p.click("done")
	p.click("leave-yes")
	p.state("ended")
	s.at("ended", p)
	p.click("rate-reach-4")
	p.click("rate")
	p.noticed("thanks")
	p.until("has put the questions away", `document.getElementById("rate").hidden`)
	s.at("thanked", p)
	aino = unfold(s.T, s.h, "Aino", aino.cookie)
	aino.ready(s.T)
	aino.record(s.T, o.Contact)

	work := s.visitDesk("work", s.home())
	work.click("asks-work")
	work.click("when-present")
	work.choose("talk-language", s.lang)
	work.click("start-chat")
	o = aino.offer(s.T, work.admitted().Contact)
	aino.accept(s.T, o)
	work.state("active")
	aino.say(o.Contact, "Tässä ohje.")
	work.reads("adviser", "Tässä ohje.")
	aino.end(s.T, o.Contact)
	work.state("ended")
	s.at("ended-work", work)
	aino.record(s.T, o.Contact)
	aino.must(s.T, "duty", map[string]any{"type": "duty", "state": "off", "confirm": true})
}

// callbackStory asks to be called and stops it.
func callbackStory(s *stage) {
	s.Helper()
	p := s.visit("called", s.home())
	p.click("asks-worried")
	p.click("show-call")
	p.write("call-number", "040 123 4567")
	p.click("call-ask")
	p.state("scheduled")
	s.at("scheduled", p)
	p.click("call-stop")
	p.state("ended")
	s.at("stopped", p)
}

// discardedStory comes back to a tab that the phone threw away.
func discardedStory(s *stage) {
	s.Helper()
	p := s.visit("discarded", s.home())
	p.click("asks-other")
	p.click("start-chat")
	p.state("waiting")
	p.do(prepared(fmt.Sprintf(`sessionStorage.setItem("k", %q)`, p.admitted().Token)))
	p.do(chromedp.Navigate(s.h.origin() + s.home()))
	p.until("offers to go on", `document.querySelector('[data-test="continue"]').offsetParent`)
	s.at("continue", p)
	p.click("continue")
	p.state("waiting")
	s.at("resumed", p)
	p.click("cancel")
	p.click("leave-yes")
	p.state("ended")
}

// consoleStory is an adviser's short night.
func consoleStory(s *stage) {
	s.Helper()
	password := s.h.adviser("Leena", s.lang, 2)
	p := s.visitDesk("Leena", "/console")
	p.until("shows the form", `document.querySelector('[data-test="sign-in"]').offsetParent`)
	s.at("sign-in", p)
	p.write("name", "Leena")
	p.write("password", "not the password")
	p.click("sign-in")
	p.until("is refused", `document.querySelector('[data-test="sign-in-error"]').textContent`)
	s.at("sign-in-refused", p)
	p.eval(`(document.querySelector('[data-test="password"]').value = "", true)`)
	p.write("password", password)
	p.click("sign-in")
	p.until("is connected", `document.querySelector('[data-test="connection"]').getAttribute("data-phase") === "open"`)
	s.at("off", p)
	p.ready()
	s.at("ready", p)
	c := call(s.T, s.h, s.lang)
	c.say("Hei, meillä on täällä asiakas, jonka passi on työnantajalla.")
	p.until("has an offer", `document.querySelector('[data-test="offer-accept"]')`)
	s.at("offer", p)
	p.click("offer-accept")
	p.reads("contact", "Hei, meillä on täällä asiakas, jonka passi on työnantajalla.")
	p.say("Hei! Voin neuvoa. Onko asiakas nyt turvassa?")
	s.at("chat", p)
	p.eval(`(document.querySelectorAll("details").forEach((d) => { d.open = true; }), true)`)
	s.at("all-open", p)
	p.eval(`(document.querySelectorAll("details").forEach((d) => { d.open = false; }), true)`)
	p.click("end")
	s.at("end-asked", p)
	p.until("has to record", `(() => { if (document.querySelector('#write').hidden) return true;
		document.querySelector('[data-test="end"]').click(); return false; })()`) // the question may have grown old meanwhile
	p.choose("topic", "make_proposal")
	p.click("outcome-advice_given")
	s.at("outcome", p)
	p.click("outcome-save")
	p.until("has recorded", `!document.querySelector('[data-test="leg"]')`)
	p.click("duty-pause")
	p.noticed("is asked: nobody else is ready")
	s.at("pause-asked", p)
	p.click("duty-pause")
	p.noticed("says that nobody else is ready")
	p.until("is paused", `(() => { const paused = document.querySelector('[data-test="duty-state"]').getAttribute("data-state") === "paused";
		if (!paused) document.querySelector('[data-test="duty-pause"]').click(); return paused; })()`)
	s.at("paused", p)
	in := intake(s.lang)
	in["urgency"] = "emergency"
	silent := &contactClient{admission: s.h.admitted(s.T, in)}
	silent.connect(s.T, s.h)
	p.until("shows danger that waits", `document.querySelector('[data-test="danger-take"]')`)
	s.at("danger", p)
	silent.close()
	p.until("shows danger that fell silent", `document.querySelector('[data-test="danger-close"]')`)
	s.at("danger-open", p)
	p.choose("danger-code", "called_112")
	p.click("danger-close")
	p.until("has closed it", `!document.querySelector('[data-test="danger"]')`)
	p.click("duty-off")
}

// plainStory is the page without script.
func plainStory(s *stage) {
	s.Helper()
	adviser := attend(s.T, s.h, "Noor", s.lang, 1)
	p := s.visitPlain("plain", s.home())
	p.until("shows the form", `document.querySelector('[data-test="asks-help"]').offsetParent`)
	s.at("start", p)
	p.click("start-chat")
	p.noticed("says what is missing")
	s.at("refused", p)
	p.click("start-again")
	p.click("asks-worried")
	p.choose("talk-language", s.lang)
	adviser.must(s.T, "duty", map[string]any{"type": "duty", "state": "paused", "reason": "break", "confirm": true})
	p.click("start-chat")
	p.until("waits", `document.querySelectorAll('[data-test="event"]').length > 1`)
	s.at("waiting", p)
	adviser.ready(s.T)
	o := adviser.offer(s.T, "")
	adviser.accept(s.T, o)
	p.sayPlain("Hei, hej, hello.")
	adviser.say(o.Contact, "Hei! Olen täällä.")
	p.reads("adviser", "Hei! Olen täällä.")
	s.at("talk", p)
	adviser.end(s.T, o.Contact)
	p.until("is over", `document.querySelector('[data-test="over"]')`)
	s.at("ended", p)
	p.click("rate-next-3")
	p.click("rate")
	p.noticed("thanks")
	adviser.record(s.T, o.Contact)
	q := s.visitPlain("plain call", s.home())
	q.click("asks-help")
	q.click("show-call")
	q.write("call-number", "040 123 4567")
	q.click("call-ask")
	q.noticed("says when we call")
	s.at("scheduled", q)
	q.click("call-stop")
	q.until("has stopped it", `document.querySelector('[data-test="state"]').getAttribute("data-state") === "ended"`)
	s.at("thanked", p)
	adviser.must(s.T, "duty", map[string]any{"type": "duty", "state": "off", "confirm": true})
}

// asideStory is the small pages.
func asideStory(s *stage) {
	s.Helper()
	s.at("blank", s.visit("blank", "/blank"))
	s.at("accessibility", s.visit("accessibility", "/"+s.lang+"/accessibility"))
}

// noticed waits until the page says something above its content.
func (p *tab) noticed(what string) {
	p.t.Helper()
	p.until(what, `document.querySelector('[data-test="notice"]').textContent`)
}

// offline cuts the page from the network, as the phone's own switch does, or gives it back.
func (p *tab) offline(on bool) {
	p.t.Helper()
	p.do(func(ctx context.Context, _ *chromedp.Target) (chromedp.Void, error) {
		rules := []*network.Conditions{{Offline: on, DownloadThroughput: -1, UploadThroughput: -1}}
		if _, err := chromedp.Call(ctx, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{MatchedNetworkConditions: rules}); err != nil {
			return chromedp.Void{}, err
		}
		_, err := chromedp.Call(ctx, network.OverrideNetworkState, network.OverrideNetworkStateParams{Offline: on, DownloadThroughput: -1, UploadThroughput: -1})
		return chromedp.Void{}, err
	})
}
