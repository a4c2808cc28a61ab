package e2e

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// key presses one key, with Alt when it is told.
func (p *tab) key(key, code string, alt bool) {
	p.t.Helper()
	press := input.DispatchKeyEventParams{Type: "keyDown", Key: key, Code: code}
	switch {
	case alt:
		press.Modifiers = 1
	case key == "Enter":
		press.Text, press.WindowsVirtualKeyCode = "\r", 13
	case key == " ":
		press.Text, press.WindowsVirtualKeyCode = " ", 32
	case key == "Tab":
		press.WindowsVirtualKeyCode = 9
	}
	for range 2 {
		ctx, cancel := context.WithTimeout(p.ctx, patience)
		_, err := chromedp.Call(ctx, input.DispatchKeyEvent, press)
		cancel()
		if err != nil {
			p.t.Fatalf("press %s: %v", code, err)
		}
		press.Type, press.Text = "keyUp", ""
	}
}

// tabTo goes on by Tab until a control has the keyboard.
func (p *tab) tabTo(name string) {
	p.t.Helper()
	for range 120 {
		if p.is(`document.activeElement && document.activeElement.getAttribute("data-test") === "` + name + `"`) {
			return
		}
		p.key("Tab", "Tab", false)
	}
	p.t.Fatal("the keyboard never comes to " + name)
}

// duty waits for a state of the duty.
func (p *tab) duty(state string) {
	p.t.Helper()
	p.until("is "+state, `document.querySelector('[data-test="duty-state"]').getAttribute("data-state") === "`+state+`"`)
}

// TestDutyByKeyboard: without a mouse somebody becomes ready, takes the telephone while an offer rings, records the
// call, sees what the shift leaves, and is asked before they leave the line alone; a page that is loaded anew is
// not ready, nor is one that loses its sound. SHOTS keeps pictures.
func TestDutyByKeyboard(t *testing.T) {
	t.Parallel()
	chrome := browser(t)
	h := open(t, settings{"OFFER_SECONDS": "120"})
	password := h.adviser("aino", "fi,en", 2)
	aino := console(chrome, t, h, "aino", password, prepared(`window.AudioContext = class extends AudioContext { constructor() { super(); window.__sound = this; } };`))
	shot := func(name string) {
		if dir := os.Getenv("SHOTS"); dir != "" {
			image, err := chromedp.Run(aino.ctx, chromedp.CaptureScreenshot())
			if err != nil || os.WriteFile(filepath.Join(dir, "duty-"+name+".png"), image, 0o644) != nil {
				t.Fatal("no picture", err)
			}
		}
	}
	aino.do(chromedp.EmulateViewport(1280, 900))
	aino.key("r", "KeyR", true)
	aino.duty("ready")
	c := call(t, h, "fi")
	aino.until("has an offer", `document.querySelector('[data-test="offer-accept"]')`)
	aino.key("p", "KeyP", true)
	aino.duty("on_phone")
	aino.until("has no offer and a call", `!document.querySelector('[data-test="offer-accept"]') && document.querySelector('[data-test="beside-leg"]')`)
	if s := aino.frames("revoked"); len(s) != 1 || s[0].Reason != "on_phone" {
		t.Errorf("revoked: %v", s)
	}
	shot("on-phone")
	aino.key("o", "KeyO", true)
	aino.tabTo("outcome-advice_given")
	aino.key(" ", "Space", false)
	shot("call-form")
	aino.tabTo("outcome-save")
	aino.key("Enter", "Enter", false)
	aino.until("has recorded", `!document.querySelector('[data-test="beside-leg"]')`)
	aino.key("b", "KeyB", true)
	aino.until("has a visit", `document.querySelector('[data-test="beside-end"]').offsetParent`)
	aino.tabTo("beside-end")
	aino.key("Enter", "Enter", false)
	aino.until("the clock stands", `!document.querySelector('[data-test="beside-end"]').offsetParent`)
	aino.key("s", "KeyS", true)
	aino.until("sees the shift", `document.querySelectorAll("#shift h3").length === 4`)
	aino.tabTo("shift-confirm")
	aino.key("Enter", "Enter", false)
	aino.until("has confirmed", `!document.querySelector('[data-test="shift-confirmed"]').hidden`)
	shot("overview")
	aino.key("r", "KeyR", true)
	aino.duty("ready")
	aino.until("is offered the contact again", `document.querySelector('[data-test="offer-accept"]')`)
	aino.tabTo("duty-pause")
	aino.key("Enter", "Enter", false)
	aino.until("is asked", `document.querySelector('[data-test="notice"]').textContent.startsWith("Nobody else is ready")`)
	aino.duty("ready")
	shot("asked")
	aino.key("Enter", "Enter", false)
	aino.duty("paused")
	aino.key("r", "KeyR", true)
	aino.duty("ready")
	aino.eval(`(location.reload(), true)`)
	aino.until("is connected", `document.querySelector('[data-test="connection"]').getAttribute("data-phase") === "open"`)
	aino.duty("paused")
	shot("reloaded")
	aino.key("r", "KeyR", true)
	aino.duty("ready")
	aino.eval(`(__sound.suspend().then(() => { window.__stopped = true; }), true)`)
	aino.until("has its sound back by itself", `window.__stopped && __sound.state === "running"`)
	aino.duty("ready")
	aino.eval(`(__sound.resume = () => Promise.reject(new Error("no")), __sound.suspend(), true)`)
	aino.duty("paused")
	aino.until("is told why", `document.querySelector('[data-test="notice"]').textContent.startsWith("The sound has stopped")`)
	shot("silent")
	aino.eval(`(delete __sound.resume, true)`)
	aino.key("r", "KeyR", true)
	aino.duty("ready")
	c.close()
}
