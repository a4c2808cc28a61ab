package e2e

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// injected tries what an attacker's text would do in a page, and gives what of it worked.
const injected = `(() => {
	const worked = [];
	const attempt = (what, act) => { try { if (act()) worked.push(what); } catch (err) { /* refused */ } };
	attempt("a script", () => { const s = document.createElement("script"); s.text = "window.__ran = true"; document.documentElement.appendChild(s); return window.__ran; });
	attempt("markup", () => { const d = document.createElement("div"); d.innerHTML = "<p>x</p>"; return d.children.length; });
	attempt("a handler", () => { const b = document.createElement("button"); b.setAttribute("onclick", "window.__pressed = true"); document.documentElement.appendChild(b); b.click(); return window.__pressed; });
	attempt("a style", () => { const s = document.createElement("style"); s.textContent = "html { scroll-margin-top: 3px }"; document.documentElement.appendChild(s); return getComputedStyle(document.documentElement).scrollMarginTop === "3px"; });
	attempt("a policy", () => window.trustedTypes.createPolicy("mine", {createHTML: (x) => x}));
	return worked;
})()`

// TestEveryPageHoldsItsPolicy: each page says default-src 'none' without unsafe-inline and demands trusted types, and
// the browser then refuses what an attacker would try.
func TestEveryPageHoldsItsPolicy(t *testing.T) {
	t.Parallel()
	chrome := browser(t)
	h := open(t, settings{"DRAFT_LANGUAGES": "ar"})
	for _, path := range []string{"/", "/sv", "/en", "/ar", "/console", "/board", "/blank", "/en/accessibility"} {
		res, err := client.Get(h.origin() + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		policy := res.Header.Get("Content-Security-Policy")
		if res.StatusCode != http.StatusOK || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: %d, %s", path, res.StatusCode, policy)
		}
		style := "style-src 'self'"
		if slices.Contains([]string{"/", "/sv", "/en", "/ar"}, path) { // which carries the stylesheet
			style = "style-src 'sha256-" + h.styleHash(t, path) + "'"
		}
		for _, want := range []string{"default-src 'none'", "script-src 'self'", style, "require-trusted-types-for 'script'", "trusted-types 'none'", "base-uri 'none'"} {
			if !slices.Contains(strings.Split(policy, "; "), want) {
				t.Errorf("%s lacks %s: %s", path, want, policy)
			}
		}
		if path == "/sv" || path == "/en" {
			continue // as the Finnish one
		}
		p := visit(chrome, t, path, h.origin()+path)
		p.eval(`document.styleSheets.length === 1 && document.styleSheets[0].cssRules.length > 100`)
		worked, err := chromedp.Run(p.ctx, chromedp.Evaluate[[]string](injected))
		if err != nil || len(worked) > 0 {
			t.Errorf("%s: %v went through, %v", path, worked, err)
		}
	}
	bare := visit(chrome, t, "bare", "about:blank")
	if worked, err := chromedp.Run(bare.ctx, chromedp.Evaluate[[]string](injected)); err != nil || len(worked) < 5 {
		t.Errorf("without a policy only %v goes through, %v: the attempts try nothing", worked, err)
	}
}

// styleHash is that of the one stylesheet which a page carries.
func (h *house) styleHash(t *testing.T, path string) string {
	t.Helper()
	parts := bytes.Split(h.get(t, path), []byte("<style>"))
	if len(parts) != 2 {
		t.Fatalf("%s carries %d stylesheets", path, len(parts)-1)
	}
	style, _, _ := bytes.Cut(parts[1], []byte("</style>"))
	sum := sha256.Sum256(style)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// get reads what an address answers.
func (h *house) get(t *testing.T, path string) []byte {
	t.Helper()
	res, err := client.Get(h.origin() + path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %v", path, res.StatusCode, err)
	}
	return body
}

// modules finds the scripts that a page names.
var modules = regexp.MustCompile(`(?:href|src)="(/static/[a-z]+\.[0-9a-f]+\.js)"`)

// TestScriptsAreES2017: a parser that knows no later syntax reads every script of every page.
func TestScriptsAreES2017(t *testing.T) {
	t.Parallel()
	parser, err := os.ReadFile(filepath.Join("..", "..", ".cache", "axe", "node_modules", "acorn", "dist", "acorn.js"))
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("the parser is missing: run make setup-test")
		}
		t.Skip("the parser is missing: run make setup-test")
	}
	h := open(t, nil)
	scripts := map[string]string{"spread in objects": "const a = {...b};", "a catch without a name": "try {} catch {}", "optional chaining": "a?.b"}
	later := len(scripts)
	for _, path := range []string{"/", "/console", "/board"} {
		for _, m := range modules.FindAllSubmatch(h.get(t, path), -1) {
			scripts[string(m[1])] = string(h.get(t, string(m[1])))
		}
	}
	if len(scripts) < 30 {
		t.Fatalf("only %d scripts", len(scripts))
	}
	p := visit(browser(t), t, "parser", "about:blank")
	p.do(chromedp.Evaluate[chromedp.Void](string(parser) + "; void 0"))
	text, err := json.Marshal(scripts)
	if err != nil {
		t.Fatal(err)
	}
	refused, err := chromedp.Run(p.ctx, chromedp.Evaluate[map[string]string](`(() => { const out = {}; const all = `+string(text)+`;
		Object.keys(all).forEach((name) => { try { acorn.parse(all[name], {ecmaVersion: 2017, sourceType: "module"}); } catch (err) { out[name] = String(err); } }); return out; })()`))
	if err != nil {
		t.Fatal(err)
	}
	for name, fault := range refused {
		if strings.HasPrefix(name, "/static/") {
			t.Errorf("%s is not ES2017: %s", name, fault)
		} else {
			later--
		}
	}
	if later != 0 {
		t.Errorf("the parser takes later syntax: %v", refused)
	}
}
