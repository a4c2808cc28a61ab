package e2e

import (
	"strings"
	"testing"
)

// TestWhatTheAdviserMarkedStays: at the end the screen of somebody who did not ask for work has the messages that the
// adviser marked, and no other text; without JavaScript too. A tab that goes on elsewhere keeps none of it.
func TestWhatTheAdviserMarkedStays(t *testing.T) {
	t.Parallel()
	chrome := browser(t)
	h := open(t, nil)
	k := console(chrome, t, h, "aino", h.adviser("aino", "en", 2))
	k.ready()
	for name, plain := range map[string]bool{"with script": false, "without": true} {
		p := visit(chrome, t, name, h.origin()+"/en", phone)
		if plain {
			p = visit(chrome, t, name, h.origin()+"/en", phone, withoutScript)
		}
		p.click("asks-help")
		p.click("start-chat")
		k.until("has an offer", `document.querySelector('[data-test="offer-accept"]')`)
		k.click("offer-accept")
		k.until("has the leg", `document.querySelectorAll('[data-test="leg"]').length === 1`)
		k.say("for the ears alone")
		k.click("mark")
		k.say("shelter: 09 555 0001")
		if k.is(`document.querySelector('[data-test="mark"]').checked`) {
			t.Error("the next message would be marked too")
		}
		k.say("and this is not kept")
		k.until("reads what stays", `document.querySelectorAll(".message.marked[data-seq]").length === 1 && document.querySelector(".message.marked").textContent.includes("stays")`)
		p.reads("adviser", "and this is not kept")
		p.reads("adviser", "shelter: 09 555 0001")
		k.click("end")
		k.click("end")
		p.until("is told the end", `document.body.innerText.includes("The messages that the adviser left on the screen stay")`)
		if text := p.visibleText(); !strings.Contains(text, "shelter: 09 555 0001") || strings.Contains(text, "ears alone") || strings.Contains(text, "not kept") {
			t.Errorf("%s: the screen has %q", name, text)
		}
		if !plain && strings.Contains(p.page(), "ears alone") {
			t.Error("the page still has what was not marked")
		}
		k.form("safe_return", "related", "bystander", "interpreter_booked")
		k.until("has no leg", `!document.querySelector('[data-test="leg"]')`)
	}
}

// visibleText is what stands on the screen of a page.
func (p *tab) visibleText() string {
	p.t.Helper()
	s := stage{T: p.t}
	var text string
	if err := s.read(p, `document.body.innerText`, &text); err != nil {
		p.t.Fatal(err)
	}
	return text
}
