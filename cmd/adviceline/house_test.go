package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"adviceline/ops"
)

const root = "../.."

// imports says which of the house's rooms and which outside modules each room may import. What is
// not listed may import the standard library alone.
var imports = map[string][]string{
	"adviceline/helpline":          {},
	"adviceline/helpline/codes":    {"adviceline/helpline/strict"},
	"adviceline/helpline/strict":   {"github.com/go-json-experiment/json"},
	"adviceline/helpline/phone":    {"adviceline/helpline", "github.com/nyaruka/phonenumbers"},
	"adviceline/helpline/screen":   {"golang.org/x/text"},
	"adviceline/helpline/seal":     {"github.com/tink-crypto/tink-go/v2"},
	"adviceline/helpline/socket":   {"github.com/gorilla/websocket"},
	"adviceline/helpline/wire":     {},
	"adviceline/helpline/deliver":  {"github.com/wneessen/go-mail"},
	"adviceline/helpline/calendar": {"github.com/arran4/golang-ical", "github.com/teambition/rrule-go"},
	"adviceline/helpline/disclose": {"adviceline/helpline/codes", "github.com/xuri/excelize/v2"},
	// The reference model of routing: no room that serves contacts may import it.
	"adviceline/helpline/model":        {"adviceline/helpline", "adviceline/helpline/model/theory"},
	"adviceline/helpline/model/theory": {},
	// For tests alone: no room that runs may import it.
	"adviceline/helpline/disclose/attacker": {"adviceline/helpline/codes"},
	"adviceline/helpline/wire/wiretest":     {"github.com/getkin/kin-openapi", "github.com/santhosh-tekuri/jsonschema/v6"},
	"adviceline/helpline/web": {
		"adviceline/helpline", "github.com/go-analyze/charts", "github.com/google/uuid", "github.com/labstack/echo/v4",
		"github.com/nicksnyder/go-i18n/v2", "golang.org/x/text",
	},
	"adviceline/queue":   {"adviceline/helpline", "github.com/redis/go-redis/v9"},
	"adviceline/agents":  {"adviceline/helpline", "github.com/alexedwards/argon2id", "github.com/google/uuid"},
	"adviceline/storage": {"adviceline/helpline", "github.com/jackc/pgx/v5", "github.com/pressly/goose/v3", "github.com/riverqueue/river"},
	"adviceline/ops": {
		"github.com/caarlos0/env/v11", "github.com/prometheus/client_golang",
	},
	"adviceline/ops/embedded":    {"github.com/jackc/pgx/v5", "golang.org/x/sync"},
	"adviceline/ops/wirepage":    {"adviceline/helpline/wire"},
	"adviceline/ops/servicetest": {"adviceline/ops/embedded", "github.com/jackc/pgx/v5"},
}

// leaves of helpline that adapters may import beside helpline itself.
var leaves = []string{"calendar", "codes", "deliver", "disclose", "screen", "seal", "socket", "strict", "wire"}

type listed struct {
	ImportPath string
	Standard   bool
	Imports    []string
}

func packages(t *testing.T) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Standard,Imports", "./...")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []listed
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func allowed(room, imported string) bool {
	if !strings.Contains(strings.Split(imported, "/")[0], ".") && !strings.HasPrefix(imported, "adviceline/") {
		return true // standard library
	}
	for _, may := range imports[room] {
		if imported == may || !strings.HasPrefix(may, "adviceline") && strings.HasPrefix(imported, may+"/") {
			return true
		}
		if may == "adviceline/helpline" {
			if leaf, ok := strings.CutPrefix(imported, "adviceline/helpline/"); ok && slices.Contains(leaves, leaf) {
				return true
			}
		}
	}
	return false
}

func TestArrowsRunOneWay(t *testing.T) {
	t.Parallel()
	seen := 0
	for _, p := range packages(t) {
		if p.ImportPath == "adviceline/cmd/adviceline" {
			continue
		}
		seen++
		if _, known := imports[p.ImportPath]; !known {
			t.Errorf("room %s is not in the plan", p.ImportPath)
		}
		for _, i := range p.Imports {
			if !allowed(p.ImportPath, i) {
				t.Errorf("%s imports %s: against the arrows", p.ImportPath, i)
			}
		}
	}
	if seen < 8 {
		t.Fatalf("only %d rooms seen", seen)
	}
	for _, against := range [][2]string{
		{"adviceline/queue", "adviceline/storage"}, {"adviceline/helpline", "github.com/redis/go-redis/v9"},
		{"adviceline/agents", "adviceline/helpline/web"}, {"adviceline/helpline/web", "adviceline/queue"},
		{"adviceline/helpline/web", "adviceline/helpline/wire/wiretest"}, {"adviceline/helpline/wire", "adviceline/helpline/codes"},
	} {
		if allowed(against[0], against[1]) {
			t.Errorf("the test lets %s import %s", against[0], against[1])
		}
	}
}

func TestTopLevelIsThePlan(t *testing.T) {
	t.Parallel()
	want := []string{
		"CHANGELOG.md", "CONTRIBUTING.md", "Dockerfile", "LICENSE", "Makefile", "README.md", "SECURITY.md", "agents",
		"cmd", "go.mod", "go.sum", "helpline", "ops", "queue", "storage",
	}
	cmd := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for file := range strings.SplitSeq(strings.TrimRight(string(out), "\x00"), "\x00") {
		top, _, _ := strings.Cut(file, "/")
		if !strings.HasPrefix(top, ".") && !slices.Contains(got, top) {
			got = append(got, top)
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("top level is %v, want %v", got, want)
	}
}

// The path has the same word in every room that has a part in it.
func TestOneStepOneFileName(t *testing.T) {
	t.Parallel()
	for step, rooms := range map[string][]string{
		"intake":       {"helpline", "queue", "helpline/web"},
		"waiting":      {"helpline", "queue", "helpline/web"},
		"offer":        {"helpline", "queue", "agents"},
		"conversation": {"helpline", "queue", "agents", "helpline/web"},
		"outcome":      {"helpline", "queue", "agents", "storage"},
		"duty":         {"helpline", "queue", "agents"},
		"callback":     {"helpline", "queue", "agents", "storage", "helpline/web"},
		"matter":       {"helpline", "queue", "agents", "storage", "helpline/web"},
	} {
		for _, room := range rooms {
			if _, err := os.Stat(filepath.Join(root, room, step+".go")); err != nil {
				t.Errorf("%s has no %s.go", room, step)
			}
		}
	}
}

func TestReadmeSettingsAreTheCodes(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), strings.TrimSpace(ops.SettingsTable())) {
		t.Error("README's settings table is not ops.SettingsTable(); print it with: go test ./ops -run SettingsTable -v")
	}
}

func TestBudgets(t *testing.T) {
	t.Parallel()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && (strings.HasPrefix(name, ".") && len(name) > 2 || name == "bin") {
			return filepath.SkipDir
		}
		if lines := map[string]int{".go": 400, ".js": 300, ".lua": 260}[filepath.Ext(name)]; !d.IsDir() && lines > 0 {
			if n := count(t, path); n > lines {
				t.Errorf("%s has %d lines, the budget is %d", path, n, lines)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func count(t *testing.T, path string) (n int) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for s := bufio.NewScanner(f); s.Scan(); {
		n++
	}
	return n
}

// The floors below which a dependency has a known hole (go.mod may only rise above them).
func TestDependencyFloors(t *testing.T) {
	t.Parallel()
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	for module, floor := range map[string]string{
		"github.com/redis/go-redis/v9": "v9.20.1", "github.com/jackc/pgx/v5": "v5.12.0", "github.com/labstack/echo/v4": "v4.16.0",
	} {
		m := regexp.MustCompile(regexp.QuoteMeta(module) + ` (v\d+)\.(\d+)\.(\d+)`).FindStringSubmatch(string(mod))
		if m == nil || older(m[2:], strings.Split(floor, ".")[1:]) {
			t.Errorf("%s is below %s", module, floor)
		}
	}
}

func older(a, b []string) bool {
	for i := range a {
		if len(a[i]) != len(b[i]) {
			return len(a[i]) < len(b[i])
		}
		if a[i] != b[i] {
			return a[i] < b[i]
		}
	}
	return false
}

func TestNoMachineInTheTree(t *testing.T) {
	t.Parallel()
	cmd := exec.Command("git", "grep", "-nIE", "/ro"+"ot/|/wo"+"rk/|sess"+"ion_stop")
	cmd.Dir = root
	if out, _ := cmd.Output(); len(out) > 0 {
		t.Errorf("paths of a machine:\n%s", out)
	}
}
