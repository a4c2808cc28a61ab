package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"strings"

	"adviceline/helpline/codes"

	"github.com/google/uuid"
	"golang.org/x/text/language"
)

//go:embed page/*.html
var pageFiles embed.FS

// Pages holds the parsed templates, the catalogues and the static files under their hashed names.
// It never changes after NewPages and is safe for concurrent use.
type Pages struct {
	lexicon   lexicon
	templates *template.Template
	words     map[string]words // by language
	contact   []string         // the languages of the contact page
	endonyms  map[string]string
	matcher   language.Matcher  // of the languages of every page
	assets    map[string]*asset // by file name in the repository: "contact.js"
	joined    map[string]*asset // whole pages' scripts as one module, by the name of the first: "contact.js"
	served    map[string]*asset // by path: "/static/contact.0123456789.js"
	policy    string
	styled    string // of the contact page, which carries the stylesheet
	framed    string // of the page without script, which has a frame of its own
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
	Times         []Slot   // when people may ask to be called
	Closed        bool     // no new chats are taken now
	Event         bool     // many come at once: a callback is offered first
	Notice        string   // what a supervisor tells, in the page's language; empty: nothing
}

// Slot is one time at which we may call: two instants of the wire with a space between, and words.
type Slot struct{ Value, Day, Hours string }

// Label is day and hours together.
func (s Slot) Label() string { return s.Day + " " + s.Hours }

// Days gives the times of each day together.
func (c ContactData) Days() (days [][]Slot) {
	for i, s := range c.Times {
		if i == 0 || c.Times[i-1].Day != s.Day {
			days = append(days, nil)
		}
		days[len(days)-1] = append(days[len(days)-1], s)
	}
	return days
}

// ConsoleData is what the console needs: code lists by name, labels in the page's language.
// Used: asks, callback_result, danger_close, duty, end_reason, lane, language, missing_value, offer_decline,
// organisation_kind, pause_reason, and those of the form.
type ConsoleData struct {
	Lists map[string][]Choice
	Form  []codes.Field // the outcome form
}

// NewPages parses everything embedded and fails where a catalogue, template or import is broken.
// Catalogues that nobody has reviewed are left out unless drafts names them.
// The origins (https://host) are those of PUBLIC_ORIGINS: older browsers do not let connect-src
// 'self' stand for the WebSocket of the same host, so each is also named as wss.
func NewPages(drafts []string, origins ...string) (*Pages, error) {
	return pagesOf(embedded, drafts, origins)
}

// pagesOf makes the pages in the languages of a lexicon.
func pagesOf(l lexicon, drafts, origins []string) (*Pages, error) {
	p := &Pages{lexicon: l, words: map[string]words{}, assets: map[string]*asset{}, joined: map[string]*asset{}, served: map[string]*asset{}}
	var tags []language.Tag
	for _, tag := range l.pages {
		tags = append(tags, language.Make(tag))
	}
	p.matcher = language.NewMatcher(tags)
	if err := p.readCatalogues(drafts); err != nil {
		return nil, err
	}
	if err := p.readAssets(); err != nil {
		return nil, err
	}
	if err := p.join("contact.js"); err != nil {
		return nil, err
	}
	var err error
	p.templates, err = template.New("").ParseFS(pageFiles, "page/*.html")
	if err != nil {
		return nil, fmt.Errorf("parse pages: %w", err)
	}
	for _, lang := range p.contact {
		if err := p.try(lang, "contact.html", "plain-note", "plain-head", "plain-talk", "plain-over", "plain-say"); err != nil {
			return nil, err
		}
	}
	for _, lang := range p.lexicon.pages {
		if err := p.try(lang, "console.html", "board.html", "work.html", "blank.html", "page.html", "accessibility.html", "reports.html", "privacy.html", "proof.html"); err != nil {
			return nil, err
		}
	}
	if err := p.tryHanded(); err != nil {
		return nil, err
	}
	p.policy = policy(origins)
	p.styled = strings.Replace(p.policy, "style-src 'self'", "style-src "+p.styleHash(), 1)
	p.framed = strings.Replace(p.policy, "frame-ancestors 'none'", "frame-src 'self'; frame-ancestors 'self'", 1)
	return p, nil
}

// try renders templates with nothing in them: what a catalogue lacks is told at the start.
func (p *Pages) try(lang string, names ...string) error {
	for _, name := range names {
		if _, err := p.render(name, lang, ContactData{}, ConsoleData{}); err != nil {
			return err
		}
	}
	return nil
}

// Contact renders the public page in lang.
func (p *Pages) Contact(lang string, data ContactData) []byte {
	return p.must("contact.html", lang, data, ConsoleData{})
}

// Console renders the adviser's page in lang.
func (p *Pages) Console(lang string, data ConsoleData) []byte {
	return p.must("console.html", lang, ContactData{}, data)
}

// Statement renders the accessibility statement.
func (p *Pages) Statement(lang, phone, mail string) []byte {
	html, err := p.execute("accessibility.html", view{pages: p, Lang: lang, Mail: mail, Contact: ContactData{Phone: phone}})
	if err != nil {
		panic(err) // as in must
	}
	return html
}

// Blank renders the empty, neutral page that Exit leaves behind; to be served at /blank.
func (p *Pages) Blank() []byte {
	return p.must("blank.html", p.lexicon.pages[0], ContactData{}, ConsoleData{})
}

// Page renders what a page's link shows: ask, taken, over, gone (no such link) or failed (not now).
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
		lang = p.lexicon.pages[0]
	}
	v := view{pages: p, Lang: lang, Contact: c, Console: k}
	v.Plain.Request = uuid.NewString()
	return p.execute(name, v)
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
