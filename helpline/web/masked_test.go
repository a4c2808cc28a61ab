package web

import (
	"strings"
	"testing"

	"adviceline/helpline/screen"
)

// Somebody at work writes an identifier: it is stored only once they decided, masked or as it is.
func TestMessageThatLooksLikeAnIdentifierIsAskedAbout(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(o *Options) {
		o.Screen = func(text string) string { return strings.ReplaceAll(text, "131052-308T", "[code]") }
	})
	p, welcome := h.sit(t, admitted(t, h.line, reqA).Token, 0)
	if welcome["checks"] != true {
		t.Errorf("%v", welcome)
	}
	p.want("position")
	say := func(n, text, more string) {
		t.Helper()
		p.write(`{"type":"say","cid":"` + cidA[:len(cidA)-1] + n + `","text":"` + text + `"` + more + `}`)
	}
	say("2", "he is 131052-308T", `,"check":true`)
	if f := p.want("masked"); f["text"] != "he is [code]" || f["cid"] == nil {
		t.Errorf("%v", f)
	}
	say("3", "he is [code]", "")
	p.want("said")
	say("4", "he is 131052-308T", "")
	p.want("said")
	say("5", "he works at night", `,"check":true`)
	p.want("said")
}

// A page that did not begin the contact hears that somebody is at work; without script the frame asks by itself.
func TestOtherPagesAskToo(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(o *Options) {
		o.Screen = func(text string) string { return strings.ReplaceAll(text, "131052-308T", "[personal_identity_code]") }
	})
	work := h.do(t, call{"POST", "/api/v1/contacts", intakeOf("asks", `"work"`), nil})
	if _, welcome := h.sit(t, work.field(t, "token"), 0); welcome["work"] != true {
		t.Errorf("%v", welcome)
	}
	if _, welcome := h.sit(t, h.intake(t, reqB).Token, 0); welcome["work"] != nil {
		t.Errorf("a person who needs help: %v", welcome)
	}
	say := func(do, checks, text string) reply {
		t.Helper()
		return h.form(t, "do", do, "lang", "en", "checks", checks, "token", work.field(t, "token"), "stream", "none", "cid", reqB, "text", text)
	}
	const asked, tried = `data-test="send-masked"`, ">Not sent<" // no stream is there to take what is sent
	for name, c := range map[string]struct {
		reply
		want, not string
	}{
		"an identifier":       {say("say", "true", "he is 131052-308T"), "Without it: he is [hidden: identity code]", tried},
		"none":                {say("say", "true", "he works"), tried, asked},
		"of a person":         {say("say", "false", "I am 131052-308T"), tried, asked},
		"sent as it is":       {say("as-is", "true", "he is 131052-308T"), "he is 131052-308T</textarea>", asked},
		"sent without it":     {say("masked", "true", "he is 131052-308T"), "he is [personal_identity_code]</textarea>", "308T"},
		"too long to be sent": {say("say", "true", "131052-308T"+strings.Repeat("x", 2000)), tried, asked},
	} {
		if c.status != 200 || !strings.Contains(c.body, c.want) || strings.Contains(c.body, c.not) {
			t.Errorf("%s: %d %s", name, c.status, c.body)
		}
	}
}

// Whatever the screen takes out is told in words, in every language of the contact page.
func TestWhatIsTakenOutHasWords(t *testing.T) {
	t.Parallel()
	p := newPages(t)
	for _, lang := range p.contact {
		v := view{pages: p, Lang: lang}
		for _, kind := range screen.Types() {
			if got := v.hidden("Hei [" + kind + "]!"); got == "Hei ["+kind+"]!" || !strings.HasPrefix(got, "Hei [") || strings.Contains(got, "_") {
				t.Errorf("%s in %s: %s", kind, lang, got)
			}
		}
		if got := v.hidden("[x] [NAME]"); got != "[x] [NAME]" {
			t.Errorf("brackets of the writer in %s: %s", lang, got)
		}
	}
}
