package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// stage is a house and a browser in which stories are told in one language.
type stage struct {
	*testing.T
	h      *house
	mail   *mailbox
	chrome context.Context
	lang   string
	axe    string                     // the rules' own script
	look   func(state string, p *tab) // called at every stop
	desks  map[*tab]bool              // pages that were opened on a desk
	plain  map[*tab]bool              // pages without script
	story  string
	met    []string
}

// phone and desk are the two screens.
var (
	phone = chromedp.EmulateViewport(360, 740, chromedp.EmulateMobile, chromedp.EmulateTouch)
	desk  = chromedp.EmulateViewport(1280, 800)
)

func raise(t *testing.T, lang string) *stage {
	t.Helper()
	path := filepath.Join("..", "..", ".cache", "axe", "node_modules", "axe-core", "axe.min.js")
	rules, err := os.ReadFile(path)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("the accessibility rules are missing: run make setup-test")
		}
		t.Skip("the accessibility rules are missing: run make setup-test")
	}
	set := settings{"OFFER_SECONDS": "300", "AWAY_DANGER_SECONDS": "1", "PARK_SECONDS": "1"}
	if !slices.Contains(pageTongues, lang) {
		set["DRAFT_LANGUAGES"] = lang
	}
	mail := mailboxOf(t)
	maps.Copy(set, mail.settings())
	h := open(t, set)
	h.onCall(lang)
	return &stage{
		T: t, h: h, mail: mail, chrome: browser(t), lang: lang,
		axe: string(rules), look: func(string, *tab) {}, desks: map[*tab]bool{}, plain: map[*tab]bool{},
	}
}

// tell plays a story and holds it against its list.
func (s *stage) tell(tale story) {
	s.Helper()
	s.story, s.met = tale.name, nil
	tale.play(s)
	if !slices.Equal(s.met, tale.states) {
		s.Errorf("the story %s stopped at %v, the list says %v", tale.name, s.met, tale.states)
	}
}

// at is a stop: the page is in a state of the list.
func (s *stage) at(state string, p *tab) {
	s.Helper()
	s.met = append(s.met, state)
	s.look(s.story+"-"+state, p)
}

// visit opens a page on a phone.
func (s *stage) visit(name, path string) *tab { return s.visitOn(phone, name, path) }

func (s *stage) visitOn(screen chromedp.Action[chromedp.Void], name, path string, more ...chromedp.Action[chromedp.Void]) *tab {
	s.Helper()
	tongue := func(ctx context.Context, _ *chromedp.Target) (chromedp.Void, error) {
		_, err := chromedp.Call(ctx, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{
			UserAgent: "Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0", AcceptLanguage: s.lang,
		})
		return chromedp.Void{}, err
	}
	return visit(s.chrome, s.T, name, s.h.origin()+path, append(more, screen, tongue)...)
}

// visitDesk opens a page on a desk.
func (s *stage) visitDesk(name, path string) *tab {
	s.Helper()
	p := s.visitOn(desk, name, path)
	s.desks[p] = true
	return p
}

// visitPlain opens a page without script on a phone.
func (s *stage) visitPlain(name, path string) *tab {
	s.Helper()
	p := s.visitOn(phone, name, path, withoutScript)
	s.plain[p] = true
	return p
}

func (s *stage) screenOf(p *tab) chromedp.Action[chromedp.Void] {
	if s.desks[p] {
		return desk
	}
	return phone
}

// home is the address of the contact page in the stage's language.
func (s *stage) home() string {
	if s.lang == "fi" {
		return "/"
	}
	return "/" + s.lang
}

// rules runs the accessibility rules, and those of contrast in the dark too.
func (s *stage) rules(p *tab) []string {
	s.Helper()
	if s.plain[p] { // the rules are a script with timers
		p.do(withScript)
		defer p.do(withoutScript)
	}
	if !p.is(`window.axe`) {
		p.do(chromedp.Evaluate[chromedp.Void](s.axe))
	}
	tags := `"wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"`
	if !p.is(`location.pathname === "/blank"`) { // which has neither heading nor content, as is its purpose
		tags += `, "best-practice"`
	}
	all := s.broken(p, `{type: "tag", values: [`+tags+`]}`)
	if s.lang != "en" { // colours are the same in every language
		return all
	}
	p.scheme("dark")
	defer p.scheme("light")
	return append(all, s.broken(p, `{type: "rule", values: ["color-contrast"]}`)...)
}

func (s *stage) broken(p *tab, only string) []string {
	s.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, 2*patience)
	defer cancel()
	faults, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](`axe.run(document, {resultTypes: ["violations"], iframes: false, runOnly: `+only+`})
		.then((r) => r.violations.map((v) => v.id + ": " + v.nodes.map((n) => n.html.slice(0, 160) + " " + n.any.concat(n.all, n.none).map((c) => c.message).join("; ")).join(" | ")))`, chromedp.EvalAwaitPromise))
	if err != nil {
		s.Fatalf("run the rules on %s: %v", p.name, err)
	}
	return faults
}

// scheme sets the colour scheme, without the time that a change of colour takes.
func (p *tab) scheme(name string) {
	p.t.Helper()
	p.do(func(ctx context.Context, _ *chromedp.Target) (chromedp.Void, error) {
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: name}, {Name: "prefers-reduced-motion", Value: "reduce"},
		}})
		return chromedp.Void{}, err
	})
}

// controls is the list of what can be used on a page and in its frame, each by a name; a group of radio buttons
// is one.
const controls = `(() => {
	window.__name = (e) => !e || e === e.ownerDocument.body || e === e.ownerDocument.documentElement ? "" :
		e.type === "radio" ? "radio " + e.name : (e.getAttribute("data-test") || e.id || e.textContent.trim().slice(0, 40) || e.tagName) + (e.getAttribute("data-key") || "");
	const seen = (e) => e.checkVisibility({visibilityProperty: true}) && !e.disabled && !e.closest("[inert]");
	const within = (d) => [...d.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")].filter(seen).map(window.__name);
	return [...new Set([document, ...[...document.querySelectorAll("iframe")].filter(seen).map((f) => f.contentDocument)].flatMap(within))];
})()`

// focused tells of what has the focus: its name, and what is wrong with it.
const focused = `(() => {
	let e = document.activeElement;
	if (e && e.tagName === "IFRAME" && e.contentDocument) e = e.contentDocument.activeElement;
	const name = window.__name(e);
	if (!name) return {name, fault: ""};
	const style = getComputedStyle(e);
	const box = e.getBoundingClientRect();
	const view = e.ownerDocument.defaultView;
	const x = Math.min(Math.max(box.left + box.width / 2, 1), view.innerWidth - 1);
	const y = Math.min(Math.max(box.top + Math.min(box.height / 2, 20), 1), view.innerHeight - 1);
	const top = e.ownerDocument.elementFromPoint(x, y);
	let fault = "";
	if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) fault = "shows no focus";
	else if (!top || !(e.contains(top) || top.contains(e) || (top.closest("label") && top.closest("label").contains(e)))) fault = "is covered while it has the focus, by " + (top && (top.className || top.tagName));
	return {name, fault};
})()`

// keyboard walks the whole page by Tab and demands that every control is reached and seen.
func (s *stage) keyboard(p *tab) (faults []string) {
	s.Helper()
	var want []string
	if err := s.read(p, controls, &want); err != nil {
		s.Fatalf("list the controls of %s: %v", p.name, err)
	}
	p.eval(`(document.body.tabIndex = -1, document.body.focus(), document.body.removeAttribute("tabindex"), scrollTo(0, 0), true)`)
	met := []string{}
	for range 2*len(want) + 60 { // a date has a stop for each of its parts, and rows of a table have controls of one name
		if err := p.press("Tab", 9); err != nil {
			s.Fatalf("press Tab on %s: %v", p.name, err)
		}
		var at struct{ Name, Fault string }
		if err := s.read(p, focused, &at); err != nil {
			s.Fatalf("read the focus of %s: %v", p.name, err)
		}
		if at.Name == "" || len(met) > 0 && at.Name == met[0] {
			break
		}
		if slices.Contains(met, at.Name) {
			continue // one group of radio buttons has a stop for each while none is chosen
		}
		met = append(met, at.Name)
		if at.Fault != "" {
			faults = append(faults, at.Name+" "+at.Fault)
		}
	}
	for _, name := range want {
		if !slices.Contains(met, name) {
			faults = append(faults, name+" is not reached by the keyboard, only "+strings.Join(met, ", "))
		}
	}
	return faults
}

func (s *stage) read(p *tab, expression string, into any) error {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	raw, err := chromedp.Run(ctx, chromedp.Evaluate[[]byte](expression))
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, into)
}

// press strikes one key as a person does.
func (p *tab) press(key string, code int64) error {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	_, err := chromedp.Call(ctx, input.DispatchKeyEvent, input.DispatchKeyEventParams{
		Type: "rawKeyDown", Key: key, Code: key, WindowsVirtualKeyCode: code, NativeVirtualKeyCode: code,
	})
	return err
}

// narrow tries 320 by 256 pixels, which is a screen of 1280 by 1024 at 400 %: nothing is cut off at the
// side, and Exit can be pressed.
func (s *stage) narrow(p *tab) (faults []string) {
	s.Helper()
	p.do(chromedp.EmulateViewport(320, 256))
	defer p.do(s.screenOf(p))
	var wide []string
	if err := s.read(p, `document.scrollingElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("body *")].filter((e) =>
		e.getBoundingClientRect().right > innerWidth + 1 && e.checkVisibility()).slice(-3).map((e) => e.tagName + "." + e.className + "#" + e.id)`, &wide); err != nil {
		s.Fatalf("measure %s: %v", p.name, err)
	}
	if len(wide) > 0 || !p.is(`document.scrollingElement.scrollWidth <= innerWidth`) {
		faults = append(faults, fmt.Sprintf("is wider than 320 pixels: %v", wide))
	}
	if p.is(`document.querySelector('[data-test="exit"]')`) && !p.is(`(() => { const e = document.querySelector('[data-test="exit"]');
		const b = e.getBoundingClientRect(); return b.width >= 44 && b.height >= 44 && e.contains(document.elementFromPoint(b.left + b.width / 2, b.top + b.height / 2)); })()`) {
		faults = append(faults, "Exit cannot be pressed on a screen of 320 by 256 pixels")
	}
	return faults
}
