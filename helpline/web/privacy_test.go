package web

import (
	"context"
	"strings"
	"testing"
	"time"

	"adviceline/helpline"
)

type proven struct{ fail error }

func (p proven) Proof(context.Context) (helpline.Proof, error) {
	at := time.Date(2026, 11, 29, 9, 0, 0, 0, time.UTC)
	return helpline.Proof{
		At: at, Flushed: at, Keys: []helpline.DayKeys{{Class: "live", Day: "2026-12-01", N: 1}, {Class: "staging", N: 2}},
		Live:   []helpline.LiveCount{{Kind: "contacts", N: 12, Oldest: at}, {Kind: "refused"}},
		Stores: []helpline.Figures{{Name: "ledger", Rows: 7, Oldest: at.AddDate(0, 0, -3), Purged: at}, {Name: "keys", Rows: -1}},
	}, p.fail
}

// TestPrivacyPage: whoever wants may read what is kept, every store of the table in every language.
func TestPrivacyPage(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for lang, wants := range map[string][]string{
		"fi": {"Mitä säilytetään", "poistetaan 90 vrk jälkeen", "enintään 72 h viimeisen ajan"},
		"sv": {"Vad som sparas", "raderas efter 90 dygn", "5 år. Publiceras aldrig."},
		"en": {"What is kept", "deleted after 90 days", "At most 24 h."},
	} {
		r := h.do(t, call{"GET", "/" + lang + "/privacy", "", nil})
		if r.status != 200 || strings.Count(r.body, `data-test="store-`) != len(helpline.Kept()) || strings.Contains(r.body, "no value") {
			t.Errorf("%s: %d %s", lang, r.status, r.body)
		}
		for _, want := range wants {
			if !strings.Contains(r.body, want) {
				t.Errorf("the page in %s lacks %q", lang, want)
			}
		}
	}
	if r := h.do(t, call{"GET", "/privacy", "", map[string]string{"Accept-Language": "sv"}}); !strings.Contains(r.body, "Vad som sparas") {
		t.Errorf("in the browser's language: %s", r.body)
	}
	if r := h.do(t, call{"GET", "/xx/privacy", "", nil}); r.status != 404 {
		t.Errorf("another language: %d", r.status)
	}
}

func TestProofOfPrivacy(t *testing.T) {
	t.Parallel()
	for role, status := range map[string]int{"supervisor": 200, "adviser": 403} {
		h := newHouse(t, func(o *Options) { o.Prover = proven{} })
		_ = h.do(t, call{"POST", "/api/v1/session", `{"name":"` + role + `","password":"right"}`, nil})
		auth := map[string]string{"Cookie": "adviceline=session-of-" + role, "Accept-Language": "en"}
		r := h.do(t, call{"GET", "/api/v1/privacy", "", auth})
		page := h.do(t, call{"GET", "/board/privacy", "", auth})
		if r.status != status || page.status != status {
			t.Errorf("as %s: %d, %d", role, r.status, page.status)
		}
		if status != 200 {
			continue
		}
		if !strings.Contains(r.body, `"rows":7,"oldest":"2026-11-26","purged":"2026-11-29 09:00"`) || !strings.Contains(r.body, `{"class":"live","day":"2026-12-01","count":1}`) ||
			!strings.Contains(r.body, `"live":[{"kind":"contacts","count":12,"oldest":"2026-11-29 09:00"},{"kind":"refused","count":0}]`) {
			t.Errorf("%s", r.body)
		}
		for _, want := range []string{"2026-12-01", "with its flush", ">7<", "looked at last (UTC): 2026-11-29 09:00", "moved last: not yet", ">12<", "Events that the database refused"} {
			if !strings.Contains(page.body, want) {
				t.Errorf("the page lacks %q", want)
			}
		}
		for path, want := range map[string]int{"/api/v1/privacy": 401, "/board/privacy": 303} {
			if r := h.do(t, call{"GET", path, "", nil}); r.status != want {
				t.Errorf("%s signed out: %d", path, r.status)
			}
		}
	}
	for _, p := range []Prover{nil, proven{helpline.ErrBusy}} {
		h := newHouse(t, func(o *Options) { o.Prover = p })
		_ = h.do(t, call{"POST", "/api/v1/session", `{"name":"supervisor","password":"right"}`, nil})
		for _, path := range []string{"/api/v1/privacy", "/board/privacy"} {
			if r := h.do(t, call{"GET", path, "", map[string]string{"Cookie": "adviceline=session-of-supervisor"}}); r.status != 503 {
				t.Errorf("%s without a store: %d", path, r.status)
			}
		}
	}
}
