package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// browser starts a Chromium with a fresh profile that ends with the test.
func browser(t *testing.T) context.Context {
	t.Helper()
	path := need(t, "/usr/bin/chromium", "chromium", "chromium-browser", "google-chrome")
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("mute-audio", true),
		chromedp.Flag("lang", "en-US"), chromedp.WindowSize(1280, 800),
	)
	alloc, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(alloc)
	t.Cleanup(func() {
		bound, done := context.WithTimeout(ctx, 10*time.Second)
		defer done()
		_ = chromedp.Cancel(bound)
		cancel()
		stop()
	})
	if err := chromedp.Do(ctx); err != nil { // the first call binds the browser's life to ctx
		t.Fatalf("start browser: %v", err)
	}
	return ctx
}

// tab is one page with cookies of its own. What its sockets received and what its calls answered is
// kept: the tests know more than the page shows.
type tab struct {
	t    *testing.T
	name string
	ctx  context.Context

	mu    sync.Mutex
	got   []frame
	asked []string // address and headers of every request
}

// keepAnswers makes a page keep every answer to its own calls.
const keepAnswers = `(() => { const real = window.fetch; window.__kept = [];
window.fetch = (...a) => real(...a).then((r) => { r.clone().text().then((x) => window.__kept.push(x)); return r; }); })();`

// visit opens a page in a tab of its own.
func visit(parent context.Context, t *testing.T, name, address string, first ...chromedp.Action[chromedp.Void]) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(parent, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	p := &tab{t: t, name: name, ctx: ctx}
	if err := chromedp.Listen(ctx, p.event); err != nil {
		t.Fatalf("open tab %s: %v", name, err)
	}
	if _, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument,
		page.AddScriptToEvaluateOnNewDocumentParams{Source: keepAnswers}); err != nil {
		t.Fatalf("prepare tab %s: %v", name, err)
	}
	p.do(first...)
	p.do(chromedp.Navigate(address))
	return p
}

func (p *tab) event(ev any) {
	if r, ok := ev.(*network.EventRequestWillBeSent); ok && r.Request != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.asked = append(p.asked, fmt.Sprint(r.Request.URL, " ", r.Request.Headers))
	}
	e, ok := ev.(*network.EventWebSocketFrameReceived)
	if !ok || e.Response == nil {
		return
	}
	var f frame
	if json.Unmarshal([]byte(e.Response.PayloadData), &f) != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.got = append(p.got, f)
}

// frames gives the frames of a type that this page's sockets received.
func (p *tab) frames(kind string) []frame {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []frame
	for _, f := range p.got {
		if f.Type == kind {
			out = append(out, f)
		}
	}
	return out
}

func (p *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.t.Fatalf("tab %s: %v\n%s", p.name, err, p.page())
	}
}

// page tells what the tab shows, for a failure.
func (p *tab) page() string {
	ctx, cancel := context.WithTimeout(p.ctx, 5*time.Second)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.pathname + "\n" + document.body.innerText`))
	if err != nil {
		return "page cannot be read"
	}
	return text
}

// named is the CSS selector of a control by its data-test name.
func named(name string) chromedp.CSS { return chromedp.CSS(`[data-test="` + name + `"]`) }

func (p *tab) click(name string) {
	p.t.Helper()
	p.do(chromedp.Click(named(name), chromedp.NodeVisible))
}

func (p *tab) write(name, text string) {
	p.t.Helper()
	p.do(chromedp.SendKeys(named(name), text, chromedp.NodeVisible))
}

// say types a message and sends it.
func (p *tab) say(text string) {
	p.t.Helper()
	p.write("text", text)
	p.click("send")
	if p.is(`document.querySelector('[data-test="text"]').value !== ""`) { // the button moved under the pointer
		p.click("send")
	}
}

// choose sets a list as a person does.
func (p *tab) choose(name, value string) {
	p.t.Helper()
	p.eval(fmt.Sprintf(`(() => { const e = document.querySelector('[data-test="%s"]'); e.value = %q;
		e.dispatchEvent(new Event("change", {bubbles: true})); return e.value === %q; })()`, name, value, value))
}

// eval demands that an expression is true now.
func (p *tab) eval(expression string) {
	p.t.Helper()
	if !p.is(expression) {
		p.t.Fatalf("tab %s: not true: %s\n%s", p.name, expression, p.page())
	}
}

func (p *tab) is(expression string) bool {
	ctx, cancel := context.WithTimeout(p.ctx, 10*time.Second)
	defer cancel()
	yes, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("Boolean("+expression+")"))
	return err == nil && yes
}

// until waits for an expression to be true.
func (p *tab) until(what, expression string) {
	p.t.Helper()
	defer func() {
		if p.t.Failed() {
			p.t.Logf("tab %s shows:\n%s", p.name, p.page())
		}
	}()
	eventually(p.t, patience, p.name+": "+what, func() bool { return p.is(expression) })
}

// state waits until the contact page is in a state.
func (p *tab) state(name string) {
	p.t.Helper()
	p.until("is "+name, `document.querySelector('[data-test="state"]').getAttribute("data-state") === "`+name+`"`)
}

// text gives what a control shows.
func (p *tab) text(name string) string {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.TextContent(named(name)))
	if err != nil {
		p.t.Fatalf("tab %s: read %s: %v", p.name, name, err)
	}
	return strings.TrimSpace(text)
}

// reads waits until the page shows a message of a side, with just this text, exactly once.
func (p *tab) reads(from, text string) {
	p.t.Helper()
	p.until("reads a message of the "+from, fmt.Sprintf(
		`[...document.querySelectorAll('[data-test="message"][data-from="%s"] .said')].filter((e) => e.textContent === %q).length === 1`, from, text))
}

// answers gives the bodies of what the page's own calls were answered.
func (p *tab) answers() []string {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	kept, err := chromedp.Run(ctx, chromedp.Evaluate[[]string]("window.__kept"))
	if err != nil {
		p.t.Fatalf("tab %s: read answers: %v", p.name, err)
	}
	return kept
}

// admitted gives the answer to this page's intake.
func (p *tab) admitted() admission {
	p.t.Helper()
	var a admission
	eventually(p.t, patience, p.name+" is admitted", func() bool {
		for _, body := range p.answers() {
			if json.Unmarshal([]byte(body), &a) == nil && a.Token != "" {
				return true
			}
		}
		return false
	})
	return a
}

// cookies gives the values of this tab's cookies.
func (p *tab) cookies() []string {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	res, err := chromedp.Call(ctx, network.GetCookies, network.GetCookiesParams{})
	if err != nil {
		p.t.Fatalf("tab %s: read cookies: %v", p.name, err)
	}
	var out []string
	for _, c := range res.Cookies {
		out = append(out, c.Value)
	}
	return out
}

// console signs in at the console page.
func console(parent context.Context, t *testing.T, h *house, name, password string, first ...chromedp.Action[chromedp.Void]) *tab {
	t.Helper()
	p := visit(parent, t, name, h.origin()+"/console", first...)
	p.write("name", name)
	p.write("password", password)
	p.click("sign-in")
	p.until("is connected", `document.querySelector('[data-test="connection"]').getAttribute("data-phase") === "open"`)
	return p
}

// ready presses ready, which plays a tone.
func (p *tab) ready() {
	p.t.Helper()
	p.click("duty-ready")
	p.until("is ready", `document.querySelector('[data-test="duty-state"]').getAttribute("data-state") === "ready"`)
}

// offer waits for the nth offer that this console was ever made.
func (p *tab) offer(n int) frame {
	p.t.Helper()
	var all []frame
	eventually(p.t, patience, fmt.Sprintf("%s has offer %d", p.name, n), func() bool {
		all = p.frames("offer")
		return len(all) >= n
	})
	p.until("shows the offer", `document.querySelector('[data-offer="`+all[n-1].Offer+`"]')`)
	return all[n-1]
}

// form fills in the outcome form and saves it.
func (p *tab) form(topic, assessment, role, outcome string) {
	p.t.Helper()
	p.choose("topic", topic)
	p.choose("assessment", assessment)
	p.choose("role", role)
	p.click("outcome-" + outcome)
	p.click("outcome-save")
	p.until("has recorded", `!document.querySelector('[data-test="leg"]')`)
}

// saysAgain: whatever frame tells the page that the server's memory is a new one, what was said into the old one is
// sent again, on the connection that it came by.
func (p *tab) saysAgain() {
	p.t.Helper()
	p.eval(`!!(async () => {
		const {Outbox} = await import(performance.getEntriesByType('resource').map((e) => e.name).find((n) => n.includes('outbox')));
		const sent = [];
		const box = new Outbox((frame) => sent.push(frame.cid) > 0, () => {});
		box.seen(1000001);
		box.add({cid: 'lost'});
		box.said('lost');
		box.seen(1000002);
		box.seen(2000001);
		box.add({cid: 'new'});
		document.documentElement.dataset.sent = sent.join(' ');
	})()`)
	p.until("says again what the server lost", `document.documentElement.dataset.sent === 'lost lost new'`)
}
