package e2e

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// withoutScript turns JavaScript off in a page.
func withoutScript(ctx context.Context, _ *chromedp.Target) (chromedp.Void, error) {
	_, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	return chromedp.Void{}, err
}

// withScript turns it on again.
func withScript(ctx context.Context, _ *chromedp.Target) (chromedp.Void, error) {
	_, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: false})
	return chromedp.Void{}, err
}

// TestWithoutScript: with JavaScript off a person starts a chat, says twenty things and hears twenty, comes back
// by the return number, asks for a call and leaves. No token is ever in an address. They are at work: what looks like
// an identifier is asked about before it is sent, on each page of theirs, with and without script.
func TestWithoutScript(t *testing.T) {
	t.Parallel()
	chrome := browser(t)
	h := open(t, settings{"OFFER_SECONDS": "300"})
	aino := attend(t, h, "Aino", "en", 3)
	p := visit(chrome, t, "without script", h.origin()+"/en", phone, withoutScript)
	p.until("tells that it works all the same", `document.querySelector('[data-test="no-script"]').offsetParent`)
	p.click("asks-work")
	p.click("when-present")
	p.click("start-chat")
	p.until("can write", `document.querySelector('[data-test="say"]')`)
	number := strings.ReplaceAll(p.text("return-number"), " ", "")
	if len(number) != 8 {
		t.Fatalf("the return number is %q", number)
	}
	o := aino.offer(t, "")
	aino.accept(t, o)
	p.until("is told who joined and who can read", `(x => x.includes("Aino (adviser) joined") && x.includes("can be read by: Aino"))(document.querySelector('[data-test="messages"]').textContent)`)
	token := p.held()
	for k := range 20 {
		p.sayPlain(fmt.Sprintf("up-%d <b>&", k))
		aino.say(o.Contact, fmt.Sprintf("down-%d", k))
		p.reads("adviser", fmt.Sprintf("down-%d", k))
	}
	for k := range 20 {
		p.reads("contact", fmt.Sprintf("up-%d <b>&", k))
	}
	eventually(t, patience, "the adviser has heard all", func() bool { return aino.hears(o.Contact) == 20 })
	heard, _ := aino.transcript(o.Contact)
	for k, m := range heard.from("contact") {
		if m != fmt.Sprintf("up-%d <b>&", k) {
			t.Errorf("the adviser heard %q as number %d", m, k)
		}
	}

	p.typePlain("131052-308T, 040 123 4567")
	p.answerPlain("send-masked")
	p.until("has sent it masked", `(() => { const said = document.querySelectorAll('[data-test="message"][data-from="contact"]'); return said.length === 21; })()`)
	eventually(t, patience, "the adviser has heard it", func() bool {
		heard, _ := aino.transcript(o.Contact)
		return len(heard.from("contact")) == 21
	})
	if heard, _ := aino.transcript(o.Contact); strings.Contains(heard.from("contact")[20], "131052") || strings.Contains(heard.from("contact")[20], "4567") {
		t.Error("the adviser heard the identifier")
	}

	// A device with script, by number: it did not begin the contact, and asks all the same.
	r := visit(chrome, t, "with script", h.origin()+"/en", phone)
	r.click("show-resume")
	r.write("resume-number", number)
	r.click("resume")
	r.state("active")
	r.say("131052-308T")
	r.until("is asked before it is sent", `document.querySelector('[data-test="send-masked"]')`)
	r.click("send-as-is")
	r.until("has sent it", `document.querySelector('[data-test="message"][data-from="contact"][data-seq]').textContent.includes("131052-308T")`)
	r.click("show-return")
	number = strings.ReplaceAll(r.text("return-number"), " ", "")

	// Another device, by number: place and conversation, no earlier text.
	q := visit(chrome, t, "another device", h.origin()+"/en", phone, withoutScript)
	q.click("show-resume")
	q.write("resume-number", number)
	q.click("resume")
	q.until("can write", `document.querySelector('[data-test="say"]')`)
	if page := q.page(); strings.Contains(page, "up-") || strings.Contains(page, "down-") {
		t.Error("the other device shows earlier text")
	}
	q.typePlain("131052-308T")
	q.answerPlain("send-as-is")
	q.reads("contact", "131052-308T")
	p.until("is told that it stopped", `document.querySelector('[data-test="over"]')`)
	second := q.held()
	aino.end(t, o.Contact)
	q.until("is told the end", `document.querySelector('[data-test="over"]').textContent.includes("The chat ended")`)
	aino.record(t, o.Contact)
	q.click("rate-heard-5")
	q.click("rate")
	q.until("is thanked", `document.querySelector('[data-test="notice"]').textContent.includes("counted")`)
	if n := h.redis().HGet(t.Context(), "{line:main}:feedback", "heard:5").Val(); n != "1" {
		t.Errorf("counted %q", n)
	}

	// A call, and its end; then a chat that is left by Exit.
	q.do(chromedp.Navigate(h.origin() + "/en"))
	q.click("asks-help")
	q.click("show-call")
	q.write("call-number", "040 123 4567")
	q.click("call-ask")
	q.until("is told that we call", `document.querySelector('[data-test="state"]').getAttribute("data-state") === "scheduled"`)
	third := q.held()
	q.click("call-stop")
	q.until("has stopped it", `document.querySelector('[data-test="state"]').getAttribute("data-state") === "ended"`)
	q.do(chromedp.Navigate(h.origin() + "/en"))
	q.click("asks-help")
	q.click("start-chat")
	q.until("can write", `document.querySelector('[data-test="say"]')`)
	fourth := q.held()
	q.click("exit")
	q.until("is blank", `document.title === "Start" && document.body.children.length === 0`)

	for _, x := range []*tab{p, q} {
		x.keepsFromAddresses(token, second, third, fourth, number)
		ctx, cancel := context.WithTimeout(x.ctx, patience)
		defer cancel()
		past, err := chromedp.Call(ctx, page.GetNavigationHistory, cdp.Empty{})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range past.Entries {
			if strings.Contains(e.URL, token) || strings.Contains(e.URL, second) || e.Title != "Advice" && e.Title != "Start" && e.URL != "about:blank" {
				t.Errorf("the history holds %s %q", e.URL, e.Title)
			}
		}
	}
}

// keepsFromAddresses demands that no address and no header that the page ever sent holds a secret.
func (p *tab) keepsFromAddresses(secrets ...string) {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.asked) < 3 || slices.Contains(secrets, "") {
		p.t.Fatalf("%s: only %d requests, or no secret to look for", p.name, len(p.asked))
	}
	for _, secret := range secrets {
		if slices.ContainsFunc(p.asked, func(s string) bool { return strings.Contains(s, secret) }) {
			p.t.Errorf("%s: an address or a header holds a token or a number", p.name)
		}
	}
}

// held gives the token that the page's forms hold.
func (p *tab) held() string {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	token, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.querySelector('input[name="token"]').value`))
	if err != nil || token == "" {
		p.t.Fatalf("tab %s: no token: %v", p.name, err)
	}
	return token
}

// frameOf is the document of the frame to write in.
const frameOf = `document.querySelector('[data-test="say"]').contentDocument`

// frameReady tells that one can write in it.
const frameReady = frameOf + ` && ` + frameOf + `.querySelector('[data-test="send"]') && ` + frameOf + `.readyState === "complete"`

// typePlain writes into the frame of the page without script, with mouse and keys, and sends.
func (p *tab) typePlain(text string) {
	p.t.Helper()
	p.until("has the frame", frameReady)
	p.eval(`(document.querySelector('[data-test="say"]').scrollIntoView(), ` + frameOf + `.body.id = "used", true)`)
	p.clickIn(frameOf, "text")
	p.do(func(ctx context.Context, _ *chromedp.Target) (chromedp.Void, error) {
		_, err := chromedp.Call(ctx, input.InsertText, input.InsertTextParams{Text: text})
		return chromedp.Void{}, err
	})
	p.clickIn(frameOf, "send")
}

// sayPlain is that, and waits for the fresh frame.
func (p *tab) sayPlain(text string) {
	p.t.Helper()
	p.typePlain(text)
	p.until("has a fresh frame", frameReady+` && `+frameOf+`.body.id !== "used" && `+frameOf+`.querySelector('[data-test="left"]').textContent && !`+frameOf+`.querySelector('[data-test="text"]').value`) // a text that was not taken stays
}

// answerPlain waits for the question before an official's message is sent, and answers it. A button that moved under
// the pointer is clicked again.
func (p *tab) answerPlain(name string) {
	p.t.Helper()
	asked := frameOf + `?.querySelector('[data-test="` + name + `"]')`
	p.until("is asked before it is sent", asked+` && `+frameOf+`.readyState === "complete"`)
	var clicked time.Time
	eventually(p.t, patience, p.name+" has answered the question", func() bool {
		if !p.is(asked) {
			return true
		}
		if time.Since(clicked) > 3*time.Second {
			clicked = time.Now()
			p.clickIn(frameOf, name)
		}
		return false
	})
}

func (p *tab) clickIn(in, name string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	at, err := chromedp.Run(ctx, chromedp.Evaluate[[]float64](`(() => { const o = document.querySelector('[data-test="say"]').getBoundingClientRect();
		const b = `+in+`.querySelector('[data-test="`+name+`"]').getBoundingClientRect(); return [o.left + b.left + b.width / 2, o.top + b.top + b.height / 2]; })()`))
	if err != nil {
		p.t.Fatalf("tab %s: find %s: %v", p.name, name, err)
	}
	for _, kind := range []input.DispatchMouseEventType{"mousePressed", "mouseReleased"} {
		p.do(func(ctx context.Context, _ *chromedp.Target) (chromedp.Void, error) {
			_, err := chromedp.Call(ctx, input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: kind, X: at[0], Y: at[1], Button: "left", ClickCount: 1})
			return chromedp.Void{}, err
		})
	}
}
