package ops

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
)

// Config is every setting of the helpline. The tags are the only place that says what a setting
// is: its name (env), what holds when it is empty (envDefault, or shown where it is worked out),
// its bounds (min, max), its unit (whole seconds or milliseconds), its closed choice, and its
// meaning for the README.
//
// Printed or logged it shows nothing, because addresses hold passwords.
type Config struct {
	Addr           string         `env:"ADDR" envDefault:"127.0.0.1:8080" meaning:"address and port of the pages and of the interface"`
	OpsAddr        string         `env:"OPS_ADDR" envDefault:"127.0.0.1:9090" meaning:"private address of health and metrics; never open it to the public"`
	PublicOrigins  []string       `env:"PUBLIC_ORIGINS" shown:"http://ADDR, and localhost on loopback" meaning:"origins of our own pages as browsers write them, with commas between; wanted when ADDR names no address of its own"`
	TrustedProxies []netip.Prefix `env:"TRUSTED_PROXIES" shown:"none" meaning:"networks (CIDR, with commas between) whose X-Forwarded-For is believed"`
	DataDir        string         `env:"DATA_DIR" shown:"/var/lib/adviceline as root, else $XDG_STATE_HOME/adviceline or ~/.local/state/adviceline" meaning:"folder of keys and of the embedded services, as an absolute path"`
	DatabaseURL    string         `env:"DATABASE_URL" shown:"embedded" meaning:"Postgres, as postgres://...; of several hosts with commas between, target_session_attrs=read-write takes the primary"`
	RedisURL       string         `env:"REDIS_URL" shown:"embedded" meaning:"Redis, as redis://..., rediss://... or unix://..."`
	RedisNodes     []string       `env:"REDIS_NODES" shown:"none" meaning:"with REDIS_MASTER Sentinels, without it nodes of a Redis cluster, as host:port with commas between; REDIS_URL then says user, password, database and whether TLS is used, its host counts for nothing"`
	RedisMaster    string         `env:"REDIS_MASTER" shown:"none" meaning:"name of the master that the Sentinels of REDIS_NODES watch"`
	RedisSentinel  string         `env:"REDIS_SENTINEL_PASSWORD" shown:"none" meaning:"password of the Sentinels, when they ask for one"`
	RootKeyFile    string         `env:"ROOT_KEY_FILE" shown:"DATA_DIR/root.key" meaning:"32 bytes from which keys are derived; made when absent with embedded services only"`
	KeyDir         string         `env:"KEY_DIR" shown:"DATA_DIR/keys" meaning:"folder of the keys of the days, never in a backup"`
	TLSCertFile    string         `env:"TLS_CERT_FILE" shown:"none" meaning:"certificate chain (PEM); with TLS_KEY_FILE the pages are served by HTTPS"`
	TLSKeyFile     string         `env:"TLS_KEY_FILE" shown:"none" meaning:"private key of the certificate (PEM)"`
	Line           string         `env:"LINE" envDefault:"main" meaning:"name of the line: 1 to 32 of a-z, 0-9 and -"`
	Phone          string         `env:"PHONE" envDefault:"+358 295 463 177" meaning:"number shown where the line cannot help"`
	Mail           string         `env:"ACCESSIBILITY_MAIL" shown:"none" meaning:"address for word about accessibility, on that page beside the number"`
	Drafts         []string       `env:"DRAFT_LANGUAGES" shown:"none" meaning:"languages of the contact page that nobody has reviewed yet (ar), with commas between; for trying them only"`
	Migrate        bool           `env:"MIGRATE" envDefault:"on" choice:"on,off" meaning:"serve brings the database to its own version"`
	LogLevel       slog.Level     `env:"LOG_LEVEL" envDefault:"info" choice:"debug,info,warn,error" meaning:"least level that is logged"`
	Demo           bool           `env:"DEMO" envDefault:"off" choice:"on,off" meaning:"make demo accounts and print them; make run does"`
	Clock          string         `env:"CLOCK" shown:"the real one" choice:"test" meaning:"test: the clock stands and is moved by tests; loopback only"`
	KeyNow         time.Time      `env:"KEY_NOW" shown:"the real one" meaning:"instant (RFC 3339) for the keys of the days, for tests; loopback only"`

	Timing Timing
	Rule   Rule
	Limits Limits
	Paging Paging

	EmbargoDays  int `env:"EMBARGO_DAYS" envDefault:"30" min:"14" max:"366" meaning:"days between the end of a period and the release of its statistics"`
	RedisPool    int `env:"REDIS_POOL" envDefault:"24" min:"2" max:"1000" meaning:"connections to Redis, beside those that block"`
	DatabasePool int `env:"DATABASE_POOL" envDefault:"8" min:"2" max:"500" meaning:"connections to Postgres"`
}

// Timing is how long each step of the path may take.
type Timing struct {
	Offer           time.Duration `env:"OFFER_SECONDS" envDefault:"30" unit:"s" min:"1" max:"600" meaning:"an adviser's time to answer an offer"`
	OfferCall       time.Duration `env:"OFFER_CALL_SECONDS" envDefault:"45" unit:"s" min:"1" max:"600" meaning:"the same for a call"`
	ConsolePing     time.Duration `env:"CONSOLE_PING_SECONDS" envDefault:"5" unit:"s" min:"1" max:"60" meaning:"ping of an adviser's console"`
	ConsoleDead     time.Duration `env:"CONSOLE_DEAD_SECONDS" envDefault:"12" unit:"s" min:"2" max:"300" over:"CONSOLE_PING_SECONDS" meaning:"silence after which a console is gone"`
	ContactPing     time.Duration `env:"CONTACT_PING_SECONDS" envDefault:"20" unit:"s" min:"1" max:"120" meaning:"ping of a contact's page"`
	ContactDead     time.Duration `env:"CONTACT_DEAD_SECONDS" envDefault:"60" unit:"s" min:"2" max:"600" over:"CONTACT_PING_SECONDS" meaning:"silence after which a contact's socket is gone"`
	NodeHeartbeat   time.Duration `env:"NODE_HEARTBEAT_SECONDS" envDefault:"1" unit:"s" min:"1" max:"60" meaning:"sign of life of a node"`
	NodeLease       time.Duration `env:"NODE_LEASE_SECONDS" envDefault:"10" unit:"s" min:"2" max:"300" over:"NODE_HEARTBEAT_SECONDS" meaning:"silence after which a node is gone"`
	AdviserGrace    time.Duration `env:"ADVISER_GRACE_SECONDS" envDefault:"60" unit:"s" min:"1" max:"3600" meaning:"time for an adviser to come back to conversations"`
	Away            time.Duration `env:"AWAY_SECONDS" envDefault:"900" unit:"s" min:"1" max:"14400" meaning:"a waiting contact may be away"`
	AwayDanger      time.Duration `env:"AWAY_DANGER_SECONDS" envDefault:"1800" unit:"s" min:"1" max:"14400" meaning:"the same for somebody in danger"`
	Exit            time.Duration `env:"EXIT_SECONDS" envDefault:"1800" unit:"s" min:"1" max:"14400" meaning:"place kept for a return by number after Exit"`
	Wrap            time.Duration `env:"WRAP_SECONDS" envDefault:"300" unit:"s" min:"1" max:"600" meaning:"wrap-up after a conversation"`
	DeclineCooldown time.Duration `env:"COOLDOWN_DECLINE_SECONDS" envDefault:"10" unit:"s" min:"1" max:"3600" meaning:"no offer after a decline"`
	MissCooldown    time.Duration `env:"COOLDOWN_MISS_SECONDS" envDefault:"30" unit:"s" min:"1" max:"3600" meaning:"no offer after an offer that was missed"`
	Exclusion       time.Duration `env:"EXCLUSION_SECONDS" envDefault:"120" unit:"s" min:"0" max:"3600" meaning:"an adviser who declined, missed or gave away a contact is not asked for it again while others are on duty"`
	Park            time.Duration `env:"PARK_SECONDS" envDefault:"600" unit:"s" min:"1" max:"14400" meaning:"absence of a contact after which its conversation may be parked"`
	TextIdle        time.Duration `env:"TEXT_IDLE_SECONDS" envDefault:"14400" unit:"s" min:"1" max:"14400" meaning:"life of a conversation's text after the last message; can be shortened only"`
	TextLife        time.Duration `env:"TEXT_LIFE_SECONDS" envDefault:"86400" unit:"s" min:"1" max:"86400" meaning:"life of a conversation's text in all; can be shortened only"`
	OutcomeDue      time.Duration `env:"OUTCOME_DUE_SECONDS" envDefault:"259200" unit:"s" min:"1" max:"1209600" meaning:"time to record an outcome"`
	DurableWait     time.Duration `env:"DURABLE_WAIT_MS" envDefault:"500" unit:"ms" min:"1" max:"10000" meaning:"wait for Postgres before the spool answers for it"`
	Reclaim         time.Duration `env:"RECLAIM_SECONDS" envDefault:"10" unit:"s" min:"1" max:"120" meaning:"time for consoles to come back after Redis was lost or restarted, before anybody is offered"`
	Sweep           time.Duration `env:"SWEEP_MS" envDefault:"250" unit:"ms" min:"10" max:"5000" meaning:"between two looks at the timers"`
	Term            time.Duration `env:"TERM_SECONDS" envDefault:"20" unit:"s" min:"1" max:"300" meaning:"time to hand over after SIGTERM"`
	SpoolMax        int64         `env:"SPOOL_MAX" envDefault:"200000" min:"1" max:"10000000" meaning:"events that may wait for Postgres before new chats are refused"`
}

// Rule is what orders who waits, and what an adviser may be asked to know.
type Rule struct {
	Lanes   Lanes         `env:"LANES" envDefault:"danger=1800/5,continuation=600/3,present=120/3,same_day=120/3,ordinary=0/1" meaning:"credit in seconds and slope of every lane: priority is credit + slope x wait"`
	Overdue time.Duration `env:"OVERDUE_SECONDS" envDefault:"1200" unit:"s" min:"0" max:"86400" meaning:"wait after which a chat is served before all but danger; 0 never"`
	Skills  []string      `env:"SKILLS" shown:"none" meaning:"closed list of skills that accounts may have, as codes of a-z, 0-9 and _ with commas between"`
}

// Limits hold for all networks alike: they are raised by number, never lifted for an address.
type Limits struct {
	Intake       int `env:"LIMIT_INTAKE" envDefault:"60" min:"1" max:"1000000" meaning:"new contacts per network prefix and 10 minutes"`
	Resume       int `env:"LIMIT_RESUME" envDefault:"5" min:"1" max:"1000000" meaning:"wrong tries to come back, per network prefix and hour"`
	SignIn       int `env:"LIMIT_SIGNIN" envDefault:"30" min:"1" max:"1000000" meaning:"sign-ins per network prefix and 10 minutes"`
	Sockets      int `env:"LIMIT_SOCKETS" envDefault:"200" min:"1" max:"1000000" meaning:"open sockets per network prefix"`
	SocketsTotal int `env:"LIMIT_SOCKETS_TOTAL" envDefault:"20000" min:"1" max:"1000000" meaning:"open sockets of a node"`
}

// Paging is when somebody on the roster is woken, and how.
type Paging struct {
	After         time.Duration `env:"PAGE_AFTER_SECONDS" envDefault:"60" unit:"s" min:"1" max:"3600" meaning:"wait of somebody whom nobody on duty serves before the first is paged"`
	Next          time.Duration `env:"PAGE_NEXT_SECONDS" envDefault:"120" unit:"s" min:"60" max:"3600" meaning:"until the next one on the roster is paged"`
	Rounds        int           `env:"PAGE_ROUNDS" envDefault:"3" min:"1" max:"20" meaning:"how often everybody on call is paged before a rest"`
	Unmanned      time.Duration `env:"PAGE_UNMANNED_SECONDS" envDefault:"180" unit:"s" min:"30" max:"3600" meaning:"a shift without anybody ready and audible, before the first is paged"`
	Rest          time.Duration `env:"PAGE_REST_SECONDS" envDefault:"600" unit:"s" min:"60" max:"7200" meaning:"after the rounds or after somebody said they come, before paging begins anew"`
	SMTPHost      string        `env:"SMTP_HOST" shown:"none" meaning:"mail server for pages"`
	SMTPPort      int           `env:"SMTP_PORT" envDefault:"587" min:"1" max:"65535" meaning:"its port"`
	SMTPTLS       string        `env:"SMTP_TLS" envDefault:"starttls" choice:"starttls,tls,off" meaning:"how mail is protected; off is for a relay on this machine"`
	SMTPUser      string        `env:"SMTP_USER" shown:"none" meaning:"name at the mail server, when it asks for one"`
	SMTPPassword  string        `env:"SMTP_PASSWORD" shown:"none" meaning:"password at the mail server"`
	SMTPFrom      string        `env:"SMTP_FROM" shown:"none" meaning:"sender of pages; wanted with SMTP_HOST"`
	WebhookURL    string        `env:"WEBHOOK_URL" shown:"none" meaning:"address to which pages are posted, signed"`
	WebhookSecret string        `env:"WEBHOOK_SECRET" shown:"none" meaning:"whsec_ and base64 of at least 24 bytes that sign them; wanted with WEBHOOK_URL"`
}

// SettingError says which setting is at fault and why, never with which value.
type SettingError struct {
	Name string // of the environment variable
	Code string // not_a_number, out_of_range, not_a_choice, not_an_address, ...
}

// Error gives name and code.
func (e SettingError) Error() string { return "setting " + e.Name + ": " + e.Code }

// The codes of SettingError.
const (
	NotANumber     = "not_a_number"   // of decimal digits, in whole units
	OutOfRange     = "out_of_range"   // below or above the bounds of the setting
	NotAChoice     = "not_a_choice"   // none of the few words that are known
	NotAnAddress   = "not_an_address" // not host:port
	NotAnOrigin    = "not_an_origin"  // not http://host or https://host with an optional port
	NeedsHTTPS     = "needs_https"    // http beyond this machine: the console's cookie would be readable
	NotANetwork    = "not_a_network"  // not a CIDR
	NotAURL        = "not_a_url"      // not of the form or scheme that is wanted
	NotAPath       = "not_an_absolute_path"
	NotAName       = "not_a_name"
	NotAPhone      = "not_a_phone_number"
	NotAMail       = "not_a_mail_address"
	NotALanguage   = "not_a_language"
	NotAnInstant   = "not_an_instant"    // not RFC 3339
	Required       = "required"          // cannot be worked out from the other settings
	NeedsPartner   = "needs_its_partner" // certificate without key, or key without certificate
	OnlyOnLoopback = "only_on_loopback"  // a setting for tests beside a listener that others reach
	TooShort       = "not_over_its_ping" // a deadline that its own ping could never meet
	NotARule       = "not_a_rule"        // not lane=credit/slope, each lane once
	TooLarge       = "too_long"          // the text of the setting itself
)

// Load reads the settings from an environment of NAME=value lines, as of os.Environ. An empty
// value counts as absent. All faults are joined, each a SettingError on a line of its own.
func Load(environ []string) (Config, error) {
	given := map[string]string{}
	for _, line := range environ {
		if name, value, ok := strings.Cut(line, "="); ok {
			given[name] = value
		}
	}
	values, faults := complete(given, os.Geteuid() == 0)
	if faults != nil {
		return Config{}, errors.Join(faults...)
	}
	var c Config
	if err := env.ParseWithOptions(&c, env.Options{Environment: values}); err != nil {
		return Config{}, errors.Join(unreadable(err)...)
	}
	if faults := c.check(); faults != nil {
		return Config{}, errors.Join(faults...)
	}
	return c, nil
}

// dataDir is where data go when nobody says so.
func dataDir(given map[string]string, root bool) string {
	switch {
	case root:
		return "/var/lib/adviceline"
	case given["XDG_STATE_HOME"] != "":
		return filepath.Join(given["XDG_STATE_HOME"], "adviceline")
	case given["HOME"] != "":
		return filepath.Join(given["HOME"], ".local/state/adviceline")
	}
	return ""
}

// LogValue hides all values.
func (c Config) LogValue() slog.Value { return slog.StringValue(Private) }

// Embedded says whether a service of our own is wanted, for Postgres and for Redis.
func (c Config) Embedded() (postgres, redis bool) { return c.DatabaseURL == "", c.RedisURL == "" }

// Format hides all values from every verb.
func (c Config) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(Private)) }
