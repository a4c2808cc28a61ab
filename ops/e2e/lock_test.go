package e2e

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// tones counts the tones that a page plays.
const tones = `(() => { const real = AudioContext.prototype.createOscillator; window.__tones = 0;
AudioContext.prototype.createOscillator = function () { window.__tones++; return real.call(this); }; })();`

// TestLockedScreenStillRings: a locked console shows nothing of its chats, keeps its connection and comes back to it,
// rings, and holds an offer that is taken from it; the password opens it, and a page loaded anew asks for it too.
func TestLockedScreenStillRings(t *testing.T) {
	t.Parallel()
	chrome := browser(t)
	h := open(t, settings{"OFFER_SECONDS": "120"})
	password := h.adviser("leena", "en", 2)
	k := &keys{tab: console(chrome, t, h, "leena", password, prepared(tones))}
	k.ready()
	c := call(t, h, "en")
	c.say("sentinel-said")
	k.click("offer-accept")
	k.reads("contact", "sentinel-said")
	k.press("l", "KeyL", true)
	k.until("is locked", `document.getElementById("locked").offsetParent && !document.body.innerText.includes("sentinel")`)
	k.until("has told the server", `fetch("/api/v1/session").then((a) => { window.__status = a.status; }) && window.__status === 401`)
	c.say("sentinel-later")
	k.press("a", "KeyA", false) // one-key commands do nothing here
	k.eval(`(window.__tones = 0, document.querySelector('[data-test="lock-password"]').value = "", true)`)
	other := call(t, h, "en")
	k.until("rings for an offer", `window.__tones > 3 && document.querySelector('[data-test="lock-hold"]').offsetParent`)
	k.offline(true)
	k.until("has lost the line", `document.querySelector('[data-test="connection"]').getAttribute("data-phase") !== "open"`)
	k.offline(false)
	k.until("is connected again", `document.querySelector('[data-test="connection"]').getAttribute("data-phase") === "open"`)
	k.click("lock-hold")
	eventually(t, patience, "the contact is held", func() bool { return other.is("active") })
	k.write("lock-password", "not the password")
	k.click("unlock")
	k.until("is refused", `document.querySelector('[data-test="lock-error"]').textContent && !document.body.innerText.includes("sentinel")`)
	k.write("lock-password", password)
	k.press("Enter", "Enter", false)
	k.reads("contact", "sentinel-later")
	k.until("is open", `document.getElementById("desk").offsetParent && document.querySelectorAll('[data-test="leg"]').length === 2`)

	k.click("lock")
	k.until("is locked again", `document.getElementById("locked").offsetParent`)
	k.until("has told the server again", `fetch("/api/v1/session").then((a) => { window.__status = a.status; }) && window.__status === 401`)
	k.do(chromedp.Reload())
	k.until("asks who is there", `document.getElementById("sign-in").offsetParent && !document.body.innerText.includes("sentinel")`)
	k.write("name", "leena")
	k.write("password", password)
	k.click("sign-in")
	k.until("has both chats", `document.querySelectorAll('[data-test="leg"]').length === 2`)
}
