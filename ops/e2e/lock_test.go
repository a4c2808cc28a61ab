package e2e

import (
	"fmt"
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
	k.until("says that the contact is held", `(() => { const hold = document.querySelector('[data-test="lock-hold"]'); // the offer was made anew
		if (hold.offsetParent) hold.click();
		return document.querySelector('[data-test="lock-news"]').textContent.includes(JSON.parse(document.getElementById("strings").textContent)["k.lock_held"]); })()`)
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
	k.eval(`(window.__status = 0, true)`)
	k.until("has told the server again", `fetch("/api/v1/session").then((a) => { window.__status = a.status; }) && window.__status === 401`)
	k.do(chromedp.Reload())
	k.until("asks who is there", `document.getElementById("sign-in").offsetParent && !document.body.innerText.includes("sentinel")`)
	k.write("name", "leena")
	k.write("password", password)
	k.click("sign-in")
	k.until("has both chats", `document.querySelectorAll('[data-test="leg"]').length === 2`)
	pinOpens(k, password)
	twelveHours(k, h, c, password)
}

// supervising signs Saara in at the board.
func supervising(t *testing.T, h *house) *keys {
	t.Helper()
	k := &keys{tab: visit(browser(t), t, "Saara", h.origin()+"/board")}
	k.write("name", "Saara")
	k.write("password", h.supervisor("Saara", "en"))
	k.click("sign-in")
	return k
}

// TestLockedBoardShowsNothing: a locked board shows nothing of the line and asks the server for nothing; its PIN opens it,
// and it shows what came meanwhile. Who listens in stops by locking.
func TestLockedBoardShowsNothing(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	k := supervising(t, h)
	waits := func(n int) {
		t.Helper()
		k.until("shows who waits", fmt.Sprintf(`document.getElementById("contacts").offsetParent && document.querySelectorAll('[data-test="why"]').length === %d`, n))
	}
	call(t, h, "en")
	waits(1)
	k.setPin()
	k.click("lock")
	k.until("is covered", `document.querySelector('[data-test="lock-pin"]').offsetParent && !document.body.innerText.includes("Waiting")`)
	k.until("has told the server", `fetch("/api/v1/session").then((a) => { window.__status = a.status; }) && window.__status === 401`)
	call(t, h, "en")
	k.wrong("204817")
	k.write("lock-pin", "204816")
	waits(2)
	aino := attend(t, h, "Aino", "en", 1)
	o := aino.offer(t, "")
	aino.accept(t, o)
	k.click("listen-in")
	k.until("listens in", `document.querySelector('[data-test="listen-state"]').textContent === JSON.parse(document.getElementById("strings").textContent)["b.listening"]`)
	aino.say(o.Contact, "sentinel-heard")
	k.reads("adviser", "sentinel-heard")
	k.passes(901)
	k.until("locks by itself", `document.querySelector('[data-test="lock-pin"]').offsetParent && !document.body.innerText.includes("Waiting")`)
	k.until("listens in no more", `document.querySelector('[data-test="listen-stop"]').hidden && !document.body.textContent.includes("sentinel")`)
}

// TestLockedWorkShowsNothing: the page of what is left undone has drafts of forms, so it is locked as the board is.
func TestLockedWorkShowsNothing(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	k := supervising(t, h)
	k.click("to-work")
	shown := func() {
		t.Helper()
		k.until("shows the lists", `document.getElementById("forms").offsetParent && document.getElementById("forms").textContent`)
	}
	shown()
	k.setPin()
	k.click("lock")
	k.until("is covered", `document.querySelector('[data-test="lock-pin"]').offsetParent && !document.getElementById("work").offsetParent && !document.getElementById("sections").offsetParent`)
	k.until("has told the server", `fetch("/api/v1/session").then((a) => { window.__status = a.status; }) && window.__status === 401`)
	k.wrong("204817")
	k.write("lock-pin", "204816")
	shown()
	k.passes(901)
	k.until("locks by itself", `document.querySelector('[data-test="lock-pin"]').offsetParent && !document.getElementById("work").offsetParent`)
	k.write("lock-pin", "204816")
	shown()
	k.click("sign-out")
	k.until("asks for a sign-in", `!document.getElementById("work").offsetParent && document.querySelector('[data-test="notice"]').textContent`)
}

// pinOpens: fifteen minutes without a hand lock the screen, the PIN of this sign-in opens it, and after five wrong ones
// only the password does.
func pinOpens(k *keys, password string) {
	k.t.Helper()
	k.write("pin-new", "111111")
	k.click("pin-save")
	k.until("is told that this is no PIN", `document.querySelector('[data-test="pin-error"]').textContent`)
	k.setPin()
	k.passes(901)
	k.until("locks by itself", `document.querySelector('[data-test="lock-pin"]').offsetParent && !document.body.innerText.includes("sentinel")`)
	k.wrong("204817")
	k.write("lock-pin", "204816")
	k.until("is open by its PIN", `document.getElementById("desk").offsetParent && document.querySelectorAll('[data-test="leg"]').length === 2`)
	k.click("lock")
	k.until("asks for the PIN", `document.querySelector('[data-test="lock-pin"]').offsetParent`)
	for range 4 {
		k.wrong("204818")
	}
	k.write("lock-pin", "204819")
	k.until("asks for the password", `document.querySelector('[data-test="lock-password"]').offsetParent && !document.querySelector('[data-test="lock-pin"]').offsetParent`)
	k.write("lock-password", password)
	k.press("Enter", "Enter", false)
	k.until("is open by the password", `document.getElementById("desk").offsetParent && document.querySelector('[data-test="pin-form"]').offsetParent`)
}

// twelveHours: a sign-in grows old while a chat goes on; the password is asked for in place, with the PIN set too, the
// connection stays, and the chat is the same afterwards.
func twelveHours(k *keys, h *house, c *contactClient, password string) {
	k.t.Helper()
	db := h.postgres("adviceline")
	old := func(left string) {
		k.t.Helper()
		if _, err := db.Exec(k.t.Context(), `UPDATE session SET expires = now() + $1::interval`, left); err != nil {
			k.t.Fatal(err)
		}
	}
	old("6 minutes")
	k.do(chromedp.Reload())
	k.until("has both chats again", `document.querySelectorAll('[data-test="leg"]').length === 2`)
	k.setPin()
	k.eval(`(() => { const e = document.querySelector('[data-test="connection"]'); window.__broke = 0;
		new MutationObserver(() => { if (e.getAttribute("data-phase") !== "open") window.__broke++; }).observe(e, {attributes: true}); return true; })()`)
	k.passes(120)
	k.until("asks for the password in place", `document.querySelector('[data-test="lock-password"]').offsetParent && document.querySelector('[data-test="lock-news"]').textContent`)
	old("-1 second")
	c.say("sentinel-after-twelve-hours")
	k.write("lock-password", password)
	k.press("Enter", "Enter", false)
	k.until("is open", `document.getElementById("desk").offsetParent`)
	k.until("has heard what was said", `[...document.querySelectorAll('[data-test="leg"]')].some((leg) => { leg.click(); return document.body.innerText.includes("sentinel-after-twelve-hours"); })`)
	heard := c.hears()
	k.say("still here")
	eventually(k.t, patience, "the contact hears on", func() bool { return c.hears() > heard })
	if !k.is(`window.__broke === 0`) {
		k.t.Error("the connection broke")
	}
}

// setPin gives the sign-in a PIN.
func (k *keys) setPin() {
	k.t.Helper()
	k.write("pin-new", "204816")
	k.click("pin-save")
	k.until("has a PIN", `!document.querySelector('[data-test="pin-form"]').offsetParent`)
}

// wrong tries a PIN that does not open.
func (k *keys) wrong(pin string) {
	k.t.Helper()
	k.write("lock-pin", pin)
	k.until("is told that it is wrong", `document.querySelector('[data-test="lock-error"]').textContent && !document.querySelector('[data-test="lock-pin"]').value && !document.querySelector('[data-test="unlock"]').disabled`)
}

// passes lets the page's clock run ahead by seconds.
func (k *keys) passes(seconds int) {
	k.t.Helper()
	k.eval(fmt.Sprintf(`(() => { const before = Date.now; Date.now = () => before() + %d; return true; })()`, seconds*1000))
}
