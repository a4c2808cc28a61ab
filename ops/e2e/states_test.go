package e2e

import (
	"slices"
	"testing"
)

// stories lists every state of every page: a story plays with real pages and stops at each of its
// states, in this order. At every stop the accessibility rules, the walk by keyboard and the
// narrowest screen are tried, in every language of the page; `make screenshots` takes its pictures
// at the same stops. A new state of a page is a word in this list and a stop in a story.
var stories = []story{
	{"contact", contactStory, []string{
		"start", "help", "worried", "work", "nothing-chosen", "no-network", "call-open", "call-refused", "return-open", "return-unknown",
		"waiting", "waiting-said", "way-back", "cancel-asked", "lost", "active", "adviser-writes", "too-long", "done-asked", "adviser-away",
		"ended", "thanked", "masked", "ended-work",
	}},
	{"callback", callbackStory, []string{"scheduled", "returned", "stopped", "waiting-call", "converted", "chat-again"}},
	{"discarded", discardedStory, []string{"continue", "resumed", "dead"}},
	{"later", laterStory, []string{"parked", "back", "replaced"}},
	{"oncall", oncallStory, []string{"waking", "asked", "taken", "over", "gone"}}, // while nobody is on duty
	{"console", consoleStory, []string{"sign-in", "sign-in-refused", "off", "pin-refused", "ready", "offer", "chat", "all-open", "locked", "pin-wrong", "locked-password", "end-asked", "outcome", "pause-asked", "paused", "danger", "danger-open"}},
	{"shift", shiftStory, []string{"gone", "parked", "call", "number", "tried", "on-phone", "owed"}},
	{"interpreter", interpreterStory, []string{"needed", "told", "joined"}},
	{"referral", referralStory, []string{"begun", "consent", "handed", "receiver-code", "receiver-wrong", "receiver-letter", "receiver-acknowledged", "receiver-declined", "receiver-nowhere", "disclosed"}},
	{"board", boardStory, []string{"sign-in", "quiet", "locked", "busy", "why", "closed", "closed-contact", "event", "event-contact", "night", "account", "receivers", "register", "audit"}},
	{"listen", listenStory, []string{"talks", "heard", "heard-contact", "heard-console", "stopped", "stopped-contact", "over"}},
	{"work", workStory, []string{"nothing", "locked", "undone", "form", "recorded", "staffing", "mistaken"}},
	{"reports", reportsStory, []string{"none", "periods", "period", "proof"}},
	{"plain", plainStory, []string{"start", "refused", "waiting", "talk", "ended", "scheduled", "thanked", "masked"}},
	{"aside", asideStory, []string{"blank", "accessibility", "privacy"}},
	{"lost", lostStory, []string{"long", "abandoned"}}, // the last: quarters of an hour go by
}

// story plays one or more pages in the language of its stage and calls at for each of its states.
type story struct {
	name   string
	play   func(*stage)
	states []string
}

// pageTongues are the languages in which every story is played.
var pageTongues = []string{"fi", "sv", "en"}

// TestEveryStateOfEveryPage: no rule of accessibility is broken in any state, every control is
// reached by the keyboard and seen there, and the page fits the narrowest screen.
func TestEveryStateOfEveryPage(t *testing.T) {
	t.Parallel()
	for _, lang := range pageTongues {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			s := raise(t, lang)
			s.look = func(name string, p *tab) {
				for _, fault := range slices.Concat(s.rules(p), s.keyboard(p), s.narrow(p)) {
					t.Errorf("%s in %s: %s", name, lang, fault)
				}
			}
			for _, tale := range stories {
				s.tell(tale)
			}
		})
	}
}

// TestWalkersFindFaults: what the walk above looks for is found when it is there.
func TestWalkersFindFaults(t *testing.T) {
	t.Parallel()
	s := raise(t, "en")
	p := s.visit("faulty", "/en")
	p.until("shows the form", `document.querySelector('[data-test="asks-help"]').offsetParent`)
	if faults := slices.Concat(s.rules(p), s.keyboard(p), s.narrow(p)); len(faults) > 0 {
		t.Fatalf("the page is at fault before: %v", faults)
	}
	for what, c := range map[string]struct {
		plant string
		find  func(*tab) []string
	}{
		"grey on grey":      {`(() => { const e = document.createElement("p"); e.id = "planted"; e.textContent = "grey"; e.className = "planted"; document.getElementById("main").appendChild(e); const s = new CSSStyleSheet(); s.replaceSync(".planted { color: #999; background: #aaa; }"); document.adoptedStyleSheets = [s]; return true; })()`, s.rules},
		"a nameless button": {`(() => { const e = document.createElement("button"); e.id = "planted"; document.getElementById("main").appendChild(e); return true; })()`, s.rules},
		"a deaf control":    {`(() => { const e = document.createElement("button"); e.id = "planted"; e.tabIndex = -1; e.textContent = "deaf"; document.getElementById("main").appendChild(e); return true; })()`, s.keyboard},
		"a hidden focus":    {`(() => { const e = document.createElement("button"); e.id = "planted"; e.textContent = "dark"; document.getElementById("main").appendChild(e); const s = new CSSStyleSheet(); s.replaceSync("#planted:focus { outline: none; }"); document.adoptedStyleSheets = [s]; return true; })()`, s.keyboard},
		"a wide line":       {`(() => { const e = document.createElement("p"); e.id = "planted"; e.textContent = "w".repeat(90); const s = new CSSStyleSheet(); s.replaceSync("#planted { white-space: pre; overflow-wrap: normal; }"); document.adoptedStyleSheets = [s]; document.getElementById("main").appendChild(e); return true; })()`, s.narrow},
	} {
		p.eval(c.plant)
		if len(c.find(p)) == 0 {
			t.Errorf("%s is not found", what)
		}
		p.eval(`(document.getElementById("planted").remove(), document.adoptedStyleSheets = [], true)`)
	}
}
