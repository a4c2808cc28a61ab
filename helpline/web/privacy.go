package web

import (
	"context"
	"net/http"
	"slices"
	"time"

	"adviceline/helpline"

	"github.com/labstack/echo/v4"
)

// Prover tells what the house can prove of its own stores. Errors: ErrBusy's kind.
type Prover interface {
	Proof(ctx context.Context) (helpline.Proof, error)
}

// StoreBody is one store in words, and what is in it now where that is told.
type StoreBody struct {
	Store  string `json:"store"`
	Name   string `json:"name"`
	What   string `json:"what"`
	Long   string `json:"long"`
	Why    string `json:"why"`
	Rows   *int64 `json:"rows,omitempty"`
	Oldest string `json:"oldest,omitempty"`
	Purged string `json:"purged,omitempty"`
}

// KeyBody counts keys of a class that die on a day.
type KeyBody struct {
	Class string `json:"class"`
	Day   string `json:"day,omitempty"`
	Count int    `json:"count"`
}

// HeldBody counts one kind of what Redis holds.
type HeldBody struct {
	Kind   string `json:"kind"`
	Count  int64  `json:"count"`
	Oldest string `json:"oldest,omitempty"`
}

// PrivacyBody is the proof of privacy: every store, the last flush, the keys by the day on which they die, and
// what Redis holds, which is empty where Redis did not answer.
type PrivacyBody struct {
	At      string      `json:"at"`
	Stores  []StoreBody `json:"stores"`
	Flushed string      `json:"flushed,omitempty"`
	Moved   string      `json:"moved,omitempty"`
	Keys    []KeyBody   `json:"keys"`
	Live    []HeldBody  `json:"live"`
}

// Privacy tells a proof in the words of a language.
func (p *Pages) Privacy(lang string, proof helpline.Proof) PrivacyBody {
	b := PrivacyBody{At: instant(proof.At), Stores: view{pages: p, Lang: lang}.Kept(), Keys: []KeyBody{}, Live: []HeldBody{}}
	for i := range b.Stores {
		at := slices.IndexFunc(proof.Stores, func(f helpline.Figures) bool { return f.Name == b.Stores[i].Store })
		if at < 0 {
			continue
		}
		f := proof.Stores[at]
		if f.Rows >= 0 {
			b.Stores[i].Rows = &f.Rows
		}
		b.Stores[i].Oldest, b.Stores[i].Purged = since(f.Oldest, time.DateOnly), since(f.Purged, "2006-01-02 15:04")
	}
	b.Flushed, b.Moved = since(proof.Flushed, "2006-01-02 15:04"), since(proof.Moved, time.DateOnly)
	for _, k := range proof.Keys {
		b.Keys = append(b.Keys, KeyBody{k.Class, k.Day, k.N})
	}
	for _, h := range proof.Live {
		b.Live = append(b.Live, HeldBody{h.Kind, h.N, since(h.Oldest, "2006-01-02 15:04")})
	}
	return b
}

func since(at time.Time, layout string) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(layout)
}

// Kept tells every store of the house in the page's language.
func (v view) Kept() []StoreBody {
	var out []StoreBody
	for _, k := range helpline.Kept() {
		lives := map[string]any{}
		for i, d := range k.Lives {
			lives[string(rune('A'+i))] = v.span(d)
		}
		out = append(out, StoreBody{
			Store: k.Name, Name: v.say("pv.name_"+k.Name, nil), What: v.say("pv.what_"+k.Name, nil),
			Long: v.say("pv.long_"+k.Name, lives), Why: v.say("pv.why_"+k.Name, nil),
		})
	}
	return out
}

// span says a duration in its largest whole unit; up to three days in hours, as people do.
func (v view) span(d time.Duration) string {
	const day, year = 24 * time.Hour, 365 * 24 * time.Hour
	id, unit := "pv.minutes", time.Minute
	switch {
	case d >= 2*year:
		id, unit = "pv.years", year
	case d > 3*day:
		id, unit = "pv.days", day
	case d >= time.Hour:
		id, unit = "pv.hours", time.Hour
	}
	return v.say(id, map[string]any{"N": int(d / unit)})
}

// privacyPage tells everybody what is kept, in the language of the path or of the browser.
func (s *Server) privacyPage(c echo.Context) error {
	lang := c.Param("lang")
	if lang == "" {
		lang = s.pages.preferred(c.Request().Header.Get("Accept-Language"))
		c.Response().Header().Set("Vary", "Accept-Language")
	}
	if !slices.Contains(s.pages.lexicon.pages, lang) {
		return helpline.ErrNotFound
	}
	html, err := s.pages.execute("privacy.html", view{pages: s.pages, Lang: lang})
	if err != nil {
		return err
	}
	return s.page(c, html)
}

// showPrivacy gives a supervisor the proof, in the browser's language.
func (s *Server) showPrivacy(c echo.Context) error {
	b, _, err := s.proof(c)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, b)
}

// proofPage shows a supervisor the same, printable.
func (s *Server) proofPage(c echo.Context) error {
	b, v, err := s.proof(c)
	if err != nil {
		return err
	}
	v.Proof = b
	html, err := s.pages.execute("proof.html", v)
	if err != nil {
		return err
	}
	return s.page(c, html)
}

func (s *Server) proof(c echo.Context) (PrivacyBody, view, error) {
	v := view{pages: s.pages, Lang: s.pages.preferred(c.Request().Header.Get("Accept-Language"))}
	if s.prover == nil {
		return PrivacyBody{}, v, helpline.ErrBusy
	}
	c.Response().Header().Set("Vary", "Accept-Language")
	p, err := s.prover.Proof(c.Request().Context())
	if err != nil {
		return PrivacyBody{}, v, asBusy(err)
	}
	return s.pages.Privacy(v.Lang, p), v, nil
}

// When fills a word with an instant, or says that it has not been.
func (v view) When(id, at string) string {
	if at == "" {
		at = v.say("pv.never", nil)
	}
	return v.say(id, map[string]any{"When": at})
}

// HeldKind names a kind of what Redis holds.
func (v view) HeldKind(kind string) string { return v.say("pv.held_"+kind, nil) }

// KeyClass names a class of keys.
func (v view) KeyClass(class string) string { return v.say("pv.key_"+class, nil) }
