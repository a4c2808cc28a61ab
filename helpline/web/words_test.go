package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

var slot = regexp.MustCompile(`\{\{\.\w+\}\}`)

// slots lists the sorted places to fill in a word: all its plural forms together.
func slots(form any) []string {
	found := slot.FindAllString(fmt.Sprint(form), -1)
	slices.Sort(found)
	return slices.Compact(found)
}

// A catalogue has every word of its pages, in all the plural forms of its language, with the same slots.
func TestCataloguesSayTheSameThings(t *testing.T) {
	t.Parallel()
	p := newPages(t)
	first := p.words[PageLanguages()[0]].forms
	if len(first) == 0 || !slices.Equal(PageLanguages(), []string{"fi", "sv", "en"}) {
		t.Fatalf("languages of the pages: %v", PageLanguages())
	}
	for _, lang := range embedded.tags {
		forms := p.words[lang].forms
		for id, form := range first {
			if !slices.ContainsFunc(contactWords, func(s string) bool { return strings.HasPrefix(id, s) }) && embedded.meta(lang, "l.pages") != "all" {
				continue
			}
			other, ok := forms[id]
			if embedded.meta(lang, "l.reviewed") != "yes" && fmt.Sprint(other) == fmt.Sprint(p.words["en"].forms[id]) {
				continue // lent to the draft
			}
			if !ok {
				t.Errorf("%s lacks %s", lang, id)
				continue
			}
			if fmt.Sprintf("%T", form) != fmt.Sprintf("%T", other) {
				t.Errorf("%s %s counts in one language only", lang, id)
			}
			if fmt.Sprint(other) == "" {
				t.Errorf("%s %s is empty", lang, id)
			}
			if !slices.Equal(slots(form), slots(other)) {
				t.Errorf("%s %s fills %v, not %v", lang, id, slots(other), slots(form))
			}
			if counted, ok := other.(map[string]string); ok {
				for _, name := range pluralForms(lang) {
					if counted[name] == "" {
						t.Errorf("%s %s lacks the plural form %s", lang, id, name)
					}
				}
			}
		}
		for id := range forms {
			if _, ok := first[id]; !ok {
				t.Errorf("%s has %s, which %s lacks", lang, id, PageLanguages()[0])
			}
		}
		if p.endonyms[lang] == "" {
			t.Errorf("%s has no name of its own", lang)
		}
	}
}

// contactWords begin the words of the contact page.
var contactWords = []string{"l.", "pc.", "pl.", "c.", "x.", "pa.title", "pv.title"}

// pluralForms are those that a language has for whole numbers (CLDR).
func pluralForms(lang string) []string {
	names := map[plural.Form]string{plural.Zero: "zero", plural.One: "one", plural.Two: "two", plural.Few: "few", plural.Many: "many", plural.Other: "other"}
	found := map[string]bool{"other": true}
	for n := range 200 {
		found[names[plural.Cardinal.MatchPlural(language.Make(lang), n, 0, 0, 0, 0)]] = true
	}
	return slices.Sorted(maps.Keys(found))
}

// A new language is a new file: one that is added to the folder is served under its own address, counts as its own
// plural rules say, and stands in every list of languages.
func TestANewLanguageIsAFile(t *testing.T) {
	t.Parallel()
	var words map[string]any
	raw, err := catalogFiles.ReadFile("catalog/en.json")
	if err != nil || json.Unmarshal(raw, &words) != nil {
		t.Fatal(err)
	}
	// Estonian for the contact page alone, Romanian, which counts one, few and other, for every page.
	folder := fstest.MapFS{}
	for _, name := range []string{"en", "fi", "sv", "ar", "endonyms"} {
		body, err := catalogFiles.ReadFile("catalog/" + name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		folder["catalog/"+name+".json"] = &fstest.MapFile{Data: body}
	}
	add := func(tag, order, pages string) {
		mine := maps.Clone(words)
		mine["l.order"], mine["l.pages"], mine["pc.heading"] = order, pages, "Heading in "+tag
		if tag == "ro" {
			mine["x.err_rate"] = map[string]string{"one": "{{.Count}} one", "few": "{{.Count}} few", "other": "{{.Count}} other"}
		}
		text, err := json.Marshal(mine)
		if err != nil {
			t.Fatal(err)
		}
		folder["catalog/"+tag+".json"] = &fstest.MapFile{Data: text}
	}
	add("et", "5", "contact")
	add("ro", "6", "all")
	p, err := pagesOf(lexiconOf(folder), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range []string{"et", "ro"} {
		html := p.Contact(lang, contactData())
		if !bytes.Contains(html, []byte("Heading in "+lang)) || !bytes.Contains(html, []byte(`<html lang="`+lang+`"`)) {
			t.Errorf("%s is not served", lang)
		}
		if !bytes.Contains(p.Contact("fi", contactData()), []byte(`href="/`+lang+`"`)) {
			t.Errorf("the page does not lead to %s", lang)
		}
	}
	if !slices.Equal(p.lexicon.pages, []string{"fi", "sv", "en", "ro"}) || p.preferred("ro-RO,ro;q=0.9") != "ro" || p.preferred("et") != "fi" {
		t.Errorf("the pages speak %v", p.lexicon.pages)
	}
	if !bytes.Contains(p.Board("fi", consoleData()), []byte(`data-test="notice-ro"`)) || !bytes.Contains(p.Statement("fi", "112", ""), []byte(`href="/ro/accessibility"`)) {
		t.Error("the board or the statement does not know of the new language")
	}
	v := view{pages: p, Lang: "ro"}
	for n, want := range map[int]string{1: "1 one", 2: "2 few", 119: "119 few", 20: "20 other"} {
		if got := v.say("x.err_rate", map[string]any{"Count": n}); got != want {
			t.Errorf("%d is counted as %q", n, got)
		}
	}
	delete(words, "pc.heading")
	if short, err := json.Marshal(words); err == nil {
		folder["catalog/et.json"] = &fstest.MapFile{Data: short}
	}
	if _, err := pagesOf(lexiconOf(folder), nil, nil); err == nil {
		t.Error("a catalogue that lacks a word of its page is taken")
	}
	add("et", "5", "contact")
	add("xx", "7", "contact")
	if _, err := pagesOf(lexiconOf(folder), nil, nil); err == nil {
		t.Error("a language without a name of its own is taken")
	}
}

// A language that nobody has reviewed is not served unless it is named.
func TestDraftLanguagesAreOff(t *testing.T) {
	t.Parallel()
	off, err := NewPages(nil, "https://line.example")
	if err != nil {
		t.Fatal(err)
	}
	if slices.Contains(off.contact, "ar") || bytes.Contains(off.Contact("fi", contactData()), []byte(`href="/ar"`)) {
		t.Error("Arabic is on")
	}
	if on := newPages(t); !slices.Contains(on.contact, "ar") || !bytes.Contains(on.Contact("ar", contactData()), []byte(`<html lang="ar" dir="rtl">`)) {
		t.Error("Arabic is not from right to left, or not there")
	}
	if _, err := NewPages([]string{"xx"}, "https://line.example"); err == nil {
		t.Error("a language without a catalogue is taken")
	}
	h := newHouse(t)
	if r := h.do(t, call{"GET", "/ar", "", nil}); r.status != 404 {
		t.Errorf("/ar: %d", r.status)
	}
}
