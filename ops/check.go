package ops

import (
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var (
	lineName  = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)
	mail      = regexp.MustCompile(`^[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+$`)
	tongue    = regexp.MustCompile(`^[a-z]{2,3}$`)
	phone     = regexp.MustCompile(`^\+?[0-9]([0-9 ]{1,30})[0-9]$`)
	skillName = regexp.MustCompile(`^[a-z0-9_]{1,32}$`)
	hostName  = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$`)
)

// maxSkills bounds the list: each skill is a group of its own with every language.
const maxSkills = 16

// check looks at what tags cannot say, and works out what depends on other settings.
func (c *Config) check() []error {
	var faults []error
	fail := func(bad bool, name, code string) {
		if bad {
			faults = append(faults, SettingError{name, code})
		}
	}
	fail(!address(c.Addr), "ADDR", NotAnAddress)
	fail(!address(c.OpsAddr), "OPS_ADDR", NotAnAddress)
	fail(!lineName.MatchString(c.Line), "LINE", NotAName)
	fail(!phone.MatchString(c.Phone), "PHONE", NotAPhone)
	fail(c.Mail != "" && !mail.MatchString(c.Mail), "ACCESSIBILITY_MAIL", NotAMail)
	for _, tag := range c.Drafts {
		fail(!tongue.MatchString(tag), "DRAFT_LANGUAGES", NotALanguage)
	}
	fail(!serviceURL(c.DatabaseURL, "postgres", "postgresql"), "DATABASE_URL", NotAURL)
	for _, node := range c.RedisNodes {
		fail(!address(node), "REDIS_NODES", NotAnAddress)
	}
	fail(c.RedisMaster != "" && len(c.RedisNodes) == 0, "REDIS_MASTER", NeedsPartner)
	fail(len(c.RedisNodes) > 0 && c.RedisURL == "", "REDIS_NODES", NeedsPartner)
	fail(!serviceURL(c.RedisURL, "redis", "rediss", "unix"), "REDIS_URL", NotAURL)
	fail((c.TLSCertFile == "") != (c.TLSKeyFile == ""), "TLS_CERT_FILE", NeedsPartner)
	for _, p := range c.TrustedProxies {
		fail(p.Bits() < 8, "TRUSTED_PROXIES", OutOfRange) // so wide a network is everybody
	}
	local := Loopback(c.Addr) && Loopback(c.OpsAddr)
	fail(c.Clock != "" && !local, "CLOCK", OnlyOnLoopback)
	fail(c.Demo && !local, "DEMO", OnlyOnLoopback)
	fail(!c.KeyNow.IsZero() && !local, "KEY_NOW", OnlyOnLoopback)
	fail((c.Paging.SMTPHost == "") != (c.Paging.SMTPFrom == ""), "SMTP_HOST", NeedsPartner)
	fail((c.Paging.WebhookURL == "") != (c.Paging.WebhookSecret == ""), "WEBHOOK_URL", NeedsPartner)
	fail(!serviceURL(c.Paging.WebhookURL, "http", "https"), "WEBHOOK_URL", NotAURL)
	faults = append(faults, c.Timing.check()...)
	for i, skill := range c.Rule.Skills {
		fail(i >= maxSkills || !skillName.MatchString(skill) || slices.Contains(c.Rule.Skills[:i], skill), "SKILLS", NotAName)
	}
	faults = append(faults, c.paths()...)
	faults = append(faults, c.origins()...)
	return faults
}

// check compares each deadline with the ping that has to meet it.
func (t Timing) check() []error {
	var faults []error
	if t.ConsoleDead <= t.ConsolePing {
		faults = append(faults, SettingError{"CONSOLE_DEAD_SECONDS", TooShort})
	}
	if t.ContactDead <= t.ContactPing {
		faults = append(faults, SettingError{"CONTACT_DEAD_SECONDS", TooShort})
	}
	if t.NodeLease <= t.NodeHeartbeat {
		faults = append(faults, SettingError{"NODE_LEASE_SECONDS", TooShort})
	}
	return faults
}

// paths fills in the paths below the data folder and checks that all are absolute: a relative one
// would depend on where the program was started.
func (c *Config) paths() []error {
	if c.DataDir == "" {
		return []error{SettingError{"DATA_DIR", Required}}
	}
	if !filepath.IsAbs(c.DataDir) { // what follows from it is no fault of its own
		return []error{SettingError{"DATA_DIR", NotAPath}}
	}
	if c.RootKeyFile == "" {
		c.RootKeyFile = filepath.Join(c.DataDir, "root.key")
	}
	if c.KeyDir == "" {
		c.KeyDir = filepath.Join(c.DataDir, "keys")
	}
	var faults []error
	for _, p := range []struct {
		name string
		path *string
	}{
		{"DATA_DIR", &c.DataDir}, {"ROOT_KEY_FILE", &c.RootKeyFile}, {"KEY_DIR", &c.KeyDir},
		{"TLS_CERT_FILE", &c.TLSCertFile}, {"TLS_KEY_FILE", &c.TLSKeyFile},
	} {
		if *p.path == "" {
			continue
		}
		if !filepath.IsAbs(*p.path) {
			faults = append(faults, SettingError{p.name, NotAPath})
		}
		*p.path = filepath.Clean(*p.path)
	}
	return faults
}

// origins brings the public origins into the form that browsers send, or works them out.
func (c *Config) origins() []error {
	if len(c.PublicOrigins) == 0 {
		c.PublicOrigins = OriginsOf(c.Addr, c.TLSCertFile != "")
		if len(c.PublicOrigins) == 0 && address(c.Addr) {
			return []error{SettingError{"PUBLIC_ORIGINS", Required}}
		}
		return nil
	}
	for i, given := range c.PublicOrigins {
		origin, ok := asOrigin(given)
		if !ok {
			return []error{SettingError{"PUBLIC_ORIGINS", NotAnOrigin}}
		}
		if !private(origin) {
			return []error{SettingError{"PUBLIC_ORIGINS", NeedsHTTPS}}
		}
		c.PublicOrigins[i] = origin
	}
	return nil
}

// private tells whether what is sent to an origin is sealed on its way: by TLS, by Tor, or because it
// never leaves the machine.
func private(origin string) bool {
	u, err := url.Parse(origin)
	return err == nil && (u.Scheme == "https" || strings.HasSuffix(u.Hostname(), ".onion") || Loopback(net.JoinHostPort(u.Hostname(), "80")))
}

// OriginsOf gives the origins of pages served on addr (host:port), localhost too where addr is a
// loopback address: none when addr names no host, because then nobody can tell.
// It is for a listener on port 0 as well, once its port is known.
func OriginsOf(addr string, tls bool) []string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil || host == "" {
		return nil
	}
	if ip, err := netip.ParseAddr(host); err == nil && ip.IsUnspecified() {
		return nil
	}
	scheme := "http://"
	if tls {
		scheme = "https://"
	}
	var list []string
	hosts := []string{host}
	if Loopback(addr) && host != "localhost" {
		hosts = append(hosts, "localhost")
	}
	for _, h := range hosts {
		if origin, ok := asOrigin(scheme + net.JoinHostPort(h, port)); ok {
			list = append(list, origin)
		}
	}
	return list
}

// Loopback says whether addr (host:port) is reached from this machine only.
func Loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// asOrigin brings text into the form of an Origin header: lower case, no default port.
func asOrigin(text string) (string, bool) {
	scheme, rest, ok := strings.Cut(strings.ToLower(text), "://")
	if !ok || scheme != "http" && scheme != "https" {
		return "", false
	}
	u, err := url.Parse(scheme + "://" + rest)
	if err != nil || u.Host != rest || !host(u.Hostname()) || strings.HasSuffix(u.Host, ":") {
		return "", false
	}
	port := u.Port()
	if port != "" && !numbers(port, 1) {
		return "", false
	}
	if scheme == "http" && port == "80" || scheme == "https" && port == "443" {
		return scheme + "://" + strings.TrimSuffix(u.Host, ":"+port), true
	}
	return scheme + "://" + u.Host, true
}

// address says whether text is host:port; the host may be absent, the port 0.
func address(text string) bool {
	h, port, err := net.SplitHostPort(text)
	return err == nil && (h == "" || host(h)) && numbers(port, 0)
}

func host(text string) bool {
	ip, err := netip.ParseAddr(text)
	return err == nil && ip.Zone() == "" || err != nil && hostName.MatchString(text) && !strings.Contains(text, "..")
}

// numbers says whether text is a port from least on.
func numbers(text string, least uint64) bool {
	n, err := strconv.ParseUint(text, 10, 16)
	return err == nil && n >= least && strings.Trim(text, "0123456789") == ""
}

// serviceURL says whether text is empty or an address of one of the schemes.
func serviceURL(text string, schemes ...string) bool {
	if text == "" {
		return true
	}
	u, err := url.Parse(text)
	if err != nil || u.Opaque != "" || u.Fragment != "" {
		return false
	}
	for _, scheme := range schemes {
		if u.Scheme == scheme {
			return u.Host != "" || u.Path != "" && u.Path != "/" || u.RawQuery != ""
		}
	}
	return false
}
