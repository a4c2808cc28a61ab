package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"adviceline/helpline/codes"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

//go:embed page/*.html
var pageFiles embed.FS

//go:embed static/*.js static/*.css static/*.svg
var staticFiles embed.FS

//go:embed catalog/*.json
var catalogFiles embed.FS

// PageLanguages lists the languages of the pages; the first one answers for an unknown language.
func PageLanguages() []string { return []string{"fi", "sv", "en"} }

// Pages holds the parsed templates, the catalogues and the static files under their hashed names.
// It never changes after NewPages and is safe for concurrent use.
type Pages struct {
	templates *template.Template
	words     map[string]words // by language
	endonyms  map[string]string
	assets    map[string]*asset // by file name in the repository: "contact.js"
	served    map[string]*asset // by path: "/static/contact.0123456789.js"
	policy    string
}

// Choice is one code of a code list with its label in the page's language.
type Choice struct {
	Code  string `json:"code"`
	Label string `json:"label"`
}

// ContactData is what the contact page needs from the running line.
type ContactData struct {
	Phone         string   // as people read it: "+358 295 463 177"
	Languages     []Choice // the languages one may talk in, staffed ones first
	Organisations []Choice // organisation_kind
}

// ConsoleData is what the console needs: code lists by name, labels in the page's language.
// Used: asks, callback_result, danger_close, duty, end_reason, lane, language, missing_value, offer_decline,
// organisation_kind, pause_reason, and those of the form.
type ConsoleData struct {
	Lists map[string][]Choice
	Form  []codes.Field // the outcome form
}

// NewPages parses everything embedded and fails where a catalogue, template or import is broken.
// The origins (https://host) are those of PUBLIC_ORIGINS: older browsers do not let connect-src
// 'self' stand for the WebSocket of the same host, so each is also named as wss.
func NewPages(origins ...string) (*Pages, error) {
	p := &Pages{words: map[string]words{}, assets: map[string]*asset{}, served: map[string]*asset{}}
	if err := p.readCatalogues(); err != nil {
		return nil, err
	}
	if err := p.readAssets(); err != nil {
		return nil, err
	}
	var err error
	p.templates, err = template.New("").ParseFS(pageFiles, "page/*.html")
	if err != nil {
		return nil, fmt.Errorf("parse pages: %w", err)
	}
	for _, lang := range PageLanguages() {
		for _, name := range []string{"contact.html", "console.html", "board.html", "blank.html"} {
			if _, err := p.render(name, lang, ContactData{}, ConsoleData{}); err != nil {
				return nil, err
			}
		}
	}
	for _, lang := range PageLanguages() {
		if _, err := p.execute("page.html", view{pages: p, Lang: lang}); err != nil {
			return nil, err
		}
	}
	p.policy = policy(origins)
	return p, nil
}

// Contact renders the public page in lang.
func (p *Pages) Contact(lang string, data ContactData) []byte {
	return p.must("contact.html", lang, data, ConsoleData{})
}

// Console renders the adviser's page in lang.
func (p *Pages) Console(lang string, data ConsoleData) []byte {
	return p.must("console.html", lang, ContactData{}, data)
}

// Blank renders the empty, neutral page that Exit leaves behind; to be served at /blank.
func (p *Pages) Blank() []byte {
	return p.must("blank.html", PageLanguages()[0], ContactData{}, ConsoleData{})
}

// Page renders what a page's link shows: ask, taken or over.
func (p *Pages) Page(lang, step string) []byte {
	html, err := p.execute("page.html", view{pages: p, Lang: lang, Step: step})
	if err != nil {
		panic(err) // as in must
	}
	return html
}

// must panics on what NewPages has already tried for every page and language: a bug, not an input.
func (p *Pages) must(name, lang string, c ContactData, k ConsoleData) []byte {
	html, err := p.render(name, lang, c, k)
	if err != nil {
		panic(err)
	}
	return html
}

func (p *Pages) render(name, lang string, c ContactData, k ConsoleData) ([]byte, error) {
	if _, ok := p.words[lang]; !ok {
		lang = PageLanguages()[0]
	}
	return p.execute(name, view{pages: p, Lang: lang, Contact: c, Console: k})
}

func (p *Pages) execute(name string, v view) ([]byte, error) {
	var out bytes.Buffer
	if err := p.templates.ExecuteTemplate(&out, name, v); err != nil {
		return nil, fmt.Errorf("render %s in %s: %w", name, v.Lang, err)
	}
	return out.Bytes(), nil
}

// Headers sets what every page must carry. Static files have headers of their own.
func (p *Pages) Headers(h http.Header) {
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", p.policy)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=(), display-capture=(), browsing-topics=()")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
}

func policy(origins []string) string {
	connect := "connect-src 'self'"
	for _, o := range origins {
		if host, ok := strings.CutPrefix(o, "https://"); ok {
			connect += " wss://" + host
		} else if host, ok := strings.CutPrefix(o, "http://"); ok {
			connect += " ws://" + host
		}
	}
	return strings.Join([]string{
		"default-src 'none'", "script-src 'self'", "style-src 'self'", connect, "img-src 'self'",
		"form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
		"require-trusted-types-for 'script'", "trusted-types 'none'",
	}, "; ")
}

// words is one language's catalogue: for the server a localizer, for scripts the raw forms.
type words struct {
	localizer *i18n.Localizer
	forms     map[string]any // id to string, or to {one, other} where the word counts
}

func (p *Pages) readCatalogues() error {
	bundle := i18n.NewBundle(language.Make(PageLanguages()[0]))
	for _, lang := range PageLanguages() {
		file, err := bundle.LoadMessageFileFS(catalogFiles, "catalog/"+lang+".json")
		if err != nil {
			return fmt.Errorf("read catalogue %s: %w", lang, err)
		}
		forms := make(map[string]any, len(file.Messages))
		for _, m := range file.Messages {
			forms[m.ID] = m.Other
			if m.One != "" {
				forms[m.ID] = map[string]string{"one": m.One, "other": m.Other}
			}
		}
		p.words[lang] = words{localizer: i18n.NewLocalizer(bundle, lang), forms: forms}
	}
	raw, err := catalogFiles.ReadFile("catalog/endonyms.json")
	if err != nil {
		return fmt.Errorf("read endonyms: %w", err)
	}
	if err := json.Unmarshal(raw, &p.endonyms); err != nil {
		return fmt.Errorf("read endonyms: %w", err)
	}
	return nil
}

// view is what templates see.
type view struct {
	pages   *Pages
	Lang    string
	Contact ContactData
	Console ConsoleData
	Step    string // of a page's link: ask, taken, over
}

// T gives the word with this id in the page's language.
func (v view) T(id string) (string, error) {
	if _, ok := v.pages.words[v.Lang].forms[id]; !ok {
		return "", fmt.Errorf("word %s is missing in %s", id, v.Lang)
	}
	return v.pages.words[v.Lang].localizer.Localize(&i18n.LocalizeConfig{MessageID: id})
}

// Strings gives the words whose id begins with one of the prefixes, for the page's script.
func (v view) Strings(prefixes ...string) map[string]any {
	out := map[string]any{}
	for id, form := range v.pages.words[v.Lang].forms {
		if slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(id, p) }) {
			out[id] = form
		}
	}
	return out
}

// Asset gives the hashed path of a static file.
func (v view) Asset(name string) (string, error) {
	a, ok := v.pages.assets[name]
	if !ok {
		return "", fmt.Errorf("no static file %s", name)
	}
	return a.path, nil
}

// Imports gives the hashed paths of every module that name imports, directly or not.
func (v view) Imports(name string) []string {
	var out []string
	seen := map[string]bool{}
	var walk func(string)
	walk = func(n string) {
		for _, i := range v.pages.assets[n].imports {
			if !seen[i] {
				seen[i] = true
				out = append(out, v.pages.assets[i].path)
				walk(i)
			}
		}
	}
	walk(name)
	return out
}

// Tongue names a language first as its speakers do, then as the page does.
func (v view) Tongue(c Choice) string {
	own := v.pages.endonyms[c.Code]
	if own == "" || strings.EqualFold(own, c.Label) {
		return c.Label
	}
	return own + " · " + c.Label
}

// Dial is a phone number as tel: wants it.
func (v view) Dial(phone string) string {
	return strings.Map(func(r rune) rune {
		if r == '+' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, phone)
}

// asset is one static file as it is served: imports rewritten, named by the hash of that.
type asset struct {
	path    string
	kind    string
	body    []byte
	packed  []byte // gzip of body
	imports []string
}

// importLine is the one way our modules import each other: a line of its own, single quotes.
var importLine = regexp.MustCompile(`(?m)^(import (?:.+ from )?)'\./([a-z]+\.js)';$`)

func (p *Pages) readAssets() error {
	files, err := fs.Glob(staticFiles, "static/*")
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := p.readAsset(path.Base(f), nil); err != nil {
			return err
		}
	}
	return nil
}

// readAsset reads a file after those it imports, since its hash covers their hashed names.
func (p *Pages) readAsset(name string, above []string) error {
	if slices.Contains(above, name) {
		return fmt.Errorf("static/%s imports itself: %s", name, strings.Join(above, " > "))
	}
	if p.assets[name] != nil {
		return nil
	}
	body, err := staticFiles.ReadFile("static/" + name)
	if err != nil {
		return fmt.Errorf("read static/%s: %w", name, err)
	}
	a := &asset{kind: kindOf(name)}
	for _, m := range importLine.FindAllSubmatch(body, -1) {
		dep := string(m[2])
		if err := p.readAsset(dep, append(above, name)); err != nil {
			return err
		}
		a.imports = append(a.imports, dep)
	}
	a.body = importLine.ReplaceAllFunc(body, func(line []byte) []byte {
		m := importLine.FindSubmatch(line)
		return fmt.Appendf(nil, "%s'%s';", m[1], p.assets[string(m[2])].path)
	})
	a.packed, err = pack(a.body)
	if err != nil {
		return fmt.Errorf("pack static/%s: %w", name, err)
	}
	sum := sha256.Sum256(a.body)
	ext := path.Ext(name)
	a.path = "/static/" + strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:5]) + ext
	p.assets[name], p.served[a.path] = a, a
	return nil
}

func kindOf(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	default:
		return "image/svg+xml"
	}
}

func pack(body []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(body); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// StaticHandler serves /static/<name>.<hash>.<ext>, for ever cacheable, already compressed.
// It needs no gzip around it and answers 404 for every other path.
func (p *Pages) StaticHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, ok := p.served[r.URL.Path]
		if !ok {
			http.Error(w, "not found", http.StatusNotFound)
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		h, body := w.Header(), a.body
		h.Set("Content-Type", a.kind)
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Vary", "Accept-Encoding")
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			h.Set("Content-Encoding", "gzip")
			body = a.packed
		}
		h.Set("Content-Length", strconv.Itoa(len(body)))
		if r.Method == http.MethodGet {
			_, _ = w.Write(body)
		}
	})
}
