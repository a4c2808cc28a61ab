package web

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"

	"github.com/labstack/echo/v4"
)

// origins decides which pages may speak to us: exactly those of PUBLIC_ORIGINS.
type origins struct {
	listed func(r *http.Request) bool // exactly one Origin, and one of ours
	cross  *http.CrossOriginProtection
}

// newOrigins takes the origins that listed knows.
func newOrigins(allowed []string, listed func(*http.Request) bool) (origins, error) {
	o := origins{listed: listed, cross: http.NewCrossOriginProtection()}
	if len(allowed) == 0 {
		return o, errors.New("public origins are missing")
	}
	for _, a := range allowed {
		if err := o.cross.AddTrustedOrigin(a); err != nil {
			return o, fmt.Errorf("trust origin: %w", err)
		}
	}
	return o, nil
}

// unsafe guards what changes something. With a cookie the browser speaks for a signed-in person,
// so the page must be ours; signing in too, or a foreign page could sign its visitor in. Programs
// send neither cookie nor Origin, and a contact's token is in no cookie.
func (o origins) unsafe(r *http.Request, signIn bool) error {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return nil
	}
	cookie := len(r.Header["Cookie"]) > 0
	if cookie || signIn {
		if o.cross.Check(r) != nil {
			return codeBadOrigin
		}
	}
	if cookie && !o.listed(r) {
		return codeBadOrigin
	}
	return nil
}

// stays guards what keeps its connection: the page must be ours. To a plain GET within a page's own
// origin browsers add no Origin; the token in its header keeps foreign pages out.
func (o origins) stays(r *http.Request, as string) bool {
	if as == "stream" && r.Method == http.MethodGet && len(r.Header["Origin"]) == 0 && bearerOf(r) != "" {
		return true
	}
	// A page's events come with its cookie, which is SameSite=Strict and never travels with a foreign page's request.
	if as == "events" && r.Method == http.MethodGet && len(r.Header["Origin"]) == 0 {
		return true
	}
	return o.listed(r)
}

// guard applies the rule of a route before its handler.
func (s *Server) guard(r route, next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if r.stays == "form" {
			if err := s.origins.foreign(c.Request()); err != nil {
				return err
			}
			return next(c)
		}
		if r.stays != "" && !s.origins.stays(c.Request(), r.stays) {
			return codeBadOrigin
		}
		if err := s.origins.unsafe(c.Request(), r.path == sessionPath); err != nil {
			return err
		}
		return next(c)
	}
}

// addressOf gives the client's address: the connection's own unless a trusted proxy forwards it.
func addressOf(trusted []netip.Prefix) echo.IPExtractor {
	if len(trusted) == 0 {
		return echo.ExtractIPDirect()
	}
	options := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, p := range trusted {
		p = p.Masked()
		options = append(options, echo.TrustIPRange(&net.IPNet{
			IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen()),
		}))
	}
	return echo.ExtractIPFromXFFHeader(options...)
}
