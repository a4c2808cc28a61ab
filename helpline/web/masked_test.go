package web

import (
	"strings"
	"testing"
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
