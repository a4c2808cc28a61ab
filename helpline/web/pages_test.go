package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func newPages(t *testing.T) *Pages {
	t.Helper()
	p, err := NewPages([]string{"ar"}, "https://line.example")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func contactData() ContactData {
	return ContactData{
		Phone:         "+358 295 463 177",
		Languages:     []Choice{{"fi", "suomi"}, {"sv", "ruotsi"}, {"en", "englanti"}, {"ar", "arabia"}},
		Organisations: []Choice{{"police", "Poliisi"}, {"migri", "Maahanmuuttovirasto"}},
	}
}

func consoleData() ConsoleData {
	return ConsoleData{Lists: map[string][]Choice{"outcome": {{"info_given", "</script><b>Tietoa"}}}}
}

// everyPage renders each page in each language, by a name for messages.
func everyPage(p *Pages) map[string][]byte {
	out := map[string][]byte{"blank": p.Blank()}
	out["contact ar"] = p.Contact("ar", contactData())
	for _, lang := range PageLanguages() {
		out["contact "+lang] = p.Contact(lang, contactData())
		out["accessibility "+lang] = p.Statement(lang, contactData().Phone, "a@line.example")
		out["console "+lang] = p.Console(lang, consoleData())
		out["board "+lang] = p.Board(lang, consoleData())
		out["work "+lang] = p.Work(lang, consoleData())
		for _, step := range []string{"ask", "taken", "over", "gone", "failed"} {
			out["page "+step+" "+lang] = p.Page(lang, step)
		}
	}
	return out
}

// Every word that a script or page asks for exists, and none lies unused.
func TestWordsAreUsed(t *testing.T) {
	t.Parallel()
	p := newPages(t)
	var all bytes.Buffer
	for _, dir := range []fs.FS{staticFiles, pageFiles} {
		_ = fs.WalkDir(dir, ".", func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			body, err := fs.ReadFile(dir, path)
			all.Write(body)
			return err
		})
	}
	sources, _ := filepath.Glob("*.go")
	for _, path := range sources {
		if body, err := os.ReadFile(path); err == nil && !strings.HasSuffix(path, "_test.go") {
			all.Write(body)
		}
	}
	ids := regexp.MustCompile(`['"]((?:pc|pk|pp|pl|pa|pb|pw|rp|pv|hp|sc|l|x|c|k|b|w)\.[a-z_0-9]+)['"]`)
	used := map[string]bool{}
	prefixes := []string{"hp.said_", "hp.wrong", "hp.reopen", "sc."} // said by what a receiver's page is given
	for _, m := range ids.FindAllStringSubmatch(all.String(), -1) {
		used[m[1]] = true
		if _, ok := p.words["fi"].forms[m[1]]; ok {
			continue
		}
		if !strings.HasSuffix(m[1], "_") {
			t.Errorf("a page or script asks for %s, which no catalogue has", m[1])
		}
		prefixes = append(prefixes, m[1])
	}
	for id := range p.words["fi"].forms {
		dynamic := slices.ContainsFunc(prefixes, func(s string) bool { return strings.HasPrefix(id, s) })
		if !used[id] && !dynamic && id != "k.line_unmanned" {
			t.Errorf("nothing says %s", id)
		}
	}
}

var (
	scriptTag = regexp.MustCompile(`<script([^>]*)>`)
	handler   = regexp.MustCompile(`\s(on[a-z]+|style)=`)
	reference = regexp.MustCompile(`(?:href|src)="([^"]+)"`)
	linked    = []string{"/", "/console", "/board", "/board/work", "/board/reports", "/sv", "/en", "/ar", "/blank", "/fi/accessibility", "/sv/accessibility", "/en/accessibility", "/fi/privacy", "/sv/privacy", "/en/privacy", "tel:112", "tel:+358295463177", "tel:", "mailto:a@line.example"}
)

func TestPagesCarryNothingInline(t *testing.T) {
	t.Parallel()
	p := newPages(t)
	for name, html := range everyPage(p) {
		for _, m := range scriptTag.FindAllSubmatch(html, -1) {
			attrs := string(m[1])
			if !strings.Contains(attrs, `type="application/json"`) && !strings.Contains(attrs, `src="/static/`) {
				t.Errorf("%s has an inline script: %s", name, attrs)
			}
		}
		style := []byte("<style>" + string(p.assets["page.css"].body) + "</style>") // which the contact page's policy names
		if strings.HasPrefix(name, "contact ") != bytes.Contains(html, style) {
			t.Errorf("%s carries the stylesheet, or does not", name)
		}
		rest := bytes.Replace(html, style, nil, 1)
		if m := handler.Find(rest); m != nil || bytes.Contains(rest, []byte("<style")) {
			t.Errorf("%s has inline script or style: %q", name, m)
		}
		for _, m := range reference.FindAllSubmatch(html, -1) {
			ref := strings.ReplaceAll(string(m[1]), "&#43;", "+")
			if id, here := strings.CutPrefix(ref, "#"); here && bytes.Contains(html, []byte(` id="`+id+`"`)) {
				continue
			}
			if _, ok := p.served[ref]; !ok && !slices.Contains(linked, ref) {
				t.Errorf("%s refers to %s, which nothing serves", name, ref)
			}
		}
		if bytes.Contains(html, []byte("ZgotmplZ")) || bytes.Contains(html, []byte("</script><b>")) {
			t.Errorf("%s is escaped badly", name)
		}
	}
}

func TestContactPageIsNeutralAndWhole(t *testing.T) {
	t.Parallel()
	p := newPages(t)
	title := regexp.MustCompile(`<title>(.*)</title>`)
	suspect := regexp.MustCompile(`(?i)ihmiskaup|uhri|människohandel|offer|traffick|victim`)
	for _, lang := range PageLanguages() {
		html := p.Contact(lang, contactData())
		if m := title.FindSubmatch(html); m == nil || suspect.Match(m[1]) {
			t.Errorf("%s: title %q is not neutral", lang, m)
		}
		if !bytes.Contains(html, []byte(`<html lang="`+lang+`"`)) {
			t.Errorf("%s: wrong lang", lang)
		}
		for _, name := range strings.Fields(`asks-help asks-worried asks-work asks-other talk-language organisation
			when-present when-today when-routine child start-chat state position messages text send exit done cancel
			return-number show-return resume-number resume notice phone danger joined leave-yes leave-no`) {
			if !bytes.Contains(html, []byte(`data-test="`+name+`"`)) {
				t.Errorf("%s: no control %s", lang, name)
			}
		}
	}
	if !bytes.Contains(p.Contact("xx", contactData()), []byte(`<html lang="fi"`)) {
		t.Error("an unknown language is not answered in Finnish")
	}
}

func TestStaticFiles(t *testing.T) {
	t.Parallel()
	p := newPages(t)
	get := func(method, path, accept string) *http.Response {
		r := httptest.NewRequest(method, path, nil)
		r.Header.Set("Accept-Encoding", accept)
		w := httptest.NewRecorder()
		p.StaticHandler().ServeHTTP(w, r)
		return w.Result()
	}
	hashed := regexp.MustCompile(`^/static/[a-z]+\.[0-9a-f]{10}\.(js|css|svg)$`)
	for name, a := range p.assets {
		if !hashed.MatchString(a.path) {
			t.Errorf("%s is served as %s", name, a.path)
		}
		if bytes.Contains(a.body, []byte("from './")) {
			t.Errorf("%s imports a name without hash", name)
		}
		res := get("GET", a.path, "")
		if res.StatusCode != 200 || !strings.Contains(res.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d %v", name, res.StatusCode, res.Header)
		}
		if res := get("GET", a.path, "gzip"); res.Header.Get("Content-Encoding") != "gzip" {
			t.Errorf("%s is not served compressed", name)
		}
	}
	if res := get("GET", "/static/contact.js", ""); res.StatusCode != 404 {
		t.Errorf("a name without hash gives %d", res.StatusCode)
	}
	if res := get("POST", p.assets["contact.js"].path, ""); res.StatusCode != 405 {
		t.Errorf("POST gives %d", res.StatusCode)
	}
}

// Scripts run unbuilt on old phones, and never keep or fetch what privacy.md forbids.
func TestScriptsKeepTheRules(t *testing.T) {
	t.Parallel()
	p := newPages(t)
	forbidden := regexp.MustCompile("`|" + `\?\.[a-zA-Z(\[]|\?\?|catch \{|\{\s*\.\.\.|innerHTML|outerHTML|insertAdjacent|document\.write|localStorage|indexedDB|document\.cookie|serviceWorker|\beval\b|https?://|history\.`)
	for name, a := range p.assets {
		if strings.HasSuffix(name, ".js") {
			if m := forbidden.Find(a.body); m != nil {
				t.Errorf("%s uses %q", name, m)
			}
			if remarks.Match(a.body) {
				t.Errorf("%s is served with its comments", name)
			}
			if name != "leave.js" && bytes.Contains(a.body, []byte("sessionStorage")) {
				t.Errorf("%s touches sessionStorage", name)
			}
			if source, err := staticFiles.ReadFile("static/" + name); err != nil || bytes.Count(source, []byte("\n")) >= 300 {
				n := bytes.Count(source, []byte("\n"))
				t.Errorf("%s has %d lines", name, n)
			}
		}
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	h := http.Header{}
	newPages(t).Headers(h)
	csp := h.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'self';", "style-src 'self';", "connect-src 'self' wss://line.example;",
		"frame-ancestors 'none'", "base-uri 'none'", "require-trusted-types-for 'script'", "trusted-types 'none'"} {
		if !strings.Contains(csp, want) {
			t.Errorf("policy lacks %q: %s", want, csp)
		}
	}
	if h.Get("Cache-Control") != "no-store" || h.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("headers: %v", h)
	}
}

// The contact page carries the stylesheet, and its policy takes that one and no other.
func TestContactPageCarriesItsStyle(t *testing.T) {
	t.Parallel()
	p := newPages(t)
	html := p.Contact("en", contactData())
	_, style, _ := bytes.Cut(html, []byte("<style>"))
	style, _, _ = bytes.Cut(style, []byte("</style>"))
	sum := sha256.Sum256(style)
	want := "; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "';"
	if len(style) < 10_000 || !strings.Contains(p.styled, want) || strings.Contains(p.styled, "unsafe") {
		t.Errorf("%d bytes of style are not the one of the policy %s", len(style), p.styled)
	}
	if strings.Replace(p.styled, want, "; style-src 'self';", 1) != p.policy {
		t.Errorf("the policy of the contact page differs in more than its style: %s", p.styled)
	}
	if bytes.Contains(html, []byte("page.css")) || bytes.Count(html, []byte("/static/")) != 2 {
		t.Error("the page names more than its icon and one script")
	}
}

// What a page's modules are joined into holds each of them once, after what it imports.
func TestModulesAreJoined(t *testing.T) {
	t.Parallel()
	p := newPages(t)
	body := string(p.joined["contact.js"].body)
	all := append(p.below("contact.js"), "contact.js")
	if len(all) < 15 || strayLine.MatchString(body) {
		t.Fatalf("%d modules are joined, or one of them imports still: %s", len(all), strayLine.FindString(body))
	}
	at := map[string]int{}
	for _, name := range all {
		begin := "const " + scopeOf(name) + " = "
		at[name] = strings.Index(body, begin)
		if strings.Count(body, begin) != 1 {
			t.Errorf("%s is in it %d times", name, strings.Count(body, begin))
		}
		for _, i := range p.assets[name].imports {
			if at[i] >= at[name] {
				t.Errorf("%s comes before %s, which it imports", name, i)
			}
		}
	}
}

// What a phone loads to start a chat stays small: the page with its style, and its script.
func TestContactPageIsSmall(t *testing.T) {
	t.Parallel()
	const budget = 30 << 10
	p := newPages(t)
	for _, lang := range PageLanguages() {
		packed, err := pack(p.Contact(lang, contactData()))
		if err != nil {
			t.Fatal(err)
		}
		size := len(packed) + len(p.joined["contact.js"].packed)
		t.Logf("contact page in %s: %d bytes gzipped (html with style %d)", lang, size, len(packed))
		if size > budget {
			t.Errorf("contact page in %s: %d bytes gzipped, budget %d", lang, size, budget)
		}
	}
}
