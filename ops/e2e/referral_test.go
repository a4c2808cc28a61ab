package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
)

const directory = `service.id,organization.name,service.name,taxonomy_term.code,phone.number,service.email,service.url,language.code,service_area.name,service.minimum_age,service.maximum_age,schedule,service.status,service.alert,service.assured_date
south,House of the South,South shelter,shelter,+358 9 555 0001,south@shelter.invalid,https://south.invalid,fi;sv,Uusimaa,18,,24/7,active,,2026-11-02
north,House of the North,North shelter,shelter,+358 9 555 0002,,,fi,Lappi,,,MO-FR 08:00-16:00,active,No room for children.,2025-02-02
own,The assistance system,Proposals,nas,+358 9 555 0003,,,fi;sv;en,Suomi,,,24/7,active,,2026-11-02
`

// receivers gives a house its directory, as a supervisor does.
func (h *house) receivers(name, password string) {
	h.t.Helper()
	h.put(name, password, "/api/v1/directory", map[string]string{"csv": directory})
}

// put signs somebody in and puts a body at an address.
func (h *house) put(name, password, path string, what any) {
	h.t.Helper()
	status, cookies := h.signIn(name, password)
	if status != http.StatusNoContent {
		h.t.Fatalf("sign-in answers %d", status)
	}
	body, err := json.Marshal(what)
	if err != nil {
		h.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(h.t.Context(), http.MethodPut, h.origin()+path, strings.NewReader(string(body)))
	if err != nil {
		h.t.Fatal(err)
	}
	req.AddCookie(cookies[0])
	req.Header.Set("Origin", h.origin())
	req.Header.Set("Content-Type", "application/json")
	res, err := client.Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK {
		h.t.Fatalf("%s answers %d", path, res.StatusCode)
	}
}

// says waits until the panel of a referral says something, after a step.
func (p *tab) says(what, state string) {
	p.t.Helper()
	p.until(what, `document.querySelector('[data-test="refer-hops"]') && document.querySelector('[data-test="`+state+`"]')`)
}

// referralStory hands a matter on out of a conversation: consent, letter, code, and what a receiver said; then a
// disclosure that waits for nobody.
func referralStory(s *stage) {
	s.Helper()
	s.h.receivers("Siiri", s.h.supervisor("Siiri", s.lang))
	p := s.visitDesk("Helmi", "/console")
	p.until("shows the form", `document.querySelector('[data-test="sign-in"]').offsetParent`)
	p.write("name", "Helmi")
	p.write("password", s.h.adviser("Helmi", s.lang, 2))
	p.click("sign-in")
	p.until("is connected", `document.querySelector('[data-test="connection"]').getAttribute("data-phase") === "open"`)
	p.ready()
	c := call(s.T, s.h, s.lang)
	c.say("Hei, hej, hello.")
	p.until("has an offer", `document.querySelector('[data-test="offer-accept"]')`)
	p.click("offer-accept")
	p.reads("contact", "Hei, hej, hello.")
	p.click("refer-leg")
	p.until("shows the form", `document.querySelector('[data-test="refer-age"]')`)
	p.click("refer-open")
	p.until("says what is missing", `document.querySelector('[data-test="refer-told"]').textContent`)
	for _, id := range []string{"south", "north"} {
		p.choose("refer-receiver", id)
		p.click("refer-add")
	}
	s.at("begun", p)
	p.click("refer-open")
	p.says("asks for consent", "refer-consent-keep")
	s.at("consent", p)
	for _, n := range []string{"1", "2", "3"} {
		p.choose("refer-consent-"+n, "given")
	}
	p.click("refer-consent-keep")
	p.says("may be sent", "refer-send")
	p.click("refer-send")
	p.until("asks how the person may be reached", `document.querySelector('[data-test="refer-told"]').textContent`)
	for field, code := range map[string]string{"way": "text", "hours": "evening", "say": "nothing", "voice": "no", "watched": "yes"} {
		p.choose("refer-safe-"+field, code)
	}
	p.click("refer-safe-keep")
	p.says("has the safe contact", "refer-safe")
	p.write("refer-letter", "Matti Meikäläinen, 040 123 4567, pyytää turvakotia.")
	p.click("refer-letter-keep")
	p.says("has a letter", "refer-letter-read")
	p.click("refer-send")
	p.says("is sent", "refer-code")
	p.click("refer-code")
	p.says("has a code", "refer-code-words")
	s.at("handed", p)
	s.receives(regexp.MustCompile(`\b\d{3} \d{3}\b`).FindString(p.text("refer-code-words")))
	p.until("is told of it", `document.querySelector('[data-test="refer-told"]').textContent`)
	p.click("referral")
	p.until("is with the next one", `document.querySelector('[data-test="refer-hops"]') && document.querySelectorAll('[data-test="refer-hops"] li')[1].getAttribute("aria-current") === "step"`)
	sent := p.text("refer-hops")
	p.choose("refer-receipt", "received")
	p.click("refer-receipt-keep")
	p.until("has kept a receipt of the telephone", fmt.Sprintf(`document.querySelector('[data-test="refer-hops"]') && document.querySelector('[data-test="refer-hops"]').textContent.trim() !== %q`, sent))
	p.click("refer-close")
	p.until("lists it", `document.querySelector('[data-test="referral"]')`)
	p.click("shift-more")
	p.until("hands it over", `document.querySelector('[data-test="shift-referrals"]')`)
	p.eval(`(document.querySelector('[data-test="disclose-more"]').open = true)`)
	p.choose("disclose-ground", "cwa25_notice")
	p.choose("disclose-receiver", "child_welfare")
	p.write("disclose-receipt", "LS-2291")
	p.click("disclose-save")
	p.until("has recorded it", `document.querySelector('[data-test="disclose-told"]').textContent && !document.querySelector('[data-test="disclose-receipt"]').value`)
	s.at("disclosed", p)
	c.leave("done")
	p.until("is off duty, or leaving it", `(() => { const on = document.querySelector('[data-test="duty-state"]').getAttribute("data-state") === "ready";
		if (on) document.querySelector('[data-test="duty-off"]').click(); return !on; })()`) // alone on the line, one is asked
}

// receives is the receiver's side of a referral: the link of the mail, a wrong code, the right one, the receipt, the
// answer, and a link that leads nowhere.
func (s *stage) receives(code string) {
	s.Helper()
	r := s.visitDesk("receiver", s.mail.link(s.T, "/r/"))
	r.until("asks for the code", `document.querySelector('[data-test="code"]') && !document.querySelector('[data-test="letter"]')`)
	s.at("receiver-code", r)
	r.write("code", "0000000")
	r.click("open")
	r.until("says that the code does not open", `document.querySelector('[data-test="fault"]')`)
	s.at("receiver-wrong", r)
	r.write("code", code)
	r.click("open")
	r.until("shows the letter", `document.querySelector('[data-test="letter"]') && document.querySelector('[data-test="letter"]').textContent.includes("turvakotia")`)
	s.at("receiver-letter", r)
	r.click("acknowledge")
	r.until("has a receipt", `document.querySelector('[data-test="said"]') && !document.querySelector('[data-test="acknowledge"]')`)
	s.at("receiver-acknowledged", r)
	r.choose("reason", "r_capacity")
	r.click("decline")
	r.until("has nothing more to do", `document.querySelector('[data-test="said"]') && !document.querySelector('[data-test="letter"]')`)
	s.at("receiver-declined", r)
	s.at("receiver-nowhere", s.visitDesk("nowhere", "/r/nowhere"))
}
