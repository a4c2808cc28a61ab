package web

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"adviceline/helpline"
	"adviceline/helpline/strict"

	"github.com/labstack/echo/v4"
)

// The codes that only the edge can meet; those of the domain are in package helpline.
const (
	codeMalformed   helpline.Code = "malformed"
	codeTooDeep     helpline.Code = "too_deep"
	codeDuplicate   helpline.Code = "duplicate_field"
	codeUnknown     helpline.Code = "unknown_field"
	codeWrongType   helpline.Code = "wrong_type"
	codeTooLarge    helpline.Code = "too_large"
	codeMediaType   helpline.Code = "unsupported_media_type"
	codeMethod      helpline.Code = "method_not_allowed"
	codeBadOrigin   helpline.Code = "bad_origin"
	codeInternal    helpline.Code = "internal"
	codeBadHello    helpline.Code = "bad_hello"
	codeVersion     helpline.Code = "unsupported_version"
	codeReplaced    helpline.Code = "replaced"
	codeSlow        helpline.Code = "too_slow"
	codeUnsupported helpline.Code = "unsupported_frame"
	codeNoSocket    helpline.Code = "not_websocket"
)

// answer is how a code is told: over HTTP, on a socket (0: the socket lives on), and whether the
// same request may be sent again.
type answer struct {
	status int
	close  int
	retry  bool
}

// answers is the one table of codes. Nothing else of an error ever leaves the house.
var answers = map[helpline.Code]answer{
	helpline.ErrNotFound:            {404, 4503, false},
	helpline.ErrRequestReused:       {409, 0, false},
	helpline.ErrOfferGone:           {409, 0, false},
	helpline.ErrStaleDraft:          {409, 0, false},
	helpline.ErrNotFree:             {409, 0, false},
	helpline.ErrLastReady:           {409, 0, false},
	helpline.ErrTooSoon:             {409, 0, false},
	helpline.ErrTriesUsed:           {429, 0, false},
	helpline.ErrConsoleReplaced:     {409, 4501, false},
	helpline.ErrExists:              {409, 0, false},
	helpline.ErrSheetRefused:        {422, 0, false},
	helpline.ErrNotOnline:           {409, 0, false},
	helpline.ErrListened:            {409, 4503, false},
	helpline.ErrWeakPassword:        {422, 0, false},
	helpline.ErrTooMany:             {429, 4408, true},
	helpline.ErrQueueUnavailable:    {503, 1001, true},
	helpline.ErrLineClosed:          {503, 1001, false},
	helpline.ErrCallbackUnavailable: {503, 0, false},
	helpline.ErrKeysGone:            {503, 1001, true},
	helpline.ErrBusy:                {503, 1001, true},
	helpline.ErrInvalid:             {422, 0, false},
	helpline.ErrNumberRefused:       {422, 0, false},
	helpline.ErrWindowsRefused:      {422, 0, false},
	helpline.ErrBrokenCalendar:      {422, 0, false},
	helpline.ErrUnknownAdviser:      {422, 0, false},
	helpline.ErrShiftInvalid:        {422, 0, false},
	helpline.ErrShiftsOverlap:       {422, 0, false},
	helpline.ErrTooManyShifts:       {422, 0, false},
	helpline.ErrBrokenDirectory:     {422, 0, false},
	helpline.ErrForbiddenMove:       {409, 0, false},
	helpline.ErrBadCredentials:      {401, 0, false},
	helpline.ErrSignedOut:           {401, 4504, false},
	helpline.ErrForbidden:           {403, 4505, false},
	helpline.ErrWrongPin:            {403, 0, false},
	helpline.ErrPinSpent:            {403, 0, false},
	codeWithheld:                    {409, 0, false},
	codeMalformed:                   {400, 1007, false},
	codeTooDeep:                     {400, 1007, false},
	codeDuplicate:                   {400, 1007, false},
	codeUnknown:                     {400, 1007, false},
	codeWrongType:                   {400, 1007, false},
	codeTooLarge:                    {413, 1009, false},
	codeMediaType:                   {415, 1003, false},
	codeUnsupported:                 {400, 1003, false},
	codeNoSocket:                    {400, 0, false},
	codeMethod:                      {405, 0, false},
	codeBadOrigin:                   {403, 0, false},
	codeInternal:                    {500, 1001, true},
	codeBadHello:                    {400, 4400, false},
	codeVersion:                     {400, 4400, false},
	codeReplaced:                    {409, 4501, false},
	codeSlow:                        {503, 4408, true},
}

// refusal is a code with the name of our own field that is at fault.
type refusal struct {
	code  helpline.Code
	field string
}

func (r refusal) Error() string { return string(r.code) + " in " + r.field }
func (r refusal) Unwrap() error { return r.code }

// invalid refuses the value of one of our fields.
func invalid(field string) error { return refusal{helpline.ErrInvalid, field} }

// tooMany is a limit that was met, with the time until the next try counts.
type tooMany struct{ after time.Duration }

func (t tooMany) Error() string { return string(helpline.ErrTooMany) }
func (t tooMany) Unwrap() error { return helpline.ErrTooMany }

// problem is RFC 9457's object. It holds words of ours alone.
type problem struct {
	Type      string        `json:"type"`
	Title     string        `json:"title"`
	Status    int           `json:"status"`
	Code      helpline.Code `json:"code"`
	Retry     bool          `json:"retry"`
	Field     string        `json:"field,omitempty"`
	Phone     string        `json:"phone,omitempty"`
	Callbacks *bool         `json:"callbacks,omitempty"`
}

// codeOf maps any error to a code of the table; what it does not know is internal.
func codeOf(err error) (helpline.Code, string) {
	var r refusal
	var code helpline.Code
	var s strict.Problem
	var h *echo.HTTPError
	switch {
	case errors.As(err, &r):
		return r.code, r.field
	case errors.As(err, &code):
		if _, ok := answers[code]; ok {
			return code, ""
		}
	case errors.As(err, &s):
		if _, ok := answers[helpline.Code(s.Code)]; ok {
			return helpline.Code(s.Code), s.Field
		}
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return helpline.ErrBusy, ""
	case errors.As(err, &h):
		return codeOfEcho(h.Code), ""
	}
	return codeInternal, ""
}

// codeOfEcho maps what the router itself answers.
func codeOfEcho(status int) helpline.Code {
	switch status {
	case http.StatusNotFound:
		return helpline.ErrNotFound
	case http.StatusMethodNotAllowed:
		return codeMethod
	default:
		return codeInternal
	}
}

// fail is echo's only error handler.
func (s *Server) fail(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	code, field := codeOf(err)
	if code == codeInternal {
		s.log.LogAttrs(c.Request().Context(), slog.LevelError, "request failed",
			slog.String("route", s.routeOf(c)), slog.String("error", outline(err)))
	}
	if answers[code].status == http.StatusTooManyRequests {
		c.Response().Header().Set("Retry-After", strconv.Itoa(retryAfter(err)))
	}
	s.write(c.Response(), c.Request(), code, field)
}

// write answers with the problem of a code.
func (s *Server) write(w http.ResponseWriter, r *http.Request, code helpline.Code, field string) {
	a := answers[code]
	p := problem{Type: "about:blank", Title: http.StatusText(a.status), Status: a.status, Code: code, Retry: a.retry, Field: field}
	if a.status == http.StatusServiceUnavailable {
		takes := s.lately.takes(s.line)
		p.Phone, p.Callbacks = s.phone, &takes
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(a.status)
	if r.Method != http.MethodHead {
		_ = json.NewEncoder(w).Encode(p)
	}
}

// retryAfter gives whole seconds, at least one.
func retryAfter(err error) int {
	var t tooMany
	if !errors.As(err, &t) {
		return 1
	}
	return max(1, int(math.Ceil(t.after.Seconds())))
}

// wordLetters are what our own words around an error are made of: no digit, so no id.
const wordLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ ,:'-"

// outline tells an unknown error by our own words around it and its type: the text of a foreign
// error may hold what a person sent.
func outline(err error) string {
	var words strings.Builder
	for {
		inner := errors.Unwrap(err)
		if inner == nil || !strings.HasPrefix(fmt.Sprintf("%T", err), "*fmt.wrap") {
			break
		}
		if own, ok := strings.CutSuffix(err.Error(), inner.Error()); ok && strings.Trim(own, wordLetters) == "" {
			words.WriteString(own)
		}
		err = inner
	}
	var p panicked
	if errors.As(err, &p) {
		return words.String() + p.Error()
	}
	return words.String() + fmt.Sprintf("%T", err)
}

// codeTable prints the table of codes, one line each, for the golden file.
func codeTable() string {
	var b strings.Builder
	codes := slices.SortedFunc(keys(answers), func(x, y helpline.Code) int {
		return cmp.Or(cmp.Compare(answers[x].status, answers[y].status), cmp.Compare(x, y))
	})
	for _, c := range codes {
		a := answers[c]
		fmt.Fprintf(&b, "%-22s %d %4d retry=%t\n", c, a.status, a.close, a.retry)
	}
	return b.String()
}
