package ops

import (
	"io"
	"log/slog"
	"strings"
)

// Private is printed in place of what must not be read.
const Private = "[private]"

// privateKeys are the attributes whose values are never logged, whoever passes them: the last
// guard behind the types that hide themselves. They are compared in lower case without - and _.
var privateKeys = map[string]bool{
	"ip": true, "addr": true, "address": true, "remoteaddr": true, "remoteip": true, "forwardedfor": true, "xforwardedfor": true,
	"useragent": true, "referer": true, "referrer": true, "host": true, "uri": true, "url": true, "path": true, "query": true,
	"text": true, "body": true, "message": true, "note": true, "notes": true, "letter": true, "comment": true, "draft": true,
	"number": true, "phone": true, "email": true, "mail": true, "name": true, "alias": true, "recipient": true,
	"password": true, "secret": true, "token": true, "key": true, "cookie": true, "authorization": true, "session": true,
	"databaseurl": true, "redisurl": true, "dsn": true, "args": true, "argv": true, "params": true, "sql": true, "value": true,
}

// hidden is an error that carries what people wrote.
type hidden interface {
	error
	Private()
}

// NewLogger writes JSON lines to w from level on. The values of attributes that may hold private
// matter, and errors with a Private method wherever they are wrapped, come out as "[private]".
func NewLogger(w io.Writer, level slog.Leveler) *slog.Logger {
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: redact}))
}

func redact(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.MessageKey || a.Key == slog.LevelKey || a.Key == slog.TimeKey {
		return a
	}
	if privateKeys[strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(a.Key))] {
		return slog.String(a.Key, Private)
	}
	if err, ok := a.Value.Any().(error); ok && isHidden(err) {
		return slog.String(a.Key, Private)
	}
	return a
}

// isHidden looks through every wrapping, joined errors too.
func isHidden(err error) bool {
	if err == nil {
		return false
	}
	if _, ok := err.(hidden); ok { //nolint:errorlint // the chain is walked here
		return true
	}
	switch e := err.(type) { //nolint:errorlint // the chain is walked here
	case interface{ Unwrap() error }:
		return isHidden(e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, one := range e.Unwrap() {
			if isHidden(one) {
				return true
			}
		}
	}
	return false
}
