package ops

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

func load(t *testing.T, environ ...string) Config {
	t.Helper()
	c, err := Load(append([]string{"HOME=/home/a"}, environ...))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestDefaultsAreThoseOfTheDesign(t *testing.T) {
	t.Parallel()
	c := load(t, "ADDR=")
	if c.Addr != "127.0.0.1:8080" || c.OpsAddr != "127.0.0.1:9090" || c.Line != "main" || !c.Migrate || c.Demo ||
		c.LogLevel != slog.LevelInfo || c.RedisPool != 24 || c.DatabasePool != 8 || c.Phone != "+358 295 463 177" ||
		c.TrustedProxies != nil || !c.KeyNow.IsZero() || c.Clock != "" {
		t.Errorf("%+v", c.Addr)
	}
	if c.RootKeyFile != c.DataDir+"/root.key" || c.KeyDir != c.DataDir+"/keys" {
		t.Error(c.RootKeyFile, c.KeyDir)
	}
	if !slices.Equal(c.PublicOrigins, []string{"http://127.0.0.1:8080", "http://localhost:8080"}) {
		t.Error(c.PublicOrigins)
	}
	if p, r := c.Embedded(); !p || !r {
		t.Error("services are not embedded")
	}
	want := Timing{
		Offer: 30 * time.Second, ConsolePing: 5 * time.Second, ConsoleDead: 12 * time.Second,
		ContactPing: 20 * time.Second, ContactDead: time.Minute, NodeHeartbeat: time.Second, NodeLease: 10 * time.Second,
		AdviserGrace: time.Minute, Away: 15 * time.Minute, AwayDanger: 30 * time.Minute, Exit: 30 * time.Minute,
		OfferCall: 45 * time.Second, Exclusion: 2 * time.Minute, Park: 10 * time.Minute,
		Wrap: 5 * time.Minute, DeclineCooldown: 10 * time.Second, MissCooldown: 30 * time.Second,
		TextIdle: 4 * time.Hour, TextLife: 24 * time.Hour, OutcomeDue: 72 * time.Hour,
		DurableWait: 500 * time.Millisecond, Reclaim: 10 * time.Second, Sweep: 250 * time.Millisecond, Term: 20 * time.Second, SpoolMax: 200_000,
	}
	if c.Timing != want {
		t.Errorf("timing is %+v", c.Timing)
	}
	lanes := Lanes{
		"danger": {30 * time.Minute, 5}, "continuation": {10 * time.Minute, 3}, "present": {2 * time.Minute, 3},
		"same_day": {2 * time.Minute, 3}, "ordinary": {0, 1},
	}
	if !maps.Equal(c.Rule.Lanes, lanes) || c.Rule.Overdue != 20*time.Minute || c.Rule.Skills != nil {
		t.Errorf("rule is %+v", c.Rule)
	}
	if c.Limits != (Limits{60, 5, 30, 200, 20000}) {
		t.Errorf("limits are %+v", c.Limits)
	}
}

func TestGivenValues(t *testing.T) {
	t.Parallel()
	c := load(t, "ADDR=[::]:443", "TLS_CERT_FILE=/c", "TLS_KEY_FILE=/k", "PUBLIC_ORIGINS=https://Help.example:443, https://b.example:8443",
		"TRUSTED_PROXIES=10.0.0.0/8, fd00::/16", "DATA_DIR=/srv/line/", "MIGRATE=off", "LOG_LEVEL=debug",
		"DATABASE_URL=postgres:///a?host=/run", "REDIS_URL=unix:///run/redis.sock", "OFFER_SECONDS=2", "DURABLE_WAIT_MS=50",
		"LANES="+someLanes+", ordinary=7/2", "SKILLS=law, child")
	if !slices.Equal(c.PublicOrigins, []string{"https://help.example", "https://b.example:8443"}) || len(c.TrustedProxies) != 2 ||
		c.DataDir != "/srv/line" || c.KeyDir != "/srv/line/keys" || c.Migrate || c.LogLevel != slog.LevelDebug ||
		c.Timing.Offer != 2*time.Second || c.Timing.DurableWait != 50*time.Millisecond ||
		c.Rule.Lanes["ordinary"] != (Priority{7 * time.Second, 2}) || !slices.Equal(c.Rule.Skills, []string{"law", "child"}) {
		t.Error(c.PublicOrigins, c.TrustedProxies, c.DataDir, c.Timing)
	}
	c = load(t, "CLOCK=test", "KEY_NOW=2026-11-23T00:00:00Z", "ADDR=localhost:81", "OPS_ADDR=[::1]:0")
	if c.Clock != "test" || c.KeyNow.IsZero() || !slices.Equal(c.PublicOrigins, []string{"http://localhost:81"}) {
		t.Error(c.Clock, c.KeyNow, c.PublicOrigins)
	}
}

// someLanes is every lane but ordinary.
const someLanes = "danger=0/1,continuation=0/1,present=0/1,same_day=0/1"

func TestFaultsAreNamedAllAtOnceAndNeverShowTheValue(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ line, code string }{
		{"ADDR=sentinel", NotAnAddress}, {"ADDR=127.0.0.1:70000", NotAnAddress}, {"OPS_ADDR=a b:1", NotAnAddress},
		{"ADDR=0.0.0.0:8080 PUBLIC_ORIGINS=", Required}, {"ADDR=127.0.0.1:0", Required}, {"PUBLIC_ORIGINS=*", NotAnOrigin}, {"PUBLIC_ORIGINS=https://a/b", NotAnOrigin},
		{"PUBLIC_ORIGINS=https://u:p@a", NotAnOrigin}, {"PUBLIC_ORIGINS=ftp://a", NotAnOrigin}, {"PUBLIC_ORIGINS=http://a:", NotAnOrigin},
		{"TRUSTED_PROXIES=10.0.0.1", NotANetwork}, {"TRUSTED_PROXIES=0.0.0.0/0", OutOfRange},
		{"DATA_DIR=sentinel", NotAPath}, {"KEY_DIR=./sentinel", NotAPath}, {"TLS_CERT_FILE=/sentinel", NeedsPartner},
		{"DATABASE_URL=mysql://u:sentinel@h/d", NotAURL}, {"DATABASE_URL=postgres://", NotAURL}, {"REDIS_URL=http://sentinel", NotAURL},
		{"REDIS_URL=redis://u:senti%nel@h", NotAURL}, {"LINE=Main", NotAName}, {"LINE=" + strings.Repeat("a", 33), NotAName},
		{"PHONE=sentinel", NotAPhone}, {"ACCESSIBILITY_MAIL=sentinel", NotAMail}, {"DRAFT_LANGUAGES=fi,SENTINEL", NotALanguage}, {"MIGRATE=yes", NotAChoice}, {"LOG_LEVEL=INFO+3", NotAChoice}, {"DEMO=1", NotAChoice},
		{"CLOCK=real", NotAChoice}, {"KEY_NOW=today", NotAnInstant}, {"OFFER_SECONDS=30s", NotANumber}, {"OFFER_SECONDS=-1", NotANumber},
		{"OFFER_SECONDS=0", OutOfRange}, {"OFFER_SECONDS=601", OutOfRange}, {"OFFER_SECONDS=99999999999999999999", OutOfRange},
		{"TEXT_LIFE_SECONDS=86401", OutOfRange}, {"TEXT_IDLE_SECONDS=14401", OutOfRange}, {"LIMIT_INTAKE=0", OutOfRange},
		{"CONSOLE_DEAD_SECONDS=5", TooShort}, {"CONTACT_DEAD_SECONDS=20", TooShort}, {"NODE_HEARTBEAT_SECONDS=10", TooShort},
		{"CLOCK=test OPS_ADDR=0.0.0.0:1", OnlyOnLoopback}, {"KEY_NOW=2026-11-23T00:00:00Z OPS_ADDR=:1", OnlyOnLoopback},
		{"ADDR=" + strings.Repeat("a", longest+1), TooLarge}, {"OVERDUE_SECONDS=86401", OutOfRange}, {"EMBARGO_DAYS=13", OutOfRange},
		{"LANES=sentinel", NotARule}, {"LANES=danger=1/1", NotARule}, {"LANES=" + someLanes + ",ordinary=0/0", NotARule},
		{"LANES=" + someLanes + ",ordinary=-1/1", NotARule}, {"LANES=" + someLanes + ",danger=1/1", NotARule},
		{"LANES=" + someLanes + ",ordinary=86401/1", NotARule}, {"LANES=" + someLanes + ",sentinel=1/1", NotARule},
		{"SKILLS=law,law", NotAName}, {"SKILLS=Law", NotAName}, {"SKILLS=a,,b", NotAName},
	} {
		environ := append([]string{"HOME=/home/a"}, strings.Split(c.line, " ")...)
		if strings.HasPrefix(c.line, "OPS_ADDR=a b") {
			environ = []string{c.line}
		}
		_, err := Load(environ)
		var fault SettingError
		if !errors.As(err, &fault) || fault.Code != c.code || strings.Contains(err.Error(), "sentinel") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%.40s: %v, want %s", c.line, err, c.code)
		}
	}
	_, err := Load([]string{"OFFER_SECONDS=x", "LIMIT_SOCKETS=0", "MIGRATE=maybe"})
	if err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("not all at once: %v", err)
	}
}

func TestDataDirFollowsTheUser(t *testing.T) {
	t.Parallel()
	home := map[string]string{"HOME": "/h"}
	state := map[string]string{"HOME": "/h", "XDG_STATE_HOME": "/s"}
	for _, c := range []struct {
		given map[string]string
		root  bool
		want  string
	}{
		{home, true, "/var/lib/adviceline"}, {state, false, "/s/adviceline"}, {home, false, "/h/.local/state/adviceline"}, {nil, false, ""},
	} {
		if got := dataDir(c.given, c.root); got != c.want {
			t.Errorf("data dir is %q, want %q", got, c.want)
		}
	}
}

func TestAConfigPrintsNothing(t *testing.T) {
	t.Parallel()
	c := load(t, "DATABASE_URL=postgres://u:sentinel@h/d")
	var log strings.Builder
	NewLogger(&log, slog.LevelInfo).Info("x", "config", c, "pointer", &c)
	if out := fmt.Sprintf("%v %+v %#v %s %v", c, c, c, c, &c) + log.String(); strings.Contains(out, "sentinel") {
		t.Error(out)
	}
}

func TestEverySettingHasANameADefaultAndAMeaning(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, s := range Settings() {
		if s.Name == "" || s.Default == "" || s.Meaning == "" || seen[s.Name] || strings.Contains(s.Default+s.Meaning, "|") {
			t.Errorf("%+v", s)
		}
		seen[s.Name] = true
	}
	if len(seen) != 72 || strings.Count(SettingsTable(), "\n") != len(seen)+2 {
		t.Errorf("%d settings", len(seen))
	}
}

func FuzzConfig(f *testing.F) {
	for _, s := range Settings() {
		f.Add(s.Name, s.Default)
	}
	f.Add("PUBLIC_ORIGINS", "https://[::1]:443,http://a")
	f.Add("TRUSTED_PROXIES", "10.0.0.0/8,,")
	f.Fuzz(func(t *testing.T, name, value string) {
		c, err := Load([]string{"HOME=/home/a", name + "=" + value})
		if err == nil {
			if c.Timing.Offer <= 0 || c.Limits.Intake <= 0 || c.DataDir == "" || c.Addr == "" {
				t.Errorf("%q=%q was taken", name, value)
			}
			return
		}
		for _, line := range strings.Split(err.Error(), "\n") {
			if !strings.HasPrefix(line, "setting ") || len(line) > 80 {
				t.Errorf("fault %q", line)
			}
		}
	})
}
