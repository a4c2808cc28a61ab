package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// phoneOf is a browser with one window, whose profile is kept in a folder, and its first tab.
func phoneOf(t *testing.T, profile string, flags ...chromedp.ExecAllocatorOption) (context.Context, func()) {
	t.Helper()
	path := need(t, "/usr/bin/chromium", "chromium", "chromium-browser", "google-chrome")
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(profile),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("lang", "en-US"),
	)
	alloc, stop := chromedp.NewExecAllocator(context.Background(), append(options, flags...)...)
	ctx, cancel := chromedp.NewContext(alloc)
	var err error
	for range 5 { // a window that is opened again may replace its first tab under our hands
		if err = chromedp.Do(ctx); err == nil {
			break
		}
	}
	if err != nil {
		t.Fatalf("start browser: %v", err)
	}
	var once bool
	end := func() {
		if once {
			return
		}
		once = true
		bound, done := context.WithTimeout(ctx, 20*time.Second)
		defer done()
		_ = chromedp.Cancel(bound)
		cancel()
		stop()
	}
	t.Cleanup(end)
	return ctx, end
}

// first gives the window's own tab.
func first(ctx context.Context, t *testing.T, name string) *tab {
	t.Helper()
	p := &tab{t: t, name: name, ctx: ctx}
	if err := chromedp.Listen(ctx, p.event); err != nil {
		t.Fatal(err)
	}
	p.do(prepared(keepAnswers))
	return p
}

// hide opens another tab in front of this one; show brings this one back.
func (p *tab) hide() {
	p.t.Helper()
	if _, err := chromedp.CallBrowser(p.ctx, target.CreateTarget, target.CreateTargetParams{URL: "about:blank"}); err != nil {
		p.t.Fatal(err)
	}
	p.until("is hidden", `document.hidden`)
}

func (p *tab) show() {
	p.t.Helper()
	id := chromedp.FromContext(p.ctx).Target.TargetID
	if _, err := chromedp.CallBrowser(p.ctx, target.ActivateTarget, target.ActivateTargetParams{TargetID: id}); err != nil {
		p.t.Fatal(err)
	}
}

// discard kills the renderer of the page, as a phone that wants its memory does.
func (p *tab) discard() {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, 5*time.Second)
	defer cancel()
	_, _ = chromedp.Call(ctx, page.Crash, cdp.Empty{}) // which the renderer does not live to answer
}

const kept = `JSON.stringify(Object.assign({}, sessionStorage)) + JSON.stringify(Object.assign({}, localStorage)) + document.cookie`

// TestDiscardedTabComesBack: while the page is hidden the phone throws it away; it offers to go on, and gives the
// place and the conversation back, without earlier text. Otherwise the device keeps nothing.
func TestDiscardedTabComesBack(t *testing.T) {
	t.Parallel()
	ctx, _ := phoneOf(t, t.TempDir())
	h := open(t, settings{"OFFER_SECONDS": "300"})
	aino := attend(t, h, "Aino", "en", 2)
	p := first(ctx, t, "person")
	p.do(chromedp.Navigate(h.origin() + "/en"))
	p.click("asks-help")
	p.click("start-chat")
	p.state("waiting")
	a := p.admitted()
	o := aino.offer(t, a.Contact)
	aino.accept(t, o)
	p.state("active")
	p.say("sentinel-said")
	aino.say(o.Contact, "sentinel-heard")
	p.reads("adviser", "sentinel-heard")
	p.eval(kept + ` === "{}{}"`)

	p.hide()
	p.until("is covered, and keeps its token alone", `document.documentElement.classList.contains("covered") &&
		getComputedStyle(document.body).visibility === "hidden" && `+kept+` === '{"k":"`+a.Token+`"}{}'`)
	p.show()
	p.until("is seen again and keeps nothing", `!document.hidden && `+kept+` === "{}{}" && !document.documentElement.classList.contains("covered")`)

	p.hide()
	p.discard()
	p.show()
	p.do(chromedp.Reload())
	p.until("asks whether to go on, and tells nothing", `document.querySelector('[data-test="continue"]').offsetParent &&
		!document.body.innerText.includes("sentinel") && !document.querySelector('[data-test="asks-help"]').offsetParent`)
	p.eval(kept + ` === "{}{}"`)
	p.click("continue")
	p.state("active")
	aino.say(o.Contact, "after")
	p.reads("adviser", "after")
	if strings.Contains(p.page(), "sentinel") {
		t.Error("earlier text is shown")
	}
	p.say("said after")
	eventually(t, patience, "the adviser hears on", func() bool { return aino.hears(o.Contact) == 2 })

	// Closed instead: nothing is left, and the way back is the return number.
	p.hide()
	p.discard()
	p.show()
	p.do(chromedp.Reload())
	p.click("close")
	p.until("is blank", `location.pathname === "/blank" && `+kept+` === "{}{}"`)
}

// TestLockedPhoneKeepsItsPlace: twelve minutes in a pocket, without network; the place is the same.
func TestLockedPhoneKeepsItsPlace(t *testing.T) {
	t.Parallel()
	ctx, _ := phoneOf(t, t.TempDir())
	h := open(t, nil)
	before := call(t, h, "en")
	p := first(ctx, t, "person")
	p.do(chromedp.Navigate(h.origin() + "/en"))
	p.click("asks-help")
	p.click("start-chat")
	p.state("waiting")
	behind := call(t, h, "en")
	p.until("has somebody before", `document.querySelector('[data-test="position"]').textContent.includes("1 contact is before you")`)
	p.hide()
	p.offline(true)
	eventually(t, patience, "the phone is away", func() bool { return h.metric("adviceline_sockets", `side="contact"`) == 2 })
	if err := h.redis().HIncrBy(t.Context(), "{line:main}:meta", "offset", (12 * time.Minute).Milliseconds()).Err(); err != nil {
		t.Fatal(err)
	}
	p.offline(false)
	p.show()
	p.until("has the same place", `document.querySelector('[data-test="state"]').getAttribute("data-state") === "waiting" && !document.hidden &&
		document.querySelector('[data-test="position"]').textContent.includes("1 contact is before you")`)
	eventually(t, patience, "the three are there", func() bool { return h.metric("adviceline_sockets", `side="contact"`) == 3 })
	eventually(t, patience, "the three wait", func() bool { return h.metric("adviceline_waiting") == 3 })
	aino := attend(t, h, "Aino", "en", 3)
	for _, want := range []string{before.Contact, p.admitted().Contact, behind.Contact} {
		o := aino.offer(t, "")
		if o.Contact != want {
			t.Error("the order has changed")
		}
		aino.accept(t, o)
	}
	p.state("active")
}

// TestExitLeavesNothing: from the text box by Esc three times: the page is gone, Back and Forward do not bring it
// back, the window that is opened again does not either, and no file of the profile holds what was said.
func TestExitLeavesNothing(t *testing.T) {
	t.Parallel()
	profile := t.TempDir()
	ctx, end := phoneOf(t, profile)
	h := open(t, settings{"OFFER_SECONDS": "300"})
	aino := attend(t, h, "Aino", "en", 2)
	mark := "qz" + random(6) + "kuu"
	p := first(ctx, t, "person")
	p.do(chromedp.Navigate(h.origin() + "/accessibility")) // where the person was before
	p.do(chromedp.Navigate(h.origin() + "/en"))
	p.click("asks-work")
	p.click("start-chat")
	p.state("waiting")
	a := p.admitted()
	o := aino.offer(t, a.Contact)
	aino.accept(t, o)
	p.state("active")
	p.say(mark + " said")
	aino.say(o.Contact, mark+" heard")
	p.reads("adviser", mark+" heard")
	p.hide() // the token is kept now, and taken back
	p.show()
	p.until("is seen", `!document.hidden`)
	p.write("text", mark+" never sent")
	for range 3 { // from the text box, which has the keyboard
		if err := p.press("Escape", 27); err != nil {
			t.Fatal(err)
		}
	}
	p.until("is left by Esc, three times", `location.pathname === "/blank"`)
	p.until("is blank", `document.title === "Start" && document.body.children.length === 0 && `+kept+` === "{}{}"`)
	eventually(t, patience, "the adviser is told", func() bool { return !aino.stands(o.Contact, "active") })

	p.do(chromedp.Evaluate[chromedp.Void](`history.back()`))
	p.until("is where it was before, not on the chat", `location.pathname === "/accessibility"`)
	p.do(chromedp.Evaluate[chromedp.Void](`history.forward()`))
	p.until("is blank again", `location.pathname === "/blank" && document.body.children.length === 0`)
	end()
	for _, secret := range []string{mark, a.Token, a.Number} {
		for _, file := range holding(t, profile, secret) {
			t.Errorf("%s holds what was said, a token or a number", file)
		}
	}
	if len(holding(t, profile, strings.TrimPrefix(h.origin(), "http://"))) == 0 {
		t.Error("the search sees nothing: the history must hold the address")
	}

	again, _ := phoneOf(t, profile, chromedp.Flag("restore-last-session", true))
	var all []string
	eventually(t, patience, "the window is opened again", func() bool {
		tabs, err := chromedp.Targets(again)
		all = nil
		for _, x := range tabs {
			all = append(all, x.URL)
		}
		return err == nil && slices.Contains(all, h.origin()+"/blank")
	})
	for _, address := range all {
		if strings.HasPrefix(address, h.origin()) && address != h.origin()+"/blank" {
			t.Errorf("the window opened again shows %s", address)
		}
	}
}

// holding lists the files of a folder that hold a text, as bytes or as UTF-16.
func holding(t *testing.T, dir, text string) (files []string) {
	t.Helper()
	wide := bytes.Join(bytes.Split([]byte(text), nil), []byte{0})
	n := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil // the browser removes files while it ends
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return nil
		}
		n++
		if bytes.Contains(data, []byte(text)) || bytes.Contains(data, wide) {
			files = append(files, path)
		}
		return nil
	})
	if err != nil || n < 10 {
		t.Fatalf("read %d files of the profile: %v", n, err)
	}
	return files
}

// TestNetworkLossAndTwoTabs: what is said while the network is gone arrives once, in order, on both sides; a second
// tab with the same token takes over, and the first says so and stays quiet.
func TestNetworkLossAndTwoTabs(t *testing.T) {
	t.Parallel()
	chrome := browser(t)
	h := open(t, settings{"OFFER_SECONDS": "300"})
	aino := attend(t, h, "Aino", "en", 2)
	p := visit(chrome, t, "person", h.origin()+"/en", phone)
	p.click("asks-help")
	p.click("start-chat")
	a := p.admitted()
	o := aino.offer(t, a.Contact)
	aino.accept(t, o)
	p.state("active")
	p.say("one")
	p.until("has sent it", `document.querySelector('[data-test="message"][data-seq]')`)
	p.offline(true)
	p.noticed("says that the connection is lost")
	p.say("two")
	p.say("three")
	aino.say(o.Contact, "uno")
	aino.say(o.Contact, "due")
	p.offline(false)
	for _, text := range []string{"uno", "due"} {
		p.reads("adviser", text)
	}
	eventually(t, patience, "the adviser has heard all", func() bool { return aino.hears(o.Contact) >= 3 })
	heard, _ := aino.transcript(o.Contact)
	if got := strings.Join(heard.from("contact"), ","); got != "one,two,three" {
		t.Errorf("the adviser heard %s", got)
	}
	p.until("has sent all", `!document.querySelector('.pending')`)

	q := visit(chrome, t, "second tab", h.origin()+"/en", phone, prepared(fmt.Sprintf(`sessionStorage.setItem("k", %q)`, a.Token)))
	q.click("continue")
	q.state("active")
	p.state("ended")
	if !strings.Contains(p.page(), "This page has stopped") {
		t.Error("the first tab does not say that it stopped")
	}
	q.say("four")
	aino.say(o.Contact, "quattro")
	q.reads("adviser", "quattro")
	eventually(t, patience, "the adviser hears the second tab", func() bool { return aino.hears(o.Contact) == 4 })
	p.eval(`document.querySelector('[data-test="state"]').getAttribute("data-state") === "ended"`)
}

// TestArabicContactPage: a language that is read from right to left, switched on for trying it.
func TestArabicContactPage(t *testing.T) {
	t.Parallel()
	s := raise(t, "ar")
	s.look = func(name string, p *tab) {
		p.until("reads from right to left, digits from left to right", `document.documentElement.dir === "rtl" && getComputedStyle(document.body).direction === "rtl"`)
		p.until("reads from right to left, digits from left to right", `[...document.querySelectorAll(".number, input[inputmode='tel'], #resume-number")].every((e) => getComputedStyle(e).direction === "ltr")`) // digits in groups read the same everywhere
		for _, fault := range slices.Concat(s.rules(p), s.keyboard(p), s.narrow(p)) {
			t.Errorf("%s in Arabic: %s", name, fault)
		}
	}
	for _, tale := range stories {
		if tale.name == "contact" || tale.name == "plain" {
			s.tell(tale)
		}
	}
}

// stands says whether the contact of a leg is in a state.
func (c *consoleClient) stands(contact, state string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.legs[contact]
	return l != nil && l.state == state
}
