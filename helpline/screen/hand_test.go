package screen

import (
	"os"
	"strings"
	"testing"
	"unicode"
)

// written is one hand-written passage: its text, and by code point the type that lies there.
type written struct {
	lang, text string
	types      []string
	wants      []string // the types in it, once for each place
}

func handWritten(t *testing.T) []written {
	t.Helper()
	raw, err := os.ReadFile("testdata/hand.txt")
	if err != nil {
		t.Fatal(err)
	}
	var all []written
	for line := range strings.SplitSeq(strings.TrimSpace(string(raw)), "\n") {
		lang, rest, _ := strings.Cut(line, "\t")
		w, kind := written{lang: lang}, ""
		for rest != "" {
			part, after, marked := strings.Cut(rest, "{")
			w.text += part
			w.types = append(w.types, make([]string, len([]rune(part)))...)
			if !marked {
				break
			}
			kind, after, _ = strings.Cut(after, "|")
			value, after, _ := strings.Cut(after, "}")
			w.text, w.wants = w.text+value, append(w.wants, kind)
			for range []rune(value) {
				w.types = append(w.types, kind)
			}
			rest = after
		}
		all = append(all, w)
	}
	return all
}

// The passages were written before they were tried, as people write to such a line. What the rules miss
// of them is told in ops/docs/privacy.md and bounded here.
func TestHandWrittenPassages(t *testing.T) {
	t.Parallel()
	all := handWritten(t)
	if len(all) < 200 {
		t.Fatalf("%d passages", len(all))
	}
	hits, places, alarms, clean := map[string]int{}, map[string]int{}, map[string]int{}, map[string]int{}
	for _, w := range all {
		_, found := Text(w.text)
		if len(w.wants) == 0 {
			clean[w.lang]++
			if len(found) > 0 {
				alarms[w.lang]++
				t.Logf("alarm: %q %+v", w.text, found)
			}
			continue
		}
		missed, typed := false, map[string]bool{}
		for i, r := range []rune(w.text) {
			if w.types[i] == "" || !unicode.IsLetter(r) && !unicode.IsDigit(r) {
				continue
			}
			in := false
			for _, f := range found {
				if f.Start <= i && i < f.End {
					in = true
					typed[f.Type] = true
				}
			}
			missed = missed || !in
		}
		for _, kind := range w.wants {
			places[kind+" "+w.lang]++
			if !missed && typed[kind] {
				hits[kind+" "+w.lang]++
				continue
			}
			t.Logf("missed %s: %q %+v", kind, w.text, found)
		}
	}
	hit, n := 0, 0
	for _, kind := range Types() {
		for _, lang := range tongues {
			if k := kind + " " + lang; places[k] > 0 {
				t.Logf("| %s | %s | %d of %d | %.0f %% |", kind, lang, hits[k], places[k], 100*wilson(hits[k], places[k]))
				hit, n = hit+hits[k], n+places[k]
			}
		}
	}
	t.Logf("| all | | %d of %d | %.1f %% |", hit, n, 100*wilson(hit, n))
	if float64(hit) < leastHand*float64(n) {
		t.Errorf("%d of %d hand-written values found", hit, n)
	}
	bad, good := 0, 0
	for _, lang := range tongues {
		bad, good = bad+alarms[lang], good+clean[lang]
	}
	if bad > good/50 {
		t.Errorf("%d alarms in %d clean hand-written passages", bad, good)
	}
}

const leastHand = 0.95
