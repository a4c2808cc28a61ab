package e2e

import (
	"encoding/json"
	"net/http"
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
	status, cookies := h.signIn(name, password)
	if status != http.StatusNoContent {
		h.t.Fatalf("sign-in answers %d", status)
	}
	body, err := json.Marshal(map[string]string{"csv": directory})
	if err != nil {
		h.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(h.t.Context(), http.MethodPut, h.origin()+"/api/v1/directory", strings.NewReader(string(body)))
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
		h.t.Fatalf("directory answers %d", res.StatusCode)
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
	p.choose("refer-receipt", "declined")
	p.choose("refer-reason", "r_capacity")
	p.click("refer-receipt-keep")
	p.until("is with the next one", `document.querySelectorAll('[data-test="refer-hops"] li')[1].getAttribute("aria-current") === "step"`)
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
