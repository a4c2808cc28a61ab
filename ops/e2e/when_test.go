package e2e

import (
	"fmt"
	"testing"
)

// slowClock makes a page believe that it is three hours earlier.
const slowClock = `(() => { const real = Date; window.Date = class extends real {
constructor(...a) { a.length ? super(...a) : super(real.now() - 108e5); } static now() { return real.now() - 108e5; } }; })();`

// TestMessagesBearTheTimeOfTheHouse: on a telephone whose clock is wrong one's own message stands at the time at which the
// adviser reads it, and no answer seems to come before its question.
func TestMessagesBearTheTimeOfTheHouse(t *testing.T) {
	t.Parallel()
	chrome := browser(t)
	h := open(t, nil)
	k := console(chrome, t, h, "aino", h.adviser("aino", "en", 2), prepared(slowClock))
	k.ready()
	p := visit(chrome, t, "person", h.origin()+"/en", phone, prepared(slowClock))
	p.click("asks-help")
	p.click("start-chat")
	k.until("has an offer", `document.querySelector('[data-test="offer-accept"]')`)
	k.click("offer-accept")
	k.until("has the leg", `document.querySelectorAll('[data-test="leg"]').length === 1`)
	p.say("is anybody there?")
	k.reads("contact", "is anybody there?")
	k.say("yes")
	p.reads("adviser", "yes")
	for _, from := range []string{"contact", "adviser"} {
		own := fmt.Sprintf(`document.querySelector('.message[data-from="%s"][data-seq] .when').textContent`, from)
		p.until("has the number of "+from, fmt.Sprintf(`document.querySelector('.message[data-from="%s"][data-seq]')`, from))
		k.until("has the number of "+from, fmt.Sprintf(`document.querySelector('.message[data-from="%s"][data-seq]')`, from))
		var here, there string
		s := stage{T: t}
		if err := s.read(p, own, &here); err != nil {
			t.Fatal(err)
		}
		if err := s.read(k, own, &there); err != nil {
			t.Fatal(err)
		}
		if here == "" || here != there {
			t.Errorf("a message of %s stands at %q on one page, at %q on the other", from, here, there)
		}
	}
}
