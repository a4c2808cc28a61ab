package web

import (
	"net/http"
	"slices"
	"strings"

	"adviceline/helpline"
	"adviceline/helpline/codes"

	"github.com/labstack/echo/v4"
	"golang.org/x/text/language"
)

// contactPage renders the public page in one language.
func (s *Server) contactPage(lang string) echo.HandlerFunc {
	return func(c echo.Context) error {
		st := s.lately.status(c.Request().Context(), s.line)
		html, err := squeezed(c, s.pages.Contact(lang, ContactData{
			Phone: s.phone, Languages: talkLanguages(lang, st.Languages), Organisations: choices(codes.OrganisationKind, lang),
			Times: s.pages.times(lang, s.now()), Closed: !st.Open, Event: st.Event, Notice: st.Notice[lang],
		}))
		if err != nil {
			return err
		}
		s.pages.Headers(c.Response().Header())
		c.Response().Header().Set("Content-Security-Policy", s.pages.styled)
		return written(c, html)
	}
}

// consolePage renders the adviser's page in the browser's language; it holds nobody's data.
func (s *Server) consolePage(c echo.Context) error {
	lang := s.pages.preferred(c.Request().Header.Get("Accept-Language"))
	c.Response().Header().Set("Vary", "Accept-Language")
	return s.packed(c, s.pages.Console(lang, listsFor(lang)))
}

// boardPage renders the supervisors' page in the browser's language; it holds nobody's data.
func (s *Server) boardPage(c echo.Context) error {
	lang := s.pages.preferred(c.Request().Header.Get("Accept-Language"))
	c.Response().Header().Set("Vary", "Accept-Language")
	return s.packed(c, s.pages.Board(lang, listsFor(lang)))
}

// blankPage is what Exit leaves behind; the browser is asked to forget what it keeps of this address.
func (s *Server) blankPage(c echo.Context) error {
	c.Response().Header().Set("Clear-Site-Data", `"cache", "storage"`)
	return s.page(c, s.pages.Blank())
}

// accessibility is the statement that the law asks for, in the language of the path or of the browser.
func (s *Server) accessibility(c echo.Context) error {
	lang := c.Param("lang")
	if lang == "" {
		lang = s.pages.preferred(c.Request().Header.Get("Accept-Language"))
		c.Response().Header().Set("Vary", "Accept-Language")
	}
	if !slices.Contains(s.pages.lexicon.pages, lang) {
		return helpline.ErrNotFound
	}
	return s.page(c, s.pages.Statement(lang, s.phone, s.mail))
}

func (s *Server) page(c echo.Context, html []byte) error {
	return s.pageWith(c, http.StatusOK, html)
}

func (s *Server) pageWith(c echo.Context, status int, html []byte) error {
	s.pages.Headers(c.Response().Header())
	return writtenAs(c, status, html)
}

func written(c echo.Context, html []byte) error { return writtenAs(c, http.StatusOK, html) }

func writtenAs(c echo.Context, status int, html []byte) error {
	c.Response().WriteHeader(status)
	_, err := c.Response().Write(html)
	return err
}

// packed serves a page that holds nobody's data and nothing of the request, compressed where the browser takes it.
func (s *Server) packed(c echo.Context, html []byte) error {
	html, err := squeezed(c, html)
	if err != nil {
		return err
	}
	return s.page(c, html)
}

// squeezed compresses a page where the browser takes it, and says so.
func squeezed(c echo.Context, html []byte) ([]byte, error) {
	h := c.Response().Header()
	h.Add("Vary", "Accept-Encoding")
	if !strings.Contains(c.Request().Header.Get("Accept-Encoding"), "gzip") {
		return html, nil
	}
	small, err := pack(html)
	if err != nil {
		return nil, err
	}
	h.Set("Content-Encoding", "gzip")
	return small, nil
}

// document serves one of the wire's two documents, to be asked for again each time.
func document(raw []byte) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Response().Header().Set("Cache-Control", "no-cache")
		return c.Blob(http.StatusOK, echo.MIMEApplicationJSON, raw)
	}
}

// choices gives a code list with its labels, in the list's order. A language of the contact page that the lists do
// not have yet borrows the English ones.
func choices(l *codes.List, lang string) []Choice {
	var out []Choice
	for _, code := range l.Codes() {
		label := l.Label(code, lang)
		if label == "" {
			label = l.Label(code, "en")
		}
		out = append(out, Choice{Code: code, Label: label})
	}
	return out
}

// talkLanguages gives the languages one may talk in, those of advisers who are ready first.
func talkLanguages(lang string, staffed []string) []Choice {
	all := slices.DeleteFunc(choices(codes.Language, lang), func(c Choice) bool { return !spoken(c.Code) })
	slices.SortStableFunc(all, func(a, b Choice) int {
		return rank(staffed, a.Code) - rank(staffed, b.Code)
	})
	return all
}

func rank(staffed []string, code string) int {
	if slices.Contains(staffed, code) {
		return 0
	}
	return 1
}

func listsFor(lang string) ConsoleData {
	d := ConsoleData{Lists: map[string][]Choice{}, Form: codes.Form}
	for _, l := range []*codes.List{
		codes.Asks, codes.CallbackResult, codes.DangerClose, codes.DestinationKind, codes.Duty, codes.EndReason, codes.InterpreterState, codes.Lane,
		codes.Language, codes.MissingValue, codes.OfferDecline, codes.OrganisationKind, codes.PauseReason, codes.Urgency,
		codes.ChaseAction, codes.ConsentItem, codes.ConsentState, codes.DeclineReason, codes.DisclosureGround, codes.ReceiptVia, codes.ReferralState,
	} {
		d.Lists[l.Name()] = choices(l, lang)
	}
	for _, f := range codes.Form {
		d.Lists[f.List] = choices(codes.All()[f.List], lang)
	}
	return d
}

// preferred picks the page language that fits what a browser asks for.
func (p *Pages) preferred(accept string) string {
	if len(accept) > 256 {
		accept = ""
	}
	tags, _, _ := language.ParseAcceptLanguage(accept)
	_, i, _ := p.matcher.Match(tags...)
	return p.lexicon.pages[i]
}
