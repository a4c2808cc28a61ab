package web

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

//go:embed catalog/*.json
var catalogFiles embed.FS

// lexicon is a folder of catalogues, one file a language. A new language is a new file.
type lexicon struct {
	files fs.FS
	tags  []string // of every catalogue, in the order that the pages show them: l.order of each
	pages []string // the languages of every page (l.pages: all); the first one answers for an unknown language
}

// lexiconOf finds the catalogues of a folder: each file that tells its l.order.
func lexiconOf(files fs.FS) lexicon {
	l := lexicon{files: files}
	order := map[string]string{}
	names, _ := fs.Glob(files, "catalog/*.json") // a sound pattern
	for _, name := range names {
		tag := strings.TrimSuffix(path.Base(name), ".json")
		if at := l.meta(tag, "l.order"); at != "" {
			order[tag] = at
		}
	}
	l.tags = slices.SortedFunc(maps.Keys(order), func(a, b string) int { return strings.Compare(order[a], order[b]) })
	l.pages = slices.DeleteFunc(slices.Clone(l.tags), func(tag string) bool { return l.meta(tag, "l.pages") != "all" })
	return l
}

// embedded is the lexicon that the program carries.
var embedded = lexiconOf(catalogFiles)

// meta reads one word of a catalogue before the library does: what the catalogue says of itself.
func (l lexicon) meta(tag, id string) string {
	raw, err := fs.ReadFile(l.files, "catalog/"+tag+".json")
	if err != nil {
		return ""
	}
	var all map[string]any
	if json.Unmarshal(raw, &all) != nil {
		return ""
	}
	word, _ := all[id].(string)
	return word
}

// PageLanguages lists the languages of every page of the house; the first one answers for an unknown language. A
// language of the contact page alone (l.pages: contact) is not among them.
func PageLanguages() []string { return embedded.pages }

// formOf gives a word as scripts need it.
func formOf(m *i18n.Message) any {
	forms := map[string]string{}
	for name, form := range map[string]string{"zero": m.Zero, "one": m.One, "two": m.Two, "few": m.Few, "many": m.Many, "other": m.Other} {
		if form != "" {
			forms[name] = form
		}
	}
	if len(forms) > 1 {
		return forms
	}
	return m.Other
}

// words is one language's catalogue: for the server a localizer, for scripts the raw forms.
type words struct {
	localizer *i18n.Localizer
	forms     map[string]any // id to string, or to its plural forms where the word counts
}

func (p *Pages) readCatalogues(drafts []string) error {
	bundle := i18n.NewBundle(language.Make(p.lexicon.pages[0]))
	for _, lang := range p.lexicon.tags {
		file, err := bundle.LoadMessageFileFS(p.lexicon.files, "catalog/"+lang+".json")
		if err != nil {
			return fmt.Errorf("read catalogue %s: %w", lang, err)
		}
		forms := make(map[string]any, len(file.Messages))
		for _, m := range file.Messages {
			forms[m.ID] = formOf(m)
		}
		p.words[lang] = words{localizer: i18n.NewLocalizer(bundle, lang), forms: forms}
		if forms["l.reviewed"] == "yes" || slices.Contains(drafts, lang) {
			p.contact = append(p.contact, lang)
		}
	}
	p.fill()
	for _, lang := range drafts {
		if p.words[lang].forms == nil {
			return fmt.Errorf("no catalogue %s", lang)
		}
	}
	raw, err := fs.ReadFile(p.lexicon.files, "catalog/endonyms.json")
	if err != nil {
		return fmt.Errorf("read endonyms: %w", err)
	}
	if err := json.Unmarshal(raw, &p.endonyms); err != nil {
		return fmt.Errorf("read endonyms: %w", err)
	}
	for _, lang := range p.lexicon.tags {
		if p.endonyms[lang] == "" {
			return fmt.Errorf("endonyms.json has no name for %s", lang)
		}
	}
	return nil
}

// fill lends a draft the English words that it lacks yet; a reviewed catalogue has to have its own.
func (p *Pages) fill() {
	for _, w := range p.words {
		if w.forms["l.reviewed"] == "yes" {
			continue
		}
		for id, form := range p.words["en"].forms {
			if _, own := w.forms[id]; !own {
				w.forms[id] = form
			}
		}
	}
}

// view is what templates see.
type view struct {
	pages   *Pages
	Lang    string
	Contact ContactData
	Console ConsoleData
	Plain   PlainData
	Mail    string
	Step    string // of a page's link: ask, taken, over
	Handed  HandData
	Reports ReportData
	Proof   PrivacyBody
}

// head is what the head of a page needs: the id of its title, and its script, if it has one.
type head struct {
	view
	Title, Script string
}

// Head gives it to the template of that name. The contact page, the page without script and the empty one have
// heads of their own.
func (v view) Head(title, script string) head { return head{v, title, script} }

// lock is what the lock of a screen needs: the id of what it says of the page behind it.
type lock struct {
	view
	Explain string
}

// Lock gives it to the template of that name, which console and board share.
func (v view) Lock(explain string) lock { return lock{v, explain} }

// T gives the word with this id in the page's language.
func (v view) T(id string) (string, error) {
	if _, ok := v.pages.words[v.Lang].forms[id]; !ok {
		return "", fmt.Errorf("word %s is missing in %s", id, v.Lang)
	}
	return v.localize(&i18n.LocalizeConfig{MessageID: id})
}

// localize gives a word in the page's language; a draft borrows what it lacks from English.
func (v view) localize(word *i18n.LocalizeConfig) (string, error) {
	w := v.pages.words[v.Lang]
	text, err := w.localizer.Localize(word)
	if err != nil && w.forms["l.reviewed"] != "yes" {
		return v.pages.words["en"].localizer.Localize(word)
	}
	return text, err
}

// say gives a word with its values; Count chooses the plural form. A word that is missing is a bug that
// NewPages and the tests of catalogues find.
func (v view) say(id string, values map[string]any) string {
	text, err := v.localize(&i18n.LocalizeConfig{MessageID: id, TemplateData: values, PluralCount: values["Count"]})
	if err != nil {
		panic(err)
	}
	return text
}

// masks are what the screen leaves where it took something out: the type in brackets.
var masks = regexp.MustCompile(`\[([a-z_]+)\]`)

// hidden says in words what the screen took out of a text, as words.js does.
func (v view) hidden(text string) string {
	return masks.ReplaceAllStringFunc(text, func(code string) string {
		id := "x.found_" + strings.Trim(code, "[]")
		if _, ok := v.pages.words[v.Lang].forms[id]; !ok {
			return code
		}
		return v.say("x.hidden", map[string]any{"What": v.say(id, nil)})
	})
}

// tongue is one language of the contact page, for its list of languages.
type tongue struct{ Code, Path, Label, Dir string }

// Tongues lists the languages of the contact page, each in its own words.
func (v view) Tongues() []tongue { return v.named(v.pages.contact) }

// Pages lists the languages of every page in the same way.
func (v view) Pages() []tongue { return v.named(v.pages.lexicon.pages) }

func (v view) named(codes []string) []tongue {
	var out []tongue
	for _, code := range codes {
		name := []rune(v.pages.endonyms[code])
		out = append(out, tongue{code, v.pages.homeOf(code), strings.ToUpper(string(name[:1])) + string(name[1:]), v.pages.lexicon.meta(code, "l.dir")})
	}
	return out
}

// Home is the address of the contact page in the page's language.
func (v view) Home() string { return v.pages.homeOf(v.Lang) }

func (p *Pages) homeOf(lang string) string {
	if lang == p.lexicon.pages[0] {
		return "/"
	}
	return "/" + lang
}

// Statement is the address of the accessibility statement in the page's language, or in English.
func (v view) Statement() string {
	if !slices.Contains(v.pages.lexicon.pages, v.Lang) {
		return "/en/accessibility"
	}
	return "/" + v.Lang + "/accessibility"
}

// About is the address of the page about privacy in the page's language, or in English.
func (v view) About() string { return strings.TrimSuffix(v.Statement(), "accessibility") + "privacy" }

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
