package e2e

import (
	"context"
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// keys is somebody at a keyboard who counts what they press.
type keys struct {
	*tab
	n int
}

// press strikes one key of the page.
func (k *keys) press(key, code string, alt bool) {
	k.t.Helper()
	k.n++
	k.key(key, code, alt)
}

// letter strikes a key that writes, which in a list chooses what begins with it.
func (k *keys) letter(c string) {
	k.t.Helper()
	k.n++
	for _, kind := range []input.DispatchKeyEventType{"keyDown", "keyUp"} {
		press := input.DispatchKeyEventParams{Type: kind, Key: c, WindowsVirtualKeyCode: int64(c[0] - 'a' + 'A')}
		if kind == "keyDown" {
			press.Text = c
		}
		k.do(func(ctx context.Context, _ *chromedp.Target) (chromedp.Void, error) {
			_, err := chromedp.Call(ctx, input.DispatchKeyEvent, press)
			return chromedp.Void{}, err
		})
	}
}

// chosen writes letters into the list that has the focus, and demands what they chose.
func (k *keys) chosen(letters, name, value string) {
	k.t.Helper()
	for _, c := range letters {
		k.letter(string(c))
	}
	k.eval(fmt.Sprintf(`document.activeElement.getAttribute("data-test") === %q && document.activeElement.value === %q`, name, value))
	k.press("Tab", "Tab", false)
}

// types writes a text where the focus is, without a pointer.
func (k *keys) types(text string) {
	k.t.Helper()
	k.do(func(ctx context.Context, _ *chromedp.Target) (chromedp.Void, error) {
		_, err := chromedp.Call(ctx, input.InsertText, input.InsertTextParams{Text: text})
		return chromedp.Void{}, err
	})
}

// most is how many keystrokes an outcome may cost, from the end of the chat on.
const most = 30

// TestNightByKeyboard: an adviser works without a pointer: takes an offer by one key, answers, loads the page anew in
// the middle and loses nothing, ends the chat, and records what an official asked in at most thirty keystrokes.
func TestNightByKeyboard(t *testing.T) {
	t.Parallel()
	chrome := browser(t)
	h := open(t, settings{"OFFER_SECONDS": "120"})
	k := &keys{tab: console(chrome, t, h, "leena", h.adviser("leena", "en", 2))}
	k.press("r", "KeyR", true)
	k.duty("ready")
	in := intake("en")
	in["asks"] = "work"
	c := &contactClient{admission: h.admitted(t, in)}
	c.connect(t, h)
	c.say("We have a client whose employer keeps the passport.")
	k.until("has an offer", `document.querySelector('[data-test="offer-accept"]')`)
	k.press("a", "KeyA", false)
	k.reads("contact", "We have a client whose employer keeps the passport.")
	k.press("w", "KeyW", true)
	k.types("Is the person safe now?")
	k.press("Enter", "Enter", false)
	eventually(t, patience, "the official reads the answer", func() bool { return c.hears() == 1 })
	k.press("o", "KeyO", true)
	k.chosen("i", "topic", "is_it_trafficking")
	eventually(t, patience, "the server has the draft", func() bool { return len(k.frames("drafted")) > 0 })

	k.do(chromedp.Reload())
	k.until("is connected", `document.querySelector('[data-test="connection"]').getAttribute("data-phase") === "open"`)
	k.reads("contact", "We have a client whose employer keeps the passport.")
	k.reads("adviser", "Is the person safe now?")
	k.until("has the draft again", `document.querySelector('[data-test="topic"]').value === "is_it_trafficking"`)
	c.say("Yes, with us.")
	k.reads("contact", "Yes, with us.")
	k.press("r", "KeyR", true)
	k.duty("ready")

	k.press("w", "KeyW", true)
	k.tabTo("end")
	k.n = 0
	k.press("Enter", "Enter", false)
	k.press("Enter", "Enter", false)
	k.until("has ended", `document.querySelector('[data-test="leg"]').getAttribute("data-state") === "ended"`)
	k.press("o", "KeyO", true)
	k.chosen("h", "topic", "make_proposal")
	k.chosen("n", "matter", "new")
	k.chosen("s", "assessment", "likely")
	k.chosen("o", "role", "authority")
	k.chosen("p", "organisation", "police")
	k.eval(`document.activeElement.value === "en"`) // the language is known
	k.press("Tab", "Tab", false)
	k.press("Tab", "Tab", false)
	k.press(" ", "Space", false)
	k.eval(`document.querySelector('[data-test="outcome-advice_given"]').checked`)
	k.press("Enter", "Enter", false)
	k.until("has recorded", `!document.querySelector('[data-test="leg"]')`)
	t.Logf("from end to recorded in %d keystrokes", k.n)
	if k.n > most {
		t.Errorf("%d keystrokes, more than %d", k.n, most)
	}
}

// TestDangerIsOnEveryConsole: danger that falls silent stands on every console, also on one that is loaded anew, until
// somebody closes it with a code, by keyboard.
func TestDangerIsOnEveryConsole(t *testing.T) {
	t.Parallel()
	chrome := browser(t)
	h := open(t, settings{"OFFER_SECONDS": "120", "AWAY_DANGER_SECONDS": "1"})
	leena := &keys{tab: console(chrome, t, h, "leena", h.adviser("leena", "en", 1))}
	erik := &keys{tab: console(chrome, t, h, "erik", h.adviser("erik", "sv", 1))}
	in := intake("en")
	in["urgency"] = "emergency"
	c := &contactClient{admission: h.admitted(t, in)}
	c.connect(t, h)
	eventually(t, patience, "the person waits", c.connected)
	shows := func(state string) string {
		return `document.querySelector('[data-test="danger"]') && document.querySelector('[data-test="danger"]').getAttribute("data-state") === "` + state + `"`
	}
	for _, k := range []*keys{leena, erik} {
		k.until("shows danger that waits", shows("waiting"))
	}
	c.close()
	for _, k := range []*keys{leena, erik} {
		k.until("shows danger that fell silent", shows("open"))
	}
	erik.do(chromedp.Reload())
	erik.until("shows it still", shows("open"))
	leena.tabTo("danger-close")
	leena.press("Enter", "Enter", false)
	leena.noticed("asks for a code")
	leena.eval(shows("open"))
	leena.chosen("pl", "danger-code", "called_112")
	leena.press("Enter", "Enter", false)
	for _, k := range []*keys{leena, erik} {
		k.until("shows it no more", `!document.querySelector('[data-test="danger"]') && document.querySelector('[data-test="danger-list"]').hidden`)
	}
}
