package web

import (
	"errors"
	"io"
	"iter"
	"log/slog"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"runtime"
	"strconv"
	"strings"
	"time"

	"adviceline/helpline/strict"

	"github.com/labstack/echo/v4"
)

// decode reads a JSON body strictly and gives it as received too.
func decode(c echo.Context, into any) ([]byte, error) {
	body, err := readJSON(c)
	if err != nil {
		return nil, err
	}
	return body, strict.Decode(body, into)
}

// readJSON reads a body that says it is JSON.
func readJSON(c echo.Context) ([]byte, error) {
	if kind, _, err := mime.ParseMediaType(c.Request().Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return nil, codeMediaType
	}
	return read(c)
}

// read reads a body of at most 16 KiB.
func read(c echo.Context) ([]byte, error) { return readMost(c, maxBody) }

func readMost(c echo.Context, most int64) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(c.Response(), c.Request().Body, most))
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return nil, codeTooLarge
	}
	if err != nil {
		return nil, codeMalformed
	}
	return body, nil
}

// bearer gives the contact's token of the Authorization header, empty when there is none.
func bearer(c echo.Context) string { return bearerOf(c.Request()) }

func bearerOf(r *http.Request) string {
	scheme, value, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return value
}

// plain sets what every answer carries; static files are kept longer and say so themselves.
func plain(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		return next(c)
	}
}

// record logs requests of the house's people, and failures of all, by method, route template, status
// and duration: never an address, a path, a query or a header. What contacts do is logged for
// debugging only: with few of them a day, the minute of a request is a link to a person.
func (s *Server) record(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start := time.Now()
		if err := next(c); err != nil {
			s.fail(err, c)
		}
		level := slog.LevelDebug
		if s.inside[c.Path()] || c.Response().Status >= http.StatusInternalServerError {
			level = slog.LevelInfo
		}
		s.log.LogAttrs(c.Request().Context(), level, "request",
			slog.String("method", methodOf(c)), slog.String("route", s.routeOf(c)),
			slog.Int("status", c.Response().Status), slog.Duration("duration", time.Since(start)))
		return nil
	}
}

func methodOf(c echo.Context) string {
	switch m := c.Request().Method; m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	default:
		return "other"
	}
}

// routeOf gives the template of the route, never what the caller asked for.
func (s *Server) routeOf(c echo.Context) string {
	if path := c.Path(); s.routes[path] {
		return path
	}
	return "none"
}

// panicked is a panic on its way to the error handler: where it happened, not what it said.
type panicked struct{ where string }

func (p panicked) Error() string { return "panic at " + p.where }

// recovered turns a panic into an error, so that only its request fails.
func recovered(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			switch r := recover(); r {
			case nil:
			case http.ErrAbortHandler:
				panic(r)
			default:
				err = panicked{origin(3)}
			}
		}()
		return next(c)
	}
}

// origin names the functions and lines that led to a panic, nearest first.
func origin(skip int) string {
	var pcs [16]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(skip, pcs[:])])
	var names []string
	for {
		f, more := frames.Next()
		if !strings.HasPrefix(f.Function, "runtime.") {
			names = append(names, f.Function+":"+strconv.Itoa(f.Line))
		}
		if !more || len(names) == 6 {
			return strings.Join(names, " < ")
		}
	}
}

func keys[K comparable, V any](m map[K]V) iter.Seq[K] { return maps.Keys(m) }

// readForm reads what a page without script posts, and gives it as received too.
func readForm(c echo.Context) (raw []byte, form url.Values, err error) {
	if kind, _, _ := mime.ParseMediaType(c.Request().Header.Get("Content-Type")); kind != "application/x-www-form-urlencoded" {
		return nil, nil, codeMediaType
	}
	if raw, err = read(c); err != nil {
		return nil, nil, err
	}
	if form, err = url.ParseQuery(string(raw)); err != nil {
		return nil, nil, codeMalformed
	}
	return raw, form, nil
}
