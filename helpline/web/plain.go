package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"adviceline/helpline"
	"adviceline/helpline/socket"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
)

// The contact page without script: every step is a form posted to one neutral address, whose hidden
// fields hold the token; the chat is a page that never ends, with a small frame to write in. What is
// refused is told in words, on a page.

const plainPath = "/plain"

// plain takes a step of the page without script.
func (s *Server) plain(c echo.Context) error {
	f, err := plainForm(c)
	if err != nil {
		return err
	}
	step := map[string]func(echo.Context, plainFields) error{
		"chat": s.plainStart, "enter": s.plainStart, "call": s.plainCall, "resume": s.plainResume, "say": s.plainSay, "masked": s.plainSay, "as-is": s.plainSay,
		"back": s.plainBack, "done": s.plainLeave, "stop": s.plainLeave, "exit": s.plainExit, "rate": s.plainRate,
	}[f.get("do")]
	if step == nil {
		return invalid("do")
	}
	whole := c.Request()
	ctx, cancel := context.WithTimeout(whole.Context(), routeTimeout)
	defer cancel()
	c.SetRequest(whole.WithContext(ctx))
	f.whole = whole
	if err := step(c, f); err != nil && !c.Response().Committed {
		return s.plainRefused(c, f, err)
	}
	return nil
}

// plainFields is a posted form, as it was sent.
type plainFields struct {
	url.Values
	raw   []byte
	lang  string
	whole *http.Request // without the time of a step: a chat lives as long as it likes
}

func (f plainFields) get(name string) string { return f.Get(name) }

func (f plainFields) work() bool { return f.get("work") == "true" || f.get("asks") == "work" }

func plainForm(c echo.Context) (f plainFields, err error) {
	f.raw, f.Values, err = readForm(c)
	f.lang = f.get("lang")
	return f, err
}

// foreign refuses a form that another site's page has posted. Browsers say whose page it is; with
// no-referrer the Origin of our own forms is "null".
func (o origins) foreign(r *http.Request) error {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "same-origin", "none":
		return nil
	case "":
		if origin := r.Header.Get("Origin"); origin == "" || origin == "null" || o.listed(r) {
			return nil
		}
	}
	return codeBadOrigin
}

// plainStart opens a chat; a number in the form means that a call is asked for.
func (s *Server) plainStart(c echo.Context, f plainFields) error {
	if f.get("do") == "enter" && strings.TrimSpace(f.get("number")) != "" {
		return s.plainCall(c, f)
	}
	a, err := s.plainAdmit(c, f, "chat", nil)
	if err != nil {
		return err
	}
	return s.plainTalk(c, f, a.Token)
}

// plainAdmit takes a contact in out of the form of choices.
func (s *Server) plainAdmit(c echo.Context, f plainFields, channel string, call *callbackBody) (helpline.Admission, error) {
	b := intakeBody{
		RequestID: f.get("request_id"), Channel: channel, PageLanguage: f.lang, TalkLanguage: f.get("talk"), Asks: f.get("asks"), Callback: call,
	}
	switch {
	case f.get("child") == "":
	case b.Asks == "help":
		b.Child = true
	default:
		b.AboutChild = true
	}
	if b.Asks == "work" {
		b.Organisation, b.Present = f.get("organisation"), f.get("when") == "present"
		if when := f.get("when"); when == "same_day" || when == "routine" {
			b.Urgency = when
		}
	}
	if err := b.check(); err != nil {
		return helpline.Admission{}, err
	}
	if err := s.intakes.take(s.network(c)); err != nil {
		return helpline.Admission{}, err
	}
	in := b.intake(f.raw)
	var err error
	if in.Callback, err = call.wish(); err != nil {
		return helpline.Admission{}, err
	}
	return s.line.Admit(c.Request().Context(), in)
}

// plainCall asks for a call, or turns a waiting chat into one.
func (s *Server) plainCall(c echo.Context, f plainFields) error {
	call := &callbackBody{
		Number: strings.TrimSpace(f.get("number")), AskFor: strings.TrimSpace(f.get("person")), CodeWord: strings.TrimSpace(f.get("word")),
		Extension: strings.NewReplacer(" ", "", "-", "").Replace(f.get("extension")), MessageAllowed: f.get("message") != "",
	}
	for _, w := range f.Values["window"] {
		from, to, _ := strings.Cut(w, " ")
		call.Windows = append(call.Windows, windowBody{From: from, To: to})
	}
	token := f.get("token")
	wish, err := call.wish()
	if err != nil {
		return err
	}
	if token == "" {
		a, err := s.plainAdmit(c, f, "callback", call)
		if err != nil {
			return err
		}
		return s.plainScheduled(c, f, a.Token, wish.Windows)
	}
	if !canonical(f.get("request_id")) {
		return invalid("request_id")
	}
	if err := s.intakes.take(s.network(c)); err != nil {
		return err
	}
	in := helpline.Intake{RequestID: f.get("request_id"), Body: f.raw, Callback: wish}
	if _, err := s.line.ToCallback(c.Request().Context(), token, in); err != nil {
		return err
	}
	return s.plainScheduled(c, f, token, wish.Windows)
}

// plainScheduled says that we call, and when; of the times those that are not over.
func (s *Server) plainScheduled(c echo.Context, f plainFields, token string, times []helpline.Window) error {
	v, now := s.plainView(f, token), s.now()
	v.Plain.State, v.Plain.Heading = "scheduled", v.say("c.head_scheduled", nil)
	for _, w := range times {
		if w.To.After(now) {
			v.Plain.Times = append(v.Plain.Times, v.slot(w.From, w.To, now).Label())
		}
	}
	v.Plain.Words = v.say("c.scheduled", map[string]any{"Number": strings.ReplaceAll(v.Plain.Number, " ", "\u00a0")}) // one word, or right-to-left text turns its groups round
	return s.plainPage(c, http.StatusOK, "plain-note", v)
}

// plainResume comes back by the return number.
func (s *Server) plainResume(c echo.Context, f plainFields) error {
	b := resumeBody{RequestID: f.get("request_id"), ReturnNumber: f.get("number")}
	number, err := b.number()
	if err != nil {
		return err
	}
	n := s.network(c)
	if err := s.resumes.take(n); err != nil {
		return err
	}
	a, err := s.line.Resume(c.Request().Context(), b.RequestID, number)
	if code, _ := codeOf(err); err == nil || code != helpline.ErrNotFound {
		s.resumes.give(n)
	}
	if err != nil {
		return err
	}
	if v, err := s.line.Look(c.Request().Context(), a.Token); err == nil && v.Public() == helpline.Scheduled.Public() {
		return s.plainScheduled(c, f, a.Token, v.Wished)
	}
	return s.plainTalk(c, f, a.Token)
}

// plainBack opens the page of a chat again, after the network was lost or the page stopped.
func (s *Server) plainBack(c echo.Context, f plainFields) error {
	return s.plainTalk(c, f, f.get("token"))
}

// plainTalk is the chat: an answer that goes on until it is over.
func (s *Server) plainTalk(c echo.Context, f plainFields, token string) error {
	v := s.plainView(f, token)
	if v.Plain.Number == "" {
		return helpline.ErrNotFound
	}
	n := s.network(c)
	if err := s.upgrades.take(n); err != nil {
		return err
	}
	if err := s.caps.enter(n); err != nil {
		return err
	}
	s.opened(+1)
	t := &talk{hub: s.contacts, rate: s.frames, now: s.now, stream: true, echo: true, closed: func() {
		s.caps.leave(n)
		s.opened(-1)
	}}
	hello, err := json.Marshal(map[string]any{"type": "hello", "v": socket.Version, "token": token, "after": 0})
	if err != nil {
		return err
	}
	err = s.sockets.StreamAs(&plainDress{server: s, view: v, shown: map[string]bool{}}, c.Response(), f.whole, hello, t)
	if _, refused := errors.AsType[socket.Refused](err); refused {
		t.closed()
	}
	return nil
}

// plainSay takes what was written in the frame and gives the frame anew. A text that could not be taken
// stays in it, and so does one of somebody at work that looks like an identifier: they decide how it is sent.
func (s *Server) plainSay(c echo.Context, f plainFields) error {
	v := s.plainView(f, f.get("token"))
	v.Plain.Stream = f.get("stream")
	text := strings.TrimSpace(strings.ReplaceAll(f.get("text"), "\r\n", "\n"))
	v.Plain.Checks = f.get("checks") == "true"
	clean := s.plainMasked(v.Plain.Checks, text)
	switch do := f.get("do"); {
	case do == "masked":
		text = clean
	case do == "say" && clean != text:
		v.Plain.Words, v.Plain.Asks = v.say("c.masked", map[string]any{"Text": v.hidden(clean)}), true
		v.Plain.Text, v.Plain.Request = text, f.get("cid")
		return s.plainPage(c, http.StatusOK, "plain-say", v)
	}
	err := invalid("cid")
	if canonical(f.get("cid")) {
		var frame []byte
		if frame, err = json.Marshal(map[string]string{"type": "say", "cid": f.get("cid"), "text": text}); err == nil {
			err = s.posts.take(s.network(c))
		}
		if err == nil && text != "" {
			err = s.line.ForwardContact(c.Request().Context(), f.get("token"), f.get("stream"), []json.RawMessage{frame})
		}
	}
	v.Plain.Words = v.say("pl.sent", nil)
	if err != nil {
		v.Plain.Words, v.Plain.Text, v.Plain.Request = v.say("x.failed", nil), text, f.get("cid")
	}
	return s.plainPage(c, http.StatusOK, "plain-say", v)
}

// plainMasked gives a text of somebody at work without what looks like an identifier; as it is where there is nothing.
func (s *Server) plainMasked(checks bool, text string) string {
	t := talk{screen: s.screen}
	if clean := t.masked(sayFrame{Check: checks, Text: text}); clean != "" {
		return clean
	}
	return text
}

// plainLeave ends a chat, or stops a call, for good.
func (s *Server) plainLeave(c echo.Context, f plainFields) error {
	kind, words := "done", "c.ended_done"
	if f.get("do") == "stop" {
		kind, words = "cancel", "c.call_stopped"
	}
	if err := s.line.Leave(c.Request().Context(), f.get("token"), kind); err != nil {
		return err
	}
	v := s.plainView(f, f.get("token"))
	v.Plain.State, v.Plain.Heading, v.Plain.Words, v.Plain.Number = "ended", v.say("c.head_ended", nil), v.say(words, nil), ""
	return s.plainPage(c, http.StatusOK, "plain-note", v)
}

// plainExit answers with the neutral page whatever the line says: nobody waits for that.
func (s *Server) plainExit(c echo.Context, f plainFields) error {
	if err := s.line.Leave(c.Request().Context(), f.get("token"), "exit"); err != nil {
		s.log.WarnContext(c.Request().Context(), "exit is not noted", "error", outline(err))
	}
	return s.blankPage(c)
}

// plainRate counts the three numbers.
func (s *Server) plainRate(c echo.Context, f plainFields) error {
	b := feedbackBody{RequestID: f.get("request_id"), Answers: map[string]int{}}
	for _, question := range rateQuestions {
		if mark := slices.Index(rateMarks, f.get(question)); mark >= 0 {
			b.Answers[question] = mark + 1
		}
	}
	if err := s.count(c, f.get("token"), b); err != nil {
		return err
	}
	v := s.plainView(f, "")
	v.Plain.State, v.Plain.Heading, v.Plain.Words = "ended", v.say("c.head_ended", nil), v.say("c.rate_thanks", nil)
	return s.plainPage(c, http.StatusOK, "plain-note", v)
}

// plainRefused tells in words why a step was not taken.
func (s *Server) plainRefused(c echo.Context, f plainFields, err error) error {
	code, field := codeOf(err)
	if code == codeInternal {
		return err
	}
	v := s.plainView(f, "")
	phone := map[string]any{"Phone": s.phone}
	status := http.StatusUnprocessableEntity
	switch {
	case code == helpline.ErrTooMany:
		status = http.StatusTooManyRequests
		v.Plain.Words = v.say("x.err_rate", map[string]any{"Count": (retryAfter(err) + 59) / 60})
	case code == helpline.ErrNotFound && f.get("do") == "resume":
		v.Plain.Words = v.say("c.number_unknown", nil)
	case code == helpline.ErrNotFound:
		v.Plain.Words = v.say("c.dead", nil)
	case code == helpline.ErrNumberRefused:
		v.Plain.Words = v.say("c.call_number_refused", nil)
	case code == helpline.ErrWindowsRefused:
		v.Plain.Words = v.say("c.call_times_refused", nil)
	case code == helpline.ErrInvalid && field == "asks":
		v.Plain.Words = v.say("c.choose", nil)
	case code == helpline.ErrInvalid && field == "return_number":
		v.Plain.Words = v.say("c.number_form", nil)
	case code == helpline.ErrLineClosed:
		status, v.Plain.Words = http.StatusServiceUnavailable, v.say("c.closed", phone)
	case answers[code].status == http.StatusServiceUnavailable:
		status, v.Plain.Words = http.StatusServiceUnavailable, v.say("c.unavailable", phone)
	default:
		v.Plain.Words = v.say("pl.refused", nil)
	}
	v.Plain.State, v.Plain.Heading = "refused", v.say("pl.refused", nil)
	return s.plainPage(c, status, "plain-note", v)
}

// plainPage answers with a whole page that may have our frame in it, or be it.
func (s *Server) plainPage(c echo.Context, status int, name string, v view) error {
	html, err := s.pages.execute(name, v)
	if err != nil {
		return err
	}
	s.pages.Headers(c.Response().Header())
	c.Response().Header().Set("Content-Security-Policy", s.pages.framed)
	c.Response().WriteHeader(status)
	_, err = c.Response().Write(html)
	return err
}

// plainView is what the templates know of the bearer of a token.
func (s *Server) plainView(f plainFields, token string) view {
	lang := f.lang
	if !slices.Contains(s.pages.contact, lang) {
		lang = s.pages.lexicon.pages[0]
	}
	v := view{pages: s.pages, Lang: lang}
	v.Contact = ContactData{Phone: s.phone, Times: s.pages.times(lang, s.now())}
	v.Plain = PlainData{Token: token, Work: f.work(), Request: uuid.NewString(), State: "talk", Heading: v.say("pl.heading", nil)}
	if claim, err := s.line.Tokens.Claim(token); err == nil {
		v.Plain.Number = groupedNumber(s.line.Tokens.ReturnNumber(claim.Contact, claim.Version))
	}
	return v
}

// groupedNumber writes eight digits as people read them: 12 34 56 78.
func groupedNumber(digits string) string {
	var pairs []string
	for pair := range slices.Chunk([]byte(digits), 2) {
		pairs = append(pairs, string(pair))
	}
	return strings.Join(pairs, " ")
}
